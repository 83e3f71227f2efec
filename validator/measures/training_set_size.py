"""Training set size (D1): how many records the model has effectively learned from."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, NotMeasurable, Subject

__all__ = ["TrainingSetSize"]


class TrainingSetSize(Measure):
    """Counts distinct training records, weighted by how much they still pull at the model.

    A record pulls with the distance of the answer from its label, the L2 norm of p − y (the EL2N
    score of Paul et al. 2021, Deep Learning on a Data Diet, which stands for the norm of its
    gradient), once for each time that it is among the training records. Of the pulls w, Kish's
    effective sample size (Σw)² / Σw² is the number of records that would pull as evenly: from 1,
    one record alone, to the number of distinct records, all of them alike. Records that were left
    out do not count, copies of a record count as one, and where all but a few are known by heart,
    only those few count. Higher: more training data.
    """

    factor: ClassVar[str] = "training_set_size"
    name: ClassVar[str] = "effective number of distinct training records"
    smallest_change: ClassVar[float] = 0.05
    relative: ClassVar[bool] = True

    def measure(self, subject: Subject) -> float:
        """Return the effective number of records of the deployed model."""
        pool, rows = subject.split.pool, subject.split.training[0]
        x, y = pool.x[rows], pool.y[rows]
        wanted = torch.nn.functional.one_hot(y, subject.split.classes)
        answers = subject.model.logits(x)[0].double().softmax(-1)
        pulls = (answers - wanted).norm(dim=-1)
        labelled = torch.cat([x.flatten(1), y[:, None].to(x.dtype)], dim=1)
        same = torch.unique(labelled, dim=0, return_inverse=True)[1]
        each = pulls.new_zeros(int(same.max()) + 1).index_add_(0, same, pulls)
        if not each.any():
            raise NotMeasurable("the model knows all training records by heart, beyond rounding")
        return float(each.sum().square() / each.square().sum())
