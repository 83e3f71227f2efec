"""Knowledge files: found and read within bounds, whatever lies in the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from .errors import Problem, legible

__all__ = ["LITERATURE", "MEASURED", "PAPERS", "Source", "read_folder", "read_texts"]

_HERE = os.path.dirname(os.path.abspath(__file__))

PAPERS = os.path.join(_HERE, "papers")
"""The folder of the first built-in layer: what the three papers state."""

LITERATURE = os.path.join(_HERE, "literature")
"""The folder of the second, on top of it: what others published."""

MEASURED = os.path.join(_HERE, "measured")
"""The folder of the third, on top of both: what Crosscurrent measured in reference models."""

MAX_BYTES = 2 * 1024 * 1024
MAX_TOTAL = 8 * 1024 * 1024
MAX_FILES = 200
_ENDINGS = (".yaml", ".yml")
_LARGE = f"larger than {MAX_BYTES // 1024 // 1024} MiB; split it into several files"


class Source(NamedTuple):
    """One file's name, as the user would write it, and its content."""

    name: str
    data: bytes


def read_folder(folder: str, shown_as: str | None = None) -> tuple[list[Source], list[Problem]]:
    """Read every YAML file directly inside a folder, in order of name.

    Parameters
    ----------
    folder : str
        The folder.
    shown_as : str, optional
        How to call it in problems; by default as given.

    Returns
    -------
    tuple
        The files that could be read, and a problem for each that could not, or for the folder.
    """
    shown = legible(folder if shown_as is None else shown_as)
    try:
        names = sorted(
            name
            for name in os.listdir(folder)
            if name.lower().endswith(_ENDINGS) and not name.startswith(".")
        )
    except NotADirectoryError:
        return [], [_whole(shown, "is a file; give the folder that holds the knowledge files")]
    except (OSError, ValueError) as error:
        return [], [_whole(shown, f"can't be read as a folder: {_reason(error)}")]
    if not names:
        return [], [_whole(shown, "holds no .yaml file; put at least one knowledge file in it")]
    if len(names) > MAX_FILES:
        return [], [_whole(shown, f"holds more than {MAX_FILES} .yaml files; merge some")]
    sources: list[Source] = []
    problems: list[Problem] = []
    room = MAX_TOTAL
    for name in names:
        label = os.path.join(shown, legible(name))
        read = _read_file(os.path.join(folder, name))
        if isinstance(read, str):
            problems.append(_whole(label, read))
        elif (room := room - len(read)) < 0:
            limit = MAX_TOTAL // 1024 // 1024
            return [], [_whole(shown, f"holds more than {limit} MiB of .yaml files; remove some")]
        else:
            sources.append(Source(label, read))
    return sources, problems


def read_texts(files: Mapping[str, bytes]) -> tuple[list[Source], list[Problem]]:
    """Take files that are in memory, in order of name, within the same bounds as a folder's.

    Parameters
    ----------
    files : mapping from str to bytes
        Content by file name; a name is only that, and never looked up anywhere.

    Returns
    -------
    tuple
        The files within bounds, and a problem for each that is not, or for all together.
    """
    if not files:
        return [], [_whole("knowledge", "holds no file; give at least one knowledge file")]
    if len(files) > MAX_FILES:
        return [], [_whole("knowledge", f"holds more than {MAX_FILES} files; merge some")]
    if sum(map(len, files.values())) > MAX_TOTAL:
        limit = MAX_TOTAL // 1024 // 1024
        return [], [_whole("knowledge", f"holds more than {limit} MiB; remove some")]
    large = [name for name, data in files.items() if len(data) > MAX_BYTES]
    sources = [Source(legible(n), files[n]) for n in sorted(files) if n not in large]
    return sources, [_whole(legible(name), _LARGE) for name in large]


def _read_file(path: str) -> bytes | str:
    """Return a file's content, or what is wrong with it."""
    try:
        # a pipe would block for ever when opened, hence the look before and the flag
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "is not a file; remove or rename it"
        with open(path, "rb", opener=_open) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return f"can't be read: {_reason(error)}"
    if len(data) > MAX_BYTES:
        return _LARGE
    return data


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _whole(name: str, message: str) -> Problem:
    return Problem(name, 0, 0, "", message)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)
