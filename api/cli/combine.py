"""``crosscurrent combine``: whether defenses can be combined, and in which order."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from crosscurrent.predictor.conflicts import Combined, Conflict, Repair, combine
from crosscurrent.predictor.exclusions import Exclusion
from crosscurrent.predictor.tensions import Tension, tensions

from ..text.combinations import (
    STAY,
    after_tuning,
    chain_of,
    changes_of,
    grounds_of,
    outcome_words,
    still_together,
    why_not,
)
from ..text.names import cite
from ..text.terminal import Style, columns, paragraph
from ..text.wording import OUTCOME_SHADES, TENSIONS
from ._arguments import add_knowledge_option, add_output_options
from ._common import again, as_json, knowledge, style, with_knowledge_line

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase

__all__ = ["add_arguments", "run"]

_SHOWN_ORDERS = 4


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Check whether defenses can be combined in one model: whether that was shown, or no"
        " conflict is known, or it takes tuning, or they conflict or cannot be trained together."
        " Print the orders without a conflict, or the smallest changes that repair one. DEFENSE"
        " may name a stage: watermarking@pre."
    )
    parser.epilog = "example: crosscurrent combine watermarking@pre outlier_removal@in explanations"
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "defenses",
        metavar="DEFENSE",
        nargs="+",
        help="id, code or alias of a defense, optionally with @stage",
    )
    parser.add_argument(
        "--tensions",
        action="store_true",
        help="also show hints from the factor graph; they predict conflicts poorly and affect no"
        " verdict",
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    if arguments.json:
        from crosscurrent.api.answers.combinations import combination

        return as_json(combination(kb, arguments.defenses, tensions=arguments.tensions))
    combined = combine(kb, arguments.defenses)
    hints = tensions(kb, combined.defenses) if arguments.tensions else ()
    look = style(arguments)
    lines = [look.paint(paragraph(_heading(combined), look.width), "bold"), ""]
    lines += _verdict(kb, combined, look)
    lines += _section("Why not", list(_excluded(kb, combined.exclusions, look)), look)
    lines += _section("Conflicts", _conflicts(kb, combined.conflicts, look), look)
    lines += _section("Order within a stage", _avoided(kb, combined, look), look)
    lines += _section(_repairs_heading(combined), _repairs(combined, look), look)
    if arguments.tensions:
        lines += _section("Tensions (hints only)", _tensions(kb, hints, look), look)
    more = again(arguments)
    lines += _section("Published", _published(kb, combined.published, look, more), look)
    lines += _section("Measured", list(_observed(kb, combined.measured, look, more)), look)
    for variant in combined.defenses:
        if variant.note and combined.conflicts:
            lines += ["", paragraph(f"{variant.id}: {variant.note}", look.width)]
    lines += ["", f"side effects  crosscurrent predict DEFENSE{more}"]
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _heading(combined: Combined) -> str:
    return " + ".join(variant.id for variant in combined.defenses)


def _section(heading: str, body: list[str], look: Style) -> list[str]:
    return ["", look.paint(heading, "bold"), *body] if body else []


def _verdict(kb: KnowledgeBase, combined: Combined, look: Style) -> list[str]:
    words = outcome_words(combined.outcome, combined.grounds)
    shade = OUTCOME_SHADES[combined.outcome]
    lines = ["  " + look.paint(f"{look.glyph(combined.outcome)} {words}", shade)]
    if combined.grounds and combined.trainable:
        named = _named(kb, combined.judged.records)
        resting = grounds_of(combined.grounds) + (f": {named}" if named else "")
        lines.append(paragraph(resting, look.width, "  "))
    if otherwise := _named(kb, combined.measured_otherwise):
        rule = "no conflict" if combined.effective else "conflict"
        text = f"! the rule says {rule}; seen otherwise: {otherwise}"
        lines.append(paragraph(text, look.width, "  "))
    if not (combined.effective and combined.trainable):
        return lines
    if combined.overlooked:
        text = "doubtful: the published rule passes because it looks at neighbours only"
        lines.append(f"  ! {text}")
    shown = combined.orders[:_SHOWN_ORDERS]
    lines += [paragraph(chain_of(order), look.width, "  ") for order in shown]
    if combined.more_orders or len(combined.orders) > _SHOWN_ORDERS:
        lines.append("  and further orders: the order within a stage is otherwise free")
    return lines


def _named(kb: KnowledgeBase, records: Iterable[Combination]) -> str:
    """Name records by their works, and their codes if they have one; of one's own by the id."""
    names: dict[str, None] = {}
    for record in records:
        works = cite(kb, record.sources) if record.sources and not record.measured else ""
        code = f"{record.code} ({works})" if record.code and works else record.code
        names[code or works or record.id] = None
    return "; ".join(names)


