"""``crosscurrent kb show``: what is known, whole, by section, or one record."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from knowledge import (
    Correlation,
    Defense,
    Factor,
    KnowledgeBase,
    Observation,
    Record,
    Reference,
    Risk,
)
from knowledge.errors import UnknownName

from ._common import as_json, knowledge, style
from ._text import Style, cite, columns, knowledge_line, paragraph

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb, name, look = knowledge(arguments), arguments.name, style(arguments)
    rows = kb.rows
    if name is None:
        counts = {section: len(records) for section, records in rows.items()}
        if arguments.json:
            return as_json({"knowledge": kb.digest, "records": counts})
        return look.finish(_overview(kb, counts, look))
    if name in rows:
        if arguments.json:
            records = [_with_id(identity, row) for identity, row in rows[name].items()]
            return as_json({"knowledge": kb.digest, name: records})
        return look.finish(f"{_section(kb, name, look)}\n\n{knowledge_line(kb.digest)}")
    section, record = _find(kb, name, rows)
    row = rows[section][record.id]
    if arguments.json:
        return as_json(
            {
                "knowledge": kb.digest,
                "section": section,
                "record": _with_id(record.id, row),
                "correlations": [rows["correlations"][edge.id] for edge in _edges(kb, record)],
            }
        )
    return look.finish(f"{_record(kb, row, record, look)}\n\n{knowledge_line(kb.digest)}")


def _find(
    kb: KnowledgeBase, name: str, rows: Mapping[str, Mapping[str, Any]]
) -> tuple[str, Record]:
    try:
        record = kb.find(name)
    except UnknownName as error:
        names = [*rows, *(n for section in rows.values() for n in section)]
        raise UnknownName("record or section", name, names) from error
    section = next(section for section in rows if getattr(kb, section).get(record.id) is record)
    return section, record


def _with_id(identity: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": identity, **row}


def _edges(kb: KnowledgeBase, record: Record) -> list[Correlation]:
    if isinstance(record, Defense | Risk):
        return list(kb.edges(record.id).values())
    if isinstance(record, Factor):
        return [edge for edge in kb.correlations.values() if edge.factor == record.id]
    if isinstance(record, Reference):
        return [e for e in kb.correlations.values() if record.id in e.sources]
    return []


def _overview(kb: KnowledgeBase, counts: Mapping[str, int], look: Style) -> str:
    lines = [look.paint("Knowledge", "bold"), f"  {kb.digest}", ""]
    for section, count in counts.items():
        records = getattr(kb, section)
        names = [f"{r.code}={i}" if getattr(r, "code", None) else i for i, r in records.items()]
        shown = ", ".join(names) if count <= 10 else f"such as {', '.join(names[:2])}"
        lines += [f"  {section} ({count})", paragraph(shown, look.width, "    ")]
    lines += ["", "more: crosscurrent kb show factors, or any name above"]
    return "\n".join(lines)


def _section(kb: KnowledgeBase, section: str, look: Style) -> str:
    rows = []
    for identity, record in getattr(kb, section).items():
        if section == "adversary":
            about = (" < " if record.ordered else ", ").join(record.values)
        elif section == "correlations":
            about = f"{record.sign}  {cite(kb, record.sources)}"
        elif section == "observations":
            about = look.effect(record.effect)
        elif section == "references":
            about = f"{cite(kb, [identity])}: {record.title or record.topic}"
        else:
            about = getattr(record, "name", "") or getattr(record, "finding", "")
        rows.append([getattr(record, "code", None) or "", identity, about])
    return columns(rows, look.width)


def _record(kb: KnowledgeBase, row: Mapping[str, Any], record: Record, look: Style) -> str:
    title = row.get("name") or row.get("title") or record.id
    lines = [look.paint(f"{title} ({type(record).__name__.lower()} {record.id})", "bold"), ""]
    lines += _fields({key: value for key, value in row.items() if key not in ("id", "name")}, look)
    edges = _edges(kb, record)
    if edges:
        lines += ["", look.paint("Correlations", "bold")]
        rows = [[e.subject, e.sign, e.factor, cite(kb, e.sources)] for e in edges]
        lines.append(columns(rows, look.width))
    seen = [
        o for o in kb.observations.values()
        if record.id in (o.defense, o.risk, *o.sources) and o.effect != "unexplored"
    ]  # fmt: skip
    if seen and not isinstance(record, Observation):
        lines += ["", look.paint("Observations", "bold")]
        lines.append(
            columns(
                [[o.defense, look.effect(o.effect), o.risk, cite(kb, o.sources)] for o in seen],
                look.width,
            )
        )
    if isinstance(record, Observation):
        tested = kb.experiments_on(record.defense, record.risk)
        lines += [f"  numbers: crosscurrent kb show {each.id}" for each in tested]
    return "\n".join(lines)


def _fields(value: Any, look: Style, depth: int = 1) -> Iterator[str]:
    """Write nested fields as indented lines."""
    indent = "  " * depth
    for key, inner in value.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield f"{indent}{key}:"
            for item in inner:
                text = ", ".join(f"{k}: {_plain(v)}" for k, v in item.items())
                yield paragraph(f"- {text}", look.width, f"{indent}  ")
        else:
            yield paragraph(f"{key}: {_plain(inner)}", look.width, indent)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{k}={_plain(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return "yes" if value is True else "no" if value is False else str(value)
