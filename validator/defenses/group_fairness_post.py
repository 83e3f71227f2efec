"""Group fairness after training, by thresholds for each group (Hardt, Price and Srebro 2016)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..arms.given_records import keeping_given
from ..arms.splits import DataSplit
from ..settings import setting
from ..training.randomness import record_draws
from ._defense import Stage
from ._fairness import Fairness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..training.ensembles import Ensemble

    Rule = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]

__all__ = ["GroupFairnessAfterTraining"]

_CERTAIN = 1000.0
"""Logit of a decision beside those of 0: its probability is 1, the others' are 0."""


@dataclass(frozen=True)
class GroupFairnessAfterTraining(Fairness):
    """Uses a decision threshold per group, randomized for equalized odds.

    The thresholds are fairlearn's, fitted on records that each model is not trained on: on its own
    training records a model is too sure to tell. What anyone gets is the decision alone. Where
    whoever asks does not tell the group, the groups' rules count by how common they are.
    """

    stage: ClassVar[Stage] = "post"

    share: float = setting(
        0.4, "share of the training records that thresholds are fitted on", least=0.01, most=0.9
    )

    def prepare(self, split: DataSplit) -> DataSplit:
        """Hold records of each model back, of each group and class the same share."""
        draw = split.generator("held out").permutation(len(split.pool.x))
        place = torch.as_tensor(draw, device=split.pool.x.device)
        cell = split.pool.z[:, self.column] * split.classes + split.pool.y
        training, held = [], {}
        for i, records in enumerate(split.training):
            mine = records[place[records].argsort()]
            parts = [mine[cell[mine] == each] for each in torch.unique(cell[mine])]
            out = torch.cat([part[: round(self.share * len(part))] for part in parts])
            held[_held(i)] = out
            training.append(records[~torch.isin(records, out)])
        return replace(keeping_given(split).keeping(**held), training=tuple(training))

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        """Return decisions; a coin is tossed once for each record, whoever asks."""
        luck = record_draws(x, split.seed, "thresholds").cpu().numpy()
        group = None if z is None else z[:, self.column].cpu().numpy()
        decided = []
        for i in range(len(models)):
            model, held = models.only([i]), split.kept[_held(i)]
            known = split.pool.z[held, self.column].cpu().numpy()
            rule = _rule(
                _scores(model, split.pool.x[held]), split.pool.y[held].numpy(force=True), known
            )
            scores = _scores(model, x)
            if group is None:
                groups, counts = np.unique(known, return_counts=True)
                each = [rule(scores, np.full(len(scores), a)) for a in groups]
                chance = np.average(each, axis=0, weights=counts)
            else:
                chance = rule(scores, group)
            decided.append(torch.as_tensor((luck < chance).astype(np.int64)))
        one_hot = torch.nn.functional.one_hot(torch.stack(decided), split.classes)
        return _CERTAIN * one_hot.to(x.device, x.dtype)


def _held(model: int) -> str:
    return f"fairness_held_out_{model}"


def _scores(model: Ensemble, x: Tensor) -> NDArray[np.float64]:
    return model.logits(x)[0].double().softmax(-1)[:, 1].numpy(force=True)


def _rule(scores: NDArray[np.float64], y: NDArray[np.int64], group: NDArray[np.int64]) -> Rule:
    """Return, from scores and groups, with which probability the answer is the second class.

    A group of which not both classes are known has the threshold that all had.
    """
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.linear_model import LinearRegression

    sizes = {a: np.bincount(y[group == a], minlength=2) for a in np.unique(group)}
    both = [a for a, counts in sizes.items() if counts.all()]
    fitting = np.isin(group, both)
    same = LinearRegression()  # what a score predicts is the score itself
    same.coef_, same.intercept_ = np.ones(1), 0.0
    thresholds = ThresholdOptimizer(
        estimator=same, constraints="equalized_odds", prefit=True, predict_method="predict"
    )
    if both:
        thresholds.fit(scores[fitting, None], y[fitting], sensitive_features=group[fitting])

    def rule(asked: NDArray[np.float64], of: NDArray[np.int64]) -> NDArray[np.float64]:
        chance = (asked > 0.5).astype(float)
        known = np.isin(of, both)
        if known.any():
            found = thresholds._pmf_predict(asked[known, None], sensitive_features=of[known])
            chance[known] = found[:, 1]
        return chance

    return rule
