"""From YAML files to checked rows: layers merged, records typed, links resolved.

All problems of all files are found before anything is returned; a set with a problem yields
nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ._files import Source
from ._links import LINKS, NAMED, SINGULAR, Link, links
from ._records import KINDS
from ._yaml import MAX_NODES, Node, parse
from .errors import MAX_PROBLEMS, BrokenKnowledge, Problem, clip, suggest

__all__ = ["read"]

Rows = dict[str, dict[str, dict[str, Any]]]
Path = tuple[str | int, ...]
Codes = dict[str, dict[str, str]]
Action = Literal["add", "revise", "retract"]

_ACTIONS: tuple[Action, ...] = ("add", "revise", "retract")
_IDENTITY: Mapping[str, tuple[str, ...]] = {"correlations": ("subject", "factor")}

MAX_RECORD = 10_000
_MAX_COMPARED = 30_000
_SHOWN = 5


class _Report:
    """Problems as they are found; raises them once there are more than anybody would read."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.found: set[Problem] = set()
        self._compared = 0
        self.add(*problems)

    def add(self, *problems: Problem) -> None:
        self.take(problems)

    def take(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.found.add(problem)
            if len(self.found) > MAX_PROBLEMS:
                raise BrokenKnowledge(self.found)

    def hint(self, name: object, *known: Collection[str]) -> str:
        """Suggest what may have been meant, as long as that has not taken too long."""
        if not isinstance(name, str) or self._compared > _MAX_COMPARED:
            return ""
        self._compared += sum(map(len, known))
        close = suggest(name, chain(*known))
        return f" (did you mean {' or '.join(map(clip, close))}?)" if close else ""


@dataclass(slots=True)
class _Entry:
    """A record as written in one file."""

    section: str
    index: int
    node: Node
    file: str
    row: dict[str, Any]
    order: int = 0

    def problem(self, path: Path, message: str) -> Problem:
        """Describe a problem with one field of this record."""
        line, column = self.node.locate(path)
        return Problem(self.file, line, column, _field(self.section, self.index, path), message)


@dataclass(slots=True)
class _Draft:
    """A record being put together from the layers that speak of it."""

    row: dict[str, Any]
    entries: list[_Entry]

    def problem(self, path: Path, message: str) -> Problem:
        """Describe a problem where the field was last written."""
        return self.writer(path).problem(path, message)

    def written(self, path: Path) -> str:
        """Return how a number or truth value was spelled."""
        node = self.writer(path).node.at(path)
        return node.written if node else ""

    def writer(self, path: Path) -> _Entry:
        """Return the entry that wrote a field last."""
        for entry in reversed(self.entries):
            if path and path[0] in entry.row:
                return entry
        return self.entries[-1]


Drafts = dict[str, dict[str, _Draft]]
Retracted = dict[tuple[str, str], _Entry]


def read(layers: Sequence[Sequence[Source]], problems: Sequence[Problem] = ()) -> Rows:
    """Read the layers of a knowledge base, the built-in one first.

    Parameters
    ----------
    layers : sequence of sequences of Source
        The files of each layer; a later layer adds to, revises or retracts what earlier ones say.
    problems : sequence of Problem
        What already went wrong while the files were read.

    Returns
    -------
    dict
        Rows in JSON form by section and id, without defaults, ready for `thaw`.

    Raises
    ------
    BrokenKnowledge
        If anything is wrong anywhere; it carries all problems.
    """
    report = _Report(problems)
    entries = _entries(layers, report)
    codes = _codes(entries)
    for entry in entries:
        _resolve_codes(entry, codes, report)
    drafts, strays, retracted = _merge(entries, report)
    rows: Rows = {section: {} for section in KINDS}
    for section, named in drafts.items():
        for identity, draft in named.items():
            rows[section][identity] = _typed(section, draft, report)
    for section, draft in strays:
        _typed(section, draft, report)
    named_drafts = [(s, draft) for s, named in drafts.items() for draft in named.values()]
    report.take(_dangling([*named_drafts, *strays], drafts, retracted, report))
    report.take(_clashing_names(drafts))
    report.take(_ill_formed([*named_drafts, *strays], drafts["adversary"], report))
    if report.found:
        raise BrokenKnowledge(report.found)
    return rows


def _entries(layers: Sequence[Sequence[Source]], report: _Report) -> list[_Entry]:
    """Return the records of all files, in order."""
    entries: list[_Entry] = []
    room = MAX_NODES
    for source in (source for layer in layers for source in layer):
        root, trouble = parse(source.data, source.name, room)
        report.take(trouble)
        if root is None or root.value in (None, {}):
            if not trouble:
                message = f"empty; write a section such as correlations: ({', '.join(KINDS)})"
                report.add(Problem(source.name, 1, 1, "", message))
            continue
        room -= root.size
        if isinstance(root.value, dict):
            entries += _records(source.name, root, report)
        else:
            message = f"should be sections such as correlations: ({', '.join(KINDS)})"
            report.add(Problem(source.name, *root.mark, "", message))
    for order, entry in enumerate(entries):
        entry.order = order
    return entries


def _records(file: str, root: Node, report: _Report) -> Iterator[_Entry]:
    """Yield the records of a file."""
    for section, node in root.value.items():
        mark = root.keys[section]
        if section not in KINDS:
            message = "unknown section" + report.hint(section, KINDS)
            report.add(Problem(file, *mark, clip(section), message))
            continue
        if not isinstance(node.value, list):
            message = "should be a list of records, each starting with '- '"
            report.add(Problem(file, *mark, section, message))
            continue
        items: list[Node] = node.value
        for index, item in enumerate(items):
            if not isinstance(item.value, dict):
                message = "should be a record: fields with their values"
            elif item.size > MAX_RECORD:
                message = f"more than {MAX_RECORD} values in one record"
            else:
                yield _Entry(section, index, item, file, item.plain())
                continue
            report.add(Problem(file, *item.mark, _field(section, index, ()), message))


def _codes(entries: Sequence[_Entry]) -> Codes:
    """Return whom the papers' codes stand for when all is said; resolve those that name a record.

    Along the way a code may pass from one record to another.
    """
    once: Codes = {section: {} for section in KINDS}
    holders: Codes = {section: {} for section in KINDS}
    for entry in entries:
        section, row = entry.section, entry.row
        code, identity, action = row.get("code"), row.get("id"), row.get("action", "add")
        if section not in NAMED or not isinstance(identity, str):
            continue
        if action != "add" and identity in once[section]:
            row["id"] = identity = once[section][identity]
        if isinstance(code, str):
            once[section][code] = identity
            holders[section][identity] = code
        elif "code" in row or action == "retract":
            holders[section].pop(identity, None)
    return {
        section: once[section] | {code: identity for identity, code in holders[section].items()}
        for section in KINDS
    }


def _resolve_codes(entry: _Entry, codes: Codes, report: _Report) -> None:
    """Replace the papers' codes by ids wherever a record names another."""
    for link in list(links(entry.section, entry.row)):
        name = next((codes[t][link.name] for t in link.targets if link.name in codes[t]), None)
        if name is None:
            continue
        if link.is_key and name in link.holder:
            message = f"{clip(name)} is already given, and {clip(link.name)} is its code"
            report.add(entry.problem(link.path, message))
            del link.holder[link.slot]
        else:
            _rename(entry, link, name)


def _rename(entry: _Entry, link: Link, name: str) -> None:
    """Write another name in the place of one, and find it there again."""
    link.rename(name)
    if link.is_key and (around := entry.node.at(link.path[:-1])) is not None:
        around.value = {name if k == link.name else k: v for k, v in around.value.items()}
        around.keys = {name if k == link.name else k: v for k, v in around.keys.items()}


def _merge(
    entries: Sequence[_Entry], report: _Report
) -> tuple[Drafts, list[tuple[str, _Draft]], Retracted]:
    """Apply the entries in order.

    Returns what stands, records that cannot stand and are only read for more problems, and what
    was retracted and where.
    """
    drafts: Drafts = {section: {} for section in KINDS}
    strays: list[tuple[str, _Draft]] = []
    retracted: Retracted = {}
    for entry in entries:
        action = entry.row.pop("action", "add")
        if action not in _ACTIONS:
            message = f"should be {_one_of(_ACTIONS)}, not {_shown(action)}"
            report.add(entry.problem(("action",), message + report.hint(action, _ACTIONS)))
            continue
        section = entry.section
        keys = _IDENTITY.get(section, ("id",))
        parts = [entry.row.get(key) for key in keys]
        if not all(isinstance(part, str) for part in parts):
            if action == "add":
                strays.append((section, _Draft(entry.row, [entry])))
                continue
            for key, part in zip(keys, parts, strict=True):
                if not isinstance(part, str):
                    message = "missing" if part is None else "should be a text"
                    report.add(entry.problem((key,), message))
            continue
        identity = ".".join(map(str, parts))
        standing = drafts[section]
        kind = SINGULAR[section]
        if action == "add":
            draft = _Draft(entry.row, [entry])
            if identity in standing:
                where = _place(standing[identity].entries[0])
                message = (
                    f"{kind} {clip(identity)} is already given at {where}; "
                    "to change it write action: revise"
                )
                report.add(entry.problem((keys[0],), message))
                strays.append((section, draft))
                continue
            standing[identity] = draft
            retracted.pop((section, identity), None)
        elif (section, identity) in retracted:
            where = _place(retracted[section, identity])
            message = f"{kind} {clip(identity)} is retracted at {where} already"
            report.add(entry.problem((keys[0],), message))
        elif identity not in standing:
            message = f"no {kind} {clip(identity)!r} to {action}" + report.hint(identity, standing)
            report.add(entry.problem((keys[0],), message))
        elif action == "revise":
            draft = standing[identity]
            draft.row = {**draft.row, **entry.row}
            draft.entries.append(entry)
        else:
            for name in entry.row:
                if name not in keys:
                    message = "a retraction names the record and nothing else"
                    report.add(entry.problem((name,), message))
            del standing[identity]
            retracted[section, identity] = entry
    return drafts, strays, retracted


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[section])


