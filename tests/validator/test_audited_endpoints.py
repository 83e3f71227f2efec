"""Audits of models behind HTTP: asked in turn, within a budget and a rate; bounded, and safe."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fitted import Fitted, logistic

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Data, ModelSettings, audit
from crosscurrent.validator.audits._records import Records
from crosscurrent.validator.audits.models import _endpoints, opened_model
from crosscurrent.validator.audits.models._endpoints import Endpoint
from crosscurrent.validator.audits.subjects import evasion, unauthorized_model_ownership

Answer = Callable[[list[Any]], Any]
FAST = 1e6


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of whoever hangs up."""


@contextmanager
def serving(answer: Answer, sent: list[Any] | None = None) -> Iterator[str]:
    """Serve on a free port what a function returns: JSON, bytes as they are, or (status, bytes)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            instances = json.loads(body)["instances"]
            if sent is not None:
                sent.append(instances)
            found = answer(instances)
            status = 200
            if isinstance(found, tuple):
                status, found = found
            raw = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", raw.decode())
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/predict"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as if a proxy was set: none is used."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return logistic()


def audited(kb: KnowledgeBase, address: str, fitted: Fitted, **settings: Any) -> dict[str, Any]:
    given = ModelSettings(**{"rate": FAST, **settings})
    found = audit(kb, address, data=Data(fitted.records), settings=given, resamples=100)
    return dict(found)


def refusal(kb: KnowledgeBase, answer: Answer, fitted: Fitted, **settings: Any) -> str:
    with serving(answer) as address, pytest.raises(InputError) as refused:
        audited(kb, address, fitted, **settings)
    told = str(refused.value)
    assert len(told) < 1000
    assert address in told
    return told


def likely(fitted: Fitted, instances: list[Any]) -> Any:
    x = np.array([[each[name] for name in "abcd"] for each in instances])
    return fitted.estimator.predict_proba(x)


def test_an_endpoint_gives_the_numbers_of_the_model_behind_it(
    kb: KnowledgeBase, fitted: Fitted
) -> None:
    def listed(instances: list[Any]) -> Any:
        return {"predictions": likely(fitted, instances).tolist()}

    def single(instances: list[Any]) -> Any:
        return likely(fitted, instances)[:, 1].tolist()

    def named(instances: list[Any]) -> Any:
        return {"probabilities": [{"1": b, "0": a} for a, b in likely(fitted, instances).tolist()]}

    def turned(instances: list[Any]) -> Any:
        return {"outputs": likely(fitted, instances)[:, ::-1].tolist(), "classes": [1, 0]}

    expected = audit(kb, fitted.predictions, resamples=100)["measured"]
    for answer in (listed, single, named, turned):
        sent: list[Any] = []
        with serving(answer, sent) as address:
            found = audited(kb, address, fitted)
        for each, other in zip(found["measured"], expected, strict=True):
            for name, metric in each["metrics"].items():
                level = other["metrics"][name]["before"]
                assert metric["before"]["estimate"] == pytest.approx(level["estimate"], abs=1e-9)
        assert [len(each) for each in sent] == [100] * 4
        assert set(sent[0][0]) == set("abcd")
        assert found["models"][0]["file"] == address


def test_records_without_names_are_lists(kb: KnowledgeBase, fitted: Fitted) -> None:
    x = np.stack([fitted.records[name] for name in "abcd"], axis=1)
    data = {"attributes": x, "label": fitted.records["label"]}
    sent: list[Any] = []
    with serving(lambda some: [0.5 for _ in some], sent) as address:
        audit(kb, address, data=Data(data), settings=ModelSettings(rate=FAST), resamples=100)
    assert sent[0][0] == x[0].tolist()


def test_no_more_is_sent_than_the_budget_allows(kb: KnowledgeBase, fitted: Fitted) -> None:
    sent: list[Any] = []
    with serving(lambda some: [0.5 for _ in some], sent) as address:
        with pytest.raises(InputError, match=r"400 records, and --budget lets 399 be sent"):
            audited(kb, address, fitted, budget=399)
        assert sent == []
        audited(kb, address, fitted, budget=400)
    assert sum(map(len, sent)) == 400


def test_attacks_are_mounted_within_the_budget_or_not_at_all(
    kb: KnowledgeBase, fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evasion, "QUERIES", 4)
    monkeypatch.setattr(unauthorized_model_ownership, "QUERIES", 50)
    needed = 400 + 4 * evasion.RECORDS + 50
    attacks = {"evasion", "unauthorized_model_ownership"}
    for budget, mounted in ((needed - 1, set()), (needed, attacks)):
        sent: list[Any] = []

        def answer(some: list[Any]) -> Any:
            return likely(fitted, some).tolist()

        with serving(answer, sent) as address:
            found = audited(kb, address, fitted, budget=budget)
        assert {each["subject"] for each in found["measured"]} & attacks == mounted
        assert sum(map(len, sent)) <= budget
        needs = {each["subject"]: each["needs"] for each in found["not_measured"]}
        if not mounted:
            assert f"a --budget of {needed} or more" in needs["evasion"]


@pytest.mark.parametrize(("rate", "sizes", "waits"), [(100, [100, 50], 1), (2.5, [2] * 5, 4)])
def test_no_more_is_sent_in_a_second_than_the_rate_allows(
    rate: float, sizes: list[int], waits: int
) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    sent: list[Any] = []
    with serving(lambda some: [0.5 for _ in some], sent) as address:
        endpoint = Endpoint(address, ModelSettings(rate=rate), sleep, lambda: now[0])
        records = Records("data", (), {}, np.zeros((sum(sizes), 2)))
        for start in range(0, len(records), endpoint.batch):
            endpoint.outputs(records.at(slice(start, start + endpoint.batch)))
    assert [len(each) for each in sent] == sizes
    assert slept == pytest.approx([sizes[0] / rate] * waits)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, b"no such model\nat all"), "status 404 Not Found: no such model"),
        ((429, b""), "status 429 Too Many Requests; ask more slowly with --rate"),
        ((302, b"http://127.0.0.2/x"), "redirects (302) to http://127.0.0.2/x, which"),
        ((307, b"/x"), "redirects (307)"),
        (b"<html>", "not JSON: '<html>'"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ({"error": "\x1b[31mdown"}, "the answer holds error"),
        (7, "no list"),
        ([0.5] * 99, "99 answers to 100 records"),
        ([[0.5, 0.5], [1.0]] * 50, "not numbers, as many for each record"),
        (["high"] * 100, "not numbers"),
        ([True] * 100, "not numbers"),
        ([None] * 100, "not numbers"),
        ([[[0.5]]] * 100, "not numbers"),
        ([float("nan")] * 100, "gives nan for 100"),
        ([3.0] * 100, "are not from 0 to 1"),
        ([[0.7, 0.7]] * 100, "add up to 1.4"),
        ([[0.2, 0.3, 0.5]] * 100, "gives 3 probabilities, and --class names 2"),
        ([{"0": 0.5}, {"1": 0.5}] * 50, "name different classes"),
        ({"predictions": [0.5] * 100, "classes": 3}, "classes should be a list"),
    ],
)
def test_what_an_endpoint_does_wrong_is_told(
    kb: KnowledgeBase, fitted: Fitted, answer: Any, message: str
) -> None:
    told = refusal(kb, lambda _: answer, fitted, classes=("0", "1"))
    assert message in told
    assert "\x1b" not in told


def test_answers_are_bounded_in_size_and_time(
    kb: KnowledgeBase, fitted: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_endpoints, "MOST_ANSWER", 1 << 20)
    assert "answers with more than 1 MiB" in refusal(kb, lambda _: b" " * (3 << 20), fitted)
    monkeypatch.setattr(_endpoints, "LONGEST", -1.0)
    assert "more than -1 seconds" in refusal(kb, lambda _: [0.5] * 100, fitted)
    monkeypatch.setattr(_endpoints, "LONGEST", 60.0)
    monkeypatch.setattr(_endpoints, "SILENCE", 0.05)
    gate = threading.Event()

    def silent(some: list[Any]) -> Any:
        gate.wait(5)
        return []

    with serving(silent) as address:
        try:
            with pytest.raises(InputError, match=r"silent for 0\.05 seconds"):
                audited(kb, address, fitted)
        finally:
            gate.set()


@contextmanager
def sending(start: bytes, drop: bytes) -> Iterator[str]:
    """Serve on a free port some bytes, and then the same few again and again until one hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(start)
                while drop and not over.wait(0.05):
                    connection.sendall(drop)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/predict"
    finally:
        over.set()
        listening.close()
        thread.join()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (HEAD, b"X"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Content-Length: 999\r\n\r\n", b"["),
        (b"HTTP/1.1 500 No\r\nContent-Length: 999\r\n\r\n", b"x"),
    ],
)
def test_an_answer_that_drips_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, start: bytes, drop: bytes
) -> None:
    monkeypatch.setattr(_endpoints, "LONGEST", 0.5)
    records = Records("data", (), {}, np.zeros((2, 2)))
    began = time.monotonic()
    with sending(start, drop) as address, pytest.raises(InputError, match=r"more than 0\.5 sec"):
        Endpoint(address, ModelSettings(rate=FAST)).outputs(records)
    assert time.monotonic() - began < 10


