"""What authors of plug-ins test theirs with: ours conform, and each fault is told."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pytest
import torch
from torch import Tensor

from crosscurrent.testing import check_attack, check_defense
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.attacks.evasion import ROBUST_ACCURACY
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.plugins import (
    Attack,
    AttackerResources,
    AttackOutput,
    Dataset,
    DataSplit,
    Defense,
    Ensemble,
    Metric,
    Schedule,
    TargetModel,
    TrainingHooks,
    setting,
)

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
NEEDED: dict[str, dict[str, object]] = {
    "attribute_inference": {"attack.shadows": 4},
    "differential_privacy": {"defense.epsilon": 50},
    "distribution_inference": {"attack.shadows": 8},
    "membership_inference": {"attack.shadows": 4},
    "unauthorized_model_ownership": {
        "attack.queries": 50,
        "attack.surrogates": 2,
        "attack.accused": 2,
    },
    "watermarking@post": {"defense.queries": 100},
}
"""Settings that make what is measured small, or fit for little data."""

CHOSEN_AMONG_ALL = {"data_watermarking"}
"""Patterns are chosen by how rare they are in the whole data set, test records among it."""


@pytest.mark.parametrize("name", defenses())
def test_our_defenses_conform(name: str) -> None:
    if name not in CHOSEN_AMONG_ALL:
        check_defense(defenses()[name], settings=NEEDED.get(name))
        return
    with pytest.raises(AssertionError) as caught:
        check_defense(defenses()[name], settings=NEEDED.get(name))
    assert [line for line in str(caught.value).splitlines()[1:] if "test records" not in line] == []


@pytest.mark.parametrize("risk", attacks())
def test_our_attacks_conform(risk: str) -> None:
    check_attack(attacks()[risk], settings=NEEDED.get(risk))


def test_the_example_of_the_guide_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    kind = importlib.import_module("label_smoothing").LabelSmoothing
    check_defense(kind, settings={"defense.share": 0.3}, dataset="breast_cancer")
    sys.modules.pop("label_smoothing")


def test_an_attack_of_another_library_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of that library
        pytest.importorskip("art.attacks.evasion")
        kind = importlib.import_module("art_evasion").DecisionEvasion
        check_attack(kind, settings={"attack.records": 4, "attack.steps": 1})
    sys.modules.pop("art_evasion")


class Sloppy(Defense):
    id = "sloppy"
    stage = "in"


class Random(Sloppy):
    def prepare(self, split: DataSplit) -> DataSplit:
        rows = split.training[0]
        shuffled = rows[torch.randperm(len(rows))]
        return replace(split, training=(shuffled[: len(rows) // 2], *split.training[1:]))


class Unseeded(Sloppy):
    def prepare(self, split: DataSplit) -> DataSplit:
        rows = split.training[0]
        order = np.random.default_rng().permutation(len(rows))[: len(rows) // 2]
        return replace(split, training=(rows[torch.as_tensor(order)], *split.training[1:]))


class Peeking(Sloppy):
    def prepare(self, split: DataSplit) -> DataSplit:
        return replace(split, training=tuple(split.test for _ in split.training))


class Centering(Sloppy):
    def prepare(self, split: DataSplit) -> DataSplit:
        rows = split.candidates
        x = split.pool.x[rows] - split.pool.x.mean(0)
        return split.replacing(rows, x, split.pool.y[rows], split.pool.z[rows])


class Measuring(Sloppy):
    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        return TrainingHooks(weight_noise=float(np.abs(data.x).mean()) / 100)


@dataclass(frozen=True)
class Tuned(Sloppy):
    scale: float = setting(0.0, "of the noise; 0 is as large as the records")

    def settled(self, data: Dataset) -> Self:
        return replace(self, scale=self.scale or float(np.abs(data.x).mean()))

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        return TrainingHooks(weight_noise=self.scale / 100)


class Overwriting(Sloppy):
    def prepare(self, split: DataSplit) -> DataSplit:
        split.pool.x.mul_(0.5)
        return split


class Normalising(Sloppy):
    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        logits = models.logits(x)
        return logits - logits.mean(1, keepdim=True)


class Averaging(Sloppy):
    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        return models.logits(x).mean(0, keepdim=True).expand(len(models), -1, -1)


class Narrow(Sloppy):
    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        return torch.cat([models.logits(x), models.logits(x)], -1)


class Infinite(Sloppy):
    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        return torch.full((len(models), len(x), 1), torch.inf)


@dataclass(frozen=True)
class Unbounded(Sloppy):
    strength: float = setting(2.0, "how strong", most=1.0)


class Guarding(Sloppy):
    protects_against = "no_such_risk"


class Raising(Sloppy):
    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        raise ZeroDivisionError("a fault of its own")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Random, "global random numbers of torch or NumPy were drawn"),
        (Random, "the same seed gives other models"),
        (Unseeded, "the same seed gives other models"),
        (Peeking, "prepare trains models on test records"),
        (Peeking, "the models depend on test records"),
        (Centering, "the models depend on test records"),
        (Measuring, "the models depend on test records"),
        (Tuned, "the models depend on test records"),
        (Overwriting, "prepare writes into the records that it is given"),
        (Normalising, "predict answers a record otherwise when others are asked about"),
        (Averaging, "predict answers otherwise for one model than for several at once"),
        (Narrow, "predict gives .* expected .models, records, classes."),
        (Infinite, "side_channel gives numbers that are not finite"),
        (Unbounded, "setting strength: its default is not accepted: .* at most 1"),
        (Guarding, "no_such_risk: no such attack is built in or installed"),
    ],
)
def test_each_fault_of_a_defense_is_told(kind: type[Defense], said: str) -> None:
    with pytest.raises(
        AssertionError, match=rf"^{kind.__name__} does not conform:\n- (.*\n)*.*{said}"
    ):
        check_defense(kind)


def test_what_a_defense_raises_comes_with_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError, match="a fault of its own"):
        check_defense(Raising)


class Clumsy(Attack):
    risk = "clumsy"
    metrics = (ROBUST_ACCURACY,)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        return [self.got(each) for each in targets]

    def got(self, target: TargetModel) -> AttackOutput:
        y = target.split.pool.y[target.split.test].numpy()
        return {"y": y, "attacked": y[None]}


class Training(Clumsy):
    def got(self, target: TargetModel) -> AttackOutput:
        next(iter(target.models.parameters.values())).mul_(0.9)
        return super().got(target)


class Comparing(Clumsy):
    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        return [{**self.got(each), "beside": np.full(3, len(targets))} for each in targets]


class Leaking(Clumsy):
    def poison_data(self, split: DataSplit) -> DataSplit:
        pool, test = split.pool, split.test
        return split.adding(pool.x[test], pool.y[test], pool.z[test])


class Undefined(Clumsy):
    metrics = (Metric("nan", "nan", "lower", 0.1, lambda _: float("nan"), lambda _: 1),)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Training, "mount changes the models that it attacks"),
        (Comparing, "mount returns another beside for a target model alone than beside others"),
        (Leaking, "poison_data makes training records of test records"),
        (Undefined, "metric clumsy nan is not finite"),
    ],
)
def test_each_fault_of_an_attack_is_told(kind: type[Attack], said: str) -> None:
    with pytest.raises(
        AssertionError, match=rf"^{kind.__name__} does not conform:\n- (.*\n)*.*{said}"
    ):
        check_attack(kind)


def test_an_attack_and_a_defense_without_fault_conform() -> None:
    check_attack(Clumsy)
    check_defense(Sloppy)
