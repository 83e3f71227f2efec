"""Names, sources and numbers as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from .wording import STAGES

if TYPE_CHECKING:
    from crosscurrent.knowledge import Defense, Factor, KnowledgeBase, Risk
    from crosscurrent.predictor.guideline import Path

    Named = Defense | Factor | Risk

__all__ = [
    "at_stage",
    "cite",
    "condition",
    "decimal",
    "knowledge_line",
    "lowered",
    "named",
    "only",
    "percent",
    "signed",
    "susceptibility",
    "title",
]


def percent(probability: float) -> str:
    """Write a probability as people do, never as certain."""
    return f"{min(99, max(1, round(probability * 100)))} %"


def cite(kb: KnowledgeBase, sources: Iterable[str]) -> str:
    """Name works briefly; a question mark where it is not sure that this work is meant."""
    counts: dict[str, int] = {}
    for source in sources:
        text = _short(kb, source)
        counts[text] = counts.get(text, 0) + 1
    return "; ".join(f"{text} ({n} works)" if n > 1 else text for text, n in counts.items())


def _short(kb: KnowledgeBase, source: str) -> str:
    identity, _, place = source.partition("#")
    work = kb.references[identity]
    where = f", {place.replace('-', ' ')}" if place else ""
    if work.status == "unresolved":
        name = f"[{work.number}]" if work.number else work.title or work.id
        return f"{name} not identified{where}"
    names = (work.authors or work.title or identity).split(", ")
    who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
    if len(names) > 2:
        who = f"{names[0]} et al."
    doubt = "?" if work.status == "deduced" and work.confidence != "high" else ""
    when = f" {work.year}" if work.year else ""
    return f"{who}{when}{doubt}{where}"


def title(record: Named) -> str:
    """Return a record's name with its code, or its id where it has none."""
    return f"{record.name} ({record.code or record.id})"


def named(identity: str) -> str:
    """Return an id as people write it at the beginning of a sentence."""
    return identity.replace("_", " ").capitalize()


def decimal(number: float) -> str:
    """Write a number to three digits, with a sign only if it is negative."""
    return f"{number:.3f}".replace("-", "−")


def signed(number: float) -> str:
    """Write a number with its sign, to three digits."""
    return f"{number:+.3f}".replace("-", "−")


def susceptibility(effect: float) -> str:
    """Say by how much an effect changes the susceptibility to a risk, to three digits."""
    amount = f"{abs(effect):.3f}"
    if float(amount) == 0:
        return "susceptibility stays within 0.0005"
    return f"susceptibility {'rises' if effect > 0 else 'falls'} by {amount}"


def lowered(text: str) -> str:
    """Return a phrase as it is inside a sentence: abbreviations keep their capitals."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def knowledge_line(digest: str) -> str:
    """Name the knowledge that an answer rests on."""
    return f"knowledge {digest[:19]}"


def condition(when: Mapping[str, str] | None) -> str:
    """Say which adversary or setting an effect takes."""
    if not when:
        return "condition not stated"
    return "given " + ", ".join(f"{k}={v}" for k, v in when.items())


def only(path: Path) -> str:
    """Return what is added to how a path goes, if it holds under a condition."""
    if not path.when:
        return ""
    return f"; only {condition(path.when)}" + ", which is not stated" * path.conditional


def at_stage(stage: str | None) -> str:
    """Return what is added to a defense's name to say at which stage it is asked about."""
    return f", {STAGES[stage]}" if stage else ""
