"""Limits of a service: no question, head or key may stop it for others, and it ends when told."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import anyio
import httpx2
import pytest
from asking import Asking
from heavy import entangled, numerous, staged
from running import tiny, until
from served import Served, threaded

from crosscurrent.api.jobs.records import Job
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.rest import protocol, response_cache
from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.problems import ProblemError
from crosscurrent.api.rest.turns import Turns

Serve = Callable[..., Asking]

ORDERS = "&".join(f"defense=defense_{i}" for i in range(18))
RISKS = "&".join(f"protect=risk_{i}" for i in range(12))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Served, dict[str, httpx2.Client]]]:
    """Run a service with two keys; return it, and a client of each."""
    file = tmp_path / "keys.json"
    secrets = {name: KeyFile(str(file)).add(name) for name in ("ann", "ben")}
    settings = {"CROSSCURRENT_WORKERS": "none", "CROSSCURRENT_GRACE": "1"}
    service = Served(tmp_path / "data", "--keys", str(file), environment=settings)
    service.start()
    with contextlib.ExitStack() as stack:
        stack.callback(service.close)
        clients = {
            name: stack.enter_context(
                httpx2.Client(
                    base_url=service.client.base_url,
                    headers={"Authorization": f"Bearer {secret}"},
                    timeout=120,
                )
            )
            for name, secret in secrets.items()
        }
        yield service, clients


def put(client: httpx2.Client, name: str, files: Any) -> None:
    """Upload a knowledge set."""
    assert client.put(f"/v1/knowledge/{name}", json={"files": dict(files)}).status_code == 201


def costly(answer: httpx2.Response, less: str) -> None:
    """Look at a problem that says what to ask instead."""
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert told["type"] == "urn:crosscurrent:problem:too-costly"
    assert less in told["detail"]


def test_what_would_compute_for_minutes_is_refused_and_says_what_to_ask(serve: Serve) -> None:
    asking = serve(max_seconds=1)
    put(asking, "orders", entangled(18))
    costly(asking.get(f"/v1/conflicts?{ORDERS}&knowledge=orders"), "name fewer defenses")
    put(asking, "large", numerous(150))
    costly(asking.get("/v1/predictions?knowledge=large"), "one defense at a time")
    costly(asking.get("/v1/knowledge/diff?to=large"), "smaller knowledge sets")
    assert asking.get("/v1/predictions/defense_1?knowledge=large").status_code == 200


def test_plans_of_defenses_with_many_stages_are_answered(serve: Serve) -> None:
    asking = serve(max_seconds=5)
    put(asking, "stages", staged(12))
    document = asking.get(f"/v1/plans?{RISKS}&knowledge=stages").json()
    assert len(document["plans"][0]["order"]) == 12


def test_an_answer_that_is_too_large_is_refused(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = serve()
    monkeypatch.setattr(response_cache, "LARGEST_ANSWER", 1000)
    costly(asking.get("/v1/conflicts"), "name two defenses")
    costly(asking.get("/v1/factors?limit=100"), "ask for fewer (limit)")


def test_a_page_that_would_compute_for_minutes_says_so(serve: Serve) -> None:
    asking = serve(max_seconds=1)
    put(asking, "orders", entangled(18))
    page = asking.get(f"/combine?{ORDERS}&knowledge=orders")
    assert page.status_code == 422
    assert "more than its budget" in page.text


def test_no_question_of_one_key_stops_the_service_for_another(
    served: tuple[Served, dict[str, httpx2.Client]],
) -> None:
    _, clients = served
    put(clients["ann"], "large", numerous(120))
    with ThreadPoolExecutor(8) as pool:
        began = monotonic()
        asked = [pool.submit(clients["ann"].get, "/v1/predictions?knowledge=large")]
        asked += [
            pool.submit(clients["ann"].get, f"/v1/predictions?knowledge=large&_={i}")
            for i in range(3)
        ]
        waits = []
        while not asked[0].done():
            start = monotonic()
            assert clients["ben"].get("/health/live").status_code == 200
            waits.append(monotonic() - start)
        took = monotonic() - began
        # one that computes on the event loop lets nobody else be answered meanwhile
        assert max(waits) < took / 2
        start = monotonic()
        assert clients["ben"].get("/v1/conflicts?defense=RD1&defense=PD1").status_code == 200
        assert monotonic() - start < took
        assert asked[0].result().status_code in (200, 422)


def test_it_ends_in_time_whatever_is_computed(
    served: tuple[Served, dict[str, httpx2.Client]],
) -> None:
    service, clients = served
    put(clients["ann"], "orders", entangled(18))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(clients["ann"].get, f"/v1/conflicts?{ORDERS}&knowledge=orders")
        before = _cpu(service.process.pid)
        until(lambda: _cpu(service.process.pid) > before + 20, "it should compute")
        began = monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        assert monotonic() - began < 15
        with contextlib.suppress(httpx2.TransportError):
            asked.result()


def _cpu(process: int) -> int:
    """Return the ticks for which a process has computed."""
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:
        return sum(map(int, stat.read().rpartition(") ")[2].split()[11:13]))


def linked(client: httpx2.Client) -> socket.socket:
    url = client.base_url
    return socket.create_connection((url.host, url.port or 80), timeout=60)


def read_answer(connection: socket.socket) -> bytes:
    """Read one answer, a JSON object, from a connection that stays open."""
    found = b""
    while not found.endswith(b"}"):
        part = connection.recv(65536)
        assert part, found
        found += part
    return found


def answer_of(connection: socket.socket) -> bytes:
    """Read until the service closes the connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            found += part
    return found


