"""Query synthesis for model extraction: random mixtures of records."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = ["mixtures"]


def mixtures(x: Tensor, draw: np.random.Generator, count: int) -> Tensor:
    """Mix pairs of records in random shares: (count, *shape), from (records, *shape)."""
    pair = draw.integers(len(x), size=(2, count))
    one, other = x[torch.as_tensor(pair, device=x.device)]
    share = torch.as_tensor(
        draw.random((count, *[1] * (one.dim() - 1)), dtype="float32"), device=x.device
    )
    mixed: Tensor = share * one + (1 - share) * other
    return mixed
