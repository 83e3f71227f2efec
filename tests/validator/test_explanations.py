"""Explanations are what their papers define, and tell more to whoever looks at them too."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from contexts import CPU, LAB, context, data_of, tiny
from torch import Tensor, nn

from crosscurrent.validator.arms.metrics import auc
from crosscurrent.validator.arms.splits import DataSplit, TargetModel, pool_of, split_data
from crosscurrent.validator.attacks._membership_scores import spreads, weighed
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.defenses import Defense
from crosscurrent.validator.defenses.explanations import Explanations
from crosscurrent.validator.training.architectures import Architecture
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Schedule, TrainingRun
from crosscurrent.validator.training.trainer import train

ATTRIBUTIONS = Explanations.__dataclass_fields__["attribution"].metadata["choices"]


class Surface(nn.Module):
    """Logits (w·x, 0): the probability of the first class is the sigmoid of w·x."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(7))

    def forward(self, x: Tensor) -> Tensor:
        along = x @ self.w
        return torch.stack([along, torch.zeros_like(along)], -1)


def small_scene() -> DataSplit:
    data = tiny()
    return split_data(data, pool_of(data, CPU), 0, 1)


@pytest.mark.parametrize("baseline", ["zero", "mean"])
def test_integrated_gradients_of_one_direction_are_its_share_of_the_change(baseline: str) -> None:
    """σ(w·x) changes along w alone: attribute i gets w_i (x_i − b_i) / w·(x − b) of the change."""
    split = small_scene()
    models = Ensemble.fresh(Architecture("surface", (7,), 2, Surface), [1, 2], CPU)
    explained = Explanations(baseline=baseline, steps=1000)
    b = explained.reference(split).double()
    x = split.pool.x[:20]
    got = explained.side_channel(models, split, x)
    for w, found in zip(models.parameters["w"].double(), got, strict=True):
        away = x.double() - b
        change = torch.sigmoid(x.double() @ w) - torch.sigmoid(b @ w)
        sign = torch.where(x.double() @ w > 0, 1.0, -1.0)[:, None]
        wanted = sign * (away * w / (away @ w)[:, None]) * change[:, None]
        torch.testing.assert_close(found.double(), wanted, rtol=1e-3, atol=1e-4)


def test_gradients_of_one_direction_are_its_slope() -> None:
    split = small_scene()
    models = Ensemble.fresh(Architecture("surface", (7,), 2, Surface), [1], CPU)
    x = split.pool.x[:20]
    w = models.parameters["w"][0].detach()
    p = torch.sigmoid(x @ w)
    slope = (p * (1 - p) * torch.where(p > 0.5, 1.0, -1.0))[:, None] * w
    plain, times, smooth = (
        Explanations(attribution=each, noise=1e-5).side_channel(models, split, x)[0]
        for each in ("gradient", "input_times_gradient", "smoothgrad")
    )
    torch.testing.assert_close(plain, slope)
    torch.testing.assert_close(times, x * slope)
    torch.testing.assert_close(smooth, slope, rtol=1e-2, atol=1e-4)


def trained(name: str, data: Any, models: int = 1) -> TargetModel:
    of = context(data, name, epochs=10)
    split = split_data(data, pool_of(data, CPU), 0, models)
    members = [TrainingRun(i, rows) for i, rows in enumerate(split.training)]
    return TargetModel(split, train(of.architecture, split.pool, members, of.schedule).models, None)


