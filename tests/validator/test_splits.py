"""Splits are disjoint, fair and repeatable; the arms of a pair differ by the defense alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscurrent.validator.arms.splits import TEST_SHARE, DataSplit, pool_of, split_data
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.attacks.poisoning import Poisoning
from crosscurrent.validator.attacks.unauthorized_model_ownership import UnauthorizedModelOwnership
from crosscurrent.validator.defenses import Defense
from crosscurrent.validator.defenses.adversarial_training import AdversarialTraining
from crosscurrent.validator.defenses.placebo import Placebo
from crosscurrent.validator.defenses.watermarking import Watermarking
from crosscurrent.validator.training.spec import TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Trial, run

NAMES = ["tiny", "digits", "diabetes", "breast_cancer"]


def _scene(name: str, seed: int, models: int) -> tuple[Any, DataSplit]:
    data = tiny() if name == "tiny" else data_of(name)
    return data, split_data(data, pool_of(data, CPU), seed, models)


@settings(max_examples=25)
@given(st.sampled_from(NAMES), st.integers(0, 1000), st.sampled_from([1, 5, 9, 17]))
def test_splits_are_disjoint_stratified_and_halved(name: str, seed: int, models: int) -> None:
    data, split = _scene(name, seed, models)
    assert not torch.isin(split.test, split.candidates).any()
    together = torch.cat([split.test, split.candidates]).sort().values
    assert torch.equal(together, torch.arange(data.records))
    for label in range(data.classes):
        held = int((split.pool.y[split.test] == label).sum())
        assert abs(held - TEST_SHARE * int((data.y == label).sum())) <= 0.5 + 1e-9
    assert len(split.training) == models
    assert len(split.training[0]) == len(split.candidates) // 2
    for training in split.training:
        assert len(training.unique()) == len(training)
        assert bool(torch.isin(training, split.candidates).all())
    if models > 1:
        shadows = torch.cat(split.training[1:])
        times = torch.bincount(shadows, minlength=data.records)[split.candidates]
        assert bool((times == (models - 1) // 2).all())


def test_a_split_depends_on_its_seed_alone() -> None:
    (_, one), (_, again), (_, other) = (_scene("tiny", seed, 5) for seed in (0, 0, 1))
    (_, more) = _scene("tiny", 0, 9)
    assert torch.equal(one.test, again.test)
    assert all(map(torch.equal, one.training, again.training))
    assert torch.equal(one.training[0], more.training[0])
    assert not torch.equal(one.test, other.test)
    assert (
        one.generator("a").random() == again.generator("a").random() != one.generator("b").random()
    )


@pytest.mark.parametrize("shadows", [4, 64])
def test_who_is_in_a_shadow_model_says_nothing_about_who_is_in_another(shadows: int) -> None:
    """As for coins that show heads exactly half of the times: a correlation of −1 / (n − 1)."""
    data, split = _scene("digits", 0, 1 + shadows)
    inside = torch.stack([torch.isin(split.candidates, each) for each in split.training])
    likeness = np.corrcoef(inside.numpy())
    expected = np.full_like(likeness, -1 / (shadows - 1))
    expected[0] = expected[:, 0] = 0
    np.fill_diagonal(expected, 1)
    assert np.abs(likeness - expected).max() < 5 / np.sqrt(data.records * 0.7)


def test_adding_records_trains_all_on_them_and_leaves_test_records_alone() -> None:
    data, split = _scene("tiny", 0, 3)
    x, y, z = split.pool.x[:5] + 1, split.pool.y[:5], split.pool.z[:5]
    more = split.adding(x, y, z, kept_x=x)
    assert torch.equal(more.pool.x[data.records :], x)
    assert torch.equal(more.pool.x[: data.records], split.pool.x)
    assert torch.equal(more.test, split.test)
    assert torch.equal(more.unused, split.unused)
    assert torch.equal(more.kept["kept_x"], x)
    for before, after in zip(split.training, more.training, strict=True):
        assert torch.equal(after, torch.cat([before, torch.arange(data.records, data.records + 5)]))
    assert not split.kept


@settings(max_examples=20)
@given(st.data())
def test_replacing_records_changes_them_wherever_used_but_for_testing(data: st.DataObject) -> None:
    given_, split = _scene("tiny", 0, 3)
    chosen = data.draw(
        st.lists(st.sampled_from(split.candidates.tolist()), unique=True, max_size=9)
    )
    old = torch.tensor(chosen, dtype=torch.int64)
    changed = split.pool.x[old] + 1
    after = split.replacing(old, changed, 1 - split.pool.y[old], split.pool.z[old])
    assert torch.equal(after.test, split.test)
    assert torch.equal(after.pool.x[after.test], split.pool.x[split.test])
    for was, now in zip(split.training, after.training, strict=True):
        assert len(was) == len(now)
        touched = torch.isin(was, old)
        assert torch.equal(now[~touched], was[~touched])
        assert torch.equal(after.pool.x[now[touched]], split.pool.x[was[touched]] + 1)
        assert torch.equal(after.pool.y[now[touched]], 1 - split.pool.y[was[touched]])
    assert given_.records + len(chosen) == len(after.pool.x)


@dataclass(frozen=True)
class Nothing(Defense):
    """Overrides no hook."""

    id: ClassVar[str] = "nothing"


@pytest.mark.parametrize(
    "attack",
    [
        MembershipInference(shadows=4),
        Poisoning(share=0.3),
        UnauthorizedModelOwnership(queries=60, epochs=1),
        Evasion(steps=2),
    ],
    ids=lambda attack: attack.risk,
)
def test_a_defense_that_does_nothing_measures_as_the_baseline_to_the_last_bit(
    attack: Attack,
) -> None:
    small = context(tiny(), epochs=2, batch_size=16)
    pairs = [Trial(arm, (attack,), seed) for seed in (0, 1) for arm in (None, Nothing())]
    results = run(small, pairs)
    for baseline, defended in zip(results[0::2], results[1::2], strict=True):
        assert baseline.metrics == defended.metrics
        assert baseline.accuracy == defended.accuracy
        assert baseline.train_accuracy == defended.train_accuracy
    assert results[0].metrics != results[2].metrics


def _members(
    monkeypatch: pytest.MonkeyPatch, attack: Attack, arms: Sequence[Defense | None]
) -> list[list[TrainingRun]]:
    """Return what each arm asks the trainer for first."""
    seen: list[list[TrainingRun]] = []

    def watched(architecture: Any, pool: Any, members: Any, *rest: Any, **more: Any) -> Any:
        seen.append(list(members))
        return train(architecture, pool, members, *rest, **more)

    monkeypatch.setattr("crosscurrent.validator.trials.trial.train", watched)
    run(context(tiny(), epochs=1), [Trial(arm, (attack,), 3) for arm in arms])
    share = len(seen[0]) // len(arms)
    return [seen[0][i * share : (i + 1) * share] for i in range(len(arms))]


def test_the_arms_of_a_pair_share_split_initialisation_and_batch_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A member's seed decides its initialisation and batch order; `test_training` shows that."""
    attack = MembershipInference(shadows=4)
    baseline, defended = _members(monkeypatch, attack, [None, AdversarialTraining(steps=1)])
    assert len(baseline) == 5
    assert len({each.seed for each in baseline}) == 5
    for one, other in zip(baseline, defended, strict=True):
        assert one.seed == other.seed
        assert torch.equal(one.records, other.records)
        assert one.method != other.method