def test_an_error_whose_text_cannot_be_read_is_told_without_it() -> None:
    start = b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    records = Records("data", (), {}, np.zeros((2, 2)))
    with sending(start, b"") as address, pytest.raises(InputError, match=r"status 500 No$"):
        Endpoint(address, ModelSettings(rate=FAST)).outputs(records)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://", "not a sound address"),
        ("http://host:x/y", "not a sound address"),
        ("http://host:99999/y", "not a sound address"),
        ("http://[::1/y", "not a sound address"),
        ("http://ho st/y", "not a sound address"),
        ("http://host/\n", "not a sound address"),
        ("https://user:secret@host/y", "with a user and a password is not taken"),
        ("https://user:secret@ho st/y", "with a user and a password is not taken"),
        ("https://user:secret@host:x/y", "with a user and a password is not taken"),
        ("https://user:se/cret@host/secret", "not a sound address"),
        ("https://host/y?key=secret", "with a query (?) or a fragment (#) is not taken"),
    ],
)
def test_addresses_are_sound_and_hold_no_secrets(address: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        opened_model(address, ModelSettings())
    assert message in str(refused.value)
    assert "secret" not in str(refused.value)


def test_nobody_there_is_told(kb: KnowledgeBase, fitted: Fitted) -> None:
    with serving(lambda _: []) as address:
        pass
    with pytest.raises(InputError, match=r"cannot be asked: .*refused"):
        audited(kb, address, fitted)


@pytest.mark.parametrize(
    "settings", [{"budget": 0}, {"rate": 0}, {"rate": float("nan")}, {"rate": float("inf")}]
)
def test_budgets_and_rates_are_more_than_nothing(
    kb: KnowledgeBase, fitted: Fitted, settings: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"--budget|--rate"):
        audited(kb, "http://127.0.0.1:9/x", fitted, **settings)


def test_addresses_of_https_are_asked_under_tls() -> None:
    """What answers does not speak it, which is told; nothing is sent to it in the clear."""
    records = Records("data", (), {}, np.zeros((2, 2)))
    with sending(b"rubbish rubbish rubbish", b"") as address:
        endpoint = Endpoint(address.replace("http:", "https:"), ModelSettings(rate=FAST))
        with pytest.raises(InputError, match=r"cannot be asked: .*SSL"):
            endpoint.outputs(records)
