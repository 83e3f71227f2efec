"""A standard's answer as Markdown, with drafts of what the AI Act asks to be written down.

Articles 9(4) and Annex IV(2)(b) ask how measures act on each other and which trade-offs were
decided on. The drafts are filled from the JSON document; what only the provider knows is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .compliance import (
    asked_of,
    danger_words,
    endangers,
    evidence_words,
    headline,
    joint_words,
    order_words,
    repair_words,
    unanswered,
)
from .deployment_drafts import decisions, effects

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import compliance_document_types as shapes
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["annex_iv_2_b", "article_9_4", "markdown"]

_OPEN = "**To be filled in by the provider:**"


def markdown(
    kb: KnowledgeBase,
    document: shapes.Compliance,
    deployment: DeploymentAssessment | None = None,
    today: str = "",
) -> str:
    """Return the whole answer as a Markdown document.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    document : mapping
        The answer.
    deployment : DeploymentAssessment, optional
        What the drafts tell of a deployment as well.
    today : str, optional
        The day, as ``2027-06-30``, on which what was accepted in it counts or no longer.
    """
    standard = document["standard"]
    parts = [
        f"# {headline(document)}",
        document["notice"],
        f"Source: {standard['publisher']}, {standard['name']}, {standard['edition']}"
        f" ({standard['license']}), <{standard['url']}>. Summaries are ours.",
        "## What is asked for",
        "\n".join(_asked(document)) or "No defenses.",
    ]
    measured = [each for each in document["requirements"] if each["asks"] == "measurement"]
    if measured:
        parts += [
            "## What is to be measured",
            "\n".join(
                f"- {each['number']}: {', '.join(each['risks'])}{_reading(each)}"
                for each in measured
            ),
        ]
    if silent := unanswered(document):
        parts += [
            "## Where nothing can be said here",
            "\n".join(f"- {', '.join(named)}: {why}." for why, named in silent.items()),
            "\n".join(
                f"- {each['number']}.{_reading(each)}"
                for each in document["requirements"]
                if each["why"] and each["interpretation"]
            ),
        ]
    parts += [
        "## Effects of the measures on each other (draft for Article 9(4))",
        article_9_4(kb, document),
        effects(kb, deployment) if deployment else "",
        "## Trade-offs (draft for Annex IV(2)(b))",
        annex_iv_2_b(document),
        decisions(kb, deployment, today) if deployment else "",
        "## Sources",
        "\n".join(_works(kb, document))
        or "None: no effect on another requirement is known, and no reading rests on a work.",
        f"Knowledge: `{document['knowledge']}`.",
    ]
    return "\n\n".join(filter(None, parts))


def article_9_4(kb: KnowledgeBase, document: shapes.Compliance) -> str:
    """Return a draft on the effects that measures have on each other."""
    if not document["defenses"]:
        return "No defenses are asked for or in place, so that none acts on another."
    parts = [f"Considered together: {', '.join(document['defenses'])}."]
    if told := joint_words(document):
        parts.append(f"To be expected of them together: {', '.join(told)}.")
    parts.append(f"The least harmful order is {order_words(document)}.")
    lines = [
        f"- {endangers(document, each)}: {danger_words(kb, each)}. {_known(kb, each)}"
        for each in document["dangers"]
    ]
    if lines:
        parts.append("These effects on other requirements are known or expected:")
    else:
        parts.append("No effect on another requirement is known.")
    return "\n\n".join([" ".join(parts), *(["\n".join(lines)] if lines else [])])


def annex_iv_2_b(document: shapes.Compliance) -> str:
    """Return a draft on trade-offs: what could be changed, and what is to be decided."""
    parts = []
    if document["repairs"]:
        parts.append("Of the changes that were looked for, these promise something better:")
        lines = []
        for each in document["repairs"]:
            what, then = repair_words(document, each)
            lines.append(f"- {what}. {then[0].upper()}{then[1:]}.")
        parts.append("\n".join(lines))
    elif document["dangers"]:
        parts.append("No two defenses are known to conflict; what they raise is listed above.")
    else:
        parts.append("No trade-off between these requirements is known.")
    parts.append(f"{_OPEN} which of this was decided on, why, and which residual risk it leaves.")
    return "\n\n".join(parts)


def _asked(document: shapes.Compliance) -> Iterator[str]:
    for each in document["requirements"]:
        if each["defenses"]:
            yield f"- {each['number']}: {each['summary']} Taken: {asked_of(each)}.{_reading(each)}"


def _reading(requirement: shapes.Requirement) -> str:
    text = requirement["interpretation"]
    return f" *Interpretation:* {text}" if text else ""


def _known(kb: KnowledgeBase, danger: shapes.Danger) -> str:
    told = evidence_words(kb, danger)
    return f"{told[0].upper()}{told[1:]}."


def _works(kb: KnowledgeBase, document: shapes.Compliance) -> Iterator[str]:
    """Yield all works behind effects and readings, in full."""
    cited = [work for each in document["dangers"] for work in each["works"]]
    cited += [
        source.partition("#")[0] for each in document["requirements"] for source in each["sources"]
    ]
    for name in dict.fromkeys(cited):
        work = kb.references[name]
        if work.status == "unresolved":
            yield f"- `{name}`: not identified: {work.topic}"
            continue
        told = [work.authors, work.title, work.venue, str(work.year or "")]
        if work.doi:
            told.append(f"<https://doi.org/{work.doi}>")
        elif work.arxiv:
            told.append(f"<https://arxiv.org/abs/{work.arxiv}>")
        yield f"- `{name}`: {', '.join(filter(None, told))}"
