"""``backtest``: how good the conjectures are, against all that was observed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..answers.backtests import RESAMPLES, Backtests, document, measure
from .answer import Answer, Knowledge, knowledge_base
from .tables import Table

if TYPE_CHECKING:
    from crosscurrent.predictor import backtest_document_types as shapes
    from crosscurrent.predictor.assessment_backtest import AssessmentBacktest
    from crosscurrent.predictor.backtest import Backtest, Estimate
    from crosscurrent.predictor.collusion_backtest import CollusionBacktest
    from crosscurrent.predictor.conflict_backtest import ConflictBacktest
    from crosscurrent.predictor.measured_backtest import MeasuredBacktest

__all__ = ["BacktestAnswer", "backtest"]


@dataclass(frozen=True, repr=False)
class BacktestAnswer(Answer):
    """The backtests of conjectures, of assessments, and of both other kinds of verdict.

    Attributes
    ----------
    backtests : Backtests
        The predictor's results; each is an attribute here as well.
    """

    columns: ClassVar = ("verdicts", "pairs", "method", "right", "cells")

    backtests: Backtests

    @property
    def interactions(self) -> Backtest:
        """Of conjectures about a defense and a risk."""
        return self.backtests.interactions

    @property
    def assessments(self) -> AssessmentBacktest:
        """Of assessments, with the paper or the pair held out."""
        return self.backtests.assessments

    @property
    def measured(self) -> MeasuredBacktest:
        """Of assessments, against what was measured, with all of that left out."""
        return self.backtests.measured

    @property
    def conflicts(self) -> ConflictBacktest:
        """Of verdicts on combinations of defenses."""
        return self.backtests.conflicts

    @property
    def collusion(self) -> CollusionBacktest:
        """Of verdicts on attacks that collude."""
        return self.backtests.collusion

    def to_dict(self) -> shapes.Backtest:
        """Return the document of ``crosscurrent backtest --json``."""
        return document(self.backtests)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for scope, scores in self.interactions.scores.items():
            for each in scores:
                yield "interactions", scope, each.method, each.right, each.cells
        for held, voices in self.assessments.scores.items():
            for voice in voices:
                yield "assessments", f"{held} held out", voice.voice, voice.right, voice.directed
        for group in self.measured.groups:
            for voice in group.scores:
                yield (
                    "measured",
                    group.data or "own models",
                    voice.voice,
                    voice.right,
                    voice.directed,
                )
        for name, judged in self.conflicts.scores.items():
            for score in judged:
                yield "conflicts", name, score.method, score.right, score.cells
        for verdict in self.collusion.scores:
            yield "collusion", verdict.pairs, verdict.method, verdict.right, verdict.cells

    def _heading(self) -> str:
        return f"Backtest against {len(self.interactions.cells)} explored pairs"

    def _tables(self) -> Sequence[Table]:
        head = ("method", "right", "wrong", "contested", "unknown", "accuracy of decided", "Brier")
        tables = [
            Table(
                f"Conjectures, {scope} pairs",
                head,
                [
                    (
                        each.method.replace("_", " "),
                        *map(str, (each.right, each.wrong, each.contested, each.unknown)),
                        _figure(each.accuracy),
                        _figure(each.brier),
                    )
                    for each in scores
                ],
            )
            for scope, scores in self.interactions.scores.items()
        ]
        for verdicts in ("assessments", "measured", "conflicts", "collusion"):
            rows = [
                (pairs.replace("_", " "), method.replace("_", " "), f"{right}/{cells}")
                for kind, pairs, method, right, cells in self._records()
                if kind == verdicts
            ]
            caption = f"Verdicts on {verdicts}"
            tables.append(Table(caption, ("pairs", "method", "right"), rows))
        return tables

    def _notes(self) -> Sequence[str]:
        found = self.interactions
        return (
            f"[ ]: bootstrap interval, {found.resamples} resamples, seed {found.seed}",
            "Signs and observations come from the same literature, so agreement is consistency,"
            " not proof.",
        )


def backtest(
    *, seed: int = 0, resamples: int = RESAMPLES, knowledge: Knowledge = None
) -> BacktestAnswer:
    """Compare every conjecture and verdict with what was published or measured.

    Parameters
    ----------
    seed : int
        Of the bootstrap; the same seed gives the same intervals.
    resamples : int
        How many times the pairs are drawn again, with replacement.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    ValueError
        If `resamples` is below 1.
    """
    kb = knowledge_base(knowledge)
    return BacktestAnswer(kb, measure(kb, seed=seed, resamples=resamples))


def _figure(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
