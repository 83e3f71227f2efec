"""What a record is tied to: its edges as rows; and works as they are cited in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from crosscurrent.knowledge import Correlation, Outcome, Prerequisite

from ..text.wording import FOLLOW, MOVE

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Reference

__all__ = ["Edge", "Tie", "called_work", "leads_to", "links_out", "tie", "ties"]


Edge = Correlation | Outcome | Prerequisite
"""A signed edge to or from a factor."""


class Tie(NamedTuple):
    """An edge, seen from one of its ends.

    Attributes
    ----------
    anchor : str
        By which the row is found in a page.
    other : str
        Id of the other end.
    path : str
        Where that is told of.
    name, code : str
        What it is called.
    sign : str
        ``+``, ``-``, ``0`` or ``?``.
    how : str
        The same in words.
    sources, stated_in : sequence of str
        Ids of works, with places.
    note : str or None
        What we think of it.
    """

    anchor: str
    other: str
    path: str
    name: str
    code: str
    sign: str
    how: str
    sources: Sequence[str]
    stated_in: Sequence[str]
    note: str | None


def ties(kb: KnowledgeBase, edges: Iterable[Edge], *, factors: bool) -> list[Tie]:
    """Return edges as rows.

    Parameters
    ----------
    kb : KnowledgeBase
        For the names.
    edges : iterable of Correlation, Outcome or Prerequisite
        All with one end in common.
    factors : bool
        Whether the other end is the factor.
    """
    return [tie(kb, edge, factors=factors) for edge in edges]


def tie(kb: KnowledgeBase, edge: Edge, *, factors: bool) -> Tie:
    """Return an edge as a row: see `ties`."""
    kind, subject = _subject(kb, edge)
    section, other = ("factors", edge.factor) if factors else (kind, subject)
    record = getattr(kb, section)[other]
    return Tie(
        _anchor(kb, edge),
        other,
        f"/learn/{section}/{other}",
        record.name,
        record.code or "",
        edge.sign,
        (MOVE if leads_to(kb, edge) else FOLLOW)[edge.sign],
        edge.sources,
        edge.stated_in,
        edge.note,
    )


def _subject(kb: KnowledgeBase, edge: Edge) -> tuple[str, str]:
    """Return the section and the id of the end that is not the factor."""
    if isinstance(edge, Correlation):
        return ("defenses" if edge.subject in kb.defenses else "risks"), edge.subject
    return "attacks", edge.attack


def leads_to(kb: KnowledgeBase, edge: Edge) -> bool:
    """Say whether an edge leads to the factor, rather than from it."""
    return isinstance(edge, Outcome) or (
        isinstance(edge, Correlation) and edge.subject in kb.defenses
    )


def _anchor(kb: KnowledgeBase, edge: Edge) -> str:
    """Return what a row is called; an attack may have the id of a risk."""
    section, subject = _subject(kb, edge)
    return f"{section}-{'to' if leads_to(kb, edge) else 'from'}-{edge.factor}-{subject}"


def called_work(work: Reference) -> str:
    """Return the full citation of a work, or what is known of one that is not identified."""
    who = " ".join(filter(None, [work.authors, f"({work.year})" if work.year else None]))
    parts = [part for part in (who, work.title, work.venue) if part]
    if not parts:
        return f"Not identified, about {work.topic}." if work.topic else "Not identified."
    return " ".join(part if part.endswith(("?", "!", ".")) else f"{part}." for part in parts)


def links_out(work: Reference) -> list[tuple[str, str]]:
    """Return where a work can be read, outside, with what each place is called."""
    found = []
    if work.doi:
        found.append((f"https://doi.org/{quote(work.doi)}", f"doi:{work.doi}"))
    if work.arxiv:
        found.append((f"https://arxiv.org/abs/{quote(work.arxiv)}", f"arXiv:{work.arxiv}"))
    known = {address for address, _ in found}
    if work.url and work.url not in known and work.url.startswith(("http://", "https://")):
        found.append((work.url, work.url.partition("://")[2]))
    return found
