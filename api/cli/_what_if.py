"""``crosscurrent what-if``: predictions before and after assumptions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from knowledge import KnowledgeBase
from predictor.changes import Change, Reason, what_if
from predictor.interactions import Prediction
from predictor.scenarios import Scenario, ScenarioError, scenario

from ._common import as_json, knowledge, style
from ._predict import describe, published
from ._text import Style, columns, percent

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    assumed = scenario(
        kb,
        raise_=arguments.raise_,
        lower=arguments.lower_,
        hold=arguments.hold_,
        adversary=_pairs(arguments.adversary),
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


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise ScenarioError(
                f"--adversary {text!r} should be KEY=VALUE, such as role=malicious_accuser"
            )
        if pairs.setdefault(key, value) != value:
            raise ScenarioError(f"--adversary gives {key} twice: {pairs[key]} and {value}")
    return pairs


def _compare(
    kb: KnowledgeBase, defense: str, assumed: Scenario, changes: list[Change], look: Style
) -> str:
    named = kb.defenses[defense]
    title = f"{named.name} ({named.code or named.id}), {_assumptions(kb, assumed)}"
    head = ["", "risk", "", "conjecture", "P(increase)", "published", "because"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for change in changes:
        risk = kb.risks[change.before.risk]
        reasons = "; ".join(_reason(kb, reason, look) for reason in change.because)
        named_once = [risk.code or "", risk.name]
        if change.changed:
            rows.append([*named_once, "before", *_answer(change.before, look), ""])
            rows.append(["", "", "after", *_answer(change.after, look), reasons])
        else:
            rows.append([*named_once, "same", *_answer(change.after, look), reasons])
    lines = [look.paint(title, "bold"), "", columns(rows)]
    if len(changes) == 1:
        lines += ["", look.paint("After, in full:", "bold"), describe(kb, changes[0].after, look)]
    return look.finish("\n".join(lines))


def _answer(prediction: Prediction, look: Style) -> list[str]:
    return [
        look.effect(prediction.conjecture),
        f"{percent(prediction.probability_increase):>5}",
        published(prediction, look),
    ]


def _reason(kb: KnowledgeBase, reason: Reason, look: Style) -> str:
    if reason.assumption == "adversary":
        return f"{reason.subject}: published {look.effect(reason.effect)}"
    name = kb.factors[reason.subject].name.lower()
    if reason.assumption == "hold":
        return f"no path by {name} {look.effect(reason.effect)}"
    return f"{name} {reason.assumption.rstrip('e')}ed {look.effect(reason.effect)}"


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
    parts += [f"adversary {key}={value}" for key, value in assumed.adversary.items()]
    return "with " + ", ".join(parts)
