"""Records given to the owner of each model, where a defense trains the model on fewer."""

from __future__ import annotations

import torch
from torch import Tensor

from .splits import DataSplit

__all__ = ["given_to", "keeping_given", "open_to_doubt"]


def keeping_given(split: DataSplit) -> DataSplit:
    """Return the split with the records of each model noted, before a defense drops some."""
    return split.keeping(**{_name(i): records for i, records in enumerate(split.training)})


def given_to(split: DataSplit, model: int) -> Tensor:
    """Return the indices of the records that a model's owner was given, if noted, or trains on."""
    return split.kept.get(_name(model), split.training[model])


def open_to_doubt(split: DataSplit) -> tuple[Tensor, Tensor]:
    """Return the candidates that the owners of some of the models were given, and others not.

    Returns
    -------
    tuple of Tensor
        Their indices (records,), and whose they are: (models, records), bool.
    """
    given = [given_to(split, i) for i in range(len(split.training))]
    member = torch.stack([torch.isin(split.candidates, each) for each in given])
    doubted = member.any(0) & ~member.all(0)
    return split.candidates[doubted], member[:, doubted]


def _name(model: int) -> str:
    return f"given_{model}"
