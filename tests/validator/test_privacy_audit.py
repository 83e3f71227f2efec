"""Audit of privacy: what guesses about trained models show of ε, beside what is accounted for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from contexts import context, data_of
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.api.text.measured.verdict import _privacy, facts
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.attacks._paired_guesses import paired_guesses
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.data import Dataset
from crosscurrent.validator.defenses.differential_privacy import DifferentialPrivacy
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.privacy import audited
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.statistics.privacy_audit import (
    LEVEL,
    epsilon_lower_bound,
    most_pairs,
)
from crosscurrent.validator.training.spec import Privacy, Schedule, TrainingHooks
from crosscurrent.validator.trials.trial import run

TELLING = {"records": 300, "attributes": 500}
"""Data whose records share little, so that a model gives away each of them by itself."""


@dataclass(frozen=True)
class WronglyNoised(DifferentialPrivacy):
    """Adds a share of the noise that it accounts for."""

    share: ClassVar[float] = 0.1

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return clipping, and less noise than the budget takes."""
        right = super().method(schedule, data).privacy
        assert right is not None
        return TrainingHooks(privacy=Privacy(right.clip, self.share * right.noise_multiplier))


def telling(defense: DifferentialPrivacy, seeds: int) -> Experiment:
    small = context(
        data_of("synthetic", TELLING), "mlp-s", epochs=10, batch_size=1000, optimizer="sgd",
        learning_rate=1.0, sampling="poisson",
    )  # fmt: skip
    return Experiment((small,), defense, MembershipInference(), None, tuple(range(seeds)))


@pytest.mark.parametrize(("kind", "found"), [(WronglyNoised, True), (DifferentialPrivacy, False)])
def test_a_tenth_of_the_noise_is_found_and_the_right_noise_is_not(
    kind: type[DifferentialPrivacy], found: bool
) -> None:
    """The lower bound is above the ε that is accounted for only where that is wrong."""
    planned = telling(kind(epsilon=1.0), 8)
    trials = planned.trials()[1::2]
    results = run(planned.context, trials)
    audit = audited(planned, results, results)
    assert audit is not None
    assert audit["accounted"] == pytest.approx(1.0, abs=0.02)
    assert (audit["lower_bound"] > audit["accounted"]) is found
    assert ("look for a fault" in _privacy(audit)) is found


@given(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1e-4))
def test_a_bound_grows_with_right_guesses_and_not_with_delta(
    guesses: int, share: float, delta: float
) -> None:
    right, pairs = int(share * guesses), most_pairs(guesses)
    bound = epsilon_lower_bound(right, guesses, pairs, delta)
    assert 0 <= bound <= epsilon_lower_bound(min(guesses, right + 1), guesses, pairs, delta) + 1e-9
    assert bound <= epsilon_lower_bound(right, guesses, pairs, 0.0) + 1e-9


def test_without_delta_the_bound_is_that_of_clopper_and_pearson() -> None:
    """Half the log odds of the lower end of the one-sided interval of right guesses."""
    from scipy.stats import beta

    low = beta.ppf(1 - LEVEL, 90, 11)
    assert epsilon_lower_bound(90, 100, 500, 0.0) == pytest.approx(np.log(low / (1 - low)) / 2)


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0])
def test_the_bound_is_seldom_above_the_epsilon_of_randomized_response(epsilon: float) -> None:
    """Each guess is right as often as privacy allows: the bound is above in at most 5 % of runs."""
    draw = np.random.default_rng(3)
    right = draw.binomial(200, 1 / (1 + np.exp(-2 * epsilon)), size=600)
    above = [epsilon_lower_bound(int(each), 200, 1000, 1e-7) > epsilon for each in right]
    assert np.mean(above) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 600)


@pytest.mark.parametrize("counts", [(2, 1, 10), (-1, 1, 10), (1, 5, 4)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="guesses about"):
        epsilon_lower_bound(*counts, 0.0)


def test_guesses_of_who_knows_nothing_are_right_half_the_time() -> None:
    """Whatever scores and shadow models are made of: the coins are fair."""
    draw = np.random.default_rng(0)
    seen, inside = draw.normal(size=(16, 400)), draw.random((16, 400)) < 0.5
    score = draw.normal(size=400)
    rights = []
    for _ in range(200):
        member = np.zeros(400, dtype=bool)
        member[draw.permutation(400)[:200]] = True
        rights.append(paired_guesses(score, member, seen, inside).mean())
    assert np.mean(rights) == pytest.approx(0.5, abs=0.04)


def test_who_knows_all_is_always_right_and_who_cannot_tell_never() -> None:
    draw = np.random.default_rng(1)
    seen, inside = draw.normal(size=(4, 100)), draw.random((4, 100)) < 0.5
    member = draw.random(100) < 0.5
    assert paired_guesses(member.astype(float), member, seen, inside).all()
    assert not paired_guesses(np.zeros(100), member, seen, inside).any()
    assert not paired_guesses(np.zeros(1), member[:1], seen[:, :1], inside[:, :1]).size


def test_a_document_has_the_bound_beside_the_budget(kb: KnowledgeBase) -> None:
    planned = experiment(
        kb, "PD1", "P1", model="mlp-s", seeds=2,
        settings=["data.records=200", "training.epochs=2", "attack.shadows=4",
                  "defense.epochs=3", "defense.batch_size=30", "defense.learning_rate=0.01"],
    )  # fmt: skip
    results = run(planned.context, planned.trials())
    verdict = judge(planned, "decrease", results[0::2], results[1::2])
    document = json.loads(json.dumps(verdict.document()))
    found = document["privacy"]
    assert found["accounted"] == pytest.approx(1.0, abs=0.02)
    assert found["delta"] == 1 / document["scale"]["training_records"] ** 2
    assert 0 <= found["lower_bound"] <= found["accounted"]
    assert found["right"] <= found["guesses"]
    told = dict(row for row in facts(verdict.document()))
    assert told["privacy"].startswith("ε ")
    assert results[0].run != results[1].run  # another schedule: times do not compare


@pytest.mark.parametrize(("defense", "risk"), [("RD1", "P1"), ("PD1", "P3")])
def test_without_a_budget_or_an_audit_nothing_is_said(
    defense: str, risk: str, kb: KnowledgeBase
) -> None:
    planned = experiment(kb, defense, risk, seeds=2)
    assert audited(planned, [], []) is None
    apart = experiment(kb, "PD1", "P1", seeds=2, settings=["attack.own_records=true"])
    assert audited(apart, [], []) is None


def test_only_private_models_learn_by_the_settings_of_private_training(kb: KnowledgeBase) -> None:
    """The accounting is about the batches and updates that there are."""
    set_ = ["defense.epochs=7", "defense.batch_size=100", "defense.learning_rate=0.02"]
    planned = experiment(kb, "PD1", "P1", seeds=2, settings=set_)
    baseline, defended = (planned.context.schedule_of(each) for each in planned.trials()[:2])
    assert (baseline.epochs, baseline.batch_size, baseline.learning_rate) == (20, 64, 0.003)
    assert (defended.epochs, defended.batch_size, defended.learning_rate) == (7, 100, 0.02)
    plain = experiment(kb, "PD1", "P1", seeds=2)
    assert plain.context.schedule_of(plain.trials()[1]) == plain.context.schedule
    noise = planned.context.method(planned.trials()[1]).privacy
    assert noise is not None
    assert noise.noise_multiplier == DifferentialPrivacy().noise_multiplier(defended)
    assert planned.work(planned.trials()) < plain.work(plain.trials())
