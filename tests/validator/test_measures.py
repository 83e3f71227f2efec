"""Every factor has a measure, found by discovery, that does what its text promises."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of, tiny
from torch import Tensor

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.arms.splits import TargetModel, pool_of, split_data
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.data import Dataset
from crosscurrent.validator.defenses import Defense
from crosscurrent.validator.defenses.watermarking import Watermarking
from crosscurrent.validator.measures import Measure, NotMeasurable, Subject, factors_of, measures
from crosscurrent.validator.measures.attribute_count import AttributeCount
from crosscurrent.validator.measures.boundary_distance import BoundaryDistance
from crosscurrent.validator.measures.curvature_smoothness import CurvatureSmoothness
from crosscurrent.validator.measures.dataset_distinguishability import DatasetDistinguishability
from crosscurrent.validator.measures.model_capacity import ModelCapacity
from crosscurrent.validator.measures.model_distinguishability import ModelDistinguishability
from crosscurrent.validator.measures.stable_attribute_priority import StableAttributePriority
from crosscurrent.validator.measures.subgroup_distinguishability import SubgroupDistinguishability
from crosscurrent.validator.measures.tail_length import TailLength
from crosscurrent.validator.measures.training_set_size import TrainingSetSize
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Trial, run

EVERY = pytest.mark.parametrize("kind", measures().values(), ids=list(measures()))


@cache
def target(name: str = "tiny", models: int = 5, epochs: int = 5) -> TargetModel:
    data = tiny() if name == "tiny" else data_of(name)
    small = context(data, epochs=epochs)
    split = split_data(data, pool_of(data, CPU), 0, models)
    members = [TrainingRun(i, rows) for i, rows in enumerate(split.training)]
    found = train(small.architecture, split.pool, members, small.schedule).models
    return TargetModel(split, found, None)


def linear(data: Dataset, weights: Tensor, models: int = 1) -> TargetModel:
    """Return models of two classes with logits 0 and the product of weights and attributes."""
    split = split_data(data, pool_of(data, CPU), 0, models)
    built = Ensemble.fresh(architecture("mlp-s", data.shape, 2), range(models), CPU)
    module = torch.nn.Linear(weights.shape[-1], 2, bias=False)
    both = torch.stack([torch.zeros_like(weights), weights], dim=-2)
    return TargetModel(split, replace(built, skeleton=module, parameters={"weight": both}), None)


def measured(kind: type[Measure], of: TargetModel, data: Dataset | None = None) -> float:
    return kind().measure(Subject(of, data or tiny()))


# all of them


@EVERY
def test_a_measure_is_named_as_its_factor_and_documented(
    kind: type[Measure], kb: KnowledgeBase
) -> None:
    assert kind.factor in kb.factors
    assert kind.__module__.endswith(f".{kind.factor}")
    assert kind.name
    assert kind.smallest_change > 0
    assert kind().matters(-2.0) > 0
    assert "Higher" in (kind.__doc__ or ""), "it should say what more of the factor is"


def test_every_factor_of_the_papers_that_defenses_and_risks_share_is_measured(
    papers: KnowledgeBase, kb: KnowledgeBase
) -> None:
    shared = {each.id for each in papers.factors.values() if each.role in ("active", "passive")}
    assert measures().keys() == shared
    more = {each.id for each in kb.factors.values()} - {each.id for each in papers.factors.values()}
    assert more == {"answer_information", "record_influence", "tail_fit"}, "not measured yet"


def test_all_factors_of_a_victim_with_shadow_models_are_finite_and_repeatable() -> None:
    factors, unmeasured = factors_of(target(), tiny())
    assert factors.keys() == measures().keys()
    assert unmeasured == {}
    assert all(type(each) is float and math.isfinite(each) for each in factors.values())
    state = torch.get_rng_state()
    assert factors_of(replace(target()), tiny())[0] == factors
    assert torch.equal(state, torch.get_rng_state())


def test_what_cannot_be_measured_is_told_with_the_reason() -> None:
    factors, unmeasured = factors_of(target("breast_cancer", 1), data_of("breast_cancer"))
    assert unmeasured.keys() == {
        "tail_length", "model_distinguishability", "stable_attribute_priority",
        "subgroup_distinguishability",
    }  # fmt: skip
    assert factors.keys() | unmeasured.keys() == measures().keys()
    assert "shadow models" in unmeasured["tail_length"]
    assert "sensitive attribute" in unmeasured["subgroup_distinguishability"]
    assert "which attributes are stable" in unmeasured["stable_attribute_priority"]


def test_images_are_measured_too() -> None:
    data = data_of("digits")
    small = context(data, "cnn-s", epochs=1)
    (found,) = run(small, [Trial(None, (Evasion(steps=1),), 0)])
    assert {"boundary_distance", "curvature_smoothness", "attribute_count"} <= found.factors.keys()


def test_a_result_has_the_factors_of_its_own_victim_whatever_runs_beside_it() -> None:
    small = context(tiny(), epochs=2)
    attack = MembershipInference(shadows=4)
    trials = [Trial(None, (attack,), 0), Trial(Watermarking(triggers=10), (attack,), 1)]
    together = run(small, trials)
    assert [run(small, [each])[0].factors for each in trials] == [r.factors for r in together]
    assert together[0].factors != together[1].factors
    assert together[0].factors.keys() == measures().keys()


# each of them


def test_of_a_linear_model_distance_and_curvature_are_exact() -> None:
    data = tiny()
    weights = torch.linspace(-1, 2, 7)
    of = linear(data, weights[None])
    x = of.split.pool.x[of.split.deployed].double()
    odds, length = x @ weights.double(), float(weights.double().norm())
    assert measured(BoundaryDistance, of) == pytest.approx(
        float((odds.abs() / length).median()), rel=1e-5
    )
    p = odds.sigmoid()
    bent = float((p * (1 - p)).mean()) * length**2
    assert measured(CurvatureSmoothness, of) == pytest.approx(-math.log10(bent), abs=1e-5)


def test_a_step_to_the_boundary_arrives_near_it() -> None:
    """A trained model is linear in pieces only: a little beyond the step, most answers turn."""
    of, data = target(), tiny()
    subject = Subject(of, data)
    x = of.split.pool.x[subject.sample].clone().requires_grad_()
    logits = subject.logits(x)
    margin = (logits[:, 1] - logits[:, 0]).abs()
    (slope,) = torch.autograd.grad(margin.sum(), x)
    step = margin.detach() / slope.norm(dim=1)
    assert measured(BoundaryDistance, of) == pytest.approx(float(step.median()), rel=1e-5)
    moved = (x - 1.5 * (step / slope.norm(dim=1))[:, None] * slope).detach()
    turned = subject.logits(moved).argmax(1) != logits.argmax(1)
    assert float(turned.float().mean()) > 0.8


def test_a_larger_scale_of_the_logits_moves_no_boundary() -> None:
    weights = torch.linspace(-1, 2, 7)[None]
    one, other = (linear(tiny(), scale * weights) for scale in (1, 10))
    assert measured(BoundaryDistance, one) == pytest.approx(measured(BoundaryDistance, other))


def test_records_count_once_and_by_how_much_they_pull() -> None:
    data = tiny()
    untrained = linear(data, torch.zeros(1, 7))
    count = len(untrained.split.deployed)
    assert measured(TrainingSetSize, untrained) == pytest.approx(count)
    split = untrained.split
    first = split.training[0]
    doubled = replace(split, training=(torch.cat([first, first]),))
    assert measured(TrainingSetSize, replace(untrained, split=doubled)) == pytest.approx(count)
    uneven = replace(split, training=(torch.cat([first, *[first[:1]] * 1000]),))
    assert measured(TrainingSetSize, replace(untrained, split=uneven)) < 2
    fewer = replace(split, training=(first[:10],))
    assert measured(TrainingSetSize, replace(untrained, split=fewer)) == pytest.approx(10)


def test_only_attributes_that_are_used_count_and_evenly_used_ones_fully() -> None:
    data = tiny()
    one = torch.tensor([[0.0, 0, 3, 0, 0, 0, 0]])
    assert measured(AttributeCount, linear(data, one)) == pytest.approx(1)
    spread = pool_of(data, CPU).x[linear(data, one).split.deployed].std(dim=0, correction=0)
    even = torch.tensor([[1.0, 1, 1, 1, 0, 0, 0]]) / spread
    assert measured(AttributeCount, linear(data, even)) == pytest.approx(4, rel=1e-4)


def test_priority_is_one_for_a_model_of_stable_attributes_and_zero_for_one_of_spurious() -> None:
    data = tiny()  # three stable attributes, two spurious ones, two of noise
    stable, spurious = (
        torch.tensor([[1.0, 1, 1, 0, 0, 0, 0]]),
        torch.tensor([[0.0] * 3 + [1.0] * 4]),
    )
    assert measured(StableAttributePriority, linear(data, stable)) == 1
    assert measured(StableAttributePriority, linear(data, spurious)) == 0
    neither = linear(data, torch.tensor([[0.0] * 5 + [1.0] * 2]))
    with pytest.raises(NotMeasurable, match="neither"):
        measured(StableAttributePriority, neither)
    without = data_of("synthetic", {"records": 120, "spurious_attributes": 0})
    with pytest.raises(NotMeasurable, match="both"):
        measured(StableAttributePriority, target(), without)


def test_capacity_is_the_number_of_parameters_that_answers_hang_on() -> None:
    weights = torch.tensor([[1.0, 0, 0, 0, 0, 0, 0]])
    assert measured(ModelCapacity, linear(tiny(), weights)) == 1
    count = sum(each[0].numel() for each in target().models.parameters.values())
    assert 1 < measured(ModelCapacity, target()) < count


@dataclass(frozen=True)
class Leaky(Defense):
    """Answers the training records of each model with their classes, and others at random."""

    id: ClassVar[str] = "leaky"
    share: float = 1.0

    def predict(self, models: Ensemble, split: Any, x: Tensor, z: Tensor | None) -> Tensor:
        del z
        rows = (x[:, None] == split.pool.x[None]).all(-1).int().argmax(1)
        y = torch.nn.functional.one_hot(split.pool.y[rows], split.classes).float()
        known = torch.stack([torch.isin(rows, t) for t in split.training[: len(models)]])
        flat = torch.full_like(y, 1 / split.classes)
        told = torch.where(known[..., None], self.share * y + (1 - self.share) * flat, flat)
        return told.clamp(min=1e-38).log()


def test_what_is_known_of_training_records_alone_is_memorized_and_tells_them_apart() -> None:
    plain = linear(tiny(), torch.zeros(5, 7), models=5)
    assert measured(TailLength, plain) == 0
    assert measured(DatasetDistinguishability, plain) == 0.5
    leaky = replace(plain, defense=Leaky())
    assert measured(TailLength, leaky) == 1
    assert measured(DatasetDistinguishability, leaky) == 1
    weak = replace(plain, defense=Leaky(0.2))
    assert measured(TailLength, weak) == 0, "a tenth more of a probability is not memorizing"
    assert measured(DatasetDistinguishability, weak) == 1


@dataclass(frozen=True)
class Placed(Defense):
    """Answers by the place of a model among the victim's, as thresholds of its own would."""

    id: ClassVar[str] = "placed"

    def predict(self, models: Ensemble, split: Any, x: Tensor, z: Tensor | None) -> Tensor:
        sure = torch.where(torch.arange(len(models)) == 0, 0.9, 0.1)[:, None].expand(-1, len(x))
        return torch.stack([sure.log(), (1 - sure).log()], dim=-1)


