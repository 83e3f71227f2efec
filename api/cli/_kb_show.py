"""``crosscurrent kb show``: what is known, whole, by section, or one record."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from crosscurrent.knowledge import KnowledgeBase, Observation, Record

from ..answers import catalogue
from ..text.names import cite, knowledge_line
from ..text.terminal import Style, columns, paragraph
from ._common import as_json, knowledge, style

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb, name, look = knowledge(arguments), arguments.name, style(arguments)
    if arguments.json:
        if name is None:
            return as_json(catalogue.overview(kb))
        known = name in kb.rows
        return as_json(catalogue.section(kb, name) if known else catalogue.record(kb, name))
    rows = kb.rows
    if name is None:
        return look.finish(_overview(kb, catalogue.counts(rows), look))
    if name in rows:
        return look.finish(f"{_section(kb, name, look)}\n\n{knowledge_line(kb.digest)}")
    section, record = catalogue.find(kb, name, rows)
    body = _record(kb, rows[section][record.id], record, look)
    return look.finish(f"{body}\n\n{knowledge_line(kb.digest)}")


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
            about = look.effect(record.effect) + " (measured)" * record.measured
        elif section == "references":
            about = f"{cite(kb, [identity])}: {record.title or record.topic}"
        else:
            about = getattr(record, "name", "") or getattr(record, "finding", "")
            about += "(measured)" * getattr(record, "measured", False)
        rows.append([getattr(record, "code", None) or "", identity, about])
    return columns(rows, look.width)


def _record(kb: KnowledgeBase, row: Mapping[str, Any], record: Record, look: Style) -> str:
    title = row.get("name") or row.get("title") or record.id
    lines = [look.paint(f"{title} ({type(record).__name__.lower()} {record.id})", "bold"), ""]
    lines += _fields({key: value for key, value in row.items() if key not in ("id", "name")}, look)
    edges = catalogue.edges(kb, record)
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
                [
                    [
                        o.defense,
                        look.effect(o.effect) + " (measured)" * o.measured,
                        o.risk,
                        cite(kb, o.sources),
                    ]
                    for o in seen
                ],
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
