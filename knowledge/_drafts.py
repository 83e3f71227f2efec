"""Records on their way from YAML to typed rows, and the report of what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ._yaml import Node
from .errors import MAX_PROBLEMS, BrokenKnowledge, Problem, clip, suggest

__all__ = [
    "Draft",
    "Drafts",
    "Entry",
    "Path",
    "Report",
    "Retracted",
    "field_name",
    "named",
    "one_of",
    "place",
    "shown",
]

Path = tuple[str | int, ...]

_MAX_COMPARED = 30_000
_SHOWN = 5


class Report:
    """Problems as they are found; raises them once there are more than anybody would read.

    Parameters
    ----------
    problems : iterable of Problem
        What went wrong before.

    Attributes
    ----------
    found : set of Problem
        All problems so far.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.found: set[Problem] = set()
        self._compared = 0
        self.take(problems)

    def add(self, *problems: Problem) -> None:
        """Take note of problems."""
        self.take(problems)

    def take(self, problems: Iterable[Problem]) -> None:
        """Take note of problems, however many they turn out to be."""
        for problem in problems:
            self.found.add(problem)
            if len(self.found) > MAX_PROBLEMS:
                raise BrokenKnowledge(self.found)

    def hint(self, name: object, *known: Collection[str]) -> str:
        """Suggest what may have been meant, as long as that has not taken too long."""
        if not isinstance(name, str) or self._compared > _MAX_COMPARED:
            return ""
        self._compared += sum(map(len, known))
        close = suggest(name, chain(*known))
        return f" (did you mean {' or '.join(map(clip, close))}?)" if close else ""


@dataclass(slots=True)
class Entry:
    """A record as written in one file."""

    section: str
    index: int
    node: Node
    file: str
    row: dict[str, Any]
    layer: int
    order: int = 0

    def problem(self, path: Path, message: str) -> Problem:
        """Describe a problem with one field of this record."""
        line, column = self.node.locate(path)
        return Problem(self.file, line, column, field_name(self.section, self.index, path), message)


@dataclass(slots=True)
class Draft:
    """A record being put together from the layers that speak of it."""

    row: dict[str, Any]
    entries: list[Entry]

    def revise(self, entry: Entry) -> None:
        """Change the fields that an entry gives."""
        self.row = {**self.row, **entry.row}
        self.entries.append(entry)

    def problem(self, path: Path, message: str) -> Problem:
        """Describe a problem where the field was last written."""
        return self.writer(path).problem(path, message)

    def written(self, path: Path) -> str:
        """Return how a number or truth value was spelled."""
        return self.writer(path).node.spelled(path)

    def writer(self, path: Path) -> Entry:
        """Return the entry that wrote a field last."""
        for entry in reversed(self.entries):
            if path and path[0] in entry.row:
                return entry
        return self.entries[-1]


Drafts = dict[str, dict[str, Draft]]
Retracted = dict[tuple[str, str], Entry]


def field_name(section: str, index: int, path: Path) -> str:
    """Name a field of a record as in ``correlations[3].sources[0]``."""
    return named((section, index, *path))


def named(path: Path) -> str:
    """Name a field as in ``defenses[3].defense``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{clip(step)}" if text else clip(step)
    return text


def place(entry: Entry) -> str:
    """Name the place of a record as ``file:line``."""
    return f"{entry.file}:{entry.node.mark.line}"


def one_of(options: Sequence[str]) -> str:
    """Write a choice, a long one in part."""
    *most, last = (f"'{clip(option)}'" for option in options[:_SHOWN])
    if len(options) > _SHOWN:
        return f"{', '.join([*most, last])} or another of {len(options)}"
    return f"{', '.join(most)} or {last}" if most else last


def shown(value: object) -> str:
    """Write a value briefly, as a message can hold it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return "nothing" if value is None else clip(repr(value))