def test_independent_models_answer_by_what_their_defense_keeps_for_them() -> None:
    """The copy is in the model's place and answers like it; the other one is not."""
    data = tiny()
    subject = Subject(replace(linear(data, torch.ones(2, 7), 2), defense=Placed()), data)
    assert ModelDistinguishability().measure(subject) == 0


@dataclass(frozen=True)
class Chatty(Defense):
    """Releases noise beside the answer."""

    id: ClassVar[str] = "chatty"

    def side_channel(self, models: Ensemble, split: Any, x: Tensor) -> Tensor | None:
        draw = torch.Generator().manual_seed(split.seed % 2**31)
        return torch.rand((len(models), len(x), 8), generator=draw)


def test_noise_that_is_released_does_not_make_records_distinguishable_on_average() -> None:
    """By the better of two on the same records, it did so by 0.03 here."""
    data, found = tiny(), []
    of = linear(data, torch.ones(1, 7))
    for seed in range(80):
        split = split_data(data, of.split.pool, seed, 1)
        found.append(measured(DatasetDistinguishability, TargetModel(split, of.models, Chatty())))
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)


@dataclass(frozen=True)
class Telling(Defense):
    """Releases the group of each record beside the answer."""

    id: ClassVar[str] = "telling"

    def side_channel(self, models: Ensemble, split: Any, x: Tensor) -> Tensor | None:
        rows = (x[:, None] == split.pool.x[None]).all(-1).int().argmax(1)
        told: Tensor = split.pool.z[rows, :1].float().expand(len(models), -1, -1)
        return told


