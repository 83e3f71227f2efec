"""Batches: the records that each model sees in each update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from .randomness import generator

if TYPE_CHECKING:
    from .spec import Schedule, TrainingRun

__all__ = ["Batches", "poisson", "shuffled"]


class Batches(NamedTuple):
    """All batches of several models.

    Attributes
    ----------
    records : Tensor
        Indices into the pool: (models, updates, width).
    weights : Tensor
        1 for what is in the batch, 0 for what only fills it up: (models, updates, width).
    """

    records: Tensor
    weights: Tensor

    def batch(self, update: int) -> tuple[Tensor, Tensor]:
        """Return indices and weights of one update: (models, width) each."""
        return self.records[:, update], self.weights[:, update]


def shuffled(runs: Sequence[TrainingRun], schedule: Schedule, device: torch.device) -> Batches:
    """Go through each model's records in random order, again and again."""
    width = schedule.batch
    needed = schedule.updates * width
    rows = []
    for run in runs:
        source = generator(run.seed, "order")
        count = len(run.records)
        order = [torch.randperm(count, generator=source) for _ in range(-(-needed // count))]
        positions = torch.cat(order)[:needed].reshape(schedule.updates, width)
        rows.append(run.records[positions.to(run.records.device)])
    records = torch.stack(rows).to(device)
    return Batches(records, torch.ones((1, 1, 1), device=device).expand(records.shape))


def poisson(runs: Sequence[TrainingRun], schedule: Schedule, device: torch.device) -> Batches:
    """Take each record into each batch with probability `Schedule.rate`, independently."""
    width = schedule.width(max(len(run.records) for run in runs))
    rows, weights = [], []
    for run in runs:
        source = generator(run.seed, "order")
        count = len(run.records)
        chosen = torch.rand((schedule.updates, count), generator=source) < schedule.rate
        # a stable sort moves what is chosen to the front and keeps its order
        order = chosen.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :width]
        kept = chosen.gather(1, order)
        short = width - order.shape[1]
        if short > 0:
            order = torch.nn.functional.pad(order, (0, short))
            kept = torch.nn.functional.pad(kept, (0, short))
        rows.append(run.records[order.to(run.records.device)])
        weights.append(kept)
    return Batches(torch.stack(rows).to(device), torch.stack(weights).to(device, torch.float32))