@pytest.mark.parametrize("kind", ["one header", "many headers", "address", "an endless header"])
def test_a_head_that_is_too_large_is_refused_without_a_key(
    served: tuple[Served, dict[str, httpx2.Client]], kind: str
) -> None:
    service, clients = served
    size = protocol.LARGEST_HEAD + 100
    sent = {
        "one header": b"GET /v1/factors HTTP/1.1\r\nX: " + b"x" * size + b"\r\n\r\n",
        "many headers": b"GET /v1/factors HTTP/1.1\r\n" + b"A: b\r\n" * size + b"\r\n",
        "address": b"GET /" + b"x" * size + b" HTTP/1.1\r\n\r\n",
        "an endless header": b"GET /v1/factors HTTP/1.1\r\nX: " + b"x" * 50 * size,
    }[kind]
    with linked(service.client) as connection:
        with contextlib.suppress(ConnectionError):  # it need not read all of that
            connection.sendall(sent)
        head, _, body = answer_of(connection).partition(b"\r\n\r\n")
    if head:  # what was not read may end the connection before the answer is
        assert head.startswith(b"HTTP/1.1 431 ")
        assert json.loads(body)["type"] == "urn:crosscurrent:problem:head-too-large"
    assert clients["ben"].get("/v1/factors").status_code == 200


