"""Mappings leave as SSSOM 1.0, which its schema and its rules accept."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml
from strategies import random_base

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.sssom import sssom

SCHEMA = Path(__file__).parents[1] / "golden" / "sssom-1.0.schema.json"
BUILT_IN_PREFIXES = {"owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd", "linkml"}
IDENTIFIERS = ("subject_id", "predicate_id", "object_id", "mapping_justification", "object_source")


class Parsed(NamedTuple):
    metadata: dict[str, Any]
    columns: list[str]
    rows: list[dict[str, str]]


def parse(text: str) -> Parsed:
    """Read SSSOM/TSV as its specification has it."""
    lines = text.split("\n")
    head = [line for line in lines if line.startswith("#")]
    assert lines[: len(head)] == head
    assert lines[-1] == ""
    metadata = yaml.safe_load("\n".join(line[1:] for line in head))
    body = "\n".join(lines[len(head) :])
    reader = csv.DictReader(io.StringIO(body), delimiter="\t", strict=True)
    rows = list(reader)
    assert all(None not in row and None not in row.values() for row in rows)
    return Parsed(metadata, list(reader.fieldnames or ()), rows)


@pytest.fixture(scope="module")
def parsed(kb: KnowledgeBase) -> Parsed:
    return parse(sssom(kb, built_in=True))


def complaints(found: Parsed) -> list[str]:
    """Return what the JSON Schema of a mapping set finds wrong."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    whole = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/MappingSet"}
    rows = [{name: value for name, value in row.items() if value} for row in found.rows]
    checker = jsonschema.Draft201909Validator(whole)
    return [each.message for each in checker.iter_errors({**found.metadata, "mappings": rows})]


def test_the_schema_accepts_what_is_written(parsed: Parsed) -> None:
    assert complaints(parsed) == []
    assert len(parsed.rows) > 100


def test_the_schema_would_tell_if_it_were_wrong(parsed: Parsed) -> None:
    broken = [{**parsed.rows[0], "mapping_justification": "semapv:Guess", "color": "red"}]
    told = complaints(parsed._replace(rows=broken))
    assert any("'color' was unexpected" in each for each in told)
    assert any("'semapv:Guess'" in each for each in told)
    assert complaints(parsed._replace(metadata={"license": "https://example.org"}))


def test_every_prefix_is_declared_and_none_for_nothing(parsed: Parsed) -> None:
    used = set()
    for row in parsed.rows:
        for name in IDENTIFIERS:
            prefix, colon, local = row[name].partition(":")
            assert colon, row
            assert re.fullmatch(r"[A-Za-z_][\w.-]*", prefix)
            assert re.fullmatch(r"(%[0-9A-F]{2}|[\w.~@()/-])+", local), row[name]
            used.add(prefix)
    declared = parsed.metadata["curie_map"]
    assert used - BUILT_IN_PREFIXES == set(declared)
    assert list(declared) == sorted(declared)
    assert len(set(declared.values())) == len(declared)


def test_columns_and_rows_are_in_the_canonical_order(parsed: Parsed) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert set(parsed.columns) <= set(schema["$defs"]["Mapping"]["properties"])
    assert parsed.columns[:4] == ["subject_id", "subject_label", "predicate_id", "object_id"]
    cells = [tuple(row.values()) for row in parsed.rows]
    assert cells == sorted(cells)
    assert "confidence" not in parsed.columns  # nobody has measured any
    for name in parsed.columns:
        assert any(row[name] for row in parsed.rows), f"{name} is empty throughout"


def test_every_mapping_is_a_row(kb: KnowledgeBase, parsed: Parsed) -> None:
    assert len(parsed.rows) == len(kb.mappings)
    by_entry = {
        (row["subject_id"], row["object_id"], row["object_source"]): row for row in parsed.rows
    }
    assert len(by_entry) == len(parsed.rows)
    for each in kb.mappings.values():
        kind = "defense" if each.subject in kb.defenses else "risk"
        subject = f"crosscurrent.{kind}:{each.subject}" + (f"@{each.stage}" if each.stage else "")
        source = f"crosscurrent.catalogue:{each.catalogue}"
        entry = "sssom:NoTermFound"
        if each.object is not None:
            entry = f"{each.catalogue}:{each.object.replace(' ', '%20')}"
        row = by_entry[subject, entry, source]
        assert row["object_source_version"] == kb.catalogues[each.catalogue].edition
        assert row["object_label"] == (each.label or "")
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"
        expected = {"broader": "broad", "narrower": "narrow", "none": "exact"}
        short = expected.get(each.predicate, each.predicate)
        assert row["predicate_id"] == f"skos:{short}Match"


def test_the_set_says_which_knowledge_it_is_of_and_under_which_license(
    kb: KnowledgeBase, parsed: Parsed
) -> None:
    assert parsed.metadata["mapping_set_version"] == kb.digest
    assert parsed.metadata["mapping_set_id"] == "urn:crosscurrent:mappings"
    assert parsed.metadata["license"].endswith("LICENSE-2.0")
    assert parse(sssom(kb)).metadata["license"].endswith("/unspecified")


def test_a_user_s_texts_are_quoted_where_they_have_to_be() -> None:
    text = (
        "catalogues:\n- {id: own, name: Own, edition: 'a \"b\"', publisher: Us,"
        " url: 'https://own.org/[x]', namespace: 'https://own.org/:'}\n"
        "mappings:\n- {id: evasion.own, subject: evasion, catalogue: own, predicate: exact,"
        ' object: "a|b \\"c\\"é", label: "tab\\there", note: \'say "no"\'}\n'
    )
    found = parse(sssom(load([{"own.yaml": text.encode()}], cached=False)))
    assert complaints(found) == []
    (row,) = [row for row in found.rows if row["object_source"] == "crosscurrent.catalogue:own"]
    assert row["object_id"] == "own:a%7Cb%20%22c%22%C3%A9"
    assert (row["object_label"], row["comment"]) == ("tab\there", 'say "no"')
    assert row["object_source_version"] == 'a "b"'
    assert found.metadata["curie_map"]["own"] == "https://own.org/:"
    assert "https://own.org/[x]" in found.metadata["see_also"]


def test_without_mappings_there_is_an_empty_table() -> None:
    found = parse(sssom(random_base(1)))
    assert found.rows == []
    assert found.metadata["curie_map"] == {}
    assert complaints(found) == []
