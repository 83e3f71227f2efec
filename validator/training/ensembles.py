"""Many models of one architecture, run as one batched computation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vjp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..imports import FAILURES
from .architectures import Architecture
from .failures import failed
from .own_models import OwnModel
from .programs import Program, staged, traced
from .replacements import BatchNorm, ForwardPass

__all__ = ["Ensemble", "Learner", "losses"]

_ROWS = 1 << 16
"""Records that go through all models at once, summed over the models."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Models of one architecture, their parameters stacked along a first dimension.

    Attributes
    ----------
    architecture : Architecture
        What all of them look like.
    parameters, buffers : dict of str to Tensor
        Stacked states: (models, ...). What a model's author has frozen is a buffer here.
    """

    architecture: Architecture
    skeleton: nn.Module
    parameters: dict[str, Tensor]
    buffers: dict[str, Tensor]

    @classmethod
    def fresh(
        cls, architecture: Architecture, seeds: Sequence[int], device: torch.device
    ) -> Ensemble:
        """Initialise one model for each seed."""
        models = [architecture.build(seed).to(device) for seed in seeds]
        parameters, buffers = stack_module_state(models)
        for name, own in models[0].named_parameters():
            if not own.requires_grad:
                buffers[name] = parameters.pop(name)
        return cls(architecture, models[0].eval(), parameters, buffers)

    @classmethod
    def joined(cls, parts: Sequence[Ensemble], order: Sequence[int]) -> Ensemble:
        """Put ensembles together; `order` says where each of their models goes."""
        back = torch.as_tensor(order).argsort().to(next(iter(parts[0].parameters.values())).device)

        def merged(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
            return {k: torch.cat([s[k].detach() for s in states])[back] for k in states[0]}

        return cls(
            parts[0].architecture,
            parts[0].skeleton,
            merged([part.parameters for part in parts]),
            merged([part.buffers for part in parts]),
        )

    def flattened(self) -> tuple[Tensor, Ensemble]:
        """Return all parameters in one vector, and the same models with views into it.

        What is done to the vector is done to the models: an optimizer takes one step for all.
        """
        vector = torch.cat([each.detach().flatten() for each in self.parameters.values()])
        parts = torch.split(vector, [each.numel() for each in self.parameters.values()])
        views = {
            name: part.view(each.shape)
            for (name, each), part in zip(self.parameters.items(), parts, strict=True)
        }
        return vector, replace(self, parameters=views)

    def __len__(self) -> int:
        return len(next(iter(self.parameters.values())))

    @property
    def device(self) -> torch.device:
        """Where the models are."""
        return next(iter(self.parameters.values())).device

    def only(self, chosen: Sequence[int]) -> Ensemble:
        """Return some of the models, as an ensemble."""
        index = torch.as_tensor(chosen, device=self.device)
        return Ensemble(
            self.architecture,
            self.skeleton,
            {k: v.detach()[index] for k, v in self.parameters.items()},
            {k: v[index] for k, v in self.buffers.items()},
        )

    def call(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        """Run one model, given its state: (records, *shape) to logits (records, classes).

        Raises
        ------
        InputError
            A user's own model raised something.
        """
        return _called(self.architecture.name, self.skeleton, parameters, buffers, x)

    def learner(self) -> Learner:
        """Return one model as it learns, when layers may draw and keep statistics."""
        return Learner(self.architecture.name, self.architecture.build(0).to(self.device).train())

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """Run all models on the same records, or each on its own.

        Parameters
        ----------
        x : Tensor
            (records, *shape): for all models; (models, records, *shape): for each its own.

        Returns
        -------
        Tensor
            (models, records, classes).
        """
        own = x.dim() > len(self.architecture.shape) + 1
        rows = max(1, _ROWS // len(self))
        if self.architecture.one_by_one:
            each = [
                torch.cat(
                    [self.call(*state, part) for part in torch.split(x[i] if own else x, rows)]
                )
                for i, state in enumerate(self._one_by_one())
            ]
            return torch.stack(each)
        run = vmap(self.call, in_dims=(0, 0, 0 if own else None))
        parts = torch.split(x, rows, dim=1 if own else 0)
        return torch.cat([run(self.parameters, self.buffers, part) for part in parts], dim=1)

    def batched(self, function: Program, key: Hashable | None = None) -> Program:
        """Return a function of one model as one of all models, at their present states.

        Parameters
        ----------
        function : callable
            From a model's parameters and buffers, and its share of further tensors, to a sequence
            of tensors.
        key : hashable, optional
            Functions with the same key do the same operations on models of one architecture.

        Returns
        -------
        callable
            From the further tensors, stacked over models, to stacked results; no gradients.
        """
        if self.architecture.one_by_one:
            program = torch.no_grad()(self._of_all(function))
        else:
            program = traced(self._of_all(function), self._shared(key))
        return lambda *given: program(*self._states, *given)

    def input_gradients(
        self, *, of: Literal["cross_entropy", "margin"] = "cross_entropy"
    ) -> Callable[[Tensor], Callable[[Tensor], Tensor]]:
        """Return the gradient of a loss, summed over records, with respect to the records.

        Parameters
        ----------
        of : {'cross_entropy', 'margin'}
            The margin is the largest logit of another class less that of the record's own: unlike
            the cross-entropy's, its gradient does not fade where a model is sure of itself.

        Returns
        -------
        callable
            From labels (models, records), or probabilities (models, records, classes), to a
            function from x (models, records, *shape) to gradients shaped like x, at the states
            that the models have then. Nothing that is done to x outside, such as a projection, is
            part of what is differentiated.
        """

        def of_one(
            parameters: dict[str, Tensor], buffers: dict[str, Tensor], y: Tensor, x: Tensor
        ) -> Sequence[Tensor]:
            logits, pulled, *_ = vjp(lambda moved: self.call(parameters, buffers, moved), x)
            # the derivative by the logits, in a third of the operations of the loss's own chain
            wanted = _targets(y, logits)
            against = logits.softmax(-1) if of == "cross_entropy" else _runner_up(logits, wanted)
            found: tuple[Tensor] = pulled(against - wanted)
            return found

        if self.architecture.one_by_one:
            of_all = self._of_all(of_one)

            def alone(y: Tensor, x: Tensor) -> Tensor:
                # recurrent layers keep what their gradient takes only where gradients are on
                with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
                    return of_all(*self._states, y, x)[0].detach()

            return lambda y: lambda x: alone(y, x)
        key = self._shared(("input gradients", of))
        prepare = staged(self._of_all(of_one), len(self._states) + 1, key)

        def given(y: Tensor) -> Callable[[Tensor], Tensor]:
            program = prepare(*self._states, y)
            return lambda x: program(x)[0]

        return given

    def _shared(self, key: Hashable | None) -> Hashable | None:
        """Tell what is done to one architecture from what is done to others."""
        operations = self.architecture.operations
        return None if key is None or operations is None else (key, operations)

    @property
    def _states(self) -> tuple[Tensor, ...]:
        return (*self.parameters.values(), *self.buffers.values())

    def _of_all(self, function: Program) -> Program:
        """Return a function of one model as one of all models: from all states, and the rest."""
        named, kept = list(self.parameters), list(self.buffers)

        def of_states(*tensors: Tensor) -> Sequence[Tensor]:
            parameters = dict(zip(named, tensors, strict=False))
            rest = tensors[len(named) :]
            buffers = dict(zip(kept, rest, strict=False))
            given = rest[len(kept) :]
            if self.architecture.one_by_one:
                with sdpa_kernel(SDPBackend.MATH):  # the others cannot be derived twice
                    each = [
                        function(*state, *(part[i] for part in given))
                        for i, state in enumerate(_parted(parameters, buffers))
                    ]
                return [torch.stack(same) for same in zip(*each, strict=True)]
            found: Sequence[Tensor] = vmap(function)(parameters, buffers, *given)
            return found

        return of_states

    def _one_by_one(self) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
        return _parted(self.parameters, self.buffers)


class Learner:
    """One model as it learns: it drops and normalises by the batch, given its state.

    Attributes
    ----------
    keeps : tuple of str
        Names of the buffers in which its layers keep statistics.
    """

    def __init__(self, name: str, module: nn.Module) -> None:
        self._name, self._module = name, module
        self._shared = module.shared if isinstance(module, OwnModel) else ForwardPass()
        layers = [part for part in module.modules() if isinstance(part, BatchNorm)]
        self.keeps = tuple(
            f"{layer.name}.{name}" for layer in layers for name, _ in layer.named_buffers()
        )

    def begin(self) -> None:
        """Begin a batch: draws are the first ones again."""
        self._shared.begin()

    def __call__(
        self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor
    ) -> Tensor:
        """Run it, as `Ensemble.call` does."""
        return _called(self._name, self._module, parameters, buffers, x)

    def statistics(self, buffers: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Return what its layers keep after this batch, in the order of `keeps`.

        Parameters
        ----------
        buffers : dict of str to Tensor
            What they kept before: a layer that was not run, or does not learn, keeps that.
        """
        return tuple(self._shared.statistics.get(name, buffers[name]) for name in self.keeps)


