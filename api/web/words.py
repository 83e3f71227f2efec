"""How pages call things: names for ids, signs for effects, works for sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from api.cli._text import cite, lowered, named, percent

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = ["GLYPHS", "MEASURED", "STAGES", "VERBS", "Cited", "Words", "is_measured", "seen"]

GLYPHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "▲",
        "decrease": "▼",
        "no_change": "=",
        "contested": "±",
        "inconclusive": "±",
        "unclear": "±",
        "unknown": "?",
        "none": "0",
        "unexplored": "·",
        "amplifies": "▲",
        "hinders": "▼",
        "unnecessary": "=",
        "effective": "✓",
        "conflict": "✗",
    }
)
VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "increases",
        "decrease": "decreases",
        "no_change": "does not change",
        "contested": "contested",
        "unknown": "unknown",
        "inconclusive": "cannot tell",
    }
)
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"pre": "before training", "in": "in training", "post": "after training"}
)
MEASURED: Final = "measured."
"""What the ids of observations begin with that `validator.evidence` writes."""


class Cited(NamedTuple):
    """A work as it is cited: its id, how it is called, and the place in it."""

    id: str
    text: str


def is_measured(observation: Mapping[str, Any]) -> bool:
    """Say whether an observation was measured by Crosscurrent, rather than published."""
    return str(observation["id"]).startswith(MEASURED)


def seen(prediction: Mapping[str, Any], *, measured: bool) -> list[str]:
    """Return the effects that were published, or measured, for the adversary at hand, each once.

    Parameters
    ----------
    prediction : mapping
        The document of one defense and one risk.
    measured : bool
        Which of the two. Exceptions are always published.
    """
    effects = [
        each["effect"]
        for each in prediction["observations"]
        if each["applies"] and is_measured(each) is measured
    ]
    if not measured:
        effects += [each["effect"] for each in prediction["exceptions"] if each["applies"]]
    return list(dict.fromkeys(effects))


class Words:
    """The names in one knowledge base.

    Parameters
    ----------
    kb : KnowledgeBase
        It.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    def called(self, identity: str, among: str = "") -> str:
        """Return what something is called by its id, with the stage if there is one.

        An attack may have the id of a risk: `among` says which section is meant.
        """
        bare, _, stage = identity.partition("@")
        kb = self._kb
        meant = getattr(kb, among) if among else {}
        for section in (meant, kb.defenses, kb.risks, kb.attacks, kb.factors, kb.adversary):
            if bare in section:
                name: str = section[bare].name
                break
        else:
            name = named(bare)
        return f"{name} ({STAGES[stage]})" if stage in STAGES else name

    def inside(self, identity: str, among: str = "") -> str:
        """Return what something is called inside a sentence; `among` as in `called`."""
        return lowered(self.called(identity, among))

    def code(self, identity: str) -> str:
        """Return the papers' code of a defense, risk, factor or attack; empty if it has none."""
        bare = identity.partition("@")[0]
        kb = self._kb
        for section in (kb.defenses, kb.risks, kb.factors, kb.attacks):
            if bare in section:
                return section[bare].code or ""
        return ""

    def cited(self, sources: Iterable[str]) -> list[Cited]:
        """Return how works are cited, each place once."""
        return [Cited(each.partition("#")[0], cite(self._kb, [each])) for each in sources]

    @staticmethod
    def percent(probability: float) -> str:
        """Write a probability as people do, never as certain."""
        return percent(probability)
