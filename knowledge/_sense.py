"""Checks of what no single field shows: whether a record makes sense as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ._drafts import Draft, Drafts, Path, Report, one_of, shown
from .errors import Problem, clip

__all__ = ["ill_formed"]

_SUBJECTS = (("defense", "risk"), ("defenses",), ("first", "second"))
_EFFECTS = ("increase", "decrease", "mixed")
_WHEN = ("defenses", "observations", "correlations", "combinations", "collusions")
_COMPOUND = {"model_knowledge": "output", "interaction": "", "data_knowledge": "blindness"}


def ill_formed(
    records: Iterable[tuple[str, Draft]], drafts: Drafts, report: Report
) -> Iterator[Problem]:
    """Yield the problems of rows that need not be valid otherwise."""
    stated = {**drafts["conditions"], **drafts["adversary"]}
    scales = {name: _texts(draft.row.get("values")) for name, draft in stated.items()}
    for section, draft in records:
        for path, key, value in _conditions(section, draft.row):
            scale = scales.get(key)
            if scale and value not in scale:
                message = f"should be {one_of(list(scale))}, not {shown(value)}"
                yield draft.problem(path, message + report.hint(value, scale))
        if section in _BY_SECTION:
            yield from _BY_SECTION[section](draft, drafts, report)
    yield from _contradictions(drafts["mappings"])
    yield from _numbers(drafts["requirements"])


def _observation(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    effect, kind, sources = (draft.row.get(name) for name in ("effect", "kind", "sources"))
    if effect == "unexplored" and kind is not None:
        yield draft.problem(("kind",), "an unexplored pair has no kind of evidence")
    if effect in _EFFECTS and kind is None:
        yield draft.problem(("effect",), "kind is missing: how is this effect known?")
    if effect in _EFFECTS and sources in (None, []):
        yield draft.problem(("effect",), "sources is missing: who saw this effect?")
    if draft.row.get("table") is not None and draft.row.get("provenance") != "measured":
        message = "only what was measured stands in a table: write provenance: measured"
        yield draft.problem(("table",), message)


def _attack(draft: Draft, drafts: Drafts, _report: Report) -> Iterator[Problem]:
    identity, risk = draft.row.get("id"), draft.row.get("risk")
    if isinstance(identity, str) and identity in drafts["risks"] and identity != risk:
        message = f"{identity} is a risk, but this attack exploits {shown(risk)}"
        yield draft.problem(("id",), message)


def _combination(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    if draft.row.get("outcome") == "unreported" and draft.row.get("tuned_outcome") is not None:
        yield draft.problem(("tuned_outcome",), "an unreported outcome can't be tuned")
    final = draft.row.get("tuned_outcome") or draft.row.get("outcome")
    if draft.row.get("works_if") is not None and final != "effective":
        message = "only what is effective in the end works if something holds: give tuned_outcome"
        yield draft.problem(("works_if",), message)
    names = _texts(draft.row.get("defenses"))
    if max(names.values(), default=1) > 1:
        yield draft.problem(("defenses",), "a defense is given twice")
    if len(names) == 1:
        yield draft.problem(("defenses",), "a combination takes at least two defenses")


def _procedure(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, each in enumerate(_mappings(draft.row.get("excludes"))):
        other = each.get("procedure")
        if isinstance(other, str) and other in seen:
            path = ("excludes", index, "procedure")
            yield draft.problem(path, "excluded already: say it once")
        elif isinstance(other, str):
            seen.add(other)
        if each.get("basis") in ("read", "known") and each.get("sources") in (None, []):
            yield draft.problem(("excludes", index, "basis"), "sources is missing: who says so?")


def _collusion(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    unexplored = draft.row.get("effect") == "unexplored"
    if unexplored != (draft.row.get("status") == "unexplored"):
        message = "effect and status should both be unexplored, or neither"
        yield draft.problem(("status",), message)
    if not unexplored and draft.row.get("sources") in (None, []):
        yield draft.problem(("effect",), "sources is missing: who saw this effect?")


def _experiment(draft: Draft, _drafts: Drafts, report: Report) -> Iterator[Problem]:
    row = draft.row
    about = [names for names in _SUBJECTS if any(row.get(n) for n in names)]
    if len(about) != 1 or not all(row.get(n) for n in about[0]):
        message = "say what it is about: defense and risk, defenses, or first and second"
        yield draft.problem(("id",), message)
    known = _texts([m.get("id") for m in _mappings(row.get("metrics"))])
    if max(known.values(), default=1) > 1:
        yield draft.problem(("metrics",), "a metric is given twice")
    for index, measurement in enumerate(_mappings(row.get("measurements"))):
        name = measurement.get("metric")
        if isinstance(name, str) and name not in known:
            message = f"no metric {clip(name)!r} in this experiment"
            path = ("measurements", index, "metric")
            yield draft.problem(path, message + report.hint(name, known))


def _characteristic(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    if max(_texts(draft.row.get("values")).values(), default=1) > 1:
        yield draft.problem(("values",), "a value is given twice")


def _mapping(draft: Draft, drafts: Drafts, _report: Report) -> Iterator[Problem]:
    row = draft.row
    if row.get("predicate") == "none":
        for name in ("object", "label"):
            if row.get(name) is not None:
                yield draft.problem((name,), "where there is no match, there is no entry to name")
    elif row.get("object") is None:
        yield draft.problem(("object",), "missing: which entry of the catalogue is it?")
    if row.get("stage") is not None and row.get("subject") in drafts["risks"]:
        yield draft.problem(("stage",), "a risk has no stages")


def _contradictions(mappings: Mapping[str, Draft]) -> Iterator[Problem]:
    """Yield a problem for every mapping that says again, or denies, what another one says."""
    said: dict[tuple[Any, ...], dict[Any, str]] = {}
    for identity, draft in sorted(mappings.items(), key=lambda each: each[1].entries[0].order):
        row = draft.row
        key = tuple(row.get(name) for name in ("subject", "stage", "catalogue"))
        found = row.get("object")
        if not all(isinstance(each, str | None) for each in (*key, found)):
            continue
        others = said.setdefault(key, {})
        if found in others:
            message = f"mapping {clip(others[found])} speaks of the same"
            yield draft.problem(("object" if found else "predicate",), message)
        elif others and (found is None or None in others):
            other = others.get(None) or next(iter(others.values()))
            message = f"mapping {clip(other)} says that there is {'no' if found else 'a'} match"
            yield draft.problem(("predicate",), message)
        others.setdefault(found, identity)


_ASKED = {"defenses": "defenses", "measurement": "risks", "nothing": "why"}
"""What a requirement names, by what it asks for."""


def _requirement(draft: Draft, drafts: Drafts, report: Report) -> Iterator[Problem]:
    row = draft.row
    asks = row.get("asks")
    for kind, name in _ASKED.items():
        given = row.get(name) not in (None, [])
        if asks == kind and not given:
            yield draft.problem(("asks",), f"{name} is missing: this requirement asks for {kind}")
        elif name != "risks" and given and asks in (*_ASKED, "documentation") and asks != kind:
            yield draft.problem((name,), f"only a requirement that asks for {kind} has {name}")
    for index, wanted in enumerate(_mappings(row.get("defenses"))):
        names = [each for key in ("any_of", "instead") for each in _texts(wanted.get(key)).items()]
        if len(dict(names)) < sum(times for _, times in names):
            yield draft.problem(("defenses", index), "a defense is given twice")
    standard = drafts["standards"].get(str(row.get("standard")))
    if standard is None:
        return
    levels, level = _texts(standard.row.get("levels")), row.get("level")
    if levels and level is None:
        yield draft.problem(("level",), f"missing: should be {one_of(list(levels))}")
    elif isinstance(level, str) and level not in levels:
        message = f"should be {one_of(list(levels))}" if levels else "the standard has no levels"
        yield draft.problem(("level",), message + report.hint(level, levels))


def _standard(draft: Draft, _drafts: Drafts, _report: Report) -> Iterator[Problem]:
    if max(_texts(draft.row.get("levels")).values(), default=1) > 1:
        yield draft.problem(("levels",), "a level is given twice")


def _numbers(requirements: Mapping[str, Draft]) -> Iterator[Problem]:
    """Yield a problem for every number that a standard would have twice."""
    said: dict[tuple[str, str], str] = {}
    for identity, draft in sorted(requirements.items(), key=lambda each: each[1].entries[0].order):
        standard, number = draft.row.get("standard"), draft.row.get("number")
        if isinstance(standard, str) and isinstance(number, str):
            other = said.setdefault((standard, number), identity)
            if other != identity:
                yield draft.problem(("number",), f"requirement {clip(other)} has that number")


def _condition(draft: Draft, drafts: Drafts, report: Report) -> Iterator[Problem]:
    yield from _characteristic(draft, drafts, report)
    identity = draft.row.get("id")
    if isinstance(identity, str) and identity in drafts["adversary"]:
        # `when` names either by the id alone
        yield draft.problem(("id",), f"{identity} already names the characteristic {identity}")


def _correlation(draft: Draft, drafts: Drafts, _report: Report) -> Iterator[Problem]:
    subject, stage = draft.row.get("subject"), draft.row.get("stage")
    if stage is not None and isinstance(subject, str) and subject in drafts["risks"]:
        yield draft.problem(("stage",), "only an edge of a defense has a stage")


_BY_SECTION: Mapping[str, Callable[[Draft, Drafts, Report], Iterator[Problem]]] = {
    "correlations": _correlation,
    "observations": _observation,
    "attacks": _attack,
    "procedures": _procedure,
    "combinations": _combination,
    "collusions": _collusion,
    "experiments": _experiment,
    "adversary": _characteristic,
    "mappings": _mapping,
    "conditions": _condition,
    "standards": _standard,
    "requirements": _requirement,
}


def _conditions(section: str, row: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Yield every value of a characteristic or condition: where, of which, and the value."""
    if section in _WHEN:
        places: list[tuple[Path, Any]] = [(("when",), row.get("when"))]
        for index, exception in enumerate(_mappings(row.get("exceptions"))):
            places.append((("exceptions", index, "when"), exception.get("when")))
        for path, when in places:
            for key, value in when.items() if isinstance(when, dict) else ():
                if isinstance(value, str):
                    yield (*path, key), key, value
    nested = {"factors": "satisfied_by", "attacks": "needs"}.get(section, "")
    for index, each in enumerate(_mappings(row.get(nested))):
        key, value = each.get("characteristic"), each.get("value")
        if isinstance(key, str) and isinstance(value, str):
            yield (nested, index, "value"), key, value
    if section == "published_attacks":
        for key in ("capability", "optimization"):
            if isinstance(row.get(key), str):
                yield (key,), key, row[key]
        for key, further in _COMPOUND.items():
            values = row.get(key)
            for index, text in enumerate(values if isinstance(values, list) else ()):
                if isinstance(text, str):
                    value, dot, rest = text.partition(".")
                    yield (key, index), key, value
                    if dot:
                        yield (key, index), further, rest


def _texts(value: object) -> dict[str, int]:
    """Return the texts in a list, and how often each is there."""
    return Counter(v for v in value if isinstance(v, str)) if isinstance(value, list) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [v if isinstance(v, dict) else {} for v in value] if isinstance(value, list) else []
