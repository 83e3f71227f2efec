"""Two attacks in a cell of a matrix or a row of a list: a few signs, and all of it in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .names import Words, is_measured

if TYPE_CHECKING:
    from .measurements.findings import Joint

__all__ = ["Pairing", "by_first", "look", "pairing"]

_LOOK = {"amplifies": "increase", "hinders": "decrease", "unnecessary": "unknown"}
_TESTED = {"validated": ", tested by the survey itself"}


class Pairing(NamedTuple):
    """What is shown of two attacks.

    Attributes
    ----------
    first, second : str
        Ids of the attacks: that whose outcome is used, and that which uses it.
    verdict : str
        ``amplifies``, ``hinders``, ``inconclusive`` or ``unnecessary``.
    look : str
        The class by which it is coloured; also the name of its glyph.
    strength : int
        2 if what was seen agrees; 1 if only a source's own table says so; otherwise 0.
    by : sequence of str
        Codes of the common factors that count, or their names where they have none.
    reduced, contradicted, out_of_reach, conditional : bool
        Whether the second adversary has part of it anyway; whether a source's table says
        otherwise than its rule; whether an attack takes more than its adversary is assumed to
        have; whether what was published is to be taken with care.
    published, measured : sequence of str
        Effects that were seen, each once.
    spoken : str
        All of that in a sentence.
    """

    first: str
    second: str
    verdict: str
    look: str
    strength: int
    by: Sequence[str]
    reduced: bool
    contradicted: bool
    out_of_reach: bool
    conditional: bool
    published: Sequence[str]
    measured: Sequence[str]
    spoken: str


def pairing(words: Words, document: Mapping[str, Any], own: Joint | None = None) -> Pairing:
    """Return what is shown for the document of two attacks, and for what a job measured."""
    published = _effects(document, measured=False)
    results = [] if own is None else [own.outcome]
    measured = list(dict.fromkeys([*_effects(document, measured=True), *results]))
    counted = [each for each in document["factors"] if not each["satisfied"]]
    counted = counted or document["factors"]
    below = any(each["standing"] == "below" for each in document["shortfalls"])
    reduced = document["potential"] == "reduced"
    first, second = document["first"], document["second"]
    spoken = [
        f"{words.called(first, 'attacks')}, then {words.inside(second, 'attacks')}"
        f": {document['verdict']}" + ", with reduced potential" * reduced + _by(words, counted),
        f"published: {' and '.join(published) or 'unexplored'}{_tested(document)}",
    ]
    if measured:
        spoken.append(f"measured: {' and '.join(measured)}")
    if document["contradicted"]:
        spoken.append("the paper's own table says otherwise than its rule")
    if below:
        spoken.append("takes more than the adversaries are assumed to have")
    return Pairing(
        first,
        second,
        document["verdict"],
        look(document),
        _strength(document, {*published, *measured}),
        [each["code"] or words.called(each["factor"]) for each in counted],
        reduced,
        document["contradicted"],
        below,
        document["contradicted"] or len(published) > 1,
        published,
        measured,
        "; ".join(spoken),
    )


def look(document: Mapping[str, Any]) -> str:
    """Return the class of a verdict: without a common factor it is unknown, else contested."""
    unclear = "contested" if document["factors"] else "unknown"
    return _LOOK.get(document["verdict"], unclear)


def by_first(pairings: Iterable[Pairing]) -> dict[str, dict[str, Pairing]]:
    """Return pairs by their first and their second attack."""
    rows: dict[str, dict[str, Pairing]] = {}
    for each in pairings:
        rows.setdefault(each.first, {})[each.second] = each
    return rows


def _effects(document: Mapping[str, Any], *, measured: bool) -> list[str]:
    found = [
        each["effect"]
        for each in document["observations"]
        if each["effect"] != "unexplored" and is_measured(each) is measured
    ]
    return list(dict.fromkeys(found))


def _strength(document: Mapping[str, Any], seen: set[str]) -> int:
    if seen:
        return 2 if seen == {document["verdict"]} else 0
    known = (each for each in document["observations"] if not is_measured(each))
    return int(document["verdict"] in {each["predicted"] for each in known})


def _tested(document: Mapping[str, Any]) -> str:
    known = {each["status"] for each in document["observations"] if not is_measured(each)}
    return "".join(text for status, text in _TESTED.items() if status in known)


def _by(words: Words, factors: Sequence[Mapping[str, Any]]) -> str:
    if not factors:
        return ", for want of a common factor"
    return f" by {' and '.join(words.inside(each['factor']) for each in factors)}"
