"""Outlier removal, at each stage: what it takes out, by whose say, and what it leaves."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of, same, states, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.arms.splits import DataSplit, pool_of, split_data
from crosscurrent.validator.arms.trusted_records import trusted
from crosscurrent.validator.attacks.poisoning import Poisoning
from crosscurrent.validator.defenses import Defense
from crosscurrent.validator.defenses.outlier_removal import OutlierRemoval
from crosscurrent.validator.defenses.outlier_removal_post import OutlierRemovalAfterTraining
from crosscurrent.validator.defenses.outlier_removal_pre import (
    OutlierRemovalBeforeTraining,
    class_distances,
    shapley_values,
)
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.training.architectures import Architecture
from crosscurrent.validator.training.spec import TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import run


def poisoned(models: int = 3, seed: int = 0) -> DataSplit:
    data = data_of("synthetic", {"records": 300})
    return Poisoning().poison_data(split_data(data, pool_of(data, CPU), seed, models))


def test_who_is_trusted_is_trained_on_unpoisoned_and_of_every_class() -> None:
    split = poisoned()
    for share in (0.001, 0.2, 1.0):
        for mine, records in zip(trusted(split, share), split.training, strict=True):
            assert torch.isin(mine, records).all()
            assert torch.isin(mine, split.candidates).all()
            assert not torch.isin(mine, split.test).any()
            assert set(split.pool.y[mine].tolist()) == {0, 1}
    sound = sum(len(each) for each in trusted(split, 1.0))
    assert sound == sum(int(torch.isin(t, split.candidates).sum()) for t in split.training)


@pytest.mark.parametrize("score", ["distance", "shapley"])
def test_the_worst_share_is_left_out_and_no_trusted_record(score: str) -> None:
    split = poisoned()
    defense = OutlierRemovalBeforeTraining(share=0.3, score=score)
    after = defense.prepare(split)
    assert torch.equal(after.deployed, split.deployed)
    assert after.pool is split.pool
    for before, left, sound in zip(
        split.training, after.training, trusted(split, 0.2), strict=True
    ):
        assert len(left) == len(before) - round(0.3 * len(before))
        assert torch.isin(left, before).all()
        assert torch.isin(sound, left).all()
    again = defense.prepare(poisoned())
    assert all(map(torch.equal, after.training, again.training))


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 6), k=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_values_are_those_of_shapley(count: int, k: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    x, to = (torch.tensor(draw.normal(size=(n, 2))) for n in (count, 3))
    y, classes = (torch.tensor(draw.integers(2, size=n)) for n in (count, 3))

    def worth(chosen: tuple[int, ...]) -> float:
        rows = torch.tensor(chosen, dtype=torch.int64)
        near = torch.cdist(to, x[rows]).argsort(dim=1)[:, :k]
        return float((y[rows][near] == classes[:, None]).double().sum(1).mean()) / k

    exact = [0.0] * count
    for order in permutations(range(count)):
        for i, who in enumerate(order):
            exact[who] += worth(order[: i + 1]) - (worth(order[:i]) if i else 0.0)
    wanted = torch.tensor(exact, dtype=torch.float64) / factorial(count)
    assert torch.allclose(shapley_values(x, y, to, classes, k), wanted, atol=1e-12)


def test_distances_are_to_the_own_class() -> None:
    to = torch.tensor([[0.0], [1.0], [10.0]], dtype=torch.float64)
    x = torch.tensor([[0.0], [0.0], [0.0]], dtype=torch.float64)
    found = class_distances(x, torch.tensor([0, 1, 2]), to, torch.tensor([0, 0, 1]), 2)
    assert found.tolist() == [1.0, 10.0, torch.inf]


@pytest.mark.parametrize("kind", [OutlierRemoval, OutlierRemovalAfterTraining])
@pytest.mark.parametrize("model", ["mlp-s", "cnn-s"])
def test_what_is_released_depends_on_trained_models_alone(kind: type[Defense], model: str) -> None:
    data = data_of("digits")
    small = context(data, model, epochs=2)
    split = split_data(data, pool_of(data, CPU), 0, 3)
    members = [TrainingRun(i, rows) for i, rows in enumerate(split.training)]
    models = train(small.architecture, split.pool, members, small.schedule).models
    before = states(models)
    one, again = (kind().postprocess(models, split) for _ in range(2))
    assert all(map(same, states(one), states(again)))
    assert all(map(same, before, states(models)))
    assert not any(map(same, before, states(one)))


def test_pruned_units_stay_silent_and_most_that_can_go_are_gone() -> None:
    data = data_of("digits")
    small = context(data, epochs=5)
    split = split_data(data, pool_of(data, CPU), 0, 1)
    models = train(
        small.architecture, split.pool, [TrainingRun(0, split.training[0])], small.schedule
    ).models

    def silent(loss: float) -> int:
        left = OutlierRemovalAfterTraining(loss=loss).postprocess(models, split)
        weights = [v[0] for k, v in left.parameters.items() if k.endswith("weight")][:-1]
        return sum(int((each.flatten(1) == 0).all(1).sum()) for each in weights)

    assert 0 < silent(0.1) <= silent(0.5) <= silent(1.0)


@pytest.mark.parametrize("kind", [OutlierRemoval, OutlierRemovalAfterTraining])
def test_a_model_without_a_last_linear_layer_is_refused(kind: type[Defense]) -> None:
    odd = Architecture("odd", (7,), 2, lambda: nn.Sequential(nn.Linear(7, 2), nn.LayerNorm(2)))
    single = Architecture("single", (7,), 2, lambda: nn.Linear(7, 2))
    for each in (odd, single):
        with pytest.raises(InputError, match=f"{each.name} is not built so"):
            kind().check_model(each)
    kind().check_model(context(tiny()).architecture)


@pytest.mark.parametrize("stage", ["pre", "in", "post"])
def test_a_backdoor_loses_its_hold(kb: KnowledgeBase, stage: str) -> None:
    planned = experiment(kb, f"outlier_removal@{stage}", "poisoning", seeds=5)
    results = run(planned.context, planned.trials())
    found = judge(planned, "decrease", results[::2], results[1::2])
    assert found.effectiveness is not None
    assert found.effectiveness.met
    assert found.kept > 0.5
