"""Backdoor triggers: a patch in the corner of an image, or extreme values of some attributes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .members import Pool

__all__ = ["stamped", "trigger"]


def trigger(pool: Pool, draw: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
    """Draw a trigger.

    Parameters
    ----------
    pool : Pool
        For the shape of a record and the bounds of its attributes.
    draw : numpy.random.Generator
        Which attributes of a table it sets.
    size : int
        Side of the patch in pixels, or number of attributes.

    Returns
    -------
    mask : Tensor
        Where it is: shape of a record, bool.
    values : Tensor
        What it sets: shape of a record.
    """
    mask = torch.zeros_like(pool.low, dtype=torch.bool)
    if mask.dim() == 3:
        mask[:, -size:, -size:] = True
        return mask, pool.high
    chosen = draw.permutation(len(mask))[:size]
    mask[torch.as_tensor(chosen, device=mask.device)] = True
    high = torch.as_tensor(draw.random(len(mask)) < 0.5, device=mask.device)
    return mask, torch.where(high, pool.high, pool.low)


def stamped(x: Tensor, mask: Tensor, values: Tensor) -> Tensor:
    """Return records with the trigger on them."""
    return torch.where(mask, values, x)
