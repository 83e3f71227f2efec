"""Tools in this process: what is listed, what each answers, and what is said of bad arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from heavy import entangled
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError
from mcp.types import ListToolsResult
from mcp_calls import CALLS, SAME, asking, call, said

from crosscurrent.api.answers import lookups, predictions
from crosscurrent.api.mcp.server import KNOWLEDGE, SOURCES
from crosscurrent.api.mcp.tools import TOOLS
from crosscurrent.api.text import assessments
from crosscurrent.knowledge import KnowledgeBase, load


@pytest.fixture(scope="module")
def listed(kb: KnowledgeBase) -> ListToolsResult:
    return asking(kb, lambda client: client.list_tools())


def closed(schema: Any) -> Any:
    """Return a schema whose objects have only the members that it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(each) for key, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.parametrize(("tool", "arguments", "words"), SAME, ids=[str(each) for each in SAME])
def test_a_tool_returns_the_document_that_the_command_prints(
    kb: KnowledgeBase,
    command: Callable[..., Any],
    tool: str,
    arguments: dict[str, Any],
    words: list[str],
) -> None:
    result = call(kb, tool, arguments)
    assert not result.is_error
    assert result.structured_content == command(*words)


def test_every_tool_is_called_here_and_all_only_read(listed: ListToolsResult) -> None:
    assert {tool.name for tool in listed.tools} == {name for name, _ in CALLS}
    for tool in listed.tools:
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
        assert (hints.destructive_hint, hints.open_world_hint) == (False, False)
        assert tool.title
        assert tool.description


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=[str(each) for each in CALLS])
def test_an_answer_fits_its_schema_and_names_its_knowledge_and_works(
    kb: KnowledgeBase, listed: ListToolsResult, tool: str, arguments: dict[str, Any]
) -> None:
    (about,) = (each for each in listed.tools if each.name == tool)
    result = call(kb, tool, arguments)
    document = result.structured_content
    assert about.output_schema is not None
    assert about.output_schema["type"] == "object"
    Draft202012Validator(about.output_schema).validate(document)
    root = {**about.output_schema}
    if "properties" not in root:  # a union of documents
        del root["type"]
    Draft202012Validator(closed(root)).validate(document)
    assert result.meta is not None
    assert result.meta[KNOWLEDGE] == kb.digest
    assert result.meta[SOURCES]
    assert set(result.meta[SOURCES]) <= set(kb.references)
    text = said(result)
    assert f"knowledge {kb.digest[:19]}" in text
    assert f"[{result.meta[SOURCES][0]}]" in text


def test_the_works_of_an_answer_are_those_that_it_cites(kb: KnowledgeBase) -> None:
    result = call(kb, "predict", {"defense": "RD1", "risk": "P1"})
    document = predictions.prediction(kb, "RD1", "P1")
    cited = {work for each in document["observations"] for work in each["sources"]}
    cited |= {work for each in document["paths"] for work in each["sources"]}
    assert result.meta is not None
    assert {work.partition("#")[0] for work in cited} <= set(result.meta[SOURCES])
    published = next(each for each in document["assessment"]["voices"] if each["works"])
    assert result.meta[SOURCES][0] in {w for works in published["works"].values() for w in works}
    # what a plan expects has no sources of its own: they are those of the predictions behind it
    planned = call(kb, "plan", {"protect": ["evasion"], "have": ["RD1"], "max": 1})
    assert planned.meta is not None
    behind = predictions.prediction(kb, "RD1", "evasion")["observations"]
    named = {work.partition("#")[0] for each in behind for work in each["sources"]}
    assert named <= set(planned.meta[SOURCES])


