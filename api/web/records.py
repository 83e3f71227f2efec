"""Records on the page: their edges as rows, works in full, and the records that cite a work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from crosscurrent.knowledge import Correlation, Outcome, Prerequisite

from ..text.conditions import circumstance
from ..text.names import at_stage, lowered, named
from ..text.wording import FOLLOW, MOVE
from .names import Words

if TYPE_CHECKING:
    from crosscurrent.knowledge import (
        Attack,
        CatalogueMapping,
        Characteristic,
        Collusion,
        Combination,
        Condition,
        Defense,
        Experiment,
        Factor,
        KnowledgeBase,
        Observation,
        PublishedAttack,
        Requirement,
        Risk,
        Variant,
    )

__all__ = [
    "Citation",
    "Edge",
    "EdgeRow",
    "RecordLink",
    "citations",
    "edge_row",
    "edge_rows",
    "leads_to",
]


Edge = Correlation | Outcome | Prerequisite
"""A signed edge to or from a factor."""


class EdgeRow(NamedTuple):
    """An edge as a row, seen from one of its ends.

    Attributes
    ----------
    anchor : str
        By which the row is found in a page.
    other : str
        Id of the other end.
    path : str
        Path of its page.
    name, code : str
        Its name and code.
    sign : str
        ``+``, ``-``, ``0`` or ``?``.
    how : str
        The same in words.
    sources, stated_in : sequence of str
        Ids of works, with places.
    note : str or None
        A remark.
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


def edge_rows(kb: KnowledgeBase, edges: Iterable[Edge], *, factors: bool) -> list[EdgeRow]:
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
    return [edge_row(kb, edge, factors=factors) for edge in edges]


def edge_row(kb: KnowledgeBase, edge: Edge, *, factors: bool) -> EdgeRow:
    """Return an edge as a row: see `edge_rows`."""
    kind, subject = _subject(kb, edge)
    section, other = ("factors", edge.factor) if factors else (kind, subject)
    record = getattr(kb, section)[other]
    return EdgeRow(
        _anchor(kb, edge),
        other,
        f"/learn/{section}/{other}",
        record.name,
        record.code or "",
        edge.sign,
        (MOVE if leads_to(kb, edge) else FOLLOW)[edge.sign] + _only(kb, edge),
        edge.sources,
        edge.stated_in,
        edge.note,
    )


def _only(kb: KnowledgeBase, edge: Edge) -> str:
    """Return what is added to how an edge goes, if it holds at a stage or in a case alone."""
    if not isinstance(edge, Correlation):
        return ""
    case = f", if {circumstance(kb, edge.when)}" if edge.when else ""
    return at_stage(edge.stage) + case


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
    at = getattr(edge, "stage", None)
    who = f"{subject}-{at}" if at else subject
    return f"{section}-{'to' if leads_to(kb, edge) else 'from'}-{edge.factor}-{who}"


class RecordLink(NamedTuple):
    """A record in a line, with the path, query and anchor of the page that shows it.

    The path is empty where no page does.
    """

    text: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    anchor: str = ""


class Citation(NamedTuple):
    """A record that cites a work, with the places cited."""

    told: RecordLink
    places: Sequence[str]


def citations(kb: KnowledgeBase, words: Words, work: str) -> dict[str, list[Citation]]:
    """Return what cites a work, by section: as its source, or as where it is stated."""
    found: dict[str, list[Citation]] = {}
    teller = _RecordLinks(kb, words)
    for section, records in kb.sections.items():
        for record in records.values():
            places = list(dict.fromkeys(_places(record, work)))
            if places:
                each = Citation(teller.tell(section, record), [p for p in places if p])
                found.setdefault(section, []).append(each)
    return found


def _places(record: Any, work: str) -> Iterator[str]:
    nested = (*getattr(record, "exceptions", ()), *getattr(record, "excludes", ()))
    for holder in (record, *nested):
        for field in ("sources", "stated_in"):
            for source in getattr(holder, field, ()):
                identity, _, place = source.partition("#")
                if identity == work:
                    yield place.replace("-", " ")


