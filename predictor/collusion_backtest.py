"""Backtest of the verdicts on collusion, against every pair that was published.

The edges come from the same survey as the pairs, so agreement is consistency, not proof; and of
the measured pairs only one was seen to hinder, so that saying ``amplifies`` throughout does almost
as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .collusion import Colluded, collude

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["CollusionBacktest", "CollusionScore", "collusion_backtest"]


class CollusionScore(NamedTuple):
    """On how many pairs a verdict is right: published ones, those the source tested, or both."""

    pairs: str
    method: str
    right: int
    cells: int


class CollusionBacktest(NamedTuple):
    """The whole account.

    Attributes
    ----------
    scores : tuple of CollusionScore
        Against what was seen.
    agreement : tuple of int
        On how many pairs of the source's own tables the rule says the same, and of how many.
    contradicted : tuple of Colluded
        Pairs for which the tables say otherwise than the rule.
    """

    scores: tuple[CollusionScore, ...]
    agreement: tuple[int, int]
    contradicted: tuple[Colluded, ...]


def collusion_backtest(kb: KnowledgeBase) -> CollusionBacktest:
    """Compare every verdict with what was seen, and with the source's own tables."""
    judged = [
        (record, collude(kb, record.first, record.second))
        for record in kb.collusions.values()
        if not record.measured
    ]
    scores: list[CollusionScore] = []
    for pairs, statuses in (
        ("prior", {"prior"}),
        ("validated", {"validated"}),
        ("all", {"prior", "validated"}),
    ):
        seen = [
            (record.effect, answer.verdict)
            for record, answer in judged
            if record.status in statuses
        ]
        right = sum(effect == verdict for effect, verdict in seen)
        always = sum(effect == "amplifies" for effect, _ in seen)
        scores.append(CollusionScore(pairs, "rule", right, len(seen)))
        scores.append(CollusionScore(pairs, "always_amplifies", always, len(seen)))
    printed = [(record, answer) for record, answer in judged if record.predicted is not None]
    differ = tuple(answer for record, answer in printed if record.predicted != answer.verdict)
    return CollusionBacktest(tuple(scores), (len(printed) - len(differ), len(printed)), differ)
