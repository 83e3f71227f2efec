"""An assessment of a deployment as a section of a Hugging Face model card, in Markdown.

The headings are those of the card's template,
https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/templates/modelcard_template.md.
Nothing goes into the card's metadata: ``model-index`` holds what was measured on a data set, and
an assessment is of what is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..text import deployment_findings as points
from ..text import deployments as text
from ..text.markup import escaped
from ._parts import effect_of, moment, works_of

if TYPE_CHECKING:
    from datetime import datetime

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.findings import Finding

__all__ = ["model_card"]

_HEAD = ("risk", "matters", "expect", "how likely", "how well established")


def model_card(kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str) -> str:
    """Return the section, with a line break at its end.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        What it answered.
    at : datetime
        When that was, with a time zone.
    version : str
        The version of Crosscurrent.
    """
    return "\n".join(_lines(kb, found, at, version)) + "\n"


def _lines(
    kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> Iterator[str]:
    rows = text.summary(kb, found)
    yield from ("## Bias, Risks, and Limitations", "", "### Interactions of defenses", "")
    yield f"{escaped(text.heading(found))}. What to expect of each risk, by crosscurrent"
    yield f"{version} on {moment(at)[:10]}, from knowledge `{found.knowledge}` and the"
    yield f"deployment file `{found.deployment.file.digest}`:"
    yield ""
    yield from _table(
        _HEAD,
        (
            (row.risk, row.matters or "–", text.EXPECT[row.expect], row.likely, row.certainty)
            for row in rows
        ),
    )
    findings = [_finding(kb, found, each) for each in found.findings]
    yield from _list("What speaks against it:", findings)
    yield from _list("The defenses together:", map(escaped, points.together(kb, found)))
    left_open = (escaped(points.unstated(kb, each)) for each in found.unstated)
    yield from _list("What would change this:", left_open)
    to_do = [f"{escaped(row.risk)}: {escaped(row.to_do)}" for row in rows if row.matters]
    yield from ("", "### Recommendations")
    yield from _list("", to_do)


def _finding(kb: KnowledgeBase, found: DeploymentAssessment, each: Finding) -> str:
    """Return a finding with links to the works that say so."""
    sentence = escaped(points.finding(kb, found, each))
    effect = effect_of(found, each)
    if effect is None:
        return sentence
    works = [
        f"[{escaped(work.cited)}]({work.address})" if work.address else escaped(work.cited)
        for work in works_of(kb, effect)
        if work.says == effect.answer.expect
    ]
    return f"{sentence} ({'; '.join(works)})" if works else sentence


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    """Yield a list with its title; nothing without items."""
    lines = [f"- {each}" for each in items]
    if lines:
        yield ""
        if title:
            yield from (title, "")
        yield from lines
