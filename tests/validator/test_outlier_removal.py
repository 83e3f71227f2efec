"""Outlier removal: what it keeps and cuts, at which stage, and whether the backdoor is gone."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import KnowledgeBase
from knowledge.errors import InputError, UnknownName
from validator.defenses import defenses
from validator.defenses.outlier_removal_pre import class_distances, shapley_values
from validator.experiments import experiment
from validator.scenes import pool_of, scene
from validator.trials import run
from validator.trusted import trusted

SEEDS = 3


def _value(near: list[int], right: list[bool], k: int) -> float:
    return sum(right[i] for i in near[:k]) / k


@given(
    places=st.lists(st.integers(-50, 50), min_size=2, max_size=5, unique=True),
    labels=st.lists(st.integers(0, 1), min_size=5, max_size=5),
    k=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_shapley_values_are_the_mean_of_what_a_record_adds_over_all_orders(
    places: list[int], labels: list[int], k: int
) -> None:
    x = torch.tensor(places, dtype=torch.float64)[:, None] + 0.25
    y = torch.tensor(labels[: len(places)])
    to, classes = torch.tensor([[0.0]], dtype=torch.float64), torch.tensor([1])
    away = x[:, 0].abs().tolist()
    right = (y == 1).tolist()
    wanted = [0.0] * len(places)
    orders = list(permutations(range(len(places))))
    for order in orders:
        had: list[int] = []
        for each in order:
            before = _value(sorted(had, key=away.__getitem__), right, k)
            had.append(each)
            after = _value(sorted(had, key=away.__getitem__), right, k)
            wanted[each] += (after - before) / len(orders)
    assert shapley_values(x, y, to, classes, k).tolist() == pytest.approx(wanted, abs=1e-12)


def test_distances_are_to_the_own_class_only() -> None:
    x, y = torch.tensor([[0.0], [0.0], [5.0]]), torch.tensor([0, 1, 2])
    to, classes = torch.tensor([[1.0], [3.0], [10.0]]), torch.tensor([0, 0, 1])
    assert class_distances(x, y, to, classes, 1).tolist() == [1.0, 10.0, torch.inf]
    assert class_distances(x, y, to, classes, 2).tolist() == [3.0, 10.0, torch.inf]


def test_what_is_trusted_is_sound_of_every_class_and_the_models_own(kb: KnowledgeBase) -> None:
    planned = experiment(kb, "RD2", "R2", seeds=2)
    data = planned.bench.data
    plain = scene(data, pool_of(data, torch.device("cpu")), 0, 5)
    spoilt = planned.attack.corrupt(plain)
    sound = trusted(spoilt, 0.2)
    for own, before, records in zip(sound, plain.training, spoilt.training, strict=True):
        assert torch.isin(own, records).all()
        assert torch.isin(own, before).all()  # nothing that the adversary put there
        assert set(spoilt.pool.y[own].tolist()) == set(range(data.classes))
    assert (
        trusted(scene(data, plain.pool, 0, 1), 0.2)[0].tolist() == trusted(plain, 0.2)[0].tolist()
    )


@pytest.mark.parametrize("name", ["outlier_removal", "RD2@pre"])
def test_a_backdoor_is_gone(name: str, kb: KnowledgeBase) -> None:
    planned = experiment(kb, name, "poisoning", seeds=SEEDS)
    found = run(planned.bench, planned.trials())
    success = [each.metrics["poisoning"]["attack_success_rate"] for each in found]
    fall = sum(success[0::2]) - sum(success[1::2])
    assert fall / SEEDS > 0.2
    lost = sum(b.accuracy - d.accuracy for b, d in zip(found[0::2], found[1::2], strict=True))
    assert lost / SEEDS < 0.12


def test_a_stage_is_a_defense_of_its_own_and_a_wrong_one_is_told(kb: KnowledgeBase) -> None:
    assert {"outlier_removal", "outlier_removal@pre", "outlier_removal@post"} <= defenses().keys()
    named = {
        asked: experiment(kb, asked, "R2", seeds=2).defense.name()
        for asked in ("RD2", "RD2@in", "outlier_removal@POST", "RD2@pre")
    }
    assert named == {
        "RD2": "outlier_removal",
        "RD2@in": "outlier_removal",
        "outlier_removal@POST": "outlier_removal@post",
        "RD2@pre": "outlier_removal@pre",
    }
    with pytest.raises((InputError, UnknownName), match="outlier_removal"):
        experiment(kb, "RD2@late", "R2", seeds=2)
    with pytest.raises((InputError, UnknownName), match="adversarial_training"):
        experiment(kb, "RD1@post", "R2", seeds=2)


def test_pruning_takes_units_away_and_keeps_most_of_the_accuracy(kb: KnowledgeBase) -> None:
    planned = experiment(kb, "RD2@post", "R2", seeds=2, settings=["defense.epochs=1"])
    before, after = run(planned.bench, planned.trials()[:2])
    assert after.factors["model_capacity"] != before.factors["model_capacity"]
    assert before.accuracy - after.accuracy < 0.15
