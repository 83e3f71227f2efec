"""Base class of the subjects of an audit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run, Runs

__all__ = ["AboutGroups", "AuditMetric", "Statistics", "Subject", "held_out", "known"]

T = TypeVar("T")

Statistics = Callable[["NDArray[np.floating[Any]]"], Mapping[str, "NDArray[np.floating[Any]]"]]
"""From weights of a run's records, (weightings, records), to each metric, (weightings,)."""


@dataclass(frozen=True)
class AuditMetric:
    """One number that an audit gives.

    Attributes
    ----------
    id : str
        Identifier in documents.
    name : str
        What people call it.
    worse_when : {'higher', 'lower'}
        Which way it is worse for the model's owner.
    smallest_effect : float
        Differences below this do not matter in practice, in the metric's unit.
    floor, ceiling : float or None
        What it is where the attack gets nothing, and where it gets all that there is.
    least, most : float
        Between which it always is.
    """

    id: str
    name: str
    worse_when: Literal["higher", "lower"]
    smallest_effect: float
    floor: float | None = None
    ceiling: float | None = None
    least: float = 0.0
    most: float = 1.0

    def worsening(self, change: float) -> float:
        """Return by how much worse it is after a change of so much."""
        return change if self.worse_when == "higher" else -change


@dataclass(frozen=True)
class Subject(ABC):
    """A risk, or a quality of the model, that predictions show.

    Attributes
    ----------
    id : str
        The id of the risk, or what the quality is called.
    is_risk : bool
        Whether it is a risk of the knowledge base.
    is_shuffled : bool
        Whether chance is what shuffled groups stay below, rather than a level.
    runs : Runs
        What is looked at.
    seed : int
        Of the randomness of adversaries.
    attribute : str
        The sensitive attribute that it is about; empty: none.
    """

    id: ClassVar[str]
    is_risk: ClassVar[bool]
    is_shuffled: ClassVar[bool] = False

    runs: Runs
    seed: int = 0
    attribute: str = ""

    @classmethod
    def all_of(cls, runs: Runs, seed: int) -> Sequence[Self]:
        """Return one, or of what is about sensitive attributes one for each."""
        return [cls(runs, seed)]

    @abstractmethod
    def lacks(self) -> str | None:
        """Return what it needs and is not there; None: nothing."""

    @property
    @abstractmethod
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""

    @abstractmethod
    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run; attackers are fitted once, before records are weighed."""

    def chance(self, run: Run) -> float | None:
        """Return the value of what is judged above which it is not chance; None: it has none."""
        del run
        return self.metrics[0].floor

    def parts(self) -> list[dict[str, Any]]:
        """Return what is told of single classes or groups, ready for JSON."""
        return []

    def notes(self) -> list[str]:
        """Return what a reader should know of how it was measured."""
        if all(map(_same_members, self.runs.arms[0], self.runs.arms[-1])):
            return []
        return [
            "the two files do not agree on which records the models were trained on: each model is"
            " measured by its own file"
        ]

    @property
    def every_run(self) -> list[Run]:
        """All runs of both arms."""
        return [run for arm in self.runs.arms for run in arm]


class AboutGroups(Subject):
    """A risk that is about the groups of a sensitive attribute."""

    @classmethod
    def all_of(cls, runs: Runs, seed: int) -> Sequence[Self]:
        """Return one for each sensitive attribute; if there is none, one that lacks it."""
        return [cls(runs, seed, name) for name in runs.groups] or [cls(runs, seed)]

    def lacks(self) -> str | None:
        """Return what it needs and is not there."""
        if not self.attribute:
            return "a sensitive attribute: name its column with --group"
        return self._lacks_of_groups()

    @abstractmethod
    def _lacks_of_groups(self) -> str | None:
        """Return what it needs and is not there, beside the attribute."""


def _same_members(one: Run, other: Run) -> bool:
    """Whether two models were trained on the same records, as far as is known."""
    if one.member is None or other.member is None:
        return one.member is other.member
    return bool((one.member == other.member).all())


def known(value: T | None) -> T:
    """Return what `Subject.lacks` has found to be there."""
    if value is None:
        raise ValueError("a subject is measured only where it lacks nothing")
    return value


def held_out(run: Run) -> NDArray[np.intp]:
    """Return the records that the model was not trained on; of unknown membership, all."""
    return np.arange(len(run.label)) if run.member is None else np.flatnonzero(~run.member)
