"""Models that are Python objects: estimators, modules and functions, given or found by name."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.knowledge.errors import InputError, legible

from ...imports import by_path
from ._estimators import Estimator
from ._model import Model, users_code

if TYPE_CHECKING:
    from .._records import Records

__all__ = ["Function", "of_object", "of_reference"]


def of_reference(reference: str) -> Model:
    """Find a model by ``package.module:name``, the folder of the command included.

    Raises
    ------
    InputError
        It cannot be imported, or is no model.
    """
    return of_object(by_path(reference, f"model {legible(reference)}", here=True), reference)


def of_object(found: Any, name: str) -> Model:
    """Take an object for a model: an estimator, a torch module, or a function.

    Raises
    ------
    InputError
        It is none of these.
    """
    if isinstance(found, type):
        if "torch" in sys.modules and issubclass(found, sys.modules["torch"].nn.Module):
            raise InputError(
                f"{name}: is a class without weights; give the file of weights (.safetensors or"
                f" .pt) in its place, and --model {name}"
            )
        raise InputError(f"{name}: is a class; give a fitted model, or a function")
    if "torch" in sys.modules and isinstance(found, sys.modules["torch"].nn.Module):
        from ._torch_modules import TorchModule

        return TorchModule(found, name)
    # after modules, some of which have a method of that name
    if hasattr(found, "predict_proba") or hasattr(found, "predict"):
        return Estimator(found, name)
    if not callable(found):
        raise InputError(
            f"{name}: is no model: it should be a fitted estimator with predict_proba, a"
            " torch.nn.Module, or a function from records to probabilities"
        )
    return Function(found, name)


class Function(Model):
    """A function from records to probabilities.

    It is called with an array of numbers; or with a pandas frame, if its parameter is annotated as
    one, or attributes are texts.
    """

    kind: ClassVar[str] = "Python function"

    def __init__(self, function: Any, name: str) -> None:
        super().__init__(name)
        self._function = function
        self._frame = _takes_a_frame(function)

    def outputs(self, records: Records) -> Any:
        """Return what it gives for records."""
        given = records.frame() if self._frame or records.texts() else records.array()
        with users_code(self.name, f"failed when asked about {len(records):,} records"):
            return self._function(given)


def _takes_a_frame(function: Any) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False
    told = parameters[0].annotation if parameters else ""
    return "DataFrame" in (told if isinstance(told, str) else getattr(told, "__name__", ""))
