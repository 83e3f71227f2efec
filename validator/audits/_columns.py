"""Names of the columns that an audit reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["GROUP", "Columns", "is_group"]

GROUP: Final = "group_"
"""What the names of sensitive attributes begin with if none is named."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns, or of the arrays of an NPZ file, that an audit reads.

    Attributes
    ----------
    label : str
        The true class.
    score : str
        The probability of the positive class, from 0 to 1; for two classes.
    probabilities : str
        What the names of the classes' probabilities begin with; the rest of a name is the class.
    predicted : str
        The class that is answered; without it, the most probable one.
    member : str
        Whether the model was trained on the record: true or false, 1 or 0, train or test.
    groups : tuple of str
        Sensitive attributes; of none named: ``group``, and all that begin with ``group_``.
    run : str
        The number or name of the training run, where the predictions of several are given.
    id : str
        Of the record, by which those of two files are matched; without it, by their order.
    references : str
        What the names of reference models begin with. Each holds the probability that this model
        gives the record's true class; a column of the same name followed by ``_member``, whether
        it was trained on the record.
    positive : str or None
        The class that a score is of, and the favourable answer of fairness.
    """

    label: str = "label"
    score: str = "score"
    probabilities: str = "p_"
    predicted: str = "predicted"
    member: str = "member"
    groups: tuple[str, ...] = ()
    run: str = "run"
    id: str = "id"
    references: str = "reference_"
    positive: str | None = None


def is_group(column: str) -> bool:
    """Whether a column is a sensitive attribute by its name."""
    return column == "group" or column.startswith(GROUP)
