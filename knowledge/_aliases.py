"""Checks of aliases: their form, and that each leads to one record of its section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ._drafts import Draft, Drafts, Entry
from ._indexes import LOOKED_UP, fold
from ._records import singular
from .errors import Problem, clip

__all__ = ["aliased", "overruled_aliases", "wrong_aliases"]

_FORM = re.compile(r"[^\s@]+( [^\s@]+)*")
_LONGEST = 80


class _Alias(NamedTuple):
    """An alias where it is written, with whose it is.

    That of a variant is the defense's, and leads to the variant besides.
    """

    text: str
    section: str
    owner: str
    variant: str | None
    writer: Entry
    place: int

    @property
    def holder(self) -> tuple[str, str]:
        """Section and id of the record in which it is written."""
        return (self.section, self.owner) if self.variant is None else ("variants", self.variant)

    def problem(self, message: str) -> Problem:
        return self.writer.problem(("aliases", self.place), message)


def aliased(drafts: Drafts) -> dict[str, dict[str, str]]:
    """Return ids by alias, by section: for hints about names that do not count in files."""
    found: dict[str, dict[str, str]] = {section: {} for section in LOOKED_UP}
    for alias in _aliases(drafts):
        found[alias.section].setdefault(fold(alias.text), alias.owner)
    return found


def wrong_aliases(drafts: Drafts) -> Iterator[Problem]:
    """Yield a problem for every alias that no one could write, or that means something else."""
    fixed = _fixed(drafts)
    overruled = overruled_aliases(drafts)
    given: dict[tuple[str, str], str] = {}
    for alias in sorted(_aliases(drafts), key=lambda each: (each.writer.order, each.place)):
        if not _FORM.fullmatch(alias.text) or len(alias.text) > _LONGEST:
            message = f"should be words on one line without @, at most {_LONGEST} characters"
            yield alias.problem(message)
            continue
        if alias in overruled:
            continue
        name = fold(alias.text)
        others = [
            (each.section, each.owner)
            for each in fixed.get(name, ())
            if not _same(drafts, alias, each.section, each.owner)
        ]
        for section, owner in dict.fromkeys(((alias.section, alias.owner), alias.holder)):
            if given.setdefault((section, name), owner) != owner:
                others.append((section, given[section, name]))
        if others:
            section, identity = others[0]
            other = f"{singular(section)} {clip(identity)}"
            yield alias.problem(f"{clip(alias.text)} already names the {other}")


def overruled_aliases(drafts: Drafts) -> list[_Alias]:
    """Return the aliases that are the id or code of something else in a later layer.

    There the id or code counts: who writes it cannot know all aliases of the layers below, which
    grow from release to release.
    """
    fixed = _fixed(drafts)
    return [
        alias
        for alias in _aliases(drafts)
        if any(
            each.layer > alias.writer.layer and not _same(drafts, alias, each.section, each.owner)
            for each in fixed.get(fold(alias.text), ())
        )
    ]


def _aliases(drafts: Drafts) -> Iterator[_Alias]:
    for section in LOOKED_UP:
        for identity, draft in drafts[section].items():
            for index, text in _written(draft):
                writer = draft.writer(("aliases",))
                yield _Alias(text, section, identity, None, writer, index)
    for identity, draft in drafts["variants"].items():
        if (defense := draft.row.get("defense")) in drafts["defenses"]:
            for index, text in _written(draft):
                writer = draft.writer(("aliases",))
                yield _Alias(text, "defenses", defense, identity, writer, index)


def _written(draft: Draft) -> Iterator[tuple[int, str]]:
    texts = draft.row.get("aliases")
    for index, text in enumerate(texts if isinstance(texts, list) else ()):
        if isinstance(text, str):
            yield index, text


class _Fixed(NamedTuple):
    """A record that has a name as its id or code, and the layer that gave it."""

    section: str
    owner: str
    layer: int


def _fixed(drafts: Drafts) -> Mapping[str, list[_Fixed]]:
    """Return the records that have a name as their id or code."""
    found: dict[str, list[_Fixed]] = {}
    for section in LOOKED_UP:
        for identity, draft in drafts[section].items():
            for text, field in ((identity, "id"), (draft.row.get("code"), "code")):
                if isinstance(text, str):
                    layer = draft.writer((field,)).layer
                    found.setdefault(fold(text), []).append(_Fixed(section, identity, layer))
    return found


def _same(drafts: Drafts, alias: _Alias, section: str, identity: str) -> bool:
    """Say whether a record is the alias's owner, or the attack or risk that goes with it."""
    if (section, identity) == (alias.section, alias.owner):
        return True
    ends = {section: identity, alias.section: alias.owner}
    if set(ends) != {"risks", "attacks"}:
        return False
    return bool(drafts["attacks"][ends["attacks"]].row.get("risk") == ends["risks"])
