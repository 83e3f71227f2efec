"""What is known: typed, cited records, read strictly and kept immutable.

>>> from knowledge import load
>>> kb = load()
>>> kb.edges("membership_inference")["tail_length"].sign
'+'
"""

from ._base import KnowledgeBase
from ._load import load
from ._records import (
    Characteristic,
    Correlation,
    Defense,
    EvidenceMark,
    ExceptionRecord,
    Experiment,
    Factor,
    Influence,
    Measurement,
    Metric,
    Observation,
    Record,
    Reference,
    Risk,
)
from .errors import BrokenKnowledge, InputError, Problem, UnknownName

__all__ = [
    "BrokenKnowledge",
    "Characteristic",
    "Correlation",
    "Defense",
    "EvidenceMark",
    "ExceptionRecord",
    "Experiment",
    "Factor",
    "Influence",
    "InputError",
    "KnowledgeBase",
    "Measurement",
    "Metric",
    "Observation",
    "Problem",
    "Record",
    "Reference",
    "Risk",
    "UnknownName",
    "load",
]
