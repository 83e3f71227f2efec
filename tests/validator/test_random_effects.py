"""Random-effects summaries: published examples, and what holds for all of them."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.validator.statistics.intervals import LEVEL, effect
from crosscurrent.validator.statistics.random_effects import standard_error, summarised

# Kacker 2004, Combining information from interlaboratory evaluations using a random effects model,
# table 1: nine laboratories. Results by metafor's rma(y, v, method="PM"), as statsmodels' tests
# quote them (stats/tests/results/results_meta.py, exk1_metafor).
LABORATORIES = [61.00, 61.40, 62.21, 62.30, 62.34, 62.60, 62.70, 62.84, 65.90]
THEIR_VARIANCES = [0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]

# Colditz et al. 1994, Efficacy of BCG vaccine, as in metafor's dat.bcg: cases and others with the
# vaccine, cases and others without.
TRIALS = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619),
    (33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892),
    (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]  # fmt: skip

EFFECTS = st.floats(-1, 1).map(lambda value: round(value, 6))
ERRORS = st.floats(0.001, 0.5)
STUDIES = st.lists(st.tuples(EFFECTS, ERRORS), min_size=2, max_size=9)


def test_nine_laboratories_give_what_was_published() -> None:
    found = summarised(LABORATORIES, np.sqrt(THEIR_VARIANCES).tolist())
    apart = found.heterogeneity
    assert math.sqrt(apart.tau_squared) == pytest.approx(0.8399, abs=5e-5)  # Kacker's table
    assert apart.tau_squared == pytest.approx(0.705395309224248, abs=1e-9)
    assert found.estimate == pytest.approx(62.4076199113286, abs=1e-9)
    assert found.error == pytest.approx(0.338030602684471, abs=1e-9)
    assert apart.q == pytest.approx(24.801897741835, abs=1e-9)
    assert apart.p_value == pytest.approx(0.00167935146372742, abs=1e-11)
    assert apart.i_squared == pytest.approx(0.837218626490482, abs=1e-9)


def test_trials_of_a_vaccine_give_what_was_published() -> None:
    # Q = 152.2330 as metafor prints it; by restricted maximum likelihood it has τ² 0.3132, a mean
    # of −0.7145 and I² 92.22 %, from which another estimator may differ a little
    a, b, c, d = np.array(TRIALS, dtype=float).T
    ratios, variances = (
        np.log(a / (a + b) / (c / (c + d))),
        1 / a - 1 / (a + b) + 1 / c - 1 / (c + d),
    )
    found = summarised(ratios.tolist(), np.sqrt(variances).tolist())
    assert found.heterogeneity.q == pytest.approx(152.2330, abs=5e-5)
    assert found.heterogeneity.tau_squared == pytest.approx(0.3132, rel=0.02)
    assert found.estimate == pytest.approx(-0.7145, abs=1e-3)
    assert found.heterogeneity.i_squared == pytest.approx(0.9222, abs=2e-3)


def test_equal_errors_give_the_classic_formulas() -> None:
    # of equal weights: mean and variance of the sample, and Student's interval
    values = [0.10, 0.30, 0.20, 0.60]
    found = summarised(values, [0.05] * 4)
    assert found.estimate == pytest.approx(0.30)
    variance = np.var(values, ddof=1)
    assert found.heterogeneity.tau_squared == pytest.approx(variance - 0.05**2)
    assert found.heterogeneity.q == pytest.approx(3 * variance / 0.05**2)
    assert found.heterogeneity.i_squared == pytest.approx(1 - 0.05**2 / variance)
    half = 3.182446 * math.sqrt(variance / 4)  # t with 3 degrees of freedom
    assert (found.low, found.high) == pytest.approx((0.30 - half, 0.30 + half), rel=1e-6)
    reach = 4.302653 * math.sqrt(variance - 0.05**2 + variance / 4)  # t with 2
    assert found.prediction == pytest.approx((0.30 - reach, 0.30 + reach), rel=1e-6)
    assert found.weights == pytest.approx((0.25,) * 4)


@given(STUDIES)
def test_the_variance_between_studies_makes_deviations_as_many_as_degrees_of_freedom(
    studies: list[tuple[float, float]],
) -> None:
    y, errors = (np.array(each) for each in zip(*studies, strict=True))
    found = summarised(y.tolist(), errors.tolist())
    weights = 1 / (errors**2 + found.heterogeneity.tau_squared)
    deviations = (weights * (y - found.estimate) ** 2).sum()
    if found.heterogeneity.tau_squared > 0:
        assert deviations == pytest.approx(len(y) - 1, rel=1e-6)
    else:
        assert deviations <= len(y) - 1 + 1e-9


@given(STUDIES, st.randoms(use_true_random=False))
def test_neither_order_nor_which_way_is_up_matters(
    studies: list[tuple[float, float]], draw: Random
) -> None:
    found = summarised(*map(list, zip(*studies, strict=True)))
    shuffled = list(studies)
    draw.shuffle(shuffled)
    again = summarised(*map(list, zip(*shuffled, strict=True)))
    assert (again.estimate, again.low, again.high) == (found.estimate, found.low, found.high)
    assert again.heterogeneity == found.heterogeneity
    mirrored = summarised([-y for y, _ in studies], [error for _, error in studies])
    assert (-mirrored.high, -mirrored.low) == (found.low, found.high)


@given(STUDIES, st.sampled_from([1e-6, 0.5, 100.0]), st.sampled_from([-3.0, 0.0, 7.0]))
def test_another_unit_scales_everything_and_another_zero_shifts_it(
    studies: list[tuple[float, float]], unit: float, zero: float
) -> None:
    y, errors = zip(*studies, strict=True)
    found = summarised(y, errors)
    other = summarised([unit * each + zero for each in y], [unit * each for each in errors])
    for name in ("estimate", "low", "high"):
        expected = unit * getattr(found, name) + zero
        assert getattr(other, name) == pytest.approx(expected, rel=1e-5, abs=1e-6 * unit)
    assert other.heterogeneity.tau_squared == pytest.approx(
        unit**2 * found.heterogeneity.tau_squared, rel=1e-4, abs=1e-8 * unit**2
    )
    assert other.heterogeneity.i_squared == pytest.approx(
        found.heterogeneity.i_squared, rel=1e-4, abs=1e-6
    )


@given(EFFECTS, st.lists(ERRORS, min_size=2, max_size=9))
def test_studies_with_the_same_effect_do_not_differ(value: float, errors: list[float]) -> None:
    found = summarised([value] * len(errors), errors)
    assert found.heterogeneity.tau_squared == 0
    assert found.heterogeneity.i_squared == 0
    assert found.heterogeneity.p_value == pytest.approx(1)
    assert found.estimate == pytest.approx(value)
    assert found.error == pytest.approx(1 / math.sqrt(sum(each**-2 for each in errors)))


def test_more_of_the_same_narrows_the_mean_and_not_what_another_study_shows() -> None:
    few, many = (summarised([0.0, 0.4] * count, [0.02] * 2 * count) for count in (3, 30))
    assert many.high - many.low < (few.high - few.low) / 2
    assert few.prediction is not None
    assert many.prediction is not None
    assert many.prediction[1] - many.prediction[0] > 0.7  # four standard deviations of 0.2


def test_two_studies_have_an_interval_and_tell_nothing_of_a_third() -> None:
    found = summarised([0.1, 0.3], [0.05, 0.05])
    assert found.prediction is None
    assert found.low < 0.1 < 0.3 < found.high


@pytest.mark.parametrize("differences", [(0.10, 0.12, 0.11, 0.15), (0.0, 0.0, 0.9)])
def test_the_error_of_an_interval_is_at_least_that_of_the_mean(
    differences: tuple[float, ...],
) -> None:
    found = effect(differences)
    error = standard_error(found.low, found.high, found.estimate, len(differences), LEVEL)
    assert error >= np.std(differences, ddof=1) / math.sqrt(len(differences)) - 1e-12


def test_the_error_of_students_interval_is_that_of_the_mean() -> None:
    differences = (0.2, 0.3, 0.4)
    half = 4.302653 * 0.1 / math.sqrt(3)
    error = standard_error(0.3 - half, 0.3 + half, 0.3, len(differences), 0.95)
    assert error == pytest.approx(0.1 / math.sqrt(3), rel=1e-6)


@pytest.mark.parametrize(
    ("estimates", "errors"),
    [
        ([], []),
        ([0.1], [0.1]),
        ([0.1, 0.2], [0.1]),
        ([0.1, 0.2], [0.1, 0.0]),
        ([0.1, 0.2], [0.1, -math.inf]),
        ([0.1, math.nan], [0.1, 0.1]),
        ([0.1, 0.2], [0.1, 1e-200]),
    ],
)
def test_what_cannot_be_summarised_is_refused(estimates: list[float], errors: list[float]) -> None:
    with pytest.raises(ValueError, match=r"studies|positive"):
        summarised(estimates, errors)
