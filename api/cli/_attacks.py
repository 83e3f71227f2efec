"""``crosscurrent attacks``: the published attacks that an adversary can mount."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.api.answers.attacks import SCALES, attacks, reach

from ..text.names import knowledge_line
from ..text.terminal import columns, paragraph
from ._common import as_json, knowledge, style

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
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
    return look.finish("\n".join([*lines, "", knowledge_line(kb.digest)]))