def test_the_text_says_what_the_command_says(kb: KnowledgeBase) -> None:
    document = predictions.prediction(kb, "dp", "F")
    text = said(call(kb, "predict", {"defense": "dp", "risk": "F"}))
    assert text.startswith(assessments.spoken(kb, document))
    assert assessments.reason(kb, document) in text
    found = call(kb, "plan", {"protect": ["R1"], "max": 1})
    many = len(found.structured_content["plans"])
    assert said(found).startswith(f"{many} plans to protect against evasion.\n1. ")
    conflict = said(call(kb, "combine", {"defenses": ["RD3@pre", "RD2@in"]}))
    assert (
        "conflict: no order keeps every defense effective (by the rule, as published)" in conflict
    )
    file = "deployment: 1\nname: x\ndefenses: [{defense: PD1}, {defense: RD1}]\n"
    assessed = call(kb, "assess", {"deployment": file})
    rising = {each["risk"]: each for each in assessed.structured_content["risks"]}
    likely = f"{rising['membership_inference']['likelihood']:.0%}".replace("%", " %")
    told = (
        f"Membership inference: pulled both ways, {likely} likely to rise by adversarial_training."
    )
    assert told in said(assessed).splitlines()
    others = [risk for risk in kb.risks if risk != "evasion"]
    none = said(call(kb, "plan", {"protect": ["evasion"], "avoid": others, "max": 1}))
    assert none.startswith("0 plans to protect against evasion.\nNear miss (")


def test_the_overview_is_the_matrix_without_reasons(kb: KnowledgeBase) -> None:
    document = call(kb, "matrix", {}).structured_content
    whole = predictions.matrix(kb)["predictions"]
    assert [(each["defense"], each["risk"]) for each in document["cells"]] == [
        (each["defense"], each["risk"]) for each in whole
    ]
    for cell, each in zip(document["cells"], whole, strict=True):
        answer = each["assessment"]
        told = (cell["expect"], cell["likelihood"], cell["grade"], cell["intended"])
        assert told == (
            answer["expect"], answer["likelihood"], answer["grade"], each["intended"]
        )  # fmt: skip
    assert len(json.dumps(document)) < len(json.dumps(predictions.matrix(kb))) / 20


@pytest.mark.parametrize(
    "text", ["RD1", "adversarial training", "Madry training", "adversarial tr"]
)
def test_a_search_finds_a_record_by_each_of_its_names_first(kb: KnowledgeBase, text: str) -> None:
    assert lookups.search(kb, text)["records"][0]["id"] == "adversarial_training"


def test_a_search_takes_every_word_and_only_these_sections(kb: KnowledgeBase) -> None:
    found = lookups.search(kb, "song 2019 robust", ["references"])
    assert "song2019privacy" not in {each["id"] for each in found["records"]}
    found = lookups.search(kb, "SONG 2019", ["references"])
    assert found["records"][0]["id"] == "song2019privacy"
    few = lookups.search(kb, "privacy", limit=2)
    assert len(few["records"]) == 2 < few["found"]
    assert {each["section"] for each in lookups.search(kb, "a", ["risks"])["records"]} <= {"risks"}
    assert lookups.search(kb, "?!")["found"] == 0


def test_sources_are_the_references_in_the_order_asked(kb: KnowledgeBase, command: Any) -> None:
    whole = {each["id"]: each for each in command("kb", "show", "references")["references"]}
    asked = ["song2019privacy", "duddu2024sok#table-2", "duddu2024sok"]
    found = lookups.sources(kb, asked)["references"]
    assert found == [whole["song2019privacy"], whole["duddu2024sok"]]


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        (
            "predict",
            {"defense": "adverserial_training"},
            "unknown defense 'adverserial_training' (did you mean adversarial_training?)",
        ),
        ("predict", {"defense": "zzz"}, "unknown defense 'zzz' (search_knowledge finds names)"),
        ("predict", {}, "defense: Field required"),
        ("predict", {"defense": 3}, "defense: Input should be a valid string"),
        ("predict", {"defense": "RD1" * 100}, "defense: String should have at most 200 characters"),
        (
            "predict",
            {"defense": "RD1", "rsk": "P1"},
            "rsk: there is no such argument (did you mean risk?)",
        ),
        ("matrix", {"risk": "P1"}, "risk: there is no such argument (there are none)"),
        (
            "what_if",
            {"defense": "RD1"},
            "nothing is assumed: give raise, lower, hold, adversary or given",
        ),
        (
            "what_if",
            {"defense": "RD1", "raise": ["D2"], "hold": ["D2"]},
            "tail_length",
        ),
        (
            "what_if",
            {"defense": "RD1", "adversary": {"rle": "x"}},
            "unknown adversary characteristic 'rle' (did you mean role?)",
        ),
        ("combine", {"defenses": []}, "defenses: List should have at least 1 item"),
        ("combine", {"defenses": ["RD1"] * 51}, "defenses: List should have at most 50 items"),
        ("collude", {"attacks": ["P1", "P1"]}, "an attack is given twice"),
        ("attack_chains", {"target": "P1", "limit": 0}, "limit: Input should be greater than"),
        ("search_knowledge", {"text": "x", "sections": ["rsks"]}, "sections.0: Input should be"),
        ("show_record", {"name": "evasoin"}, "(did you mean evasion?)"),
        ("sources", {"ids": ["song2019\x1b[31m"]}, "unknown reference 'song2019�[31m'"),
    ],
)
def test_bad_arguments_are_an_error_of_the_tool_that_says_what_to_do(
    kb: KnowledgeBase, tool: str, arguments: dict[str, Any], message: str
) -> None:
    result = call(kb, tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    assert message in said(result)


def test_a_tool_that_there_is_not_is_an_error_of_the_protocol(kb: KnowledgeBase) -> None:
    with pytest.raises(BaseExceptionGroup) as raised:
        call(kb, "predct", {})
    error: BaseException = raised.value
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, MCPError)
    assert "there is no tool 'predct' (there is predict)" in str(error)


