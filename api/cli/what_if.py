"""``crosscurrent what-if``: predictions before and after assumptions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from crosscurrent.api.answers.adversaries import adversary_pairs
from crosscurrent.api.answers.assumptions import Assumed, assume
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.documents import what_if_document
from crosscurrent.predictor.scenarios import Scenario

from ..text import assessments
from ..text.names import at_stage, title
from ..text.terminal import Style, columns, paragraph
from ._arguments import (
    add_adversary_option,
    add_knowledge_option,
    add_output_options,
    add_pair_arguments,
)
from ._common import again, as_json, knowledge, style, with_knowledge_line
from .predict import describe, expects

if TYPE_CHECKING:
    from crosscurrent.predictor import document_types as shapes

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Show how predictions change under assumptions about data, model and adversary."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent what-if differential_privacy --lower training_set_size --raise D2\n"
        "  crosscurrent what-if RD1 R3 --adversary role=malicious_accuser\n"
        "  crosscurrent what-if PD1 F --given initialization=pretrained"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    add_pair_arguments(parser)
    assumptions = parser.add_argument_group("assumptions (each may be repeated)")
    for flag, meaning in (
        ("--raise", "the context raises this factor: a longer tail, a larger model, ..."),
        ("--lower", "the context lowers this factor: less data, fewer attributes, ..."),
        ("--hold", "this factor is kept constant by other means, so it carries no effect"),
    ):
        assumptions.add_argument(
            flag, metavar="FACTOR", action="append", default=[], dest=flag[2:] + "_", help=meaning
        )
    add_adversary_option(assumptions)
    assumptions.add_argument(
        "--given",
        metavar="CONDITION=VALUE",
        action="append",
        default=[],
        help="a condition of models, data or attack; crosscurrent kb show conditions lists them",
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    found = assume(
        kb,
        arguments.defense,
        arguments.risk or None,
        raise_=arguments.raise_,
        lower=arguments.lower_,
        hold=arguments.hold_,
        adversary=adversary_pairs(arguments.adversary),
        given=adversary_pairs(arguments.given, "--given", "privacy_budget=strict"),
    )
    if arguments.json:
        return as_json(what_if_document(kb, *found))
    return _compare(kb, found, style(arguments), again(arguments))


def _compare(kb: KnowledgeBase, found: Assumed, look: Style, more: str) -> str:
    defense, assumed, changes = found
    document = what_if_document(kb, *found)
    alone = any(each["after"]["assessment"]["setting"] for each in document["predictions"])
    head = ["", "risk", "", *["setting"] * alone, "expect", "guideline, and what is assumed"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for each in document["predictions"]:
        risk = kb.risks[each["risk"]]
        reasons = "; ".join(reason["text"] for reason in each["because"])
        named = [risk.code or "", risk.name]
        before, after = each["before"], each["after"]
        setting = [_setting(after, look)] * alone
        blank = [""] * alone
        if each["changed"]:
            rows.append([*named, "before", *blank, *_answer(before, "", look)])
            rows.append(["", "", "after", *setting, *_answer(after, reasons, look)])
        else:
            rows.append([*named, "same", *setting, *_answer(after, reasons, look)])
    name = title(kb.defenses[defense]) + at_stage(changes[0].after.stage)
    heading = f"{name}, {_assumptions(kb, assumed)}"
    lines = [look.paint(paragraph(heading, look.width), "bold"), "", columns(rows, look.width)]
    if alone:
        told = "setting: what is assumed of factors does to the risk by itself, without the defense"
        lines += ["", paragraph(told, look.width)]
    if len(changes) == 1:
        after_told = describe(kb, changes[0].after, look, more)
        lines += ["", look.paint("After, in full:", "bold"), "", after_told]
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _answer(document: shapes.Prediction, reasons: str, look: Style) -> list[str]:
    likely = assessments.expected(document)
    return [
        f"{expects(document, look)} {likely}".rstrip(),
        look.effect(document["conjecture"]) + (f"; {reasons}" if reasons else ""),
    ]


def _setting(document: shapes.Prediction, look: Style) -> str:
    setting = document["assessment"]["setting"]
    return "" if setting is None else look.paint(look.glyph(setting["effect"]), setting["effect"])


def _assumptions(kb: KnowledgeBase, assumed: Scenario) -> str:
    parts = [
        f"{kb.factors[factor].name.lower()} {verb}"
        for verb, factors in (
            ("raised", assumed.raised),
            ("lowered", assumed.lowered),
            ("held", assumed.held),
        )
        for factor in sorted(factors)
    ]
    if assumed.adversary:
        stated = (f"{key}={value}" for key, value in assumed.adversary.items())
        parts.append("an adversary of " + ", ".join(stated))
    parts += [f"{key}={value}" for key, value in assumed.given.items()]
    return "with " + ", ".join(parts)
