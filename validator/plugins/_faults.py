"""Faults of plug-ins: an error that names the plug-in and the line, in the place of a traceback."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from crosscurrent.knowledge.errors import InputError

from ..imports import FAILURES, said
from ..package_code import is_foreign, package_root
from ._lookup import called, loaded

__all__ = ["faults_named"]

_NO_MEMORY: Final = ("DefaultCPUAllocator", "out of memory", "Cannot allocate memory")
"""What torch says where memory is short, whosever code asked for it."""


@contextmanager
def faults_named(peers: Iterable[object] | None = None) -> Iterator[None]:
    """Raise what plug-ins raise as an error that names them.

    What the machine lacks, such as memory or a file, stays as it is.

    Parameters
    ----------
    peers : iterable of object, optional
        The attacks and defenses that take part. Where a plug-in is among them, what is raised
        elsewhere is said to be its fault, too: it may have returned what it should not. By default
        all plug-ins that were looked up, each for what is raised in its own code.

    Raises
    ------
    InputError
        In the place of an exception that is a plug-in's fault.
    """
    try:
        yield
    except (InputError, MemoryError, OSError):
        raise
    except FAILURES as error:
        if isinstance(error, RuntimeError) and any(each in str(error) for each in _NO_MEMORY):
            raise
        kinds = loaded() if peers is None else _foreign(peers)
        fault = _fault(error, kinds, elsewhere=peers is not None)
        if fault is None:
            raise
        raise InputError(fault) from error


def _foreign(peers: Iterable[object]) -> list[type]:
    kinds = dict.fromkeys(type(each) for each in peers)
    return [kind for kind in kinds if is_foreign(kind.__module__)]


def _fault(error: BaseException, kinds: Iterable[type], *, elsewhere: bool) -> str | None:
    """Return what is to be said, if it is one of these plug-ins' fault."""
    frames = traceback.extract_tb(error.__traceback__)
    roots = {kind: str(package_root(kind.__module__)) for kind in kinds}
    for frame in reversed(frames):
        file = os.path.realpath(frame.filename)
        for kind, root in roots.items():
            if file == root or file.startswith(os.path.join(root, "")):
                where = os.path.relpath(file, os.path.dirname(root))
                return f"{called(kind)}: {said(error)} ({where}:{frame.lineno}, in {frame.name})"
    if not (elsewhere and roots):
        return None
    names, last = " and ".join(map(called, roots)), frames[-1]
    return (
        f"{names}: {said(error)} ({os.path.basename(last.filename)}:{last.lineno}, in {last.name});"
        " crosscurrent.testing may tell which of its methods returns what it should not"
    )
