"""What jobs found, in short: of defenses and risks, of defenses together, of two attacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..matrix import Result

if TYPE_CHECKING:
    from crosscurrent.api.jobs.records import Job

__all__ = ["Finding", "Findings", "Joint", "Summary", "summary"]


class Finding(NamedTuple):
    """What came out for one defense and one risk.

    Attributes
    ----------
    defense, risk : str
        Ids; the defense with its stage if that is not the usual one.
    outcome, verdict : str
        As the result has them.
    estimate, low, high : float
        The effect towards more susceptible, with its interval.
    conclusive : bool
        Whether it says anything of an effective defense.
    job : str
        The job that measured it.
    dataset, ended : str
        On what, and when.
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


class Joint(NamedTuple):
    """What conclusively came out for defenses together, or for two attacks.

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


class Summary(NamedTuple):
    """What came out of a job.

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
    joint : Joint or None
        For what is together.
    """

    kind: str
    outcome: str | None
    verdict: str | None
    effect: Mapping[str, float] | None
    counts: Mapping[str, int] | None
    findings: Sequence[Finding]
    joint: Joint | None = None

    @property
    def verdicts(self) -> frozenset[str]:
        """All verdicts in it."""
        found = {each.verdict for each in self.findings}
        return frozenset(found if self.verdict is None else {self.verdict})


class Findings:
    """What a holder has measured, the latest first.

    Parameters
    ----------
    found : sequence of Finding
        Of defenses and risks, the latest first.
    joint : sequence of Joint
        Of what is together, likewise.
    """

    def __init__(self, found: Sequence[Finding] = (), joint: Sequence[Joint] = ()) -> None:
        self._joint = {each.subjects: each for each in reversed(joint)}
        self._by_pair: dict[tuple[str, str], list[Finding]] = {}
        for each in found:
            pair = each.defense.partition("@")[0], each.risk
            self._by_pair.setdefault(pair, []).append(each)

    def of(self, defense: str, risk: str) -> Sequence[Finding]:
        """Return all of a pair, at whichever stage."""
        return self._by_pair.get((defense, risk), ())

    def latest(self, document: Mapping[str, Any]) -> list[Result]:
        """Return the latest conclusive one of a prediction's pair, as a cell shows it."""
        for each in self.of(document["defense"], document["risk"]):
            if each.conclusive:
                return [Result(each.outcome, each.verdict, each.job)]
        return []

    def of_defenses(self, defenses: Sequence[str]) -> Joint | None:
        """Return the latest outcome of defenses together."""
        return self._joint.get(tuple(sorted(defenses)))

    def of_attacks(self, first: str, second: str) -> Joint | None:
        """Return the latest outcome of two attacks, one after the other."""
        return self._joint.get((first, second))


def summary(document: Mapping[str, Any], job: Job) -> Summary:
    """Return what came out of a job, by the document of its result."""
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
    return Summary(
        kind,
        outcome,
        verdict,
        effect and {key: effect[key] for key in ("estimate", "low", "high")},
        document.get("counts"),
        tuple(_findings(cells, job)),
        _joint(kind, document, job),
    )


def _joint(kind: str, document: Mapping[str, Any], job: Job) -> Joint | None:
    """Return what evidence of the same document would say, if it says anything."""
    outcome = document.get("outcome")
    if kind == "combination" and outcome != "inconclusive":
        return Joint(tuple(sorted(document["defenses"])), document["outcome"], job.id)
    effect = {"increase": "amplifies", "decrease": "hinders"}.get(str(outcome))
    if kind == "collusion" and effect and document["first_effective"]:
        return Joint((document["first"], document["second"]), effect, job.id)
    return None


def _findings(cells: Sequence[Mapping[str, Any]], job: Job) -> Iterator[Finding]:
    for cell in cells:
        if "reason" in cell:
            continue
        found = cell["effect"]
        yield Finding(
            cell["defense"], cell["risk"], cell["outcome"], cell["verdict"],
            found["estimate"], found["low"], found["high"],
            cell["outcome"] != "inconclusive" and bool(cell["effective_defense"]),
            job.id, cell["scale"]["dataset"], job.ended or "",
        )  # fmt: skip
