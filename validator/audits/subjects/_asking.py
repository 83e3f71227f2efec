"""Base class of the subjects that ask a model about an attacker's own records."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from .._space import Space
from ._subject import Subject, held_out, known
from .utility import needs_held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._oracles import Oracle
    from .._runs import Run

__all__ = ["AsksModel"]

MOST_ATTRIBUTES: Final = 4096
"""Of more, an attacker's records take too much memory."""


class AsksModel(Subject):
    """A risk that shows when a model is asked further."""

    is_risk: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def asks(cls) -> int:
        """Return how many records a model is asked about beside the data, at most."""

    def lacks(self) -> str | None:
        """Return what it needs and is not there."""
        oracles = [run.oracle for run in self.every_run]
        if any(each is None for each in oracles):
            return "the model itself, in place of its predictions"
        if (lacking := needs_held_out(self)) is not None:
            return lacking
        for each in map(known, oracles):
            if each.records.width > MOST_ATTRIBUTES:
                return f"records of at most {MOST_ATTRIBUTES:,} numbers"
            if not len(Space(each.records)):
                return "numeric attributes with more than two values"
            left, wanted = each.model.left, sum(one.asks() for one in AsksModel.__subclasses__())
            if left is not None and left < wanted:
                return (
                    f"to send {wanted:,} further records to {each.model.name}: give a --budget of"
                    f" {len(each.records) + wanted} or more"
                )
        return None

    def oracle(self, run: Run) -> Oracle:
        """Return the model of a run."""
        return known(run.oracle)

    def drawn(self, run: Run, count: int) -> NDArray[np.intp]:
        """Draw records that the model was not trained on; the same ones of every model."""
        rows = held_out(run)
        rank = np.random.default_rng([self.seed, 3]).random(self.runs.units)
        return rows[np.argsort(rank[run.unit[rows]], kind="stable")[:count]]
