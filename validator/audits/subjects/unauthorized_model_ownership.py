"""Unauthorized model ownership: how faithful a surrogate is that is fitted to a model's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...statistics.weighted import mean
from .._black_box import mixtures
from .._space import Space
from .._surrogates import Surrogates
from ._asking import AsksModel
from ._subject import AuditMetric, Statistics, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["UnauthorizedModelOwnership"]

QUERIES: Final = 2000
"""That the model answers."""
RECORDS: Final = 2000
"""By which a surrogate is judged, at most."""


@dataclass(frozen=True)
class UnauthorizedModelOwnership(AsksModel):
    """Fidelity of a surrogate (Jagielski et al. 2020): how often it answers as the model does.

    The adversary has half of the records that the model was not trained on, asks about mixtures of
    pairs of them, and is answered with probabilities. Fidelity is on the other half.
    """

    id: ClassVar[str] = "unauthorized_model_ownership"

    @classmethod
    def asks(cls) -> int:
        """Return how many records a model is asked about beside the data, at most."""
        return QUERIES

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        return (
            AuditMetric("fidelity", "fidelity of a surrogate", "higher", 0.02, None, 1.0),
            AuditMetric(
                "fidelity_quarter_queries",
                "fidelity with a quarter of the queries",
                "higher",
                0.02,
                None,
                1.0,
            ),
            AuditMetric(
                "surrogate_accuracy", "accuracy of the surrogate", "higher", 0.02, None, 1.0
            ),
        )

    def chance(self, run: Run) -> float | None:
        """Return how often the most common answer is that of the model."""
        answers = run.predicted[self._judged(run)]
        return float(np.bincount(answers).max() / len(answers))

    def _judged(self, run: Run) -> NDArray[np.intp]:
        rows = self.drawn(run, len(held_out(run)))
        return rows[: len(rows) // 2][:RECORDS]

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        oracle = self.oracle(run)
        rows = self.drawn(run, len(held_out(run)))
        own, judged = rows[len(rows) // 2 :], self._judged(run)
        draw = np.random.default_rng([self.seed, 5])
        queries = mixtures(oracle.some(own), Space(oracle.records), QUERIES, draw)
        surrogates = Surrogates(queries, oracle.probabilities(queries), self.seed)
        records = oracle.some(judged)
        by_all, by_quarter = (surrogates.classes(share, records) for share in (1.0, 0.25))
        answers = {
            "fidelity": by_all == run.predicted[judged],
            "fidelity_quarter_queries": by_quarter == run.predicted[judged],
            "surrogate_accuracy": by_all == run.label[judged],
        }

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, judged]
            return {name: mean(some, each.astype(np.float64)) for name, each in answers.items()}

        return measured

    def notes(self) -> list[str]:
        """Return what a reader should know of how it was measured."""
        return [
            f"the surrogate is fitted to {QUERIES:,} answers; more of them, or a like architecture,"
            " make a more faithful one"
        ]
