"""How good are the conjectures, honestly: against every pair of which an effect was published.

Signs and observations come from the same literature, so agreement is consistency, not proof.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

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
    size = len(cells)
    rng = random.Random(seed)
    draws = [rng.choices(range(size), k=size) for _ in range(resamples)] if size else []
    methods = cells[0].answers if cells else ()
    return tuple(_score(method, cells, draws) for method in methods)


def _score(method: str, cells: Sequence[Cell], draws: Sequence[Sequence[int]]) -> Score:
    answers = [cell.answers[method] for cell in cells]
    settled = {"increase", "decrease"} | ({"unknown"} if method == _UNKNOWN_WRONG else set())
    decided = [answer in settled for answer in answers]
    right = [cell.observed == answer for cell, answer in zip(cells, answers, strict=True)]
    rose = [cell.observed == "increase" for cell in cells]
    fell = [not up for up in rose]
    every = [True] * len(cells)

    def estimate(*ratios: _Ratio) -> Estimate:
        return _estimate(lambda drawn: _mean([ratio(drawn) for ratio in ratios]), len(cells), draws)

    errors = [
        (cell.probabilities[method] - (cell.observed == "increase")) ** 2
        for cell in cells
        if method in cell.probabilities
    ]

    def brier(moved: Sequence[bool]) -> Estimate:
        return estimate(_ratio(errors, moved)) if errors else Estimate(None, None, None)

    def direction(moved: Sequence[bool]) -> Direction:
        counts = (sum(_both(right, moved)), sum(_both(decided, moved)), sum(moved))
        accuracy = estimate(_ratio(right, _both(decided, moved)))
        return Direction(*counts, accuracy, brier(moved))

    return Score(
        method,
        len(cells),
        sum(right),
        sum(decided) - sum(right),
        answers.count("contested"),
        answers.count("unknown") if "unknown" not in settled else 0,
        direction(rose),
        direction(fell),
        round(sum(decided) / len(cells), 4),
        estimate(_ratio(right, decided)),
        estimate(_ratio(right, _both(decided, rose)), _ratio(right, _both(decided, fell))),
        estimate(_ratio(right, every)),
        estimate(_ratio(right, rose), _ratio(right, fell)),
        brier(every),
    )


_Ratio = Callable[[Sequence[int]], float | None]


def _ratio(values: Sequence[float], counted: Sequence[bool]) -> _Ratio:
    """Return the mean of values over the counted cells of a draw; None where there is none."""
    worth = [value if count else 0 for value, count in zip(values, counted, strict=True)]

    def of(drawn: Sequence[int]) -> float | None:
        total = sum(map(counted.__getitem__, drawn))
        return sum(map(worth.__getitem__, drawn)) / total if total else None

    return of


def _both(first: Sequence[bool], second: Sequence[bool]) -> list[bool]:
    return [a and b for a, b in zip(first, second, strict=True)]


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None if anything is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _estimate(figure: _Ratio, size: int, draws: Sequence[Sequence[int]]) -> Estimate:
    """Return a figure with its percentile interval over the draws in which it is defined."""
    value = figure(range(size))
    if value is None:
        return Estimate(None, None, None)
    drawn = sorted(v for draw in draws if (v := figure(draw)) is not None)
    if not drawn:
        return Estimate(round(value, 4), None, None)
    tail = (1 - LEVEL) / 2 * (len(drawn) - 1)
    low, high = drawn[int(tail)], drawn[-1 - int(tail)]
    return Estimate(round(value, 4), round(low, 4), round(high, 4))


def _reliability(cells: Sequence[Cell]) -> tuple[Bin, ...]:
    bins: list[Bin] = []
    for i in range(_BINS):
        inside = [
            (cell.prediction.probability_increase, cell.observed == "increase")
            for cell in cells
            if min(int(cell.prediction.probability_increase * _BINS), _BINS - 1) == i
        ]
        promised = _mean([probability for probability, _ in inside])
        came_true = _mean([rose for _, rose in inside])
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
