"""Attacks get what they may and no more, and metrics say what they are called."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contexts import CPU, LAB, context, data_of, random_pool, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.arms.membership_ratios import likelihood_ratios, relative_ratios
from crosscurrent.validator.arms.metrics import auc, tpr_at_fpr
from crosscurrent.validator.arms.splits import DataSplit, TargetModel, pool_of, split_data
from crosscurrent.validator.attacks import AttackerResources
from crosscurrent.validator.attacks._membership_scores import confidences
from crosscurrent.validator.attacks.discriminatory_behavior import DiscriminatoryBehavior
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.attacks.poisoning import TARGET, Poisoning
from crosscurrent.validator.attacks.unauthorized_model_ownership import UnauthorizedModelOwnership
from crosscurrent.validator.data import Dataset
from crosscurrent.validator.defenses import Defense
from crosscurrent.validator.defenses.explanations import Explanations
from crosscurrent.validator.defenses.outlier_removal_pre import OutlierRemovalBeforeTraining
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.pgd import pgd_attack, step_size
from crosscurrent.validator.training.spec import Pool, Schedule, TrainingRun
from crosscurrent.validator.training.trainer import Trained, train
from crosscurrent.validator.trials.trial import Trial, run


def judged(attack: Any, got: Mapping[str, Any]) -> dict[str, float]:
    return {metric.id: metric.judge(got) for metric in attack.metrics}


def victim_of(data: Dataset, models: int = 1, seed: int = 0) -> TargetModel:
    """Return models that were initialised and never trained."""
    split = split_data(data, pool_of(data, CPU), seed, models)
    found = architecture("mlp-s", data.shape, data.classes)
    return TargetModel(split, Ensemble.fresh(found, range(models), CPU), None)


unit = st.floats(0, 1, width=32)


@settings(max_examples=60)
@given(
    x=arrays.arrays(np.float32, (2, 3, 4), elements=unit),
    start=arrays.arrays(
        np.float32, (2, 3, 4), elements=st.floats(0, 1, width=32, exclude_max=True)
    ),
    slope=arrays.arrays(np.float32, (2, 3, 4), elements=st.floats(-1, 1, width=32)),
    epsilon=st.floats(1e-6, 3),
    steps=st.integers(1, 12),
    span=st.floats(0.1, 100),
)
def test_moved_records_stay_in_the_ball_and_in_the_box(
    x: Any, start: Any, slope: Any, epsilon: float, steps: int, span: float
) -> None:
    low, high = torch.full((4,), -span), torch.full((4,), span)
    here = low + torch.tensor(x) * (high - low)
    here = torch.clamp(here, low, high)
    moved = pgd_attack(
        lambda _: torch.tensor(slope),
        here,
        (low, high),
        torch.tensor(start),
        epsilon=epsilon,
        steps=steps,
    )
    assert bool(((low <= moved) & (moved <= high)).all())
    assert float((moved - here).abs().max()) <= epsilon + 1e-6 * span


@given(st.floats(1e-6, 10), st.integers(3, 200))
def test_steps_reach_every_point_of_the_ball_from_every_other(epsilon: float, steps: int) -> None:
    assert step_size(epsilon, steps) * steps >= 2 * epsilon


def test_a_linear_loss_is_raised_to_the_corner_of_the_ball() -> None:
    x = torch.full((1, 1, 3), 0.5)
    slope = torch.tensor([1.0, -2.0, 0.5])
    box = torch.zeros(3), torch.tensor([1.0, 1.0, 0.55])
    moved = pgd_attack(lambda _: slope[None, None], x, box, x, epsilon=0.1, steps=5)
    assert torch.allclose(moved, torch.tensor([0.6, 0.4, 0.55]))


def test_more_restarts_never_find_less() -> None:
    data = data_of("digits")
    target = victim_of(data)
    (few,), (many,) = (Evasion(0.05, 3, n).mount([target], LAB) for n in (1, 3))
    assert np.array_equal(few["attacked"], many["attacked"][:1])
    few_, many_ = judged(Evasion, few), judged(Evasion, many)
    assert many_["robust_accuracy"] <= few_["robust_accuracy"]
    assert many_["attack_success_rate"] >= few_["attack_success_rate"]


@cache
def _learned() -> tuple[DataSplit, Ensemble]:
    """Return a model of digits that has learned them, and what it learned from."""
    target = victim_of(data_of("digits"))
    split, found = target.split, target.models.architecture
    schedule = Schedule(len(split.training[0]), epochs=10)
    return split, train(found, split.pool, [TrainingRun(1, split.training[0])], schedule).models


def test_the_scale_of_the_logits_which_changes_no_prediction_hardly_changes_robustness() -> None:
    split, models = _learned()
    last = list(models.parameters)[-2:]
    robust = []
    for scale in (0.05, 1.0, 16.0):
        scaled = {k: v * scale if k in last else v for k, v in models.parameters.items()}
        of = dataclasses.replace(models, parameters=scaled)
        (got,) = Evasion().mount([TargetModel(split, of, None)], LAB)
        robust.append(judged(Evasion, got)["robust_accuracy"])
    assert max(robust) - min(robust) < 0.03


def test_where_softmax_saturates_evasion_is_blind_but_for_the_margin() -> None:
    split, models = _learned()
    last = list(models.parameters)[-2:]
    sure = {k: v * 1e6 if k in last else v for k, v in models.parameters.items()}
    saturated = dataclasses.replace(models, parameters=sure)
    blind = {}
    for restarts in (1, 2):
        (got,) = Evasion(restarts=restarts, steps=1).mount(
            [TargetModel(split, saturated, None)], LAB
        )
        blind[restarts] = judged(Evasion, got)["zero_gradients"]
    assert blind[1] > 0.5
    assert blind[2] == 0


def test_evasion_counts_the_worst_restart() -> None:
    got = {
        "y": np.array([0, 1, 1, 0]),
        "clean": np.array([0, 1, 0, 0]),
        "attacked": np.array([[0, 1, 0, 0], [1, 1, 1, 0]]),
        "blind": np.array([False, False, True, False]),
    }
    assert judged(Evasion, got) == {
        "robust_accuracy": 0.5,
        "attack_success_rate": 1 / 3,
        "zero_gradients": 0.25,
    }
    got["clean"] = 1 - got["y"]
    assert judged(Evasion, got)["attack_success_rate"] == 0


@given(arrays.arrays(np.float32, (2, 5, 4), elements=st.floats(-8, 8, width=32)))
def test_confidences_are_log_odds_of_the_true_class(logits: Any) -> None:
    y = torch.tensor([0, 1, 2, 3, 0])
    p = torch.tensor(logits).double().softmax(-1)[:, torch.arange(5), y].numpy()
    np.testing.assert_allclose(
        confidences(torch.tensor(logits), y).numpy(), np.log(p / (1 - p)), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_confidences_of_saturated_models_are_finite_and_in_order(size: float) -> None:
    logits = torch.tensor([[[size, 0.0], [size / 2, 0.0], [0.0, 0.0], [0.0, size]]])
    found = confidences(logits, torch.zeros(4, dtype=torch.int64)).numpy()[0]
    assert np.isfinite(found).all()
    assert found.tolist() == sorted(found, reverse=True)
    assert found[0] == pytest.approx(-found[3]) == pytest.approx(size)


def test_scores_by_hand_have_the_rates_that_one_counts() -> None:
    """Two of five members score above all non-members; one more above all but the best."""
    member = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0], bool)
    scores = np.array([9, 8, 6, 3, 1, 7, 5, 4, 2])
    assert tpr_at_fpr(scores, member, 0.0) == pytest.approx(0.4)
    assert tpr_at_fpr(scores, member, 0.24) == pytest.approx(0.4)
    assert tpr_at_fpr(scores, member, 0.25) == pytest.approx(0.6)
    assert tpr_at_fpr(scores, member, 1.0) == 1.0
    assert auc(scores, member) == pytest.approx((4 + 4 + 3 + 1 + 0) / 20)
    assert auc(scores, ~member) == pytest.approx(1 - 12 / 20)
    assert tpr_at_fpr(np.zeros(9), member, 0.01) == 0.0
    # three ties of a member and a non-member: the curve is a straight line
    assert tpr_at_fpr(np.array([3, 3, 2, 2, 1, 1]), np.arange(6) % 2 == 0, 0.4) == 1 / 3


def test_members_are_exactly_what_each_model_was_trained_on() -> None:
    target = victim_of(tiny(), models=5)
    (got,) = MembershipInference(shadows=4).mount([target], LAB)
    candidates = target.split.candidates
    assert (
        got["member"].shape == got["online"].shape == got["offline"].shape == (5, len(candidates))
    )
    for inside, training in zip(got["member"], target.split.training, strict=True):
        members, others = candidates[inside], candidates[~inside]
        assert torch.equal(members, training.sort().values)
        assert not torch.isin(others, training).any()
    assert not torch.isin(target.split.test, candidates).any()


def test_records_that_no_model_or_every_model_was_trained_on_are_not_judged() -> None:
    """Scored all alike, they raised the AUC by 0.02 where a defense leaves out a tenth of all."""
    target = victim_of(tiny(), models=5)
    split = target.split
    every = split.candidates[10:12]
    changed = tuple(
        torch.cat([each[~torch.isin(each, split.candidates[:12])], every])
        for each in split.training
    )
    without = dataclasses.replace(target, split=dataclasses.replace(split, training=changed))
    before, after = (
        MembershipInference(shadows=4).mount([each], LAB)[0] for each in (target, without)
    )
    assert after["online"].shape == (5, len(split.candidates) - 12)
    assert np.array_equal(after["member"], before["member"][:, 12:])


def test_an_odd_number_of_shadow_models_is_refused() -> None:
    with pytest.raises(InputError, match=r"attack\.shadows=5: should be even"):
        MembershipInference(shadows=5).check(tiny())


def test_group_gaps_by_hand() -> None:
    """Of group 0, 2 of 2 and 1 of 2 get the good outcome; of group 1, 1 of 2 and 0 of 2."""
    got = {
        "y": np.array([1, 1, 0, 0, 1, 1, 0, 0]),
        "predicted": np.array([1, 1, 1, 0, 1, 0, 0, 0]),
        "group": np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        "by_class": np.ones(8, bool),
        "by_group": np.ones(8, bool),
    }
    assert judged(DiscriminatoryBehavior, got) == pytest.approx(
        {
            "equalized_odds_difference": 0.5,
            "demographic_parity_difference": 0.5,
            "worst_group_accuracy": 0.75,
        }
    )
    blind = {**got, "predicted": np.ones(8, int), "group": got["group"]}
    assert judged(DiscriminatoryBehavior, blind)["equalized_odds_difference"] == 0


def test_groups_are_judged_on_records_that_the_model_has_not_seen() -> None:
    target = victim_of(tiny())
    (got,) = DiscriminatoryBehavior(least=5).mount([target], LAB)
    unseen = target.split.unseen
    assert not torch.isin(unseen, target.split.training[0]).any()
    assert len(unseen) + len(target.split.training[0]) == tiny().records
    assert np.array_equal(got["y"], tiny().y[unseen.numpy()])
    assert np.array_equal(got["group"], tiny().z[unseen.numpy(), 0])
    assert got["by_class"].all()
    assert got["by_group"].all()


def _grouped(*sizes: tuple[int, int]) -> Dataset:
    """Return records with so many of each class in each group."""
    cells = [
        (y, z) for z, of in enumerate(sizes) for y, count in enumerate(of) for _ in range(count)
    ]
    y, z = np.array(cells).T
    x = np.random.default_rng(0).normal(size=(len(cells), 4)).astype(np.float32)
    return dataclasses.replace(
        tiny(), x=x, y=y, z=z[:, None], low=x.min(0), high=x.max(0), name="grouped"
    )


def test_groups_of_a_handful_and_without_a_class_say_nothing() -> None:
    """A perfect model has no gap, though of the third group no record has the good outcome."""
    data = _grouped((100, 100), (100, 100), (100, 0), (3, 100), (4, 4))
    target = victim_of(data)
    (got,) = DiscriminatoryBehavior().mount([target], LAB)
    large = zip(got["group"][got["by_class"]], got["y"][got["by_class"]], strict=True)
    assert set(large) == {(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 1)}
    assert set(got["group"][got["by_group"]]) == {0, 1, 2, 3}
    perfect = judged(DiscriminatoryBehavior, {**got, "predicted": got["y"]})
    assert perfect["equalized_odds_difference"] == 0
    small = ~got["by_class"]
    wrong = np.where(small, 1 - got["y"], got["y"])
    assert (
        judged(DiscriminatoryBehavior, {**got, "predicted": wrong})["equalized_odds_difference"]
        == 0
    )
    few = np.where(got["group"] == 4, 1 - got["y"], got["y"])
    assert judged(DiscriminatoryBehavior, {**got, "predicted": few})["worst_group_accuracy"] == 1


def test_what_is_left_out_of_group_gaps_is_the_same_for_all_models_and_seeds() -> None:
    data = _grouped((40, 60), (31, 70), (30, 80))
    for seed in range(5):
        for target in (victim_of(data, seed=seed), victim_of(data, models=3, seed=seed)):
            (got,) = DiscriminatoryBehavior().mount([target], LAB)
            out = set(zip(got["group"][~got["by_class"]], got["y"][~got["by_class"]], strict=True))
            assert out == {(2, 0)}


def test_without_two_groups_with_enough_of_each_class_there_is_nothing_to_compare() -> None:
    data = _grouped((100, 100), (100, 30), (30, 12))
    listed = "100 and 100 in group 0, 100 and 30 in group 1, 30 and 12 in group 2"
    with pytest.raises(InputError, match=rf"two groups need 31 \(20 of.*{listed}"):
        DiscriminatoryBehavior().check(data)
    DiscriminatoryBehavior(least=19).check(data)
    with pytest.raises(InputError, match=r"and 3 groups more"):
        DiscriminatoryBehavior().check(_grouped(*[(5, 5)] * 9))


@pytest.mark.parametrize("data", [tiny(), data_of("digits")], ids=["table", "images"])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_backdoor_is_on_the_promised_attributes_of_the_promised_share(
    data: Dataset, share: float
) -> None:
    clean = split_data(data, pool_of(data, CPU), 3, 1)
    size = 2
    corrupt = Poisoning(share=share, size=size).poison_data(clean)
    count = round(share * len(clean.deployed))
    mask, values = corrupt.kept["backdoor_mask"], corrupt.kept["backdoor_values"]
    assert int(mask.sum()) == (4 if data.image else 2)
    if data.image:
        assert bool(mask[:, -2:, -2:].all())
    extreme = (values == torch.tensor(data.low)) | (values == torch.tensor(data.high))
    assert bool(extreme[mask].all())
    added = slice(data.records, None)
    assert len(corrupt.pool.x[added]) == count
    assert bool((corrupt.pool.y[added] == TARGET).all())
    assert bool((corrupt.pool.x[added][:, mask] == values[mask]).all())
    before = torch.cat([clean.training[0][corrupt.training[0] != clean.training[0]]])
    new = corrupt.training[0][corrupt.training[0] != clean.training[0]]
    assert len(new) == count
    assert torch.equal(corrupt.pool.x[new][:, ~mask], corrupt.pool.x[before][:, ~mask])
    assert torch.equal(corrupt.pool.z[new], corrupt.pool.z[before])


@pytest.mark.parametrize("share", [0.001, 0.03, 0.05])
def test_every_deployed_model_is_poisoned_and_by_the_same_share(share: float) -> None:
    data = data_of("synthetic", {"records": 60, "attributes": 12})
    pool = pool_of(data, CPU)
    for seed in range(20):
        corrupt = Poisoning(share=share).poison_data(split_data(data, pool, seed, 1))
        assert int((corrupt.training[0] >= data.records).sum()) == 1


def test_the_backdoor_is_tried_on_test_records_of_other_classes() -> None:
    data = data_of("digits")
    found = victim_of(data)
    corrupt = Poisoning().poison_data(found.split)
    shown: list[Tensor] = []

    class Watching(TargetModel):
        def predictions(self, x: Tensor, z: Tensor | None = None) -> Tensor:
            shown.append(x)
            return super().predictions(x, z)

    (got,) = Poisoning().mount([Watching(corrupt, found.models, None)], LAB)
    others = corrupt.test[corrupt.pool.y[corrupt.test] != TARGET]
    assert len(got["triggered"]) == len(got["plain"]) == len(others) > 0
    mask = corrupt.kept["backdoor_mask"]
    plain, triggered = shown
    assert torch.equal(plain, corrupt.pool.x[others])
    assert torch.equal(triggered[:, ~mask], plain[:, ~mask])
    assert bool((triggered[:, mask] == corrupt.kept["backdoor_values"][mask]).all())


def test_a_backdoor_by_hand_is_what_the_trigger_alone_does() -> None:
    """Of six records two are taken for the target anyway; of the others one is with the trigger."""
    got = {"plain": np.array([0, 0, 1, 2, 1, 1]), "triggered": np.array([0, 1, 0, 2, 1, 1])}
    assert judged(Poisoning, got) == {"attack_success_rate": 1 / 4, "untriggered_rate": 1 / 3}
    assert judged(Poisoning, {**got, "plain": np.zeros(6)})["attack_success_rate"] == 0


def test_natural_errors_are_no_backdoor() -> None:
    """A model that prefers the target class by far, and has never seen the trigger."""
    data = data_of("digits")
    found = victim_of(data)
    parameters = found.models.parameters
    bias = list(parameters)[-1]
    parameters[bias] = parameters[bias].detach().clone()
    parameters[bias][:, TARGET] += 10
    corrupt = Poisoning().poison_data(found.split)
    (got,) = Poisoning().mount([TargetModel(corrupt, found.models, None)], LAB)
    assert (got["triggered"] == TARGET).all()
    assert judged(Poisoning, got) == {"attack_success_rate": 0, "untriggered_rate": 1}


def test_a_backdoor_works_and_a_clean_model_has_none() -> None:
    digits = context(data_of("digits"), epochs=15)
    poisoned, hardly = run(
        digits, [Trial(None, (Poisoning(share=share),), 0) for share in (0.05, 0.001)]
    )
    worst = poisoned.metrics["poisoning"]["attack_success_rate"]
    assert worst > 0.8
    assert hardly.metrics["poisoning"]["attack_success_rate"] < 0.2


def _one_attribute_each() -> Dataset:
    """Return records that each have an attribute of their own, so that mixtures can be told."""
    count = 60
    return dataclasses.replace(
        tiny(),
        x=np.eye(count, dtype=np.float32),
        y=np.arange(count) % 2,
        z=np.arange(count)[:, None] // 2 % 2,
        low=np.zeros(count, np.float32),
        high=np.ones(count, np.float32),
    )


@pytest.mark.parametrize("labels", ["soft", "hard"])
def test_a_thief_asks_only_about_records_that_the_model_was_not_trained_on(labels: str) -> None:
    targets = [victim_of(_one_attribute_each(), seed=seed) for seed in (0, 1)]
    seen: list[tuple[Pool, Sequence[TrainingRun], Schedule]] = []

    def training(
        pool: Pool, members: Sequence[TrainingRun], schedule: Schedule, architecture: object = None
    ) -> Trained:
        seen.append((pool, members, schedule))
        return train(targets[0].models.architecture, pool, members, schedule)

    attack = UnauthorizedModelOwnership(surrogates=3, queries=150, labels=labels, epochs=1)
    got = attack.mount(
        targets, AttackerResources(training, Schedule(21, sampling="poisson"), ("group",))
    )
    assert [each.records for _, _, each in seen] == [150, 38, 600, 150]
    assert {each.sampling for _, _, each in seen} == {"shuffled"}
    assert sum(len(members) for _, members, _ in seen) == len(targets) * attack.own_models
    for (pool, members, schedule), hard in zip(
        seen, (labels == "hard", labels == "hard", labels == "hard", True), strict=True
    ):
        assert len(members) == len({each.seed for each in members}) == 6
        assert not torch.equal(pool.x[members[0].records], pool.x[members[1].records])
        for i, member in enumerate(members):
            target, artifact = targets[i // 3], got[i // 3]
            asked, answers = pool.x[member.records], pool.y[member.records]
            sources = asked.sum(0).nonzero().flatten()
            assert len(asked) == schedule.records
            assert bool(torch.isin(sources, target.split.unused).all())
            assert not torch.isin(target.split.unused, target.split.training[0]).any()
            assert not torch.isin(target.split.unused, target.split.test).any()
            assert torch.allclose(asked.sum(1), torch.ones(len(asked)))
            assert torch.allclose(answers.sum(1), torch.ones(len(asked)))
            assert bool((answers.max(1).values == 1).all()) == hard
            assert torch.equal(answers.argmax(1), target.predictions(asked))
            assert artifact["surrogate"].shape == (3, len(target.split.test))
            assert artifact["copied"].tolist() == [1.0]
            assert artifact["extracted"].tolist() == [1.0] * 3
            assert artifact["accused"].tolist() == [1.0] * 5


def test_by_default_a_thief_asks_as_often_as_the_model_was_taught() -> None:
    """With 4000 queries thieves of any model are as faithful as can be, whatever the defense."""
    attack, schedule = UnauthorizedModelOwnership(), Schedule(350)
    budgets = [attack.own_schedule(schedule, times) for times in (1 / 4, 1, 4)]
    assert [each.records for each in budgets] == [88, 350, 1400]
    updates = [each.updates for each in budgets]
    assert max(updates) < 1.1 * min(updates)


def test_thefts_by_hand() -> None:
    got = {
        "y": np.array([0, 1, 1, 0]),
        "owner": np.array([0, 1, 0, 0]),
        "surrogate": np.array([[0, 1, 0, 1], [0, 1, 0, 0]]),
        "quarter": np.array([[1, 1, 0, 1]]),
        "fourfold": np.array([[0, 1, 0, 0]]),
        "hard": np.array([[0, 1, 1, 0]]),
        "copied": np.array([1e-9]),
        "extracted": np.array([0.2, 1e-5, 0.001, 0.9]),
        "accused": np.array([1e-4, 0.001, 0.5, 1.0]),
    }
    assert judged(UnauthorizedModelOwnership, got) == {
        "fidelity": 0.875,
        "fidelity_quarter_queries": 0.5,
        "fidelity_fourfold_queries": 1.0,
        "fidelity_hard_labels": 0.75,
        "wrong_ownership_decisions": 0.5,
        "unproven_extractions": 0.75,
        "unproven_copies": 0.0,
        "false_claims": 0.25,
        "surrogate_accuracy": 0.625,
    }


@dataclasses.dataclass(frozen=True)
class Branded(Defense):
    """Proves ownership of the very model, and of none that was extracted from it."""

    id: ClassVar[str] = "branded"
    provable: ClassVar[bool] = True

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        return [1e-9 if len(suspects) == 1 else 0.5] * len(suspects)


def test_a_watermark_that_no_extraction_keeps_changes_nothing_of_what_is_judged() -> None:
    data = data_of("digits")
    small = context(data, epochs=1)
    attack = UnauthorizedModelOwnership(surrogates=2, queries=60, epochs=1)
    bare, marked = run(small, [Trial(arm, (attack,), 0) for arm in (None, Branded())])
    before, after = (each.metrics["unauthorized_model_ownership"] for each in (bare, marked))
    judged_by = attack.judged(provable=True)
    assert judged_by.worsening(before[judged_by.id], after[judged_by.id]) == 0
    assert before[judged_by.id] == 0.5
    assert (before["unproven_copies"], after["unproven_copies"]) == (1, 0)


def test_records_and_bounds_of_the_scene_are_left_as_they_were() -> None:
    data = tiny()
    pool = random_pool(data.records, data.shape, 2)
    clean: DataSplit = split_data(data, pool, 0, 1)
    x, y = pool.x.clone(), pool.y.clone()
    corrupt = Poisoning(share=0.5).poison_data(clean)
    assert torch.equal(pool.x, x)
    assert torch.equal(pool.y, y)
    assert torch.equal(corrupt.pool.x[: len(x)], x)
    assert math.isclose(float(corrupt.pool.low.max()), 0)


def test_a_record_that_no_other_model_was_trained_on_is_no_evidence() -> None:
    draw = np.random.default_rng(0)
    phi = draw.normal(size=(6, 5))
    member = np.tile([[True], [False]], (3, 5))
    member[:, 0], member[:, 1] = False, True
    online, _ = likelihood_ratios(phi, member)
    assert (online[:, :2] == 0).all()
    assert (online[:, 2:] != 0).all()


def test_relative_ratios_are_what_plain_loops_give() -> None:
    """Zarifzadeh et al. 2024: the share of records whose ratio is exceeded."""
    draw = np.random.default_rng(0)
    member = draw.random((7, 60)).argsort(0) < 3
    phi = draw.normal(size=(7, 60)) + member
    p = 1 / (1 + np.exp(-phi))
    found, wanted = [], []
    for target in range(7):
        rest = [m for m in range(7) if m != target]
        ratio = np.array(
            [
                p[target, r]
                / (
                    np.mean([p[m, r] for m in rest if member[m, r]])
                    + np.mean([p[m, r] for m in rest if not member[m, r]])
                )
                for r in range(60)
            ]
        )
        wanted.append(auc((ratio[:, None] >= ratio).mean(1), member[target]))
        found.append(auc(relative_ratios(phi, member)[target], member[target]))
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert np.mean(found) > 0.6


def test_members_are_told_surely_by_one_threshold_and_in_the_worst_group_and_class() -> None:
    """Each model tells its best member, but that of the second lies below others' non-members."""
    got = {
        "online": np.array([[9.0, 8, 5, 4], [3.0, 1, 2, 0]]),
        "member": np.array([[True, False, True, False], [True, False, True, False]]),
        "cell": np.array([0, 0, 3, 3]),
        "confidence": np.array([[1.0, 2, 3, 0], [1.0, 2, 3, 0]]),
        "guesses": np.array([True, True, False, True]),
    }
    found = {
        metric.id: metric.judge(got)
        for metric in MembershipInference.metrics
        if metric.id not in ("auc_offline", "auc_rmia")
    }
    assert found["tpr_at_1_percent_fpr"] == found["tpr_at_01_percent_fpr"] == 0.25
    assert found["auc"] == (3 / 4 + 1) / 2
    assert found["auc_worst_subgroup"] == 1.0
    assert found["auc_loss_threshold"] == found["paired_guesses"] == 0.75


