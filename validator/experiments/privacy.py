"""Privacy audit of an experiment: a lower bound of ε beside the budget that was accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..statistics.privacy_audit import LEVEL, epsilon_lower_bound, most_pairs

if TYPE_CHECKING:
    from ..trials.trial import Result
    from . import document_types as shapes
    from .experiment import Experiment

__all__ = ["audited"]


class _Shown(NamedTuple):
    lower_bound: float
    right: int
    guesses: int


def audited(
    planned: Experiment, baseline: Sequence[Result], defended: Sequence[Result]
) -> shapes.PrivacyAudit | None:
    """Return the privacy budget of the defended models, and what guesses about them show of it.

    Guesses about all deployed models count together: each was trained by itself, under its seed.

    Parameters
    ----------
    planned : Experiment
        What was run.
    baseline, defended : sequence of Result
        One for each draw and seed.

    Returns
    -------
    dict or None
        None if the defense keeps to no budget, or the attack audits none.
    """
    attack, context = planned.attack, planned.context
    budget = planned.defense.privacy_budget(planned.defense.schedule(context.schedule))
    if budget is None or attack.audit not in {each.id for each in attack.reported}:
        return None
    accounted, delta = budget
    before, after = (_shown(arm, attack.risk, attack.audit, delta) for arm in (baseline, defended))
    return {
        "accounted": accounted,
        "delta": delta,
        "level": LEVEL,
        "lower_bound": after.lower_bound,
        "right": after.right,
        "guesses": after.guesses,
        "baseline_lower_bound": before.lower_bound,
        "baseline_right": before.right,
        "baseline_guesses": before.guesses,
    }


def _shown(arm: Sequence[Result], risk: str, metric: str, delta: float) -> _Shown:
    counts = [each.counted[risk][metric] for each in arm]
    shares = [each.metrics[risk][metric] for each in arm]
    right = sum(round(share * count) for share, count in zip(shares, counts, strict=True))
    pairs = sum(map(most_pairs, counts))
    return _Shown(epsilon_lower_bound(right, sum(counts), pairs, delta), right, sum(counts))