def test_groups_are_told_by_what_is_released_and_not_by_nothing() -> None:
    plain = linear(tiny(), torch.zeros(1, 7))
    assert measured(SubgroupDistinguishability, plain) == pytest.approx(0.5, abs=0.1)
    assert measured(SubgroupDistinguishability, replace(plain, defense=Telling())) == 1


def test_small_groups_are_not_compared() -> None:
    of = target()
    lone = torch.zeros_like(of.split.pool.z)
    lone[of.split.unseen[:3]] = 1
    pool = replace(of.split.pool, z=lone)
    with pytest.raises(NotMeasurable, match="20 or more"):
        measured(SubgroupDistinguishability, replace(of, split=replace(of.split, pool=pool)))


def test_a_model_whose_part_has_no_second_derivative_is_said_to_have_none() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, x: Tensor) -> Tensor:
            return x * 1

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(_: Any, slope: Tensor) -> Tensor:
            return slope * 1

    class Net(torch.nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            apply: Callable[[Tensor], Tensor] = Once.apply
            return apply(super().forward(x))

    of = linear(tiny(), torch.linspace(-1, 2, 7)[None])
    module = Net(7, 2, bias=False)
    with pytest.raises(NotMeasurable, match="second derivative"):
        measured(CurvatureSmoothness, replace(of, models=replace(of.models, skeleton=module)))


def test_the_sample_of_a_large_training_set_is_part_of_it_and_always_the_same() -> None:
    data = data_of("synthetic", {"records": 4000, "attributes": 12})
    one, again = (Subject(linear(data, torch.ones(1, 12)), data).sample for _ in range(2))
    assert len(one) == len(one.unique()) == 1024
    assert torch.equal(one, again)
    assert np.isin(one.numpy(), linear(data, torch.ones(1, 12)).split.deployed.numpy()).all()
