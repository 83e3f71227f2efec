"""Checks of records that are put together: fields by type, links to others, sense as a whole."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ._drafts import Draft, Drafts, Path, Report, Retracted, one_of, place, shown
from ._links import LINKS, NAMED, SINGULAR, links
from ._records import KINDS
from .errors import Problem, clip, suggest

__all__ = ["clashing_names", "dangling", "ill_formed", "typed"]

_SUBJECTS = (("defense", "risk"), ("defenses",), ("first", "second"))
_COMPOUND = {"model_knowledge": "output", "interaction": "", "data_knowledge": "blindness"}
_PLACE = re.compile(r"[a-z0-9.-]{1,60}")


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[section])


def typed(section: str, draft: Draft, report: Report) -> dict[str, Any]:
    """Check one record's fields; return its row without defaults, nothing if it is wrong."""
    present = {name: value for name, value in draft.row.items() if value is not None}
    adapter = _adapter(section)
    try:
        # JSON mode is strict about types yet takes lists for tuples
        record = adapter.validate_json(json.dumps(present))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            path = tuple(detail["loc"])
            message = _say(detail, draft.written(path))
            if detail["type"] == "unexpected_keyword_argument":
                message += report.hint(path[-1], _fields(section, path[:-1]))
            if message:
                # a field set to null counts as left out, so point at the null
                report.add(draft.problem(path, message))
        return {}
    row: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return row


def _fields(section: str, path: Path) -> list[str]:
    """Return the names of the fields that a record has, or a record inside it."""
    record_type, extra = KINDS[section], ["action"]
    for step in path:
        if isinstance(step, str):
            record_type, extra = record_type.NESTED[step], []
    return [f.name for f in fields(record_type)] + extra


_SAY: Mapping[str, str] = {
    "missing": "missing",
    "unexpected_keyword_argument": "unknown field",
    "string_type": "should be a text, not {shown}",
    "string_pattern_mismatch": "{shown} does not have the form {pattern}",
    "string_too_long": "should have at most {max_length} characters, not {length}",
    "string_too_short": "should not be empty",
    "tuple_type": "should be a list, not {shown}",
    "too_long": "should hold at most {max_length}, not {length}",
    "too_short": "should hold at least {min_length}, not {length}",
    "dict_type": "should be a mapping, not {shown}",
    "dataclass_type": "should be a mapping, not {shown}",
    "int_type": "should be a whole number, not {shown}",
    "int_from_float": "should be a whole number, not {shown}",
    "float_type": "should be a number, not {shown}",
    "bool_type": "should be true or false, not {shown}",
    "literal_error": "should be {expected}, not {shown}",
    "greater_than_equal": "should be at least {ge:g}, not {shown}",
    "less_than_equal": "should be at most {le:g}, not {shown}",
}


def _say(detail: Mapping[str, Any], written: str) -> str:
    """Put one of pydantic's findings into our words; empty if it only follows from another."""
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    length = len(given) if isinstance(given, (str, list)) else 0
    if kind == "too_short" and length >= context["min_length"]:
        return ""  # there are enough, but wrong ones, and each of them is reported
    if kind == "string_type" and written and given is not None:
        return f"should be a text; write it in quotes: '{clip(written)}'"
    text = clip(written) if written else shown(given)
    message = _SAY.get(kind, "{msg}, not {shown}").format(
        **{"msg": detail["msg"], **context, "shown": text, "length": length}
    )
    if kind == "literal_error":
        options = str(context["expected"]).replace(" or ", ",").split(",")
        options = [option.strip(" '") for option in options]
        if written in options:
            return f"{message}; write it in quotes: '{written}'"
        if isinstance(given, str) and (close := suggest(given, options)):
            return f"{message} (did you mean {' or '.join(close)}?)"
    return message


