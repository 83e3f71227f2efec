"""Plans: sets of defenses that protect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscurrent.predictor import plans as engine
from crosscurrent.predictor.joint_documents import plans_document

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["plan"]


def plan(
    kb: KnowledgeBase,
    protect: Sequence[str],
    *,
    avoid: Sequence[str] = (),
    have: Sequence[str] = (),
    most: int | None = None,
) -> shapes.Plans:
    """Answer with the undominated sets of defenses that do what is wished for."""
    asked = engine.wish(kb, protect=protect, avoid=avoid, have=have, most=most)
    return plans_document(engine.plan(kb, asked))
