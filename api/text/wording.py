"""Glyphs, verbs and phrases that the command line, the page, jobs and reports share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

__all__ = [
    "ARROW",
    "EDGE_SIGNS",
    "FOLLOW",
    "GLYPHS",
    "INTENDED",
    "MOVE",
    "NO_CHANGE",
    "OTHERWISE",
    "OUTCOMES",
    "OUTCOME_LETTERS",
    "OUTCOME_SHADES",
    "OUT_OF_REACH",
    "PREDICATES",
    "RISK_VERBS",
    "SECTIONS",
    "SEEN",
    "STAGES",
    "STATE_MARKS",
    "TENSIONS",
    "TOGETHER",
    "VERBS",
    "VERDICT_MARKS",
    "VOID",
    "basis",
    "models",
    "seen_in",
    "shown_as",
]

GLYPHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "▲",
        "decrease": "▼",
        "no_change": "=",
        "mixed": "±",
        "depends": "±",
        "contested": "±",
        "unknown": "?",
        "unexplored": "·",
        "inconclusive": "±",
        "void": "∅",
        "nothing_to_move": "∅",
        "no_longer_useful": "∅",
        "cannot_change": "∅",
        "unclear": "±",
        "none": "0",
        "amplifies": "▲",
        "hinders": "▼",
        "unnecessary": "=",
        "effective": "✓",
        "conflict": "✗",
        "shown_effective": "✓",
        "no_known_conflict": "○",
        "at_a_cost": "◐",
        "disputed": "±",
        "not_trainable": "⊘",
    }
)
"""The sign for an effect, an outcome or a verdict on two attacks."""

VERDICT_MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {"confirmed": "✓", "refuted": "✗", "inconclusive": "–"}
)
"""The sign for a verdict on a conjecture."""

STATE_MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {"queued": "…", "running": "▶", "succeeded": "✓", "failed": "✗", "cancelled": "–"}
)
"""The sign for the state of a job."""

EDGE_SIGNS: Final[Mapping[str, str]] = MappingProxyType({"+": "+", "-": "−", "0": "0", "?": "?"})
"""The sign of an edge as it is set in type."""

SEEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "increase",
        "decrease": "decrease",
        "no_change": "no change",
        "mixed": "both ways",
    }
)
"""What was seen of a defense and a risk, in a word or two."""

STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"pre": "before training", "in": "in training", "post": "after training"}
)
"""The stages of the pipeline at which defenses act."""

PREDICATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exact": "the same",
        "close": "close",
        "broader": "theirs is broader",
        "narrower": "theirs is narrower",
        "related": "related",
        "none": "no match",
    }
)
"""What an entry of a catalogue is to our defense or risk."""

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "procedures": "What defenses do in training",
        "variants": "Defenses at a stage",
        "adversary": "Adversary scales",
        "conditions": "Conditions of an effect",
        "correlations": "Defenses and risks tied to factors",
        "outcomes": "What attacks move or yield",
        "prerequisites": "What attacks depend on",
        "observations": "Effects of defenses on risks",
        "combinations": "Combinations of defenses",
        "collusions": "Attacks that help others",
        "mappings": "Entries of other catalogues",
        "requirements": "Requirements of standards",
    }
)
"""What sections of the knowledge base are called, where not as in knowledge files."""

TOGETHER: Final[Mapping[str, str]] = MappingProxyType(
    {"effective": "effective together", "conflict": "in conflict"}
)
"""What was seen of two defenses together."""

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shown_effective": "effective together, as was shown",
        "no_known_conflict": "no known conflict; that they work together was not shown",
        "at_a_cost": "effective together only if tuned or designed for it, or at a cost",
        "disputed": "disputed: seen to work together, though a conflict was seen or is expected",
        "conflict": "conflict: by the rule or as seen, some defense is not effective",
        "not_trainable": "cannot be trained together as they are",
    }
)
"""What is to be expected of defenses together."""

OUTCOME_SHADES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shown_effective": "decrease",
        "no_known_conflict": "unknown",
        "at_a_cost": "contested",
        "disputed": "contested",
        "conflict": "increase",
        "not_trainable": "increase",
    }
)
"""The effect in whose colour that is set."""

OUTCOME_LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shown_effective": "Y",
        "no_known_conflict": "-",
        "at_a_cost": "$",
        "disputed": "~",
        "conflict": "X",
        "not_trainable": "N",
    }
)
"""The same in one character of any alphabet."""

ARROW: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "increase", "-": "decrease", "0": "unexplored", "?": "contested"}
)
"""The effect whose glyph stands for a sign."""

RISK_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "rises",
        "decrease": "falls",
        "no_change": "stays",
        "depends": "depends",
        "unknown": "unknown",
    }
)
"""What a risk does, in a word."""

VOID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "nothing_to_move": "nothing to move",
        "no_longer_useful": "no longer useful",
        "cannot_change": "cannot change",
    }
)
"""Outcomes that are evidence of nothing."""

VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "increases",
        "decrease": "decreases",
        "no_change": "does not change",
        "mixed": "moves either way",
        "depends": "depends",
        "contested": "contested",
        "unknown": "unknown",
        "inconclusive": "inconclusive",
        **VOID,
    }
)
"""What is said of a risk."""

MOVE: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "raised", "-": "lowered", "0": "left alone", "?": "moved either way"}
)
"""What happens to a factor, by sign."""

FOLLOW: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "rises with it", "-": "falls as it rises", "0": "ignores it", "?": "may follow it"}
)
"""What a risk does as a factor rises, by sign."""

NO_CHANGE: Final = "no meaningful change"
"""The words for an effect within the smallest effect of interest; `validator.plots` has its own."""

INTENDED: Final = "what the defense is meant for"
"""What is said of a risk that a defense protects against."""

OTHERWISE: Final = "the guideline says otherwise"
"""What is said where the guideline has another direction than what is expected."""

OUT_OF_REACH: Final = "takes more than the adversaries are assumed to have"
"""What is said of an attack on another one's outcome."""

TENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "opposed_factor": "they move {subject} in opposite ways",
        "opposed_active_factor": "they move {subject} in opposite ways, and attacks exploit it",
        "undermined_risk": (
            "the first is expected to raise {subject}, which the second is meant for"
        ),
    }
)
"""How two defenses pull against each other, by mechanism."""


def shown_as(outcome: str) -> str:
    """Return the effect in whose colour and with whose sign an outcome is shown."""
    return "contested" if outcome == "inconclusive" else "void" if outcome in VOID else outcome


def basis(rests_on: str, effects: Sequence[str], *, conditional: bool = False) -> str:
    """Say what a conjecture rests on.

    Parameters
    ----------
    rests_on : str
        ``unanimous``, ``dominant``, ``contested`` or ``none``.
    effects : sequence of str
        The effect of each path that counts, as documents call it.
    conditional : bool
        Whether there are further paths, under conditions that are not stated.
    """
    if rests_on == "unanimous":
        return "all common factors agree"
    if rests_on == "dominant":
        return "the factors disagree, and the dominant ones decide"
    if rests_on == "contested":
        if all(effect == "unclear" for effect in effects):
            return "the direction is not known for any common factor"
        return "the factors disagree, and no dominant one settles it"
    if effects:
        return "the common factors are known to have no effect"
    if conditional:
        return "the common factors count only under conditions that are not stated"
    return "no evidence: defense and risk share no factor"


def models(own: bool, tables: bool) -> str:
    """Name the models that something was measured in: the reader's own, or those of tables."""
    own_first = ", or where it was not, in reference models" if tables else ""
    return f"your own models{own_first}" if own else "reference models"


def seen_in(dataset: str | None) -> str:
    """Say that something was measured, and for a table of reference models on which data set."""
    return "measured" if dataset is None else f"measured in reference models on {dataset}"
