"""Backtest against measurements: what every voice says of results that it has not seen.

All that was measured is left out of the knowledge that answers, in reference models and in models
of the user's own alike. What was published for the pair stays in: this asks whether answers come
true in models, not whether they foretell publications.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from .assessment_backtest import VOICES, Case, Result, VoiceScore, judge, scores
from .evidence import OUTCOMES
from .interactions import predict
from .likelihood import likelihoods

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Observation

__all__ = ["MEASURED_VOICES", "MeasuredBacktest", "MeasuredGroup", "measured_backtest"]

MEASURED_VOICES: Final = ("guideline", "probability", "model", "published", *VOICES[2:])
"""Who is judged: those of `VOICES`, the calibrated probability, and the publications alone."""

_DIRECTIONS: Final = ("increase", "decrease")


class MeasuredGroup(NamedTuple):
    """Results on one data set, or of the user's own models.

    Attributes
    ----------
    data : str or None
        The data set of a table of reference models; None for the user's own models.
    cases : tuple of Case
        Each result, with what is said of it; `Case.work` is the id of its record.
    scores : tuple of VoiceScore
        For each of `MEASURED_VOICES`.
    """

    data: str | None
    cases: tuple[Case, ...]
    scores: tuple[VoiceScore, ...]


class MeasuredBacktest(NamedTuple):
    """The whole account.

    Attributes
    ----------
    groups : tuple of MeasuredGroup
        One for each data set, then that of the user's own models; empty where nothing was measured.
    scores : tuple of VoiceScore
        For each of `MEASURED_VOICES`, over the results of all groups.
    """

    groups: tuple[MeasuredGroup, ...]
    scores: tuple[VoiceScore, ...]


def measured_backtest(kb: KnowledgeBase) -> MeasuredBacktest:
    """Compare every voice with all that was measured, which is left out of what it knows."""
    rows: dict[str | None, list[Case]] = {}
    blind = kb.without_measured()
    for record in kb.observations.values():
        if record.measured and record.effect in OUTCOMES:
            data = None if record.table is None else record.table.dataset
            rows.setdefault(data, []).append(_case(blind, record))
    groups = tuple(
        MeasuredGroup(data, tuple(own), scores(own, MEASURED_VOICES))
        for data, own in sorted(rows.items(), key=lambda row: (row[0] is None, row[0]))
    )
    every: Sequence[Case] = [case for group in groups for case in group.cases]
    return MeasuredBacktest(groups, scores(every, MEASURED_VOICES))


def _case(blind: KnowledgeBase, record: Observation) -> Case:
    """Return what is said of a measured result by knowledge that has none."""
    asked = f"{record.defense}@{record.stage}" if record.stage else record.defense
    prediction = predict(blind, asked, record.risk)
    when = tuple(sorted((record.when or {}).items()))
    result = Result(record.id, prediction, OUTCOMES[record.effect], when)
    case = judge(blind, result, likelihoods(blind))
    probability = prediction.probability_increase
    published = next(each for each in case.assessed.voices if each.name == "published")
    says = {
        **case.says,
        "probability": _DIRECTIONS[probability < 0.5],
        "published": published.says or "unknown",
    }
    return case._replace(says=says, rise={**case.rise, "probability": probability})
