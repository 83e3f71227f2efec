"""Attribute inference from what a model answers.

Song and Shmatikov 2020, Overlearning Reveals Sensitive Attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...arms.choices import centred_logarithms, chosen, forest, left_out_losses, regression
from ...statistics.weighted import RankedScores
from ._subject import AboutGroups, AuditMetric, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["AttributeInference"]

LEAST: Final = 50
"""Records of a group, for it to be told apart from the others."""
FOLDS: Final = 2
MOST_KNOWN: Final = 4_000
"""Records whose group the adversary knows at most: more hardly help, and take longer."""


@dataclass(frozen=True)
class AttributeInference(AboutGroups):
    """Infers the sensitive group of training records from what the model answers.

    The adversary knows the records' labels, has the model's answers, and knows the groups of other
    training records: of one half, then of the other, at most `MOST_KNOWN`; the informed one of
    ``crosscurrent validate`` is much like it. It chooses between a logistic regression and a random
    forest, and whether to heed the model at all, on records that were left out of the fit. What is
    told from the label alone is no fault of the model's: only what is gained over it counts.
    Without membership all records are attacked.
    """

    id: ClassVar[str] = "attribute_inference"
    is_risk: ClassVar[bool] = True

    def _lacks_of_groups(self) -> str | None:
        if len(self._large) < 2:
            names = self.runs.groups[self.attribute]
            run = self.every_run[0]
            counts = np.bincount(self._attacked(run)[1] + 1, minlength=len(names) + 1)[1:].tolist()
            told = ", ".join(f"{a} {b:,}" for a, b in list(zip(names, counts, strict=True))[:6])
            return f"two groups with {LEAST} training records each; there are {told or 'none'}"
        return None

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        return (
            AuditMetric(
                "auc_gain",
                f"gain in AUC for {self.attribute} over the label alone",
                "higher",
                0.02,
                0.0,
                least=-1.0,
            ),
            AuditMetric("auc", f"AUC for {self.attribute}", "higher", 0.02, 0.5, 1.0),
            AuditMetric(
                "auc_without_model",
                f"AUC for {self.attribute} from the label alone",
                "higher",
                0.02,
                0.5,
                1.0,
            ),
        )

    def _attacked(self, run: Run) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Return the rows that are attacked, and their groups."""
        rows = np.arange(len(run.label)) if run.member is None else np.flatnonzero(run.member)
        group = run.groups[self.attribute][rows]
        return rows[group >= 0], group[group >= 0]

    @cached_property
    def _large(self) -> list[int]:
        """Groups with enough records in each arm and run."""
        count = len(self.runs.groups[self.attribute])
        sizes = [np.bincount(self._attacked(run)[1], minlength=count) for run in self.every_run]
        return [int(each) for each in np.flatnonzero(np.min(sizes, axis=0) >= LEAST)]

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run; the adversary's models are fitted here."""
        rows, group = self._attacked(run)
        kept = np.isin(group, self._large)
        rows, group = rows[kept], group[kept]
        scores, alone, fold = self._scores(run, rows, group)
        # of two groups, telling one is telling the other
        told = self._large[1:] if len(self._large) == 2 else self._large
        ranked = [
            [RankedScores(each[:, self._large.index(g)], group == g, fold) for g in told]
            for each in (scores, alone)
        ]

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, rows]
            with_model, without = (
                np.mean([each.measured(some)[0] for each in way], axis=0) for way in ranked
            )
            return {
                "auc_gain": with_model - without,
                "auc": with_model,
                "auc_without_model": without,
            }

        return measured

    def _scores(
        self, run: Run, rows: NDArray[np.intp], group: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Return how likely each group is, with the model and by the label alone; and folds."""
        classes = len(self.runs.classes)
        label = np.equal.outer(run.label[rows], np.arange(classes)).astype(np.float64)
        if run.probability is None:
            answer = np.equal.outer(run.predicted[rows], np.arange(classes)).astype(np.float64)
        else:
            answer = centred_logarithms(run.probability[rows])
        columns = np.concatenate([label, answer], axis=1)
        draw = np.random.default_rng(self.seed)
        fold = _dealt(group * classes + run.label[rows], FOLDS, draw)
        found = np.zeros((2, len(rows), len(self._large)))
        for each in range(FOLDS):
            known = draw.permutation(np.flatnonzero(fold != each))[:MOST_KNOWN]
            here = fold == each
            half = _dealt(group[known], 2, draw)
            make, width = self._way(columns[known], group[known], half, classes)
            for place, (kind, count) in enumerate(((make, width), (regression, classes))):
                model = kind().fit(columns[known, :count], group[known])
                likely = model.predict_proba(columns[here, :count])
                found[place][here] = _of_groups(likely, model.classes_, self._large)
        return found[0], found[1], fold

    def _way(
        self,
        columns: NDArray[np.float64],
        group: NDArray[np.int64],
        half: NDArray[np.int64],
        classes: int,
    ) -> tuple[Callable[[], Any], int]:
        """Return what to fit to how many columns; the label alone if the model tells no more."""
        width = columns.shape[1]
        grown = partial(forest, self.seed)
        unit = np.arange(len(group))

        def losses(way: tuple[Callable[[], Any], int]) -> NDArray[np.float64]:
            make, count = way
            return left_out_losses(make, columns[:, :count], group, unit, half)

        return chosen([[(regression, classes)], [(regression, width), (grown, width)]], losses)

    def notes(self) -> list[str]:
        """Return which groups were left out, and whom is attacked if membership is unknown."""
        names = self.runs.groups[self.attribute]
        small = [name for place, name in enumerate(names) if place not in self._large]
        found = super().notes()
        if small:
            told = ", ".join(small[:6]) + ", …" * (len(small) > 6)
            found.append(
                f"groups by {self.attribute} with fewer than {LEAST} training records are not"
                f" inferred: {told}"
            )
        return found


def _dealt(cell: NDArray[np.int64], parts: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Deal the records of each cell out to parts, as evenly as can be, in random order."""
    found = np.empty(len(cell), dtype=np.int64)
    found[np.lexsort((draw.permutation(len(cell)), cell))] = np.arange(len(cell)) % parts
    return found


def _of_groups(
    likely: NDArray[np.float64], known: NDArray[np.int64], groups: Sequence[int]
) -> NDArray[np.float64]:
    """Return the columns of some groups; one of which no record was known is never likely."""
    found = np.zeros((len(likely), len(groups)))
    for place, each in enumerate(groups):
        at = np.flatnonzero(known == each)
        if len(at):
            found[:, place] = likely[:, at[0]]
    return found
