"""The service at ``/mcp``: a real server, its keys, hosts, limits and turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from asking import Asking
from heavy import entangled
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from mcp_calls import CALLS, call, said
from served import threaded

from crosscurrent.api.app import create_app
from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.settings import Settings, SettingsError, read_settings
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import MissingExtra

JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@contextmanager
def serving(tmp_path: Path, **given: Any) -> Iterator[httpx2.Client]:
    """Serve in a thread; yield a client without a key."""
    settings = Settings(**{"data": str(tmp_path / "data"), "mcp": True, **given})
    app = Asking(settings).app
    with threaded(app) as client:
        yield client


def calling(
    client: httpx2.Client, key: str | None, calls: list[tuple[str, dict[str, Any]]], mode: str
) -> tuple[set[str], list[CallToolResult]]:
    """Return the names of the tools that are listed, and the results of calls."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def within() -> tuple[set[str], list[CallToolResult]]:
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            transport = streamable_http_client(f"{client.base_url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as asking:
                listed = {tool.name for tool in (await asking.list_tools()).tools}
                return listed, [await asking.call_tool(*each) for each in calls]

    return anyio.run(within)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_with_a_key_lists_the_tools_and_calls_each(
    tmp_path: Path, kb: KnowledgeBase, mode: str
) -> None:
    file = KeyFile(str(tmp_path / "keys.json"))
    key = file.add("anna")
    with serving(tmp_path, keys=file.path) as client:
        listed, results = calling(client, key, CALLS, mode)
        assert listed == {name for name, _ in CALLS}
        for (tool, arguments), result in zip(CALLS, results, strict=True):
            here = call(kb, tool, arguments)
            assert (result.is_error, said(result)) == (False, said(here))
            assert result.structured_content == json.loads(json.dumps(here.structured_content))
        answer = client.post("/mcp", json=LIST, headers=JSON)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        wrong = client.post("/mcp", json=LIST, headers={**JSON, "Authorization": "Bearer cc_x"})
        assert wrong.status_code == 401


def test_a_quota_counts_these_requests_too(tmp_path: Path) -> None:
    file = KeyFile(str(tmp_path / "keys.json"))
    key = file.add("few", 2)
    with serving(tmp_path, keys=file.path) as client:
        headers = {**JSON, "Authorization": f"Bearer {key}"}
        statuses = [client.post("/mcp", json=LIST, headers=headers).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_only_this_machines_names_and_those_that_are_set_are_answered(tmp_path: Path) -> None:
    file = KeyFile(str(tmp_path / "keys.json"))
    key = {"Authorization": f"Bearer {file.add('anna')}"}
    with serving(
        tmp_path, keys=file.path, hosts=("lab.example",), cors_origins=("https://a.example",)
    ) as client:
        for host, origin, status in (
            ("127.0.0.1:80", None, 200),
            ("localhost", None, 200),
            ("lab.example", None, 200),
            ("lab.example:8443", "https://lab.example:8443", 200),
            ("lab.example", "https://a.example", 200),
            ("elsewhere.example", None, 421),
            ("lab.example.elsewhere.example", None, 421),
            ("localhost", "https://elsewhere.example", 403),
        ):
            headers = {**JSON, **key, "Host": host} | ({"Origin": origin} if origin else {})
            answer = client.post("/mcp", json=LIST, headers=headers)
            assert answer.status_code == status, (host, origin)
        assert client.get("/mcp", headers=key).status_code == 405
        assert client.delete("/mcp", headers=key).headers["allow"] == "POST"
        broken = client.post("/mcp", content=b"{", headers={**JSON, **key})
        assert (broken.status_code, broken.json()["error"]["code"]) == (400, -32700)
        large = client.post("/mcp", content=b" " * 3_000_000, headers={**JSON, **key})
        assert large.status_code == 413
    with serving(tmp_path) as client:
        refused = client.post("/mcp", json=LIST, headers={**JSON, "Host": "elsewhere.example"})
        assert refused.status_code == 421


def test_a_costly_question_is_refused_and_others_are_answered(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name, text in entangled(18).items():
        (own / name).write_text(text, encoding="utf-8")
    defenses = [f"defense_{i}" for i in range(18)]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("combine", {"defenses": defenses}),
        ("predict", {"defense": "RD1", "risk": "P1"}),
    ]
    with serving(tmp_path, knowledge=(str(own),), max_seconds=1) as client:
        _, (costly, other) = calling(client, None, calls, "auto")
    assert costly.is_error
    assert said(costly).startswith("this would take more than 1 s")
    assert said(costly).endswith("name fewer defenses, or some at other stages: DEFENSE@STAGE")
    assert not other.is_error


def test_the_log_names_the_route_and_the_key(tmp_path: Path) -> None:
    file = KeyFile(str(tmp_path / "keys.json"))
    key = file.add("anna")
    asking = Asking(Settings(data=str(tmp_path / "data"), mcp=True, keys=file.path))
    with asking:
        headers = {**JSON, "Authorization": f"Bearer {key}"}
        assert asking.post("/mcp", json=LIST, headers=headers).status_code == 200
    (line,) = (each for each in asking.lines if each["event"] == "request")
    assert (line["route"], line["key"], line["status"]) == ("/mcp", "anna", 200)


def test_it_is_off_unless_it_is_set(tmp_path: Path) -> None:
    asking = Asking(Settings(data=str(tmp_path / "data")))
    with asking:
        assert asking.post("/mcp", json=LIST, headers=JSON).status_code == 404


def test_it_does_not_start_without_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscurrent.api.mcp.extra.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"pip install 'crosscurrent\[mcp\]'"):
        create_app(Settings(data=str(tmp_path / "data"), mcp=True))


@pytest.mark.parametrize("name", ["https://lab.example", "lab.example:80", "**", ""])
def test_hosts_are_names(name: str) -> None:
    with pytest.raises(SettingsError, match=r"no host's name, such as lab\.example"):
        read_settings({"hosts": [name]})
    assert read_settings({"hosts": ["lab.example", "[::1]"]}).hosts[1] == "[::1]"
