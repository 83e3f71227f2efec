"""Statistics of weighted records: those of scikit-learn, of many weightings at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from crosscurrent.validator.statistics.weighted import (
    RankedScores,
    mean,
    resamples,
    spread_over_groups,
)

Floats = NDArray[np.floating[Any]]


def scored(seed: int, digits: int, records: int = 300) -> tuple[Floats, NDArray[np.bool_]]:
    draw = np.random.default_rng(seed)
    positive = draw.random(records) < 0.4
    positive[:2] = True, False
    return np.round(draw.normal(size=records) + 0.5 * positive, digits), positive


def largest_rate(scores: Floats, positive: NDArray[np.bool_], fpr: float) -> float:
    """Return the largest true-positive rate at a false-positive rate."""
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    return float(true[false <= fpr].max())


@given(seed=st.integers(0, 999), digits=st.integers(0, 8))
def test_areas_are_those_of_scikit_learn(seed: int, digits: int) -> None:
    scores, positive = scored(seed, digits)
    ranked = RankedScores(scores, positive)
    (area,) = ranked.measured(np.ones((1, len(scores))))
    assert area[0] == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    weights = next(resamples(len(scores), 2, seed))
    for row, each in zip(weights, ranked.measured(weights)[0], strict=True):
        expected = roc_auc_score(positive, scores, sample_weight=row)
        assert each == pytest.approx(expected, abs=1e-5)


@given(
    seed=st.integers(0, 999),
    digits=st.integers(0, 8),
    fpr=st.sampled_from([0.0, 0.001, 0.01, 0.1, 0.5, 1.0]),
)
def test_rates_are_those_of_a_roc_curve(seed: int, digits: int, fpr: float) -> None:
    scores, positive = scored(seed, digits)
    ranked = RankedScores(scores, positive)
    rate = ranked.measured(np.ones((1, len(scores))), (fpr,))[1]
    assert rate[0] == pytest.approx(largest_rate(scores, positive, fpr), abs=1e-12)
    (row,) = next(resamples(len(scores), 1, seed))
    often = row.astype(int)
    rate = ranked.measured(row[None], (fpr,))[1]
    drawn = np.repeat(scores, often), np.repeat(positive, often)
    assert rate[0] == pytest.approx(largest_rate(*drawn, fpr), abs=1e-5)


@given(seed=st.integers(0, 999), parts=st.integers(1, 6))
def test_only_records_of_the_same_part_are_compared(seed: int, parts: int) -> None:
    scores, positive = scored(seed, 1)
    part = np.random.default_rng(seed).integers(0, parts, len(scores))
    part[positive] = part[positive].clip(max=max(0, parts - 2))  # the last has none to compare
    ahead = pairs = 0.0
    for each in range(parts):
        here = part == each
        size = float(positive[here].sum() * (~positive[here]).sum())
        if size:
            ahead += size * roc_auc_score(positive[here], scores[here])
            pairs += size
    (area,) = RankedScores(scores, positive, part).measured(np.ones((1, len(scores))))
    assert area[0] == pytest.approx(ahead / pairs, abs=1e-12)


def test_resamples_draw_as_many_records_as_there_are_and_are_the_same_again() -> None:
    first, again, other = (list(resamples(50, 30, seed)) for seed in (4, 4, 5))
    assert sum(map(len, first)) == 30
    assert all((each.sum(1) == 50).all() for each in first)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))


def test_means_and_gaps_are_weighted() -> None:
    weights = np.array([[1.0, 1, 1, 1], [2, 0, 1, 1]])
    positive = np.array([True, False, True, True])
    group = np.array([0, 0, 1, -1])
    assert mean(weights, positive.astype(float)).tolist() == [0.75, 1.0]
    gap, least = spread_over_groups(weights, positive, group, 2)
    assert gap.tolist() == [0.5, 0.0]
    assert least.tolist() == [0.5, 1.0]
