"""Bootstrap over records: every statistic of both arms under the same resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics.intervals import LEVEL, Effect, effect
from ..statistics.weighted import resamples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._runs import Run, Runs
    from .subjects import Statistics, Subject

__all__ = ["Values", "interval", "measured"]


@dataclass(frozen=True, eq=False)
class Values:
    """A metric of one arm.

    Attributes
    ----------
    by_run : array of float
        As measured: (runs,).
    resampled : array of float
        Under each resample of the records: (runs, resamples).
    """

    by_run: NDArray[np.float64]
    resampled: NDArray[np.float64]

    def __sub__(self, other: Values) -> Values:
        """Return the difference, run by run and resample by resample."""
        return Values(self.by_run - other.by_run, self.resampled - other.resampled)

    def __neg__(self) -> Values:
        """Return it with the other sign."""
        return Values(-self.by_run, -self.resampled)


def measured(
    subjects: Sequence[Subject], runs: Runs, *, count: int, seed: int
) -> list[list[Mapping[str, Values]]]:
    """Measure subjects on all runs, as they are and under resamples of the records.

    Parameters
    ----------
    subjects : sequence of Subject
        None that lacks anything.
    runs : Runs
        One or two arms.
    count : int
        Resamples.
    seed : int
        Of the resampling.

    Returns
    -------
    list of list of mapping
        Of each subject, of each arm, the values of each metric.
    """
    prepared = [[[each.statistics(run) for run in arm] for arm in runs.arms] for each in subjects]
    whole = _of_all(prepared, runs, np.ones((1, runs.units)))
    found = [_of_all(prepared, runs, some) for some in resamples(runs.units, count, seed)]
    return [
        [
            {
                name: Values(
                    np.array([run[name][0] for run in arm]),
                    np.stack(
                        [
                            np.concatenate([some[place][at][i][name] for some in found])
                            for i in range(len(arm))
                        ]
                    ),
                )
                for name in arm[0]
            }
            for at, arm in enumerate(arms)
        ]
        for place, arms in enumerate(whole)
    ]


def _of_all(
    prepared: Sequence[Sequence[Sequence[Statistics]]],
    runs: Runs,
    weights: NDArray[np.floating[Any]],
) -> list[list[list[Mapping[str, NDArray[np.floating[Any]]]]]]:
    """Return each metric under some weights: of each subject, arm and run."""
    of_runs = [[_weights_of(run, weights) for run in arm] for arm in runs.arms]
    return [
        [
            [each(some) for each, some in zip(arm, of_arm, strict=True)]
            for arm, of_arm in zip(arms, of_runs, strict=True)
        ]
        for arms in prepared
    ]


def _weights_of(run: Run, weights: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    count = weights.shape[1]
    if len(run.unit) == count and (run.unit == np.arange(count)).all():
        return weights
    return weights[:, run.unit]


def interval(found: Values) -> Effect:
    """Return the mean over runs with its interval.

    That over records is the percentile bootstrap's. Of several runs, the interval is on each side
    the wider of that and the one over the runs, as `statistics.intervals.effect` gives it: what
    comes from the records and what comes from training.
    """
    from scipy import stats

    by_run = found.by_run.tolist()
    estimate = float(np.mean(by_run))
    of_records = found.resampled.mean(0)
    tail = (1 - LEVEL) / 2
    low, high = (float(each) for each in np.nanquantile(of_records, [tail, 1 - tail]))
    error = float(np.nanstd(of_records))
    p_value = 1.0 if estimate == 0 else 0.0
    if error > 0:
        p_value = float(2 * stats.norm.sf(abs(estimate) / error))
    low, high = min(low, estimate), max(high, estimate)
    if len(by_run) > 1:
        of_runs = effect(by_run)
        low, high = min(low, of_runs.low), max(high, of_runs.high)
        p_value = max(p_value, of_runs.p_value)
    return Effect(estimate, low, high, tuple(by_run), p_value)
