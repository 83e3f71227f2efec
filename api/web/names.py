"""Names on the page: of records by their ids, and of works by the sources that cite them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from crosscurrent.api.text.names import cite, lowered, named, percent

from ..text.plain import formal, plain
from ..text.wording import STAGES, seen_in

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["SourceLabel", "Words", "is_measured", "seen_how"]

_BEGINNING: Final = 30


class SourceLabel(NamedTuple):
    """A work as it is cited.

    Attributes
    ----------
    id, text : str
        Its id, and how it is called, with the place in it.
    title : str
        Its title; empty if that is not known.
    doubtful : bool
        Whether it is not sure that this work is meant.
    """

    id: str
    text: str
    title: str
    doubtful: bool


def is_measured(observation: Mapping[str, Any]) -> bool:
    """Say whether an observation was measured, in whichever models, rather than published.

    So are combinations, collusions, and exceptions; all in their documents' form.
    """
    return bool(observation["provenance"] == "measured")


def seen_how(observation: Mapping[str, Any]) -> str:
    """Say whether an observation was published, or in which models it was measured."""
    if not is_measured(observation):
        return "published"
    table = observation.get("table")
    return seen_in(table["dataset"]) if table else "measured here"


class Words:
    """The names in one knowledge base.

    Parameters
    ----------
    kb : KnowledgeBase
        It.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb

    def called(self, identity: str, among: str = "") -> str:
        """Return what something is called by its id, with the stage if there is one.

        An attack may have the id of a risk: `among` says which section is meant.
        """
        bare, _, stage = identity.partition("@")
        kb = self.kb
        meant = getattr(kb, among) if among else {}
        for section in (
            meant,
            kb.defenses,
            kb.risks,
            kb.attacks,
            kb.factors,
            kb.adversary,
            kb.conditions,
        ):
            if bare in section:
                name: str = section[bare].name
                break
        else:
            name = named(bare)
        return f"{name} ({STAGES[stage]})" if stage in STAGES else name

    def inside(self, identity: str, among: str = "") -> str:
        """Return what something is called inside a sentence; `among` as in `called`."""
        return lowered(self.called(identity, among))

    def plain(self, identity: str, among: str = "risks") -> str:
        """Return the plain name of a risk, or of an attack; `among` says which section."""
        section = getattr(self.kb, among)
        return plain(section[identity]) if identity in section else self.called(identity)

    def formal(self, identity: str, among: str = "risks") -> str:
        """Return the formal name where the plain one is another; empty otherwise."""
        section = getattr(self.kb, among)
        return formal(section[identity]) if identity in section else ""

    def both(self, identity: str, among: str = "risks") -> str:
        """Return the plain name inside a sentence, with the formal one in brackets."""
        name, term = self.plain(identity, among), self.formal(identity, among)
        return f"{lowered(name)} ({lowered(term)})" if term else lowered(name)

    def code(self, identity: str) -> str:
        """Return the papers' code of a defense, risk, factor or attack; empty if it has none."""
        bare = identity.partition("@")[0]
        kb = self.kb
        for section in (kb.defenses, kb.risks, kb.factors, kb.attacks):
            if bare in section:
                return section[bare].code or ""
        return ""

    def cited(self, sources: Iterable[str]) -> list[SourceLabel]:
        """Return how works are cited; those that would read alike with how their titles begin."""
        named = [(each.partition("#")[0], cite(self.kb, [each])) for each in sources]
        ids: dict[str, set[str]] = {}
        for identity, text in named:
            ids.setdefault(text, set()).add(identity)
        found = []
        for identity, text in named:
            work = self.kb.references[identity]
            title = work.title or ""
            alike = title and len(ids[text]) > 1
            full = f"{text}, {shorten(title, _BEGINNING, placeholder=' …')}" if alike else text
            doubtful = work.status == "deduced" and work.confidence != "high"
            found.append(SourceLabel(identity, full, title, doubtful))
        return found

    @staticmethod
    def percent(probability: float) -> str:
        """Write a probability as people do, never as certain."""
        return percent(probability)
