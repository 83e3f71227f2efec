"""Records given to the owner of each model, where a defense trains the model on fewer."""

from __future__ import annotations

from torch import Tensor

from .splits import DataSplit

__all__ = ["given_to", "keeping_given"]


def keeping_given(split: DataSplit) -> DataSplit:
    """Return the split with the records of each model noted, before a defense drops some."""
    return split.keeping(**{_name(i): records for i, records in enumerate(split.training)})


def given_to(split: DataSplit, model: int) -> Tensor:
    """Return the indices of the records that a model's owner was given, if noted, or trains on."""
    return split.kept.get(_name(model), split.training[model])


def _name(model: int) -> str:
    return f"given_{model}"
