"""Subject of a request: its kind, its words, and the ids that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.experiments.assignments import (
    DEFAULT_DATASET,
    DEFAULT_DRAWS,
    DEFAULT_SEEDS,
)
from crosscurrent.validator.requests import REQUESTS, PairRequest

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..names import Words

__all__ = [
    "KINDS",
    "at_stage",
    "attack_of",
    "bare",
    "circumstances",
    "defenses_of",
    "factor_of",
    "kind",
    "risk_of",
    "risks_of",
    "subject",
    "variant_of",
]

KINDS: Mapping[str, str] = {each.kind: each.title for each in REQUESTS}
"""What can be measured: as documents are called, and for people."""

_SETTINGS = 2
"""Settings that are named where a request is told in short."""


def kind(request: Mapping[str, Any]) -> str:
    """Return what a request is about, as its result will be called."""
    marked = (each.kind for each in REQUESTS if each.marked_by and request.get(each.marked_by))
    return next(marked, PairRequest.kind)


def subject(words: Words, kb: KnowledgeBase, request: Mapping[str, Any]) -> str:
    """Say what a request is about."""
    about = kind(request)
    if about == "grid":
        return "Every defense against every risk"
    if about == "combination":
        return " + ".join(words.called(at_stage(kb, each)) for each in request["combine"])
    if about == "collusion":
        first, second = (attack_of(kb, each) for each in request["collude"])
        return f"{words.called(first)}, then {words.inside(second)}"
    if about not in ("verdict", "variation"):
        return KINDS[about]
    pair = (at_stage(kb, request.get("defense", "")), risk_of(kb, request.get("risk", "")))
    text = f"{words.called(pair[0])} → {words.inside(pair[1])}"
    if about == "variation":
        text += f", by {words.inside(factor_of(kb, request['vary'].partition('=')[0]))}"
    return text


def circumstances(request: Mapping[str, Any]) -> str:
    """Say in short on what, with what, and how often."""
    parts = [str(request.get("dataset", DEFAULT_DATASET))]
    if "model" in request:
        parts.append(str(request["model"]))
    drawn = request.get("draws", DEFAULT_DRAWS)
    seeds = f"{request.get('seeds', DEFAULT_SEEDS)} seeds"
    parts.append(seeds if drawn == 1 else f"{drawn} draws of {seeds}")
    if "device" in request:
        parts.append(f"on {request['device']}")
    settings = [str(each) for each in request.get("settings", ())]
    parts += settings[:_SETTINGS]
    more = len(settings) - _SETTINGS
    if more > 0:
        parts.append(f"{more} more setting{'s' * (more > 1)}")
    return ", ".join(parts)


def defenses_of(kb: KnowledgeBase, request: Mapping[str, Any]) -> set[str]:
    """Return the ids of the defenses that a request names, whatever their stage."""
    named = [*request.get("combine", ()), *filter(None, [request.get("defense")])]
    return {bare(kb, each) for each in named}


def risks_of(kb: KnowledgeBase, request: Mapping[str, Any]) -> set[str]:
    """Return the ids of the risks that a request names, if by the attack behind them."""
    risks = {risk_of(kb, request["risk"])} if "risk" in request else set()
    for each in request.get("collude", ()):
        attack = attack_of(kb, each)
        risks.add(kb.attacks[attack].risk or attack if attack in kb.attacks else attack)
    return risks


def bare(kb: KnowledgeBase, name: str) -> str:
    """Return the id of a defense by any of its names, without its stage."""
    return variant_of(kb, name).partition("@")[0]


def variant_of(kb: KnowledgeBase, name: str) -> str:
    """Return a defense with its stage, which may be one that only the validator knows."""
    try:
        defense, stage = kb.staged(name)
    except InputError:
        return name
    at = stage or defense.usual_stage
    return f"{defense.id}@{at}" if at else defense.id


def at_stage(kb: KnowledgeBase, name: str) -> str:
    """Return a defense with its stage only if that is not the usual one, as results name it."""
    who, _, stage = variant_of(kb, name).partition("@")
    usual = kb.defenses[who].usual_stage if who in kb.defenses else None
    return who if stage in ("", usual) else f"{who}@{stage}"


def risk_of(kb: KnowledgeBase, name: str) -> str:
    """Return the id of a risk by any of its names; what is none stays as it is."""
    try:
        return kb.risk(name).id
    except InputError:
        return name


def attack_of(kb: KnowledgeBase, name: str) -> str:
    """Return the id of an attack by any of its names; what is none stays as it is."""
    try:
        return kb.attack(name).id
    except InputError:
        return name


def factor_of(kb: KnowledgeBase, name: str) -> str:
    """Return the id of a factor by any of its names; what is none stays as it is."""
    try:
        return kb.factor(name).id
    except InputError:
        return name
