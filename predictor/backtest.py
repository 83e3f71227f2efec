"""Backtest of the conjectures, against every pair of which an effect was published.

Signs and observations come from the same literature, so agreement is consistency, not proof.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice
from operator import add
from struct import Struct
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .budget import spend
from .calibration import calibration, features, observed_share
from .guideline import Conjecture, conclude
from .interactions import Prediction, matrix

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = [
    "LEVEL",
    "SCOPES",
    "Backtest",
    "Bin",
    "Cell",
    "Direction",
    "Estimate",
    "Scope",
    "Score",
    "backtest",
    "readings",
]

Scope = Literal["all", "unintended", "independent"]

SCOPES: Final[tuple[Scope, ...]] = ("all", "unintended", "independent")
"""All explored pairs; those the defense is not meant for; those whose paths share no source with
their observations."""

LEVEL: Final = 0.95
"""The share of resamples that an interval covers."""

_BINS: Final = 5
_SCALE: Final = 10_000
"""Probabilities have four digits: times this they are whole numbers, which add up exactly."""

_UNKNOWN_WRONG: Final = "guideline_unknown_wrong"


class Cell(NamedTuple):
    """One explored pair: what was seen, and what each method says.

    Attributes
    ----------
    prediction : Prediction
        The full answer.
    observed : str
        ``increase`` or ``decrease``.
    independent : bool
        Whether no work behind the pair's paths is also a source of its observations.
    answers : dict
        Each method's answer: the guideline (``guideline``), with ``unknown`` taken for a wrong
        answer (``guideline_unknown_wrong``), without dominance (``guideline_unanimity_only``), by
        the dominant factors alone (``dominant_factors_alone``); the calibrated model with the
        pair held out (``calibrated_model``), with everything about its defense held out
        (``calibrated_model_new_defense``) or about its risk (``calibrated_model_new_risk``); and
        two baselines, ``base_rate`` (the share of increases among the other pairs) and
        ``always_increase``.
    probabilities : dict
        The probability of an increase, for methods that give one.
    """

    prediction: Prediction
    observed: Literal["increase", "decrease"]
    independent: bool
    answers: dict[str, Conjecture]
    probabilities: dict[str, float]


class Estimate(NamedTuple):
    """A figure with its bootstrap interval; None where one is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Direction(NamedTuple):
    """How a method does on the pairs that were seen to move one way; see `Score`."""

    right: int
    decided: int
    cells: int
    accuracy: Estimate
    brier: Estimate


class Score(NamedTuple):
    """How one method does on one set of cells.

    Attributes
    ----------
    method : str
        As in `Cell.answers`.
    cells, right, wrong, contested, unknown : int
        Counts; the last four add up to the first.
    increases, decreases : Direction
        The same by observed direction; accuracy among the decided, and Brier score.
    coverage : float
        Share of cells that the method decides.
    accuracy, balanced_accuracy : Estimate
        Right among the decided, and the mean of that over both directions.
    accuracy_of_all, balanced_accuracy_of_all : Estimate
        The same among all cells: undecided counts as wrong.
    brier : Estimate
        Mean squared distance between the probability of an increase and what was seen, from 0
        (best) to 1; only for methods that give a probability.
    """

    method: str
    cells: int
    right: int
    wrong: int
    contested: int
    unknown: int
    increases: Direction
    decreases: Direction
    coverage: float
    accuracy: Estimate
    balanced_accuracy: Estimate
    accuracy_of_all: Estimate
    balanced_accuracy_of_all: Estimate
    brier: Estimate


class Bin(NamedTuple):
    """A row of a reliability table: what was promised, and how often it came true."""

    low: float
    high: float
    cells: int
    mean_probability: float | None
    share_increased: float | None


class Backtest(NamedTuple):
    """The whole account.

    Attributes
    ----------
    cells : tuple of Cell
        Every explored pair.
    disputed : tuple of Prediction
        Pairs that were seen to move both ways, be it under different adversaries; not scored.
    scores : dict
        By scope, a score for each method.
    reliability : dict
        By scope, the calibrated model's reliability table.
    seed, resamples : int
        Of the bootstrap.
    knowledge : str
        Digest of the knowledge base.
    """

    cells: tuple[Cell, ...]
    disputed: tuple[Prediction, ...]
    scores: dict[Scope, tuple[Score, ...]]
    reliability: dict[Scope, tuple[Bin, ...]]
    seed: int
    resamples: int
    knowledge: str


