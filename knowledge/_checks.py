"""Checks of records that are put together: fields by type, links to others, names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, partial
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ._aliases import aliased, wrong_aliases
from ._drafts import Draft, Drafts, Path, Report, Retracted, named, place, shown
from ._indexes import fold
from ._links import NAMED, links
from ._records import KINDS, singular
from ._yaml import Node
from .errors import Problem, clip, suggest

__all__ = ["checked", "clashing_names", "dangling", "typed"]

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
        known = partial(_fields, section)
        for path, message in _found(error, draft.written, known, report):
            # a field set to null counts as left out, so point at the null
            report.add(draft.problem(path, message))
        return {}
    row: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return row


def _found(
    error: ValidationError,
    written: Callable[[Path], str],
    known: Callable[[Path], Collection[str]],
    report: Report,
) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with a record, and where.

    `written` says how a value was spelled, `known` which fields there are at a place.
    """
    for detail in error.errors(include_url=False, include_context=True):
        path = tuple(detail["loc"])
        message = _say(detail, written(path))
        if detail["type"] == "unexpected_keyword_argument":
            message += report.hint(path[-1], known(path[:-1]))
        if message:
            yield path, message


def _fields(section: str, path: Path) -> list[str]:
    """Return the names of the fields that a record has, or a record inside it."""
    top = not any(isinstance(step, str) for step in path)
    return _names(KINDS[section], path) + ["action"] * top


def _names(record_type: type[Any], path: Path) -> list[str]:
    for step in path:
        if isinstance(step, str):
            record_type = record_type.NESTED[step]
    return [f.name for f in fields(record_type)]


def checked(record_type: type[Any], root: Node, file: str) -> tuple[dict[str, Any], list[Problem]]:
    """Check a record that is a file by itself.

    Returns
    -------
    tuple
        Its row without defaults, nothing if it is wrong; and every problem.
    """
    adapter = TypeAdapter(record_type)
    given = _stated(root.plain())
    try:
        record = adapter.validate_json(json.dumps(given))
    except ValidationError as error:
        known = partial(_names, record_type)
        return {}, [
            Problem(file, *root.locate(path), named(path), message)
            for path, message in _found(error, root.spelled, known, Report(()))
        ]
    row: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return row, []


def _stated(value: Any) -> Any:
    """Leave out what is set to null, as if it were not there."""
    if isinstance(value, dict):
        return {key: _stated(each) for key, each in value.items() if each is not None}
    return [_stated(each) for each in value] if isinstance(value, list) else value


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
    by_alias = aliased(drafts)
    for section, draft in records:
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
                    f"{singular(target)} {clip(name)} is retracted at {place(entry)} "
                    "but still used here"
                )
            else:
                kind = " or ".join(singular(target) for target in link.targets)
                known = [
                    *(drafts[target] for target in link.targets),
                    *_codes(drafts, link.targets),
                ]
                meant = [
                    by_alias[t][fold(name)]
                    for t in link.targets
                    if fold(name) in by_alias.get(t, {})
                ]
                hint = f" (write {' or '.join(meant)})" if meant else report.hint(name, *known)
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
            other = f"{singular(section)} {clip(identity)}"
            yield entry.problem((name,), f"{clip(text)} already names the {other}")
    yield from wrong_aliases(drafts)
