"""Copies of a model without its smallest parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from ..training.ensembles import Ensemble

__all__ = ["pruning"]


def pruning(model: Ensemble) -> tuple[int, Callable[[int], Ensemble]]:
    """Return how many parameters a single model has, and a function that prunes it.

    The function takes how many parameters stay, by magnitude among all of them (of equally large
    ones, the earlier); it sets the others to zero (Han et al. 2015, Learning both Weights and
    Connections for Efficient Neural Networks).
    """
    sizes = torch.cat([each.abs().flatten() for each in model.parameters.values()])
    place = sizes.argsort(descending=True, stable=True).argsort()
    counts = [each.numel() for each in model.parameters.values()]

    def pruned(kept: int) -> Ensemble:
        stays = torch.split(place < kept, counts)
        return replace(
            model,
            parameters={
                name: each * part.view_as(each)
                for (name, each), part in zip(model.parameters.items(), stays, strict=True)
            },
        )

    return len(sizes), pruned
