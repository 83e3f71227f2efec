"""Private training: no record moves a model by more than it may, and the noise is as promised."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import pytest
import torch
from contexts import CPU, random_pool, states
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.defenses.differential_privacy import DifferentialPrivacy, delta
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import Architecture, architecture
from crosscurrent.validator.training.per_example import (
    clipped,
    clipped_by_layer,
    clipped_by_record,
    layered,
)
from crosscurrent.validator.training.spec import Privacy, Schedule, TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train

SHAPE, CLASSES = (8,), 3


def _of(build: Callable[[], nn.Module]) -> Architecture:
    return Architecture("own", SHAPE, CLASSES, build)


def _batch(
    models: int, records: int, shape: Sequence[int], seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn((models, records, *shape), generator=draw)
    y = torch.randint(CLASSES, (models, records), generator=draw)
    weight = (torch.rand((models, records), generator=draw) < 0.7).float()
    return x, y, weight


def _close(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(one, other, strict=True))


def test_convolutional_nets_are_clipped_as_by_opacus_per_example_gradients() -> None:
    from opacus.grad_sample import GradSampleModule

    found = architecture("cnn-s", (1, 5, 4), CLASSES)
    models = Ensemble.fresh(found, [0, 1], CPU)
    x, y, weight = _batch(2, 6, (1, 5, 4), 5)
    ours = clipped(models, 0.8)(x, y, weight)
    for i in range(2):
        module = found.build(i)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its backward hooks on a first layer
            sampled = GradSampleModule(module, loss_reduction="sum")
            cross_entropy(sampled(x[i]), y[i], reduction="sum").backward()
        each = [p.grad_sample for p in sampled.parameters()]
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in each]).norm(dim=0)
        assert bool((norms > 0.8).any())
        factor = weight[i] * (0.8 / (norms + 1e-6)).clamp(max=1)
        assert _close([o[i] for o in ours], [torch.einsum("b,b...->...", factor, g) for g in each])


def _chain() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(8, 5, bias=False), nn.Tanh(), nn.Linear(5, 4), nn.Linear(4, CLASSES)
    )


@settings(max_examples=10)
@given(st.floats(1e-3, 1e3), st.integers(1, 9), st.integers(0, 1000))
def test_both_ways_of_clipping_give_the_same_sums(clip: float, records: int, seed: int) -> None:
    """Layers without a bias and other activations among them."""
    models = Ensemble.fresh(_of(_chain), [seed, seed + 1], CPU)
    assert layered(models.skeleton)
    batch = _batch(2, records, SHAPE, seed)
    assert _close(clipped_by_layer(models, clip)(*batch), clipped_by_record(models, clip)(*batch))


@settings(max_examples=8)
@given(st.floats(1e-3, 10), st.integers(0, 1000))
@pytest.mark.parametrize("way", [clipped_by_layer, clipped_by_record])
def test_one_record_moves_the_sum_by_no_more_than_the_clip(
    way: Callable[..., Callable[..., Sequence[Tensor]]], clip: float, seed: int
) -> None:
    models = Ensemble.fresh(_of(_chain), [0, 1], CPU)
    x, y, weight = _batch(2, 5, SHAPE, seed)
    sums = way(models, clip)
    without, with_ = weight.clone(), weight.clone()
    without[:, 2], with_[:, 2] = 0, 1
    differences = [
        (a - b).flatten(1)
        for a, b in zip(sums(x * 50, y, with_), sums(x * 50, y, without), strict=True)
    ]
    assert float(torch.cat(differences, 1).norm(dim=1).max()) <= clip * (1 + 1e-3) + 1e-6


def _shared() -> nn.Module:
    twice = nn.Linear(8, 8)
    return nn.Sequential(
        nn.Flatten(), twice, nn.ReLU(), nn.Sequential(twice), nn.Linear(8, CLASSES)
    )


def _reshaped() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Unflatten(1, (2, 4)), nn.Linear(4, 4), nn.Flatten(), nn.Linear(8, CLASSES)
    )


@pytest.mark.parametrize("build", [_shared, _reshaped])
def test_a_chain_that_uses_a_layer_twice_is_clipped_right(build: Callable[[], nn.Module]) -> None:
    """A layer within a nested chain too, or one on several vectors of a record."""
    models = Ensemble.fresh(_of(build), [0, 1], CPU)
    batch = _batch(2, 6, SHAPE, 0)
    assert _close(clipped(models, 0.1)(*batch), clipped_by_record(models, 0.1)(*batch))


@pytest.mark.parametrize("model", ["mlp-s", "cnn-s"])
def test_the_noise_is_normal_with_the_promised_deviation_and_every_models_own(model: str) -> None:
    """After one step of gradient descent it is what two runs with and without noise differ by."""
    clip, sigma, models = 0.5, 3.0, 4
    shape = SHAPE if model == "mlp-s" else (1, 5, 4)
    found = architecture(model, shape, CLASSES)
    pool = random_pool(16, shape, CLASSES)
    schedule = Schedule(16, 1, 16, optimizer="sgd", learning_rate=1.0)

    def trained(noise: float) -> list[dict[str, Tensor]]:
        method = TrainingHooks(privacy=Privacy(clip, noise))
        rows = torch.arange(16)
        members = [TrainingRun(seed, rows, method) for seed in range(models)]
        return states(train(found, pool, members, schedule).models)

    differences = [
        torch.cat([((b[k] - a[k]) * 16 / (clip * sigma)).flatten() for k in a])
        for a, b in zip(trained(0.0), trained(sigma), strict=True)
    ]
    drawn = torch.stack(differences).double()
    assert kstest(drawn.flatten().numpy(), "norm").pvalue > 0.001
    assert abs(float(drawn.std()) - 1) < 4 / math.sqrt(2 * drawn.numel())
    likeness = torch.corrcoef(drawn) - torch.eye(models)
    assert float(likeness.abs().max()) < 4.5 / math.sqrt(drawn.shape[1])


def test_the_least_noise_that_keeps_to_the_budget_is_taken() -> None:
    """A little less would spend more, by Opacus' own accountant."""
    from opacus.accountants import RDPAccountant

    schedule = Schedule(350, epochs=10, sampling="poisson")

    def spent(noise: float) -> float:
        accountant = RDPAccountant()
        accountant.history = [(noise, schedule.rate, schedule.updates)]
        return float(accountant.get_epsilon(delta(schedule)))

    noise = DifferentialPrivacy(epsilon=2.0).noise_multiplier(schedule)
    assert spent(noise) <= 2.0 < spent(noise * 0.98)
    noises = [DifferentialPrivacy(epsilon=e).noise_multiplier(schedule) for e in (0.5, 1, 2, 8)]
    assert noises == sorted(noises, reverse=True)


