"""Summaries of results: of pairs, of defenses together and of two attacks; read once and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import Depends, Request

from crosscurrent.validator.results.outcomes import conclusive

from ...rest.lru_cache import LRUCache
from ...rest.middleware import OWNER
from ...rest.problems import ProblemError
from ..matrix import MeasuredOutcome

if TYPE_CHECKING:
    from crosscurrent.api.jobs.records import Job
    from crosscurrent.api.jobs.service import Jobs
    from crosscurrent.validator.results.pools import Study

    from ...rest.service import Service

__all__ = [
    "Finding",
    "Findings",
    "JobOwner",
    "JointFinding",
    "OwnFindings",
    "ResultSummaries",
    "ResultSummary",
    "job_owner",
    "own_findings",
    "summary",
]

_MOST = 5000
"""Summaries that are kept; each is small, but for grids."""
_LOOKED = 200
"""Latest jobs of a holder that the matrix looks at."""
_OWNERS = 1000
_PATIENCE = 2.0
"""Seconds that predictions wait for what was measured."""
_LOOKING = CapacityLimiter(4)
"""Threads that look for them: not those that wait for checks."""
_AWAY = 5.0
"""Seconds for which a database that could not be read, or took too long, is not asked again."""


class Finding(NamedTuple):
    """Measured effect of one defense on one risk.

    Attributes
    ----------
    defense, risk : str
        Ids; the defense with its stage if that is not the usual one.
    outcome, verdict : str
        As the result has them.
    estimate, low, high : float
        The effect on susceptibility, with its interval.
    conclusive : bool
        Whether it says anything of an effective defense.
    job : str
        The job that measured it.
    dataset, ended : str
        On what, and when.
    study : Study
        The same, with what pooling it with others takes.
    """

    defense: str
    risk: str
    outcome: str
    verdict: str
    estimate: float
    low: float
    high: float
    conclusive: bool
    job: str
    dataset: str
    ended: str
    study: Study


class JointFinding(NamedTuple):
    """Conclusive outcome for defenses together, or for two attacks.

    Attributes
    ----------
    subjects : tuple of str
        Ids: of variants, in order of their names; or of the first attack and the second.
    outcome : str
        In the words of published ones: ``effective``, ``conflict``, ``amplifies``, ``hinders``.
    job : str
        The job that measured it.
    """

    subjects: tuple[str, ...]
    outcome: str
    job: str


class ResultSummary(NamedTuple):
    """Result of a job in short.

    Attributes
    ----------
    kind : str
        Of what the result is: ``verdict``, ``grid``, ``variation``, ``combination``, ``collusion``.
    outcome, verdict : str or None
        As the result has them; None where it is of many.
    effect : mapping or None
        The one effect: ``estimate``, ``low`` and ``high``.
    counts : mapping or None
        How many cells of a grid came out how.
    findings : sequence of Finding
        For pairs, one by one; none of a variation, whose data are not as they are.
    joint : JointFinding or None
        For what is together.
    """

    kind: str
    outcome: str | None
    verdict: str | None
    effect: Mapping[str, float] | None
    counts: Mapping[str, int] | None
    findings: Sequence[Finding]
    joint: JointFinding | None = None

    @property
    def verdicts(self) -> frozenset[str]:
        """All verdicts in it."""
        found = {each.verdict for each in self.findings}
        return frozenset(found if self.verdict is None else {self.verdict})


class Findings:
    """Findings of an owner, the latest first.

    Parameters
    ----------
    found : sequence of Finding
        Of defenses and risks, the latest first.
    joint : sequence of JointFinding
        Of what is together, likewise.
    jobs : sequence of str
        Ids of the jobs that found them; as a job that has ended does not change, they say all.
    """

    def __init__(
        self,
        found: Sequence[Finding] = (),
        joint: Sequence[JointFinding] = (),
        jobs: Sequence[str] = (),
    ) -> None:
        self.jobs = tuple(jobs)
        self._joint = {each.subjects: each for each in reversed(joint)}
        self._by_pair: dict[tuple[str, str], list[Finding]] = {}
        for each in found:
            pair = each.defense.partition("@")[0], each.risk
            self._by_pair.setdefault(pair, []).append(each)

    def of(self, defense: str, risk: str) -> Sequence[Finding]:
        """Return all of a pair, at whichever stage."""
        return self._by_pair.get((defense, risk), ())

    def latest(self, document: Mapping[str, Any]) -> list[MeasuredOutcome]:
        """Return the latest conclusive one of a prediction's pair, as a cell shows it."""
        for each in self.of(document["defense"], document["risk"]):
            if each.conclusive:
                return [MeasuredOutcome(each.outcome, each.verdict, each.job)]
        return []

    def of_defenses(self, defenses: Sequence[str]) -> JointFinding | None:
        """Return the latest outcome of defenses together."""
        return self._joint.get(tuple(sorted(defenses)))

    def of_attacks(self, first: str, second: str) -> JointFinding | None:
        """Return the latest outcome of two attacks, one after the other."""
        return self._joint.get((first, second))