def _excluded(kb: KnowledgeBase, found: Iterable[Exclusion], look: Style) -> Iterator[str]:
    for each in found:
        record = each.record
        why = why_not(record.reason if record else None)
        text = f"{each.one.id} and {each.other.id}: {why}"
        if record and record.sources:
            doubt = ", inferred" if record.basis == "inferred" else ""
            text += f" ({cite(kb, record.sources)}{doubt})"
        yield paragraph(text, look.width, "  ")
        if record and record.remedy:
            yield paragraph(f"instead: {record.remedy}", look.width, "    ")


def _conflicts(kb: KnowledgeBase, conflicts: Iterable[Conflict], look: Style) -> list[str]:
    return [paragraph(_why(kb, each), look.width, "  ") for each in conflicts]


def _why(kb: KnowledgeBase, conflict: Conflict) -> str:
    risk = kb.risks[conflict.risk].name.lower()
    doubt = " (inferred, not read in the paper)" if conflict.inferred else ""
    return f"{conflict.earlier.id} uses {risk}, which {conflict.later.id} mitigates{doubt}"


def _avoided(kb: KnowledgeBase, combined: Combined, look: Style) -> list[str]:
    lines = [
        paragraph(f"{c.later.id} before {c.earlier.id}: {_why(kb, c)}", look.width, "  ")
        for c in combined.avoid
        if c not in combined.overlooked
    ]
    lines += [
        paragraph(f"! {c.earlier.id} still comes before {c.later.id}", look.width, "  ")
        for c in combined.overlooked
    ]
    return lines


def _repairs_heading(combined: Combined) -> str:
    cut = ", as far as was searched" if combined.repairs_cut else ""
    return f"Nearest repairs{cut}"


def _repairs(combined: Combined, look: Style) -> list[str]:
    if combined.effective and combined.trainable:
        return []
    if not combined.repairs:
        return ["  none found: combine fewer defenses"]
    rows = [[changes_of(each), chain_of(each.defenses) + _loss(each)] for each in combined.repairs]
    lines = [columns(rows, look.width)]
    repaired = [[variant.id for variant in each.defenses] for each in combined.repairs]
    seen = [(each.defenses, each.outcome) for each in (*combined.published, *combined.measured)]
    return lines + [
        paragraph(f"! a repair that keeps {' and '.join(defenses)} {STAY}", look.width, "  ")
        for defenses in still_together(repaired, seen)
    ]


def _loss(repair: Repair) -> str:
    return f"; uncovered: {', '.join(repair.uncovered)}" if repair.uncovered else ""


def _tensions(kb: KnowledgeBase, hints: Iterable[Tension], look: Style) -> list[str]:
    rows = []
    for each in hints:
        record = kb.factors.get(each.subject) or kb.risks[each.subject]
        about = TENSIONS[each.mechanism].format(subject=record.name.lower())
        rows.append([f"{each.one}, {each.other}", about])
    return [columns(rows, look.width)] if rows else ["  none"]


def _published(
    kb: KnowledgeBase, records: Iterable[Combination], look: Style, more: str
) -> list[str]:
    nothing = ["  - nothing known for these defenses together"]
    return list(_observed(kb, records, look, more)) or nothing


def _observed(
    kb: KnowledgeBase, records: Iterable[Combination], look: Style, more: str
) -> Iterator[str]:
    for record in records:
        seen = after_tuning(record.outcome, record.tuned_outcome)
        code = f" [{record.code}]" if record.code else ""
        pair = " + ".join(record.defenses)
        works = cite(kb, record.sources or record.stated_in)
        yield paragraph(f"{seen}: {pair}{code}: {works}", look.width, "  ")
        if record.works_if:
            yield paragraph(f"only if {record.works_if}", look.width, "    ")
        if record.cost:
            yield paragraph(f"at the cost of {record.cost}", look.width, "    ")
        if record.note:
            yield paragraph(record.note, look.width, "    ")
        for experiment in kb.experiments.values():
            if record.measured and not set(experiment.sources) & set(record.sources):
                continue  # the numbers of a publication are none of a measurement
            if experiment.defenses and set(experiment.defenses) == set(record.defenses):
                yield f"    numbers: crosscurrent kb show {experiment.id}{more}"
