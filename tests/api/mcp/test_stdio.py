"""The command: a process that a client starts and talks with over its standard streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from commands import Ask
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_calls import CALLS, said

from crosscurrent.knowledge import KnowledgeBase

COMMAND = str(Path(sys.executable).with_name("crosscurrent"))

PROCESS = StdioServerParameters(command=COMMAND, args=["mcp"], env=dict(os.environ))


def test_a_client_starts_the_command_lists_the_tools_and_calls_each(kb: KnowledgeBase) -> None:
    async def within() -> None:
        async with Client(PROCESS) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == {name for name, _ in CALLS}
            for tool, arguments in dict(CALLS).items():
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, said(result)
                assert f"knowledge {kb.digest[:19]}" in said(result)
            refused = await client.call_tool("predict", {"defense": "adverserial_training"})
            assert refused.is_error

    anyio.run(within)


def test_nothing_that_is_no_message_is_written_and_bad_input_ends_nothing() -> None:
    done = subprocess.run(
        [COMMAND, "mcp"],
        input=b"not JSON\n{}\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_broken_knowledge_is_told_before_any_client_is_answered(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("risks:\n  - {id: x}\n", encoding="utf-8")
    status, out, err = ask("mcp", "--knowledge", str(tmp_path))
    assert (status, out) == (2, "")
    assert "own.yaml:2" in err


def test_without_the_extra_it_says_how_to_install_it(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscurrent.api.mcp.extra.find_spec", lambda _: None)
    status, out, err = ask("mcp")
    assert (status, out) == (2, "")
    assert "pip install 'crosscurrent[mcp]'" in err


def test_other_commands_do_not_import_the_sdk() -> None:
    script = (
        "import sys\nfrom contextlib import suppress\nfrom crosscurrent.api.cli import main\n"
        "for words in (['--help'], ['mcp', '--help'], ['predict', 'RD1', '--json']):\n"
        "    with suppress(SystemExit): main(words)\n"
        "assert not {'mcp', 'pydantic', 'anyio'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
