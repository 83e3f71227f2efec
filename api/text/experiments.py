"""Which effects `crosscurrent validate` can measure, and the command that does.

Told without importing the validator, which brings PyTorch; a test compares it with what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["STAGES", "experiment"]

STAGES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "adversarial_training": frozenset({"in"}),
        "data_watermarking": frozenset({"pre"}),
        "differential_privacy": frozenset({"in"}),
        "explanations": frozenset({"post"}),
        "fingerprinting": frozenset({"post"}),
        "group_fairness": frozenset({"pre", "in", "post"}),
        "outlier_removal": frozenset({"pre", "in", "post"}),
        "watermarking": frozenset({"pre", "in", "post"}),
    }
)
"""The stages of each defense of which an experiment is built in."""


def experiment(defense: str, risk: str) -> str:
    """Return the command that measures what a defense does to a risk; empty if none is built in.

    Parameters
    ----------
    defense : str
        An id, with ``@`` and a stage where that is not the usual one.
    risk : str
        An id.
    """
    identity, at, stage = defense.partition("@")
    stages = STAGES.get(identity, frozenset())
    return f"crosscurrent validate {defense} {risk}" if (stage in stages if at else stages) else ""
