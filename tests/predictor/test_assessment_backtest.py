"""The backtest of the assessments: nothing judged takes part in its own judgement."""

from __future__ import annotations

from typing import get_args

import pytest
from strategies import random_findings

from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation
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


@pytest.fixture(scope="module")
def on_papers(papers: KnowledgeBase) -> AssessmentBacktest:
    return assessment_backtest(papers)


def score(result: AssessmentBacktest, voice: str, held: Held = "paper") -> VoiceScore:
    (found,) = [each for each in result.scores[held] if each.voice == voice]
    return found


def test_every_voice_is_judged_on_every_published_result(
    kb: KnowledgeBase, result: AssessmentBacktest
) -> None:
    published = {
        (source.partition("#")[0], each.defense, each.risk)
        for each in kb.observations.values()
        if not each.measured
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


def test_on_the_papers_the_assessment_beats_guideline_model_and_saying_increase(
    on_papers: AssessmentBacktest,
) -> None:
    ours = score(on_papers, "assessment")
    assert ours.right >= 0.85 * ours.decided
    assert ours.decided >= 0.9 * ours.directed
    assert ours.decreases_found >= 0.75 * ours.decreases
    assert ours.brier is not None
    assert ours.brier <= 0.10
    for other in ("guideline", "model", "always_increase"):
        theirs = score(on_papers, other)
        assert ours.right > theirs.right
        if theirs.brier is not None:
            assert ours.brier < theirs.brier


def test_with_the_literature_it_is_right_in_four_of_five_and_its_odds_are_the_best(
    result: AssessmentBacktest,
) -> None:
    ours = score(result, "assessment")
    assert ours.right >= 0.8 * ours.decided
    assert ours.decided >= 0.7 * ours.directed
    assert ours.decreases_found >= 0.5 * ours.decreases
    assert ours.brier is not None
    assert ours.brier <= 0.16
    told = score(result, "assessment_conditions_stated")
    assert told.brier is not None
    assert told.brier < ours.brier
    assert told.right >= 0.85 * told.decided
    for other in ("guideline", "model", "always_increase"):
        theirs = score(result, other)
        assert told.right > theirs.right
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
        asked = f"{case.defense}@{case.stage}" if case.stage else case.defense
        below = kb.without_measured()
        again = assess(below, predict(below, asked, case.risk), Likelihoods(below, case.work))
        assert again == case.assessed
        assert not case.assessed.evidence.tables


def test_what_was_seen_at_another_stage_is_judged_there_and_once(
    kb: KnowledgeBase, result: AssessmentBacktest
) -> None:
    elsewhere: set[tuple[str, str, str, str, str]] = set()
    usual: set[tuple[str, str, str, str, None]] = set()
    for each in kb.observations.values():
        if each.measured:
            continue
        records: list[Observation | ExceptionRecord] = [each, *each.exceptions]
        for told in records:
            for work in {source.partition("#")[0] for source in told.sources}:
                if told.effect not in RISE:
                    continue
                if each.stage in (None, kb.defenses[each.defense].usual_stage):
                    usual.add((work, each.defense, each.risk, told.effect, None))
                else:
                    elsewhere.add((work, each.defense, each.risk, told.effect, str(each.stage)))
    assert elsewhere
    for held in get_args(Held):
        judged: list[tuple[str, str, str, str, str | None]] = [
            (c.work, c.defense, c.risk, c.observed, c.stage) for c in result.cases[held]
        ]
        assert set(judged) == elsewhere | usual
        for row in elsewhere:
            assert judged.count(row) == 1


def test_a_result_that_several_records_tell_is_judged_once() -> None:
    rows = random_findings(7)
    seen = {
        f"seen.twice.n{i}": {
            "id": f"seen.twice.n{i}",
            "defense": "defense_0",
            "risk": "risk_0",
            "effect": "decrease",
            "kind": "empirical",
            "sources": ["work_0#table-1", "work_0#table-2"],
            "stage": "post",
        }
        for i in range(2)
    }
    rows["variants"] = {
        "defense_0@post": {"defense": "defense_0", "stage": "post", "meaning": "random"}
    }
    found = assessment_backtest(KnowledgeBase({**rows, "observations": seen}))
    for held in get_args(Held):
        (case,) = found.cases[held]
        assert (case.work, case.stage, case.observed) == ("work_0", "post", "decrease")
        assert not case.assessed.evidence.any


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
    assert used == pytest.approx(score(result, "assessment").brier, abs=1e-4)  # of rounded odds
    assert used - min(brier for brier in tried.values() if brier is not None) < 0.005


def test_a_base_without_results_is_judged_on_nothing(kb: KnowledgeBase) -> None:
    empty = assessment_backtest(KnowledgeBase({**kb.rows, "observations": {}}))
    assert empty.cases == {"paper": (), "pair": ()}
    assert all(each.brier is None for each in empty.scores["paper"])
    assert all(each.brier is None for each in empty.priors)
