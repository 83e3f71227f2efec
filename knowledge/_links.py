"""Links: the fields that name other records, and the check that those exist.

A path is a tuple of field names in which ``*`` stands for every item of a list and ``**`` for
every key of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["LINKS", "NAMED", "SINGULAR", "Link", "links"]

SINGULAR: Mapping[str, str] = {
    "factors": "factor",
    "risks": "risk",
    "defenses": "defense",
    "variants": "variant",
    "attacks": "attack",
    "adversary": "characteristic",
    "correlations": "correlation",
    "outcomes": "outcome",
    "prerequisites": "prerequisite",
    "observations": "observation",
    "combinations": "combination",
    "collusions": "collusion",
    "experiments": "experiment",
    "published_attacks": "published attack",
    "references": "reference",
}

NAMED = ("factors", "risks", "defenses", "attacks")
"""The sections whose records have codes; ids and codes are unique over all of them, save that an
attack may have the id of the risk it exploits."""

_SOURCES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("sources", "*"), ("references",)),
    (("stated_in", "*"), ("references",)),
)
_PAIR: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("defense",), ("defenses",)),
    (("risk",), ("risks",)),
)
_COLLUSION: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("first",), ("attacks",)),
    (("second",), ("attacks",)),
)
_ATTACK_EDGE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("attack",), ("attacks",)),
    (("factor",), ("factors",)),
    *_SOURCES,
)

LINKS: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "factors": ((("satisfied_by", "*", "characteristic"), ("adversary",)), *_SOURCES),
    "risks": ((("dominant", "*"), ("factors",)), *_SOURCES),
    "defenses": ((("protects_against", "*"), ("risks",)), *_SOURCES),
    "variants": (
        (("defense",), ("defenses",)),
        (("uses", "*", "risk"), ("risks",)),
        (("mitigates", "*", "risk"), ("risks",)),
        *_SOURCES,
    ),
    "attacks": (
        (("risk",), ("risks",)),
        (("needs", "*", "characteristic"), ("adversary",)),
        *_SOURCES,
    ),
    "adversary": _SOURCES,
    "correlations": (
        (("subject",), ("defenses", "risks")),
        (("factor",), ("factors",)),
        *_SOURCES,
    ),
    "outcomes": _ATTACK_EDGE,
    "prerequisites": _ATTACK_EDGE,
    "observations": (
        *_PAIR,
        (("when", "**"), ("adversary",)),
        (("evidence", "*", "factor"), ("factors",)),
        (("exceptions", "*", "sources", "*"), ("references",)),
        (("exceptions", "*", "when", "**"), ("adversary",)),
        *_SOURCES,
    ),
    "combinations": ((("defenses", "*"), ("variants",)), *_SOURCES),
    "collusions": (*_COLLUSION, (("factors", "*"), ("factors",)), *_SOURCES),
    "experiments": (
        *_PAIR,
        (("defenses", "*"), ("variants",)),
        *_COLLUSION,
        (("common_factors", "*"), ("factors",)),
        (("other_factors", "*"), ("factors",)),
        (("measurements", "*", "at", "**"), ("factors",)),
        *_SOURCES,
    ),
    "published_attacks": (
        (("attack",), ("attacks",)),
        (("stated_in", "*"), ("references",)),
    ),
    "references": ((("cited_as", "**"), ("references",)),),
}
"""For each section: the paths that name other records, and the sections those must be in."""


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
    for pattern, targets in LINKS[section]:
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
