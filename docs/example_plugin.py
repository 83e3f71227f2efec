"""The example plug-in of docs/plugins.md, built and installed into a folder."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

__all__ = ["SOURCE", "install", "install_from"]

SOURCE = Path(__file__).resolve().parent / "examples" / "input-noise"


def install(folder: Path) -> None:
    """Build the wheel of the example, and unpack it into a folder to put on the path."""
    install_from(SOURCE, folder)


def install_from(source: Path, folder: Path) -> None:
    """Build the wheel of a project that hatchling builds, and unpack it into a folder.

    That is all that an installation of such a wheel is, and takes no network.
    """
    with tempfile.TemporaryDirectory() as built:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        (wheel,) = Path(built).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
