"""Loading of a model by what is named: a file, an address, a function, or an object."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from crosscurrent.knowledge.errors import InputError, legible

from ...data import require_file

if TYPE_CHECKING:
    from ._model import Model
    from ._settings import ModelSettings

__all__ = ["is_model", "opened_model"]

_REFERENCE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""``package.module:name``."""
_PICKLES: Final = (".joblib", ".pkl", ".pickle")
_WEIGHTS: Final = (".safetensors", ".pt", ".pth")
_ENDINGS: Final = (".skops", ".onnx", *_PICKLES, *_WEIGHTS)


def is_model(given: object) -> bool:
    """Whether something is a model rather than predictions: by its name, or by its type."""
    if isinstance(given, Mapping):
        return False
    if not isinstance(given, str | os.PathLike):
        return True
    path = os.fspath(given)
    if path.startswith(("http://", "https://")) or _is_reference(path):
        return True
    return os.path.splitext(path)[1].lower() in _ENDINGS


def opened_model(given: Any, settings: ModelSettings) -> Model:
    """Load a model.

    Parameters
    ----------
    given : path, str or object
        A ``.skops``, ``.onnx``, ``.joblib``, ``.pkl``, ``.safetensors`` or ``.pt`` file, an address
        that begins with ``http://`` or ``https://``, ``package.module:name``; or a fitted
        estimator, a `torch.nn.Module`, or a function from records to probabilities.
    settings : ModelSettings
        What the user says of it.

    Raises
    ------
    InputError
        It cannot be loaded, or is not to be trusted.
    """
    if not isinstance(given, str | os.PathLike):
        from ._objects import of_object

        return of_object(given, f"the {type(given).__name__}")
    path = os.fspath(given)
    if path.startswith(("http://", "https://")):
        from ._endpoints import Endpoint

        return Endpoint(path, settings)
    if _is_reference(path):
        from ._objects import of_reference

        return of_reference(path)
    require_file(path)
    return _opener(path, settings)()


def _is_reference(path: str) -> bool:
    return _REFERENCE.fullmatch(path) is not None and not os.path.exists(path)


def _opener(path: str, settings: ModelSettings) -> Callable[[], Model]:
    ending = os.path.splitext(path)[1].lower()
    if ending == ".skops":
        from ._estimator_files import of_skops

        return partial(of_skops, path, settings)
    if ending in _PICKLES:
        from ._estimator_files import of_pickle

        return partial(of_pickle, path, settings)
    if ending in _WEIGHTS:
        from ._torch_modules import of_weights

        return partial(of_weights, path, settings)
    if ending == ".onnx":
        from ._onnx_graphs import OnnxGraph

        return partial(OnnxGraph, path)
    raise InputError(f"{legible(path)}: models are read from {', '.join(_ENDINGS)}")
