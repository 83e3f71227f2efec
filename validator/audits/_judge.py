"""Judges what an audit measured: outcomes, verdicts, and what is evidence of nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ..experiments.judgements import interval, judged, judgement
from ..experiments.validity import Void, at_an_end, of_no_use
from ..statistics.intervals import near_threshold, outcome
from . import _bootstrap

if TYPE_CHECKING:
    from ..statistics.intervals import Effect
    from . import document_types as shapes
    from ._bootstrap import Values
    from ._prior import Prior
    from ._runs import Runs
    from .subjects import AuditMetric, Subject

__all__ = ["Judge"]

_SHOWN_BY: Final = {"group_fairness": "discriminatory_behavior"}
"""Defenses of which predictions show whether they are effective, and the risk that shows it."""


class Judge:
    """Judges what was measured against what was expected."""

    def __init__(
        self,
        prior: Prior,
        runs: Runs,
        subjects: Sequence[Subject],
        values: Sequence[Sequence[Mapping[str, Values]]],
    ) -> None:
        self._prior, self._runs = prior, runs
        self._subjects, self._values = subjects, values
        self._compared = len(runs.arms) > 1
        self._void = self._no_use()
        self.effective = self._effective()

    def measured(self, place: int) -> shapes.Measured:
        """Return the document of one subject."""
        subject, arms = self._subjects[place], self._values[place]
        metric = subject.metrics[0]
        conjecture, expected = self._prior.expected(subject)
        found = None
        shown = void = verdict = None
        if self._compared:
            found = self._effect(place)
            shown = outcome(found, metric.smallest_effect)
            void = self._voided(subject, metric, arms, shown, expected)
            if conjecture is not None:
                sound = void is None and self.effective is not False
                verdict = judgement(expected, shown, sound=sound)
        return {
            "subject": subject.id,
            "risk": subject.is_risk,
            "attribute": subject.attribute or None,
            "metric": metric.id,
            "conjecture": conjecture,
            "expected": expected,
            "prediction": self._prior.prediction(subject),
            "outcome": void.outcome if void else shown,
            "void": void and void.reason,
            "verdict": verdict,
            "effect": None if found is None else judged(metric, found),
            "near_threshold": None
            if found is None
            else near_threshold(found, metric.smallest_effect),
            "metrics": {
                each.id: self._metric(subject, each, arms, judged_=each == metric)
                for each in subject.metrics
            },
            "parts": subject.parts(),
            "notes": subject.notes(),
        }

    def _effect(self, place: int) -> Effect:
        """Return by how much worse what is judged is after the change."""
        metric = self._subjects[place].metrics[0]
        before, after = (arm[metric.id] for arm in self._values[place])
        change = after - before
        return _bootstrap.interval(change if metric.worse_when == "higher" else -change)

    def _metric(
        self,
        subject: Subject,
        metric: AuditMetric,
        arms: Sequence[Mapping[str, Values]],
        *,
        judged_: bool,
    ) -> shapes.AuditedMetric:
        levels = []
        for arm, runs in zip(arms, self._runs.arms, strict=True):
            chance = None
            if judged_:
                by_run = [subject.chance(run) for run in runs]
                known = [each for each in by_run if each is not None]
                chance = float(np.mean(known)) if known else None
            levels.append(_level(arm[metric.id], metric, chance, shuffled=subject.is_shuffled))
        change = None
        if self._compared:
            change = interval(_bootstrap.interval(arms[1][metric.id] - arms[0][metric.id]))
        return {
            "name": metric.name,
            "worse_when": metric.worse_when,
            "before": levels[0],
            "after": levels[1] if self._compared else None,
            "change": change,
        }

    def _voided(
        self,
        subject: Subject,
        metric: AuditMetric,
        arms: Sequence[Mapping[str, Values]],
        shown: str,
        expected: str | None,
    ) -> Void | None:
        """Return why what is shown of a risk is evidence of nothing; None if it is evidence."""
        if not subject.is_risk:
            return None
        if self._void is not None:
            return self._void
        if shown != "no_change":
            return None
        before, after = (float(arm[metric.id].by_run.mean()) for arm in arms)
        return at_an_end(metric, before, after, expected=expected, change="the change")

    def _no_use(self) -> Void | None:
        """Return why the models are no use to compare, by the utility."""
        for subject, arms in zip(self._subjects, self._values, strict=True):
            if subject.id == "utility" and self._compared:
                counts = np.bincount(
                    np.concatenate([run.label for run in self._runs.arms[0]]),
                    minlength=len(self._runs.classes),
                )
                chances = (float(counts.max() / counts.sum()), 1 / int((counts > 0).sum()))
                names = zip(("accuracy", "balanced_accuracy"), chances, strict=True)
                before, after = arms
                return of_no_use(
                    [
                        (float(before[n].by_run.mean()), float(after[n].by_run.mean()), by_chance)
                        for n, by_chance in names
                    ]
                )
        return None

    def _effective(self) -> bool | None:
        """Whether the defense is effective by any attribute; None if predictions do not show it."""
        risk = _SHOWN_BY.get(self._prior.defense or "")
        shown = [
            outcome(self._effect(place), subject.metrics[0].smallest_effect)
            for place, subject in enumerate(self._subjects)
            if subject.id == risk and self._compared
        ]
        return "decrease" in shown if shown else None


def _level(
    found: Values, metric: AuditMetric, chance: float | None, *, shuffled: bool
) -> shapes.Level:
    """Return a metric of one arm, ready for JSON."""
    level = _bootstrap.interval(found)
    above = None
    if chance is not None:
        # a gap is never negative, so its interval never holds 0: `chance` is of shuffled groups
        at = level.estimate if shuffled else level.low
        above = at > chance
    return {
        "estimate": level.estimate,
        "low": max(level.low, metric.least),
        "high": min(level.high, metric.most),
        "by_run": list(level.differences),
        "chance": chance,
        "above_chance": above,
    }
