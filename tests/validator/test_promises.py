"""Promises of measuring at the default settings, with few seeds."""

from __future__ import annotations

from statistics import fmean

import pytest
import torch

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.measuring import measure
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.store import Store


def measured(
    kb: KnowledgeBase,
    tmp: object,
    defense: str,
    risk: str,
    expected: str = "decrease",
    **how: object,
) -> Verdict:
    planned = experiment(kb, defense, risk, **how)  # type: ignore[arg-type]
    return measure(planned, expected, Store(f"{tmp}/results.sqlite"), threads=1)


def mean(verdict: Verdict, arm: str, metric: str) -> float:
    results = verdict.defended if arm == "defended" else verdict.baseline
    return fmean(each.metrics[verdict.experiment.attack.risk][metric] for each in results)


def test_an_overfitted_model_leaks_and_differential_privacy_stops_that(
    kb: KnowledgeBase, tmp_path: object
) -> None:
    found = measured(kb, tmp_path, "PD1", "P1", seeds=3)
    assert mean(found, "baseline", "auc") > 0.6
    assert mean(found, "baseline", "auc") >= mean(found, "baseline", "auc_offline")
    assert abs(mean(found, "defended", "auc") - 0.5) <= 0.02
    assert (found.outcome, found.judgement) == ("decrease", "confirmed")


def test_adversarial_training_raises_robust_accuracy_by_more_than_twenty_points(
    kb: KnowledgeBase, tmp_path: object
) -> None:
    found = measured(kb, tmp_path, "RD1", "R1", data="digits", seeds=2)
    assert found.effect.estimate < -0.2


def test_a_trigger_set_is_learned_and_proves_a_copy(kb: KnowledgeBase, tmp_path: object) -> None:
    found = measured(kb, tmp_path, "RD3", "R3", data="digits", seeds=2)
    assert all(min(each.readings.values()) > 0.9 for each in found.defended)
    assert mean(found, "baseline", "unproven_copies") == 1
    assert mean(found, "defended", "unproven_copies") == 0
    assert mean(found, "baseline", "fidelity") > 0.9


def test_the_fairness_penalty_lowers_the_equalised_odds_gap(
    kb: KnowledgeBase, tmp_path: object
) -> None:
    found = measured(kb, tmp_path, "FD1", "F", seeds=5)
    assert (found.outcome, found.judgement) == ("decrease", "confirmed")


@pytest.mark.parametrize("risk", ["R1", "R2"])
def test_a_placebo_changes_nothing(kb: KnowledgeBase, tmp_path: object, risk: str) -> None:
    found = measured(kb, tmp_path, "placebo", risk, "no_change", data="digits", seeds=4)
    # where the trigger works in all models of both arms, that is told
    assert found.outcome in ("no_change", "inconclusive", "nothing_to_move")


def test_measuring_leaves_the_global_random_state_alone(
    kb: KnowledgeBase, tmp_path: object
) -> None:
    before = torch.get_rng_state()
    settings = ["training.epochs=1"]
    measured(kb, tmp_path, "RD1", "R1", data="digits", seeds=2, model="cnn-s", settings=settings)
    assert torch.equal(before, torch.get_rng_state())
