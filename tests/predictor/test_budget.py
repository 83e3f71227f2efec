"""Budgets: every question can be bounded, and what is computed within one is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from heavy import entangled, staged

from crosscurrent.api.answers import (
    backtests,
    collusions,
    combinations,
    comparisons,
    plans,
    predictions,
)
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.budget import Budget, TooCostly, spend
from crosscurrent.predictor.plans import MAX_ALTERNATIVES, plan, wish

QUESTIONS: dict[str, Callable[[KnowledgeBase], Any]] = {
    "matrix": predictions.matrix,
    "combination": lambda kb: combinations.combination(kb, ["RD1", "PD1", "FD2"]),
    "combinations": combinations.combinations,
    "collusions": collusions.collusions,
    "chains": lambda kb: collusions.chains(kb, "evasion"),
    "plan": lambda kb: plans.plan(kb, protect=["R1", "P1"]),
    "backtest": lambda kb: backtests.backtest(kb, resamples=50),
    "difference": lambda kb: comparisons.diff(kb, kb),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_stops_at_its_budget(kb: KnowledgeBase, name: str) -> None:
    with Budget(steps=3), pytest.raises(TooCostly, match="more than its budget"):
        QUESTIONS[name](kb)
    with Budget(expired=lambda: True), pytest.raises(TooCostly):
        QUESTIONS[name](kb)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_within_a_budget_is_the_same(kb: KnowledgeBase, name: str) -> None:
    alone = QUESTIONS[name](kb)
    with Budget(steps=1_000_000, expired=lambda: False):
        assert QUESTIONS[name](kb) == alone


def test_a_budget_holds_for_its_block_and_the_inner_one_first() -> None:
    spend(10**9)
    with Budget(steps=5):
        spend(3)
        with Budget(steps=1), pytest.raises(TooCostly):
            spend(2)
        spend(2)
        with pytest.raises(InputError):
            spend()
    spend(10**9)


def test_a_set_of_defenses_with_3_to_the_12_orders_is_planned_within_steps() -> None:
    kb = load([{name: text.encode() for name, text in staged(12).items()}])
    risks = [f"risk_{i}" for i in range(12)]
    with Budget(steps=50_000):
        (one,) = plan(kb, wish(kb, protect=risks)).plans
    assert len(one.order) == 12
    assert (len(one.alternatives), one.more_alternatives) == (MAX_ALTERNATIVES, True)
    with Budget(steps=50_000):
        document = plans.plan(kb, protect=risks)
    assert document["plans"][0]["more_alternatives"] is True


def test_a_plan_lists_all_of_its_few_orders_and_says_nothing_of_more(kb: KnowledgeBase) -> None:
    answer = plans.plan(kb, protect=["R1", "P1"])
    assert answer["plans"]
    assert not any("more_alternatives" in each for each in answer["plans"])


def test_orders_of_entangled_defenses_are_given_up_and_few_of_them_are_not() -> None:
    kb = load([{name: text.encode() for name, text in entangled(18).items()}])
    names = [f"defense_{i}" for i in range(18)]
    with Budget(steps=100_000), pytest.raises(TooCostly):
        combinations.combination(kb, names)
    with Budget(steps=100_000):
        assert combinations.combination(kb, names[:8])["effective"] is False