@pytest.mark.parametrize("kind", ["one header", "many headers", "address", "an endless header"])
def test_a_head_that_is_slightly_too_large_is_told_so(
    serve: Serve, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LARGEST_HEAD", 1000)
    sent = {
        "one header": b"GET /v1/factors HTTP/1.1\r\nX: " + b"x" * 1000 + b"\r\n\r\n",
        "many headers": b"GET /v1/factors HTTP/1.1\r\n" + b"A: b\r\n" * 170 + b"\r\n",
        "address": b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\n\r\n",
        "an endless header": b"GET /v1/factors HTTP/1.1\r\nX: " + b"x" * 1000,
    }[kind]
    with threaded(serve().app, http=protocol.LimitedProtocol) as client, linked(client) as link:
        link.sendall(sent)  # one piece, which is read whole: the answer must come
        head, _, body = answer_of(link).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["type"] == "urn:crosscurrent:problem:head-too-large"


CHUNKED = (
    b" HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.mark.parametrize(
    ("asked", "answers"), [(b"PUT /v1/knowledge/own", 0), (b"POST /health/live", 1)]
)
@pytest.mark.parametrize("endless", [b"0\r\nX: ", b"0\r\n", b"1;"])
def test_what_follows_a_body_has_the_bounds_of_a_head(
    serve: Serve, asked: bytes, answers: int, endless: bytes
) -> None:
    with threaded(serve().app, http=protocol.LimitedProtocol) as client, linked(client) as link:
        link.sendall(asked + CHUNKED + b"1\r\n{\r\n")
        found = read_answer(link) if answers else b""
        more = b"A: b\r\n" if endless == b"0\r\n" else b"xxxxxx"
        with contextlib.suppress(ConnectionError):  # it need not read all of that
            link.sendall(endless + more * protocol.LARGEST_HEAD)
        found += answer_of(link)  # without a bound this waits for more
    assert found.count(b"HTTP/1.1 ") == answers


@pytest.mark.parametrize(
    ("asked", "after"),
    [(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n", b"\r\n"),
     (b"POST /health/live" + CHUNKED, b"1\r\na\r\n")],
    ids=["an empty line", "more of a body"],
)  # fmt: skip
def test_a_connection_with_its_answer_is_not_held(
    serve: Serve, asked: bytes, after: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with threaded(serve().app, http=protocol.LimitedProtocol) as client, linked(client) as link:
        link.sendall(asked)
        assert read_answer(link).startswith(b"HTTP/1.1 ")
        monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
        link.sendall(after)
        assert not answer_of(link)  # without a limit this waits for ever


def test_what_comes_after_an_early_answer_is_read_and_the_next_request_answered(
    serve: Serve,
) -> None:
    with threaded(serve().app, http=protocol.LimitedProtocol) as client, linked(client) as link:
        link.sendall(b"POST /health/live" + CHUNKED)
        assert read_answer(link).startswith(b"HTTP/1.1 405 ")
        link.sendall(b"1\r\na\r\n0\r\n\r\n")
        link.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert read_answer(link).startswith(b"HTTP/1.1 200 ")


def test_nothing_is_kept_of_heads_that_were_refused(serve: Serve) -> None:
    def kept() -> int:
        gc.collect()
        return sum(type(each) is protocol.LimitedProtocol for each in gc.get_objects())

    with threaded(serve().app, http=protocol.LimitedProtocol) as client:
        for _ in range(3):
            with linked(client) as link:
                link.sendall(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * protocol.LARGEST_HEAD)
                answer_of(link)
        until(lambda: kept() == 0, "no connection should be kept", patience=10)


def test_a_head_of_ordinary_size_is_read_in_any_pieces(
    served: tuple[Served, dict[str, httpx2.Client]],
) -> None:
    service, _ = served
    head = b"GET /health/live HTTP/1.1\r\nHost: here\r\nX: " + b"x" * 60_000 + b"\r\n"
    with linked(service.client) as connection:
        for _ in range(2):  # what one request had counts for no other
            for start in range(0, len(head), 7000):
                connection.sendall(head[start : start + 7000])
            connection.sendall(b"\r\n")
            assert read_answer(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: here\r\nX"])
def test_a_head_that_does_not_come_is_not_waited_for(
    serve: Serve, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with threaded(serve().app, http=protocol.LimitedProtocol) as client:
        with linked(client) as connection:
            connection.sendall(sent)
            answer = answer_of(connection)  # without a limit this waits for ever
        assert answer.startswith(b"HTTP/1.1 408 ") if sent else not answer
        assert client.get("/health/live").status_code == 200


def test_a_full_disk_and_a_folder_that_was_taken_away_are_no_readiness(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = serve()
    assert asking.get("/v1/validations").status_code == 200  # the database of jobs is open
    assert asking.get("/health/ready").status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr("crosscurrent.api.rest.service._ROOM", 2**63)
        full = asking.get("/health/ready")
        assert full.status_code == 503
        assert "No space left" in full.json()["detail"]
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    for answer in (asking.get("/health/ready"), asking.post("/v1/validations", json=tiny(1))):
        assert answer.status_code == 503
        assert "removed or replaced" in answer.json()["detail"]


def test_what_a_service_keeps_is_its_own_users_alone(
    served: tuple[Served, dict[str, httpx2.Client]], tmp_path: Path
) -> None:
    _, clients = served
    put(clients["ann"], "own", {"a.yaml": "risks: [{id: evasion, action: revise, name: E}]"})
    assert clients["ann"].get("/v1/validations").status_code == 200
    for place in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        assert place.stat().st_mode & 0o077 == 0, place


def test_a_key_has_so_many_streams_and_no_more(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = serve()
    monkeypatch.setattr(asking.service.streams, "_most", 1)
    with asking.service.streams.held("ann"), asking.service.streams.held("ben"):
        with pytest.raises(ProblemError) as many, asking.service.streams.held("ann"):
            pass
        assert (many.value.status, many.value.kind) == (429, "busy")
    with asking.service.streams.held(None):
        assert asking.get("/v1/validations/0123/events").status_code == 429
    assert asking.get("/v1/validations/0123/events").status_code == 404


def test_a_check_of_one_key_does_not_hold_up_another(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = KeyFile(str(tmp_path / "keys.json"))
    held = {name: {"Authorization": f"Bearer {file.add(name)}"} for name in ("ann", "ben")}
    running, released = set[str](), threading.Event()

    def submit(_: Jobs, request: Any, owner: str, *__: Any) -> Job:
        running.add(owner)
        if owner == "ann":
            assert released.wait(60)
        return Job("0", owner, "queued", request, "", None, None)

    monkeypatch.setattr(Jobs, "submit", submit)
    with threaded(serve(keys=file.path).app) as client, ThreadPoolExecutor(30) as pool:
        try:
            flood = [
                pool.submit(client.post, "/v1/validations", json={}, headers=held["ann"])
                for _ in range(24)
            ]
            until(lambda: "ann" in running, "it should be checked")
            other = client.post("/v1/validations", json={}, headers=held["ben"])
            assert other.status_code == 202
            assert client.get("/health/ready").status_code == 200
            assert not any(each.done() for each in flood)
        finally:
            released.set()
        assert {each.result().status_code for each in flood} == {202}


async def _hold(turns: Turns, owner: str, order: list[str], ended: anyio.Event) -> None:
    async with turns.turn(owner):
        order.append(owner)
        await ended.wait()


def test_turns_go_round_between_keys_and_a_key_has_its_share() -> None:
    async def scene() -> list[str]:
        turns, order, ended = Turns("tests run", 2, 1, 10), list[str](), anyio.Event()
        async with anyio.create_task_group() as group:
            for owner in ("ann", "ann", "ann", "ben", "cid"):
                group.start_soon(_hold, turns, owner, order, ended)
            await anyio.wait_all_tasks_blocked()
            assert order == ["ann", "ben"]
            ended.set()
        return order

    assert anyio.run(scene)[2:] == ["ann", "cid", "ann"]


def test_a_key_that_floods_is_told_to_wait_and_one_that_leaves_is_forgotten() -> None:
    async def scene() -> None:
        turns, order, ended = Turns("tests run", 1, 1, 1, patience=0.01), list[str](), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(_hold, turns, "ann", order, ended)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(ProblemError) as late:
                async with turns.turn("ben"):
                    pass
            assert (late.value.status, late.value.headers["Retry-After"]) == (503, "5")
            with anyio.CancelScope() as scope:
                scope.cancel()
                async with turns.turn("ann"):
                    pass
            waiting = Turns("tests run", 1, 1, 1)
            group.start_soon(_hold, waiting, "ann", order, ended)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(_hold, waiting, "ann", order, ended)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(ProblemError) as many:
                async with waiting.turn("ann"):
                    pass
            assert (many.value.status, many.value.kind) == (429, "busy")
            ended.set()
        async with turns.turn("cid"):
            order.append("cid")
        assert order[-1] == "cid"

    anyio.run(scene)


def test_memory_stays_small_whatever_heads_are_sent(
    served: tuple[Served, dict[str, httpx2.Client]],
) -> None:
    service, _ = served

    def resident() -> int:
        with open(f"/proc/{service.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(linked(service.client))
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 400_000)
        service.client.get("/health/live")
        assert resident() - before < 60 * 1024**2
