"""Requirements of standards: which defenses they ask for, and which endanger others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscurrent.predictor import compliance as engine
from crosscurrent.predictor.compliance_documents import compliance_document

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import compliance_document_types as shapes

__all__ = ["comply"]


def comply(
    kb: KnowledgeBase, standard: str, *, level: str | None = None, have: Sequence[str] = ()
) -> shapes.Compliance:
    """Answer for a standard, and a level if its name does not say one."""
    meant = engine.asked(kb, standard, level)
    return compliance_document(engine.comply(kb, *meant, have=map(kb.variant, have)))