def _called(
    name: str,
    module: nn.Module,
    parameters: dict[str, Tensor],
    buffers: dict[str, Tensor],
    x: Tensor,
) -> Tensor:
    try:
        logits: Tensor = functional_call(module, (parameters, buffers), (x,))
    except FAILURES as error:
        raise failed(name, error) from error
    return logits


def _parted(
    parameters: dict[str, Tensor], buffers: dict[str, Tensor]
) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """Yield the state of each model."""
    for i in range(len(next(iter(parameters.values())))):
        yield {k: v[i] for k, v in parameters.items()}, {k: v[i] for k, v in buffers.items()}


def _targets(y: Tensor, logits: Tensor) -> Tensor:
    """Return the wanted probabilities of each record: (records, classes)."""
    if y.dim() == 2:
        return y
    return (y[:, None] == torch.arange(logits.shape[-1], device=y.device)).to(logits.dtype)


def _runner_up(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return 1 for the most likely class but the wanted one, and 0 for the others."""
    others = logits.masked_fill(wanted > 0.5, -torch.inf)
    return _targets(others.argmax(-1), logits)


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """Return the cross-entropy of each record.

    Parameters
    ----------
    logits : Tensor
        (records, classes).
    y : Tensor
        Classes (records,), or probabilities (records, classes).

    Returns
    -------
    Tensor
        (records,). As `torch.nn.functional.cross_entropy`, in a third of the operations.
    """
    surprise = -logits.log_softmax(-1)
    if y.dim() == 2:
        return (surprise * y).sum(-1)
    return surprise.gather(-1, y[:, None])[:, 0]
