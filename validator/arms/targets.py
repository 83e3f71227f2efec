"""Targeted records: the few that an adversary is after, and a defense may mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from .splits import DataSplit

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["check_targets", "chosen_targets"]

LEAST_TARGETS = 20
"""Of fewer records a model may well be trained on all or on none, and nothing tells them apart."""


def check_targets(setting: str, count: int, data: Dataset) -> None:
    """Raise `InputError` if a setting makes too few targets to judge an attack by, or too many."""
    if not LEAST_TARGETS <= count <= data.records // 2:
        raise InputError(
            f"{setting}={count}: records that are targeted should be {LEAST_TARGETS} or more, and"
            f" at most half of the {data.records:,} records"
        )


def chosen_targets(split: DataSplit, count: int) -> Tensor:
    """Return which records are targeted: indices of candidates, sorted (records,).

    They depend on data and seed alone, so that they are the same in both arms, whatever the number
    of shadow models. About half of them train each model.

    Parameters
    ----------
    split : DataSplit
        Of either arm.
    count : int
        How many; no more than there are candidates.
    """
    order = split.generator("targets").permutation(len(split.candidates))[:count]
    chosen = torch.as_tensor(order, device=split.candidates.device)
    return split.candidates[chosen.sort().values]
