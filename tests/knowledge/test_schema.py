"""The published JSON Schema says what the reader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from crosscurrent.knowledge._files import LITERATURE, PAPERS
from crosscurrent.knowledge._records import KINDS
from crosscurrent.knowledge.schema import schema

FILES = sorted(file for folder in (PAPERS, LITERATURE) for file in Path(folder).glob("*.yaml"))
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "my-knowledge" / "audit.yaml"


@pytest.fixture(scope="module")
def validator() -> Any:
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("path", [*FILES, EXAMPLE], ids=lambda path: path.name)
def test_every_file_we_ship_is_valid(validator: Any, path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(content)] == []
    head = path.read_text(encoding="utf-8").split("\n\n")[0]
    (line,) = [line for line in head.splitlines() if "yaml-language-server" in line]
    assert (path.parent / line.partition("$schema=")[2]).resolve().is_file()


EDGE = {"subject": "evasion", "factor": "tail_length", "sign": "+", "sources": ["a"]}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"correlation": []},
        {"correlations": {}},
        {"correlations": [{**EDGE, "sign": "x"}]},
        {"correlations": [{**EDGE, "sing": "+"}]},
        {"correlations": [{**EDGE, "sources": []}]},
        {"correlations": [{**EDGE, "action": "delete"}]},
        {"correlations": [{k: v for k, v in EDGE.items() if k != "sign"}]},
        {"correlations": [{"action": "retract", "subject": "evasion"}]},
        {"references": [{"id": "A b", "status": "confirmed"}]},
        {"references": [{"id": "a", "status": "confirmed", "arxiv": 2312.0}]},
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(validator: Any, content: Any) -> None:
    assert list(validator.iter_errors(content))


@pytest.mark.parametrize(
    "content",
    [
        {"correlations": [EDGE]},
        {"correlations": [{**EDGE, "action": "add", "note": "n"}]},
        {"correlations": [{"action": "revise", "subject": "evasion", "factor": "f", "sign": "0"}]},
        {"correlations": [{"action": "retract", "subject": "evasion", "factor": "f"}]},
        {"factors": [{"action": "revise", "id": "tail_length", "note": None}]},
    ],
)
def test_what_the_reader_accepts_the_schema_accepts(validator: Any, content: Any) -> None:
    assert [error.message for error in validator.iter_errors(content)] == []


def test_every_field_is_described() -> None:
    for record_type in KINDS.values():
        for name, field in schema()["$defs"][record_type.__name__]["properties"].items():
            assert field.get("description"), f"{record_type.__name__}.{name}"
