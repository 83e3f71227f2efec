"""Look-ups: records that fit a text, and the works behind ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from crosscurrent.knowledge import Reference
from crosscurrent.knowledge.errors import UnknownName

from . import catalogue

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Record

    from .document_types import Entry, Search, Sources

__all__ = ["LISTED", "SECTIONS", "search", "sources"]

SECTIONS = ("defenses", "risks", "factors", "attacks", "references")
"""The sections whose records have names, in which they are searched."""
LISTED = 20
"""As many records as a search lists unless more are asked for."""

_WORD = re.compile(r"\w+")


def search(
    kb: KnowledgeBase, text: str, sections: Sequence[str] = (), limit: int = LISTED
) -> Search:
    """Answer with the records in which every word of a text begins a word.

    Parameters
    ----------
    kb : KnowledgeBase
        What is searched.
    text : str
        Words of ids, codes, names, aliases, meanings, and of works their authors, titles, venues
        and years; case does not count.
    sections : sequence of str, optional
        Those of `SECTIONS` to search; by default all.
    limit : int
        As many as are listed, those first of which more is in the name.
    """
    wanted = _words(text)
    found = []
    for section in sections or SECTIONS:
        for record in getattr(kb, section).values():
            named = _words(" ".join(_names(kb, record)))
            told = named + _words(" ".join(_about(record)))
            if wanted and all(_begins(word, told) for word in wanted):
                exact = text.strip().casefold() in map(str.casefold, _names(kb, record))
                found.append((exact, sum(_begins(w, named) for w in wanted), section, record))
    found.sort(key=lambda each: (not each[0], -each[1]))
    return {
        "kind": "search",
        "text": text,
        "found": len(found),
        "records": [_entry(section, record) for _, _, section, record in found[:limit]],
        "knowledge": kb.digest,
    }


def sources(kb: KnowledgeBase, ids: Iterable[str]) -> Sources:
    """Answer with the references of these ids, each once; what follows a ``#`` is a place in one.

    Raises
    ------
    UnknownName
        If there is no such reference.
    """
    rows = catalogue.section(kb, "references")["references"]
    known = {row["id"]: row for row in rows}
    asked = dict.fromkeys(name.partition("#")[0] for name in ids)
    for name in asked:
        if name not in known:
            raise UnknownName("reference", name, list(known))
    chosen = [known[name] for name in asked]
    return {"kind": "sources", "references": chosen, "knowledge": kb.digest}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("_", " ").casefold())


def _begins(word: str, words: Iterable[str]) -> bool:
    return any(each.startswith(word) for each in words)


def _names(kb: KnowledgeBase, record: Record) -> Iterator[str]:
    """Yield what a record is called."""
    yield record.id
    for name in ("code", "name", "title"):
        if told := getattr(record, name, None):
            yield told
    yield from kb.aliases_of(record)


def _about(record: Record) -> Iterator[str]:
    """Yield what else is told of it."""
    for name in ("meaning", "authors", "venue", "year", "topic", "arxiv", "doi"):
        if told := getattr(record, name, None):
            yield str(told)


def _entry(section: str, record: Record) -> Entry:
    if isinstance(record, Reference):
        told = (record.authors, record.venue, record.year)
        return {
            "section": section,
            "id": record.id,
            "code": None,
            "name": record.title or record.id,
            "meaning": ", ".join(str(each) for each in told if each) or record.topic,
            "sources": [record.id],
        }
    stated = (*getattr(record, "sources", ()), *getattr(record, "stated_in", ()))
    return {
        "section": section,
        "id": record.id,
        "code": getattr(record, "code", None),
        "name": getattr(record, "name", record.id),
        "meaning": getattr(record, "meaning", None),
        "sources": list(stated),
    }
