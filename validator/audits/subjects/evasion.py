"""Evasion: how many records are still classified rightly when an attacker moves them a little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...statistics.weighted import mean
from .._black_box import random_search
from .._space import Space
from .._white_box import descend
from ._asking import AsksModel
from ._subject import AuditMetric, Statistics, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["Evasion"]

RECORDS: Final = 200
"""Records that are attacked."""
QUERIES: Final = 100
"""About each record, at most."""
FEW: Final = 10
"""Attributes among whose corners so many queries find the worst of a linear model."""


@dataclass(frozen=True)
class Evasion(AsksModel):
    """Accuracy under an attack that sees probabilities, on records not trained on.

    A random search in an L∞ ball in units of the standard deviations, as `random_search` has it;
    of torch modules projected gradient descent, too, which follows the gradients of the model
    itself (Madry et al. 2018), beside it, not in its place: what is judged is alike of all models.
    """

    id: ClassVar[str] = "evasion"

    @classmethod
    def asks(cls) -> int:
        """Return how many records a model is asked about beside the data, at most."""
        return RECORDS * QUERIES

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        found = [
            AuditMetric("robust_accuracy", "accuracy under attack", "lower", 0.03, None, 0.0),
            AuditMetric(
                "attack_success_rate",
                "success rate of the attack",
                "higher",
                0.03,
                0.0,
                1.0,
            ),
        ]
        if self._gradients:
            found.append(
                AuditMetric(
                    "whitebox_accuracy",
                    "accuracy under attack by gradients",
                    "lower",
                    0.03,
                    None,
                    0.0,
                )
            )
        return found

    @property
    def _gradients(self) -> bool:
        """Whether every model gives gradients."""
        return all(self.oracle(run).model.has_gradients for run in self.every_run)

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        oracle, rows = self.oracle(run), self.drawn(run, RECORDS)
        records, label = oracle.some(rows), run.label[rows]
        space = Space(oracle.records)
        clean = oracle.probabilities(records).argmax(1) == label
        kept = clean & random_search(
            oracle,
            records,
            label,
            space,
            epsilon=oracle.epsilon,
            queries=QUERIES - 1,  # one was about the record as it is
            draw=np.random.default_rng([self.seed, 4]),
        )
        by_gradients = None
        if self._gradients:
            by_gradients = kept & descend(
                oracle,
                records,
                label,
                space,
                epsilon=oracle.epsilon,
                draw=np.random.default_rng([self.seed, 6]),
            )

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, rows]
            robust = mean(some, kept.astype(np.float64))
            accuracy = mean(some, clean.astype(np.float64))
            with np.errstate(invalid="ignore"):
                turned = np.where(accuracy > 0, 1 - robust / np.where(accuracy > 0, accuracy, 1), 0)
            found = {"robust_accuracy": robust, "attack_success_rate": turned}
            if by_gradients is not None:
                found["whitebox_accuracy"] = mean(some, by_gradients.astype(np.float64))
            return found

        return measured

    def notes(self) -> list[str]:
        """Return what a reader should know of how it was measured."""
        oracle = self.oracle(self.every_run[0])
        held = [min(RECORDS, len(held_out(run))) for run in self.every_run]
        told = f"{held[0]}" if len(set(held)) == 1 else f"{min(held)} to {max(held)}"
        found = [
            f"the attack moves each of {told} records by at most {oracle.epsilon:g} standard"
            f" deviations of each number, and asks about it at most {QUERIES} times: others may do"
            " better"
        ]
        moved = max(len(Space(self.oracle(run).records)) for run in self.every_run)
        if moved > FEW:
            found.append(
                f"{moved:,} attributes are moved, more than {FEW}: in so many directions"
                f" {QUERIES} queries find less than there is, of linear models too, so that the"
                " accuracy under a stronger attack is lower"
            )
        return found
