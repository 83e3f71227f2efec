"""Confidence intervals and outcomes of paired measurements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = [
    "LEVEL",
    "MOST_SEEDS",
    "NEAR",
    "POWER",
    "Effect",
    "Outcome",
    "effect",
    "near_threshold",
    "outcome",
    "seeds_to_settle",
]

LEVEL = 0.95
"""Confidence of every interval."""
POWER = 0.8
"""How likely the advised number of seeds should be to give an outcome."""
NEAR = 0.05
"""Share of the smallest effect of interest by which results on two machines may differ."""
_RESAMPLES = 9999
MOST_SEEDS = 1000
"""As many seeds as one experiment takes."""

Outcome = Literal["increase", "decrease", "no_change", "inconclusive"]


@dataclass(frozen=True)
class Effect:
    """How much more susceptible the defended model is.

    Attributes
    ----------
    estimate : float
        Mean of defended − baseline, in the direction 'more susceptible'.
    low, high : float
        95 % confidence interval.
    differences : tuple of float
        One for each seed, or where there are several draws of the data one for each draw.
    p_value : float
        Of Student's t-test that the mean is zero, two-sided; of a family of effects it serves to
        control the false discovery rate. The interval is never narrower than that test's.
    """

    estimate: float
    low: float
    high: float
    differences: tuple[float, ...]
    p_value: float = math.nan

    @property
    def direction(self) -> Literal["increase", "decrease"] | None:
        """The sign, where the interval excludes zero, however small the effect."""
        if self.low > 0:
            return "increase"
        return "decrease" if self.high < 0 else None


def effect(differences: Sequence[float], *, resolution: float = 0.0, seed: int = 0) -> Effect:
    """Estimate a mean difference with its interval.

    The interval is the wider, on each side, of the expanded percentile bootstrap (Hesterberg 2015,
    What Teachers Should Know About the Bootstrap, section 4.3) and Student's t: the bootstrap
    follows skewed differences, but cannot reach beyond the largest one seen, so that with few
    seeds it promises more than it keeps.

    Parameters
    ----------
    differences : sequence of float
        One for each seed or draw; two or more.
    resolution : float
        The smallest step of what is measured, such as one record of those that are counted. Equal
        differences show no more than that the spread is below it, so it is taken to be at least
        that of a number rounded to such steps (resolution / √12).
    seed : int
        Of the resampling.
    """
    values = np.asarray(differences, dtype=float)
    count = len(values)
    if count < 2:
        raise ValueError("an interval takes two or more differences")
    estimate = float(values.mean())
    from scipy import stats

    spread = max(float(values.std(ddof=1)), resolution / math.sqrt(12))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1))
    error = spread / math.sqrt(count)
    half = reach * error
    p_value = 1.0 if estimate == 0 else 0.0
    if error > 0:
        p_value = float(2 * stats.t.sf(abs(estimate) / error, count - 1))
    if np.ptp(values) == 0:
        return Effect(estimate, estimate - half, estimate + half, tuple(values.tolist()), p_value)
    tail = float(stats.norm.cdf(-math.sqrt(count / (count - 1)) * reach))
    # so that neither the order of the seeds nor which way is up matters
    rising, falling = np.sort(values), np.sort(-values)
    sign = 1 if rising.tolist() >= falling.tolist() else -1
    found = stats.bootstrap(
        (rising if sign > 0 else falling,),
        np.mean,
        n_resamples=_RESAMPLES,
        confidence_level=1 - 2 * tail,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    low, high = sorted((sign * float(found.low), sign * float(found.high)))
    return Effect(
        estimate,
        min(low, estimate - half),
        max(high, estimate + half),
        tuple(values.tolist()),
        p_value,
    )


def outcome(found: Effect, smallest: float) -> Outcome:
    """Say what an interval shows.

    Parameters
    ----------
    found : Effect
        The estimate with its interval.
    smallest : float
        The smallest effect of interest: what lies within ± this does not matter in practice.

    Returns
    -------
    str
        ``increase`` or ``decrease``: the interval excludes zero and the estimate is large enough
        to matter; ``no_change``: the whole interval is too small to matter; otherwise
        ``inconclusive``.
    """
    if -smallest < found.low and found.high < smallest:
        return "no_change"
    if found.low > 0 and found.estimate >= smallest:
        return "increase"
    if found.high < 0 and found.estimate <= -smallest:
        return "decrease"
    return "inconclusive"


def near_threshold(found: Effect, smallest: float) -> bool:
    """Whether another machine's last bits could give another outcome.

    That is where it changes if estimate and interval move by `NEAR` of the smallest effect.
    """
    moved = {
        outcome(Effect(found.estimate + by, found.low + by, found.high + by, ()), smallest)
        for by in (-NEAR * smallest, 0.0, NEAR * smallest)
    }
    return len(moved) > 1


def seeds_to_settle(found: Effect, smallest: float) -> int | None:
    """Return about how many seeds would probably give an outcome, if these are typical.

    Probably: with `POWER`, where a number that just fits would fail half of the time.

    None if not even `MOST_SEEDS` would: the effect is as large as the smallest one of interest.
    """
    from scipy import stats

    spread = float(np.std(found.differences, ddof=1))
    size = abs(found.estimate)
    needed = size if size >= smallest else smallest - size
    count = len(found.differences) + 1
    while count <= MOST_SEEDS:
        reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) + stats.t.ppf(POWER, count - 1))
        if reach * spread / math.sqrt(count) < needed:
            return count
        count += max(1, count // 20)
    return None
