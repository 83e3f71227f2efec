"""Entry points of installed packages: what plug-ins offer, found without importing any of it."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .errors import Problem, legible, suggest

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["EntryPoint", "entry_points", "knowledge_folder"]

KNOWLEDGE = "crosscurrent.knowledge"
"""The group of packages that hold knowledge files."""
_PREFIX = "crosscurrent."
_ENDINGS = (".yaml", ".yml")


class EntryPoint(NamedTuple):
    """One thing that an installed distribution offers.

    Attributes
    ----------
    group : str
        Such as ``crosscurrent.defenses``.
    name : str
        What it is called.
    value : str
        Where it is: ``package.module:Class``, or a package.
    distribution, version : str
        What was installed.
    """

    group: str
    name: str
    value: str
    distribution: str
    version: str

    def __str__(self) -> str:
        """Name it as messages do."""
        return (
            f"entry point {legible(self.name)} = {legible(self.value)} ({self.group}) of"
            f" {legible(self.distribution)} {legible(self.version)}"
        )


def entry_points(group: str) -> dict[str, list[EntryPoint]]:
    """Return what installed distributions offer in a group, by name, sorted.

    Several distributions may offer the same name; whoever looks one up refuses that. Of two
    installations of one distribution, the one that Python finds first counts.
    """
    found: dict[str, list[EntryPoint]] = {}
    for each in _offered(tuple(sys.path)):
        if each.group == group:
            found.setdefault(each.name, []).append(each)
    return dict(sorted(found.items()))


def knowledge_folder(name: str) -> str | Problem:
    """Return the folder of knowledge files that is meant by what a user names.

    That is the folder itself; or, where there are no knowledge files in a folder of that name, the
    package of that name among the entry points ``crosscurrent.knowledge``. None of it is imported.

    Parameters
    ----------
    name : str
        A folder, or the name of an entry point.

    Returns
    -------
    str or Problem
        What is wrong with the entry point, if there is one that cannot be used.
    """
    if os.path.basename(name) != name or _holds_knowledge(name):
        return name
    known = entry_points(KNOWLEDGE)
    offered = known.get(name, [])
    if not offered:
        close = () if os.path.lexists(name) else suggest(name, known)
        if not close:
            return name
        said = f"is no folder, and no plug-in is called so; did you mean {' or '.join(close)}?"
        return Problem(legible(name), 0, 0, "", said)
    if len(offered) > 1:
        said = " and ".join(map(str, offered))
        return Problem(legible(name), 0, 0, "", f"is offered twice: {said}; give the folder")
    folder = _package_folder(offered[0].value)
    if folder is None:
        said = f"{offered[0]}: there is no such package; install the distribution again"
        return Problem(legible(name), 0, 0, "", said)
    return folder


@lru_cache(maxsize=1)
def _offered(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Return all that distributions on the path offer us."""
    from importlib.metadata import distributions  # takes as long as a prediction does

    found = []
    seen = set()
    for distribution in distributions(path=list(path)):
        try:
            own = [each for each in distribution.entry_points if each.group.startswith(_PREFIX)]
            name, version = _called(distribution) if own else ("", "")
        except (KeyError, OSError, TypeError, ValueError):  # damaged, and pip's to complain about
            continue
        if own and name not in seen:
            found += [EntryPoint(e.group, e.name, e.value, name, version) for e in own]
            seen.add(name)
    return tuple(found)


def _called(distribution: Distribution) -> tuple[str, str]:
    """Return the name and the version of a distribution.

    Raises
    ------
    KeyError
        If its metadata does not tell, which `importlib.metadata` gives as None.
    """
    about = distribution.metadata
    name, version = (about[field] if about else None for field in ("Name", "Version"))
    if not (isinstance(name, str) and isinstance(version, str)):
        raise KeyError("Name, Version")
    return name, version


def _holds_knowledge(folder: str) -> bool:
    try:
        return any(name.lower().endswith(_ENDINGS) for name in os.listdir(folder))
    except (OSError, ValueError):
        return os.path.lexists(folder)  # a file, say: whoever reads it says what is wrong


def _package_folder(package: str) -> str | None:
    """Return the folder of a package; to look for one that is in another would import that."""
    from importlib.util import find_spec

    outermost, *inner = package.split(".")
    try:
        spec = find_spec(outermost)
    except (ImportError, ValueError):
        return None
    places = (spec and spec.submodule_search_locations) or ()
    folders = (os.path.join(place, *inner) for place in places)
    return next((folder for folder in folders if os.path.isdir(folder)), None)
