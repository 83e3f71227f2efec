"""``show_record``: one record of the knowledge base, with what it takes part in."""

from __future__ import annotations

from typing import Any, cast

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase

from ...answers import catalogue
from ...answers.document_types import Record
from ..tool import Arguments, Tool
from .search_knowledge import Section

__all__ = ["TOOL", "RecordArguments"]


class RecordArguments(Arguments):
    """What `crosscurrent kb show NAME` takes, and the section where two share an id."""

    name: str = Field(
        min_length=1,
        max_length=200,
        description="id, code or alias of any record, such as RD1, membership_inference or"
        " adversarial_training.boundary_distance",
    )
    section: Section | None = Field(
        None, description="which of two records with one id: an attack may be called as its risk"
    )


def _answer(kb: KnowledgeBase, asked: RecordArguments) -> Record:
    return cast("Record", catalogue.record(kb, asked.name, asked.section))


def _told(kb: KnowledgeBase, document: Any) -> str:
    del kb
    record = document["record"]
    code = f", {record['code']}" if record.get("code") else ""
    name = record.get("name") or record.get("title") or record["id"]
    lines = [f"{name} ({record['id']}{code}), one of the {document['section']}."]
    lines += filter(None, [record.get("meaning"), record.get("note")])
    if document["aliases"]:
        lines.append(f"Also called: {', '.join(document['aliases'])}.")
    if document["correlations"]:
        edges = (f"{e['subject']} {e['sign']} {e['factor']}" for e in document["correlations"])
        lines.append(f"Correlations: {', '.join(edges)}.")
    return "\n".join(lines)


TOOL = Tool(
    "show_record",
    "One record",
    "Everything known of one defense, risk, factor, attack, correlation, observation, combination"
    " or cited work: its fields, correlations, aliases, and what MITRE ATLAS, NIST, OWASP and other"
    " catalogues call it.",
    RecordArguments,
    Record,
    _answer,
    _told,
    "ask predict about one pair",
)