def _typed(section: str, draft: _Draft, report: _Report) -> dict[str, Any]:
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
    shown = clip(written) if written else _shown(given)
    message = _SAY.get(kind, "{msg}, not {shown}").format(
        **{"msg": detail["msg"], **context, "shown": shown, "length": length}
    )
    if kind == "literal_error":
        options = str(context["expected"]).replace(" or ", ",").split(",")
        options = [option.strip(" '") for option in options]
        if written in options:
            return f"{message}; write it in quotes: '{written}'"
        if isinstance(given, str) and (close := suggest(given, options)):
            return f"{message} (did you mean {' or '.join(close)}?)"
    return message


def _dangling(
    records: Iterable[tuple[str, _Draft]], drafts: Drafts, retracted: Retracted, report: _Report
) -> Iterator[Problem]:
    """Yield a problem for every mention of a record that does not stand."""
    for section, draft in records:
        if not LINKS[section]:
            continue
        for link in links(section, draft.row):
            name = link.name.partition("#")[0] if link.targets == ("references",) else link.name
            if any(name in drafts[target] for target in link.targets):
                continue
            gone = [(t, retracted[t, name]) for t in link.targets if (t, name) in retracted]
            if gone:
                target, entry = gone[0]
                message = (
                    f"{SINGULAR[target]} {clip(name)} is retracted at {_place(entry)} "
                    "but still used here"
                )
            else:
                kind = " or ".join(SINGULAR[target] for target in link.targets)
                hint = report.hint(name, *(drafts[target] for target in link.targets))
                message = f"no {kind} {clip(name)!r}{hint}"
            yield draft.problem(link.path, message)


