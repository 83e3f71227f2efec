"""``crosscurrent plan``: which defenses to choose."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from crosscurrent.predictor.expectations import UNSURE
from crosscurrent.predictor.plans import MAX_STEPS, NearMiss, Plan, Plans, plan, wish

from ..text.combinations import chain_of, codes, missed, outcome_words
from ..text.conditions import circumstance
from ..text.names import lowered
from ..text.terminal import Style, columns, paragraph
from ..text.wording import OUTCOME_SHADES
from ._arguments import add_knowledge_option, add_output_options, positive
from ._common import again, as_json, knowledge, style, with_knowledge_line

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant
    from crosscurrent.predictor.expectations import Expected

__all__ = ["add_arguments", "run"]


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "List the Pareto-optimal sets of defenses that cover the given risks, do not conflict, can"
        " be trained together, and raise other risks least. If there is none, list the sets that"
        " miss the fewest wishes, the nearest first."
    )
    parser.epilog = (
        "example: crosscurrent plan --protect evasion --protect membership_inference --max 3"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "--protect",
        metavar="RISK",
        action="append",
        required=True,
        help="a risk to cover; may be repeated",
    )
    parser.add_argument(
        "--avoid",
        metavar="RISK",
        action="append",
        default=[],
        help="a risk that no chosen defense may raise; may be repeated",
    )
    parser.add_argument(
        "--have",
        metavar="DEFENSE",
        action="append",
        default=[],
        help="a defense already in place, which stays, with its @stage; may be repeated",
    )
    parser.add_argument(
        "--max", type=positive, help="maximum number of defenses, including those in place"
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    if arguments.json:
        from crosscurrent.api.answers.plans import plan as answer_plan

        wanted = (arguments.protect, arguments.avoid, arguments.have, arguments.max)
        return as_json(answer_plan(kb, wanted[0], avoid=wanted[1], have=wanted[2], most=wanted[3]))
    asked = wish(
        kb,
        protect=arguments.protect,
        avoid=arguments.avoid,
        have=arguments.have,
        most=arguments.max,
    )
    return _describe(kb, plan(kb, asked), style(arguments), again(arguments))


def _describe(kb: KnowledgeBase, answer: Plans, look: Style, more: str) -> str:
    heading = f"To protect against {', '.join(answer.wish.protect)}"
    if answer.wish.avoid:
        heading += f", raising none of {', '.join(answer.wish.avoid)}"
    parts = [look.paint(paragraph(f"{heading}:", look.width), "bold")]
    parts += [_plan(kb, number, each, answer, look) for number, each in enumerate(answer.plans, 1)]
    if not answer.plans:
        parts.append(_none(answer, look))
    if answer.near_misses:
        parts.append(look.paint("Near misses, the nearest first", "bold"))
        parts += [
            _plan(kb, number, near.plan, answer, look, misses=_misses(near))
            for number, near in enumerate(answer.near_misses, 1)
        ]
    if not answer.complete:
        text = f"! the search stopped after {MAX_STEPS} sets: better ones may exist; use --max"
        parts.append(paragraph(text, look.width))
    if answer.left_out:
        names = ", ".join(
            f"{lowered(kb.defenses[each].name)} (only if"
            f" {circumstance(kb, kb.defenses[each].when or {})})"
            for each in answer.left_out
        )
        parts.append(paragraph(f"left out: {names}; if it is there, say --have", look.width))
    if answer.plans:
        ground = "published effects where there are any, conjectures (?) elsewhere"
        if any(each.ground == "measured_reference" for each in _all(answer.plans)):
            ground += ", or what was measured in reference models (?)"
        text = f"No set here is better than another in every respect: {ground}."
        lines = [paragraph(text, look.width)]
        names = " ".join(variant.id for variant in answer.plans[0].order)
        if len(answer.plans[0].order) > 1:
            lines.append(f"check  crosscurrent combine {names}{more}")
        lines.append(f"why    crosscurrent predict DEFENSE RISK{more}")
        parts.append("\n".join(lines))
    return with_knowledge_line("\n\n".join(parts), kb.digest, look)


def _all(plans: Iterable[Plan]) -> Iterator[Expected]:
    for each in plans:
        yield from (*each.covers, *each.raises, *each.lowers, *each.open)


def _misses(near: NearMiss) -> str:
    return "; ".join(missed(each.wish, each.value, each.instead) for each in near.misses)


def _plan(
    kb: KnowledgeBase, number: int, each: Plan, answer: Plans, look: Style, *, misses: str = ""
) -> str:
    heading = look.paint(paragraph(f"{number}. {chain_of(each.order)}", look.width), "bold")
    rows = [["misses", look.paint(misses, "increase")]] if misses else []
    rows.append(["covers", _effects(kb, each.covers, unsure=(*UNSURE, "none"))])
    if each.outcome is not None:
        words = outcome_words(each.outcome, ())
        rows.append(["together", look.paint(words, OUTCOME_SHADES[each.outcome])])
    conflicts = _by_provenance(each.against(each.order))
    rows += [
        [provenance, look.paint(f"conflict: {names}", "increase")]
        for provenance, names in conflicts.items()
    ]
    wanted = answer.wish.protect
    against = [e for e in each.raises if e.risk in wanted]
    others = [e for e in each.raises if e.risk not in wanted]
    if against:
        rows.append(["undermines", look.paint(_effects(kb, against), "increase")])
    if others:
        rows.append(["raises", look.paint(_effects(kb, others), "increase")])
    if each.lowers:
        rows.append(["lowers", look.paint(_effects(kb, each.lowers), "decrease")])
    if each.open:
        rows.append(["open", _effects(kb, each.open)])
    if unsettled := _effects(kb, [e for e in each.open if e.risk in answer.wish.avoid]):
        text = (
            f"whether it raises {unsettled}, to be avoided: nothing is published, or works disagree"
        )
        rows.append(["not known", text])
    if measured := _measured(kb, _all([each]), look):
        rows.append(["measured", measured])
    if each.alternatives:
        rows.append(["or", "; ".join(_or(each, order) for order in each.alternatives[:4])])
    return f"{heading}\n{columns(rows, look.width, indent='   ')}"


def _or(plan: Plan, order: Sequence[Variant]) -> str:
    conflicts = _by_provenance(plan.against(order)).items()
    against = "; ".join(f"{provenance} conflict: {names}" for provenance, names in conflicts)
    return chain_of(order) + (f" ({against})" if against else "")


def _by_provenance(records: Sequence[Combination]) -> dict[str, str]:
    """Name records by whether they were published or measured, those that are not left out."""
    parted = {
        provenance: codes(each for each in records if each.provenance == provenance)
        for provenance in ("published", "measured")
    }
    return {provenance: names for provenance, names in parted.items() if names}


def _measured(kb: KnowledgeBase, effects: Iterable[Expected], look: Style) -> str:
    """Say what was measured of the plan's defenses: no ground of the plan, but worth a look."""
    told = {
        (each.risk, each.defense): " ".join(look.glyph(effect) for effect in each.measured)
        for each in effects
        if each.measured
    }
    return ", ".join(
        f"{risk} ({kb.defenses[defense].code or defense} {seen})"
        for (risk, defense), seen in told.items()
    )


def _effects(
    kb: KnowledgeBase, effects: Iterable[Expected], *, unsure: Container[str] = UNSURE
) -> str:
    """Name each risk with the defenses that move it, a question mark where the ground is unsure."""
    by_risk: dict[str, list[str]] = {}
    for each in effects:
        name = kb.defenses[each.defense].code or each.defense
        doubt = "?" if each.ground in unsure else ""
        by_risk.setdefault(each.risk, []).append(name + doubt)
    return ", ".join(f"{risk} ({' '.join(names)})" for risk, names in by_risk.items())


def _none(answer: Plans, look: Style) -> str:
    lines = ["  no set of defenses meets all constraints"]
    words = {"protect": "--protect", "avoid": "--avoid", "have": "--have", "max": "--max"}
    for each in answer.blocked:
        many = f"{each.plans} set{'s' * (each.plans != 1)}"
        lines.append(f"  without {words[each.wish]} {each.value}: {many}")
    if not answer.blocked:
        text = "removing a single constraint does not help either; remove several"
        lines.append(paragraph(text, look.width, "  "))
    return "\n".join(lines)
