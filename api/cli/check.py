"""``crosscurrent check``: a deployment file as a gate."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from crosscurrent.knowledge.deployment_files import read_deployment
from crosscurrent.predictor.deployments.check_documents import check_document

from ..answers import checks as answers
from ..answers.deployments import informed
from ..text import checks as text
from ..text.terminal import Style, paragraph
from ._arguments import add_knowledge_option, add_output_options, add_store_option
from ._common import (
    as_json,
    as_markup,
    output_format,
    overlays,
    style,
    with_knowledge_line,
    write_answer,
    wrote,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments import check_document_types as shapes
    from crosscurrent.predictor.deployments.gate import Check

    from ..text.checks import Said

__all__ = ["add_arguments", "run"]

_FAILING: Final = ("fails", "expired")
_STATES: Final = {
    "fails": "which fails",
    "expired": "which fails",
    "accepted": "accepted",
    "passes": "which the policy lets pass",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Assess a deployment and say whether it passes the policy of its file: which findings fail,"
        " which are accepted, by whom and until when, and what changed since the last accepted"
        " assessment. Exit status: 0 passes, 1 fails, 2 bad input."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent check deployment.yaml\n"
        "  crosscurrent check deployment.yaml --accept\n"
        "  crosscurrent check deployment.yaml --format sarif --output check.sarif"
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "file", metavar="FILE", help="deployment file; crosscurrent assess --init writes one"
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        help="the earlier assessment or check, as --json printed it, to compare with (default:"
        " deployment.accepted.json beside deployment.yaml, if it is there)",
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="keep this check as the last accepted one, where --against says; findings that fail"
        " go on failing until they are accepted in the deployment file",
    )
    parser.add_argument(
        "--today",
        metavar="DATE",
        help="the day on which acceptances have expired or not, as 2027-06-30 (default: today, in"
        " UTC)",
    )
    add_store_option(parser)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "--format",
        choices=["text", "json", "sarif", "junit"],
        help="text (default); sarif: SARIF 2.1.0, for code hosts; junit: JUnit XML, for build"
        " servers",
    )
    parser.add_argument(
        "--output", metavar="FILE", help="write that to this file, and print the text"
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    form = output_format(arguments) or "text"
    today = answers.day(arguments.today)
    file = read_deployment(arguments.file)
    kept = arguments.against or answers.accepted_file(arguments.file)
    needed = arguments.against is not None and not arguments.accept
    before = answers.earlier(kept) if needed or os.path.lexists(kept) else None
    kb = informed(file, overlays(arguments), arguments.store)
    check = answers.check(kb, file, today)
    document = check_document(check, before)
    written = []
    if arguments.output is not None:
        plain = Style(colour=False, unicode=True)
        write_answer(arguments.output, _in_form(form, kb, check, document, plain))
        written.append(arguments.output)
    if arguments.accept:
        answers.keep(document, kept)
        written.append(kept)
    arguments.status = 0 if check.passes else 1
    shown = "text" if arguments.output is not None else form
    told = _in_form(shown, kb, check, document, style(arguments))
    return f"{told}\n\n{wrote(written)}" if written and shown == "text" else told


def _in_form(
    form: str, kb: KnowledgeBase, check: Check, document: shapes.DeploymentCheck, look: Style
) -> str:
    if form == "json":
        return as_json(document)
    if form == "sarif":
        return _sarif(kb, check, document)
    if form == "junit":
        return _junit(kb, check, document)
    return _text(kb, check, document, look)


def _sarif(kb: KnowledgeBase, check: Check, document: shapes.DeploymentCheck) -> str:
    from crosscurrent import __version__

    from ..formats.sarif import sarif

    return as_json(sarif(document, text.said(kb, check), __version__))


def _junit(kb: KnowledgeBase, check: Check, document: shapes.DeploymentCheck) -> str:
    from ..formats.junit import junit

    return as_markup(junit(document, text.said(kb, check)))


def _text(kb: KnowledgeBase, check: Check, document: shapes.DeploymentCheck, look: Style) -> str:
    parts = [look.paint(paragraph(text.heading(check), look.width), "bold")]
    said = text.said(kb, check)
    failing = [each for each in document["findings"] if each["state"] in _FAILING]
    parts += [_finding(document, each, said[each["id"]], look) for each in failing]
    accepted = [each for each in document["findings"] if each["state"] == "accepted"]
    if accepted:
        lines = [look.paint("Accepted", "bold")]
        lines += [_accepted(document, each, look) for each in accepted]
        parts.append("\n".join(lines))
    if document["unused"]:
        parts.append("\n".join(_unused(document, look)))
    if document["changes"] is not None:
        parts.append("\n".join(_changes(kb, document, document["changes"], said, look)))
    if failing:
        told = "To accept a finding, add to the file, with your own reason, owner and last day:"
        example = text.entry(failing[0]["id"]).splitlines()
        parts.append("\n".join([paragraph(told, look.width), *(f"  {line}" for line in example)]))
    return with_knowledge_line("\n\n".join(parts), document["knowledge"], look)


def _place(document: shapes.DeploymentCheck, each: Mapping[str, object]) -> str:
    return f"{document['deployment']['file']}:{each['line']}:{each['column']}"


def _finding(
    document: shapes.DeploymentCheck, each: shapes.CheckedFinding, words: Said, look: Style
) -> str:
    mark = look.paint("fails", "increase")
    lines = [f"{_place(document, each)}: {mark} {each['id']}"]
    lines.append(paragraph(words.sentence, look.width, "  "))
    if expired := text.acceptance(each):
        lines.append(paragraph(expired, look.width, "  "))
    if words.to_do:
        lines.append(paragraph(f"to do: {words.to_do}", look.width, "  "))
    return "\n".join(lines)


def _accepted(document: shapes.DeploymentCheck, each: shapes.CheckedFinding, look: Style) -> str:
    head = f"  {_place(document, each)}: {each['id']}"
    return f"{head}\n{paragraph(text.acceptance(each), look.width, '    ')}"


def _unused(document: shapes.DeploymentCheck, look: Style) -> Iterator[str]:
    for each in document["unused"]:
        yield paragraph(f"{_place(document, each)}: {text.unused(each)}", look.width)


def _changes(
    kb: KnowledgeBase,
    document: shapes.DeploymentCheck,
    changes: shapes.Changes,
    said: Mapping[str, Said],
    look: Style,
) -> Iterator[str]:
    yield look.paint(paragraph(text.because(changes), look.width), "bold")
    for statement in changes["statements"]:
        yield paragraph(text.statement(statement), look.width, "  ")
    for risk in changes["risks"]:
        head, detail = text.risk_change(kb, risk, changes["because"])
        yield paragraph(head, look.width, "  ")
        yield paragraph(detail, look.width, "      ")
    states = {each["id"]: each["state"] for each in document["findings"]}
    failing = [name for name, state in states.items() if state in _FAILING]
    for name in changes["new"]:
        yield paragraph(f"new finding, {_STATES[states[name]]}: {name}", look.width, "  ")
        if name not in failing:  # which stand above
            yield paragraph(said[name].sentence, look.width, "      ")
    for gone in changes["gone"]:
        yield paragraph(f"no longer found: {gone['id']}", look.width, "  ")
