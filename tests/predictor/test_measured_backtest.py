"""The backtest against measurements: who answers has seen none of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import random_findings

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.measured_backtest import (
    MEASURED_VOICES,
    MeasuredBacktest,
    measured_backtest,
)

OPPOSITE = {"increase": "decrease", "decrease": "increase"}


@pytest.fixture(scope="module")
def result(kb: KnowledgeBase) -> MeasuredBacktest:
    return measured_backtest(kb)


def test_every_measured_result_is_a_case_of_its_data_set(
    kb: KnowledgeBase, result: MeasuredBacktest
) -> None:
    for group in result.groups:
        measured = {
            each.id
            for each in kb.observations.values()
            if each.table and each.table.dataset == group.data
        }
        assert {case.work for case in group.cases} == measured
        assert [each.voice for each in group.scores] == list(MEASURED_VOICES)
        for each in group.scores:
            assert each.right <= each.decided <= each.directed
            assert each.directed + each.open == len(group.cases)
    assert sum(len(group.cases) for group in result.groups) == sum(
        each.measured for each in kb.observations.values()
    )


def test_every_voice_says_what_it_says_without_the_tables(result: MeasuredBacktest) -> None:
    below = load("literature")
    for case in (case for group in result.groups for case in group.cases):
        asked = predict(below, case.defense, case.risk)
        answer = assess(below, asked)
        assert case.says["assessment"] == answer.expect
        assert case.says["guideline"] == asked.conjecture
        assert case.rise["probability"] == asked.probability_increase
        assert case.assessed.voices[-1].works == {}


def test_without_measurements_there_is_nothing_to_judge() -> None:
    for word in ("papers", "literature"):
        result = measured_backtest(load([word]))
        assert result.groups == ()
        assert {each.directed + each.open for each in result.scores} == {0}


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_what_was_measured_otherwise_changes_no_answer_that_is_judged(seed: int) -> None:
    def judged(effects: dict[str, str]) -> list[Any]:
        rows = random_findings(seed)
        for each in rows["observations"].values():
            if each.get("provenance") == "measured":
                each["effect"] = effects.get(each["effect"], each["effect"])
        return [
            (case.work, case.says, case.rise)
            for group in measured_backtest(KnowledgeBase(rows)).groups
            for case in group.cases
        ]

    assert judged({}) == judged(OPPOSITE)
