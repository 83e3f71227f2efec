"""Modules of torch, with weights from safetensors or from a file of tensors alone."""

from __future__ import annotations

import inspect
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ...data import require_file
from ...imports import by_path
from .._sources import MOST_BYTES, file_digest
from ._model import Model, needs, users_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from .._records import Records
    from ._settings import ModelSettings

__all__ = ["TorchModule", "of_weights"]

_TORCH: Final = "crosscurrent[validate]"
_SHOWN: Final = 3
_LOOKED_AT: Final = 100
"""Records of which it is seen whether there are gradients."""


class TorchModule(Model):
    """A torch module in evaluation mode, without gradients, in the precision of its weights.

    Parameters
    ----------
    module : Module or None
        It; None: `build` makes it from the shape of a record and the number of classes.
    build : callable, optional
        As above.
    """

    kind: ClassVar[str] = "PyTorch"
    batch: ClassVar[int] = 1_000
    may_be_logits: ClassVar[bool] = True

    def __init__(
        self,
        module: nn.Module | None,
        name: str,
        digest: str = "",
        build: Callable[[tuple[int, ...], int], nn.Module] | None = None,
    ) -> None:
        super().__init__(name, digest)
        self._module, self._build = module, build
        self._first: Records | None = None

    def prepare(self, records: Records, classes: int, most: int) -> None:
        """Build it, if it was not built yet."""
        del most
        self._first = records.at(slice(0, _LOOKED_AT))
        if self._build is not None:
            self._module = self._build(self._first.array().shape[1:], classes)

    @property
    def module(self) -> nn.Module:
        """The module, once it is built."""
        if self._module is None:
            raise RuntimeError("a model is asked after it is prepared")
        return self._module

    def outputs(self, records: Records) -> Any:
        """Return what its forward pass gives for records."""
        import torch

        given = self._tensor(records)
        with self._evaluated(records), torch.no_grad():
            found = self.module(given)
        if not isinstance(found, torch.Tensor):
            raise InputError(
                f"{self.name}: its forward pass gives a {type(found).__name__}; it should give a"
                " tensor of logits or probabilities, (records, classes): wrap it in a module that"
                " does"
            )
        return (found if found.is_complex() else found.double()).cpu().numpy()

    @property
    def has_gradients(self) -> bool:
        """Whether outputs can be differentiated; not if it rounds, or takes no gradients itself."""
        import torch

        if self._first is None:
            return False
        given = self._tensor(self._first).requires_grad_()
        with self._evaluated(self._first), torch.enable_grad():
            outputs: Tensor = self.module(given)
            if not outputs.requires_grad:
                return False
            # not of all outputs: probabilities always add up to 1
            first = outputs.reshape(len(given), -1)[:, 0].sum()
            (found,) = torch.autograd.grad(first, given, allow_unused=True)
        return found is not None and bool(found.any())

    def margin_gradient(
        self,
        records: Records,
        label: NDArray[np.int64],
        order: tuple[int, ...],
        *,
        logits: bool,
    ) -> NDArray[np.float64]:
        """Return the gradient, by the attributes, of the margin of the true class."""
        import torch

        given = self._tensor(records).requires_grad_()
        with self._evaluated(records), torch.enable_grad():
            outputs = self.module(given)
            if outputs.dim() == 1:
                outputs = outputs[:, None]
            if outputs.shape[1] == 1:
                zeros = torch.zeros_like(outputs)
                outputs = torch.cat([zeros, outputs] if logits else [1 - outputs, outputs], 1)
            if not logits:
                outputs = outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
            outputs = outputs[:, list(order)]
            true = torch.as_tensor(label, device=outputs.device)[:, None]
            others = outputs.scatter(1, true, -torch.inf).amax(1)
            (found,) = torch.autograd.grad((outputs.gather(1, true)[:, 0] - others).sum(), given)
        return np.asarray(found.double().cpu().numpy())

    def _tensor(self, records: Records) -> Tensor:
        """Return records in the precision, and where, the weights are."""
        import torch

        first = next((each for each in self.module.parameters() if each.is_floating_point()), None)
        kind, device = (torch.float32, None) if first is None else (first.dtype, first.device)
        return torch.as_tensor(records.array(), dtype=kind, device=device)

    @contextmanager
    def _evaluated(self, records: Records) -> Iterator[None]:
        """Put the module into evaluation mode, and then back."""
        modes = [(each, each.training) for each in self.module.modules()]
        told = f"its forward pass failed on records of shape {records.shape}"
        with users_code(self.name, told):
            try:
                self.module.eval()
                yield
            finally:
                for each, training in modes:
                    each.training = training

    def said_of(self) -> str:
        """Return what kind of model it is, with its class."""
        return self.kind if self._module is None else f"{self.kind} {type(self._module).__name__}"


