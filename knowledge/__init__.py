"""What is known: typed, cited records, read strictly and kept immutable.

>>> from knowledge import load
>>> kb = load()
>>> kb.edges("membership_inference")["tail_length"].sign
'+'
"""

from ._base import KnowledgeBase
from ._load import load
from ._records import (
    Attack,
    Characteristic,
    Collusion,
    Combination,
    Correlation,
    Defense,
    Edge,
    EvidenceMark,
    ExceptionRecord,
    Experiment,
    Factor,
    Influence,
    Measurement,
    Metric,
    Need,
    Observation,
    Outcome,
    Prerequisite,
    PublishedAttack,
    Record,
    Reference,
    Risk,
    Satisfaction,
    Stake,
    Variant,
)
from .errors import BrokenKnowledge, InputError, Problem, UnknownName

__all__ = [
    "Attack",
    "BrokenKnowledge",
    "Characteristic",
    "Collusion",
    "Combination",
    "Correlation",
    "Defense",
    "Edge",
    "EvidenceMark",
    "ExceptionRecord",
    "Experiment",
    "Factor",
    "Influence",
    "InputError",
    "KnowledgeBase",
    "Measurement",
    "Metric",
    "Need",
    "Observation",
    "Outcome",
    "Prerequisite",
    "Problem",
    "PublishedAttack",
    "Record",
    "Reference",
    "Risk",
    "Satisfaction",
    "Stake",
    "UnknownName",
    "Variant",
    "load",
]
