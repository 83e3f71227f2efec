"""Combinations of defenses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscurrent.predictor.conflicts import combine, combine_all
from crosscurrent.predictor.joint_documents import combination_document, combinations_document
from crosscurrent.predictor.tensions import tensions as hints

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["combination", "combinations"]


def combination(
    kb: KnowledgeBase, defenses: Sequence[str], *, tensions: bool = False
) -> shapes.Combination:
    """Answer for a set of defenses, with hints from the factor graph where they are asked for."""
    combined = combine(kb, defenses)
    return combination_document(combined, hints(kb, combined.defenses) if tensions else ())


def combinations(kb: KnowledgeBase) -> shapes.Combinations:
    """Answer for every two variants of different defenses."""
    return combinations_document(combine_all(kb), kb.digest)
