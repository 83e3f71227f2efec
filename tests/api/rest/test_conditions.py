"""Conditions of real operation: odd requests, full disks, and many requests at once."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from asking import Asking
from running import tiny
from served import threaded

from crosscurrent.api.jobs.errors import TooManyJobs
from crosscurrent.api.jobs.policy import outward
from crosscurrent.api.jobs.records import Job
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.rest import bodies, protocol
from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.web import rendering

Serve = Callable[..., Asking]
JSON = "application/json"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("HTTP/1.1\r\n", 400),
        ("HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n", 400),
        ("HTTP/1.1\r\nHost: 127.0.0.1\r\nhost: 127.0.0.1\r\n", 400),
        ("HTTP/1.0\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n", 400),
        ("HTTP/1.1\r\nHost: 127.0.0.1\r\n", 200),
        ("HTTP/1.0\r\n", 200),
    ],
)
def test_a_request_names_one_host(serve: Serve, head: str, status: int) -> None:
    with threaded(serve().app, http=protocol.LimitedProtocol) as client:
        place = (client.base_url.host, client.base_url.port or 80)
        with socket.create_connection(place, timeout=60) as link:
            link.sendall(f"GET /health/live {head}Connection: close\r\n\r\n".encode())
            answer = b""
            while part := link.recv(65536):
                answer += part
    assert int(answer.split(b" ", 2)[1]) == status
    if status == 400:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"] == "send one Host header"


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from crosscurrent.api.logs import logger\n"
        "log = logger('info')\n"
        "for _ in range(3): log.info('serving')\n"
        "print('goes on')\n"
    )
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE, stderr=full, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.stdout == "goes on\n"


def test_a_large_body_is_read_as_a_small_one_is(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = serve()
    sent = [
        b'{"defense": "RD1", "risk": "P1", "hold": ["O3"]}', b'{"defense": "RD1", "risk": ',
        b'{"defense": "\xff"}', b"[" * 100_000,
        b'{"defense": "RD1", "x": [1, 2.5e3, null, "\\u00e9"]}',
        b"[1] 2", b"",
    ]  # fmt: skip
    headers = {"Content-Type": "application/json"}

    def answers() -> list[tuple[int, Any]]:
        found = [asking.post("/v1/what-if", content=each, headers=headers) for each in sent]
        return [(each.status_code, {**each.json(), "request_id": ""}) for each in found]

    small = answers()
    assert [status for status, _ in small] == [200, 422, 400, 400, 422, 422, 422]
    used: list[bytes] = []
    monkeypatch.setattr(bodies, "_SMALL", -1)
    apart = bodies._interruptibly

    def counted(body: bytes) -> Any:
        used.append(body)
        return apart(body)

    monkeypatch.setattr(bodies, "_interruptibly", counted)
    assert answers() == small
    assert len(used) == len(sent) - 1


def test_an_owner_has_so_many_jobs_however_many_are_sent_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Barrier(8)

    def check(*_: Any) -> dict[str, Any]:
        together.wait(60)  # all were let in before any is accepted
        return {}

    monkeypatch.setattr(Checks, "check", check)
    settings = JobSettings(str(tmp_path), max_jobs=2)

    def submit(number: int) -> Job | None:
        try:
            return jobs.submit(tiny(number), "ann")
        except TooManyJobs:
            return None

    with closing(Jobs(settings)) as jobs, ThreadPoolExecutor(8) as pool:
        accepted = [job for job in pool.map(submit, range(8)) if job]
        assert len(accepted) == len(jobs.list("ann").jobs) == 2


def test_what_has_ended_can_be_deleted_for_good(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checks, "check", lambda *_: {})
    file = KeyFile(str(tmp_path / "keys.json"))
    ann, ben = ({"Authorization": f"Bearer {file.add(name)}"} for name in ("ann", "ben"))
    asking = serve(keys=file.path, workers=())
    sent = {**ann, "Idempotency-Key": "mine"}
    job = asking.post("/v1/validations", json=tiny(1), headers=sent).json()["id"]
    place = f"/v1/validations/{job}"
    early = asking.delete(f"{place}?delete=true", headers=ann)
    assert (early.status_code, early.json()["type"]) == (409, "urn:crosscurrent:problem:not-ended")
    assert asking.delete(place, headers=ann).json()["state"] == "cancelled"
    assert asking.delete(place, headers=ann).json()["state"] == "cancelled"  # it is still there
    assert asking.delete(f"{place}?delete=true", headers=ben).status_code == 404
    assert asking.delete(f"{place}?delete=true", headers=ann).json()["id"] == job
    for what in ("", "/events", "/result"):
        assert asking.get(f"{place}{what}", headers=ann).status_code == 404
    assert asking.get("/v1/validations", headers=ann).json()["validations"] == []
    assert asking.delete(f"{place}?delete=true", headers=ann).status_code == 404
    # the key that named it names a new one
    again = asking.post("/v1/validations", json=tiny(2), headers=sent)
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    asking.service.close()


def test_no_client_is_told_where_the_service_keeps_its_data(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "jobs.sqlite").write_bytes(b"no database" * 1000)
    asking = serve(workers=())
    answer = asking.get("/v1/validations")
    assert answer.status_code == 503
    assert "jobs.sqlite" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text
    assert str(folder) in asking.log.getvalue()  # who runs it is told
    settings = JobSettings(str(folder), datasets=str(tmp_path / "sets"))
    told = f"{folder}/results.sqlite: is damaged; {tmp_path}/sets/own.csv: empty"
    assert outward(told, settings) == "results.sqlite: is damaged; own.csv: empty"


def test_matrices_are_made_once_and_anew_when_something_else_is_shown(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = serve()
    rendered: list[str] = []
    real = rendering.render_template

    def counted(template: str, context: Mapping[str, Any]) -> str:
        rendered.append(template)
        return real(template, context)

    monkeypatch.setattr(rendering, "render_template", counted)
    for path in ("/", "/matrix", "/combinations", "/collusions"):
        first, second = asking.get(path), asking.get(path)
        assert first.text == second.text
        assert first.headers["content-security-policy"] == second.headers["content-security-policy"]
    assert len(rendered) == 4
    assert "There is no “x” here" in asking.get("/matrix?x=1").text
    files = {"a.yaml": "risks:\n  - {id: evasion, action: revise, name: Slipping}\n"}
    assert asking.put("/v1/knowledge/own", json={"files": files}).status_code == 201
    assert "own" in asking.get("/").text.partition("<main")[0]  # in the menu of sets
    assert "Slipping" in asking.get("/matrix?knowledge=own").text
    files = {"a.yaml": "risks:\n  - {id: evasion, action: revise, name: Gliding}\n"}
    assert asking.put("/v1/knowledge/own", json={"files": files}).status_code == 201
    assert "Gliding" in asking.get("/matrix?knowledge=own").text


def test_nobody_waits_for_a_collection_of_what_lives_long(tmp_path: Path) -> None:
    """A full collection stops every thread, for longer the more there is."""
    script = (
        "import gc\n"
        "from crosscurrent.api.serving import _collect_rarely\n"
        "full = []\n"
        "_collect_rarely()\n"
        "gc.callbacks.append(lambda phase, info: full.append(info['generation'] == 2))\n"
        "kept = [[n] for n in range(2_000_000)]\n"
        "print(len(full) > 0, any(full), gc.get_freeze_count() > 1000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "True False True\n"


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/validations"), ("PUT", "/v1/knowledge/own")]
)
def test_a_name_that_is_given_twice_is_refused(
    serve: Serve, method: str, path: str, large: bool
) -> None:
    more = ', "z": "' + "x" * 40_000 + '"' if large else ""
    body = f'{{"seeds": 1, "risk": "R1", "settings": {{"a": 1, "a": 2}}, "risk": "P1"{more}}}'
    answer = serve().request(method, path, content=body, headers={"Content-Type": JSON})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "body: a is given twice: leave one out"


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP, identity"])
def test_an_encoded_body_is_refused_with_what_is_taken(serve: Serve, coding: str) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": coding}
    answer = serve().request("POST", "/v1/validations", content=b"{}", headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert "without Content-Encoding" in answer.json()["detail"]
    plain = {**headers, "Content-Encoding": "identity"}
    answer = serve().request("POST", "/v1/validations", content=b"{}", headers=plain)
    assert answer.status_code == 422


def test_a_slash_too_many_is_told(serve: Serve) -> None:
    answer = serve().get("/v1/predictions/")
    assert answer.status_code == 404
    assert "/v1/predictions/ (leave out the slash at its end)" in answer.json()["detail"]
