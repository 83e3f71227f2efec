"""Differences between two knowledge bases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscurrent.predictor.differences import differences
from crosscurrent.predictor.documents import differences_document

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes

__all__ = ["diff"]


def diff(before: KnowledgeBase, after: KnowledgeBase) -> shapes.Differences:
    """Answer what changes in records and predictions from one base to another."""
    return differences_document(before, after, differences(before, after))
