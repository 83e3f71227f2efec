"""History of an owner's jobs: a filtered list, the latest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .subject import KINDS, circumstances, defenses_of, kind, risks_of, subject

if TYPE_CHECKING:
    from crosscurrent.api.jobs.records import Job
    from crosscurrent.api.jobs.service import Jobs
    from crosscurrent.knowledge import KnowledgeBase

    from ..names import Words
    from .summaries import Finding, ResultSummaries, ResultSummary

__all__ = ["STATES", "VERDICTS", "Filters", "JobList", "JobRow", "list_jobs"]

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
VERDICTS = ("confirmed", "refuted", "inconclusive")
_AT_ONCE = 50
_ENOUGH = 25
"""Rows from which on no further jobs are looked at for a page."""
_LOOKED = 10
"""Times that `_AT_ONCE` jobs are looked at for a page that does not fill."""
_SHOWN = 3
"""Findings of a grid that a row shows."""


class Filters(NamedTuple):
    """Which jobs are wanted; None: whichever. Defense and risk are ids."""

    state: str | None = None
    kind: str | None = None
    defense: str | None = None
    risk: str | None = None
    verdict: str | None = None


class JobRow(NamedTuple):
    """A job in the list.

    Attributes
    ----------
    job : Job
        The job.
    subject, circumstances, kind : str
        What it is about, on what, and of which kind, for people.
    summary : ResultSummary or None
        Its result in short, if it has succeeded.
    findings : sequence of Finding
        Those of several that the filters ask for, a few.
    """

    job: Job
    subject: str
    circumstances: str
    kind: str
    summary: ResultSummary | None
    findings: Sequence[Finding]


class JobList(NamedTuple):
    """A page of the list: where the next begins, and of how many jobs these were found."""

    rows: Sequence[JobRow]
    next: str | None
    looked: int


def list_jobs(
    jobs: Jobs,
    results: ResultSummaries,
    owner: str,
    about: tuple[KnowledgeBase, Words],
    filters: Filters,
    after: str | None = None,
) -> JobList:
    """Return a page of the jobs that filters let through.

    Parameters
    ----------
    jobs : Jobs
        All of them.
    results : ResultSummaries
        Summaries of their results.
    owner : str
        Whose are wanted.
    about : tuple
        The knowledge that names things, and its words.
    filters : Filters
        Which are wanted.
    after : str, optional
        `Rows.next` of the page before.

    Raises
    ------
    NoSuchPage
        There is no such page.
    Unavailable
        The database can't be read.
    """
    rows: list[JobRow] = []
    looked = 0
    for _ in range(_LOOKED):
        page = jobs.list(owner, after, _AT_ONCE)
        looked += len(page.jobs)
        after = page.next
        for job in page.jobs:
            row = _row(job, jobs, results, about, filters)
            if row is not None:
                rows.append(row)
        if after is None or len(rows) >= _ENOUGH:
            break
    return JobList(rows, after, looked)


def _row(
    job: Job,
    jobs: Jobs,
    results: ResultSummaries,
    about: tuple[KnowledgeBase, Words],
    filters: Filters,
) -> JobRow | None:
    kb, words = about
    what = kind(job.request)
    if filters.state not in (None, job.state) or filters.kind not in (None, what):
        return None
    if not _is_about(kb, job.request, what, filters):
        return None
    summary = results.summary(jobs, job)
    found: Sequence[Finding] = ()
    if summary is not None and what == "grid":
        found = [each for each in summary.findings if _passes(each, filters)]
        if filters[2:] != (None, None, None) and not found:
            return None
    elif filters.verdict is not None and (
        summary is None or filters.verdict not in summary.verdicts
    ):
        return None
    shown = found[:_SHOWN] if filters[2:] != (None, None, None) else ()
    named = subject(words, kb, job.request)
    return JobRow(job, named, circumstances(job.request), KINDS[what], summary, shown)


def _is_about(
    kb: KnowledgeBase, request: Mapping[str, object], what: str, filters: Filters
) -> bool:
    """Say whether a request may be about the defense and the risk that are wanted."""
    if what == "grid":
        return True
    return (filters.defense is None or filters.defense in defenses_of(kb, request)) and (
        filters.risk is None or filters.risk in risks_of(kb, request)
    )


def _passes(found: Finding, filters: Filters) -> bool:
    return (
        filters.defense in (None, found.defense.partition("@")[0])
        and filters.risk in (None, found.risk)
        and filters.verdict in (None, found.verdict)
    )