def dangling(
    records: Iterable[tuple[str, Draft]], drafts: Drafts, retracted: Retracted, report: Report
) -> Iterator[Problem]:
    """Yield a problem for every mention of a record that does not stand."""
    for section, draft in records:
        if not LINKS[section]:
            continue
        for link in links(section, draft.row):
            name = link.name
            if link.targets == ("references",):
                name, hashed, spot = link.name.partition("#")
                if hashed and not _PLACE.fullmatch(spot):
                    message = f"{clip(spot)!r} is no place; write it like work#table-2"
                    yield draft.problem(link.path, message)
            if any(name in drafts[target] for target in link.targets):
                continue
            gone = [(t, retracted[t, name]) for t in link.targets if (t, name) in retracted]
            if gone:
                target, entry = gone[0]
                message = (
                    f"{SINGULAR[target]} {clip(name)} is retracted at {place(entry)} "
                    "but still used here"
                )
            else:
                kind = " or ".join(SINGULAR[target] for target in link.targets)
                known = [
                    *(drafts[target] for target in link.targets),
                    *_codes(drafts, link.targets),
                ]
                hint = report.hint(name, *known)
                message = f"no {kind} {clip(name)!r}{hint}"
            yield draft.problem(link.path, message)


def _codes(drafts: Drafts, targets: Iterable[str]) -> list[list[str]]:
    named = [drafts[target].values() for target in targets if target in NAMED]
    codes = [draft.row.get("code") for group in named for draft in group]
    return [[code for code in codes if isinstance(code, str)]]


def clashing_names(drafts: Drafts) -> Iterator[Problem]:
    """Yield a problem for every id or code that two factors, risks or defenses share."""
    claims = [
        (draft.entries[0] if name == "id" else draft.writer((name,)), name, text, section, identity)
        for section in NAMED
        for identity, draft in drafts[section].items()
        for name, text in (("id", identity), ("code", draft.row.get("code")))
        if isinstance(text, str)
    ]
    taken: dict[str, tuple[str, str]] = {}
    for entry, name, text, *owner in sorted(claims, key=lambda claim: claim[0].order):
        section, identity = taken.setdefault(text.casefold(), (owner[0], owner[1]))
        shared = {section, owner[0]} == {"risks", "attacks"} and identity == owner[1]
        if [section, identity] != owner and not (shared and name == "id"):
            other = f"{SINGULAR[section]} {clip(identity)}"
            yield entry.problem((name,), f"{clip(text)} already names the {other}")


def ill_formed(
    records: Iterable[tuple[str, Draft]], drafts: Drafts, report: Report
) -> Iterator[Problem]:
    """Yield problems that no single field shows, of rows that need not be valid otherwise."""
    adversary = drafts["adversary"]
    scales = {name: _texts(draft.row.get("values")) for name, draft in adversary.items()}
    for section, draft in records:
        row = draft.row
        for path, key, value in _conditions(section, row):
            scale = scales.get(key)
            if scale and value not in scale:
                message = f"should be {one_of(list(scale))}, not {shown(value)}"
                yield draft.problem(path, message + report.hint(value, scale))
        if section == "observations":
            effect, kind, sources = (row.get(name) for name in ("effect", "kind", "sources"))
            if effect == "unexplored" and kind is not None:
                yield draft.problem(("kind",), "an unexplored pair has no kind of evidence")
            if effect in ("increase", "decrease") and kind is None:
                yield draft.problem(("effect",), "kind is missing: how is this effect known?")
            if effect in ("increase", "decrease") and sources in (None, []):
                yield draft.problem(("effect",), "sources is missing: who saw this effect?")
        elif section == "attacks":
            identity, risk = row.get("id"), row.get("risk")
            if isinstance(identity, str) and identity in drafts["risks"] and identity != risk:
                message = f"{identity} is a risk, but this attack exploits {shown(risk)}"
                yield draft.problem(("id",), message)
        elif section == "combinations":
            if row.get("outcome") == "unreported" and row.get("tuned_outcome") is not None:
                yield draft.problem(("tuned_outcome",), "an unreported outcome can't be tuned")
            names = _texts(row.get("defenses"))
            if max(names.values(), default=1) > 1:
                yield draft.problem(("defenses",), "a defense is given twice")
            if len(names) == 1:
                yield draft.problem(("defenses",), "a combination takes at least two defenses")
        elif section == "collusions":
            unexplored = row.get("effect") == "unexplored"
            if unexplored != (row.get("status") == "unexplored"):
                message = "effect and status should both be unexplored, or neither"
                yield draft.problem(("status",), message)
            if not unexplored and row.get("sources") in (None, []):
                yield draft.problem(("effect",), "sources is missing: who saw this effect?")
        elif section == "experiments":
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
        elif section == "adversary" and max(_texts(row.get("values")).values(), default=1) > 1:
            yield draft.problem(("values",), "a value is given twice")


def _conditions(section: str, row: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Yield every value of an adversary's characteristic: where, of which, and the value."""
    if section == "observations":
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