def of_weights(path: str, settings: ModelSettings) -> TorchModule:
    """Load weights, into a module of the class that ``--model`` names.

    Raises
    ------
    InputError
        They are damaged, hold more than tensors, or do not fit the module.
    """
    shown = legible(path)
    if settings.architecture is None:
        raise InputError(
            f"{shown}: holds weights; say of which class with --model package.module:Class, a"
            " torch.nn.Module"
        )
    needs(path, ["torch"], _TORCH)
    safe = os.path.splitext(path)[1].lower() == ".safetensors"
    weights = _safetensors(path) if safe else _tensors(path)
    kind = by_path(settings.architecture, f"model {legible(settings.architecture)}", here=True)
    architecture = settings.architecture
    if not callable(kind):
        raise InputError(f"model {legible(architecture)}: should be a torch.nn.Module class")

    def build(shape: tuple[int, ...], classes: int) -> nn.Module:
        return _fitted(kind, architecture, weights, shown, shape, classes)

    return TorchModule(None, shown, file_digest(path), build)


def _safetensors(path: str) -> dict[str, Tensor]:
    shown = legible(path)
    needs(path, ["safetensors"])
    require_file(path, MOST_BYTES, "it is not read")
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{shown}: not sound safetensors, write it again: {clip(str(error), 200)}"
        ) from None
    return found


def _tensors(path: str) -> dict[str, Tensor]:
    """Read a state dict that `torch.save` has written; nothing but tensors is unpickled."""
    import torch

    shown = legible(path)
    require_file(path, MOST_BYTES, "it is not read")
    with users_code(shown, "not a sound file of weights"):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(each.file_size for each in archive.infolist())
            if unpacked > MOST_BYTES:
                raise InputError(f"{shown}: unpacks to more than {MOST_BYTES >> 30} GiB")
    advice = (
        "it should hold a state dict of tensors alone: torch.save(model.state_dict(), file), or"
        " safetensors.torch.save_file(model.state_dict(), file)"
    )
    try:
        with users_code(shown, "cannot be read"):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise InputError(f"{shown}: is damaged, or holds more than tensors; {advice}") from None
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(each, torch.Tensor) for name, each in found.items()
    ):
        raise InputError(f"{shown}: holds a {type(found).__name__} of other things; {advice}")
    return found


def _fitted(
    kind: Any,
    reference: str,
    weights: dict[str, Tensor],
    shown: str,
    shape: tuple[int, ...],
    classes: int,
) -> nn.Module:
    """Build a module and give it its weights, in their precision."""
    import torch

    name = f"model {legible(reference)}"
    bare = _needs_nothing(kind)
    told = "" if bare else f" with shape {shape} and {classes} classes"
    with users_code(name, f"cannot be built{told}"):
        module = kind() if bare else kind(shape, classes)
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"{name}: gives a {type(module).__name__}, not a torch.nn.Module")
    kinds = {each.dtype for each in weights.values() if each.is_floating_point()}
    with users_code(name, f"cannot be compared with its weights{told}"):
        if len(kinds) == 1:
            module = module.to(kinds.pop())
        wanted = {key: tuple(each.shape) for key, each in module.state_dict().items()}
    given = {key: tuple(each.shape) for key, each in weights.items()}
    problems = [f"lacks {clip(key)}" for key in wanted if key not in given]
    problems += [f"has {clip(key)}, which the model has not" for key in given if key not in wanted]
    problems += [
        f"{clip(key)} has the shape {given[key]}, and the model's has {wanted[key]}"
        for key in wanted
        if key in given and given[key] != wanted[key]
    ]
    if problems:
        more = len(problems) - _SHOWN
        raise InputError(
            f"{shown}: does not fit {name}{told}: {'; '.join(problems[:_SHOWN])}"
            + (f"; and {more} more" if more > 0 else "")
        )
    with users_code(shown, f"cannot be loaded into {name}"):
        module.load_state_dict(weights)
    return module


def _needs_nothing(kind: Any) -> bool:
    """Whether a class can be called without arguments; else it takes a shape and a number."""
    try:
        inspect.signature(kind).bind()
    except TypeError:
        return False
    except ValueError:
        return True
    return True
