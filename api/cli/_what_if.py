"""``crosscurrent what-if``: predictions before and after assumptions."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.api.answers.adversaries import adversary_pairs
from crosscurrent.api.answers.assumptions import Assumed, assume
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.documents import what_if_document
from crosscurrent.predictor.interactions import Prediction
from crosscurrent.predictor.scenarios import Scenario

from ..text.names import knowledge_line, title
from ..text.terminal import Style, columns, paragraph
from ._common import as_json, knowledge, style
from ._predict import describe, likely, measured, published

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    found = assume(
        kb,
        arguments.defense,
        arguments.risk or None,
        raise_=arguments.raise_,
        lower=arguments.lower_,
        hold=arguments.hold_,
        adversary=adversary_pairs(arguments.adversary),
    )
    if arguments.json:
        return as_json(what_if_document(*found))
    return _compare(kb, found, style(arguments))


def _compare(kb: KnowledgeBase, found: Assumed, look: Style) -> str:
    defense, assumed, changes = found
    own = any(change.before.measured or change.after.measured for change in changes)
    seen = ["published", *["measured"] * own]
    head = ["", "risk", "", "conjecture", "P(rise)", *seen, "because"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for change in changes:
        risk = kb.risks[change.before.risk]
        reasons = "; ".join(reason.text for reason in change.because)
        named = [risk.code or "", risk.name]
        if change.changed:
            rows.append([*named, "before", *_answer(change.before, look, own=own), ""])
            rows.append(["", "", "after", *_answer(change.after, look, own=own), reasons])
        else:
            rows.append([*named, "same", *_answer(change.after, look, own=own), reasons])
    heading = f"{title(kb.defenses[defense])}, {_assumptions(kb, assumed)}"
    lines = [look.paint(paragraph(heading, look.width), "bold"), "", columns(rows, look.width)]
    if len(changes) == 1:
        after = describe(kb, changes[0].after, look)
        lines += ["", look.paint("After, in full:", "bold"), "", after]
    return look.finish("\n".join([*lines, "", knowledge_line(kb.digest)]))


def _answer(prediction: Prediction, look: Style, *, own: bool) -> list[str]:
    return [
        look.effect(prediction.conjecture),
        likely(prediction),
        published(prediction, look),
        *[measured(prediction, look)] * own,
    ]


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
    return "with " + ", ".join(parts)
