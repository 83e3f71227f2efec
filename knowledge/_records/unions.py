"""Types over several records."""

from __future__ import annotations

from .adversaries import Characteristic, PublishedAttack
from .collusions import Attack, Collusion, Outcome, Prerequisite
from .combinations import Combination, Variant
from .experiments import Experiment
from .interactions import Correlation, Observation
from .references import Reference
from .subjects import Defense, Factor, Risk

__all__ = ["Edge", "Record"]

Edge = Correlation | Outcome | Prerequisite
"""A signed, cited edge that ends in a factor."""

Record = (
    Factor
    | Risk
    | Defense
    | Variant
    | Attack
    | Characteristic
    | Correlation
    | Outcome
    | Prerequisite
    | Observation
    | Combination
    | Collusion
    | Experiment
    | PublishedAttack
    | Reference
)
"""Whatever has an id of its own."""