def backtest(kb: KnowledgeBase, *, seed: int, resamples: int = 2000) -> Backtest:
    """Compare every conjecture with what was observed for that pair.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known, observations included.
    seed : int
        Seed of the bootstrap; the same seed gives the same intervals.
    resamples : int
        How many times the cells are drawn again, with replacement.

    Raises
    ------
    ValueError
        If `resamples` is below 1.
    """
    if resamples < 1:
        raise ValueError("resamples should be at least 1")
    cells: list[Cell] = []
    disputed: list[Prediction] = []
    known = {
        (answer.defense, answer.risk): (answer, share)
        for row in matrix(kb)
        for answer in row
        if (share := observed_share(kb, answer.defense, answer.risk)) is not None
    }
    total = sum(share for _, share in known.values())
    for answer, share in known.values():
        if share in (0, 1):
            base_rate = (total - share) / (len(known) - 1) if len(known) > 1 else 0.5
            cells.append(_cell(kb, answer, "increase" if share else "decrease", base_rate))
        else:
            disputed.append(answer)
    inside: dict[Scope, list[Cell]] = {
        "all": cells,
        "unintended": [cell for cell in cells if not cell.prediction.intended],
        "independent": [cell for cell in cells if cell.independent],
    }
    return Backtest(
        tuple(cells),
        tuple(disputed),
        {scope: _scores(chosen, seed, resamples) for scope, chosen in inside.items()},
        {scope: _reliability(chosen) for scope, chosen in inside.items()},
        seed,
        resamples,
        kb.digest,
    )


def readings(prediction: Prediction) -> dict[str, Conjecture]:
    """Return what the guideline says for one pair, as published and read more strictly."""
    strict = "contested" if prediction.basis == "dominant" else prediction.conjecture
    return {
        "guideline": prediction.conjecture,
        _UNKNOWN_WRONG: prediction.conjecture,
        "guideline_unanimity_only": strict,
        "dominant_factors_alone": conclude(p for p in prediction.paths if p.dominant)[0],
    }


def _cell(
    kb: KnowledgeBase,
    prediction: Prediction,
    observed: Literal["increase", "decrease"],
    base_rate: float,
) -> Cell:
    defense, risk = prediction.defense, prediction.risk
    model = calibration(kb)
    asked = features(prediction.paths, prediction.intended)
    probabilities = {
        "calibrated_model": prediction.probability_increase,
        "calibrated_model_new_defense": model.probability_without(
            [(defense, other) for other in kb.risks], asked
        ),
        "calibrated_model_new_risk": model.probability_without(
            [(other, risk) for other in kb.defenses], asked
        ),
        "base_rate": round(base_rate, 4),
        "always_increase": 1.0,
    }
    leaning: dict[str, Conjecture] = {
        method: "increase" if probability >= 0.5 else "decrease"
        for method, probability in probabilities.items()
    }
    behind = {source for path in prediction.paths for source in path.sources}
    published = (o.record for o in prediction.observations if not o.record.measured)
    seen = {source for record in published for source in record.sources}
    return Cell(
        prediction,
        observed,
        behind.isdisjoint(seen),
        {**readings(prediction), **leaning},
        probabilities,
    )


def _scores(cells: Sequence[Cell], seed: int, resamples: int) -> tuple[Score, ...]:
    if not cells:
        return ()
    methods = tuple(cells[0].answers)
    rows = [[n for method in methods for n in _counts(cell, method)] for cell in cells]
    totals = iter(_resampled(rows, seed, resamples))
    return tuple(
        _score(method, cells, _Totals(*islice(totals, len(_Totals._fields)))) for method in methods
    )


class _Totals(NamedTuple):
    """Of one method: totals over the cells, then over each resample, by observed direction.

    Errors are those of the probabilities, times `_SCALE`, squared.
    """

    rose: Sequence[int]
    rose_decided: Sequence[int]
    rose_right: Sequence[int]
    rose_error: Sequence[int]
    fell: Sequence[int]
    fell_decided: Sequence[int]
    fell_right: Sequence[int]
    fell_error: Sequence[int]


def _counts(cell: Cell, method: str) -> tuple[int, ...]:
    """Return what one cell adds to each of a method's totals."""
    answer, rose = cell.answers[method], cell.observed == "increase"
    settled = answer in ("increase", "decrease")
    decided = settled or (method == _UNKNOWN_WRONG and answer == "unknown")
    promised = cell.probabilities.get(method, 0.0)
    error = (round(promised * _SCALE) - _SCALE * rose) ** 2
    counts = (1, int(decided), int(answer == cell.observed), error)
    return (*counts, 0, 0, 0, 0) if rose else (0, 0, 0, 0, *counts)


