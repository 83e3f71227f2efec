"""Outlier removal before training: records that a trusted few speak against are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from ..arms.given_records import keeping_given
from ..arms.splits import DataSplit
from ..arms.trusted_records import trusted
from ..settings import setting
from ._defense import Defense, Stage

__all__ = ["OutlierRemovalBeforeTraining", "class_distances", "shapley_values"]

_PAIRS = 1 << 22
"""Distances that are in memory at once."""


@dataclass(frozen=True)
class OutlierRemovalBeforeTraining(Defense):
    """Removes the training records that least fit trusted ones, and trains from scratch.

    By default the worst are those furthest from the trusted records of their own class (the k-th
    nearest neighbour's distance; Ramaswamy et al. 2000). Or those of least value to a classifier
    by nearest neighbours that the trusted ones test (kNN-Shapley; Jia et al. 2019, Efficient
    Task-Specific Data Valuation for Nearest Neighbor Algorithms): that finds wrong labels, but
    gives what is far from everything a value of about zero, which is not the lowest.
    """

    id: ClassVar[str] = "outlier_removal"
    stage: ClassVar[Stage] = "pre"
    protects_against: ClassVar[str | None] = "poisoning"

    share: float = setting(0.2, "share of the training records left out", least=0.001, most=0.5)
    trusted: float = setting(
        0.2, "share of the training records that are trusted", least=0.001, most=0.5
    )
    neighbors: int = setting(3, "number of nearest neighbors", least=1, most=1000)
    score: str = setting(
        "distance", "score for ranking the records", choices=("distance", "shapley")
    )

    def prepare(self, split: DataSplit) -> DataSplit:
        """Leave the worst records of each model out; what is trusted stays."""
        pairs = zip(split.training, trusted(split, self.trusted), strict=True)
        kept = tuple(self._kept(split, *each) for each in pairs)
        return replace(keeping_given(split), training=kept)

    def _kept(self, split: DataSplit, records: Tensor, sound: Tensor) -> Tensor:
        x, y = split.pool.x.flatten(1).double(), split.pool.y
        rest = records[~torch.isin(records, sound)]
        worst = (
            -shapley_values(x[rest], y[rest], x[sound], y[sound], self.neighbors)
            if self.score == "shapley"
            else class_distances(x[rest], y[rest], x[sound], y[sound], self.neighbors)
        )
        out = worst.argsort(descending=True, stable=True)[: round(self.share * len(records))]
        return records[~torch.isin(records, rest[out])]


def class_distances(x: Tensor, y: Tensor, to: Tensor, classes: Tensor, k: int) -> Tensor:
    """Return how far each record is from the k-th nearest of the others that are of its class.

    Parameters
    ----------
    x, y : Tensor
        Records (records, attributes) and their classes (records,).
    to, classes : Tensor
        The others, and theirs: (others, attributes) and (others,).
    k : int
        The furthest one counts where fewer than `k` are of the class.

    Returns
    -------
    Tensor
        Euclidean distances (records,); infinite where no other is of the class.
    """
    found = torch.full_like(x[:, 0], torch.inf)
    for label in torch.unique(classes):
        mine, others = (y == label).nonzero()[:, 0], to[classes == label]
        for part in torch.split(mine, max(1, _PAIRS // len(others))):
            near = _distances(x[part], others).kthvalue(min(k, len(others)), dim=1)
            found[part] = near.values
    return found


def shapley_values(x: Tensor, y: Tensor, to: Tensor, classes: Tensor, k: int) -> Tensor:
    """Return what each record adds to the accuracy of a k-nearest-neighbour classifier.

    Its Shapley value, exact by the recursion of Jia et al. 2019 (theorem 1), where the value of a
    set is the share of the k nearest of it that have the tested record's class, on average.

    Parameters
    ----------
    x, y : Tensor
        Records (records, attributes) that the classifier has, and their classes (records,).
    to, classes : Tensor
        Records that test it, and theirs: (tests, attributes) and (tests,).
    k : int
        Neighbours of the classifier.

    Returns
    -------
    Tensor
        (records,), float64; they add up to the value of all records.
    """
    count = len(x)
    place = torch.arange(1, count, device=x.device)
    weight = place.clamp(max=k).double() / place / k
    total = torch.zeros(count, dtype=torch.float64, device=x.device)
    size = max(1, _PAIRS // count)
    for tests, labels in zip(torch.split(to, size), torch.split(classes, size), strict=True):
        order = _distances(tests, x).argsort(dim=1, stable=True)
        right = (y[order] == labels[:, None]).double()
        steps = (right[:, :-1] - right[:, 1:]) * weight
        furthest = right[:, -1:] * min(k, count) / (count * k)
        values = torch.cat([steps, furthest], 1).flip(1).cumsum(1).flip(1)
        total += torch.zeros_like(values).scatter(1, order, values).sum(0)
    return total / len(to)


def _distances(one: Tensor, other: Tensor) -> Tensor:
    return torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")