def test_a_placebo_shares_the_split_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    baseline, placebo = _members(monkeypatch, Evasion(steps=1), [None, Placebo()])
    for one, other in zip(baseline, placebo, strict=True):
        assert one.seed != other.seed
        assert torch.equal(one.records, other.records)
        assert one.method == other.method


def test_records_that_a_defense_adds_come_beside_the_same_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arms = [Watermarking(triggers=10, repeats=1), None, Watermarking(triggers=11, repeats=2)]
    first, baseline, second = _members(monkeypatch, Evasion(steps=1), arms)
    count = tiny().records
    own = baseline[0].records
    assert torch.equal(first[0].records[: len(own)], own)
    assert torch.equal(second[0].records[: len(own)], own)
    assert first[0].records[len(own) :].tolist() == list(range(count, count + 10))
    assert second[0].records[len(own) :].tolist() == list(range(count + 10, count + 32))


def test_the_recipe_of_a_poisoned_pair_poisons_the_same_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    baseline, defended = _members(monkeypatch, Poisoning(), [None, Nothing()])
    count = tiny().records
    poisoned = baseline[0].records >= count
    assert int(poisoned.sum()) > 0
    assert torch.equal(poisoned, defended[0].records >= count)
    assert torch.equal(baseline[0].records[~poisoned], defended[0].records[~poisoned])
