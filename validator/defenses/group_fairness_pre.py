"""Group fairness before training, by reweighing (Kamiran and Calders 2012)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from ..arms.given_records import keeping_given
from ..arms.splits import DataSplit
from ..settings import setting
from ._defense import Stage
from ._fairness import Fairness

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GroupFairnessBeforeTraining", "reweighed"]


@dataclass(frozen=True)
class GroupFairnessBeforeTraining(Fairness):
    """Resamples the training records to weaken the dependence of class and group.

    Each record weighs what independence would have of its group and class over what there is. A
    net that fits all of its records hardly heeds such weights (Byrd and Lipton 2019), however they
    are realised; so by default a power of them is taken.
    """

    stage: ClassVar[Stage] = "pre"
    lowered: ClassVar[str] = "demographic_parity"

    strength: float = setting(
        4.0, "power of the weights; 1: as published, class and group independent", least=0.0, most=9
    )

    def prepare(self, split: DataSplit) -> DataSplit:
        """Resample what each model is trained on; a record that is not drawn trains it no more."""
        found = []
        for i, records in enumerate(split.training):
            y = split.pool.y[records].numpy(force=True)
            group = split.pool.z[records, self.column].numpy(force=True)
            rows = reweighed(y, group, self.strength, split.generator(f"reweighing/{i}"))
            found.append(records[torch.as_tensor(rows, device=records.device)])
        return replace(keeping_given(split), training=tuple(found))


def reweighed(
    y: NDArray[np.int64], group: NDArray[np.int64], strength: float, draw: np.random.Generator
) -> NDArray[np.intp]:
    """Return the places of records, drawn by weight.

    Of the records of one group and class each is drawn as often as any other, or once more.

    Parameters
    ----------
    y, group : array of int
        Class and group of each record.
    strength : float
        Power of the weights.
    draw : numpy.random.Generator
        Which records are drawn once more.

    Returns
    -------
    array of int
        As many as there are records, up to rounding; sorted.
    """
    count = len(y)
    cells = [(group == a) & (y == c) for a in np.unique(group) for c in np.unique(y)]
    rows = [np.flatnonzero(cell) for cell in cells if cell.any()]
    sizes = np.array([len(each) for each in rows])
    expected = [(group == group[i[0]]).sum() * (y == y[i[0]]).sum() / count for i in rows]
    wanted = sizes * (np.array(expected) / sizes) ** strength
    wanted *= count / wanted.sum()
    found = []
    for each, number in zip(rows, np.rint(wanted).astype(int).tolist(), strict=True):
        whole, rest = divmod(number, len(each))
        found += [np.tile(each, whole), draw.permutation(each)[:rest]]
    return np.sort(np.concatenate(found))
