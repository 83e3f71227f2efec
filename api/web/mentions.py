"""Everything that cites a work: which records, what they say, and where that is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from crosscurrent.api.text.names import lowered

from .names import Words
from .records import Edge, leads_to, tie

if TYPE_CHECKING:
    from crosscurrent.knowledge import (
        Characteristic,
        Collusion,
        Combination,
        Experiment,
        KnowledgeBase,
        Observation,
        PublishedAttack,
        Variant,
    )

__all__ = ["SECTIONS", "Mention", "Told", "mentions"]

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "factors": "Factors",
        "risks": "Risks",
        "defenses": "Defenses",
        "variants": "Defenses at a stage",
        "attacks": "Attacks",
        "adversary": "Adversary scales",
        "correlations": "Defenses and risks tied to factors",
        "outcomes": "What attacks move or yield",
        "prerequisites": "What attacks depend on",
        "observations": "Effects of defenses on risks",
        "combinations": "Combinations of defenses",
        "collusions": "Attacks that help others",
        "experiments": "Experiments",
        "published_attacks": "Published attacks",
    }
)
"""Sections whose records cite works, and how people call them."""


class Told(NamedTuple):
    """What a record says, and the path, query and anchor of where that is told."""

    text: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    anchor: str = ""


class Mention(NamedTuple):
    """A record that cites a work, and at which places in it."""

    told: Told
    places: Sequence[str]


def mentions(kb: KnowledgeBase, words: Words, work: str) -> dict[str, list[Mention]]:
    """Return what cites a work, by section: as its source, or as where it is stated."""
    found: dict[str, list[Mention]] = {}
    teller = _Teller(kb, words)
    for section in SECTIONS:
        for record in getattr(kb, section).values():
            places = list(dict.fromkeys(_places(record, work)))
            if places:
                each = Mention(teller.tell(section, record), [p for p in places if p])
                found.setdefault(section, []).append(each)
    return found


def _places(record: Any, work: str) -> Iterator[str]:
    for holder in (record, *getattr(record, "exceptions", ())):
        for field in ("sources", "stated_in"):
            for source in getattr(holder, field, ()):
                identity, _, place = source.partition("#")
                if identity == work:
                    yield place.replace("-", " ")


class _Teller:
    """Tells records in a line each; those without a method of their own have a page."""

    def __init__(self, kb: KnowledgeBase, words: Words) -> None:
        self.kb, self.words = kb, words

    def tell(self, section: str, record: Any) -> Told:
        found: Told | None = getattr(self, section, lambda _: None)(record)
        return found or Told(record.name, f"/learn/{section}/{record.id}")

    def variants(self, record: Variant) -> Told:
        path = f"/learn/defenses/{record.defense}"
        return Told(self.words.called(record.id), path, (), f"variant-{record.stage}")

    def adversary(self, record: Characteristic) -> Told:
        return Told(record.name, "/learn", (), f"adversary-{record.id}")

    def correlations(self, edge: Edge) -> Told:
        row = tie(self.kb, edge, factors=False)
        factor, other = self.words.called(edge.factor), row.name
        text = f"{factor} → {lowered(other)}"
        if leads_to(self.kb, edge):
            text = f"{other} → {lowered(factor)}"
        text = f"{text}: {row.how}"
        return Told(text, f"/learn/factors/{edge.factor}", (), row.anchor)

    outcomes = prerequisites = correlations

    def observations(self, record: Observation) -> Told:
        text = f"{self._arrow(record.defense, record.risk)}: {record.effect.replace('_', ' ')}"
        text += ", measured" * record.measured
        return Told(text, f"/why/{record.defense}/{record.risk}")

    def combinations(self, record: Combination) -> Told:
        names = " and ".join(self.words.inside(each) for each in record.defenses)
        code = f"{record.code}: " if record.code else ""
        text = f"{code}{names or 'not identified'}: {record.outcome}"
        text += ", measured" * record.measured
        return Told(text, *self._combined(record.defenses))

    def collusions(self, record: Collusion) -> Told:
        text = f"{self._arrow(record.first, record.second, 'attacks')}: {record.effect}"
        text += ", measured" * record.measured
        return Told(text, *self._colluded(record.first, record.second))

    def experiments(self, record: Experiment) -> Told:
        if record.defense and record.risk:
            return Told(record.finding, f"/why/{record.defense}/{record.risk}")
        if record.first and record.second:
            return Told(record.finding, *self._colluded(record.first, record.second))
        return Told(record.finding, *self._combined(record.defenses))

    def published_attacks(self, record: PublishedAttack) -> Told:
        return Told(record.title, f"/learn/attacks/{record.attack}", (), "published")

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
