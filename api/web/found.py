"""Search over all records that have a page: by name, plain name, alias, code and meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..text.works import full_citation

if TYPE_CHECKING:
    from .names import Words

__all__ = ["Hit", "found"]

_MOST: Final = 60
_KINDS: Final = (
    ("defenses", "defense"),
    ("risks", "risk"),
    ("attacks", "attack"),
    ("factors", "factor"),
    ("adversary", "adversary scale"),
    ("conditions", "condition"),
    ("references", "work"),
)


class Hit(NamedTuple):
    """A record that has the words asked for.

    Attributes
    ----------
    kind, path, name, about : str
        What it is, where its page is, what it is called, and a sentence on it.
    rank : int
        From 0, where a name is the very text, to 3, where the words are in what is said of it.
    """

    kind: str
    path: str
    name: str
    about: str
    rank: int


def found(words: Words, asked: str) -> list[Hit]:
    """Return what has all words that are asked for, the best first, and not all of very many."""
    parts = re.findall(r"\w+", asked.casefold())
    if not parts:
        return []
    hits = (
        hit
        for section, kind in _KINDS
        for record in getattr(words.kb, section).values()
        for hit in _hit(words, section, kind, record, parts)
    )
    return sorted(hits, key=lambda each: each.rank)[:_MOST]


def _hit(words: Words, section: str, kind: str, record: Any, parts: list[str]) -> Iterator[Hit]:
    names, name, about = _names(words, section, record)
    whole = " ".join(parts)
    told = [" ".join(re.findall(r"\w+", each.casefold().replace("_", " "))) for each in names]
    if whole.replace("_", " ") in told:
        rank = 0
    elif any(each.startswith(whole) for each in told):
        rank = 1
    elif all(any(part in each for each in told) for part in parts):
        rank = 2
    elif all(part in f"{' '.join(told)} {about.casefold()}" for part in parts):
        rank = 3
    else:
        return
    yield Hit(kind, f"/learn/{section}/{record.id}", name, about, rank)


def _names(words: Words, section: str, record: Any) -> tuple[list[str], str, str]:
    """Return all names of a record, the one it is shown by, and what is said of it."""
    if section == "references":
        text = full_citation(record)
        return [record.id, text], text, ""
    names = [record.id, record.name, *words.kb.aliases_of(record)]
    code = getattr(record, "code", None)
    shown = record.name
    if section in ("risks", "attacks"):
        names.append(words.plain(record.id, section))
        shown = words.plain(record.id, section)
        if term := words.formal(record.id, section):
            shown = f"{shown} ({term[0].lower()}{term[1:]})"
    return [*names, *([code] if code else [])], shown, record.meaning
