"""``crosscurrent assess``: what to expect of a whole deployment."""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crosscurrent.knowledge.deployment_files import read_deployment
from crosscurrent.knowledge.errors import InputError, legible
from crosscurrent.predictor.deployments.documents import deployment_document

from .. import formats
from ..answers import deployments as answers
from ..text import deployment_findings as points
from ..text import deployments as words
from ..text.terminal import Style, columns, paragraph
from ._arguments import add_knowledge_option, add_output_options, add_store_option
from ._common import (
    as_json,
    as_markup,
    output_format,
    overlays,
    repeated,
    style,
    with_knowledge_line,
    write_answer,
    wrote,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import RiskOutcome

__all__ = ["add_arguments", "run"]

_TEMPLATE = "deployment.yaml"
_SHOWN = 5


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Assess a deployment: what all of its defenses together let expect of every risk, whether"
        " they go together, which attacks help which, and what to measure or change next."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent assess --init deployment.yaml\n"
        "  crosscurrent assess deployment.yaml\n"
        "  crosscurrent assess deployment.yaml --format html --output assessment.html"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_store_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help=f"a deployment file; with --init, the one to write (default: {_TEMPLATE})",
    )
    parser.add_argument(
        "--init",
        action="store_true",
        help="write a commented deployment file, asking nothing, and assess nothing",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown", "html", *formats.FORMATS),
        help="how to print the assessment (default: text); html is one page that prints to two with"
        " its details behind them; for other tools, as a CycloneDX ML-BOM,"
        " OSCAL assessment results, a section of a model card, or a report for AVID",
    )
    parser.add_argument(
        "--output", metavar="FILE", help="write it to this file, whole or not at all"
    )


def run(arguments: Namespace) -> str:
    """Return the assessment as text, or say what was written."""
    if arguments.init:
        return _write_template(arguments.file or _TEMPLATE)
    if arguments.file is None:
        raise InputError(
            "which deployment? Give a file, such as one that crosscurrent assess --init writes"
        )
    text = _assessed(arguments)
    if arguments.output is None:
        return text
    write_answer(arguments.output, text)
    return wrote([arguments.output])


def _write_template(path: str) -> str:
    source = os.path.join(os.path.dirname(words.__file__), "deployment_template.yaml")
    with open(source, "rb") as file:
        content = file.read()
    try:
        with open(path, "xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise InputError(f"{legible(path)}: is there already; name another file") from error
    asked = shlex.join(["crosscurrent", "assess", path])
    return legible(f"wrote {path}: say what you know, then {asked}")


def _assessed(arguments: Namespace) -> str:
    file = read_deployment(arguments.file)
    kb = answers.informed(file, overlays(arguments), arguments.store)
    found = answers.assess(kb, file)
    chosen = output_format(arguments)
    if chosen == "json":
        return as_json(deployment_document(kb, found))
    folders = [*arguments.knowledge, *answers.evidence_folders(file)]
    more = repeated("--knowledge", folders)
    if chosen in (None, "text"):
        return _described(kb, found, style(arguments), more)
    if chosen == "markdown":
        from ..text.deployment_markdown import markdown

        return markdown(kb, found, more)
    return _dated(kb, found, chosen, more)


def _dated(kb: KnowledgeBase, found: DeploymentAssessment, chosen: str, more: str) -> str:
    """Return a form that says when it was made."""
    from datetime import UTC, datetime

    from crosscurrent import __version__

    now = datetime.now(UTC)
    if chosen == "html":
        from ..reports.deployments import deployment_report

        made_on = f"{now:%Y-%m-%d}"
        return as_markup(
            deployment_report(kb, found, more=more, made_on=made_on, version=__version__)
        )
    document = formats.document(chosen, kb, found, now, __version__)
    return document if isinstance(document, str) else as_json(document)


def _described(kb: KnowledgeBase, found: DeploymentAssessment, look: Style, more: str) -> str:
    said = found.deployment.file.deployment
    lines = [look.paint(paragraph(words.heading(found), look.width), "bold")]
    lines += [paragraph(said.purpose, look.width)] if said.purpose else []
    lines += ["", columns(_summary(kb, found, look), look.width)]
    lines += _section("Together", points.together(kb, found), look)
    for outcome in found.risks:
        if outcome.matters is not None:
            lines += _section(kb.risks[outcome.risk].name, _told(kb, outcome, look), look)
    chains = [": ".join(points.threat(kb, each)) for each in found.threats]
    lines += _section("Chains of attacks", chains, look)
    lines += _section("Not stated", [points.unstated(kb, each) for each in found.unstated], look)
    rows = [points.measuring(kb, each) for each in found.measurements[:_SHOWN]]
    next_ = [f"{what}: {command}{more}" if command else what for what, command in rows]
    lines += _section("Measure next", next_, look)
    if found.better is not None:
        near = [
            *points.better(kb, found.better),
            f"in full: {points.asked_again(found)}{more}",
        ]
        lines += _section("Nearest better sets", near, look)
    facts = [points.fact(kb, each) for each in found.deployment.facts]
    facts += [points.silent(each) for each in found.deployment.silent]
    lines += _section("What the file was taken to mean", facts, look)
    lines += ["", f"why    crosscurrent predict DEFENSE RISK{more}"]
    lines.append("whole  crosscurrent assess FILE --format html --output assessment.html")
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _summary(
    kb: KnowledgeBase, found: DeploymentAssessment, look: Style
) -> Iterator[Sequence[str]]:
    head = ("", "risk", "matters", "how likely, how well established, and what to do")
    yield [look.paint(cell, "dim") for cell in head]
    for row in words.summary(kb, found):
        yield (
            look.paint(look.glyph(row.glyph), row.glyph),
            row.risk,
            row.matters or "-",
            f"{row.known}. {row.to_do}",
        )


def _told(kb: KnowledgeBase, outcome: RiskOutcome, look: Style) -> list[str]:
    lines = []
    for effect in outcome.effects:
        told = words.told(kb, effect)
        known = f" {told.established}." if told.established else ""
        against = f" {told.otherwise}" if told.otherwise else ""
        glyph = look.paint(look.glyph(effect.answer.expect), effect.answer.expect)
        lines.append(f"{glyph} {told.headline}{known}{against}")
    setting = words.setting(kb, outcome)
    return [*lines, setting] if setting else lines


def _section(title: str, items: Sequence[str], look: Style) -> list[str]:
    if not items:
        return []
    body = [paragraph(item, look.width, "  ") for item in items]
    return ["", look.paint(title, "bold"), *body]
