"""Assessments in sentences: what to expect, how well that is known, why, and what to do.

All functions read the JSON document, so that the command line, Python and the page say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .conditions import circumstance, circumstances
from .names import cite, lowered, percent
from .wording import STAGES

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes

__all__ = [
    "CELL_GRADES",
    "GRADES",
    "advised",
    "chance",
    "established",
    "evidence",
    "expected",
    "headline",
    "provenance_of",
    "reason",
    "reported",
    "setting_told",
    "spoken",
    "voiced",
    "voices_disagree",
    "word",
]

GRADES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "measured_here": "measured in your own models",
        "replicated": "replicated",
        "published_once": "published once",
        "measured_reference": "measured in reference models",
        "disputed": "disputed",
        "derived_active": "derived (active)",
        "derived_passive": "derived (passive)",
        "none": "no evidence",
    }
)
"""What the grades are called, in a word or two."""

CELL_GRADES: Final[Mapping[str, str]] = MappingProxyType(
    {**GRADES, "measured_here": "measured here", "measured_reference": "reference models"}
)
"""The same where there is little room."""

_AT_LENGTH: Final[Mapping[str, str]] = MappingProxyType(
    {
        **GRADES,
        "derived_active": "derived from active factors",
        "derived_passive": "derived from few or passive factors",
    }
)

_DOES: Final[Mapping[str, str]] = MappingProxyType(
    {"increase": "increases", "decrease": "decreases", "no_change": "does not change"}
)
_DO: Final[Mapping[str, str]] = MappingProxyType(
    {"increase": "increase", "decrease": "decrease", "no_change": "do not change"}
)
_THEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "increase": "an increase",
        "decrease": "a decrease",
        "no_change": "no change",
        "mixed": "both ways",
    }
)
_SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {**_THEN, "depends": "both ways", "contested": "undecided"}
)
_VOICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "guideline": "guideline",
        "model": "factors, fitted",
        "published": "published",
        "measured": "measured here",
        "measured_reference": "reference models",
    }
)
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"measured": "measurement", "measured_reference": "data set"}
)
_MOST: Final = 3
_EVIDENCE: Final[Mapping[str, int]] = MappingProxyType(
    {"measured_here": 2, "replicated": 2, "published_once": 1, "measured_reference": 1}
)
_WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {"decrease": "to fall", "no_change": "to stay as it is"}
)


def headline(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    """Return the sentence that an answer opens with."""
    answer = document["assessment"]
    defense, risk = _names(kb, document)
    expect, seen = answer["expect"], answer["depends_on"]
    several = _several(defense)
    subject = f"{defense}, {STAGES[document['stage']]}," if document["stage"] else defense
    if expect in _DOES:
        verb = (_DO if several else _DOES)[expect]
        return f"{subject} {verb} {risk}{_unless(kb, seen)}."
    what = f"what {lowered(subject)} {'do' if several else 'does'} to {risk}"
    if expect == "depends" and seen and not _open_dispute(answer):
        return f"W{what[1:]} depends: {_cases(kb, seen)}."
    if expect == "depends":
        how = "Works disagree on" if answer["grade"] == "disputed" else "Works saw both ways in"
        if answer["grade"] == "measured_reference":
            how = "It depends on the data, measured in reference models,"
        also = f"; {_cases(kb, seen)}" if seen else ""
        return f"{how} {what}{also}."
    if answer["grade"] == "none":
        meant = ", its purpose" if document["intended"] else ""
        return f"Nothing is known of {what}{meant}."
    if answer["grade"] == "measured_reference":
        return f"W{what[1:]} is open: {_unsettled(answer)}."
    return f"W{what[1:]} is open: the factors do not point one way."


def established(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    """Say how likely that is and how well established; empty without evidence."""
    answer = document["assessment"]
    if answer["likelihood"] is None:
        return ""
    what = "likely" if answer["expect"] in _DOES else "likely to increase"
    told = f"{percent(answer['likelihood'])} {what}{_unheard(answer)}"
    return f"{told}; {_grade(kb, document)}"


def expected(document: shapes.Prediction) -> str:
    """Return the likelihood of what is expected in a cell; empty without evidence."""
    answer = document["assessment"]
    return "" if answer["likelihood"] is None else percent(answer["likelihood"])


def chance(document: shapes.Prediction) -> str:
    """Say how likely the risk is to rise, to fall or to stay as it is; empty without evidence.

    Where neither direction is expected, it is how likely the risk is to rise.
    """
    answer = document["assessment"]
    if answer["likelihood"] is None or answer["grade"] == "none":
        return ""
    return f"{percent(answer['likelihood'])} likely {_WAYS.get(answer['expect'], 'to rise')}"


def evidence(document: shapes.Prediction) -> int:
    """Return how strong the evidence for what is expected is, from 0 to 2.

    2 is replicated, or measured in your own models; 1 is published once, or measured in reference
    models; 0 is disputed, derived from factors, or none.
    """
    return _EVIDENCE.get(document["assessment"]["grade"], 0)


def voices_disagree(document: shapes.Prediction) -> bool:
    """Say whether a voice, or one of several works, says otherwise than what is expected."""
    answer = document["assessment"]
    otherwise = {*answer["dissent"].values()} - {answer["expect"], "mixed"}
    voices = any(each["disagrees"] for each in answer["voices"])
    return answer["grade"] == "disputed" or voices or bool(otherwise)


def word(document: shapes.Prediction) -> str:
    """Return what is expected, how likely that is and its grade, in a few words."""
    answer = document["assessment"]
    told = [answer["expect"].replace("_", " ")]
    if answer["likelihood"] is not None:
        what = "likely" if answer["expect"] in _DOES else "likely to increase"
        told.append(f"{percent(answer['likelihood'])} {what}")
    return ", ".join([*told, GRADES[answer["grade"]]])


def reported(document: Mapping[str, Any], provenance: str) -> list[str]:
    """Return the effects of a provenance, each once.

    They hold under what is assumed. Those under conditions that are not stated are among them
    where there are no others.

    Parameters
    ----------
    document : mapping
        A prediction's.
    provenance : str
        ``published``, ``measured`` (in your own models) or ``measured_reference``.
    """
    seen = [
        each
        for each in document["observations"]
        if each["applies"] and provenance_of(each) == provenance
    ]
    told = [each for each in seen if not each["conditional"]] or seen
    told += [
        each
        for each in document["exceptions"]
        if each["applies"] and each["provenance"] == provenance
    ]
    return list(dict.fromkeys(each["effect"] for each in told))


def provenance_of(observation: Mapping[str, Any]) -> str:
    """Return ``published``, ``measured`` (in your own models) or ``measured_reference``.

    A published one says so; observations of combinations and collusions stand in no tables.
    """
    in_table = observation.get("table") is not None
    return "measured_reference" if in_table else str(observation["provenance"])


def reason(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    """Return the mechanism in a sentence; empty where no factor is moved."""
    answer = document["assessment"]
    toward, against = answer["mechanism"]["toward"], answer["mechanism"]["against"]
    directed = answer["expect"] in ("increase", "decrease")
    if not toward and not against:
        return ""
    risk = _names(kb, document)[1]
    if not directed:
        both = [
            f"{_moves(kb, paths, risk)}, for {_THEN[way]}"
            for way, paths in (("increase", toward), ("decrease", against))
            if paths
        ]
        return f"It {'; but it '.join(both)}."
    if not toward:
        return f"No factor explains it; it {_moves(kb, against, risk)}, which speaks against it."
    text = f"It {_moves(kb, toward, risk)}"
    if against:
        names = _list(_factor(kb, each["factor"]) for each in against[:_MOST])
        text += f"; what it does to {names} speaks against that"
    return f"{text}."


def advised(kb: KnowledgeBase, document: shapes.Prediction) -> list[str]:
    """Return what to do, a sentence each."""
    answer = document["assessment"]
    lines = []
    for each in answer["advice"]:
        if each["kind"] == "defense":
            continue
        by = f" ({cite(kb, each['works'])})" if each["works"] else ""
        then = _THEN[each["effect"]]
        if each["kind"] == "condition":
            lines.append(f"See to it that {circumstance(kb, each['when'])}: {then}{by}.")
        elif each["kind"] == "avoid":
            lines.append(f"Beware if {circumstance(kb, each['when'])}: {then}{by}.")
        else:
            lines.append(f"{each['subject']} instead: {then}{by}.")
    others = [each for each in answer["advice"] if each["kind"] == "defense"]
    if others:
        names = _list(
            f"{lowered(kb.defenses[each['subject'] or ''].name)}"
            f" ({_THEN[each['effect']]}, {_AT_LENGTH[each['grade'] or 'none']})"
            for each in others
        )
        also = "it" if document["intended"] else "the same purpose"
        lines.append(f"Other defenses for {also}: {names}.")
    return lines


def voiced(answer: shapes.Assessment) -> list[tuple[str, str, bool]]:
    """Return each voice: its name, what it says, and whether it disagrees with the answer."""
    return [
        (_VOICES[each["voice"]], _voice(each, answer), each["disagrees"])
        for each in answer["voices"]
        if each["works"] or not each["voice"].startswith("measured")
    ]


def spoken(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    """Return the whole answer in one line: the sentence and how well it is established."""
    known = established(kb, document)
    return f"{headline(kb, document).rstrip('.')}: {known}" if known else headline(kb, document)


def setting_told(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    """Say what the assumed setting does by itself, apart from the defense; empty if nothing."""
    setting = document["assessment"]["setting"]
    if setting is None:
        return ""
    risk = _names(kb, document)[1]
    if setting["effect"] in ("increase", "decrease"):
        told = f"The setting by itself {_DOES[setting['effect']]} {risk}"
    else:
        told = f"The setting by itself moves {risk} either way"
    names = _list(_factor(kb, each["factor"]) for each in setting["factors"])
    return f"{told}, with or without the defense: by {names}."


def _unsettled(answer: shapes.Assessment) -> str:
    """Say why what was measured in reference models alone does not decide."""
    said = {each["voice"]: each for each in answer["voices"]}
    if any(said[voice]["says"] in _DOES for voice in ("guideline", "model")):
        return "what was measured is not what the factors let expect"
    moved = said["model"]["likelihood_increase"] is not None
    factors = "the factors do not point one way" if moved else "no factor is moved"
    measured = " and ".join(
        f"{_THEN[effect]} on {len(data)} data set{'s' * (len(data) > 1)}"
        for effect, data in said["measured_reference"]["works"].items()
    )
    return f"{factors}, and {measured} does not settle it"


def _unheard(answer: shapes.Assessment) -> str:
    """Name the tables that decide nothing, but make what is expected less than half likely."""
    expect, likelihood = answer["expect"], answer["likelihood"]
    if answer["grade"] == "measured_here" or expect not in _DOES:
        return ""
    if likelihood is None or likelihood >= 0.5:
        return ""
    data = sum(
        len(works)
        for each in answer["voices"]
        if each["voice"] == "measured_reference"
        for effect, works in each["works"].items()
        if effect != expect
    )
    says = "data set says" if data == 1 else "data sets say"
    return f", as {data} {says} otherwise in reference models" if data else ""


def _grade(kb: KnowledgeBase, document: shapes.Prediction) -> str:
    answer = document["assessment"]
    grade, expect = answer["grade"], answer["expect"]
    works, tables = (
        {
            effect: own
            for each in answer["voices"]
            if each["voice"] == voice
            for effect, own in each["works"].items()
        }
        for voice in ("published", "measured_reference")
    )
    if grade == "disputed":
        counts = _list(
            f"{len(own)} {'work saw' if len(own) == 1 else 'works saw'} {_THEN[effect]}"
            for effect, own in sorted(works.items(), key=lambda item: -len(item[1]))
        )
        agree = _agree_under_conditions(document)
        if counts and agree and len(works.get(expect, ())) < max(map(len, works.values())):
            unit = "work" if agree == 1 else "works"
            counts += f", and {agree} {unit} {_THEN[expect]} under conditions"
        minority = [work for work, effect in answer["dissent"].items()]
        if told := _measured_otherwise(tables, len(counts) > 0):
            counts += told
        named = f" (otherwise: {cite(kb, minority)})" if expect in _DOES and minority else ""
        return f"disputed: {counts}{named}" if counts else "disputed"
    if grade == "replicated" and expect in _DOES:
        agree, data = len(works.get(expect, ())), len(tables.get(expect, ()))
        seen = [f"{agree} works agree"] * (agree > 1) + ["1 work"] * (agree == 1 and data > 1)
        seen += [f"measured on {data} data sets in reference models"] * (data > 1)
        return f"replicated: {', and '.join(seen)}" if seen else "replicated"
    if grade == "measured_reference":
        data = sum(map(len, tables.values()))
        unit = "data set" if data == 1 else "data sets"
        return f"{_AT_LENGTH[grade]} on {data} {unit}; nothing was published for this pair"
    if grade.startswith("derived"):
        return f"{_AT_LENGTH[grade]}; nothing was published for this pair"
    return _AT_LENGTH[grade]


def _measured_otherwise(tables: Mapping[str, Sequence[str]], further: bool) -> str:
    """Say what two data sets or more were measured to show: one alone is no part of a dispute."""
    told = [
        f"{len(own)} data sets {_THEN[effect]} in reference models"
        for effect, own in tables.items()
        if len(own) > 1
    ]
    return ", and ".join([""] * further + told) if told else ""


def _agree_under_conditions(document: shapes.Prediction) -> int:
    """Count the works that saw what is expected, but only under conditions not stated."""
    answer = document["assessment"]
    seen = {
        source.partition("#")[0]
        for each in document["observations"]
        if each["when"] and each["applies"] and each["effect"] == answer["expect"]
        for source in each["sources"]
    }
    for each in answer["voices"]:
        seen -= {work for own in each["works"].values() for work in own}
    return len(seen)


def _open_dispute(answer: shapes.Assessment) -> bool:
    """Say whether works that apply disagree in a way that the conditions not stated leave open."""
    cases = {each["effect"] for each in answer["depends_on"]}
    return answer["grade"] == "disputed" and not cases & {"increase", "decrease"}


def _voice(voice: shapes.Voice, answer: shapes.Assessment) -> str:
    if voice["voice"] == "model":
        if voice["likelihood_increase"] is None:
            return "silent: no factor is moved"
        return f"{percent(voice['likelihood_increase'])} likely to increase"
    if voice["works"]:
        unit = _UNITS.get(voice["voice"], "work")
        return "; ".join(
            f"{_SAYS[effect]} ({len(works)} {unit}{'s' * (len(works) > 1)})"
            for effect, works in voice["works"].items()
        )
    if voice["says"] is None:
        conditional = voice["voice"] == "published" and answer["depends_on"]
        return "only under conditions" if conditional else "silent"
    return _SAYS[voice["says"]]


def _unless(kb: KnowledgeBase, seen: Sequence[shapes.Dependence]) -> str:
    if not seen:
        return ""
    told = [f"{cases} ({_THEN[effect]})" for effect, cases in _by_effect(kb, seen)]
    return f", unless {'; or '.join(told)}"


def _cases(kb: KnowledgeBase, seen: Sequence[shapes.Dependence]) -> str:
    return "; ".join(f"{_THEN[effect]} if {cases}" for effect, cases in _by_effect(kb, seen))


def _by_effect(kb: KnowledgeBase, seen: Iterable[shapes.Dependence]) -> list[tuple[str, str]]:
    """Return each effect with the cases in which it was seen, opposite directions first.

    What was seen in different ways in one and the same case is seen both ways there.
    """
    effects: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for each in seen:
        effects.setdefault(tuple(sorted(each["when"].items())), set()).add(each["effect"])
    cases: dict[str, list[dict[str, str]]] = {}
    for when, own in effects.items():
        cases.setdefault(own.pop() if len(own) == 1 else "mixed", []).append(dict(when))
    return [
        (effect, circumstances(kb, cases[effect], _MOST)) for effect in _THEN if effect in cases
    ]


def _moves(kb: KnowledgeBase, paths: Sequence[shapes.Moved], risk: str) -> str:
    """Say what is moved, and how the risk follows: at most three factors, alike ones together."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in paths[:_MOST]:
        key = (each["defense_sign"], each["risk_sign"])
        alike.setdefault(key, []).append(_factor(kb, each["factor"]))
    told: list[str] = []
    for (push, follow), names in alike.items():
        verb = {"+": "raises", "-": "lowers"}[push]
        them = "it" if len(names) == 1 else "they"
        if push == "+":
            then = f"rises with {'it' if len(names) == 1 else 'them'}"
            if follow == "-":
                then = f"falls as {them} {'rises' if len(names) == 1 else 'rise'}"
        else:
            then = f"falls with {'it' if len(names) == 1 else 'them'}"
            if follow == "-":
                then = f"rises as {them} {'falls' if len(names) == 1 else 'fall'}"
        told.append(f"{verb} {_list(names)}, and {risk if not told else 'the risk'} {then}")
    return "; it ".join(told)


def _several(name: str) -> bool:
    """Say whether a name is a plural."""
    return name.endswith("s") and not name.endswith("ss")


def _factor(kb: KnowledgeBase, identity: str) -> str:
    return lowered(kb.factors[identity].name)


def _names(kb: KnowledgeBase, document: shapes.Prediction) -> tuple[str, str]:
    return kb.defenses[document["defense"]].name, lowered(kb.risks[document["risk"]].name)


def _list(items: Iterable[str]) -> str:
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
