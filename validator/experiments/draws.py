"""Draws of a data set: the same measurement on each, judged over the draws.

Seeds that split one data set say nothing about another one: its records are the same. So where a
measurement is made on several draws, each gives one difference, the mean over its seeds, and
intervals are over the draws (Dietterich 1998, Approximate Statistical Tests for Comparing
Supervised Classification Learning Algorithms, section 2: whether an algorithm does better on a
distribution takes other training sets than whether a classifier does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from statistics import fmean
from typing import TYPE_CHECKING, Any, Protocol

from ..trials.effectiveness import values, worsenings
from ..trials.trial import Result

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..trials.trial import TrialContext
    from . import document_types as shapes

__all__ = ["averaged", "draw_documents", "per_unit"]


class Drawn(Protocol):
    """What is measured on several draws: an experiment, a combination, a collusion."""

    @property
    def contexts(self) -> Sequence[TrialContext]:
        """One for each draw."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """On each draw."""


def per_unit(planned: Drawn, arm: Sequence[Result]) -> Sequence[Result]:
    """Return what an interval is over: an arm's results, or with several draws their means.

    Parameters
    ----------
    planned : Experiment, Combination or Collusion
        What was run.
    arm : sequence of Result
        One for each draw and seed, draw by draw.

    Returns
    -------
    sequence of Result
        One for each seed of a single draw, or one for each of several draws.
    """
    if len(planned.contexts) == 1:
        return arm
    size = len(planned.seeds)
    return [averaged(arm[i : i + size]) for i in range(0, len(arm), size)]


def averaged(results: Sequence[Result]) -> Result:
    """Return the mean of the results of one arm under several seeds.

    What a number counts is the sum: the step of the mean is as much smaller.
    """
    first = results[0]
    same = {each.name: getattr(first, each.name) for each in fields(Result)}
    measured = first.factors.keys() & set.intersection(*({*each.factors} for each in results))
    return Result(
        **same
        | {
            "metrics": {
                risk: {
                    metric: fmean(each.metrics[risk][metric] for each in results)
                    for metric in found
                }
                for risk, found in first.metrics.items()
            },
            "counted": {
                risk: {
                    metric: sum(each.counted[risk][metric] for each in results) for metric in found
                }
                for risk, found in first.counted.items()
            },
            "readings": _means([each.readings for each in results], first.readings),
            "factors": _means([each.factors for each in results], measured),
            "unmeasured": {
                factor: why for each in results for factor, why in each.unmeasured.items()
            },
            "balanced_accuracy": _balanced(results),
            "run": " ".join(sorted({each.run for each in results})),
            **{
                name: fmean(getattr(each, name) for each in results)
                for name in ("accuracy", "train_accuracy", "seconds")
            },
        }
    )


def draw_documents(
    planned: Drawn,
    risk: str,
    metric: Metric,
    baseline: Sequence[Result],
    other: Sequence[Result],
) -> list[shapes.Draw]:
    """Return each draw with what is judged, seed by seed, ready for JSON.

    Parameters
    ----------
    planned : Experiment or Collusion
        What was run.
    risk : str
        Whose attack is judged.
    metric : Metric
        By which.
    baseline, other : sequence of Result
        The two arms, one for each draw and seed, draw by draw.
    """
    size = len(planned.seeds)
    found: list[shapes.Draw] = []
    for i, context in enumerate(planned.contexts):
        before, after = (arm[i * size : (i + 1) * size] for arm in (baseline, other))
        found.append(
            {
                "digest": context.data.digest,
                "settings": dict(context.data.settings),
                "before": values(before, risk, metric.id),
                "after": values(after, risk, metric.id),
                "differences": worsenings(risk, metric, before, after),
            }
        )
    return found


def _balanced(results: Sequence[Result]) -> float | None:
    found = [each.balanced_accuracy for each in results if each.balanced_accuracy is not None]
    return fmean(found) if len(found) == len(results) else None


def _means(found: Sequence[Mapping[str, float]], names: Any) -> dict[str, float]:
    return {name: fmean(each[name] for each in found) for name in sorted(names)}
