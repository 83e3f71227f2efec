"""Cells of matrices: a defense and a risk, or two attacks, in a few signs and in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..text import assessments
from ..text.names import lowered
from ..text.wording import INTENDED, OTHERWISE, OUT_OF_REACH, VERBS
from .names import Words, is_measured

if TYPE_CHECKING:
    from crosscurrent.predictor import document_types as shapes

__all__ = [
    "AttackPair",
    "MeasuredOutcome",
    "PredictionCell",
    "attack_pair",
    "by_first",
    "look",
    "prediction_cell",
]

_LOOK = {"amplifies": "increase", "hinders": "decrease", "unnecessary": "unknown"}
_TESTED = {"validated": ", tested by the survey itself"}


class MeasuredOutcome(NamedTuple):
    """Outcome that a job measured for a defense and a risk, its verdict, and the job's id."""

    outcome: str
    verdict: str
    job: str


class PredictionCell(NamedTuple):
    """Content of a cell for a defense and a risk.

    Attributes
    ----------
    defense, risk : str
        Ids.
    expect : str
        What is expected.
    strength : int
        From 0 to 2: how strong the evidence is.
    likely, chance : str
        How likely what is expected is, as a number and in words; empty without evidence.
    grade, graded : str
        How well established it is: its id, and in words.
    disagree : bool
        Whether a voice, or one of several works, says otherwise.
    opposed, intended, conditional : bool
        Whether the guideline says otherwise; whether the defense is meant for the risk; whether
        what was published depends on conditions.
    published, measured : sequence of str
        Effects that were seen, each once.
    spoken : str
        All of that in a sentence.
    before, was : str or None
        What was expected without assumptions, and how likely that was, if the prediction differs.
    because : sequence of str
        Which assumptions are at work.
    reference : sequence of str
        Effects that were measured in reference models, each once.
    """

    defense: str
    risk: str
    expect: str
    strength: int
    likely: str
    chance: str
    grade: str
    graded: str
    disagree: bool
    opposed: bool
    intended: bool
    conditional: bool
    published: Sequence[str]
    measured: Sequence[str]
    spoken: str
    before: str | None = None
    was: str | None = None
    because: Sequence[str] = ()
    reference: Sequence[str] = ()


def prediction_cell(
    words: Words,
    document: shapes.Prediction,
    results: Sequence[MeasuredOutcome] = (),
    before: shapes.Prediction | None = None,
    because: Sequence[str] = (),
) -> PredictionCell:
    """Return the cell for the document of one defense and one risk.

    Parameters
    ----------
    words : Words
        The names.
    document : mapping
        The prediction.
    results : sequence of MeasuredOutcome
        What was measured by jobs.
    before : mapping, optional
        The prediction without assumptions, where they change it.
    because : sequence of str
        Why they do.
    """
    published = assessments.reported(document, "published")
    own = assessments.reported(document, "measured")
    measured = list(dict.fromkeys([*own, *(each.outcome for each in results)]))
    reference = assessments.reported(document, "measured_reference")
    conditional = any(not is_measured(each) for each in document["exceptions"]) or any(
        each["when"] for each in document["observations"] if not is_measured(each)
    )
    answer = document["assessment"]
    likely, opposed = assessments.expected(document), answer["voices"][0]["disagrees"]
    spoken = [
        f"{words.called(document['defense'])}, {words.inside(document['risk'])}:"
        f" expected: {VERBS[answer['expect']]}",
        assessments.established(words.kb, document) or assessments.GRADES[answer["grade"]],
        *[OTHERWISE] * opposed,
        f"published: {_list(published)}"
        + ", depending on adversary or setting, or with exceptions" * conditional,
    ]
    if measured:
        spoken.append(f"measured: {_list(measured)}")
    if reference:
        spoken.append(f"measured in reference models: {_list(reference)}")
    if setting := assessments.setting_told(words.kb, document):
        spoken.append(lowered(setting.rstrip(".")))
    if document["intended"]:
        spoken.append(INTENDED)
    was = None if before is None else assessments.expected(before)
    if before is not None:
        then = VERBS[before["assessment"]["expect"]]
        spoken.append(f"without the assumptions: {then}" + f", {was}" * bool(was))
    return PredictionCell(
        document["defense"],
        document["risk"],
        answer["expect"],
        assessments.evidence(document),
        likely,
        assessments.chance(document),
        answer["grade"],
        assessments.GRADES[answer["grade"]],
        assessments.voices_disagree(document),
        opposed,
        document["intended"],
        conditional,
        published,
        measured,
        "; ".join(spoken),
        None if before is None else before["assessment"]["expect"],
        was,
        because,
        reference,
    )


def _list(effects: Sequence[str]) -> str:
    return " and ".join(VERBS[each] for each in effects) or "unexplored"


class AttackPair(NamedTuple):
    """Content of a cell for two attacks.

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
        Names of the common factors that count.
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


def attack_pair(words: Words, document: Mapping[str, Any], own: str | None = None) -> AttackPair:
    """Return the cell for the document of two attacks, and the outcome that a job measured."""
    published = _effects(document, measured=False)
    results = [] if own is None else [own]
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
        spoken.append(OUT_OF_REACH)
    return AttackPair(
        first,
        second,
        document["verdict"],
        look(document),
        _strength(document, {*published, *measured}),
        [words.inside(each["factor"]) for each in counted],
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


def by_first(pairings: Iterable[AttackPair]) -> dict[str, dict[str, AttackPair]]:
    """Return pairs by their first and their second attack."""
    rows: dict[str, dict[str, AttackPair]] = {}
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
