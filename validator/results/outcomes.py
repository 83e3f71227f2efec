"""Outcomes of measurements that are evidence, and those that are evidence of nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

__all__ = ["INVALID", "PLACEBO", "Invalid", "conclusive", "sound"]

Invalid = Literal["nothing_to_move", "no_longer_useful", "cannot_change"]
"""Outcomes that are evidence of nothing; `validator.experiments.validity.Void` says why."""
INVALID: Final[tuple[Invalid, ...]] = get_args(Invalid)

PLACEBO: Final = "placebo"
"""The defense that does nothing: the validator's own, and in no knowledge base."""


def sound(document: Mapping[str, Any]) -> bool:
    """Whether a pair's or a collusion's document could be evidence of anything.

    It is none where nothing could move, where the defended model is of no use, and where the
    defense, or the first attack, was not effective.
    """
    effective = document.get("effective_defense", document.get("first_effective"))
    return document["outcome"] not in INVALID and effective is True


def conclusive(document: Mapping[str, Any]) -> bool:
    """Whether it is evidence of an effect, or of none."""
    return sound(document) and document["outcome"] != "inconclusive"