def _clashing_names(drafts: Drafts) -> Iterator[Problem]:
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
        if [section, identity] != owner:
            other = f"{SINGULAR[section]} {clip(identity)}"
            yield entry.problem((name,), f"{clip(text)} already names the {other}")


def _ill_formed(
    records: Iterable[tuple[str, _Draft]], adversary: Mapping[str, _Draft], report: _Report
) -> Iterator[Problem]:
    """Yield problems that no single field shows, of rows that need not be valid otherwise."""
    scales = {name: _texts(draft.row.get("values")) for name, draft in adversary.items()}
    for section, draft in records:
        row = draft.row
        if section == "observations":
            effect, kind, sources = (row.get(name) for name in ("effect", "kind", "sources"))
            if effect == "unexplored" and kind is not None:
                yield draft.problem(("kind",), "an unexplored pair has no kind of evidence")
            if effect in ("increase", "decrease") and kind is None:
                yield draft.problem(("effect",), "kind is missing: how is this effect known?")
            if effect in ("increase", "decrease") and sources in (None, []):
                yield draft.problem(("effect",), "sources is missing: who saw this effect?")
            for path, key, value in _conditions(row):
                scale = scales.get(key)
                if scale and value not in scale:
                    message = f"should be {_one_of(list(scale))}, not {_shown(value)}"
                    yield draft.problem((*path, key), message + report.hint(value, scale))
        elif section == "experiments":
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


def _conditions(row: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Yield every condition on the adversary in an observation: where, what, which value."""
    places: list[tuple[Path, Any]] = [(("when",), row.get("when"))]
    for index, exception in enumerate(_mappings(row.get("exceptions"))):
        places.append((("exceptions", index, "when"), exception.get("when")))
    for path, when in places:
        for key, value in when.items() if isinstance(when, dict) else ():
            if isinstance(value, str):
                yield path, key, value


def _texts(value: object) -> dict[str, int]:
    """Return the texts in a list, and how often each is there."""
    return Counter(v for v in value if isinstance(v, str)) if isinstance(value, list) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [v if isinstance(v, dict) else {} for v in value] if isinstance(value, list) else []


def _field(section: str, index: int, path: Path) -> str:
    text = f"{section}[{index}]"
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{clip(step)}"
    return text


def _place(entry: _Entry) -> str:
    return f"{entry.file}:{entry.node.mark.line}"


def _one_of(options: Sequence[str]) -> str:
    *most, last = (f"'{clip(option)}'" for option in options[:_SHOWN])
    if len(options) > _SHOWN:
        return f"{', '.join([*most, last])} or another of {len(options)}"
    return f"{', '.join(most)} or {last}" if most else last


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return "nothing" if value is None else clip(repr(value))
