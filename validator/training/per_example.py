"""Sums of clipped per-example gradients, for all models of an ensemble at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import grad, vmap

from crosscurrent.knowledge.errors import InputError

from ..imports import FAILURES, said
from .architectures import Architecture
from .ensembles import Ensemble, losses
from .failures import quiet
from .own_models import DRAW

__all__ = ["check_clipping", "clipped", "clipped_by_layer", "clipped_by_record", "layered"]

_ELEMENTWISE = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus)
"""Activations: they have no parameters and keep every record's shape."""

Clipped = Callable[[Tensor, Tensor, Tensor], Sequence[Tensor]]
"""From x (models, batch, *shape), y (models, batch) and weights (models, batch) to the weighted
sums of clipped gradients, one for each parameter: (models, ...)."""


def clipped(ensemble: Ensemble, clip: float) -> Clipped:
    """Return how to sum per-example gradients, each scaled down to an L2 norm of at most `clip`.

    Perceptrons take a way that needs no gradient of a single example in memory; everything else
    takes each example's gradient. Both give the same sums (up to rounding).
    """
    way = clipped_by_layer if layered(ensemble.skeleton) else clipped_by_record
    return way(ensemble, clip)


def check_clipping(architecture: Architecture) -> None:
    """Raise `InputError` if the gradient of a single record is not defined, or cannot be taken."""
    if architecture.mixing:
        raise InputError(
            f"model {architecture.name}: {architecture.mixing} normalises a record by the others in"
            " its batch, so one record's gradient is not defined, which differential privacy clips:"
            " use GroupNorm or LayerNorm"
        )
    why = architecture.one_by_one
    if architecture.code and not why:
        models = Ensemble.fresh(architecture, [0, 1], torch.device("cpu"))
        x, y = torch.zeros((2, 3, *architecture.shape)), torch.zeros((2, 3), dtype=torch.int64)
        try:
            with quiet():
                clipped(models, 1.0)(x, y, torch.ones((2, 3)))
        except FAILURES as error:
            why = said(error)
    if why:
        raise InputError(
            f"model {architecture.name}: differential privacy clips the gradient of each record,"
            f" and those of this model cannot be taken one by one: {why}"
        )


def clipped_by_record(ensemble: Ensemble, clip: float) -> Clipped:
    """Take each example's gradient: works for every model, and takes memory for all of them."""
    learner = ensemble.learner()

    def loss(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        place: Tensor,
    ) -> Tensor:
        learner.begin()
        if DRAW in buffers:  # each record has draws of its own
            buffers = {**buffers, DRAW: buffers[DRAW] ^ (place << 40)}
        return losses(learner(parameters, buffers, x[None]), y[None])[0]

    gradient = vmap(grad(loss), in_dims=(None, None, 0, 0, 0))

    def of_one(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        weight: Tensor,
    ) -> Sequence[Tensor]:
        places = torch.arange(len(x), device=x.device)
        found = list(gradient(parameters, buffers, x, y, places).values())
        squares = [each.flatten(1).square().sum(1) for each in found]
        factor = weight * _factor(torch.stack(squares).sum(0), clip)
        return [(factor @ each.flatten(1)).reshape(each.shape[1:]) for each in found]

    return ensemble.batched(of_one, ("clipped by record", clip))


def clipped_by_layer(ensemble: Ensemble, clip: float) -> Clipped:
    """Take norms layer by layer (Goodfellow 2015, Efficient Per-Example Gradient Computations).

    For a linear layer with input a and output gradient b, one example's gradient is the outer
    product b aᵀ (and b for the bias): its norm follows from those of a and b, and the clipped sum
    is one matrix product.
    """
    layers = dict(_linear(ensemble.skeleton))

    def loss(
        taps: dict[str, Tensor],
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        with _tapped(layers, taps) as inputs:
            logits = ensemble.call(parameters, buffers, x)
        return losses(logits, y).sum(), inputs

    gradient = grad(loss, has_aux=True)

    def of_one(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        weight: Tensor,
    ) -> Sequence[Tensor]:
        zeros = {k: x.new_zeros((len(x), v.out_features)) for k, v in layers.items()}
        outer, inputs = gradient(zeros, parameters, buffers, x, y)
        squares = [
            outer[k].square().sum(1) * (inputs[k].square().sum(1) + (v.bias is not None))
            for k, v in layers.items()
        ]
        factor = weight * _factor(torch.stack(squares).sum(0), clip)
        found = {}
        for name, layer in layers.items():
            scaled = outer[name] * factor[:, None]
            found[f"{name}.weight"] = scaled.T @ inputs[name]
            if layer.bias is not None:
                found[f"{name}.bias"] = scaled.sum(0)
        return [found[name] for name in parameters]

    return ensemble.batched(of_one, ("clipped by layer", clip))


def layered(model: nn.Module) -> bool:
    """Whether norms can be taken layer by layer.

    They can if each linear layer is used once, on one vector for each record. Only a plain chain
    is known to do so: records are flattened, then linear layers and activations take turns.
    """
    if type(model) is not nn.Sequential or not len(model) or any(map(_hooked, model.modules())):
        return False
    first, *rest = model
    linear = [part for part in rest if type(part) is nn.Linear]
    parameters = {id(p) for part in linear for p in part.parameters() if p.requires_grad}
    return (
        type(first) is nn.Flatten
        and (first.start_dim, first.end_dim) == (1, -1)
        and all(type(part) is nn.Linear or isinstance(part, _ELEMENTWISE) for part in rest)
        and len(parameters) == sum(1 + (part.bias is not None) for part in linear)
    )


def _hooked(part: nn.Module) -> bool:
    """Whether something is done to what a layer takes or gives."""
    return bool(part._forward_hooks or part._forward_pre_hooks)


def _linear(model: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear):
            yield name, part


@contextmanager
def _tapped(layers: dict[str, nn.Linear], taps: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Add a term to each layer's output, and note each layer's input."""
    inputs: dict[str, Tensor] = {}

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def add(_: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
            inputs[name] = given[0]
            return out + taps[name]

        return add

    handles = [layer.register_forward_hook(hook(name)) for name, layer in layers.items()]
    try:
        yield inputs
    finally:
        for handle in handles:
            handle.remove()


def _factor(squares: Tensor, clip: float) -> Tensor:
    """Return what each example's gradient is multiplied by, as Opacus does."""
    return (clip / (squares.sqrt() + 1e-6)).clamp(max=1.0)
