"""The backtest of the assessments: nothing judged takes part in its own judgement."""

from __future__ import annotations

from typing import get_args

import pytest

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.assessment_backtest import (
    PRIORS,
    VOICES,
    AssessmentBacktest,
    Held,
    VoiceScore,
    assessment_backtest,
)
from crosscurrent.predictor.evidence import RISE
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.likelihood import PRIOR_WORKS, Likelihoods


@pytest.fixture(scope="module")
def result(kb: KnowledgeBase) -> AssessmentBacktest:
    return assessment_backtest(kb)


def score(result: AssessmentBacktest, voice: str, held: Held = "paper") -> VoiceScore:
    (found,) = [each for each in result.scores[held] if each.voice == voice]
    return found


def test_every_voice_is_judged_on_every_published_result(
    kb: KnowledgeBase, result: AssessmentBacktest
) -> None:
    published = {
        (source.partition("#")[0], each.defense, each.risk)
        for each in kb.observations.values()
        for source in (
            *(each.sources if each.effect in RISE else ()),
            *(source for exception in each.exceptions for source in exception.sources),
        )
    }
    for held in get_args(Held):
        cases = result.cases[held]
        assert {(case.work, case.defense, case.risk) for case in cases} == published
        assert [each.voice for each in result.scores[held]] == list(VOICES)
        for each in result.scores[held]:
            assert each.right <= each.decided <= each.directed
            assert each.directed + each.open == len(cases)


def test_the_assessment_beats_guideline_model_and_saying_increase(
    result: AssessmentBacktest,
) -> None:
    ours = score(result, "assessment")
    assert ours.right >= 0.85 * ours.decided
    assert ours.decided >= 0.9 * ours.directed
    assert ours.decreases_found >= 0.75 * ours.decreases
    assert ours.brier is not None
    assert ours.brier <= 0.10
    for other in ("guideline", "model", "always_increase"):
        theirs = score(result, other)
        assert ours.right > theirs.right
        if theirs.brier is not None:
            assert ours.brier < theirs.brier


def test_without_the_pairs_own_works_there_is_no_better_answer_than_the_factors(
    result: AssessmentBacktest,
) -> None:
    for case in result.cases["pair"]:
        assert not case.assessed.evidence.any
        assert case.assessed.grade in ("derived_active", "derived_passive", "none")


def test_what_is_judged_never_takes_part(kb: KnowledgeBase, result: AssessmentBacktest) -> None:
    for case in result.cases["paper"]:
        tiers = (*case.assessed.evidence.tiers, case.assessed.evidence.open)
        assert case.work not in {each.work for tier in tiers for each in tier}
        again = assess(kb, predict(kb, case.defense, case.risk), Likelihoods(kb, case.work))
        assert again == case.assessed


def test_promises_and_what_came_true_are_counted_right(result: AssessmentBacktest) -> None:
    directions = ("increase", "decrease")
    for held in get_args(Held):
        told = [
            case
            for case in result.cases[held]
            if case.assessed.expect in directions and case.observed in directions
        ]
        rows = result.reliability[held]
        assert sum(row.cases for row in rows) == len(told)
        right = sum(case.assessed.expect == case.observed for case in told)
        assert sum((row.came_true or 0) * row.cases for row in rows) == pytest.approx(
            right, abs=0.01
        )


def test_the_weight_of_the_factors_is_among_those_tried_and_near_the_best(
    result: AssessmentBacktest,
) -> None:
    tried = {each.prior_works: each.brier for each in result.priors}
    assert list(tried) == list(PRIORS)
    used = tried[PRIOR_WORKS]
    assert used is not None
    assert used == score(result, "assessment").brier
    assert used - min(brier for brier in tried.values() if brier is not None) < 0.005


def test_a_base_without_results_is_judged_on_nothing(kb: KnowledgeBase) -> None:
    empty = assessment_backtest(KnowledgeBase({**kb.rows, "observations": {}}))
    assert empty.cases == {"paper": (), "pair": ()}
    assert all(each.brier is None for each in empty.scores["paper"])
    assert all(each.brier is None for each in empty.priors)
