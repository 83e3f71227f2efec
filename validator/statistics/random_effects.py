"""Random-effects summaries of independent estimates: mean, interval and heterogeneity.

Each study estimates an effect of its own, with a known standard error, and the effects are drawn
from one distribution. What is summarised is the mean of that distribution and its spread
(DerSimonian and Laird 1986, Meta-analysis in clinical trials).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .intervals import LEVEL

__all__ = ["Heterogeneity", "Summary", "standard_error", "summarised"]


@dataclass(frozen=True)
class Heterogeneity:
    """How much the effects of studies differ beyond their own errors.

    Attributes
    ----------
    tau_squared : float
        Variance of the effects between studies, 0 or more, in the squared unit of the effect.
    i_squared : float
        Share, 0 to 1, of the variance of an estimate that lies between studies: τ² / (τ² + s²),
        where s² is the typical variance within one (Higgins and Thompson 2002, Quantifying
        heterogeneity in a meta-analysis, equation 9).
    q : float
        Cochran's Q: squared deviations from the mean that would hold if τ² were 0, each in its
        standard error (Cochran 1954, The combination of estimates from different experiments).
    p_value : float
        Of Q, which follows a χ² distribution with a degree of freedom less than there are studies
        if all effects are the same.
    """

    tau_squared: float
    i_squared: float
    q: float
    p_value: float


@dataclass(frozen=True)
class Summary:
    """The mean effect of two or more studies.

    Attributes
    ----------
    estimate : float
        Mean, weighted by 1 / (variance of the study + τ²).
    low, high : float
        95 % confidence interval of the mean.
    error : float
        Standard error of the mean.
    prediction : tuple of float or None
        Where the effect of another such study lies with a probability of 95 %; None of two
        studies, which do not tell.
    heterogeneity : Heterogeneity
        How much the studies differ.
    weights : tuple of float
        Share of each study in the mean, 0 to 1, in the order they were given in.
    """

    estimate: float
    low: float
    high: float
    error: float
    prediction: tuple[float, float] | None
    heterogeneity: Heterogeneity
    weights: tuple[float, ...]


def standard_error(low: float, high: float, estimate: float, count: int, level: float) -> float:
    """Return the standard error that an interval stands for.

    Of the wider side of the interval, in Student's quantile. So it is at least the standard error
    of the mean, and more where `intervals.effect` widened the interval: for skewed differences, or
    for what is measured in steps.

    Parameters
    ----------
    low, high, estimate : float
        The interval, and the mean.
    count : int
        Of how many differences; two or more.
    level : float
        Confidence of the interval, above 0 and below 1.
    """
    from scipy import special

    reach = float(special.stdtrit(count - 1, (1 + level) / 2))
    return max(high - estimate, estimate - low) / reach


def summarised(estimates: Sequence[float], errors: Sequence[float]) -> Summary:
    """Summarise studies by a random-effects model.

    The variance between studies is the one of Paule and Mandel 1982 (Consensus values and weighting
    factors), which Veroniki et al. 2016 (Methods to estimate the between-study variance and its
    uncertainty in meta-analysis) recommend beside restricted maximum likelihood: under it, the
    weighted squared deviations are as many as there are degrees of freedom. The interval is that
    of Hartung and Knapp 2001 and Sidik and Jonkman 2002: Student's, with a standard error that is
    scaled by these squared deviations, never below 1 (Knapp and Hartung 2003; Röver, Knapp and
    Friede 2015 show that fewer studies take that). With this variance the scale is 1 where τ² is
    above 0, and below 1 only where it is 0. The prediction interval is the one of Higgins, Thompson
    and Spiegelhalter 2009 (A re-evaluation of random-effects meta-analysis, section 4.1), with two
    degrees of freedom less than there are studies.

    Neither the order of the studies matters, nor which way is up.

    Parameters
    ----------
    estimates : sequence of float
        One for each study; two or more.
    errors : sequence of float
        Their standard errors, above 0, in the same unit.

    Raises
    ------
    ValueError
        Fewer than two studies, not as many errors, or an error that is no positive number.
    """
    count = len(estimates)
    if count < 2 or len(errors) != count:
        raise ValueError("a summary takes two or more studies, each with its standard error")
    y, variances = np.asarray(estimates, dtype=float), np.asarray(errors, dtype=float) ** 2
    if not (np.isfinite(y).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise ValueError("estimates should be numbers, and standard errors positive ones")
    from scipy import special

    tau_squared = _paule_mandel(y, variances)
    weights = 1 / (variances + tau_squared)
    estimate = _mean(y, weights)
    error = 1 / math.sqrt(math.fsum(weights))
    half = float(special.stdtrit(count - 1, (1 + LEVEL) / 2)) * error
    prediction = None
    if count > 2:
        reach = float(special.stdtrit(count - 2, (1 + LEVEL) / 2))
        reach *= math.sqrt(tau_squared + error**2)
        prediction = (estimate - reach, estimate + reach)
    q = _deviations(y, 1 / variances)
    return Summary(
        estimate,
        estimate - half,
        estimate + half,
        error,
        prediction,
        Heterogeneity(
            tau_squared,
            tau_squared / (tau_squared + _typical(variances)),
            q,
            float(special.chdtrc(count - 1, q)),
        ),
        tuple((weights / math.fsum(weights)).tolist()),
    )


def _paule_mandel(y: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Return the variance between studies: the root of a function that falls everywhere."""
    freedom = len(y) - 1

    def excess(tau_squared: float) -> float:
        return _deviations(y, 1 / (variances + tau_squared)) - freedom

    if excess(0.0) <= 0:
        return 0.0
    from scipy import optimize

    # a sum of n squared deviations from a mean is below n / 4 times the squared range
    most = float(np.ptp(y)) ** 2 * len(y)
    unit = most  # so that the unit of the effect makes no difference
    return unit * float(
        optimize.brentq(lambda share: excess(share * unit), 0.0, 1.0, xtol=1e-14, rtol=1e-14)
    )


def _mean(y: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    # exact sums do not depend on the order of the studies
    return math.fsum(weights * y) / math.fsum(weights)


def _deviations(y: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return math.fsum(weights * (y - _mean(y, weights)) ** 2)


def _typical(variances: NDArray[np.float64]) -> float:
    """Return the typical variance within a study, by Higgins and Thompson."""
    weights = 1 / variances
    total = math.fsum(weights)
    return (len(weights) - 1) * total / (total**2 - math.fsum(weights**2))
