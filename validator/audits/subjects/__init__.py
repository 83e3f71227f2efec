"""Subjects of an audit: risks, calibration and utility, each a module with its metrics."""

from typing import Final

from ._asking import AsksModel
from ._subject import AuditMetric, Statistics, Subject
from .attribute_inference import AttributeInference
from .calibration import Calibration
from .discriminatory_behavior import DiscriminatoryBehavior
from .evasion import Evasion
from .membership_inference import MembershipInference
from .unauthorized_model_ownership import UnauthorizedModelOwnership
from .utility import Utility

__all__ = ["SUBJECTS", "AsksModel", "AuditMetric", "Statistics", "Subject"]

SUBJECTS: Final[tuple[type[Subject], ...]] = (
    MembershipInference,
    Evasion,
    UnauthorizedModelOwnership,
    AttributeInference,
    DiscriminatoryBehavior,
    Calibration,
    Utility,
)
"""In the order in which they are told."""
