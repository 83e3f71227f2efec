"""A user's own model learns as its author means it, beside others and alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from contexts import CPU, close, random_pool, states
from torch import Tensor
from torch.nn.functional import cross_entropy

from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.defenses.group_fairness import GapPenalty
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.training import models as looked_up
from crosscurrent.validator.training.architectures import Architecture
from crosscurrent.validator.training.batches import shuffled
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.own_models import DRAW, Adaptation, OwnModel
from crosscurrent.validator.training.per_example import check_clipping, clipped, clipped_by_record
from crosscurrent.validator.training.replacements import uniform
from crosscurrent.validator.training.spec import Privacy, Schedule, TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Trial, run

SHAPE, CLASSES = (6,), 2
SCHEDULE = Schedule(40, epochs=2, batch_size=8)


def of(name: str, shape: tuple[int, ...] = SHAPE) -> Architecture:
    return architecture(f"their_models:{name}", shape, CLASSES, batch=8)


def shape_of(name: str) -> tuple[int, ...]:
    return (1, 6, 6) if name == "ResNet" else SHAPE


def learned(found: Architecture, seeds: list[int]) -> Ensemble:
    pool = random_pool(60, found.shape, CLASSES)
    runs = [TrainingRun(seed, torch.arange(40)) for seed in seeds]
    return train(found, pool, runs, SCHEDULE).models


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ResNet", ""),
        ("Credit", ""),
        ("Fields", ""),
        ("Pair", ""),
        ("Frozen", ""),
        ("pruned", ""),
        ("compiled", ""),
        ("repeated", ""),
        ("Tuned", ""),
        ("Raw", "torch has no batched gradient of memory (LSTM)"),
        ("Recurrent", "torch has no batched gradient of memory (LSTM)"),
        ("Attentive", "it draws random numbers outside of dropout layers"),
        ("Masked", "it draws random numbers outside of dropout layers"),
        ("Items", "it takes single numbers out of tensors"),
    ],
)
def test_what_can_be_batched_is_and_everything_else_is_trained_one_after_the_other(
    name: str, why: str
) -> None:
    found = of(name, shape_of(name))
    assert found.one_by_one == why
    beside = learned(found, [1, 2, 3])
    alone = learned(found, [2])
    for key, value in states(alone)[0].items():
        torch.testing.assert_close(value, states(beside)[1][key], rtol=1e-4, atol=1e-5)
    start = Ensemble.fresh(found, [2], CPU)
    assert any(not torch.equal(alone.parameters[k], v) for k, v in start.parameters.items())
    x = random_pool(5, found.shape, CLASSES).x
    assert torch.equal(beside.logits(x), beside.logits(x)), "evaluation draws nothing"
    own = torch.stack([x, x, x])
    torch.testing.assert_close(beside.logits(own), beside.logits(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["ResNet", "Credit", "Normed"])
def test_batched_and_one_by_one_training_give_the_same(name: str) -> None:
    found = of(name, shape_of(name))
    adapted = Adaptation(wrapped=True, one_by_one="for a test")
    build = partial(looked_up._built, f"their_models:{name}", found.shape, CLASSES, adapted)
    alone = replace(found, _build=build, one_by_one=adapted.one_by_one)
    pairs = zip(states(learned(found, [1, 2])), states(learned(alone, [1, 2])), strict=True)
    assert all(close(one, other, 1e-4) for one, other in pairs)


@pytest.mark.parametrize("name", ["Normed", "Twice", "Tuned"])
def test_batch_normalisation_is_that_of_pytorch(name: str) -> None:
    found = of(name)
    pool = random_pool(60, SHAPE, CLASSES)
    member = TrainingRun(3, torch.arange(40))
    models = train(found, pool, [member], SCHEDULE).models
    import their_models

    with torch.random.fork_rng(devices=[]):
        model: torch.nn.Module = getattr(their_models, name)(SHAPE, CLASSES).train()
    own = {name.removeprefix("inner."): v for name, v in found.build(3).state_dict().items()}
    model.load_state_dict({k: v for k, v in own.items() if k != DRAW})
    optimizer = torch.optim.Adam(model.parameters(), lr=SCHEDULE.learning_rate)
    plan = shuffled([member], SCHEDULE, CPU)
    for update in range(SCHEDULE.updates):
        index = plan.batch(update)[0][0]
        optimizer.zero_grad()
        cross_entropy(model(pool.x[index]), pool.y[index]).backward()
        optimizer.step()
    got = {k.removeprefix("inner."): v[0] for k, v in (models.parameters | models.buffers).items()}
    for name, value in model.state_dict().items():
        torch.testing.assert_close(got[name], value, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(models.logits(pool.x)[0], model.eval()(pool.x), rtol=1e-3, atol=1e-4)


def test_what_dropout_keeps_is_a_fair_draw_of_each_model_and_update() -> None:
    drawn = uniform(torch.tensor(7), (100, 1000))
    assert float(drawn.min()) >= 0
    assert float(drawn.max()) < 1
    counts = np.histogram(drawn.numpy(), bins=20, range=(0, 1))[0]
    assert (np.abs(counts - 5000) < 5 * np.sqrt(5000)).all()
    others = [uniform(torch.tensor(seed), (100, 1000)) for seed in (8, 1 << 61)]
    rows = [drawn[0], drawn[1], *(each[0] for each in others)]
    correlated = np.corrcoef(np.stack([row.numpy() for row in rows])) - np.eye(4)
    assert np.abs(correlated).max() < 0.15
    assert torch.equal(drawn, uniform(torch.tensor(7), (100, 1000)))


@pytest.mark.parametrize("name", ["Credit", "Masked", "Attentive", "Recurrent", "ResNet"])
def test_each_update_of_each_model_draws_anew(name: str) -> None:
    found = of(name, shape_of(name))
    models = Ensemble.fresh(found, [1, 1], CPU)
    learner = models.learner()
    state, buffers = ({k: v[0] for k, v in s.items()} for s in (models.parameters, models.buffers))
    x = random_pool(8, found.shape, CLASSES).x

    def answered(draw: int) -> Tensor:
        learner.begin()
        return learner(state, {**buffers, DRAW: torch.tensor(draw)}, x)

    before = torch.get_rng_state()
    assert torch.equal(answered(1), answered(1))
    assert not torch.equal(answered(1), answered(2))
    assert torch.equal(before, torch.get_rng_state())


def test_one_logit_is_that_of_the_second_class() -> None:
    found = of("Credit")
    x = random_pool(5, SHAPE, CLASSES).x
    model = found.build(0).eval()
    assert isinstance(model, OwnModel)
    with torch.no_grad():
        assert torch.equal(model(x)[:, 0], torch.zeros(5))
        torch.testing.assert_close(model(x).softmax(-1)[:, 1], torch.sigmoid(model.inner(x)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Counter", r"as it learns, .* more than its state and the records \(it\.n changes\)"),
        ("Depth", "as it learns, its forward pass depends on more than its state"),
        ("Replacing", r"replaces its buffer average as it learns.*in place"),
        ("Hidden", r"it\._layers holds layers in a plain container"),
    ],
)
def test_what_would_be_lost_as_a_model_learns_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        of(name)


def test_a_penalty_without_weight_changes_nothing() -> None:
    """It asks for the answers about the batch once more; nothing is drawn or kept for that."""
    found = of("Credit")
    pool = random_pool(60, SHAPE, CLASSES)
    nothing = TrainingHooks(penalties=(GapPenalty(0.0, 0, 2, within_classes=False),))
    runs = [TrainingRun(3, torch.arange(40), each) for each in (TrainingHooks(), nothing)]
    models = train(found, pool, runs, SCHEDULE).models
    for value in (models.parameters | models.buffers).values():
        torch.testing.assert_close(value[0], value[1], rtol=1e-4, atol=1e-6)


def test_gradients_by_records_of_a_recurrent_model_are_those_of_autograd() -> None:
    models = Ensemble.fresh(of("Raw"), [1, 2], CPU)
    pool = random_pool(3, SHAPE, CLASSES)
    x = pool.x.expand(2, 3, 6)
    (found, _) = models.input_gradients()(pool.y.expand(2, 3))(x)
    model, mine = of("Raw").build(1).eval(), pool.x.clone().requires_grad_()
    cross_entropy(model(mine), pool.y, reduction="sum").backward()
    torch.testing.assert_close(found, mine.grad)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Centred", "its forward pass normalises a record by the others"),
        ("Credit", r"net\.1 \(BatchNorm\) normalises a record by the others.*GroupNorm"),
        ("Recurrent", r"cannot be taken one by one: torch has no batched gradient of memory"),
    ],
)
def test_where_one_records_gradient_is_not_defined_differential_privacy_says_so(
    name: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        check_clipping(of(name))
    with pytest.raises(InputError, match=said):
        experiment(
            load(), "PD1", "P1", settings=["data.records=200", "data.attributes=10"], seeds=2,
            model=f"their_models:{name}",
        )  # fmt: skip


@pytest.mark.parametrize("name", ["hooked", "pruned"])
def test_hooks_count_in_the_gradient_of_each_record(name: str) -> None:
    models = Ensemble.fresh(of(name), [1, 2], CPU)
    pool = random_pool(3, SHAPE, CLASSES)
    x, y = pool.x.expand(2, 3, 6), pool.y.expand(2, 3)
    used, right = (way(models, 0.5)(x, y, torch.ones(2, 3)) for way in (clipped, clipped_by_record))
    for one, other in zip(used, right, strict=True):
        torch.testing.assert_close(one, other)
    private = TrainingRun(1, torch.arange(3), TrainingHooks(privacy=Privacy(1.0, 1.0)))
    trained = train(of(name), pool, [private], Schedule(3, 1, 3)).models
    assert torch.isfinite(trained.logits(pool.x)).all()


def test_a_factor_that_takes_a_gradient_does_not_cost_the_verdict() -> None:
    planned = experiment(
        load(), "placebo", "P1", seeds=2, model="their_models:Frozen",
        settings=[
            "data.records=200", "data.attributes=10", "training.epochs=1", "attack.shadows=4",
        ],
    )  # fmt: skip
    (found,) = run(planned.context, [Trial(None, (planned.attack,), 0)])
    assert "no gradient of the model reaches" in found.unmeasured["attribute_count"]
    assert found.metrics["membership_inference"]["auc"] > 0
