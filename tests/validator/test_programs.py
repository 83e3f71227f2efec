"""Programs that are traced once give what the function gives, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from crosscurrent.validator.training.architectures import Architecture
from crosscurrent.validator.training.ensembles import Ensemble, losses
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.programs import staged, traced

Function = Callable[..., Sequence[Tensor]]


def _same_shape(x: Tensor, y: Tensor) -> Sequence[Tensor]:
    return x.expand(3, 4).view(3, 4) * 1 + y.transpose(0, 1).transpose(1, 0), y.view(3, 4)


def _other_shape(x: Tensor, y: Tensor) -> Sequence[Tensor]:
    return x.view(4, 3) * 2, y.transpose(0, 1), y.transpose(0, 1).transpose(0, 1).sum(0)


def _written_into(x: Tensor, y: Tensor) -> Sequence[Tensor]:
    copy = x * 1
    copy.add_(y)
    return x + copy, copy


def _first_only(x: Tensor, y: Tensor) -> Sequence[Tensor]:
    del y
    return (x.exp(),)


def _given_back(x: Tensor, y: Tensor) -> Sequence[Tensor]:
    return y, x


@pytest.mark.parametrize("fixed", [0, 1, 2])
@pytest.mark.parametrize(
    "function", [_same_shape, _other_shape, _written_into, _first_only, _given_back]
)
def test_a_program_gives_what_the_function_gives(function: Function, fixed: int) -> None:
    draw = torch.Generator().manual_seed(0)
    program = staged(function, fixed)
    for _ in range(3):
        x, y = torch.rand((2, 3, 4), generator=draw)
        expected = function(x.clone(), y.clone())
        later = program(*(x, y)[:fixed])
        for _ in range(2):
            found = later(*(x, y)[fixed:])
            assert len(found) == len(expected)
            assert all(map(torch.equal, found, expected))


def test_functions_with_one_key_are_traced_once_for_each_shape() -> None:
    called = []

    def doubled(x: Tensor) -> Sequence[Tensor]:
        called.append(x.shape)
        return (x * 2,)

    for size in (2, 3, 2, 3):
        x = torch.ones(size)
        assert torch.equal(traced(doubled, "a test of ours")(x)[0], x * 2)
    assert len(called) == 2
    traced(doubled, "another one")(torch.ones(2))
    traced(doubled)(torch.ones(2))
    traced(doubled)(torch.ones(2))
    assert len(called) == 5


def test_models_whose_states_look_alike_do_not_share_what_they_do() -> None:
    def built(activation: type[nn.Module]) -> Callable[[], nn.Module]:
        return lambda: nn.Sequential(nn.Linear(3, 4), activation(), nn.Linear(4, 2))

    x, y = torch.rand((1, 5, 3)), torch.zeros((1, 5), dtype=torch.long)
    found = []
    for activation in (nn.ReLU, nn.Tanh):
        own = Architecture("own", (3,), 2, built(activation))
        assert own.operations is None
        models = Ensemble.fresh(own, [1], torch.device("cpu"))
        found.append(models.input_gradients()(y)(x))
    assert not torch.equal(*found)
    ours = [architecture(name, (3,), 2).operations for name in ("mlp-s", "mlp-s", "mlp-m")]
    assert ours[0] == ours[1] != ours[2]
    assert architecture("mlp-s", (4,), 2).operations != ours[0]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_a_program_is_traced_again_for_other_shapes(sizes: list[int]) -> None:
    program = traced(lambda x: (x.view(-1) * 1, x.sum(0)))
    for size in sizes:
        x = torch.arange(float(size * 2)).view(size, 2)
        flat, total = program(x)
        assert torch.equal(flat, x.view(-1))
        assert torch.equal(total, x.sum(0))


def test_what_the_first_arguments_decide_is_done_once() -> None:
    done = []

    def function(x: Tensor, y: Tensor) -> Sequence[Tensor]:
        done.append(1)
        return (x.exp() + y,)

    later = staged(function, 1)(torch.ones(3))
    assert torch.equal(later(torch.zeros(3))[0], torch.ones(3).exp())
    assert torch.equal(later(torch.ones(3))[0], torch.ones(3).exp() + 1)
    assert len(done) == 1


@pytest.mark.parametrize(("model", "shape"), [("mlp-s", (5,)), ("cnn-s", (1, 6, 6))])
@pytest.mark.parametrize("soft", [False, True])
def test_input_gradients_are_those_of_the_cross_entropy(
    model: str, shape: tuple[int, ...], soft: bool
) -> None:
    ensemble = Ensemble.fresh(architecture(model, shape, 3), [1, 2], torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    x = torch.rand((2, 7, *shape), generator=draw)
    y = torch.randint(0, 3, (2, 7), generator=draw)
    if soft:
        y = torch.rand((2, 7, 3), generator=draw).softmax(-1)
    found = ensemble.input_gradients()(y)(x)
    for i in range(2):
        moved = x[i].clone().requires_grad_()
        parameters = {name: each[i] for name, each in ensemble.parameters.items()}
        buffers = {name: each[i] for name, each in ensemble.buffers.items()}
        loss = losses(ensemble.call(parameters, buffers, moved), y[i]).sum()
        (expected,) = torch.autograd.grad(loss, moved)
        assert torch.allclose(found[i], expected, rtol=1e-4, atol=1e-6)


def test_gradients_of_the_margin_lead_to_the_nearest_other_class() -> None:
    ensemble = Ensemble.fresh(architecture("mlp-s", (5,), 4), [1, 2], torch.device("cpu"))
    draw = torch.Generator().manual_seed(0)
    x = torch.rand((2, 9, 5), generator=draw)
    y = torch.randint(0, 4, (2, 9), generator=draw)
    found = ensemble.input_gradients(of="margin")(y)(x)
    for i in range(2):
        moved = x[i].clone().requires_grad_()
        parameters = {name: each[i] for name, each in ensemble.parameters.items()}
        buffers = {name: each[i] for name, each in ensemble.buffers.items()}
        logits = ensemble.call(parameters, buffers, moved)
        own = logits.gather(1, y[i][:, None])[:, 0]
        other = logits.scatter(1, y[i][:, None], -torch.inf).max(1).values
        (expected,) = torch.autograd.grad((other - own).sum(), moved)
        assert torch.allclose(found[i], expected, rtol=1e-4, atol=1e-6)
