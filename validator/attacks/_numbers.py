"""Features of a model's outputs that an adversary's own models are fitted to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..arms.choices import centred_logarithms

__all__ = ["numbers"]


def numbers(observed: Tensor, classes: int) -> NDArray[np.float64]:
    """Put probabilities on a logarithmic scale; what is released beside them stays as it is.

    A model that is sure of its answers differs between them in the logarithms only.

    Parameters
    ----------
    observed : Tensor
        As `TargetModel.observed` returns it: (..., numbers), the probabilities of the classes
        first.
    classes : int
        Number of classes.

    Returns
    -------
    array of float64
        Shaped like what was observed: logarithms less their mean over the classes, then the rest.
    """
    found: NDArray[Any] = observed.detach().double().cpu().numpy()
    logs = centred_logarithms(found[..., :classes])
    return np.concatenate([logs, found[..., classes:]], axis=-1)
