"""Intervals follow the differences: shifted, scaled, turned around and put in another order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from crosscurrent.validator.statistics.intervals import Effect, effect, outcome, seeds_to_settle

differences = st.lists(st.floats(-1, 1).map(lambda v: round(v, 6)), min_size=2, max_size=8)


def _near(found: Effect, low: float, high: float, slack: float) -> bool:
    return abs(found.low - low) <= slack and abs(found.high - high) <= slack


@settings(max_examples=30)
@given(differences)
def test_the_estimate_lies_in_an_interval_no_narrower_than_students(values: list[float]) -> None:
    found = effect(values)
    assert found.low <= found.estimate <= found.high
    assert found.estimate == pytest.approx(np.mean(values))
    assert found.differences == tuple(values)
    if np.ptp(values) > 0:
        low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert found.low <= low + 1e-9
        assert found.high >= high - 1e-9


@settings(max_examples=20)
@given(differences, st.floats(0.01, 100), st.floats(-1, 1))
def test_scaled_and_shifted_differences_scale_and_shift_the_interval(
    values: list[float], factor: float, shift: float
) -> None:
    assume(np.ptp(values) > 1e-3)
    found, moved = effect(values), effect([v * factor + shift for v in values])
    assert moved.estimate == pytest.approx(found.estimate * factor + shift, abs=1e-9)
    slack = 1e-6 * max(1, factor)
    assert _near(moved, found.low * factor + shift, found.high * factor + shift, slack)


@settings(max_examples=20)
@given(differences, st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_hardly_matters(values: list[float], random: object) -> None:
    other = list(values)
    random.shuffle(other)  # type: ignore[attr-defined]
    found, again = effect(values), effect(other)
    assert again.estimate == pytest.approx(found.estimate, abs=1e-12)
    assert _near(again, found.low, found.high, 0.05 * (found.high - found.low) + 1e-9)


@settings(max_examples=20)
@given(differences)
def test_turned_around_differences_turn_the_interval_and_the_outcome_around(
    values: list[float],
) -> None:
    found, mirrored = effect(values), effect([-v for v in values])
    assert mirrored.estimate == pytest.approx(-found.estimate, abs=1e-12)
    slack = 0.05 * (found.high - found.low) + 1e-9
    assert _near(mirrored, -found.high, -found.low, slack)
    turned = Effect(-found.estimate, -found.high, -found.low, ())
    opposite = {"increase": "decrease", "decrease": "increase"}
    said = outcome(found, 0.02)
    assert outcome(turned, 0.02) == opposite.get(said, said)


def test_the_same_differences_always_give_the_same_interval() -> None:
    values = [0.1, 0.2, 0.05]
    assert effect(values) == effect(values)
    assert _near(effect(values, seed=1), effect(values).low, effect(values).high, 0.02)


@pytest.mark.parametrize("skew", [0.0, 0.25, 0.5])
def test_intervals_of_five_seeds_cover_the_truth_if_differences_are_not_very_skewed(
    skew: float,
) -> None:
    """In 400 experiments; the skewed ones are mixtures of a normal and an exponential."""
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        values = (1 - skew) * draw.normal(size=5) + skew * (draw.exponential(size=5) - 1)
        found = effect(values.tolist())
        covered += found.low <= 0 <= found.high
    assert covered / 400 >= 0.92


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_differences_give_no_interval(count: int) -> None:
    with pytest.raises(ValueError, match="two or more"):
        effect([0.1] * count)


@pytest.mark.parametrize(
    ("estimate", "low", "high", "said"),
    [
        (0.02, 0.001, 0.039, "increase"),  # just large enough
        (-0.02, -0.039, -0.001, "decrease"),
        (0.0199, 0.001, 0.039, "inconclusive"),  # not large enough
        (0.02, 0.0, 0.04, "inconclusive"),  # zero is not excluded
        (0.0, -0.02, 0.0199, "inconclusive"),  # not all of it is too small
        (0.0, -0.0199, 0.0199, "no_change"),
        (0.5, 0.5, 0.5, "increase"),
        (0.0, 0.0, 0.0, "no_change"),
    ],
)
def test_outcomes_at_their_boundaries(estimate: float, low: float, high: float, said: str) -> None:
    assert outcome(Effect(estimate, low, high, ()), 0.02) == said


@settings(max_examples=40)
@given(st.lists(st.floats(-0.3, 0.3).map(lambda v: round(v, 4)), min_size=2, max_size=6))
def test_as_many_seeds_as_needed_is_the_least_that_students_interval_needs(
    values: list[float],
) -> None:
    found = effect(values)
    assume(outcome(found, 0.05) == "inconclusive")
    more = seeds_to_settle(found, 0.05)
    assume(more is not None)
    assert more is not None
    size, spread = abs(found.estimate), float(np.std(values, ddof=1))
    needed = size if size >= 0.05 else 0.05 - size
    assert more > len(values)
    assert stats.t.ppf(0.975, more - 1) * spread / np.sqrt(more) < needed
