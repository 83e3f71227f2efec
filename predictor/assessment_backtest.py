"""Backtest of the assessments, with the paper or the pair that is judged held out.

Each published finding is a case: a work, a pair, and what the work saw. *By paper*, the work is
forgotten altogether: its findings on all pairs, and the edges that rest on it alone. *By pair*,
every finding on the pair is. Nothing is assumed, so that a case counts as
undecided where the answer is that it depends; *conditions stated* asks again with the conditions
that the finding takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .assessment import Assessment, assess
from .evidence import OUTCOMES, RISE, Outcome, work_of
from .interactions import Prediction, Stage, predict
from .likelihood import PRIOR_WORKS, Likelihoods, Weights, increase, likelihoods
from .scenarios import scenario

if TYPE_CHECKING:
    from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation

__all__ = [
    "PRIORS",
    "VOICES",
    "AssessmentBacktest",
    "Case",
    "Held",
    "Promise",
    "Result",
    "Tried",
    "VoiceScore",
    "assessment_backtest",
    "judge",
    "reliability",
    "scores",
]

Held = Literal["paper", "pair"]

VOICES: Final = (
    "guideline",
    "model",
    "assessment",
    "assessment_conditions_stated",
    "always_increase",
)
"""Who is judged."""

PRIORS: Final = (0.25, 0.5, PRIOR_WORKS, 1.5, 2.0, 3.0, 4.0)
"""How many works the factors may count for, of which the backtest tries each."""

_DIRECTIONS: Final = ("increase", "decrease")
_OPEN: Final = ("no_change", "depends")
_BINS: Final = ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0))


class Case(NamedTuple):
    """What one work saw for one pair, and what is said without it.

    Attributes
    ----------
    work : str
        Id of the reference.
    defense, risk : str
        Ids.
    observed : str
        ``increase``, ``decrease``, ``no_change`` or ``mixed``.
    says : mapping from str to str
        By voice, what it expects.
    rise : mapping from str to float
        The probability of an increase, for voices that give one.
    assessed : Assessment
        The whole answer, without conditions.
    stage : str or None
        The stage of the variant that it is about, where that is not the usual one.
    """

    work: str
    defense: str
    risk: str
    observed: str
    says: Mapping[str, str]
    rise: Mapping[str, float]
    assessed: Assessment
    stage: Stage | None


class VoiceScore(NamedTuple):
    """How one voice does.

    Attributes
    ----------
    voice : str
        See `VOICES`.
    directed : int
        Cases in which an increase or a decrease was seen.
    decided, right : int
        Of these, those to which it gives a direction, and the right one.
    decreases, decreases_found : int
        Cases in which a decrease was seen, and those of them that it foretells.
    open, open_found : int
        Cases in which no change or both was seen, and those to which it says so or that it depends.
    brier : float or None
        Mean squared distance between the probability of an increase and what was seen, where there
        was a direction; one half where it names no probability. None for voices without any.
    """

    voice: str
    directed: int
    decided: int
    right: int
    decreases: int
    decreases_found: int
    open: int
    open_found: int
    brier: float | None


class Promise(NamedTuple):
    """A row of the reliability table: what was promised of a direction, and what came true."""

    low: float
    high: float
    cases: int
    promised: float | None
    came_true: float | None


class Tried(NamedTuple):
    """A weight of the factors against publications, and the Brier score with it."""

    prior_works: float
    brier: float | None


class AssessmentBacktest(NamedTuple):
    """The whole account.

    Attributes
    ----------
    cases, scores, reliability : dict
        By what is held out: every case, a score for each voice, and the reliability table of the
        assessment.
    priors : tuple of Tried
        By paper, the Brier score with each of `PRIORS`.
    """

    cases: dict[Held, tuple[Case, ...]]
    scores: dict[Held, tuple[VoiceScore, ...]]
    reliability: dict[Held, tuple[Promise, ...]]
    priors: tuple[Tried, ...]


def assessment_backtest(kb: KnowledgeBase) -> AssessmentBacktest:
    """Compare every voice with every published finding, with what is judged held out."""
    kb = kb.without_measured()
    results = list(_results(kb))
    cases: dict[Held, tuple[Case, ...]] = {
        "paper": tuple(_by_paper(kb, results)),
        "pair": tuple(_by_pair(kb, results)),
    }
    return AssessmentBacktest(
        cases,
        {held: scores(own) for held, own in cases.items()},
        {held: reliability(own) for held, own in cases.items()},
        tuple(Tried(prior, _brier_with(prior, cases["paper"])) for prior in PRIORS),
    )


class Result(NamedTuple):
    """What one work saw for one pair, in `effect`, under the conditions `when`."""

    work: str
    prediction: Prediction
    effect: Outcome
    when: tuple[tuple[str, str], ...]


def _results(kb: KnowledgeBase) -> Iterator[Result]:
    """Yield what was published for any pair, at whichever stage, each result once."""
    predictions: dict[tuple[str, str], Prediction] = {}
    for asked, risk, work, effect, when in dict.fromkeys(_told(kb)):
        if (asked, risk) not in predictions:
            predictions[asked, risk] = predict(kb, asked, risk)
        yield Result(work, predictions[asked, risk], effect, when)


def _told(
    kb: KnowledgeBase,
) -> Iterator[tuple[str, str, str, Outcome, tuple[tuple[str, str], ...]]]:
    """Yield the question that a result answers, its work, what it saw, and when."""
    for record in kb.observations.values():
        usual = kb.defenses[record.defense].usual_stage
        stage = "" if record.stage in (None, usual) else f"@{record.stage}"
        told: list[Observation | ExceptionRecord] = [record, *record.exceptions]
        for each in () if record.measured else told:
            if each.effect in OUTCOMES:
                when = tuple(sorted((each.when or {}).items()))
                for source in each.sources or (record.id,):
                    asked = record.defense + stage
                    yield asked, record.risk, work_of(source), OUTCOMES[each.effect], when


def _by_paper(kb: KnowledgeBase, results: Sequence[Result]) -> Iterator[Case]:
    """Judge every result by a base that has never heard of its work."""
    models: dict[str, Likelihoods] = {}
    for result in results:
        if result.work not in models:
            models[result.work] = Likelihoods(kb, result.work)
        yield judge(kb, result, models[result.work])


def _by_pair(kb: KnowledgeBase, results: Sequence[Result]) -> Iterator[Case]:
    """Judge every result by a base in which nothing was observed of its pair."""
    for result in results:
        bare = result.prediction._replace(observations=(), exceptions=())
        yield judge(kb, result._replace(prediction=bare, when=()), likelihoods(kb))


def judge(kb: KnowledgeBase, result: Result, model: Likelihoods) -> Case:
    """Return what every voice says of a result, by a model that may forget its work."""
    prediction = result.prediction
    pair = (prediction.defense, prediction.risk)
    answer = assess(kb, prediction, model)
    stated = answer
    if result.when:
        assumed = scenario(kb, given=dict(result.when))
        asked = f"{pair[0]}@{prediction.stage}" if prediction.stage else pair[0]
        stated = assess(kb, predict(kb, asked, pair[1], assumed), model)
    guideline, by_factors = answer.voices[:2]
    says = {
        "guideline": guideline.says or "unknown",
        "model": by_factors.says or "unknown",
        "assessment": answer.expect,
        "assessment_conditions_stated": stated.expect,
        "always_increase": "increase",
    }
    rise = {
        "model": _or_even(by_factors.likelihood),
        "assessment": _or_even(answer.likelihood_increase),
        "assessment_conditions_stated": _or_even(stated.likelihood_increase),
        "always_increase": 1.0,
    }
    return Case(result.work, *pair, result.effect, says, rise, answer, prediction.stage)


def scores(cases: Sequence[Case], voices: Sequence[str] = VOICES) -> tuple[VoiceScore, ...]:
    """Score every voice."""
    return tuple(_score(voice, cases) for voice in voices)


def _score(voice: str, cases: Sequence[Case]) -> VoiceScore:
    directed = [case for case in cases if case.observed in _DIRECTIONS]
    fell = [case for case in directed if case.observed == "decrease"]
    unsettled = [case for case in cases if case.observed not in _DIRECTIONS]
    errors = [
        (case.rise[voice] - RISE[case.observed]) ** 2 for case in directed if voice in case.rise
    ]
    return VoiceScore(
        voice,
        len(directed),
        sum(case.says[voice] in _DIRECTIONS for case in directed),
        sum(case.says[voice] == case.observed for case in directed),
        len(fell),
        sum(case.says[voice] == "decrease" for case in fell),
        len(unsettled),
        sum(case.says[voice] in _OPEN for case in unsettled),
        _mean(errors),
    )


def reliability(cases: Sequence[Case]) -> tuple[Promise, ...]:
    """Compare how likely a direction was said to be with how often it was seen."""
    told = [
        (case.assessed.likelihood or 0.0, case.assessed.expect == case.observed)
        for case in cases
        if case.observed in _DIRECTIONS and case.assessed.expect in _DIRECTIONS
    ]
    return tuple(_promise(told, low, high) for low, high in _BINS)


def _promise(told: Sequence[tuple[float, bool]], low: float, high: float) -> Promise:
    inside = [(p, right) for p, right in told if low <= p < high or p == high == 1.0]
    return Promise(
        low,
        high,
        len(inside),
        _mean([p for p, _ in inside]),
        _mean([float(right) for _, right in inside]),
    )


def _brier_with(prior: float, cases: Sequence[Case]) -> float | None:
    """Return the Brier score if the factors counted for so many works."""
    weights = Weights(prior=prior)
    errors: list[float] = []
    for case in cases:
        if case.observed in _DIRECTIONS:
            rise = 0.5
            if case.assessed.likelihood_increase is not None:
                by_factors = _or_even(case.assessed.voices[1].likelihood)
                rise = increase(by_factors, case.assessed.evidence, weights)
            errors.append((rise - RISE[case.observed]) ** 2)
    return _mean(errors)


def _or_even(probability: float | None) -> float:
    return 0.5 if probability is None else probability


def _mean(numbers: Sequence[float]) -> float | None:
    return round(sum(numbers) / len(numbers), 4) if numbers else None
