"""The assessment of a deployment as Markdown, for a repository or a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from . import deployments as words
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
    lines = [f"# {_plain(said.name)}", ""]
    lines += [f"{_plain(said.purpose)}", ""] if said.purpose else []
    lines += [f"{_plain(words.heading(found))}.", "", "## Summary of findings", ""]
    lines += _summary(kb, found)
    for title, items in (
        ("Together", words.together(kb, found)),
        ("Findings", (f"`{e.id}`: {words.finding(kb, found, e)}" for e in found.findings)),
        ("Chains of attacks", (": ".join(words.threat(kb, each)) for each in found.threats)),
        ("Not stated", (words.unstated(kb, each) for each in found.unstated)),
        ("Measure next", _measurements(kb, found, more)),
        ("Nearest better sets", words.better(kb, found.better) if found.better else ()),
    ):
        lines += _section(title, map(_plain, items))
    lines += ["", "## Each risk"]
    for outcome in found.risks:
        lines += ["", f"### {_plain(kb.risks[outcome.risk].name)}", ""]
        told = words.setting(kb, outcome)
        lines += [f"- {_plain(told)}"] if told else []
        for effect in outcome.effects:
            each = words.told(kb, effect, more)
            known = f" {each.established}." if each.established else ""
            lines.append(f"- {_plain(each.headline + known)}")
            rest = [each.reason, each.otherwise, *each.advice]
            lines += [f"  - {_plain(line)}" for line in rest if line]
            lines.append(f"  - `{each.command}`")
    facts = [words.fact(kb, each) for each in found.deployment.facts]
    facts += [words.silent(each) for each in found.deployment.silent]
    lines += _section("What the file was taken to mean", map(_plain, facts))
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
        yield f"| {' | '.join(map(_plain, cells))} |"


def _measurements(kb: KnowledgeBase, found: DeploymentAssessment, more: str) -> Iterator[str]:
    for each in found.measurements[:5]:
        what, command = words.measuring(kb, each)
        yield f"{what}: `{command}{more}`"


def _plain(text: str) -> str:
    """Keep what a file says from being read as Markdown or HTML, but for our own code spans."""
    parts = text.split("`")
    for index in range(0, len(parts), 2):
        for mark in "\\*_[]<>|#":
            parts[index] = parts[index].replace(mark, f"\\{mark}")
    return " ".join("`".join(parts).split())
