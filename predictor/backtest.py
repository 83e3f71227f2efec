"""How good are the conjectures, honestly: against every pair that was ever explored.

Signs and observations come from the same literature, so agreement is consistency, not proof.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .calibration import observed_share
from .guideline import Conjecture, conclude
from .interactions import Prediction, matrix

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = [
    "METHODS",
    "Backtest",
    "Bin",
    "Cell",
    "Estimate",
    "Score",
    "backtest",
]

Scope = Literal["all", "unintended"]

BINS: Final = 5
LEVEL: Final = 0.95


class Cell(NamedTuple):
    """One explored pair: what was seen, and what each method says.

    Attributes
    ----------
    prediction : Prediction
        The full answer.
    observed : str
        ``increase`` or ``decrease``.
    answers : dict
        Each method's answer, by its name in `METHODS`.
    """

    prediction: Prediction
    observed: Literal["increase", "decrease"]
    answers: dict[str, Conjecture]


class Estimate(NamedTuple):
    """A figure with its bootstrap interval; None where one is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Score(NamedTuple):
    """How one method does on one set of cells.

    Attributes
    ----------
    method : str
        A name in `METHODS`.
    cells, right, wrong, contested, unknown : int
        Counts; the last four add up to the first.
    increases, decreases : tuple of int
        For each observed direction: right, decided, cells.
    coverage : float
        Share of cells that the method decides. ``guideline_unknown_wrong`` takes ``unknown`` for
        a decision, and a wrong one.
    accuracy : Estimate
        Right among the decided.
    balanced_accuracy : Estimate
        Mean over both directions of right among the decided.
    accuracy_of_all : Estimate
        Right among all cells: undecided counts as wrong.
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
    increases: tuple[int, int, int]
    decreases: tuple[int, int, int]
    coverage: float
    accuracy: Estimate
    balanced_accuracy: Estimate
    accuracy_of_all: Estimate
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
        Pairs whose observations contradict each other; they are not scored.
    scores : dict
        By scope (``all``, ``unintended``), a score for each method.
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


def _unanimity_only(prediction: Prediction) -> Conjecture:
    dominant = prediction.basis == "dominant"
    return "contested" if dominant else prediction.conjecture


def _dominant_alone(prediction: Prediction) -> Conjecture:
    return conclude(path for path in prediction.paths if path.dominant)[0]


def _model(prediction: Prediction) -> Conjecture:
    return "increase" if prediction.probability_increase >= 0.5 else "decrease"


_UNKNOWN_WRONG: Final = "guideline_unknown_wrong"

METHODS: Final[dict[str, Callable[[Prediction], Conjecture]]] = {
    "guideline": lambda prediction: prediction.conjecture,
    _UNKNOWN_WRONG: lambda prediction: prediction.conjecture,
    "guideline_unanimity_only": _unanimity_only,
    "dominant_factors_alone": _dominant_alone,
    "calibrated_model": _model,
    "always_increase": lambda _: "increase",
}
"""What is compared: the guideline, stricter readings of it, the model, and the naive baseline."""

_PROBABILITY: Final[dict[str, Callable[[Prediction], float]]] = {
    "calibrated_model": lambda prediction: prediction.probability_increase,
    "always_increase": lambda _: 1.0,
}


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
    for row in matrix(kb):
        for prediction in row:
            share = observed_share(kb, prediction.defense, prediction.risk)
            if share is None:
                continue
            if share not in (0.0, 1.0):
                disputed.append(prediction)
                continue
            answers = {name: answer(prediction) for name, answer in METHODS.items()}
            cells.append(Cell(prediction, "increase" if share else "decrease", answers))
    scopes: dict[Scope, list[Cell]] = {
        "all": cells,
        "unintended": [cell for cell in cells if not cell.prediction.intended],
    }
    draws = {scope: _draws(len(inside), seed, resamples) for scope, inside in scopes.items()}
    return Backtest(
        tuple(cells),
        tuple(disputed),
        {
            scope: tuple(_score(name, inside, draws[scope]) for name in METHODS)
            for scope, inside in scopes.items()
        },
        {scope: _reliability(inside) for scope, inside in scopes.items()},
        seed,
        resamples,
        kb.digest,
    )


def _draws(size: int, seed: int, resamples: int) -> list[list[int]]:
    rng = random.Random(seed)
    return [rng.choices(range(size), k=size) for _ in range(resamples)] if size else []


def _score(method: str, cells: Sequence[Cell], draws: Sequence[Sequence[int]]) -> Score:
    answers = [cell.answers[method] for cell in cells]
    rose = [cell.observed == "increase" for cell in cells]
    right = [cell.observed == answer for cell, answer in zip(cells, answers, strict=True)]
    settled = {"increase", "decrease"} | ({"unknown"} if method == _UNKNOWN_WRONG else set())
    decided = [answer in settled for answer in answers]
    error: list[float] = []
    if method in _PROBABILITY:
        promised = [_PROBABILITY[method](cell.prediction) for cell in cells]
        error = [(p - up) ** 2 for p, up in zip(promised, rose, strict=True)]

    def count(flags: Sequence[bool], direction: bool) -> int:
        return sum(flag for flag, up in zip(flags, rose, strict=True) if up is direction)

    def accuracy(drawn: Sequence[int]) -> float | None:
        return _share([right[i] for i in drawn if decided[i]])

    def balanced(drawn: Sequence[int]) -> float | None:
        up = _share([right[i] for i in drawn if decided[i] and rose[i]])
        down = _share([right[i] for i in drawn if decided[i] and not rose[i]])
        return None if up is None or down is None else (up + down) / 2

    def of_all(drawn: Sequence[int]) -> float | None:
        return _share([right[i] for i in drawn])

    def brier(drawn: Sequence[int]) -> float | None:
        return _share([error[i] for i in drawn]) if error else None

    return Score(
        method,
        len(cells),
        sum(right),
        sum(decided) - sum(right),
        answers.count("contested"),
        answers.count("unknown") if "unknown" not in settled else 0,
        (count(right, True), count(decided, True), rose.count(True)),
        (count(right, False), count(decided, False), rose.count(False)),
        round(sum(decided) / len(cells), 4) if cells else 0.0,
        *(_estimate(figure, len(cells), draws) for figure in (accuracy, balanced, of_all, brier)),
    )


def _share(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _estimate(
    figure: Callable[[Sequence[int]], float | None], size: int, draws: Sequence[Sequence[int]]
) -> Estimate:
    """Return a figure with its percentile interval over the draws in which it is defined."""
    value = figure(range(size))
    if value is None:
        return Estimate(None, None, None)
    drawn = sorted(v for draw in draws if (v := figure(draw)) is not None)
    if not drawn:
        return Estimate(round(value, 4), None, None)
    tail = (1 - LEVEL) / 2
    low, high = drawn[int(tail * (len(drawn) - 1))], drawn[round((1 - tail) * (len(drawn) - 1))]
    return Estimate(round(value, 4), round(low, 4), round(high, 4))


def _reliability(cells: Sequence[Cell]) -> tuple[Bin, ...]:
    bins: list[Bin] = []
    for i in range(BINS):
        low, high = i / BINS, (i + 1) / BINS
        inside = [
            cell
            for cell in cells
            if min(int(cell.prediction.probability_increase * BINS), BINS - 1) == i
        ]
        promised = _share([cell.prediction.probability_increase for cell in inside])
        came_true = _share([cell.observed == "increase" for cell in inside])
        bins.append(
            Bin(
                low,
                high,
                len(inside),
                None if promised is None else round(promised, 4),
                None if came_true is None else round(came_true, 4),
            )
        )
    return tuple(bins)
