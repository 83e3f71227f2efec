"""Intervals keep what they promise, and outcomes say no more than intervals show."""

from __future__ import annotations

import numpy as np
import pytest

from crosscurrent.validator.statistics.intervals import Effect, effect, outcome, seeds_to_settle


def test_one_difference_gives_no_interval() -> None:
    with pytest.raises(ValueError, match="two or more"):
        effect([0.1])


def test_equal_differences_show_no_more_than_the_measure_resolves() -> None:
    assert effect([0.25] * 4) == Effect(0.25, 0.25, 0.25, (0.25,) * 4, 0.0)
    coarse, fine = (effect([0.25] * 4, resolution=step) for step in (0.1, 0.01))
    assert coarse.low < fine.low < 0.25 < fine.high < coarse.high
    assert coarse.high - 0.25 == pytest.approx(0.25 - coarse.low)


@pytest.mark.parametrize(("records", "seeds"), [(12, 2), (12, 3), (30, 2), (30, 5), (300, 5)])
def test_counts_that_tie_by_chance_are_hardly_ever_an_effect(records: int, seeds: int) -> None:
    """Both arms answer rightly with the same chance, independently."""
    draw = np.random.default_rng(1)
    false = 0
    for _ in range(400):
        right = draw.binomial(records, 0.8, size=(2, seeds)) / records
        found = effect((right[0] - right[1]).tolist(), resolution=1 / records)
        false += outcome(found, 0.03) in ("increase", "decrease")
    assert false / 400 <= 0.09


def test_the_advised_number_of_seeds_mostly_settles_it() -> None:
    draw, settled, asked = np.random.default_rng(2), 0, 0
    for _ in range(60):
        values = draw.normal(0.05, 0.06, size=5).tolist()
        more = seeds_to_settle(effect(values), 0.02)
        if outcome(effect(values), 0.02) == "inconclusive" and more is not None and more < 60:
            asked += 1
            whole = effect([*values, *draw.normal(np.mean(values), 0.06, size=more - 5).tolist()])
            settled += outcome(whole, 0.02) != "inconclusive"
    assert asked > 20
    assert settled / asked > 0.6


def test_turning_every_difference_around_turns_the_interval_around() -> None:
    values = [0.1, 0.14, 0.02, 0.3, 0.11]
    found, mirrored = effect(values), effect([-v for v in values])
    assert mirrored.estimate == pytest.approx(-found.estimate)
    assert mirrored.low == pytest.approx(-found.high, abs=0.01)


@pytest.mark.parametrize("skewed", [False, True])
def test_intervals_of_five_seeds_cover_the_truth(skewed: bool) -> None:
    draw = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        values = draw.exponential(size=5) - 1 if skewed else draw.normal(size=5)
        found = effect(values.tolist())
        covered += found.low <= 0 <= found.high
    assert covered / 200 >= (0.84 if skewed else 0.93)


@pytest.mark.parametrize(
    ("estimate", "low", "high", "said"),
    [
        (0.10, 0.05, 0.15, "increase"),
        (-0.10, -0.15, -0.05, "decrease"),
        (0.01, -0.01, 0.019, "no_change"),
        (0.01, 0.005, 0.015, "no_change"),
        (0.03, -0.01, 0.07, "inconclusive"),
        (0.015, 0.005, 0.025, "inconclusive"),
        (0.0, -0.5, 0.5, "inconclusive"),
    ],
)
def test_outcomes_follow_the_interval(estimate: float, low: float, high: float, said: str) -> None:
    assert outcome(Effect(estimate, low, high, ()), 0.02) == said


def test_as_many_seeds_as_are_asked_for_would_settle_it() -> None:
    found = effect([0.3, -0.2, 0.25, 0.05, 0.1])
    assert outcome(found, 0.02) == "inconclusive"
    more = seeds_to_settle(found, 0.02)
    assert more is not None
    assert more > 5
    assert seeds_to_settle(Effect(0.02, -1.0, 1.0, (-5.0, 5.04)), 0.0201) is None
