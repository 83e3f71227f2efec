"""Random streams: each purpose of each model draws from a generator of its own.

A stream depends on nothing but its name, so what a model draws does not depend on which other
models are trained beside it, in which order, or in how many chunks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["Streams", "derive", "generator", "numpy_generator", "record_draws"]


def derive(*name: int | str) -> int:
    """Return the seed (63 bits) of the stream with this name."""
    digest = hashlib.sha256("/".join(map(str, name)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*name: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """Return the torch generator of the stream with this name."""
    return torch.Generator(device).manual_seed(derive(*name))


def numpy_generator(*name: int | str) -> np.random.Generator:
    """Return the NumPy generator of the stream with this name."""
    return np.random.default_rng(derive(*name))


def record_draws(x: Tensor, *name: int | str) -> Tensor:
    """Draw a number for each record that depends on nothing but the record and the name.

    Parameters
    ----------
    x : Tensor
        (records, *shape).
    *name : int or str
        Of the key: whoever does not know it cannot tell what is drawn.

    Returns
    -------
    Tensor
        Uniform in [0, 1): (records,), float64.
    """
    key = derive(*name).to_bytes(8, "big")
    rows = np.ascontiguousarray(x.detach().cpu().numpy())
    digests = (hashlib.blake2b(row.tobytes(), key=key, digest_size=8).digest() for row in rows)
    drawn = [(int.from_bytes(digest, "big") >> 11) * 2.0**-53 for digest in digests]
    return torch.tensor(drawn, dtype=torch.float64, device=x.device)


class Streams:
    """The streams of several models, drawn from side by side.

    Parameters
    ----------
    seeds : sequence of int
        One for each model.
    device : torch.device
        Where the draws are made.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self._device = device
        self._generators = [generator(seed, "draws", device=device) for seed in seeds]

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Draw from [0, 1): (models, *shape)."""
        return self._fill(shape, lambda row, source: row.uniform_(generator=source))

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Draw from the standard normal distribution: (models, *shape)."""
        return self._fill(shape, lambda row, source: row.normal_(generator=source))

    def integers(self) -> Tensor:
        """Draw from 0 to 2⁶² − 1: (models,), int64."""
        return self._fill(
            (), lambda row, source: row.random_(1 << 62, generator=source), torch.int64
        )

    def _fill(
        self,
        shape: Sequence[int],
        draw: Callable[[Tensor, torch.Generator], Tensor],
        kind: torch.dtype = torch.float32,
    ) -> Tensor:
        drawn = torch.empty((len(self._generators), *shape), device=self._device, dtype=kind)
        for row, source in zip(drawn, self._generators, strict=True):
            draw(row, source)
        return drawn
