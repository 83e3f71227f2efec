"""The whole matrix, and fitting the model behind its probabilities."""

from __future__ import annotations

from typing import NamedTuple

from growth import wide
from pairs import SEED
from report import Section
from timing import seconds

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.calibration import Calibration
from crosscurrent.predictor.interactions import matrix

__all__ = ["calibration_times", "matrix_times"]


class MatrixFigure(NamedTuple):
    """How long a whole matrix takes."""

    knowledge: str
    pairs: int
    first_ms: float
    warm_ms: float
    warm_us_per_pair: float


class FitFigure(NamedTuple):
    """How long the model of the built-in knowledge base takes."""

    what: str
    fits: int
    ms: float


def matrix_times(base: KnowledgeBase, repeats: int) -> Section:
    """Time the matrix: on a knowledge base never asked before, and once more."""
    rows = []
    for name, content in (("built-in", base.rows), ("wide x10", wide(base.rows, 10, SEED))):
        fresh = _Fresh(KnowledgeBase(content))
        few = repeats if name == "built-in" else max(2, repeats // 8)
        first = seconds(fresh.ask, few, fresh.renew)
        warm = seconds(fresh.ask, few)
        pairs = len(fresh.kb.defenses) * len(fresh.kb.risks)
        rows.append(MatrixFigure(name, pairs, first * 1e3, warm * 1e3, warm / pairs * 1e6))
    return Section(
        "matrix",
        "2. The whole matrix with all explanations, milliseconds",
        ("first: a knowledge base not asked before, so with calibration; warm: asked again",),
        tuple(rows),
    )


def calibration_times(base: KnowledgeBase, repeats: int) -> Section:
    """Time the fits: the model on all pairs, and one for each pair held out."""

    def everything() -> Calibration:
        model = Calibration(base)
        model.weights()
        for pair in pairs:
            model.weights([pair])
        return model

    def once() -> None:
        Calibration(base).weights()

    pairs = [(defense, risk) for defense in base.defenses for risk in base.risks]
    fits = len(everything()._weights)
    rows = (
        FitFigure("on all observed pairs", 1, seconds(once, repeats) * 1e3),
        FitFigure("and with each pair held out", fits, seconds(everything, repeats) * 1e3),
    )
    return Section(
        "calibration",
        "5. Calibration at the built-in size, milliseconds",
        ("from nothing, with gathering the cases; pairs with alike cases share a fit",),
        rows,
    )


class _Fresh:
    """A knowledge base that can be replaced by an equal one that nobody has asked yet."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb

    def renew(self) -> None:
        """Forget all that was worked out."""
        self.kb = KnowledgeBase(self.kb.rows, self.kb.digest)

    def ask(self) -> object:
        """Predict every pair."""
        return matrix(self.kb)