def test_a_question_that_takes_too_much_is_refused_with_what_to_ask_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crosscurrent.api.mcp.stdio._SECONDS", 0.05)
    files = {name: text.encode() for name, text in entangled(18).items()}
    large = load([files])
    result = call(large, "combine", {"defenses": list(large.defenses)})
    assert result.is_error
    assert said(result).startswith("this would take more than 0.05 s")
    assert said(result).endswith("name fewer defenses, or some at other stages: DEFENSE@STAGE")


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema within one."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from parts(each)


def test_arguments_are_bounded_described_and_show_the_names_that_are_known(
    listed: ListToolsResult, kb: KnowledgeBase
) -> None:
    shown: set[str] = set()
    for tool in listed.tools:
        assert tool.input_schema["additionalProperties"] is False
        for name, about in tool.input_schema.get("properties", {}).items():
            assert about.get("description"), (tool.name, name)
        for each in parts(tool.input_schema):
            if each.get("type") == "string":
                assert {"maxLength", "enum"} & set(each), tool.name
            if each.get("type") == "array":
                assert "maxItems" in each, tool.name
            if each.get("type") == "integer":
                assert {"minimum", "maximum"} <= set(each), tool.name
            shown.update(map(str, each.get("examples", [])))
            assert not {key for key in each if key.startswith("x-")}
    known = {*kb.defenses, *kb.risks, *kb.factors, *kb.attacks}
    assert shown == known
    (what_if,) = (tool for tool in listed.tools if tool.name == "what_if")
    roles = what_if.input_schema["properties"]["adversary"]["properties"]["role"]
    assert roles["enum"] == list(kb.adversary["role"].values)


def test_clients_of_the_older_protocol_are_answered_the_same(kb: KnowledgeBase) -> None:
    arguments = {"defense": "RD1", "risk": "P1"}
    old = asking(kb, lambda client: client.call_tool("predict", arguments), "legacy")
    new = call(kb, "predict", arguments)
    assert (old.structured_content, said(old)) == (new.structured_content, said(new))
    tools = asking(kb, lambda client: client.list_tools(), "legacy").tools
    assert all(tool.output_schema for tool in tools)


def test_own_knowledge_is_asked_and_named(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "risks:\n  - {id: own_risk, name: Own risk, pillar: security, meaning: so}\n",
        encoding="utf-8",
    )
    own = load([str(tmp_path)])
    tools = asking(own, lambda client: client.list_tools()).tools
    assert "own_risk" in json.dumps(tools[0].input_schema)
    result = call(own, "predict", {"defense": "RD1", "risk": "own_risk"})
    assert "Nothing is known of what adversarial training does to own risk" in said(result)


def test_the_guide_lists_every_tool_with_its_arguments() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "mcp.md").read_text(encoding="utf-8")
    for tool in TOOLS:
        fields = tool.arguments.model_fields
        names = ", ".join(f"`{field.alias or name}`" for name, field in fields.items())
        assert f"| `{tool.name}` | {tool.title} | {names + ' ' * bool(names)}|" in guide
