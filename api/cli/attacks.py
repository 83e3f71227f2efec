"""``crosscurrent attacks``: the published attacks that an adversary can mount."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from crosscurrent.api.answers.attacks import SCALES, attacks, reach

from ..text.terminal import columns, paragraph
from ._arguments import add_knowledge_option, add_output_options
from ._common import as_json, knowledge, style, with_knowledge_line

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "List the published attacks that an adversary with these properties can mount."
    )
    parser.epilog = (
        "example: crosscurrent attacks --risk membership_inference --model-knowledge blackbox"
        " --output hard_label"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument("--risk", metavar="RISK", help="only attacks on this risk")
    for scale in (
        "capability",
        "optimization",
        "model-knowledge",
        "output",
        "interaction",
        "data-knowledge",
        "blindness",
    ):
        parser.add_argument(
            f"--{scale}", metavar="VALUE", help=f"the adversary's {scale.replace('-', ' ')}"
        )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    risk = arguments.risk or None
    stated = {key: value for key in SCALES if (value := getattr(arguments, key)) is not None}
    if arguments.json:
        return as_json(attacks(kb, risk, stated))
    attack, adversary, found = reach(kb, risk, stated)
    look = style(arguments)
    of = [each for each in kb.published_attacks.values() if attack in (None, each.attack)]
    whom = ", ".join(f"{key}={value}" for key, value in adversary.items()) or "any adversary"
    name = kb.attacks[attack].name.lower() if attack else "all attacks"
    heading = f"{name}: {len(found)} of {len(of)} published ones need no more than {whom}"
    if not of:
        heading = f"{name}: no published attacks on this risk are catalogued"
    lines = [look.paint(paragraph(heading, look.width), "bold")]
    rows = [
        [
            str(each.year),
            " ".join(each.model_knowledge),
            " ".join(each.data_knowledge),
            f"{each.title} ({each.venue}){'' if each.included else ' -'}",
        ]
        for each in found
    ]
    if rows:
        lines += ["", columns(rows, look.width)]
        if not all(each.included for each in found):
            lines += ["", "-: not counted in the survey's final version"]
    elif of:
        lines += ["", "  none: allow the adversary more, or ask for another risk"]
    return with_knowledge_line("\n".join(lines), kb.digest, look)