def test_the_same_records_are_judged_whatever_a_defense_has_removed() -> None:
    target = victim_of(tiny(), models=5)
    split = OutlierRemovalBeforeTraining().prepare(target.split)
    assert all(len(a) < len(b) for a, b in zip(split.training, target.split.training, strict=True))
    removed = dataclasses.replace(target, split=split)
    before, after = (
        MembershipInference(shadows=4).mount([each], LAB)[0] for each in (target, removed)
    )
    assert np.array_equal(after["member"], before["member"])


@dataclasses.dataclass(frozen=True)
class Claiming(Branded):
    """Proves every model to be the owner's."""

    id: ClassVar[str] = "claiming"

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        return [1e-9] * len(suspects)


def test_a_test_that_claims_every_model_is_worth_no_more_than_none() -> None:
    small = context(data_of("digits"), epochs=1)
    attack = UnauthorizedModelOwnership(surrogates=2, queries=60, epochs=1, accused=2)
    bare, claiming = run(small, [Trial(arm, (attack,), 0) for arm in (None, Claiming())])
    judged_by = attack.judged(provable=True).id
    before, after = (each.metrics[attack.risk][judged_by] for each in (bare, claiming))
    assert before == after == 0.5


@pytest.mark.parametrize("attribution", ["gradient", "integrated_gradients"])
def test_a_thief_who_is_given_explanations_steals_more(attribution: str) -> None:
    """Before, what was released beside the answers changed nothing at all."""
    data = data_of("synthetic", {"records": 400, "attributes": 12})
    attack = UnauthorizedModelOwnership(surrogates=2, queries=30, epochs=10)
    arms = [None, Explanations(attribution=attribution)]
    trials = [Trial(arm, (attack,), seed) for seed in range(3) for arm in arms]
    found = [each.metrics[attack.risk]["fidelity"] for each in run(context(data), trials)]
    assert np.mean(found[1::2]) > np.mean(found[0::2]) + 0.01
