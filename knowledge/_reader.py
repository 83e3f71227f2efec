"""From YAML files to checked rows: layers merged, records typed, links resolved.

All problems of all files are found before anything is returned; a set with a problem yields
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from ._files import Source
from ._links import LINKS, NAMED, SINGULAR, links
from ._records import KINDS
from ._yaml import Node, parse
from .errors import BrokenKnowledge, Problem, clip, suggest

__all__ = ["read"]

Rows = dict[str, dict[str, dict[str, Any]]]
Path = tuple[str | int, ...]
Action = Literal["add", "revise", "retract"]

_ACTIONS: tuple[Action, ...] = ("add", "revise", "retract")
_IDENTITY: Mapping[str, tuple[str, ...]] = {"correlations": ("subject", "factor")}


@dataclass(slots=True)
class _Entry:
    """A record as written in one file."""

    section: str
    index: int
    node: Node
    file: str
    row: dict[str, Any]

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
        for entry in reversed(self.entries):
            if path and path[0] in entry.row:
                return entry.problem(path, message)
        return self.entries[-1].problem((), message)


Drafts = dict[str, dict[str, _Draft]]


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
    found = list(problems)
    entries = [e for layer in layers for source in layer for e in _entries(source, found)]
    _resolve_codes(entries)
    drafts, retracted = _merge(entries, found)
    rows: Rows = {section: {} for section in KINDS}
    sound: Drafts = {section: {} for section in KINDS}
    for section, named in drafts.items():
        for identity, draft in named.items():
            row = _typed(section, draft, found)
            if row is not None:
                rows[section][identity] = row
                sound[section][identity] = draft
    found += _dangling(drafts, retracted)
    found += _clashing_names(sound)
    found += _ill_formed(rows, sound)
    if found:
        raise BrokenKnowledge(found)
    return rows


def _entries(source: Source, problems: list[Problem]) -> Iterator[_Entry]:
    """Yield the records of a file."""
    root, trouble = parse(source.data, source.name)
    problems += trouble
    if root is None or root.value is None:
        if not trouble:
            message = f"empty; write a section such as correlations: ({', '.join(KINDS)})"
            problems.append(Problem(source.name, 1, 1, "", message))
        return
    if not isinstance(root.value, dict):
        message = f"should be sections such as correlations: ({', '.join(KINDS)})"
        problems.append(Problem(source.name, *root.mark, "", message))
        return
    for section, node in root.value.items():
        mark = root.keys[section]
        if section not in KINDS:
            message = "unknown section" + _hint(section, KINDS)
            problems.append(Problem(source.name, *mark, clip(section), message))
        elif not isinstance(node.value, list):
            message = "should be a list of records, each starting with '- '"
            problems.append(Problem(source.name, *mark, section, message))
        else:
            items: list[Node] = node.value
            for index, item in enumerate(items):
                if isinstance(item.value, dict):
                    yield _Entry(section, index, item, source.name, item.plain())
                else:
                    message = "should be a record: fields with their values"
                    problems.append(
                        Problem(source.name, *item.mark, _field(section, index, ()), message)
                    )


def _resolve_codes(entries: Sequence[_Entry]) -> None:
    """Replace the papers' codes by ids wherever one record names another."""
    codes: dict[str, dict[str, str]] = {section: {} for section in KINDS}
    for entry in entries:
        code, identity = entry.row.get("code"), entry.row.get("id")
        if entry.section in NAMED and isinstance(code, str) and isinstance(identity, str):
            codes[entry.section].setdefault(code, identity)
    for entry in entries:
        for link in list(links(entry.section, entry.row)):
            for target in link.targets:
                if link.name in codes[target]:
                    link.rename(codes[target][link.name])
                    break


def _merge(
    entries: Sequence[_Entry], problems: list[Problem]
) -> tuple[Drafts, dict[tuple[str, str], _Entry]]:
    """Apply the entries in order; return what stands, and what was retracted and where."""
    drafts: Drafts = {section: {} for section in KINDS}
    retracted: dict[tuple[str, str], _Entry] = {}
    for entry in entries:
        action = entry.row.pop("action", "add")
        if action not in _ACTIONS:
            message = f"should be {_one_of(_ACTIONS)}, not {_shown(action)}"
            problems.append(entry.problem(("action",), message + _hint(action, _ACTIONS)))
            continue
        keys = _IDENTITY.get(entry.section, ("id",))
        parts = [entry.row.get(key) for key in keys]
        if not all(isinstance(part, str) for part in parts):
            problems += [
                entry.problem((key,), "missing" if part is None else "should be a text")
                for key, part in zip(keys, parts, strict=True)
                if not isinstance(part, str)
            ]
            continue
        identity = ".".join(map(str, parts))
        standing = drafts[entry.section]
        kind = SINGULAR[entry.section]
        if action == "add":
            if identity in standing:
                first = standing[identity].entries[-1]
                message = (
                    f"{kind} {clip(identity)} is already given at {first.file}:"
                    f"{first.node.mark.line}; to change it write action: revise"
                )
                problems.append(entry.problem((keys[0],), message))
                continue
            standing[identity] = _Draft(entry.row, [entry])
            retracted.pop((entry.section, identity), None)
        elif identity not in standing:
            message = f"no {kind} {clip(identity)!r} to {action}" + _hint(identity, standing)
            problems.append(entry.problem((keys[0],), message))
        elif action == "revise":
            draft = standing[identity]
            draft.row = {**draft.row, **entry.row}
            draft.entries.append(entry)
        else:
            extra = [name for name in entry.row if name not in keys]
            problems += [
                entry.problem((name,), "a retraction names the record and nothing else")
                for name in extra
            ]
            del standing[identity]
            retracted[entry.section, identity] = entry
    return drafts, retracted


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[section])


