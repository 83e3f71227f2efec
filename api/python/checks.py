"""``check``: whether a deployment passes the policy of its file, and what changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.knowledge.deployment_files import read_deployment
from crosscurrent.predictor.deployments.check_documents import check_document

from ..answers import checks as answers
from ..text import checks as text
from .answer import Answer, Folder, Knowledge
from .deployments import asked_base
from .tables import Table

if TYPE_CHECKING:
    from datetime import date

    from crosscurrent.predictor.deployments import check_document_types as shapes
    from crosscurrent.predictor.deployments.gate import Check, Judged, Unused

__all__ = ["CheckAnswer", "check"]


@dataclass(frozen=True, repr=False)
class CheckAnswer(Answer):
    """Whether a deployment passes the policy of its file.

    Attributes
    ----------
    found : Check
        The predictor's result; its main parts are attributes here as well.
    before : document of an assessment or a check, or None
        The earlier one that it was compared with.
    """

    columns: ClassVar = (
        "finding", "kind", "risk", "defenses", "grade", "matters", "state", "owner", "until",
        "reason",
    )  # fmt: skip

    found: Check
    before: shapes.Earlier | None

    @property
    def passes(self) -> bool:
        """Whether nothing fails."""
        return self.found.passes

    @property
    def failing(self) -> tuple[Judged, ...]:
        """Findings that fail, because nobody accepted them or no longer."""
        return self.found.failing

    @property
    def accepted(self) -> tuple[Judged, ...]:
        """Findings that would fail but are accepted."""
        return self.found.accepted

    @property
    def unused(self) -> tuple[Unused, ...]:
        """Acceptances that name no finding."""
        return self.found.unused

    @property
    def changes(self) -> shapes.Changes | None:
        """What changed since the earlier assessment; None without one."""
        return self.to_dict()["changes"]

    def to_dict(self) -> shapes.DeploymentCheck:
        """Return the document of ``crosscurrent check --json``."""
        return check_document(self.found, self.before)

    def to_sarif(self) -> dict[str, Any]:
        """Return the log of ``crosscurrent check --format sarif``, SARIF 2.1.0."""
        from crosscurrent import __version__

        from ..formats.sarif import sarif

        return sarif(self.to_dict(), text.said(self.kb, self.found), __version__)

    def to_junit(self) -> str:
        """Return the XML of ``crosscurrent check --format junit``."""
        from ..formats.junit import junit

        return junit(self.to_dict(), text.said(self.kb, self.found))

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.found.judged:
            finding, entry = each.finding, each.acceptance
            yield (
                finding.id,
                finding.kind,
                finding.risk,
                ", ".join(finding.defenses),
                finding.grade,
                finding.matters,
                each.state,
                entry.owner if entry else None,
                entry.until if entry else None,
                entry.reason if entry else None,
            )

    def _heading(self) -> str:
        return text.heading(self.found)

    def _tables(self) -> Sequence[Table]:
        said = text.said(self.kb, self.found)
        rows = [
            (each.state, each.finding.id, said[each.finding.id].sentence)
            for each in self.found.judged
        ]
        return [Table("", ("state", "finding", "what"), rows)]

    def _notes(self) -> Sequence[str]:
        document = self.to_dict()
        lines = [text.unused(each) for each in document["unused"]]
        changes = document["changes"]
        if changes is not None:
            lines.append(text.because(changes))
            lines += map(text.statement, changes["statements"])
            for each in changes["risks"]:
                lines.append(". ".join(text.risk_change(self.kb, each, changes["because"])))
        return lines


def check(
    deployment: Folder,
    *,
    against: Folder | None = None,
    today: str | date | None = None,
    knowledge: Knowledge = None,
    store: Folder | None = None,
) -> CheckAnswer:
    """Check a deployment: whether it passes the policy of its file.

    Parameters
    ----------
    deployment : path
        A deployment file; ``crosscurrent assess --init`` writes one.
    against : path, optional
        An earlier assessment or check to compare with, as ``--json`` printed it; by default
        ``deployment.accepted.json`` beside ``deployment.yaml``, if it is there.
    today : str or date, optional
        The day on which acceptances have expired or not; by default today, in UTC.
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
        If a file cannot be read, or `today` is no day.
    """
    path = os.fspath(deployment)
    file = read_deployment(path)
    kept = answers.accepted_file(path) if against is None else os.fspath(against)
    before = answers.earlier(kept) if against is not None or os.path.lexists(kept) else None
    kb = asked_base(file, knowledge, store)
    return CheckAnswer(kb, answers.check(kb, file, answers.day(today)), before)
