"""Records of the knowledge base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import Defense, Factor, Record, Reference, Risk
from crosscurrent.knowledge.errors import UnknownName

if TYPE_CHECKING:
    from crosscurrent.knowledge import CatalogueMapping, Correlation, KnowledgeBase

__all__ = ["counts", "edges", "find", "overview", "record", "section"]

Rows = Mapping[str, Mapping[str, Any]]

_ALIASED = ("factors", "risks", "defenses", "attacks", "standards")


def overview(kb: KnowledgeBase) -> dict[str, Any]:
    """Answer how many records each section has."""
    return {"kind": "knowledge", "knowledge": kb.digest, "records": counts(kb.rows)}


def section(kb: KnowledgeBase, name: str) -> dict[str, Any]:
    """Answer with all records of a section."""
    records = [_with_id(identity, row) for identity, row in kb.rows[name].items()]
    return {"kind": "section", "knowledge": kb.digest, name: records}


def record(kb: KnowledgeBase, name: str, within: str | None = None) -> dict[str, Any]:
    """Answer with one record, by any of its names, and what it takes part in.

    That is its correlations, its aliases, and what catalogues call it: where none of their entries
    fits, that is said, and where a catalogue is left out it was not looked at. A standard comes
    with its requirements. An attack may have the id of a risk: `within` says which section is
    meant.

    Raises
    ------
    UnknownName
        If there is none.
    """
    rows = kb.rows
    if within is None:
        where, found = find(kb, name, rows)
    else:
        known: Mapping[str, Record] = getattr(kb, within)
        singular = within.removesuffix("s")
        if name not in known:  # those with codes have a method that knows them
            name = getattr(kb, singular)(name).id if hasattr(kb, singular) else name
        if name not in known:
            raise UnknownName(singular, name, list(known))
        where, found = within, known[name]
    told: dict[str, Any] = {
        "kind": "record",
        "knowledge": kb.digest,
        "section": where,
        "record": _with_id(found.id, rows[where][found.id]),
        "correlations": [rows["correlations"][edge.id] for edge in edges(kb, found)],
        "aliases": list(kb.aliases_of(found)),
        "mappings": [_mapping(kb, each) for each in kb.mappings_of(found.id)],
    }
    if where == "standards":
        own = kb.requirements_of(found.id)
        told["requirements"] = [_with_id(each.id, rows["requirements"][each.id]) for each in own]
    return told


def counts(rows: Rows) -> dict[str, int]:
    """Count the records of each section."""
    return {section: len(records) for section, records in rows.items()}


def find(kb: KnowledgeBase, name: str, rows: Rows) -> tuple[str, Record]:
    """Return a record with its section; where there is none, sections are suggested as well."""
    try:
        found = kb.find(name)
    except UnknownName as error:
        names = [*rows, *(n for section in rows.values() for n in section)]
        aliases = {alias: who for each in _ALIASED for alias, who in kb.aliases_in(each).items()}
        raise UnknownName("record or section", name, names, aliases) from error
    return next(each for each in rows if getattr(kb, each).get(found.id) is found), found


def edges(kb: KnowledgeBase, found: Record) -> list[Correlation]:
    """Return the correlations that a record takes part in, at whatever stage."""
    if isinstance(found, Defense | Risk):
        return [edge for edge in kb.correlations.values() if edge.subject == found.id]
    if isinstance(found, Factor):
        return [edge for edge in kb.correlations.values() if edge.factor == found.id]
    if isinstance(found, Reference):
        return [edge for edge in kb.correlations.values() if found.id in edge.sources]
    return []


def _mapping(kb: KnowledgeBase, mapping: CatalogueMapping) -> dict[str, Any]:
    """Describe a mapping, with the catalogue and its edition; without a match there is no entry."""
    catalogue = kb.catalogues[mapping.catalogue]
    return {
        "id": mapping.id,
        "catalogue": catalogue.id,
        "name": catalogue.name,
        "edition": catalogue.edition,
        "url": catalogue.url,
        "predicate": mapping.predicate,
        "object": mapping.object,
        "label": mapping.label,
        "page": catalogue.page(mapping.object) if mapping.object else None,
        "stage": mapping.stage,
        "note": mapping.note,
        "sources": list(mapping.sources),
    }


def _with_id(identity: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": identity, **row}