@pytest.mark.parametrize(("epsilon", "epochs"), [(0.1, 1), (0.1, 20), (0.01, 20), (0.01, 100_000)])
def test_small_budgets_are_kept_and_not_by_more_noise_than_they_take(
    epsilon: float, epochs: int
) -> None:
    """Opacus' own orders, up to 63, show no less than 0.13 here, however much noise there is."""
    from opacus.accountants import RDPAccountant

    schedule = Schedule(350, epochs=epochs, sampling="poisson")

    def spent(noise: float, orders: list[int]) -> float:
        accountant = RDPAccountant()
        accountant.history = [(noise, schedule.rate, schedule.updates)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(accountant.get_epsilon(delta(schedule), alphas=orders))

    defense = DifferentialPrivacy(epsilon=epsilon)
    noise = defense.noise_multiplier(schedule)
    (said,) = defense.read([None], schedule)  # type: ignore[list-item]
    assert said <= epsilon
    assert spent(noise, list(range(2, 1000, 7))) <= epsilon * 1.02
    assert spent(noise * 0.95, list(range(2, 1000, 7))) > epsilon
    assert spent(1e6, list(range(2, 64))) > 0.1


def test_a_budget_that_no_noise_shows_is_refused_with_the_least_that_some_does() -> None:
    schedule = Schedule(1_000_000, epochs=1, sampling="poisson")
    with pytest.raises(
        InputError, match=r"epsilon=0\.01 cannot be reached.*no budget below 0\.021"
    ):
        DifferentialPrivacy(epsilon=0.01).noise_multiplier(schedule)
    DifferentialPrivacy(epsilon=0.022).noise_multiplier(schedule)
