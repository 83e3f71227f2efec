"""Group fairness before and after training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.arms.splits import DataSplit, TargetModel, pool_of, split_data
from crosscurrent.validator.attacks.discriminatory_behavior import DiscriminatoryBehavior
from crosscurrent.validator.defenses.group_fairness import GroupFairness
from crosscurrent.validator.defenses.group_fairness_post import GroupFairnessAfterTraining
from crosscurrent.validator.defenses.group_fairness_pre import (
    GroupFairnessBeforeTraining,
    reweighed,
)
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.training.randomness import record_draws
from crosscurrent.validator.training.spec import TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.effectiveness import guarded
from crosscurrent.validator.trials.trial import run


def split(models: int = 1) -> DataSplit:
    data = data_of("synthetic")
    return split_data(data, pool_of(data, CPU), 0, models)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), groups=st.integers(1, 4), count=st.integers(40, 200))
def test_reweighed_as_published_class_and_group_are_independent(
    seed: int, groups: int, count: int
) -> None:
    draw = np.random.default_rng(seed)
    y, group = draw.integers(2, size=count), draw.integers(groups, size=count)
    rows = reweighed(y, group, 1.0, draw)
    for a in np.unique(group):
        for c in np.unique(y):
            if ((group == a) & (y == c)).any():
                expected = (group == a).sum() * (y == c).sum() / count
                got = int(((group[rows] == a) & (y[rows] == c)).sum())
                assert abs(got - expected) <= 1 + 0.05 * count
    assert reweighed(y, group, 0.0, draw).tolist() == list(range(count))


def test_a_record_is_drawn_as_often_as_any_other_of_its_group_and_class() -> None:
    before = split(3)
    after = GroupFairnessBeforeTraining(strength=1.0).prepare(before)
    pool = before.pool
    for old, new in zip(before.training, after.training, strict=True):
        assert torch.isin(new, old).all()
        assert abs(len(old) - len(new)) <= 2
        for cell in range(4):
            mine = old[pool.z[old, 0] * 2 + pool.y[old] == cell]
            counts = (new[None] == mine[:, None]).sum(1)
            assert int(counts.max() - counts.min()) <= 1


def target() -> TargetModel:
    data = data_of("synthetic")
    small, defense = context(data, epochs=5), GroupFairnessAfterTraining()
    ready = defense.prepare(split(3))
    members = [TrainingRun(i, rows) for i, rows in enumerate(ready.training)]
    models = train(small.architecture, ready.pool, members, small.schedule).models
    return TargetModel(ready, models, defense)


def test_thresholds_are_fitted_on_records_that_the_model_was_given_and_not_trained_on() -> None:
    before, ready = split(3), GroupFairnessAfterTraining().prepare(split(3))
    for i, (old, new) in enumerate(zip(before.training, ready.training, strict=True)):
        held = ready.kept[f"fairness_held_out_{i}"]
        assert torch.equal(torch.cat([new, held]).sort().values, old.sort().values)
        assert len(held) == pytest.approx(0.4 * len(old), abs=3)


def test_a_decision_depends_on_the_record_alone() -> None:
    mine = target()
    pool = mine.split.pool
    x, z = pool.x[mine.split.test], pool.z[mine.split.test]
    for group in (z, None):
        together = mine.first(1).observed(x, group)[0]
        assert set(together.unique().tolist()) == {0.0, 1.0}
        assert (together.sum(1) == 1).all()
        back = torch.arange(len(x)).flip(0)
        alone = mine.first(1).observed(x[back], None if group is None else group[back])[0]
        assert torch.equal(alone.flip(0), together)
    assert torch.equal(mine.observed(x, z)[0], mine.first(1).observed(x, z)[0])


def test_a_group_that_has_one_class_only_gets_the_common_threshold() -> None:
    mine = target()
    odd = torch.full_like(mine.split.pool.z[:50], 7)
    x = mine.split.pool.x[:50]
    plain = mine.deployed.logits(x)[0].argmax(-1)
    assert torch.equal(mine.predictions(x, odd), plain)


def test_draws_of_records_are_uniform_and_tell_keys_apart() -> None:
    x = torch.rand((2000, 3), generator=torch.Generator().manual_seed(0))
    one, other = record_draws(x, 1, "a"), record_draws(x, 2, "a")
    assert torch.equal(one, record_draws(x, 1, "a"))
    assert torch.equal(one[5:6], record_draws(x[5:6], 1, "a"))
    for draws in (one, other):
        assert 0 <= float(draws.min()) < 0.01 < 0.99 < float(draws.max()) < 1
        assert float(draws.mean()) == pytest.approx(0.5, abs=0.03)
    assert abs(float(torch.corrcoef(torch.stack([one, other]))[0, 1])) < 0.1


@pytest.mark.parametrize("stage", ["pre", "post"])
def test_the_gap_between_groups_shrinks(kb: KnowledgeBase, stage: str) -> None:
    planned = experiment(kb, f"group_fairness@{stage}", "discriminatory_behavior", seeds=5)
    results = run(planned.context, planned.trials())
    found = judge(planned, "decrease", results[::2], results[1::2])
    assert found.effectiveness is not None
    assert found.effectiveness.met


def test_a_fairness_defense_is_effective_by_the_gap_that_it_is_made_to_lower() -> None:
    guard = DiscriminatoryBehavior()
    by = {
        arm: guarded(arm, guard).id
        for arm in (
            GroupFairness(),
            GroupFairness(parity="equalized_odds"),
            GroupFairnessBeforeTraining(),
            GroupFairnessAfterTraining(),
        )
    }
    parity, odds = "demographic_parity_difference", "equalized_odds_difference"
    assert list(by.values()) == [parity, odds, parity, odds]
