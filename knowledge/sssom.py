"""What catalogues call our defenses and risks, as SSSOM: a table of mappings that other tools read.

The Simple Standard for Sharing Ontological Mappings, version 1.0, in its canonical TSV form:
https://mapping-commons.github.io/sssom/spec-formats-tsv/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from ._base import KnowledgeBase
    from ._records.names import Catalogue, CatalogueMapping

__all__ = ["OURS", "PREDICATES", "local", "sssom"]

PREDICATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exact": "skos:exactMatch",
        "close": "skos:closeMatch",
        "broader": "skos:broadMatch",
        "narrower": "skos:narrowMatch",
        "related": "skos:relatedMatch",
        "none": "skos:exactMatch",  # that there is no exact match is the least that it says
    }
)
"""What SKOS calls the predicate of a mapping."""

_NO_TERM: Final = "sssom:NoTermFound"
_COLUMNS: Final = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "object_source",
    "object_source_version",
    "comment",
)
OURS: Final = "urn:crosscurrent:"
"""What addresses of our records begin with."""

_LICENSE: Final = "https://www.apache.org/licenses/LICENSE-2.0"
_UNSPECIFIED: Final = "https://w3id.org/sssom/license/unspecified"
_PLAIN: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,\[\]{}]*[^\s,\[\]{}:]")
"""Addresses that YAML takes as they are; it would take one with a colon at its end for a key."""


def sssom(kb: KnowledgeBase, *, built_in: bool = False) -> str:
    """Return all mappings to catalogues as SSSOM/TSV.

    Where no entry of a catalogue fits, ``sssom:NoTermFound`` stands for it. There is no
    ``confidence``: nobody has measured any.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    built_in : bool
        Whether all of it is ours, and under our license.
    """
    used = [each for each in kb.catalogues.values() if _mapped(kb, each)]
    rows = sorted(_row(kb, mapping) for mapping in kb.mappings.values())
    prefixes = {
        "crosscurrent.catalogue": f"{OURS}catalogue:",
        "crosscurrent.defense": f"{OURS}defense:",
        "crosscurrent.risk": f"{OURS}risk:",
        **{each.id: each.namespace or f"{each.url}#" for each in used},
    }
    spoken = {curie.partition(":")[0] for row in rows for curie in (row[0], row[3], row[6])}
    declared = [f"  {name}: {_yaml(prefixes[name])}" for name in sorted(prefixes) if name in spoken]
    head = [
        *(["curie_map:", *declared] if declared else ["curie_map: {}"]),
        f"mapping_set_id: {OURS}mappings",
        f"mapping_set_version: {kb.digest}",
        "mapping_set_title: Names of defenses and risks of machine learning in catalogues",
        f"license: {_LICENSE if built_in else _UNSPECIFIED}",
        *(["see_also:"] if used else []),
        *(f"  - {_yaml(each.url)}" for each in used),
    ]
    return "\n".join([*(f"#{line}" for line in head), *_table(rows)]) + "\n"


def _mapped(kb: KnowledgeBase, catalogue: Catalogue) -> bool:
    return any(each.catalogue == catalogue.id for each in kb.mappings.values())


def _row(kb: KnowledgeBase, mapping: CatalogueMapping) -> tuple[str, ...]:
    """Return the cells of a mapping, in the order of the columns."""
    kind = "defense" if mapping.subject in kb.defenses else "risk"
    name = (kb.defenses if kind == "defense" else kb.risks)[mapping.subject].name
    at = f"@{mapping.stage}" if mapping.stage else ""
    catalogue = kb.catalogues[mapping.catalogue]
    return (
        f"crosscurrent.{kind}:{mapping.subject}{at}",
        name + at,
        PREDICATES[mapping.predicate],
        _NO_TERM if mapping.object is None else f"{catalogue.id}:{local(mapping.object)}",
        mapping.label or "",
        "semapv:ManualMappingCuration",
        f"crosscurrent.catalogue:{catalogue.id}",
        catalogue.edition,
        mapping.note or "",
    )


def local(entry: str) -> str:
    """Return an entry's id as the part of a CURIE behind the prefix."""
    return quote(entry, safe="-._~()/")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of the table, without columns that are empty throughout."""
    kept = [at for at, _ in enumerate(_COLUMNS) if at < 4 or any(row[at] for row in rows)]
    yield "\t".join(_COLUMNS[at] for at in kept)
    for row in rows:
        yield "\t".join(_cell(row[at]) for at in kept)


def _cell(text: str) -> str:
    """Quote what has to be: tabs, line breaks and quotes."""
    if not re.search(r'[\t\r\n"]', text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _yaml(address: str) -> str:
    """Write an address in YAML, in quotes where it would be misread without."""
    return address if _PLAIN.fullmatch(address) else json.dumps(address, ensure_ascii=False)
