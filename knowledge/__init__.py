"""Typed, cited records, read strictly and kept immutable.

>>> from crosscurrent.knowledge import load
>>> kb = load()
>>> kb.edges("membership_inference")["tail_length"].sign
'+'
"""

from typing import TYPE_CHECKING, Any

from . import _records
from ._base import KnowledgeBase
from ._load import LAYERS, load
from .errors import BrokenKnowledge, InputError, Problem, UnknownName

if TYPE_CHECKING:
    from ._records.adversaries import Characteristic, Condition, PublishedAttack
    from ._records.collusions import Attack, Collusion, Need, Outcome, Prerequisite
    from ._records.combinations import Combination, Stake, Variant
    from ._records.experiments import Experiment, Measurement, Metric
    from ._records.interactions import (
        Correlation,
        EvidenceMark,
        ExceptionRecord,
        Observation,
        Size,
        TableCell,
    )
    from ._records.names import Catalogue, CatalogueMapping
    from ._records.procedures import Exclusion, Procedure
    from ._records.references import MeasuredTable, Reference
    from ._records.standards import Requirement, Standard, Wanted
    from ._records.subjects import Defense, Factor, Influence, Risk, Satisfaction
    from ._records.unions import Edge, Record

__all__ = [
    "LAYERS",
    "Attack",
    "BrokenKnowledge",
    "Catalogue",
    "CatalogueMapping",
    "Characteristic",
    "Collusion",
    "Combination",
    "Condition",
    "Correlation",
    "Defense",
    "Edge",
    "EvidenceMark",
    "ExceptionRecord",
    "Exclusion",
    "Experiment",
    "Factor",
    "Influence",
    "InputError",
    "KnowledgeBase",
    "MeasuredTable",
    "Measurement",
    "Metric",
    "Need",
    "Observation",
    "Outcome",
    "Prerequisite",
    "Problem",
    "Procedure",
    "PublishedAttack",
    "Record",
    "Reference",
    "Requirement",
    "Risk",
    "Satisfaction",
    "Size",
    "Stake",
    "Standard",
    "TableCell",
    "UnknownName",
    "Variant",
    "Wanted",
    "load",
]


if not TYPE_CHECKING:  # a type checker would take any name at all for granted

    def __getattr__(name: str) -> Any:
        """Import a record type when it is first asked for: most questions need few of them."""
        if name not in _records.MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return _records.kind(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
