"""Models for tests to name as a user would: ``small_nets:Linear``, ``small_nets:answer``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn, ones

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


class Linear(nn.Module):
    """A logistic regression with one logit; told the shape of records and the number of classes."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        assert classes == 2
        self.linear = nn.Linear(shape[0], 1)

    def forward(self, x: Tensor) -> Tensor:
        logit: Tensor = self.linear(x)
        return logit


class Perceptron(nn.Module):
    """Three classes, with layers that differ between training and evaluation."""

    def __init__(self, *, softmax: bool = False) -> None:
        super().__init__()
        self.hidden, self.last = nn.Linear(5, 8), nn.Linear(8, 3)
        self.dropout, self.norm = nn.Dropout(0.5), nn.BatchNorm1d(8, affine=False)
        self.softmax = softmax

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.dropout(self.hidden(x).relu()))
        return logits.softmax(1) if self.softmax else logits


class Softmax(Perceptron):
    """The same with probabilities."""

    def __init__(self) -> None:
        super().__init__(softmax=True)


def answer(records: Floats) -> Floats:
    """Answer with the probability of the positive class, and print something."""
    print("a model may print")
    return np.asarray(1 / (1 + np.exp(-records.sum(1))))


def by_name(records: pd.DataFrame) -> Any:
    """Answer by the names of columns."""
    return 1 / (1 + np.exp(-(records["a"] - records["b"])))


def quits(records: Floats) -> Floats:
    sys.exit(3)


def fails(records: Floats) -> Floats:
    raise RuntimeError(f"no weights in {os.sep}")


def fewer(records: Floats) -> Floats:
    return np.full((len(records) - 1, 2), 0.5)


def lost(records: Floats) -> Floats:
    return np.where(np.arange(len(records)) == 6, np.nan, 0.5)


def endless(records: Floats) -> Floats:
    return np.where(np.arange(len(records)) == 6, np.inf, 0.5)


def too_much(records: Floats) -> Floats:
    return np.full((len(records), 2), 0.7)


def logits(records: Floats) -> Floats:
    return np.stack([records.sum(1), -records.sum(1)], axis=1)


def texts(records: Floats) -> list[str]:
    return ["good"] * len(records)


def nothing(records: Floats) -> None:
    return None


def tracked(records: Floats) -> Tensor:
    return ones((len(records), 2), requires_grad=True)


def deep(records: Floats) -> Floats:
    return np.zeros((len(records), 2, 2))


NUMBER = 7


class Lazy(nn.Module):
    """A layer that does not know its shape yet."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.LazyLinear(1)


class Extra(nn.Linear):
    """State that is no tensor, and fails."""

    def __init__(self) -> None:
        super().__init__(4, 1)

    def get_extra_state(self) -> object:
        raise RuntimeError("no state")
