"""The packages laid out as they are installed, for tools that read files instead of importing.

In a clone ``crosscurrent.api`` is the folder ``api``; neither a type checker nor import-linter
follows what ``crosscurrent/__init__.py`` does about that. Run before either::

    python .ci/layout.py FOLDER

``FOLDER/links`` refers to the sources, so that what mypy complains of can be edited where it says;
``FOLDER/copies`` is for import-linter, which follows no links. Where links are not permitted, as
on some machines with Windows, copies serve both.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("knowledge", "predictor", "validator", "api")


def main(folder: Path) -> None:
    """Lay the packages out below a folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = [*sorted((ROOT / "crosscurrent").glob("*.py")), *(ROOT / name for name in PACKAGES)]
    links, copies = (folder / name / "crosscurrent" for name in ("links", "copies"))
    for place in (links, copies):
        place.mkdir(parents=True)
    for source in sources:
        _copy(source, copies / source.name)
        try:
            (links / source.name).symlink_to(source, target_is_directory=source.is_dir())
        except OSError:
            _copy(source, links / source.name)


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copy2(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
