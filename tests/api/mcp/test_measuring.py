"""The tool that measures, which is there only where it was allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from anyio import from_thread
from commands import Ask
from jsonschema import Draft202012Validator
from mcp import Client
from mcp_calls import asking, said

from crosscurrent.api.mcp.measuring import validate
from crosscurrent.api.mcp.server import KNOWLEDGE, make_server
from crosscurrent.api.mcp.stdio import bounded_run
from crosscurrent.api.mcp.tools import TOOLS
from crosscurrent.knowledge import KnowledgeBase

T = TypeVar("T")

PAIR = {"defense": "group_fairness", "risk": "evasion"}
SMALL = {**PAIR, "model": "mlp-s", "seeds": 2, "settings": ["training.epochs=1"]}


@pytest.fixture
def within(kb: KnowledgeBase, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that lets another one ask a server that may measure."""
    tool = validate(str(tmp_path / "results.sqlite"))

    def run(ask: Callable[[Client], Awaitable[T]]) -> T:
        async def inside() -> T:
            server = make_server(kb, bounded_run, [*TOOLS, tool])
            async with Client(server) as client:
                return await ask(client)

        return anyio.run(inside)

    return run


def test_it_measures_what_the_command_would_and_tells_how_far_it_is(
    kb: KnowledgeBase, within: Callable[..., Any], command: Callable[..., Any], tmp_path: Path
) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def notice(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async def ask(client: Client) -> Any:
        (tool,) = (t for t in (await client.list_tools()).tools if t.name == "validate")
        arguments = {**SMALL, "settings": ["training.epochs=1", "data.records=600"]}
        result = await client.call_tool("validate", arguments, progress_callback=notice)
        return tool, result

    tool, result = within(ask)
    assert tool.annotations.read_only_hint is False
    assert not result.is_error, said(result)
    words = "group_fairness evasion --model mlp-s --seeds 2 --set training.epochs=1".split()
    store = ["--set", "data.records=600", "--store", str(tmp_path / "results.sqlite")]
    assert result.structured_content == command("validate", *words, *store)
    Draft202012Validator(tool.output_schema).validate(result.structured_content)
    assert result.meta[KNOWLEDGE] == kb.digest
    assert f"verdict: {result.structured_content['verdict']}" in said(result)
    messages = [message for _, _, message in told]
    assert messages[0] == "0 of 4 trials finished"
    assert messages[-1] == "4 of 4 trials finished"
    assert all(total == told[0][1] for _, total, _ in told)
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dataset": "/etc/passwd"}, "dataset /etc/passwd: "),
        ({"model": "os:system"}, "model os:system: this service imports no such module"),
        ({"defense": "os:system"}, "imports no path that a client names"),
        ({"defense": "group_farness"}, "(did you mean group_fairness or "),
        ({"seeds": 1000}, "seeds: Input should be less than or equal to 20"),
        ({"device": "cuda"}, "device: there is no such argument"),
        ({"settings": ["epochs"]}, "should be GROUP.NAME=VALUE"),
    ],
)
def test_clients_name_neither_code_nor_files_nor_devices(
    within: Callable[..., Any], given: dict[str, Any], message: str
) -> None:
    result = within(lambda client: client.call_tool("validate", {**SMALL, **given}))
    assert result.is_error
    assert message in said(result)


def test_one_measurement_runs_at_a_time(
    within: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = []

    async def ask(client: Client) -> Any:
        def measure(*_: Any, **__: Any) -> Any:
            others.append(from_thread.run(client.call_tool, "validate", PAIR))
            others.append(from_thread.run(client.call_tool, "predict", PAIR))
            raise AssertionError("nothing is measured here")

        monkeypatch.setattr("crosscurrent.validator.measurements.measure", measure)
        with pytest.raises(Exception, match="Internal server error"):
            await client.call_tool("validate", PAIR)

    within(ask)
    assert said(others[0]) == "another measurement runs here: wait until it is finished"
    assert not others[1].is_error


def test_one_that_the_client_gives_up_ends_with_its_next_step(
    within: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = []

    async def ask(client: Client) -> None:
        with anyio.CancelScope() as scope:

            def measure(*_: Any, listener: Any, **__: Any) -> None:
                listener.start(4, 0, 100)
                from_thread.run_sync(scope.cancel)
                happened.append("given up")
                listener.on_work(1)
                happened.append("went on")

            monkeypatch.setattr("crosscurrent.validator.measurements.measure", measure)
            await client.call_tool("validate", PAIR)

    within(ask)
    assert happened == ["given up"]


def test_it_is_not_offered_unless_it_is_allowed(
    kb: KnowledgeBase, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = asking(kb, lambda client: client.list_tools()).tools
    assert "validate" not in {tool.name for tool in tools}
    offered = []
    monkeypatch.setattr(
        "crosscurrent.api.mcp.stdio.serve", lambda _, tools: offered.append([*tools])
    )
    assert ask("mcp") == ask("mcp", "--allow-measurements") == (0, "", "")
    assert [len(each) - len(TOOLS) for each in offered] == [0, 1]
    status, _, err = ask("mcp", "--store", "x.sqlite")
    assert status == 2
    assert "add --allow-measurements" in err
    monkeypatch.setattr("crosscurrent.validator.extra.find_spec", lambda _: None)
    status, _, err = ask("mcp", "--allow-measurements")
    assert status == 2
    assert "pip install 'crosscurrent[validate]'" in err
