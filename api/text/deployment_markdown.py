"""The assessment of a deployment as Markdown, for a repository or a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from . import deployment_findings as points
from . import deployments as words
from .markup import code, escaped
from .names import knowledge_line
from .wording import GLYPHS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["markdown"]


def markdown(kb: KnowledgeBase, found: DeploymentAssessment, more: str = "") -> str:
    """Return an assessment as Markdown.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        The assessment.
    more : str
        Options with which a further command asks the same knowledge.
    """
    said = found.deployment.file.deployment
    lines = [f"# {escaped(said.name)}", ""]
    lines += [f"{escaped(said.purpose)}", ""] if said.purpose else []
    lines += [f"{escaped(words.heading(found))}.", "", "## Summary of findings", ""]
    lines += _summary(kb, found)
    better = points.better(kb, found.better) if found.better else ()
    for title, items in (
        ("Together", map(escaped, points.together(kb, found))),
        ("Findings", _findings(kb, found)),
        (
            "Chains of attacks",
            (escaped(": ".join(points.threat(kb, e))) for e in found.threats),
        ),
        (
            "Not stated",
            (escaped(points.unstated(kb, each)) for each in found.unstated),
        ),
        ("Measure next", _measurements(kb, found, more)),
        ("Nearest better sets", map(escaped, better)),
    ):
        lines += _section(title, items)
    lines += ["", "## Each risk"]
    for outcome in found.risks:
        lines += ["", f"### {escaped(kb.risks[outcome.risk].name)}", ""]
        told = words.setting(kb, outcome)
        lines += [f"- {escaped(told)}"] if told else []
        for effect in outcome.effects:
            each = words.told(kb, effect, more)
            known = f" {each.established}." if each.established else ""
            lines.append(f"- {escaped(each.headline + known)}")
            rest = [each.reason, each.otherwise, *each.advice]
            lines += [f"  - {escaped(line)}" for line in rest if line]
            lines.append(f"  - {code(each.command)}")
    facts = [points.fact(kb, each) for each in found.deployment.facts]
    facts += [points.silent(each) for each in found.deployment.silent]
    lines += _section("What the file was taken to mean", map(escaped, facts))
    lines += ["", f"File {found.deployment.file.digest}, {knowledge_line(found.knowledge)}", ""]
    return "\n".join(lines)


def _section(title: str, items: Iterable[str]) -> list[str]:
    body = [f"- {item}" for item in items]
    return ["", f"## {title}", "", *body] if body else []


def _summary(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[str]:
    yield "| risk | matters | expect | how likely, and how well established | what to do |"
    yield "|---|---|---|---|---|"
    for row in words.summary(kb, found):
        expect = f"{GLYPHS[row.glyph]} {words.EXPECT[row.expect]}"
        cells = (row.risk, row.matters or "–", expect, row.known, row.to_do)
        yield f"| {' | '.join(map(escaped, cells))} |"


def _findings(kb: KnowledgeBase, found: DeploymentAssessment) -> Iterator[str]:
    for each in found.findings:
        yield f"{code(each.id)}: {escaped(points.finding(kb, found, each))}"


def _measurements(kb: KnowledgeBase, found: DeploymentAssessment, more: str) -> Iterator[str]:
    for each in found.measurements[:5]:
        what, command = points.measuring(kb, each)
        yield f"{escaped(what)}: {code(command + more)}" if command else escaped(what)
