"""Create the environment of the peer library: Amulet, which cannot share ours.

Amulet pins every dependency to one release, older than ours, so it gets a virtual environment of
its own, `.venv-amulet` in the root of the repository. The list of what would be installed is
looked at first: if there is a CUDA package in it, several gigabytes, nothing is installed.

Run it with Python 3.11, which Amulet asks for: `python benchmarks/peer_setup.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

__all__ = ["main"]

PLACE = Path(__file__).resolve().parent.parent / ".venv-amulet"
WANTED = ("amuletml==0.6.0", "torch==2.13.0")

_HEAVY = ("nvidia-", "cuda-", "triton", "pytorch-triton")
_ADVICE = (
    "Nothing was installed. Offer pip a CPU build of torch, for example with "
    "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu, and run this again."
)


def main() -> None:
    """Create the environment, unless it stands already or would hold a CUDA package."""
    if sys.version_info[:2] != (3, 11):
        raise SystemExit(f"Amulet runs on Python 3.11 only; this is {sys.version.split()[0]}.")
    python = PLACE / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(PLACE, with_pip=True)
    pins = _resolved(python)
    heavy = [pin for pin in pins if pin.startswith(_HEAVY)]
    if heavy:
        raise SystemExit(f"CUDA packages would be installed: {', '.join(heavy)}. {_ADVICE}")
    _pip(python, "install", "-qq", *pins)
    _pip(python, "check")
    print(f"{PLACE}: {len(pins)} packages, {', '.join(WANTED)}")


def _resolved(python: Path) -> list[str]:
    """Return what pip would install into an empty environment, as exact pins in lower case."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ("--dry-run", "--ignore-installed", "-qq", "--report", str(report))
        _pip(python, "install", *options, *WANTED)
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    named = ((item["metadata"]["name"].lower(), item["metadata"]["version"]) for item in items)
    return sorted(f"{name.replace('_', '-')}=={version}" for name, version in named)


def _pip(python: Path, *arguments: str) -> None:
    """Run the environment's own pip; stop if it fails."""
    done = subprocess.run([python, "-m", "pip", *arguments], check=False)
    if done.returncode:
        raise SystemExit(f"pip {arguments[0]} failed in {PLACE}; its message is above.")


if __name__ == "__main__":
    main()
