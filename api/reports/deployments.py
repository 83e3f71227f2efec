"""Report on a deployment: what all of its defenses let expect, on two printed pages, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from crosscurrent.predictor.deployments.gate import judge

from ..text import deployment_findings as points
from ..text import deployment_reports as words
from ..text import deployments as text
from ..text.names import cite
from ..text.wording import GLYPHS
from ..text.works import external_links, full_citation

if TYPE_CHECKING:
    from jinja2 import Environment

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect, RiskOutcome
    from crosscurrent.predictor.deployments.threats import Threat

__all__ = ["STYLE", "deployment_body", "deployment_report"]

_FOLDER = Path(__file__).parent
STYLE: Final = _FOLDER / "assessment.css"
"""The style of the body, for pages that have colours and fonts of their own."""

_SHOWN: Final = 5
"""Entries of a list before the details."""

_STRENGTHS: Final[Mapping[str, int]] = MappingProxyType(
    {"measured_here": 2, "replicated": 2, "published_once": 1, "measured_reference": 1}
)
"""How strong a colour is by the grade; 0 of all others."""

_LABELS: Final = frozenset({"order", "repair", "instead"})


class _Sign(NamedTuple):
    """How an expectation is shown: its sign, the classes of its colour, and its word."""

    glyph: str
    shade: str
    word: str


class _Row(NamedTuple):
    """A row of the summary, with its sign; what to do apart from the command that does it."""

    row: text.Row
    sign: _Sign
    likely: str
    to_do: str
    command: str


class _Answer(NamedTuple):
    """One effect in sentences, with its sign and the works that it rests on."""

    told: text.Told
    sign: _Sign
    works: Sequence[tuple[str, str]]


class _Detail(NamedTuple):
    """A risk in detail."""

    row: text.Row
    sign: _Sign
    setting: str
    reachable: bool
    answers: Sequence[_Answer]


class _Sources:
    """Works by the ids that the report cites, in brief."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._cited: dict[str, str] = {}

    def cited(self, sources: Iterable[str]) -> list[tuple[str, str]]:
        """Return ids and brief names of works, each once; they are listed at the end."""
        found = dict.fromkeys(source.partition("#")[0] for source in sources)
        for identity in found:
            self._cited.setdefault(identity, cite(self._kb, [identity]))
        return [(identity, self._cited[identity]) for identity in found]

    def listed(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Return id, full citation and the first address of every cited work, by author."""
        works = [self._kb.references[identity] for identity in self._cited]
        works.sort(key=lambda each: ((each.authors or each.id).casefold(), each.year or 0))
        return [(each.id, full_citation(each), external_links(each)[:1]) for each in works]


def deployment_report(
    kb: KnowledgeBase, found: DeploymentAssessment, *, more: str = "", made_on: str, version: str
) -> str:
    """Write the report on a deployment.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        See `crosscurrent.predictor.deployments.assessment`.
    more : str
        Options with which a further command asks the same knowledge.
    made_on : str
        The day on which the report is made, as ``2026-11-29``; acceptances count on it.
    version : str
        Of Crosscurrent.

    Returns
    -------
    str
        The page. It loads nothing and runs nothing; whatever the file says is text in it. Printed
        it is what comes before the details, and those details that are open.
    """
    return (
        _environment()
        .get_template("deployment.html")
        .render(
            title=found.deployment.file.deployment.name,
            styles=[(_FOLDER / "page.css").read_text("utf-8"), STYLE.read_text("utf-8")],
            **_context(kb, found, more, made_on, version),
        )
    )


def deployment_body(
    kb: KnowledgeBase, found: DeploymentAssessment, *, more: str = "", made_on: str, version: str
) -> str:
    """Write the same report as a part of another page, which brings `STYLE`.

    Parameters are those of `deployment_report`.
    """
    template = _environment().get_template("deployment_body.html")
    return template.render(**_context(kb, found, more, made_on, version))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _context(
    kb: KnowledgeBase, found: DeploymentAssessment, more: str, made_on: str, version: str
) -> dict[str, Any]:
    sources = _Sources(kb)
    rows = [
        _row(kb, row, outcome, more)
        for row, outcome in zip(text.summary(kb, found), found.risks, strict=True)
    ]
    unstated = [(each.field, points.unstated(kb, each)) for each in found.unstated]
    measuring = [points.measuring(kb, each) for each in found.measurements]
    outcome, *joined = [words.spelled(kb, line) for line in points.joined(kb, found)] or [""]
    return {
        "said": found.deployment.file.deployment,
        "described": _described(kb, found),
        "verdict": words.verdict(found),
        "joint_verdict": words.joint_verdict(found),
        "rows": rows,
        "outcome": f"{_sentence(outcome)}." if outcome else "",
        "joined": [_labelled(line) for line in joined],
        "joined_works": sources.cited(_joint_works(found)),
        "tensions": _cut(words.tensions(kb, found)),
        "threats": _cut([_chain(kb, each) for each in found.threats]),
        "threat_works": sources.cited(
            source for each in found.threats[:_SHOWN] for source in _chain_works(each)
        ),
        "unstated": _cut([(field, said.removeprefix(field)) for field, said in unstated]),
        "measuring": _cut(
            [
                (_sentence(words.spelled(kb, what)), command + more if command else "")
                for what, command in measuring
            ]
        ),
        "better": [
            _sentence(words.spelled(kb, line))
            for line in (points.better(kb, found.better) if found.better else ())
        ],
        "plan": points.asked_again(found) + more if found.better else "",
        "findings": [
            (
                each.finding.id,
                words.spelled(kb, points.finding(kb, found, each.finding)),
                words.standing(each),
            )
            for each in judge(found, made_on).judged
        ],
        "details": [
            _Detail(
                row.row,
                row.sign,
                text.setting(kb, outcome),
                outcome.reachable,
                [_answer(kb, each, more, sources) for each in outcome.effects],
            )
            for row, outcome in zip(rows, found.risks, strict=True)
        ],
        "facts": [points.fact(kb, each) for each in found.deployment.facts],
        "silent": [points.silent(each) for each in found.deployment.silent],
        "file": found.deployment.file.name,
        "digest": found.deployment.file.digest,
        "knowledge": found.knowledge,
        "version": version,
        "made_on": made_on,
        "sources": sources.listed(),  # the last: it lists what all others have cited
    }


def _row(kb: KnowledgeBase, row: text.Row, outcome: RiskOutcome, more: str) -> _Row:
    grade = outcome.leading.answer.grade if outcome.leading else "none"
    to_do, colon, command = row.to_do.partition(": crosscurrent ")
    return _Row(
        row,
        _sign(row.expect, grade),
        words.spelled(kb, row.likely),
        _sentence(words.spelled(kb, to_do)),
        f"crosscurrent {command}{more}" if colon else "",
    )


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]


def _described(kb: KnowledgeBase, found: DeploymentAssessment) -> list[tuple[str, str]]:
    """Return what the system is, a line each, of what the file says."""
    said = found.deployment.file.deployment
    lines = [
        ("Purpose", said.purpose or ""),
        ("Owner", said.owner or ""),
        ("Data", words.stated(found, "data")),
        ("Model", words.stated(found, "model")),
        ("Offered", words.stated(found, "offered")),
        ("Adversaries", "; ".join(words.adversary(each) for each in found.deployment.profiles)),
        ("Defenses", "; ".join(words.defense(kb, each) for each in found.deployment.defenses)),
    ]
    return [(name, line) for name, line in lines if line]


def _sign(expect: str, grade: str) -> _Sign:
    """Return how an expectation is shown: coloured by direction and strength of evidence."""
    if expect in ("increase", "decrease"):
        shade = f"{expect} s{_STRENGTHS.get(grade, 0)}"
    else:
        shade = "contested" if expect in ("opposed", "depends") else "unknown"
    glyph = GLYPHS["contested" if expect == "opposed" else expect]
    return _Sign(glyph, shade, text.EXPECT[expect])


def _answer(kb: KnowledgeBase, effect: Effect, more: str, sources: _Sources) -> _Answer:
    answer, told = effect.answer, text.told(kb, effect, more)
    return _Answer(
        told._replace(advice=tuple(words.spelled(kb, line) for line in told.advice)),
        _sign(answer.expect, answer.grade),
        sources.cited(_works(kb, effect)),
    )


def _works(kb: KnowledgeBase, effect: Effect) -> Iterable[str]:
    """Yield the works that an effect rests on: observed, deduced from, and advised."""
    document = text.document_of(kb, effect)
    answer = document["assessment"]
    for voice in answer["voices"]:
        if voice["voice"] == "published":
            for works in voice["works"].values():
                yield from works
    for case in (*answer["depends_on"], *answer["advice"]):
        yield from case["works"]
    told = {
        each["factor"] for each in (*answer["mechanism"]["toward"], *answer["mechanism"]["against"])
    }
    for path in document["paths"]:
        if path["factor"] in told:
            yield from path["sources"]


def _joint_works(found: DeploymentAssessment) -> Iterable[str]:
    """Yield the works that say whether the defenses go together."""
    combined = found.combined
    if combined is None:
        return
    for each in combined.exclusions:
        if each.record:
            yield from each.record.sources
    for record in combined.judged.records:
        yield from record.sources or record.stated_in


def _chain_works(found: Threat) -> Iterable[str]:
    """Yield the works that a chain of attacks rests on."""
    for link in found.chain.links:
        for observation in link.observations:
            yield from observation.sources or observation.stated_in
        for factor in link.unmet:
            yield from factor.sources


def _chain(kb: KnowledgeBase, found: Threat) -> tuple[str, str, bool]:
    """Return a chain of attacks, what breaks it, and whether that is in place."""
    steps, breaks = points.threat(kb, found)
    return _sentence(steps), words.spelled(kb, breaks), bool(found.broken_by)


def _labelled(line: str) -> tuple[str, str]:
    """Split a line into the label that it begins with, if it has one, and what it says."""
    label, _, said = line.partition(": ")
    return (label.capitalize(), said) if label in _LABELS else ("", _sentence(line))


def _cut(entries: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return what is shown of a list at once, and what is left for the details."""
    return entries[:_SHOWN], entries[_SHOWN:]