@pytest.mark.parametrize("name", ["mlp-s", "cnn-s"])
def test_attributions_add_up_as_a_fine_sum_along_the_way_does(name: str) -> None:
    target = trained(name, data_of("digits"))
    split, model = target.split, target.models
    x = split.pool.x[split.test[:30]]
    y = model.logits(x)[0].argmax(-1)
    rows = torch.arange(30)

    def answers(at: Tensor) -> Tensor:
        return model.logits(at)[0].softmax(-1)[rows, y].double()

    fine = Explanations(steps=400).side_channel(model, split, x)[0].double()
    change = answers(x) - answers(torch.zeros_like(x))
    torch.testing.assert_close(fine.sum(-1), change, rtol=1e-2, atol=1e-3)
    coarse = Explanations().side_channel(model, split, x)[0].double()
    assert float((coarse - fine).abs().mean() / fine.abs().mean()) < 0.05
    said = Explanations.reading
    assert said is not None
    target = dataclasses.replace(target, defense=Explanations())
    complete, rough = (
        Explanations(attribution=each).read([target], Schedule(10))[0]
        for each in ("integrated_gradients", "gradient")
    )
    assert said.met(complete)
    assert not said.met(rough)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_what_a_record_is_told_depends_on_it_and_the_model_alone(attribution: str) -> None:
    data = data_of("digits")
    split = split_data(data, pool_of(data, CPU), 0, 3)
    models = Ensemble.fresh(architecture("cnn-s", data.shape, data.classes), range(3), CPU)
    explained = Explanations(attribution=attribution, steps=3)
    x = split.pool.x[:12]
    got = explained.side_channel(models, split, x)
    assert got.shape == (3, 12, 64)
    assert torch.equal(got, explained.side_channel(models, split, x))
    torch.testing.assert_close(got[1:2, 5:], explained.side_channel(models.only([1]), split, x[5:]))


def test_many_records_are_explained_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    split = small_scene()
    models = Ensemble.fresh(architecture("mlp-s", (7,), 2), range(2), CPU)
    whole = Explanations().side_channel(models, split, split.pool.x)
    monkeypatch.setattr("crosscurrent.validator.defenses.explanations._ROWS", 50)
    torch.testing.assert_close(Explanations().side_channel(models, split, split.pool.x), whole)


@dataclasses.dataclass(frozen=True)
class Talkative(Defense):
    """Releases numbers that vary more for members, or noise, beside the answers."""

    telling: bool = True

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        noise = torch.randn((len(models), len(x), 8), generator=torch.Generator().manual_seed(0))
        if not self.telling:
            return noise
        member = torch.stack([torch.isin(split.candidates, t) for t in split.training])
        return noise * (1 + member)[..., None]


def test_an_adversary_uses_what_is_released_and_is_hardly_weaker_for_noise() -> None:
    target = trained("mlp-s", data_of("synthetic", {"records": 300}), models=9)
    attack = MembershipInference(shadows=8)
    bare, told, misled = (
        attack.metrics[0].judge(attack.mount([dataclasses.replace(target, defense=d)], LAB)[0])
        for d in (None, Talkative(), Talkative(telling=False))
    )
    assert told > bare + 0.05
    assert misled > bare - 0.01


@dataclasses.dataclass(frozen=True)
class Mute(Defense):
    """Answers the same to everything."""

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        return torch.zeros((len(models), len(x), split.classes))


def test_an_adversary_sees_what_is_answered_and_not_the_model_behind_it() -> None:
    target = trained("mlp-s", data_of("synthetic", {"records": 300}), models=9)
    attack = MembershipInference(shadows=8)
    for defense, least, most in ((None, 0.6, 1.0), (Mute(), 0.5, 0.5)):
        (got,) = attack.mount([dataclasses.replace(target, defense=defense)], LAB)
        assert least <= attack.metrics[0].judge(got) <= most


def test_a_wrong_answer_is_explained_against_the_true_class() -> None:
    logits = torch.tensor([[[2.0, 1.0], [0.0, 1.0]]])
    beside = torch.tensor([[[3.0, 5.0], [3.0, 5.0]]])
    assert spreads(beside, logits, torch.tensor([0, 0])).tolist() == [[1.0, -1.0]]


def test_weights_follow_what_a_statistic_tells() -> None:
    draw = np.random.default_rng(0)
    member = draw.random((9, 400)).argsort(0) < 4
    useful, useless = draw.normal(size=(2, 9, 400))
    scores = weighed([useful + member, useless], member)
    turned = weighed([-(useful + member), useless], member)
    np.testing.assert_allclose(scores, turned, rtol=1e-6, atol=1e-8)
    alone = weighed([useful + member], member)
    mean = [np.mean([auc(*pair) for pair in zip(s, member, strict=True)]) for s in (scores, alone)]
    assert mean[0] == pytest.approx(mean[1], abs=0.01)
    assert mean[1] > 0.65