def _resampled(rows: Sequence[Sequence[int]], seed: int, resamples: int) -> list[tuple[int, ...]]:
    """Return each column's total over all rows, then over every resample of the rows.

    Each row is packed into one large number, 64 bits a column, so that a single sum adds all
    columns at once: this is where a backtest would otherwise spend its time.
    """
    packing = Struct(f"<{len(rows[0])}Q")
    packed = [int.from_bytes(packing.pack(*row), "little") for row in rows]
    rng = random.Random(seed)
    totals = [sum(packed)]
    for _ in range(resamples):
        spend()
        totals.append(sum(rng.choices(packed, k=len(packed))))
    unpacked = (packing.unpack(total.to_bytes(packing.size, "little")) for total in totals)
    return list(zip(*unpacked, strict=True))


def _score(method: str, cells: Sequence[Cell], totals: _Totals) -> Score:
    answers = [cell.answers[method] for cell in cells]
    rose, rose_decided, rose_right, rose_error, fell, fell_decided, fell_right, fell_error = totals
    decided, right = _sums(rose_decided, fell_decided), _sums(rose_right, fell_right)
    every = _sums(rose, fell)
    rose_accuracy = _ratios(rose_right, rose_decided)
    fell_accuracy = _ratios(fell_right, fell_decided)
    gives_probability = method in cells[0].probabilities

    def brier(errors: Sequence[int], counted: Sequence[int]) -> Estimate:
        if not gives_probability:
            return Estimate(None, None, None)
        return _estimate(_ratios(errors, [_SCALE**2 * count for count in counted]))

    return Score(
        method,
        len(cells),
        right[0],
        decided[0] - right[0],
        answers.count("contested"),
        0 if method == _UNKNOWN_WRONG else answers.count("unknown"),
        Direction(
            rose_right[0],
            rose_decided[0],
            rose[0],
            _estimate(rose_accuracy),
            brier(rose_error, rose),
        ),
        Direction(
            fell_right[0],
            fell_decided[0],
            fell[0],
            _estimate(fell_accuracy),
            brier(fell_error, fell),
        ),
        round(decided[0] / len(cells), 4),
        _estimate(_ratios(right, decided)),
        _estimate(_means(rose_accuracy, fell_accuracy)),
        _estimate(_ratios(right, every)),
        _estimate(_means(_ratios(rose_right, rose), _ratios(fell_right, fell))),
        brier(_sums(rose_error, fell_error), every),
    )


_Figures = list[float | None]
"""A figure over the cells, then over each resample; None where it is not defined."""


def _sums(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return list(map(add, first, second))


def _ratios(parts: Sequence[int], wholes: Sequence[int]) -> _Figures:
    return [part / whole if whole else None for part, whole in zip(parts, wholes, strict=True)]


def _means(first: _Figures, second: _Figures) -> _Figures:
    return [
        None if a is None or b is None else (a + b) / 2 for a, b in zip(first, second, strict=True)
    ]


def _estimate(figures: _Figures) -> Estimate:
    """Return a figure with its percentile interval over the resamples in which it is defined."""
    value, *resampled = figures
    if value is None:
        return Estimate(None, None, None)
    drawn = sorted([figure for figure in resampled if figure is not None])
    if not drawn:
        return Estimate(round(value, 4), None, None)
    tail = (1 - LEVEL) / 2 * (len(drawn) - 1)
    low, high = drawn[int(tail)], drawn[-1 - int(tail)]
    return Estimate(round(value, 4), round(low, 4), round(high, 4))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _reliability(cells: Sequence[Cell]) -> tuple[Bin, ...]:
    bins: list[Bin] = []
    for i in range(_BINS):
        inside = [
            (cell.prediction.probability_increase, cell.observed == "increase")
            for cell in cells
            if min(int(cell.prediction.probability_increase * _BINS), _BINS - 1) == i
        ]
        promised = _mean([probability for probability, _ in inside])
        came_true = _mean([float(rose) for _, rose in inside])
        bins.append(
            Bin(
                i / _BINS,
                (i + 1) / _BINS,
                len(inside),
                None if promised is None else round(promised, 4),
                None if came_true is None else round(came_true, 4),
            )
        )
    return tuple(bins)
