"""Links: the fields that name other records, as record types declare them.

A path is a tuple of field names in which ``*`` stands for every item of a list and ``**`` for
every key of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

from ._records import KINDS

__all__ = ["NAMED", "Link", "links", "patterns"]

NAMED = ("factors", "risks", "defenses", "attacks")
"""The sections whose records have codes; ids and codes are unique over all of them, save that an
attack may have the id of the risk it exploits."""

_CITED: Mapping[str, str] = {"sources": "references", "stated_in": "references"}
"""The fields that name references, lists in whatever record has them."""

Pattern = tuple[tuple[str, ...], tuple[str, ...]]


@cache
def patterns(section: str) -> tuple[Pattern, ...]:
    """Return the paths that name other records, each with the sections those must be in."""
    return tuple(
        (tuple(path.split(".")), tuple(targets.split(" or ")))
        for path, targets in _paths(KINDS[section])
    )


def _paths(record_type: type[Any]) -> Iterator[tuple[str, str]]:
    """Yield the links that a record type declares, and those of the records inside it."""
    own = {each.name for each in fields(record_type)}
    yield from record_type.LINKS.items()
    yield from ((f"{name}.*", target) for name, target in _CITED.items() if name in own)
    for name, inner in record_type.NESTED.items():
        yield from ((f"{name}.*.{path}", target) for path, target in _paths(inner))


class Link(NamedTuple):
    """One mention of another record."""

    path: tuple[str | int, ...]
    name: str
    targets: tuple[str, ...]
    holder: Any
    slot: str | int
    is_key: bool = False

    def rename(self, name: str) -> None:
        """Write another name in the place of this one."""
        if self.is_key:
            items = list(self.holder.items())
            self.holder.clear()
            self.holder.update((name if k == self.name else k, v) for k, v in items)
        else:
            self.holder[self.slot] = name


def links(section: str, row: Mapping[str, Any]) -> Iterator[Link]:
    """Yield every mention of another record in a row that need not be valid yet."""
    for pattern, targets in patterns(section):
        yield from _walk(row, pattern, targets, ())


def _walk(
    holder: Any, pattern: tuple[str, ...], targets: tuple[str, ...], path: tuple[str | int, ...]
) -> Iterator[Link]:
    step, rest = pattern[0], pattern[1:]
    slots: list[str | int]
    if step == "*":
        slots = list(range(len(holder))) if isinstance(holder, list) else []
    elif step == "**":
        slots = list(holder) if isinstance(holder, dict) else []
    else:
        slots = [step] if isinstance(holder, dict) and step in holder else []
    for slot in slots:
        name = slot if step == "**" else holder[slot]
        if rest:
            yield from _walk(name, rest, targets, (*path, slot))
        elif isinstance(name, str):
            yield Link((*path, slot), name, targets, holder, slot, step == "**")
