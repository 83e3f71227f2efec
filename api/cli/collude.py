"""``crosscurrent collude``: which attacks amplify which, chains of them, and what breaks those."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from crosscurrent.api.answers.adversaries import adversary_pairs
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.chains import Breaker, Chain, Chains, breakers
from crosscurrent.predictor.collusion import Colluded, adversaries, idle

from ..answers import collusions as answers
from ..text import collusions as colluding
from ..text.names import cite
from ..text.terminal import Style, columns, paragraph
from ..text.wording import ARROW, OUT_OF_REACH
from ._arguments import add_adversary_option, add_knowledge_option, add_output_options, positive
from ._common import again, as_json, knowledge, repeated, style, with_knowledge_line

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["add_arguments", "overview", "run", "verdict"]

_LOOK = {
    "amplifies": "increase",
    "hinders": "decrease",
    "inconclusive": "unknown",
    "unnecessary": "contested",
}
_SHOWN_BREAKERS = 4


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Check whether one attack amplifies another. One ATTACK: with every other attack; two or"
        " more: as a chain, link by link; none: all pairs, or with --target chains."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent collude poisoning membership_inference\n"
        "  crosscurrent collude --target data_reconstruction --limit 5\n"
        "  crosscurrent collude ModExt Evsn --adversary model_knowledge=graybox"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "attacks", metavar="ATTACK", nargs="*", help="id, code or alias of an attack, or the risk's"
    )
    parser.add_argument(
        "--target",
        metavar="RISK",
        help="list chains that end in this attack, best evidence first",
    )
    parser.add_argument(
        "--limit",
        type=positive,
        help="number of chains to list (default 5); the count includes all",
    )
    add_adversary_option(parser)


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    stated = adversary_pairs(arguments.adversary)
    names, target = arguments.attacks, arguments.target
    if arguments.limit is not None and target is None:
        raise InputError("--limit counts chains: name the attack that they end in with --target")
    if target is not None and len(names) > 1:
        raise InputError("with --target give at most one ATTACK: the first of the chains")
    first = names[0] if names else None
    if arguments.json and target is not None:
        return as_json(answers.chains(kb, target, first, stated, arguments.limit))
    if arguments.json:
        return as_json(answers.collude(kb, names, stated))
    assumed, look = adversaries(kb, stated), style(arguments)
    if target is not None:
        body = _chains(kb, answers.search(kb, target, first, assumed, arguments.limit), look)
    elif len(names) > 1:
        body = _sequence(kb, answers.links(kb, names, assumed), look, again(arguments))
    else:
        assuming = repeated("--adversary", arguments.adversary)
        why = f"why  crosscurrent collude FIRST SECOND{assuming}{again(arguments)}"
        body = f"{overview(answers.pairs(kb, first, assumed), look)}\n\n{why}"
    if ignored := ", ".join(idle(kb, assumed)):
        body += f"\n\n{paragraph(f'! {colluding.IDLE.format(ignored)}', look.width)}"
    return with_knowledge_line(body, kb.digest, look)


def overview(answers: Sequence[Colluded], look: Style) -> str:
    """Describe several pairs in a line each."""
    own = any(answer.measured for answer in answers)
    head = ["first", "second", "verdict", "published", *["measured"] * own, "by"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for answer in answers:
        counted = answer.unmet or answer.factors
        by = ", ".join(link.factor.name.lower() for link in counted)
        seen = [answer.published or "unexplored", *[answer.measured] * own]
        mark = " †" * answer.contradicted + " !" * answer.out_of_reach
        rows.append(
            [answer.first.name, answer.second.name, verdict(answer, look) + mark, *seen, by or "-"]
        )
    text = columns(rows, look.width)
    if any(answer.contradicted for answer in answers):
        text += "\n\n†  the paper's own table says otherwise than its rule"
    if any(answer.out_of_reach for answer in answers):
        text += f"\n\n!  {OUT_OF_REACH}"
    return text


def verdict(answer: Colluded, look: Style) -> str:
    """Write a verdict with its sign, coloured."""
    name = _LOOK[answer.verdict]
    reduced = ", reduced" if answer.potential == "reduced" else ""
    return look.paint(f"{look.glyph(name)} {answer.verdict}{reduced}", name)


def _sequence(kb: KnowledgeBase, answers: list[Colluded], look: Style, more: str) -> str:
    """Describe one pair, or a chain as given, link by link."""
    parts = [_pair(kb, answer, breakers(kb, answer), look, more) for answer in answers]
    if len(answers) > 1:
        weak = next((answer for answer in answers if not answer.holds), None)
        text = "the chain holds: every attack amplifies the next"
        if weak is not None:
            out = weak.verdict == "amplifies"
            why = "out of the assumed adversaries' reach" if out else weak.verdict
            text = f"the chain ends at {weak.first.id}: {why}"
        parts.insert(0, look.paint(text, "bold"))
    return "\n\n".join(parts)


def _pair(
    kb: KnowledgeBase, answer: Colluded, breaking: Iterable[Breaker], look: Style, more: str
) -> str:
    heading = f"{answer.first.name} ({answer.first.code or answer.first.id}) → "
    heading += f"{answer.second.name} ({answer.second.code or answer.second.id})"
    why = colluding.reason(
        answer.verdict, factors=bool(answer.factors), reduced=answer.potential == "reduced"
    )
    lines = [
        look.paint(heading, "bold"),
        "",
        paragraph(f"{verdict(answer, look)}: {why}", look.width, "  "),
    ]
    for each in answer.shortfalls:
        text = "! " * (each.standing == "below") + colluding.shortfall(*each)
        lines.append(paragraph(text, look.width, "  "))
    if answer.factors:
        lines += ["", "Common factors"]
        for link in answer.factors:
            glyphs = "".join(look.glyph(ARROW[edge.sign]) for edge in (link.moved_by, link.depends))
            had = {
                "no": "",
                "partly": ", partly there anyway",
                "met": ", there anyway: not counted",
            }
            code = link.factor.code or ""
            lines.append(f"  {glyphs}  {link.factor.name} {code}{had[link.satisfied]}")
            notes = [edge.note for edge in (link.moved_by, link.depends) if edge.note]
            for text in (cite(kb, link.sources), *notes):
                lines.append(look.paint(paragraph(text, look.width, " " * 6), "dim"))
    lines += ["", "Published", *_observed(kb, answer, look, more)]
    if answer.measured:
        lines += ["", "Measured", *_seen(kb, answer, look, measured=True)]
    if answer.holds:
        rows = _breaking(kb, answer, breaking)
        lines += ["", "What works against it, and what that raises"]
        lines.append(columns(rows, look.width) if rows else "  no defense in the knowledge base")
    return "\n".join(lines)


def _observed(kb: KnowledgeBase, answer: Colluded, look: Style, more: str) -> list[str]:
    lines = _seen(kb, answer, look, measured=False)
    lines += [
        f"  numbers: crosscurrent kb show {experiment.id}{more}"
        for experiment in kb.experiments.values()
        if (experiment.first, experiment.second) == (answer.first.id, answer.second.id)
    ]
    return lines or ["  - nothing known for this pair"]


def _seen(kb: KnowledgeBase, answer: Colluded, look: Style, *, measured: bool) -> list[str]:
    lines: list[str] = []
    for record in answer.observations:
        if record.measured is not measured:
            continue
        works = cite(kb, record.sources) if record.sources else "no prior work"
        survey = record.status == "validated" and not measured
        status = "tested by the survey itself: " if survey else ""
        lines.append(paragraph(f"{record.effect}: {status}{works}", look.width, "  "))
        if record.predicted and answer.contradicted and not measured:
            text = f"! the paper's table says {record.predicted}; this follows its rule"
            lines.append(paragraph(text, look.width, "    "))
        if record.note:
            lines.append(paragraph(record.note, look.width, "    "))
    return lines


def _breaking(kb: KnowledgeBase, answer: Colluded, breaking: Iterable[Breaker]) -> list[list[str]]:
    rows: dict[tuple[str, str], list[str]] = {}
    for each in breaking:
        ground = each.ground.ground if each.ground else None
        how = colluding.way(each.how, _names(kb, each.factors), ground, whole=each.whole)
        raised = {e.risk: kb.risks[e.risk].code or e.risk for e in each.raises}
        second = answer.second.risk if each.backfires else None
        price = colluding.price(_names(kb, each.helps), raised, second)
        rows.setdefault((each.defense.id, price), []).append(how)
    return [
        [name, f"{colluding.joined(ways)}{'' if price.startswith('but') else ';'} {price}"]
        for (name, price), ways in rows.items()
    ]


def _names(kb: KnowledgeBase, factors: Iterable[str]) -> str:
    return ", ".join(kb.factors[name].name.lower() for name in factors)


def _chains(kb: KnowledgeBase, found: Chains, look: Style) -> str:
    breaking = [[breakers(kb, link) for link in chain.links] for chain in found.chains]
    start = f" from {found.first.name.lower()}" if found.first else ""
    heading = look.paint(f"Chains{start} to {found.target.name.lower()}", "bold")
    if not found.chains:
        needs = _names(kb, kb.prerequisites_of(found.target.id))
        text = colluding.no_chain(found.obstacle, found.first.name if found.first else None, needs)
        return f"{heading}\n\n{paragraph(text, look.width, '  ')}"
    many = f"{found.found}" if found.complete else f"more than {found.found}"
    parts = [f"{heading}: {many}, the best {len(found.chains)}", ""]
    for number, (chain, links) in enumerate(zip(found.chains, breaking, strict=True), 1):
        parts += _chain(kb, number, chain, links, look)
    parts.append("links marked ? were neither published nor measured")
    return "\n".join(parts)


def _chain(
    kb: KnowledgeBase,
    number: int,
    chain: Chain,
    links: list[tuple[Breaker, ...]],
    look: Style,
) -> list[str]:
    text = chain.attacks[0].id
    for link in chain.links:
        by = ", ".join(each.factor.name.lower() for each in link.unmet)
        doubt = "" if link.proven else "?"
        text += f" →{doubt} {link.second.id} ({by})"
    lines = [look.paint(paragraph(f"{number}. {text}", look.width), "bold")]
    goal = chain.attacks[-1].risk
    for whole in (True, False):
        rows = [
            row
            for link, found in zip(chain.links, links, strict=True)
            for row in _working(kb, link, found, goal, whole=whole)
        ]
        if rows:
            return [*lines, columns(rows, look.width, indent="     ")]
        if whole:
            text = "nothing known breaks it without raising a later attack of the chain"
            lines.append(paragraph(text, look.width, "     "))
    return lines


def _working(
    kb: KnowledgeBase, link: Colluded, found: Iterable[Breaker], goal: str, *, whole: bool
) -> Iterator[list[str]]:
    """Yield what breaks a link, or weakens it, without raising a later attack of the chain."""
    working = {
        each.defense.id: each
        for each in found
        if each.whole == whole
        and (whole or (each.how != "risk" and not each.helps))
        and colluding.clean(
            {e.risk for e in each.raises}, goal, whole=True, backfires=each.backfires
        )
    }
    for name, each in list(working.items())[:_SHOWN_BREAKERS]:
        raised = ", ".join(dict.fromkeys(kb.risks[e.risk].name.lower() for e in each.raises))
        yield [
            f"after {link.first.id}",
            f"{name} {'breaks' if whole else 'weakens'} it",
            f"raises {raised or 'nothing known'}",
        ]
