"""``crosscurrent comply``: which defenses a standard asks for, and which requirements conflict."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from ..answers.compliance import comply
from ..text.compliance import (
    asked_of,
    danger_words,
    endangers,
    evidence_words,
    headline,
    joint_words,
    measured,
    order_words,
    repair_words,
    unanswered,
)
from ..text.terminal import Style, columns, paragraph
from ..text.wording import OUTCOME_SHADES
from ._arguments import add_knowledge_option, add_output_options, add_store_option
from ._common import (
    again,
    as_json,
    knowledge,
    output_format,
    overlays,
    style,
    with_knowledge_line,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import compliance_document_types as shapes
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Show which defenses a standard, law or framework asks for, which of its requirements"
        " endanger others, what that rests on, and the smallest changes that help. What a"
        " requirement asks for is partly our reading, which is marked. It is no legal advice."
    )
    parser.epilog = (
        "examples:\n  crosscurrent comply AISVS:3\n"
        "  crosscurrent comply 'AI Act' --have adversarial_training --format markdown\n"
        "  crosscurrent kb show standards"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    add_store_option(parser)
    parser.add_argument(
        "--format",
        choices=["text", "markdown", "json"],
        help="text (default); markdown, with drafts for Article 9(4) and Annex IV(2)(b) of the AI"
        " Act; or json",
    )
    parser.add_argument(
        "standard",
        metavar="STANDARD[:LEVEL]",
        help="id or alias of a standard; without a level the most demanding one is meant",
    )
    parser.add_argument(
        "--have",
        metavar="DEFENSE",
        action="append",
        default=[],
        help="a defense that is in place, with its @stage; taken wherever it will do; may be"
        " repeated",
    )
    parser.add_argument(
        "--deployment",
        metavar="FILE",
        help="a deployment file: its defenses are in place, and the drafts tell what they do there"
        " and what was decided",
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    form = output_format(arguments)
    kb, assessed = _asked(arguments)
    in_place = [each.variant.id for each in assessed.deployment.defenses] if assessed else []
    document = comply(kb, arguments.standard, have=[*arguments.have, *in_place])
    if form == "json":
        return as_json(document)
    if form == "markdown":
        from ..answers.checks import day
        from ..text.compliance_report import markdown

        return style(arguments).finish(markdown(kb, document, assessed, day()))
    return _describe(kb, document, style(arguments), again(arguments))


def _asked(arguments: Namespace) -> tuple[KnowledgeBase, DeploymentAssessment | None]:
    """Return what is asked, and the assessment of the deployment that is named."""
    if arguments.deployment is None:
        return knowledge(arguments), None
    from crosscurrent.knowledge.deployment_files import read_deployment

    from ..answers.deployments import assess, informed

    file = read_deployment(arguments.deployment)
    kb = informed(file, overlays(arguments), arguments.store)
    return kb, assess(kb, file)


def _describe(kb: KnowledgeBase, document: shapes.Compliance, look: Style, more: str) -> str:
    lines = [look.paint(paragraph(headline(document), look.width), "bold")]
    lines.append(paragraph(document["notice"], look.width, "  "))
    asked = [[e["number"], asked_of(e)] for e in document["requirements"] if e["defenses"]]
    lines += _section("Asked for", asked, look)
    lines += _together(document, look)
    dangers = []
    for each in document["dangers"]:
        found = f"{danger_words(kb, each)} ({evidence_words(kb, each)})"
        dangers.append([endangers(document, each), found])
    lines += _listed("Requirements that endanger others", dangers, look)
    lines += _repairs(document, look)
    lines += _section("To be measured", list(map(list, measured(document))), look)
    written = [
        [each["number"], "a draft is in --format markdown"]
        for each in document["requirements"]
        if each["asks"] == "documentation"
    ]
    lines += _section("To be written down", written, look)
    silent = [[", ".join(named), why] for why, named in unanswered(document).items()]
    lines += _listed("Nothing that can be said here", silent, look)
    if len(document["defenses"]) > 1:
        lines += ["", f"why    crosscurrent combine {' '.join(document['defenses'])}{more}"]
        lines.append(f"why    crosscurrent predict DEFENSE RISK{more}")
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _section(heading: str, rows: list[list[str]], look: Style) -> list[str]:
    return ["", look.paint(heading, "bold"), columns(rows, look.width)] if rows else []


def _listed(heading: str, rows: list[list[str]], look: Style) -> list[str]:
    """Write rows whose first part may be long, each as a line with what is said of it below."""
    lines = ["", look.paint(heading, "bold")] if rows else []
    for first, second in rows:
        lines += [paragraph(first, look.width, "  "), paragraph(second, look.width, "    ")]
    return lines


def _together(document: shapes.Compliance, look: Style) -> list[str]:
    joint = document["joint"]
    if joint is None:
        few = "no defense is" if not document["defenses"] else "a single defense is"
        return ["", f"  {few} asked for or in place"]
    words, *resting = joint_words(document)
    words = f"{look.glyph(joint['outcome'])} {words}"
    lines = ["", look.paint("Together", "bold")]
    lines.append("  " + look.paint(words, OUTCOME_SHADES[joint["outcome"]]))
    lines += [paragraph(each, look.width, "  ") for each in resting]
    lines.append(paragraph(f"least harmful order: {order_words(document)}", look.width, "  "))
    if document["choices_cut"]:
        lines.append("  ! not all alternatives were compared")
    return lines


def _repairs(document: shapes.Compliance, look: Style) -> list[str]:
    lines = []
    for each in document["repairs"]:
        what, then = repair_words(document, each)
        lines += [paragraph(what, look.width, "  "), paragraph(then, look.width, "    ")]
    if document["repairs_cut"]:
        lines.append("  ! the search ended before it came to a set without a known conflict")
    heading = "Repairs, those with the fewest changes first"
    return ["", look.paint(heading, "bold"), *lines] if lines else []
