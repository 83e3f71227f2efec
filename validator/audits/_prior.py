"""What is known of a defense before an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.interactions import predict

from ..experiments.judgements import Expected, expectation
from ..measurements import pair_prior
from ..results.outcomes import PLACEBO

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from . import document_types as shapes
    from .subjects import Subject

__all__ = ["Prior"]


@dataclass(frozen=True)
class Prior:
    """What is known of a defense beforehand.

    Attributes
    ----------
    kb : KnowledgeBase
        That is asked.
    defense, stage : str or None
        Id of the defense, ``placebo`` or None, and the stage that was named.
    """

    kb: KnowledgeBase
    defense: str | None
    stage: str | None

    @classmethod
    def of(cls, kb: KnowledgeBase, name: str | None) -> Prior:
        if name is None or name.strip().casefold() == PLACEBO:
            return cls(kb, name and PLACEBO, None)
        record, stage = kb.staged(name)
        return cls(kb, record.id, stage)

    @property
    def name(self) -> str | None:
        """The defense as documents call it."""
        if self.defense is None or self.stage is None:
            return self.defense
        usual = self.kb.defenses[self.defense].usual_stage
        return self.defense if self.stage == usual else f"{self.defense}@{self.stage}"

    def expected(self, subject: Subject) -> tuple[str | None, Expected | None]:
        """Return the conjecture on a subject, and what is expected."""
        if self.defense == PLACEBO:
            return "no_change", "no_change"
        if self.defense is None or not subject.is_risk or subject.id not in self.kb.risks:
            return None, None
        prior = pair_prior(self.kb, self.defense, subject.id)
        conjecture = prior["conjecture"]
        return conjecture, expectation(conjecture, intended=prior.get("intended", False))

    def prediction(self, subject: Subject) -> shapes.Prediction | None:
        """Return what the knowledge base says of a subject."""
        known = self.defense is not None and self.defense != PLACEBO and subject.is_risk
        if self.defense is None or not known or subject.id not in self.kb.risks:
            return None
        found = predict(self.kb, self.defense, subject.id)
        answer = assess(self.kb, found)
        return {
            "expect": answer.expect,
            "likelihood": answer.likelihood,
            "grade": answer.grade,
            "published": list(found.published),
        }
