"""Reader of knowledge files: layers merged, records typed, links resolved.

All problems of all files are found before anything is returned; a set with a problem yields
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from ._aliases import overruled_aliases
from ._checks import clashing_names, dangling, typed
from ._drafts import (
    Draft,
    Drafts,
    Entry,
    Report,
    Retracted,
    field_name,
    one_of,
    place,
    shown,
)
from ._files import Source
from ._links import NAMED, Link, links
from ._records import IDENTITY, KINDS, STAGED, singular
from ._sense import ill_formed
from ._yaml import MAX_NODES, Node, parse
from .errors import BrokenKnowledge, Problem, clip

__all__ = ["read"]

Rows = dict[str, dict[str, dict[str, Any]]]
Codes = dict[str, dict[str, str]]
Action = Literal["add", "revise", "retract"]

_ACTIONS: tuple[Action, ...] = ("add", "revise", "retract")

MAX_RECORD = 10_000

_FILES = 64
"""As many built-in files are kept as they were read, at most."""

_SEEN = ("observations", "combinations", "collusions")
_MEASURED = "measured."


def read(
    layers: Sequence[Sequence[Source]], problems: Sequence[Problem] = (), *, builtin: int = 1
) -> Rows:
    """Read the layers of a knowledge base, the built-in ones first.

    Parameters
    ----------
    layers : sequence of sequences of Source
        The files of each layer; a later layer adds to, revises or retracts what earlier ones say.
    problems : sequence of Problem
        What already went wrong while the files were read.
    builtin : int
        How many of the layers are built in; they take nothing from the room of the others.

    Returns
    -------
    dict
        Rows in JSON form by section and id, without defaults, ready for `thaw`.

    Raises
    ------
    BrokenKnowledge
        If anything is wrong anywhere; it carries all problems.
    """
    report = Report(problems)
    entries = _entries(layers, report, builtin)
    codes = _codes(entries)
    for entry in entries:
        _resolve_codes(entry, codes, report)
    drafts, strays, retracted = _merge(entries, report)
    rows: Rows = {section: {} for section in KINDS}
    for section, named in drafts.items():
        for identity, draft in named.items():
            if section in _SEEN and identity.startswith(_MEASURED):
                _take_as_measured(draft, report)
            rows[section][identity] = typed(section, draft, report)
    for section, draft in strays:
        typed(section, draft, report)
    named_drafts = [(s, draft) for s, named in drafts.items() for draft in named.values()]
    report.take(dangling([*named_drafts, *strays], drafts, retracted, report))
    report.take(clashing_names(drafts))
    report.take(ill_formed([*named_drafts, *strays], drafts, report))
    if report.found:
        raise BrokenKnowledge(report.found)
    for alias in overruled_aliases(drafts):
        section, identity = alias.holder
        rows[section][identity]["aliases"].remove(alias.text)
    return rows


def _entries(layers: Sequence[Sequence[Source]], report: Report, builtin: int) -> list[Entry]:
    """Return the records of all files, in order."""
    entries: list[Entry] = []
    room = MAX_NODES
    for depth, source in ((i, source) for i, layer in enumerate(layers) for source in layer):
        own = depth >= builtin or len(layers) == 1
        read = parse if own else _parsed_once  # what is built in is the same at every load
        root, trouble = read(source.data, source.name, room if own else MAX_NODES)
        report.take(trouble)
        if root is None or root.value in (None, {}):
            if not trouble:
                message = f"empty; write a section such as correlations: ({', '.join(KINDS)})"
                report.add(Problem(source.name, 1, 1, "", message))
            continue
        if own:  # only what is not built in takes room
            room -= root.size
        if isinstance(root.value, dict):
            entries += _records(source.name, depth, root, report)
        else:
            message = f"should be sections such as correlations: ({', '.join(KINDS)})"
            report.add(Problem(source.name, *root.mark, "", message))
    for order, entry in enumerate(entries):
        entry.order = order
    return entries


_parsed_once = lru_cache(maxsize=_FILES)(parse)


def _records(file: str, layer: int, root: Node, report: Report) -> Iterator[Entry]:
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
                yield Entry(section, index, item, file, item.plain(), layer)
                continue
            report.add(Problem(file, *item.mark, field_name(section, index, ()), message))


def _codes(entries: Sequence[Entry]) -> Codes:
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


def _resolve_codes(entry: Entry, codes: Codes, report: Report) -> None:
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


def _rename(entry: Entry, link: Link, name: str) -> None:
    """Write another name in the place of one, and find it there again."""
    link.rename(name)
    if link.is_key and entry.node.at(link.path) is not None:
        entry.node = entry.node.renamed(link.path, name)


def _merge(
    entries: Sequence[Entry], report: Report
) -> tuple[Drafts, list[tuple[str, Draft]], Retracted]:
    """Apply the entries in order, but revisions of what comes later in their layer after that.

    Returns what stands, records that cannot stand and are only read for more problems, and what
    was retracted and where.
    """
    drafts: Drafts = {section: {} for section in KINDS}
    strays: list[tuple[str, Draft]] = []
    retracted: Retracted = {}
    coming = {(entry.layer, *_named(entry)) for entry in entries if _adds(entry)}
    early: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        action = entry.row.pop("action", "add")
        if action not in _ACTIONS:
            message = f"should be {one_of(_ACTIONS)}, not {shown(action)}"
            report.add(entry.problem(("action",), message + report.hint(action, _ACTIONS)))
            continue
        section, identity = _named(entry)
        keys = _keys(entry)
        if identity is None:
            if action == "add":
                strays.append((section, Draft(entry.row, [entry])))
                continue
            for key in keys:
                if not isinstance(part := entry.row.get(key), str):
                    message = "missing" if part is None else "should be a text"
                    report.add(entry.problem((key,), message))
            continue
        standing = drafts[section]
        kind = singular(section)
        if action == "add":
            draft = Draft(entry.row, [entry])
            if identity in standing:
                where = place(standing[identity].entries[0])
                message = (
                    f"{kind} {clip(identity)} is already given at {where}; "
                    "to change it write action: revise"
                )
                report.add(entry.problem((keys[0],), message))
                strays.append((section, draft))
                continue
            standing[identity] = draft
            retracted.pop((section, identity), None)
            for revision in early.pop((section, identity), ()):
                draft.revise(revision)
        elif (section, identity) in retracted:
            where = place(retracted[section, identity])
            message = f"{kind} {clip(identity)} is retracted at {where} already"
            report.add(entry.problem((keys[0],), message))
        elif (
            identity not in standing
            and action == "revise"
            and (entry.layer, section, identity) in coming
        ):
            early.setdefault((section, identity), []).append(entry)
        elif identity not in standing:
            message = f"no {kind} {clip(identity)!r} to {action}" + report.hint(identity, standing)
            report.add(entry.problem((keys[0],), message))
        elif action == "revise":
            standing[identity].revise(entry)
        else:
            for name in entry.row:
                if name not in keys:
                    message = "a retraction names the record and nothing else"
                    report.add(entry.problem((name,), message))
            del standing[identity]
            retracted[section, identity] = entry
    return drafts, strays, retracted


def _keys(entry: Entry) -> list[str]:
    """Return the fields that together name the record that an entry speaks of."""
    first, joint, second = IDENTITY.get(entry.section, ("id", "", ""))
    keys = [first, second] if joint else [first]
    if entry.section in STAGED and isinstance(entry.row.get("stage"), str):
        keys.append("stage")
    return keys


def _named(entry: Entry) -> tuple[str, str | None]:
    """Return the section and identity of what an entry speaks of; no identity if it names none."""
    first, joint, second = IDENTITY.get(entry.section, ("id", "", ""))
    parts = [entry.row.get(key) for key in ([first, second] if joint else [first])]
    if not all(isinstance(part, str) for part in parts):
        return entry.section, None
    if "stage" in _keys(entry) and joint != "@":
        joint = f"@{entry.row['stage']}{joint}"
    return entry.section, joint.join(map(str, parts))


def _adds(entry: Entry) -> bool:
    return bool(entry.row.get("action", "add") == "add")


def _take_as_measured(draft: Draft, report: Report) -> None:
    """Give a record the provenance that its id tells.

    Evidence was once exported without the field: its id said so alone, and still does.
    """
    if draft.row.get("provenance") is None:
        draft.row["provenance"] = "measured"
    elif draft.row["provenance"] == "published":
        message = f"should be measured, as ids that begin with {_MEASURED} are of measurements"
        report.add(draft.problem(("provenance",), message))
