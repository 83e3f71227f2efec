"""Works that a document rests on: those that it names, and those of what it says without any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.predictor.interactions import predict

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["works"]

_STATED = ("sources", "stated_in")


def works(kb: KnowledgeBase, document: Mapping[str, Any]) -> list[str]:
    """Return the ids of references, each once: first those that an assessment goes by.

    Some documents say what to expect of a pair, or name a variant or a published attack, without
    the sources of that: these are then looked up.
    """
    pairs: set[tuple[str, str]] = set()
    parts = list(_parts(document))
    named = [name for part in parts for name in _names(part.get("works"))]
    for part in parts:
        stated = [name for key in _STATED for name in _names(part.get(key))]
        named += stated or _behind(kb, part, pairs)
    identities = (name.partition("#")[0] for name in named)
    return list(dict.fromkeys(each for each in identities if each in kb.references))


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object within a document, outer ones first."""
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from _parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _parts(each)


def _names(stated: Any) -> Iterable[str]:
    """Return what is stated: a list, or lists by effect."""
    if isinstance(stated, Mapping):
        return [name for names in stated.values() for name in names]
    return stated if isinstance(stated, list) else []


def _behind(
    kb: KnowledgeBase, part: Mapping[str, Any], pairs: set[tuple[str, str]]
) -> Iterator[str]:
    """Yield the sources of what a part of a document says without them; each pair's once."""
    if part.get("id") in kb.references:
        yield part["id"]
    if part.get("id") in kb.published_attacks:
        yield from kb.published_attacks[part["id"]].stated_in
    for name in _names(part.get("defenses")):
        if isinstance(name, str) and name in kb.variants:  # a deployment's are objects
            variant = kb.variants[name]
            yield from (*variant.sources, *variant.stated_in)
    defense, risk = part.get("defense"), part.get("risk")
    if "expect" in part and defense and risk and (defense, risk) not in pairs:
        pairs.add((defense, risk))
        prediction = predict(kb, defense, risk)
        for path in prediction.paths:
            yield from path.sources
        for observation in prediction.observations:
            yield from observation.record.sources
        for exception in prediction.exceptions:
            yield from exception.record.sources
