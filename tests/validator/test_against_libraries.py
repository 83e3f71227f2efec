"""On the same trained models our attacks, metrics and gradients agree with other libraries."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from crosscurrent.validator.arms.membership_ratios import likelihood_ratios
from crosscurrent.validator.arms.metrics import auc
from crosscurrent.validator.arms.splits import TargetModel, pool_of, split_data
from crosscurrent.validator.attacks._membership_scores import confidences
from crosscurrent.validator.attacks.evasion import ROBUST_ACCURACY, Evasion
from crosscurrent.validator.data import dataset
from crosscurrent.validator.defenses.differential_privacy import DifferentialPrivacy, delta
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.per_example import clipped_by_layer, clipped_by_record
from crosscurrent.validator.training.pgd import pgd_attack
from crosscurrent.validator.training.spec import Schedule, TrainingRun
from crosscurrent.validator.training.trainer import train

EPSILON, STEPS = 0.1, 20
NO_RESOURCES: Any = None
"""Evasion trains no models of its own."""


@pytest.fixture(scope="module")
def digits() -> tuple[nn.Module, Ensemble, torch.Tensor, torch.Tensor]:
    """Return one trained model, as a module and as an ensemble, with test records."""
    torch.set_num_threads(1)
    data = dataset("digits")
    pool = pool_of(data, torch.device("cpu"))
    split = split_data(data, pool, 0, 1)
    found = architecture("mlp-s", data.shape, data.classes)
    schedule = Schedule(len(split.training[0]), epochs=10)
    models = train(found, pool, [TrainingRun(1, split.training[0])], schedule).models
    module = found.build(0)
    module.load_state_dict({k: v[0] for k, v in models.parameters.items()})
    rows = split.test[:200]
    return module.eval(), models, pool.x[rows], pool.y[rows]


def test_our_attack_is_as_strong_as_the_strongest_of_three_libraries(
    digits: tuple[nn.Module, Ensemble, torch.Tensor, torch.Tensor],
) -> None:
    module, models, x, y = digits
    gradient = models.input_gradients()(y[None])
    start = torch.rand(x.shape, generator=torch.Generator().manual_seed(0))[None]
    moved = pgd_attack(
        gradient,
        x[None],
        (torch.zeros(x.shape[1:]), torch.ones(x.shape[1:])),
        start,
        epsilon=EPSILON,
        steps=STEPS,
    )
    assert float((moved - x).abs().max()) <= EPSILON + 1e-6
    assert 0 <= float(moved.min()) <= float(moved.max()) <= 1

    def robust(attacked: torch.Tensor) -> float:
        with torch.no_grad():
            return float((module(attacked).argmax(1) == y).float().mean())

    theirs = [robust(each) for each in _theirs(module, x, y)]
    assert len(theirs) == 3
    assert robust(moved[0]) <= min(theirs) + 0.03


def _theirs(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import foolbox
        import torchattacks
        from art.attacks.evasion import ProjectedGradientDescent
        from art.estimators.classification import PyTorchClassifier

        torch.manual_seed(0)
        step = 2.5 * EPSILON / STEPS
        classifier = PyTorchClassifier(
            module, nn.CrossEntropyLoss(), tuple(x.shape[1:]), 10, clip_values=(0, 1)
        )
        art = ProjectedGradientDescent(
            classifier, eps=EPSILON, eps_step=step, max_iter=STEPS, num_random_init=1, verbose=False
        ).generate(x.numpy(), y=y.numpy())
        attack = torchattacks.PGD(module, eps=EPSILON, alpha=step, steps=STEPS)
        fool = foolbox.attacks.LinfPGD(steps=STEPS, abs_stepsize=step)
        bounded = foolbox.models.pytorch.PyTorchModel(module, bounds=(0, 1))
        _, clipped, _ = fool(bounded, x, y, epsilons=EPSILON)
        return [torch.as_tensor(art), attack(x, y), clipped]


def test_evasion_at_its_defaults_is_as_strong_as_autoattack(
    digits: tuple[nn.Module, Ensemble, torch.Tensor, torch.Tensor],
) -> None:
    """Croce and Hein 2020: an ensemble with APGD, which takes 100 steps, and a targeted search."""
    module, models, _, _ = digits
    data = dataset("digits")
    split = split_data(data, pool_of(data, torch.device("cpu")), 0, 1)
    split = dataclasses.replace(split, test=split.test[:200])
    x, y = split.pool.x[split.test], split.pool.y[split.test]
    (ours,) = Evasion().mount([TargetModel(split, models, None)], NO_RESOURCES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torchattacks

        moved = torchattacks.AutoAttack(module, eps=Evasion().epsilon, n_classes=10, seed=0)(x, y)
    with torch.no_grad():
        theirs = float((module(moved).argmax(1) == y).float().mean())
    assert 0.3 < theirs < 0.7
    assert ROBUST_ACCURACY.judge(ours) <= theirs + 0.01


@pytest.mark.parametrize("way", [clipped_by_layer, clipped_by_record])
def test_clipped_sums_are_those_of_opacus_per_example_gradients(way: object) -> None:
    from opacus.grad_sample import GradSampleModule

    found = architecture("mlp-s", (6,), 3)
    models = Ensemble.fresh(found, [0, 1, 2], torch.device("cpu"))
    draw = torch.Generator().manual_seed(5)
    x, y = torch.randn((3, 8, 6), generator=draw), torch.randint(3, (3, 8), generator=draw)
    weight = (torch.rand((3, 8), generator=draw) < 0.7).float()
    ours = way(models, 0.5)(x, y, weight)  # type: ignore[operator]
    for i in range(3):
        module = found.build(0)
        module.load_state_dict({k: v[i].detach() for k, v in models.parameters.items()})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampled = GradSampleModule(module, loss_reduction="sum")
            nn.functional.cross_entropy(sampled(x[i]), y[i], reduction="sum").backward()
        each = [p.grad_sample for p in sampled.parameters()]
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in each]).norm(dim=0)
        factor = weight[i] * (0.5 / (norms + 1e-6)).clamp(max=1)
        for got, gradient in zip(ours, each, strict=True):
            expected = torch.einsum("b,b...->...", factor, gradient)
            torch.testing.assert_close(got[i], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("epsilon", "epochs"), [(1.0, 20), (4.0, 5)])
def test_the_budget_is_what_opacus_counts_step_by_step(epsilon: float, epochs: int) -> None:
    from opacus.accountants import RDPAccountant

    schedule = Schedule(350, epochs=epochs, sampling="poisson")
    defense = DifferentialPrivacy(epsilon=epsilon)
    noise = defense.noise_multiplier(schedule)
    accountant = RDPAccountant()
    for _ in range(schedule.updates):
        accountant.step(noise_multiplier=noise, sample_rate=schedule.rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counted = accountant.get_epsilon(delta(schedule))
    (spent,) = defense.read([None], schedule)  # type: ignore[list-item]
    assert spent == pytest.approx(counted)
    assert spent <= epsilon


def test_lira_is_what_the_paper_writes_down() -> None:
    draw = np.random.default_rng(0)
    phi, member = draw.normal(size=(7, 20)), draw.random((7, 20)) < 0.5
    member[:3], member[3:] = member[:3] | ~member[3:6], member[3:]
    online, offline = likelihood_ratios(phi, member)
    for target in range(7):
        others = [m for m in range(7) if m != target]
        inside, outside = (
            [[phi[m, r] for m in others if member[m, r] == kind] for r in range(20)]
            for kind in (True, False)
        )
        for r in range(20):
            z_in, s_in = _score(phi[target, r], inside, r)
            z_out, s_out = _score(phi[target, r], outside, r)
            ratio = (-(z_in**2) / 2 - math.log(s_in)) - (-(z_out**2) / 2 - math.log(s_out))
            assert online[target, r] == pytest.approx(ratio, abs=1e-6)
            assert offline[target, r] == pytest.approx(z_out, abs=1e-6)


def _score(value: float, groups: list[list[float]], record: int) -> tuple[float, float]:
    """Return how unlikely a value is beside those of a record's models, and the pooled deviation.

    Of a value and the mean of n others with the same variance the difference has the variance of
    one, and an n-th of it.
    """
    means = [sum(g) / len(g) if g else 0.0 for g in groups]
    squares = sum((v - m) ** 2 for g, m in zip(groups, means, strict=True) for v in g)
    freedom = max(1, sum(max(0, len(g) - 1) for g in groups))
    variance = squares / freedom
    others = max(1, len(groups[record]))
    off = (value - means[record]) / math.sqrt(variance + variance / others)
    return off, math.sqrt(variance)


@pytest.mark.parametrize("shadows", [4, 16])
def test_of_models_that_leak_nothing_lira_tells_nothing(shadows: int) -> None:
    """As in a data split: one model has half of the records; half of the others have each."""
    found = []
    for trial in range(60):
        draw = np.random.default_rng(trial)
        member = np.zeros((1 + shadows, 200), bool)
        member[0, draw.permutation(200)[:100]] = True
        member[1:] = draw.random((shadows, 200)).argsort(0) < shadows // 2
        phi = draw.normal(size=member.shape) + 2 * draw.normal(size=200)
        scores = likelihood_ratios(phi, member)
        found.append([np.mean([auc(*p) for p in zip(s, member, strict=True)]) for s in scores])
    error = np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - 0.5) < 4 * error).all()
    assert error.max() < 0.004


def test_confidences_are_log_odds_and_stay_finite() -> None:
    logits = torch.tensor([[[2.0, 0.5, -1.0], [900.0, 0.0, 1.0]]])
    got = confidences(logits, torch.tensor([1, 0])).numpy()[0]
    p = logits[0, 0].double().softmax(0)[1].item()
    assert got[0] == pytest.approx(math.log(p / (1 - p)))
    assert np.isfinite(got).all()


def test_group_gaps_are_fairlearns() -> None:
    from fairlearn import metrics

    from crosscurrent.validator.attacks.discriminatory_behavior import DiscriminatoryBehavior

    draw = np.random.default_rng(1)
    got: dict[str, NDArray[Any]] = {k: draw.integers(2, size=80) for k in ("y", "predicted")}
    got["group"] = draw.integers(3, size=80)
    got["by_class"] = got["by_group"] = np.ones(80, np.int64) > 0
    odds, parity, worst = DiscriminatoryBehavior.metrics
    given = {"sensitive_features": got["group"]}
    assert odds.judge(got) == metrics.equalized_odds_difference(got["y"], got["predicted"], **given)
    assert parity.judge(got) == metrics.demographic_parity_difference(
        got["y"], got["predicted"], **given
    )
    right = got["y"] == got["predicted"]
    assert worst.judge(got) == min(right[got["group"] == g].mean() for g in range(3))