def summary(document: Mapping[str, Any], job: Job) -> ResultSummary:
    """Return the result of a job in short, from its document."""
    from crosscurrent.validator.results.kinds import kind_of

    kind = kind_of(document)
    cells: Sequence[Mapping[str, Any]] = ()
    if kind in ("verdict", "grid"):
        cells = document.get("cells", (document,))
    outcome, effect = document.get("outcome"), document.get("effect")
    verdict = document.get("verdict")
    if kind == "variation":
        trend = document["trend"]
        verdict, effect = trend["verdict"], trend["defended"]
        outcome = effect and effect["outcome"]
    return ResultSummary(
        kind,
        outcome,
        verdict,
        effect and {key: effect[key] for key in ("estimate", "low", "high")},
        document.get("counts"),
        tuple(_findings(cells, job)),
        _joint(kind, document, job),
    )


def _joint(kind: str, document: Mapping[str, Any], job: Job) -> JointFinding | None:
    """Return what evidence of the same document would say, if it says anything."""
    outcome = document.get("outcome")
    if kind == "combination" and outcome in ("effective", "conflict"):
        return JointFinding(tuple(sorted(document["defenses"])), document["outcome"], job.id)
    effect = {"increase": "amplifies", "decrease": "hinders"}.get(str(outcome))
    if kind == "collusion" and effect and conclusive(document):
        return JointFinding((document["first"], document["second"]), effect, job.id)
    return None


def _findings(cells: Sequence[Mapping[str, Any]], job: Job) -> Iterator[Finding]:
    from crosscurrent.validator.results.pools import study  # takes numpy, which not each page does

    for cell in cells:
        if "reason" in cell:
            continue
        found = cell["effect"]
        yield Finding(
            cell["defense"], cell["risk"], cell["outcome"], cell["verdict"],
            found["estimate"], found["low"], found["high"],
            conclusive(cell),
            job.id, cell["scale"]["dataset"], job.ended or "", study(cell),
        )  # fmt: skip


class ResultSummaries:
    """Summaries of jobs that have succeeded, as many as were asked for of late."""

    def __init__(self) -> None:
        self._kept: LRUCache[str, ResultSummary] = LRUCache(_MOST)
        self._last: LRUCache[str, Findings] = LRUCache(_OWNERS)
        self._away = 0.0

    def summary(self, jobs: Jobs, job: Job) -> ResultSummary | None:
        """Return what came out of a job; None unless it has succeeded.

        Raises
        ------
        Unavailable
            The database can't be read.
        """
        if job.state != "succeeded":
            return None
        made = self._kept.get(job.id)
        if made is None:
            made = summary(jobs.result(job.id, job.owner), job)
            self._kept.put(job.id, made)
        return made

    def findings(self, jobs: Jobs, owner: str) -> Findings:
        """Return what the latest jobs of an owner measured of pairs.

        Raises
        ------
        Unavailable
            The database can't be read.
        """
        listed = jobs.list(owner, limit=_LOOKED).jobs
        summaries = {job.id: made for job in listed if (made := self.summary(jobs, job))}
        return Findings(
            [each for made in summaries.values() for each in made.findings],
            [made.joint for made in summaries.values() if made.joint],
            list(summaries),
        )

    def findings_or_last(self, service: Service, owner: str) -> Findings:
        """Do as `findings` does; if that can't be, say so in the log and return what was known."""
        if monotonic() < self._away or (jobs := service.existing_jobs()) is None:
            return self.last(owner)
        try:
            found = self.findings(jobs, owner)
        except Exception as error:  # noqa: BLE001 - predictions are shown whatever becomes of jobs
            self.pause()
            service.log.warning("results can't be read", reason=str(error))
            return self.last(owner)
        self._last.put(owner, found)
        return found

    def pause(self) -> None:
        """Look no more for a while: each page would wait as long again."""
        self._away = monotonic() + _AWAY

    def last(self, owner: str) -> Findings:
        """Return what `findings_or_last` found last."""
        return self._last.get(owner) or Findings()


async def job_owner(request: Request) -> str:
    """Return the owner of the jobs that a page shows; without keys, they are everybody's.

    Raises
    ------
    ProblemError
        401, if there are keys and the request comes with none.
    """
    owner = _owner(request)
    if owner is None:
        raise ProblemError(401, "measurements belong to a key of this service: sign in with it")
    return owner


def _owner(request: Request) -> str | None:
    owner: str | None = request.scope.get(OWNER)
    if owner is None and request.app.state.service.keyring is None:
        return "*"
    return owner


async def own_findings(request: Request) -> Findings:
    """Return the owner's findings; those of before if reading takes too long."""
    owner = _owner(request)
    if owner is None:
        return Findings()
    results: ResultSummaries = request.app.state.results
    look = partial(results.findings_or_last, request.app.state.service, owner)
    with move_on_after(_PATIENCE):
        return await to_thread.run_sync(look, limiter=_LOOKING, abandon_on_cancel=True)
    results.pause()
    return results.last(owner)


JobOwner = Annotated[str, Depends(job_owner)]
"""Owner of the jobs that a page shows, for routes."""

OwnFindings = Annotated[Findings, Depends(own_findings)]
"""Findings of the owner, for routes."""