def _typed(section: str, draft: _Draft, problems: list[Problem]) -> dict[str, Any] | None:
    """Check one record's fields; return its row without defaults, or None if it is wrong."""
    present = {name: value for name, value in draft.row.items() if value is not None}
    adapter = _adapter(section)
    try:
        # JSON mode is strict about types yet takes lists for tuples
        record = adapter.validate_json(json.dumps(present))
    except ValidationError as error:
        known = [f.name for f in fields(KINDS[section])] + ["action"]
        for detail in error.errors(include_url=False, include_context=True):
            path = tuple(detail["loc"])
            # a field set to null counts as left out, so point at the null
            problems.append(draft.problem(path, _say(detail, path, known)))
        return None
    row: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return row


def _say(detail: Mapping[str, Any], path: Path, known: Sequence[str]) -> str:
    """Put one of pydantic's findings into our words."""
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "missing"
    if kind == "unexpected_keyword_argument":
        return "unknown field" + (_hint(str(path[-1]), known) if len(path) == 1 else "")
    if kind == "literal_error":
        expected = str(context["expected"])
        options = [option.strip(" '") for option in expected.replace(" or ", ",").split(",")]
        return f"should be {expected}, not {_shown(given)}" + _hint(given, options)
    if kind in ("string_type", "string_pattern_mismatch"):
        if isinstance(given, (int, float)):
            return f"should be a text; write it in quotes: '{given}'"
        if kind == "string_type":
            return f"should be a text, not {_shown(given)}"
        return f"{_shown(given)} does not have the form {context['pattern']}"
    return f"{detail['msg'].removeprefix('Input ')}, not {_shown(given)}"


def _dangling(drafts: Drafts, retracted: Mapping[tuple[str, str], _Entry]) -> Iterator[Problem]:
    """Yield a problem for every mention of a record that does not stand."""
    for section, named in drafts.items():
        if not LINKS[section]:
            continue
        for draft in named.values():
            for link in links(section, draft.row):
                name = link.name.partition("#")[0] if link.targets == ("references",) else link.name
                if any(name in drafts[target] for target in link.targets):
                    continue
                kind = " or ".join(SINGULAR[target] for target in link.targets)
                known = [identity for target in link.targets for identity in drafts[target]]
                message = f"no {kind} {clip(name)!r}" + _hint(name, known)
                for target in link.targets:
                    if (gone := retracted.get((target, name))) is not None:
                        where = f"{gone.file}:{gone.node.mark.line}"
                        message = f"{kind} {name} is retracted at {where} but still used here"
                yield draft.problem(link.path, message)


def _clashing_names(drafts: Drafts) -> Iterator[Problem]:
    """Yield a problem for every id or code that two factors, risks or defenses share."""
    taken: dict[str, tuple[str, str]] = {}
    for section in NAMED:
        for identity, draft in drafts[section].items():
            for name, text in (("id", identity), ("code", draft.row.get("code"))):
                if not isinstance(text, str):
                    continue
                if text.casefold() in taken:
                    other = "{} {}".format(*taken[text.casefold()])
                    yield draft.problem((name,), f"{clip(text)} already names the {other}")
                else:
                    taken[text.casefold()] = (SINGULAR[section], identity)


def _ill_formed(rows: Rows, drafts: Drafts) -> Iterator[Problem]:
    """Yield problems that no single field shows."""
    scales = rows["adversary"]
    for identity, row in rows["observations"].items():
        draft = drafts["observations"][identity]
        if row["effect"] == "unexplored" and "kind" in row:
            yield draft.problem(("kind",), "an unexplored pair has no kind of evidence")
        if row["effect"] != "unexplored" and "kind" not in row:
            yield draft.problem(("effect",), "kind is missing: how is this effect known?")
        if row["effect"] != "unexplored" and not row.get("sources"):
            yield draft.problem(("effect",), "sources is missing: who saw this effect?")
        conditions: list[tuple[Path, Mapping[str, str]]] = [(("when",), row.get("when") or {})]
        for index, exception in enumerate(row.get("exceptions", ())):
            conditions.append((("exceptions", index, "when"), exception.get("when") or {}))
        for path, when in conditions:
            for key, value in when.items():
                values = scales.get(key, {}).get("values", [value])
                if value not in values:
                    message = f"should be {_one_of(values)}, not {_shown(value)}"
                    yield draft.problem((*path, key), message + _hint(value, values))
    for identity, row in rows["experiments"].items():
        draft = drafts["experiments"][identity]
        metrics = [metric["id"] for metric in row["metrics"]]
        for index, measurement in enumerate(row["measurements"]):
            if measurement["metric"] not in metrics:
                message = f"no metric {clip(measurement['metric'])!r} in this experiment"
                path = ("measurements", index, "metric")
                yield draft.problem(path, message + _hint(measurement["metric"], metrics))
    for identity, row in rows["adversary"].items():
        if len(set(row["values"])) < len(row["values"]):
            yield drafts["adversary"][identity].problem(("values",), "a value is given twice")


def _field(section: str, index: int, path: Path) -> str:
    text = f"{section}[{index}]"
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{clip(step)}"
    return text


def _hint(name: object, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = suggest(name, list(known)) if isinstance(name, str) else ()
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _one_of(options: Sequence[str]) -> str:
    *most, last = (f"'{option}'" for option in options)
    return f"{', '.join(most)} or {last}" if most else last


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else clip(repr(value))
