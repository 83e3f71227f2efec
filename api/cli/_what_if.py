"""``crosscurrent what-if``: predictions before and after assumptions."""

from __future__ import annotations

from argparse import Namespace

from knowledge import KnowledgeBase
from predictor.changes import Change, what_if
from predictor.interactions import Prediction
from predictor.scenarios import Scenario, ScenarioError, scenario

from ._common import adversary_pairs, as_json, knowledge, style
from ._predict import describe, likely, published
from ._text import Style, columns, knowledge_line, paragraph, title

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    assumed = scenario(
        kb,
        raise_=arguments.raise_,
        lower=arguments.lower_,
        hold=arguments.hold_,
        adversary=adversary_pairs(arguments.adversary),
    )
    if assumed == Scenario():
        raise ScenarioError(
            "nothing is assumed: add --raise, --lower, --hold FACTOR or --adversary KEY=VALUE"
        )
    defense = kb.defense(arguments.defense).id
    risks = [kb.risk(arguments.risk).id] if arguments.risk else list(kb.risks)
    changes = [what_if(kb, defense, risk, assumed) for risk in risks]
    if arguments.json:
        from predictor.documents import what_if_document

        return as_json(what_if_document(defense, assumed, changes))
    return _compare(kb, defense, assumed, changes, style(arguments))


def _compare(
    kb: KnowledgeBase, defense: str, assumed: Scenario, changes: list[Change], look: Style
) -> str:
    head = ["", "risk", "", "conjecture", "P(rise)", "published", "because"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for change in changes:
        risk = kb.risks[change.before.risk]
        reasons = "; ".join(reason.text for reason in change.because)
        named = [risk.code or "", risk.name]
        if change.changed:
            rows.append([*named, "before", *_answer(change.before, look), ""])
            rows.append(["", "", "after", *_answer(change.after, look), reasons])
        else:
            rows.append([*named, "same", *_answer(change.after, look), reasons])
    heading = f"{title(kb.defenses[defense])}, {_assumptions(kb, assumed)}"
    lines = [look.paint(paragraph(heading, look.width), "bold"), "", columns(rows, look.width)]
    if len(changes) == 1:
        after = describe(kb, changes[0].after, look)
        lines += ["", look.paint("After, in full:", "bold"), "", after]
    return look.finish("\n".join([*lines, "", knowledge_line(kb.digest)]))


def _answer(prediction: Prediction, look: Style) -> list[str]:
    return [
        look.effect(prediction.conjecture),
        likely(prediction),
        published(prediction, look),
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
