"""The example plug-in of docs/plugins.md, built and installed into a folder."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

__all__ = ["SOURCE", "install"]

SOURCE = Path(__file__).resolve().parent / "examples" / "input-noise"


def install(folder: Path) -> Path:
    """Build the wheel of the example, unpack it into a folder to put on the path, and return that.

    That is all that an installation of such a wheel is, and takes no network.
    """
    with tempfile.TemporaryDirectory() as built:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built]
        done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        (wheel,) = Path(built).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder
