"""Effects of the defenses in place: on every risk, by the adversary against whom they do worst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from crosscurrent.knowledge.deployments import Matters

from ..advice import Advice, advise
from ..assessment import Assessment, Grade, Setting, assess
from ..guideline import conclude, paths_between
from ..interactions import Prediction, predict

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..scenarios import Scenario
    from .facts import Described, InPlace, Profile

__all__ = ["GRADES", "MATTERS", "Effect", "RiskOutcome", "Together", "outcomes"]

Together = Literal["increase", "decrease", "no_change", "opposed", "depends", "unknown"]

GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
"""Grades of what is expected, the best established first."""

MATTERS: Final[tuple[Matters, ...]] = get_args(Matters)

_WORSE: Final = ("decrease", "no_change", "unknown", "depends", "increase")


class Effect(NamedTuple):
    """What one defense in place does to one risk.

    Attributes
    ----------
    defense : InPlace
        The defense, taken to be effective.
    risk : str
        Id.
    adversary : str or None
        Name of the adversary against whom that holds: the one with the worst answer. None where
        the deployment describes none that may mount the attack.
    otherwise : mapping from str to str
        What is expected against the other adversaries, by name, where that differs.
    assumed : Scenario
        What is assumed; `crosscurrent what-if` takes the same.
    prediction : Prediction
        By `predictor.interactions.predict`, under what is assumed.
    answer : Assessment
        What follows from it, by `predictor.assessment.assess`.
    advice : tuple of Advice
        What to do about it.
    """

    defense: InPlace
    risk: str
    adversary: str | None
    otherwise: Mapping[str, str]
    assumed: Scenario
    prediction: Prediction
    answer: Assessment
    advice: tuple[Advice, ...]


class RiskOutcome(NamedTuple):
    """What all defenses in place together let expect of a risk.

    Attributes
    ----------
    risk : str
        Id.
    matters : str or None
        How much it matters: ``low``, ``medium`` or ``high``; None if the deployment leaves it out.
    expect : str
        ``increase`` or ``decrease`` if some defense is expected to move it so and none against it;
        ``opposed`` if some raise and some lower it; else ``no_change`` if every answer is that,
        ``depends`` if some is, ``unknown`` otherwise. Of one defense it is what `assess` says.
    leading : Effect or None
        The effect to read first: the best established increase, else the best established
        decrease, else the first that is not unknown. None without defenses.
    effects : tuple of Effect
        One for each defense in place.
    setting : Setting or None
        What the setting by itself does, without any defense.
    protected : bool
        Whether some defense in place is expected to lower it.
    reachable : bool
        Whether an adversary may attack so, as far as the deployment describes any.
    """

    risk: str
    matters: Matters | None
    expect: Together
    leading: Effect | None
    effects: tuple[Effect, ...]
    setting: Setting | None
    protected: bool
    reachable: bool

    def moving(self, expect: str) -> tuple[Effect, ...]:
        """Return the effects in one direction, the best established first."""
        found = [each for each in self.effects if each.answer.expect == expect]
        return tuple(sorted(found, key=_firmness))


def outcomes(kb: KnowledgeBase, deployment: Described) -> tuple[RiskOutcome, ...]:
    """Return what to expect of every risk: those that matter most first, then as in the base."""
    found = [_outcome(kb, deployment, risk) for risk in kb.risks]
    return tuple(sorted(found, key=lambda each: -_weight(each.matters)))


def _weight(matters: Matters | None) -> int:
    return -1 if matters is None else MATTERS.index(matters)


def _outcome(kb: KnowledgeBase, deployment: Described, risk: str) -> RiskOutcome:
    able = [each for each in deployment.profiles if risk in each.risks]
    effects = tuple(_effect(kb, deployment, each, risk, able) for each in deployment.defenses)
    said = [each.answer.expect for each in effects]
    expect: Together
    if "increase" in said:
        expect = "opposed" if "decrease" in said else "increase"
    elif "decrease" in said:
        expect = "decrease"
    elif said and set(said) == {"no_change"}:
        expect = "no_change"
    else:
        expect = "depends" if "depends" in said else "unknown"
    return RiskOutcome(
        risk,
        deployment.matters.get(risk),
        expect,
        _leading(effects),
        effects,
        _setting(kb, deployment, risk, able),
        "decrease" in said,
        bool(able) or not deployment.profiles,
    )


def _leading(effects: Sequence[Effect]) -> Effect | None:
    for expect in ("increase", "decrease", "depends", "no_change", "unknown"):
        found = [each for each in effects if each.answer.expect == expect]
        if found:
            return min(found, key=_firmness)
    return None


def _firmness(effect: Effect) -> tuple[int, float]:
    return GRADES.index(effect.answer.grade), -(effect.answer.likelihood or 0.0)


def _effect(
    kb: KnowledgeBase, deployment: Described, defense: InPlace, risk: str, able: Sequence[Profile]
) -> Effect:
    """Return the worst answer of those against each adversary."""
    answers: dict[str | None, tuple[Scenario, Prediction, Assessment]] = {}
    attackers: list[Profile | None] = [*able]
    for profile in attackers or [None]:
        assumed = deployment.scenario(defense, profile)
        prediction = predict(kb, defense.name, risk, assumed)
        answers[profile.name if profile else None] = (assumed, prediction, assess(kb, prediction))
    worst = max(answers, key=lambda name: _badness(answers[name][2]))
    assumed, prediction, answer = answers[worst]
    otherwise = {
        name: found.expect
        for name, (_, _, found) in answers.items()
        if name is not None and found.expect != answer.expect
    }
    return Effect(defense, risk, worst, otherwise, assumed, prediction, answer, advise(kb, answer))


def _badness(answer: Assessment) -> tuple[int, float]:
    return _WORSE.index(answer.expect), answer.likelihood_increase or 0.0


def _setting(
    kb: KnowledgeBase, deployment: Described, risk: str, able: Iterable[Profile]
) -> Setting | None:
    """Return what the factors of the setting do by themselves, as a prediction's setting does."""
    profile = next(iter(able), None)
    assumed = deployment.scenario(profile=profile)
    paths = [
        path
        for path in paths_between(kb, NO_DEFENSE, kb.risks[risk], assumed)
        if path.moved_by is None
    ]
    return Setting(conclude(paths)[0], tuple(paths)) if paths else None


NO_DEFENSE: Final = ""
"""The id of no defense: it moves no factor."""
