"""Fingerprinting by dataset inference (Maini, Yaghini and Papernot 2021)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..arms.splits import DataSplit, TargetModel
from ..settings import setting
from ..training.spec import Schedule
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..arms.changes import Change
    from ..training.ensembles import Ensemble

__all__ = ["Fingerprinting", "distances"]

_HIDDEN = 100
"""Width of the regressor's hidden layer, as in the code of Def\\Con (Duddu et al. 2025)."""


class _Sides(NamedTuple):
    """Indices of the owner's records: private or unseen, to fit the regressor or to claim by."""

    private_fit: Tensor
    private_claim: Tensor
    unseen_fit: Tensor
    unseen_claim: Tensor


@dataclass(frozen=True)
class Fingerprinting(Defense):
    """Proves that a model comes from private records, which lie farther from its boundaries.

    The owner measures how far its own model's training records, and records that nobody's model has
    seen, are from the decision boundary, and fits a regressor that tells them apart. A claim shows
    other records of both kinds to an arbiter, who measures them on the accused model: Welch's
    one-sided t-test compares the regressor's outputs.

    Distances are to first order (as one step of DeepFool, Moosavi-Dezfooli et al. 2016), where the
    paper follows gradients or walks blindly. They take one gradient, and gave smaller p-values than
    blind walks on our models. What can be told is how much better the model knows its records:
    where it generalises well, there is no fingerprint, and the reading says so.

    The released model and its answers are the same as without, and what a claim shows is between
    the owner and the arbiter. So risks that see nothing but the model cannot change: there
    ``no_change`` is a true finding, to the last bit.
    """

    id: ClassVar[str] = "fingerprinting"
    stage: ClassVar[Stage] = "post"
    changes: ClassVar[frozenset[Change]] = frozenset({"proofs of ownership"})
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "p_value", "p-value of the test of the protected model", 0.001, "lower", 0.05
    )
    provable: ClassVar[bool] = True
    evidence: ClassVar[tuple[str, str] | None] = ("fingerprint_x", "fingerprint_y")

    claimed: float = setting(
        0.7,
        "share of private and of unseen records revealed in a claim",
        least=0.1,
        most=0.9,
    )

    def prepare(self, split: DataSplit) -> DataSplit:
        """Set aside which private records a claim will show; models are trained as ever."""
        shown = self._sides(split).private_claim
        return split.keeping(fingerprint_x=split.pool.x[shown], fingerprint_y=split.pool.y[shown])

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return the p-values of the deployed models."""
        del schedule
        return [self.ownership(each, each.deployed)[0] for each in targets]

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        """Return, for each suspect, how likely such a difference is if both kinds are alike to it.

        The test asks nothing of the suspect but that it saw neither kind, or both alike.
        """
        from scipy.stats import ttest_ind
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        split, pool = target.split, target.split.pool
        sides = self._sides(split)
        fit = torch.cat([sides.private_fit, sides.unseen_fit])
        known = np.arange(len(fit)) < len(sides.private_fit)
        # few records and three numbers of each: full batches, and an L2 penalty against overfitting
        regressor = MLPClassifier(
            (_HIDDEN,),
            solver="lbfgs",
            alpha=1.0,
            random_state=int(split.generator("regressor").integers(2**31)),
        )
        x = torch.cat([split.kept["fingerprint_x"], pool.x[sides.unseen_claim]])
        y = torch.cat([split.kept["fingerprint_y"], pool.y[sides.unseen_claim]])
        private = np.arange(len(x)) < len(split.kept["fingerprint_x"])
        found = []
        with warnings.catch_warnings():
            # of a fit that goes on getting slightly better, and of records that are all as far
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            regressor.fit(_embedded(target.deployed, pool.x[fit], pool.y[fit])[0], known)
            for each in _embedded(suspects, x, y):
                # rounded: to a model that tells no record from another, no difference is one
                score = regressor.predict_proba(each)[:, 1].round(9)
                test = ttest_ind(
                    score[private], score[~private], equal_var=False, alternative="greater"
                )
                found.append(float(np.nan_to_num(test.pvalue, nan=1.0)))
        return found

    def _sides(self, split: DataSplit) -> _Sides:
        draw = split.generator("fingerprint")
        parts = []
        for rows in (split.training[0], split.test):
            mixed = rows[torch.as_tensor(draw.permutation(len(rows)), device=rows.device)]
            shown = min(max(2, round(self.claimed * len(rows))), len(rows) - 2)
            parts += [mixed[shown:], mixed[:shown]]
        return _Sides(*parts)


def distances(models: Ensemble, x: Tensor, y: Tensor) -> Tensor:
    """Return how far records are from where they are not given their class any more.

    Parameters
    ----------
    models : Ensemble
        Which are asked.
    x : Tensor
        (records, *shape).
    y : Tensor
        (records,).

    Returns
    -------
    Tensor
        By the L1, L2 and L∞ norm, to first order: (models, records, 3). Negative where a record is
        given another class already.
    """
    logits = models.logits(x)
    own = y[None, :, None].expand(len(models), -1, 1)
    margin = logits.gather(2, own)[..., 0] - logits.scatter(2, own, -torch.inf).amax(2)
    gradient = models.input_gradients(of="margin")
    slope = gradient(own[..., 0].contiguous())(x.expand(len(models), *x.shape)).flatten(2).abs()
    # the largest change that a step of length 1 makes is the gradient's dual norm
    steepness = torch.stack([slope.amax(2), slope.square().sum(2).sqrt(), slope.sum(2)], dim=-1)
    return margin[..., None] / steepness.clamp(min=1e-12)


def _embedded(models: Ensemble, x: Tensor, y: Tensor) -> NDArray[np.float64]:
    """Return distances of all records as the regressor takes them: (models, records, 3).

    On a scale that is linear near the boundary and logarithmic far from it, where differences say
    little; in units of the model's own mean, since a surrogate's may be all larger or smaller.
    """
    found = distances(models, x, y).double().cpu().numpy()
    unit = np.abs(found).mean(1, keepdims=True) / 10
    scaled = np.arcsinh(found / np.maximum(unit, 1e-12))
    spread = np.maximum(scaled.std(1, keepdims=True), 1e-12)
    return np.asarray((scaled - scaled.mean(1, keepdims=True)) / spread)