class _RecordLinks:
    """Tells records in a line each; a section without a method of its own has no page."""

    def __init__(self, kb: KnowledgeBase, words: Words) -> None:
        self.kb, self.words = kb, words

    def tell(self, section: str, record: Any) -> RecordLink:
        if hasattr(self, section):
            found: RecordLink = getattr(self, section)(record)
            return found
        return RecordLink(named(record.id), "")

    def factors(self, record: Factor) -> RecordLink:
        return RecordLink(record.name, f"/learn/factors/{record.id}")

    def risks(self, record: Risk) -> RecordLink:
        return RecordLink(record.name, f"/learn/risks/{record.id}")

    def defenses(self, record: Defense) -> RecordLink:
        return RecordLink(record.name, f"/learn/defenses/{record.id}")

    def attacks(self, record: Attack) -> RecordLink:
        return RecordLink(record.name, f"/learn/attacks/{record.id}")

    def variants(self, record: Variant) -> RecordLink:
        path = f"/learn/defenses/{record.defense}"
        return RecordLink(self.words.called(record.id), path, (), f"variant-{record.stage}")

    def adversary(self, record: Characteristic) -> RecordLink:
        return RecordLink(record.name, f"/learn/adversary/{record.id}")

    def conditions(self, record: Condition) -> RecordLink:
        return RecordLink(record.name, f"/learn/conditions/{record.id}")

    def correlations(self, edge: Edge) -> RecordLink:
        row = edge_row(self.kb, edge, factors=False)
        factor, other = self.words.called(edge.factor), row.name
        text = f"{factor} → {lowered(other)}"
        if leads_to(self.kb, edge):
            text = f"{other} → {lowered(factor)}"
        text = f"{text}: {row.how}"
        return RecordLink(text, f"/learn/factors/{edge.factor}", (), row.anchor)

    outcomes = prerequisites = correlations

    def observations(self, record: Observation) -> RecordLink:
        text = f"{self._arrow(record.defense, record.risk)}: {record.effect.replace('_', ' ')}"
        text += ", measured" * record.measured
        return RecordLink(text, f"/why/{record.defense}/{record.risk}")

    def combinations(self, record: Combination) -> RecordLink:
        names = " and ".join(self.words.inside(each) for each in record.defenses)
        code = f"{record.code}: " if record.code else ""
        text = f"{code}{names or 'not identified'}: {record.outcome}"
        text += ", measured" * record.measured
        return RecordLink(text, *self._combined(record.defenses))

    def collusions(self, record: Collusion) -> RecordLink:
        text = f"{self._arrow(record.first, record.second, 'attacks')}: {record.effect}"
        text += ", measured" * record.measured
        return RecordLink(text, *self._colluded(record.first, record.second))

    def experiments(self, record: Experiment) -> RecordLink:
        if record.defense and record.risk:
            return RecordLink(record.finding, f"/why/{record.defense}/{record.risk}")
        if record.first and record.second:
            return RecordLink(record.finding, *self._colluded(record.first, record.second))
        return RecordLink(record.finding, *self._combined(record.defenses))

    def published_attacks(self, record: PublishedAttack) -> RecordLink:
        return RecordLink(record.title, f"/learn/attacks/{record.attack}", (), "published")

    def mappings(self, record: CatalogueMapping) -> RecordLink:
        section = "defenses" if record.subject in self.kb.defenses else "risks"
        entry = record.object or "no match"
        text = f"{self.words.called(record.subject)} in {self.kb.catalogues[record.catalogue].name}"
        path = f"/learn/{section}/{record.subject}"
        return RecordLink(f"{text}: {entry}", path, (), f"mapping-{record.id}")

    def requirements(self, record: Requirement) -> RecordLink:
        return RecordLink(f"{self.kb.standards[record.standard].name} {record.number}", "")

    def _arrow(self, first: str, second: str, among: str = "") -> str:
        return f"{self.words.called(first, among)} → {self.words.inside(second, among)}"

    @staticmethod
    def _colluded(first: str, second: str) -> tuple[str, Sequence[tuple[str, str]]]:
        return "/collude", [("attack", first), ("attack", second)]

    @staticmethod
    def _combined(defenses: Sequence[str]) -> tuple[str, Sequence[tuple[str, str]]]:
        if not defenses:
            return "/combinations", ()
        return "/combine", [("defense", each) for each in defenses]
