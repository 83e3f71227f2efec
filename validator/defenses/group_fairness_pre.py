"""Group fairness before training, by massaging or reweighing (Kamiran and Calders 2012)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..knobs import knob
from ..scenes import Scene
from ._defense import Stage
from ._fairness import Fairness

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GroupFairnessBeforeTraining", "massaged", "reweighed"]


@dataclass(frozen=True)
class GroupFairnessBeforeTraining(Fairness):
    """Trains on records of which class and group are made independent.

    By massaging: the records nearest to a linear ranker's boundary get the other class, until
    every group has the classes as often as all records have them. Or by reweighing, where records
    are drawn again or left out by what independence would have of their group and class over what
    there is: a net that fits all of its records, whatever they weigh, hardly heeds that.
    """

    stage: ClassVar[Stage] = "pre"

    by: str = knob("massaging", "what is changed", choices=("massaging", "reweighing"))

    def prepare(self, scene: Scene) -> Scene:
        """Change what each model is trained on."""
        if self.by == "reweighing":
            found = [
                records[
                    torch.as_tensor(
                        reweighed(*self._known(scene, records), scene.generator(f"reweighing/{i}")),
                        device=records.device,
                    )
                ]
                for i, records in enumerate(scene.training)
            ]
            return replace(scene, training=tuple(found))
        x = scene.pool.x.flatten(1)
        for i in range(len(scene.training)):
            records = scene.training[i]
            y, group = self._known(scene, records)
            changed = massaged(x[records].numpy(force=True), y, group) != y
            scene = _relabelled(scene, i, records[torch.as_tensor(changed, device=records.device)])
            x = scene.pool.x.flatten(1)
        return scene

    def _known(self, scene: Scene, records: Tensor) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        pool = scene.pool
        return pool.y[records].numpy(force=True), pool.z[records, self.column].numpy(force=True)


def massaged(
    x: NDArray[np.float32], y: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return classes, 0 or 1, that are as common in every group as they are in all records.

    Those are changed of which a logistic regression is least sure.

    Parameters
    ----------
    x, y, group : array
        (records, attributes), (records,) and (records,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(y)) < 2:
        return y
    scaled = StandardScaler().fit_transform(x.astype(np.float64))
    score = LogisticRegression(max_iter=1000).fit(scaled, y).decision_function(scaled)
    changed = y.copy()
    for each in np.unique(group):
        mine = np.flatnonzero(group == each)
        missing = round(float(y.mean()) * len(mine)) - int(y[mine].sum())
        label = int(missing < 0)  # of those that are changed
        others = mine[y[mine] == label]
        best = others[np.argsort(score[others] if label else -score[others], kind="stable")]
        changed[best[: abs(missing)]] = 1 - label
    return changed


def reweighed(
    y: NDArray[np.int64], group: NDArray[np.int64], draw: np.random.Generator
) -> NDArray[np.intp]:
    """Return the places of records drawn such that class and group are independent.

    Of a group and class there are as many as the product of their shares has it; one record as
    often as any other of these, or once more.
    """
    found = []
    for a in np.unique(group):
        for c in np.unique(y):
            rows = np.flatnonzero((group == a) & (y == c))
            if len(rows):
                wanted = round(float((group == a).sum() * (y == c).sum()) / len(y))
                whole, rest = divmod(wanted, len(rows))
                found += [np.tile(rows, whole), draw.permutation(rows)[:rest]]
    return np.sort(np.concatenate(found))


def _relabelled(scene: Scene, model: int, old: Tensor) -> Scene:
    """Return a scene in which one model gets copies of records with the other class."""
    start, pool = len(scene.pool.x), scene.pool
    where = torch.arange(start, device=old.device)
    where[old] = torch.arange(start, start + len(old), device=old.device)
    training = list(scene.training)
    training[model] = where[training[model]]
    return replace(
        scene,
        pool=pool.extended(pool.x[old], 1 - pool.y[old], pool.z[old]),
        training=tuple(training),
    )
