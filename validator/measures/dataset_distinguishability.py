"""Dataset distinguishability (O2.1): how differently a model treats what it was trained on."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..arms.metrics import auc
from ._measure import Measure, Subject

__all__ = ["DatasetDistinguishability"]

_TINY = 1e-38
"""The smallest probability told from none, in single precision."""


class DatasetDistinguishability(Measure):
    """Tells training records from others by one number of what anyone sees.

    The number is how sure the answer is of the record's class (log p / (1 − p); a threshold on the
    loss, Yeom et al. 2018, Privacy Risk in Machine Learning) or, where a defense releases something
    beside the answer, minus the variance of what it releases (Shokri et al. 2021, On the Privacy
    Risks of Model Explanations). The measure is the AUC of the deployed model's own training
    records against all records of the data set that it was not trained on: about 0.5, no
    difference, to 1. It is the mean over two halves of the records, each by what tells more in the
    other half: the better of two on the same records is above 0.5 by chance alone. Higher: more
    distinguishable.
    """

    factor: ClassVar[str] = "dataset_distinguishability"
    name: ClassVar[str] = "AUC of telling training records from others"
    smallest_change: ClassVar[float] = 0.02

    def measure(self, subject: Subject) -> float:
        """Return the AUC of the deployed model."""
        inside, unseen = subject.inside, subject.split.unseen
        rows = torch.cat([inside, unseen])
        member = np.arange(len(rows)) < len(inside)
        seen = subject.observed(rows).double()
        classes = subject.split.classes
        signs = [_sureness(seen[:, :classes], subject.split.pool.y[rows])]
        if seen.shape[1] > classes:
            signs.append(-seen[:, classes:].var(dim=1, correction=0))
        draw = subject.split.generator("halves").permutation(len(rows))
        half = np.empty(len(rows), dtype=int)
        half[np.lexsort((draw, member))] = np.arange(len(rows)) % 2
        told = np.array(
            [
                [auc(each.cpu().numpy()[half == part], member[half == part]) for part in (0, 1)]
                for each in signs
            ]
        )
        return float(np.mean([told[told[:, 1 - part].argmax(), part] for part in (0, 1)]))


def _sureness(answers: Tensor, y: Tensor) -> Tensor:
    """Return log p / (1 − p) of each record's class, without rounding where p is close to 1."""
    true = answers.gather(1, y[:, None])[:, 0]
    others = answers.scatter(1, y[:, None], 0.0).sum(1)
    return true.clamp(min=_TINY).log() - others.clamp(min=_TINY).log()
