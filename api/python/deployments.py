"""``assess``: what to expect of a whole deployment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import read_deployment
from crosscurrent.predictor.deployments.documents import deployment_document

from ..answers import deployments as answers
from ..text import deployment_findings as points
from ..text import deployments as text
from .answer import Answer, Folder, Knowledge, overlay_names
from .tables import Table, marked

if TYPE_CHECKING:
    from crosscurrent.knowledge.deployment_files import DeploymentFile
    from crosscurrent.predictor.deployments import document_types as shapes
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import RiskOutcome
    from crosscurrent.predictor.deployments.findings import Finding

__all__ = ["AssessmentAnswer", "asked_base", "assess"]


@dataclass(frozen=True, repr=False)
class AssessmentAnswer(Answer):
    """What to expect of a deployment.

    Attributes
    ----------
    found : DeploymentAssessment
        The predictor's result; its main parts are attributes here as well.
    """

    columns: ClassVar = (
        "risk", "matters", "together", "defense", "adversary", "intended", "expect", "likelihood",
        "likelihood_increase", "grade",
    )  # fmt: skip

    found: DeploymentAssessment

    @property
    def risks(self) -> tuple[RiskOutcome, ...]:
        """Every risk: those that matter most first."""
        return self.found.risks

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What speaks against the deployment."""
        return self.found.findings

    def to_dict(self) -> shapes.DeploymentAssessment:
        """Return the document of ``crosscurrent assess --json``."""
        return deployment_document(self.kb, self.found)

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for outcome in self.risks:
            for each in outcome.effects:
                yield (
                    outcome.risk,
                    outcome.matters,
                    outcome.expect,
                    each.defense.name,
                    each.adversary,
                    each.answer.intended,
                    each.answer.expect,
                    each.answer.likelihood,
                    each.answer.likelihood_increase,
                    each.answer.grade,
                )

    def _heading(self) -> str:
        return text.heading(self.found)

    def _tables(self) -> Sequence[Table]:
        rows = [
            (row.risk, marked(row.expect), row.likely, row.certainty, row.to_do)
            for row in text.summary(self.kb, self.found)
        ]
        head = ("risk", "expect", "how likely", "certainty", "what to do")
        return [Table("", head, rows)]

    def _notes(self) -> Sequence[str]:
        return points.together(self.kb, self.found)


def assess(
    deployment: Folder,
    *,
    knowledge: Knowledge = None,
    store: Folder | None = None,
) -> AssessmentAnswer:
    """Assess a deployment: what all of its defenses let expect, and what to do next.

    Parameters
    ----------
    deployment : path
        A deployment file; ``crosscurrent assess --init`` writes one.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, which is asked as it is; or a user's own on top of the built-in knowledge,
        to which the results that the file names are added.
    store : path, optional
        The file that results are kept in, by default the command line's.

    Raises
    ------
    BrokenDeployment
        If anything is wrong in the file; it carries every problem.
    BrokenKnowledge
        If anything is wrong in a folder of knowledge or evidence.
    InputError
        If the file cannot be read.
    """
    file = read_deployment(os.fspath(deployment))
    kb = asked_base(file, knowledge, store)
    return AssessmentAnswer(kb, answers.assess(kb, file))


def asked_base(file: DeploymentFile, knowledge: Knowledge, store: Folder | None) -> KnowledgeBase:
    """Return the base that a deployment is asked of; parameters are those of `assess`."""
    if isinstance(knowledge, KnowledgeBase):
        return knowledge
    kept = None if store is None else os.fspath(store)
    return answers.informed(file, overlay_names(knowledge), kept)
