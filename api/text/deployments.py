"""Assessments of deployments in words, which terminal, Markdown, HTML and the page share.

All functions read the predictor's result; what they return is plain text.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.predictor.documents import prediction_document

from . import assessments
from .experiments import experiment
from .names import lowered, percent

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect, RiskOutcome
    from crosscurrent.predictor.deployments.facts import InPlace

__all__ = [
    "CERTAINTY",
    "EXPECT",
    "UNMEASURED",
    "Row",
    "Told",
    "advice",
    "command",
    "document_of",
    "heading",
    "listed",
    "meant_for",
    "measure",
    "named",
    "setting",
    "summary",
    "told",
]

EXPECT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "rises",
        "decrease": "falls",
        "no_change": "does not change",
        "opposed": "pulled both ways",
        "depends": "depends",
        "unknown": "unknown",
    }
)
"""What is expected of a risk, of all defenses in place together."""

CERTAINTY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "measured_here": "measured in your own models",
        "replicated": "replicated in publications",
        "published_once": "published once",
        "measured_reference": "measured in reference models",
        "disputed": "disputed among publications",
        "derived_active": "derived from what attacks exploit",
        "derived_passive": "derived from few or passive factors",
        "none": "no evidence",
    }
)
"""How well established what is expected is, at length."""

_MOST = 2

UNMEASURED: Final = "no experiment for it is built in"
"""Why there is no command that measures an effect."""


class Row(NamedTuple):
    """A row of the summary of findings.

    Attributes
    ----------
    id, risk : str
        Id and name of the risk.
    matters : str
        How much it matters; empty if the deployment leaves it out.
    expect : str
        ``increase``, ``decrease``, ``no_change``, ``opposed``, ``depends`` or ``unknown``.
    likely : str
        How likely, and by which defense; empty without evidence.
    certainty : str
        How well established that is.
    known : str
        Both in a line, each likelihood with its certainty.
    to_do : str
        What to do about it.
    """

    id: str
    risk: str
    matters: str
    expect: str
    likely: str
    certainty: str
    known: str
    to_do: str

    @property
    def glyph(self) -> str:
        """The effect whose glyph and colour it has."""
        return "contested" if self.expect == "opposed" else self.expect


class Told(NamedTuple):
    """One effect in sentences: what to expect, how well established, why, and the command."""

    effect: Effect
    headline: str
    established: str
    reason: str
    otherwise: str
    advice: tuple[str, ...]
    command: str


def heading(found: DeploymentAssessment) -> str:
    """Return the assessment in a line."""
    many = len(found.deployment.defenses)
    matters = len(found.deployment.matters)
    return (
        f"{found.deployment.file.deployment.name}: {many} defense{'s' * (many != 1)} in place,"
        f" {matters} risk{'s' * (matters != 1)} that matter{'s' * (matters == 1)},"
        f" {len(found.findings)} finding{'s' * (len(found.findings) != 1)}"
    )


def document_of(kb: KnowledgeBase, effect: Effect) -> shapes.Prediction:
    """Return the document of the prediction behind an effect."""
    return prediction_document(kb, effect.prediction)


def summary(kb: KnowledgeBase, found: DeploymentAssessment) -> list[Row]:
    """Return the summary of findings: a row for each risk, those that matter most first."""
    return [
        Row(
            each.risk,
            kb.risks[each.risk].name,
            each.matters or "",
            each.expect,
            "; ".join(filter(None, _likely(kb, each))),
            "; ".join(dict.fromkeys(_certainty(each))),
            _known(kb, each),
            _to_do(kb, found, each),
        )
        for each in found.risks
    ]


def named(kb: KnowledgeBase, defense: InPlace) -> str:
    """Return the name of a defense in place inside a sentence, with the stage that is said."""
    name = lowered(kb.defenses[defense.defense].name)
    stage = defense.name.partition("@")[2]
    return f"{name} @{stage}" if stage else name


def _leading(outcome: RiskOutcome) -> list[Effect]:
    """Return the effects that a row names: the best established in each direction."""
    ways = [outcome.moving(expect)[:1] for expect in ("increase", "decrease")]
    found = [each for way in ways for each in way]
    return found or ([outcome.leading] if outcome.leading else [])


def _likely(kb: KnowledgeBase, outcome: RiskOutcome) -> list[str]:
    """Return how likely each leading effect is; empty without evidence."""
    several = len(outcome.effects) > 1
    parts = []
    for each in _leading(outcome):
        answer = each.answer
        if answer.likelihood is None:
            parts.append("")
            continue
        verb = {"increase": "to rise", "decrease": "to fall", "no_change": "not to change"}
        what = verb.get(answer.expect, "to rise")
        by = f" by {named(kb, each.defense)}" if several else ""
        parts.append(f"{percent(answer.likelihood)} likely {what}{by}")
    return parts


def _certainty(outcome: RiskOutcome) -> list[str]:
    grades = [each.answer.grade for each in _leading(outcome)]
    return [CERTAINTY[grade] for grade in grades] or [CERTAINTY["none"]]


def _known(kb: KnowledgeBase, outcome: RiskOutcome) -> str:
    parts = zip(_likely(kb, outcome) or [""], _certainty(outcome), strict=True)
    return "; ".join(f"{likely or EXPECT[outcome.expect]}, {how}" for likely, how in parts)


def _to_do(kb: KnowledgeBase, found: DeploymentAssessment, outcome: RiskOutcome) -> str:
    rising = outcome.moving("increase")
    for place, each in enumerate(rising):
        if lines := advice(kb, each):
            return f"Of {named(kb, each.defense)}: {lines[0]}" if place else lines[0]
    if rising:
        return measure(rising[0])
    if outcome.expect == "decrease":
        lowering = outcome.moving("decrease")[0]
        lines = advice(kb, lowering)
        return lines[0] if lines else f"Keep {named(kb, lowering.defense)}."
    for each in outcome.effects:
        if each.answer.expect == "depends" and (lines := advice(kb, each)):
            return lines[0]
    meant = [
        named(kb, each) for each in found.deployment.defenses if meant_for(kb, each, outcome.risk)
    ]
    if meant:
        return f"Measure whether {listed(meant)} work{'s' * (len(meant) == 1)} here."
    covers = any(outcome.risk in each.protects_against for each in kb.defenses.values())
    if not covers:
        return "No defense against it is known."
    return f"Choose a defense: crosscurrent plan --protect {outcome.risk}"


def meant_for(kb: KnowledgeBase, defense: InPlace, risk: str) -> bool:
    """Say whether a defense in place is meant for a risk."""
    return risk in kb.defenses[defense.defense].protects_against


def advice(kb: KnowledgeBase, effect: Effect) -> list[str]:
    """Return what to do about an effect, a sentence each."""
    return assessments.advised(kb, document_of(kb, effect)) if effect.advice else []


def told(kb: KnowledgeBase, effect: Effect, more: str = "") -> Told:
    """Return an effect in sentences.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    effect : Effect
        The effect.
    more : str
        Options with which a further command asks the same knowledge.
    """
    document = document_of(kb, effect)
    otherwise = ""
    if effect.adversary is not None and effect.otherwise:
        others = "; ".join(
            f"{EXPECT[expect]} against {name}" for name, expect in effect.otherwise.items()
        )
        otherwise = f"Said of {effect.adversary}; {others}."
    return Told(
        effect,
        assessments.headline(kb, document),
        assessments.established(kb, document),
        assessments.reason(kb, document),
        otherwise,
        tuple(assessments.advised(kb, document)),
        command(effect) + more,
    )


def command(effect: Effect) -> str:
    """Return the command that answers for an effect alone."""
    assumed = effect.assumed
    words = ["crosscurrent", "what-if", effect.defense.name, effect.risk]
    for option, factors in (("--raise", assumed.raised), ("--lower", assumed.lowered)):
        words += [word for factor in sorted(factors) for word in (option, factor)]
    for option, stated in (("--adversary", assumed.adversary), ("--given", assumed.given)):
        words += [w for key, value in sorted(stated.items()) for w in (option, f"{key}={value}")]
    if len(words) == 4:
        words[1] = "predict"
    return shlex.join(words)


def setting(kb: KnowledgeBase, outcome: RiskOutcome) -> str:
    """Say what the setting by itself does to a risk; empty where it moves nothing."""
    found = outcome.setting
    if found is None:
        return ""
    risk = lowered(kb.risks[outcome.risk].name)
    verb = {"increase": "raises", "decrease": "lowers"}.get(found.effect, "moves either way")
    names = listed(dict.fromkeys(lowered(kb.factors[path.factor.id].name) for path in found.paths))
    return f"The setting by itself {verb} {risk}, by {names}."


def measure(effect: Effect) -> str:
    """Return how to measure an effect: by a command, or by means of one's own."""
    command = experiment(effect.defense.name, effect.risk)
    return f"Measure it: {command}" if command else f"Measure it yourself: {UNMEASURED}"


def listed(items: Iterable[str]) -> str:
    """Join items in a sentence."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
