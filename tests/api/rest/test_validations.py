"""Validations over HTTP: the answer of the command, whatever happens, and to its owner only."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asking import Asking
from running import tiny, until, without_cost
from served import Happened, Served, descriptors, events, threaded

from crosscurrent.api.cli import main
from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import load
from crosscurrent.validator.requests import json_schema

JOBS = "/v1/validations"
LATER = ("result", "evidence", "report", "plot.svg", "plot.png")
OVER = ("succeeded", "failed", "cancelled")


class Lab:
    """A service with keys and without workers, so that jobs wait; in a thread of this process."""

    client: httpx2.Client

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        keys = KeyFile(str(folder / "keys.json"))
        self.keys = {name: keys.add(name) for name in ("anna", "ben", "carl", "dora")}
        (folder / "datasets").mkdir()
        (folder / "secret.csv").write_text("x\n1\n", encoding="utf-8")
        (folder / "datasets" / "out.csv").symlink_to(folder / "secret.csv")
        self.asking = Asking(
            Settings(
                data=str(folder / "data"),
                keys=keys.path,
                datasets=str(folder / "datasets"),
                workers=(),
            )
        )
        self.service = self.asking.service

    def ask(self, method: str, path: str, who: str = "anna", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[who]}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def submit(self, request: Mapping[str, Any], who: str = "anna", key: str | None = None) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.ask("POST", JOBS, who, json=request, headers=headers)

    def watch(self, identity: str, **headers: str) -> Any:
        told = {"Authorization": f"Bearer {self.keys['anna']}", **headers}
        return self.client.stream("GET", f"{JOBS}/{identity}/events", headers=told)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.setattr("crosscurrent.api.jobs.database._PATIENCE", 0.2)
        found = Lab(tmp_path_factory.mktemp("lab"))
        with threaded(found.asking.app) as found.client:
            yield found
        found.service.close()


def problem(answer: Any, status: int, kind: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert kind is None or document["type"].endswith(f":{kind}")
    assert "Traceback" not in answer.text
    return document


def test_what_is_accepted_says_where_it_is(lab: Lab) -> None:
    answer = lab.submit(tiny(100))
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"{JOBS}/{job['id']}"
    assert answer.headers["retry-after"] == "2"
    assert (job["state"], job["ended"], job["error"]) == ("queued", None, None)
    assert job["request"] == {k: v for k, v in tiny(100).items() if k != "device"}
    again = lab.ask("GET", answer.headers["location"])
    assert (again.json(), again.headers["retry-after"]) == (job, "2")


def test_all_that_validate_takes_can_be_sent(lab: Lab) -> None:
    described = lab.client.get("/openapi.json").json()
    assert described["components"]["schemas"]["ValidationRequest"] == json.loads(
        json.dumps(json_schema())
    )
    whole = {
        "defense": "RD1", "risk": "R1", "dataset": "digits", "model": "mlp-s", "seeds": 3,
        "draws": 2,
        "settings": ["training.epochs=1"], "device": "cpu", "memory": 100, "threads": 2,
    }  # fmt: skip
    assert {*whole, "all", "protocol", "vary", "combine", "collude"} == json_schema()[
        "properties"
    ].keys()
    answer = lab.submit(whole)
    assert answer.status_code == 202
    assert answer.json()["request"] == {k: v for k, v in whole.items() if k != "device"}
    operation = described["paths"][JOBS]["post"]
    assert {each["name"] for each in operation["parameters"]} == {"idempotency-key"}


def test_what_waits_is_counted(lab: Lab) -> None:
    def waiting() -> int:
        text = lab.client.get("/metrics").text
        return int(float(text.split('crosscurrent_validations{state="queued"} ')[1].split()[0]))

    job = lab.submit(tiny(77)).json()
    before = waiting()
    assert before >= 1
    assert lab.ask("DELETE", f"{JOBS}/{job['id']}").json()["state"] == "cancelled"
    assert waiting() == before - 1


def test_a_key_makes_asking_twice_safe(lab: Lab) -> None:
    first = lab.submit(tiny(101), key="mine")
    again = lab.submit({**tiny(101), "device": "cpu", "memory": None}, key="mine")
    assert (again.status_code, again.json()) == (202, first.json())
    problem(lab.submit(tiny(102), key="mine"), 422, "idempotency-key")
    assert lab.submit(tiny(101), "ben", "mine").json()["id"] != first.json()["id"]
    for key in ("k" * 256, ""):
        problem(lab.submit(tiny(101), key=key), 422, "invalid")
    cancelled = lab.ask("DELETE", first.headers["location"])
    late = lab.submit(tiny(101), key="mine")
    assert (late.status_code, late.json()) == (202, cancelled.json())
    assert "retry-after" not in late.headers


def test_a_key_whose_request_is_being_checked_has_to_wait(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    checking, go = threading.Event(), threading.Event()

    def slowly(request: Mapping[str, Any], *_: object) -> dict[str, Any]:
        checked.append(request["defense"])
        checking.set()
        assert go.wait(60)
        return {}

    monkeypatch.setattr(lab.service.jobs()._checks, "check", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lab.submit, tiny(103), key="slow")
        assert checking.wait(60)
        early = pool.submit(lab.submit, tiny(103), key="slow")
        until(lambda: lab.service.checks._queues.get("anna"), "the second one should wait")
        assert not first.done()
        assert not early.done()
        go.set()
        answers = [each.result(60) for each in (first, early)]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(checked) == 1
    assert lab.submit(tiny(103), key="slow").json() == answers[0].json()


def test_a_key_that_is_in_use_after_all_is_told_to_come_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the first request is being checked without a turn at it."""
    checking, go = threading.Event(), threading.Event()

    def slowly(*_: object) -> dict[str, Any]:
        checking.set()
        assert go.wait(60)
        return {}

    jobs = lab.service.jobs()
    monkeypatch.setattr(jobs._checks, "check", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(jobs.submit, tiny(112), "anna", "used")
        assert checking.wait(60)
        early = lab.submit(tiny(112), key="used")
        problem(early, 409, "idempotency-key")
        assert early.headers["retry-after"] == "2"
        go.set()
        accepted = first.result(60)
    assert lab.submit(tiny(112), key="used").json()["id"] == accepted.id


def test_to_other_keys_a_job_does_not_exist(lab: Lab) -> None:
    job = lab.submit(tiny(104)).json()
    for path in ("", *(f"/{each}" for each in (*LATER, "events"))):
        problem(lab.ask("GET", f"{JOBS}/{job['id']}{path}", "ben"), 404, "not-found")
    problem(lab.ask("DELETE", f"{JOBS}/{job['id']}", "ben"), 404, "not-found")
    assert job["id"] not in lab.ask("GET", f"{JOBS}?limit=200", "ben").text
    assert lab.ask("GET", f"{JOBS}/{job['id']}").json()["state"] == "queued"
    assert lab.client.get(f"{JOBS}/{job['id']}").status_code == 401
    for name in ("0" * 32, "%00", "..%2F", "x" * 64, "%ff"):
        problem(lab.ask("GET", f"{JOBS}/{name}"), 404, "not-found")


def test_before_the_end_there_is_no_result(lab: Lab) -> None:
    job = lab.submit(tiny(105)).json()
    for path in LATER:
        told = problem(lab.ask("GET", f"{JOBS}/{job['id']}/{path}"), 409, "no-result")
        assert told["state"] == "queued"
    gone = lab.ask("DELETE", f"{JOBS}/{job['id']}")
    assert gone.json()["state"] == "cancelled"
    assert gone.json()["ended"] >= gone.json()["submitted"]
    assert lab.ask("DELETE", f"{JOBS}/{job['id']}").json() == gone.json()
    assert "retry-after" not in lab.ask("GET", f"{JOBS}/{job['id']}").headers
    told = problem(lab.ask("GET", f"{JOBS}/{job['id']}/result"), 409, "no-result")
    assert told["state"] == "cancelled"
    problem(lab.ask("GET", f"{JOBS}/{job['id']}/plot.pdf"), 422, "invalid")


def test_events_wait_for_the_end_with_signs_of_life(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    job = lab.submit(tiny(106)).json()
    with lab.watch(job["id"]) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        read = events(answer)
        first = next(read)
        assert isinstance(first, Happened)
        assert (first.number, first.kind, first.data) == (1, "accepted", {"at": job["submitted"]})
        assert [next(read), next(read)] == [": ping", ": ping"]
        gone = lab.ask("DELETE", f"{JOBS}/{job['id']}").json()
        rest = [each for each in read if isinstance(each, Happened)]
    assert rest == [Happened(2, "cancelled", {"at": gone["ended"]})]
    for seen, expected in (("0", [1, 2]), ("1", [2]), ("2", []), ("99", [])):
        with lab.watch(job["id"], **{"Last-Event-ID": seen}) as answer:
            assert [each.number for each in events(answer)] == expected  # type: ignore[union-attr]
    for wrong in ("-1", "x", "1.5", "9" * 30):
        problem(lab.ask("GET", f"{JOBS}/{job['id']}/events", headers={"Last-Event-ID": wrong}), 422)


def test_readers_that_go_away_leave_nothing_behind(lab: Lab) -> None:
    job = lab.submit(tiny(107)).json()

    def ended() -> int:
        path = f"{JOBS}/{job['id']}/events"
        return sum(each.get("path") == path for each in lab.asking.lines)

    def round_of(number: int) -> None:
        before = ended()
        for _ in range(number):
            with lab.watch(job["id"]) as answer:
                next(events(answer))
        until(lambda: ended() == before + number, "the service should notice")

    round_of(8)  # as many threads as it will ever need are there now
    threads, held = threading.active_count(), descriptors()
    round_of(8)
    assert threading.active_count() <= threads
    assert descriptors() <= held + 2  # pooled connections of the client and the database
    head = lab.ask("HEAD", f"{JOBS}/{job['id']}/events")
    assert head.status_code == 200
    until(lambda: ended() == 17, "HEAD should wait for nothing")


def test_pages_hold_every_job_once_and_their_tokens_are_ours(lab: Lab) -> None:
    ids = [lab.submit(tiny(108), "dora").json()["id"] for _ in range(5)]
    seen: list[str] = []
    token = None
    while True:
        more: dict[str, str] = {} if token is None else {"next": token}
        page = lab.ask("GET", JOBS, "dora", params={"limit": 2, **more}).json()
        seen += [job["id"] for job in page["validations"]]
        if page["next"] is None:
            break
        token = page["next"]
    assert seen == ids[::-1]
    assert token is not None
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (flipped, token[1:], "", "1.1", "%00", "x" * 200):
        problem(lab.ask("GET", JOBS, "dora", params={"next": wrong}), 400, "page-token")
    problem(lab.ask("GET", JOBS, "anna", params={"next": token}), 400, "page-token")
    for limit in ("0", "201", "many"):
        problem(lab.ask("GET", JOBS, params={"limit": limit}), 422, "invalid")


def test_a_locked_database_is_said_and_loses_nothing(lab: Lab) -> None:
    before = lab.submit(tiny(109), "carl").json()
    file = lab.folder / "data" / "jobs.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for answer in (
            lab.submit(tiny(109), "carl", "locked"),
            lab.ask("DELETE", f"{JOBS}/{before['id']}", "carl"),
            lab.client.get("/health/ready"),
        ):
            assert "locked" in problem(answer, 503, "not-ready")["detail"]
            assert answer.headers["retry-after"] == "5"
            line = [each for each in lab.asking.lines if each["event"] == "problem"]
            assert answer.json()["request_id"] in {each["request_id"] for each in line}
        assert lab.ask("GET", f"{JOBS}/{before['id']}", "carl").json() == before
        assert lab.client.get("/health/live").status_code == 200
        assert lab.ask("GET", "/v1/predictions/RD1/P1").status_code == 200
        other.execute("ROLLBACK")
    assert lab.client.get("/health/ready").json() == {"status": "ready"}
    accepted = lab.submit(tiny(109), "carl", "locked").json()
    listed = lab.ask("GET", JOBS, "carl").json()["validations"]
    assert listed == [accepted, before]


REFUSED: list[tuple[Any, str, list[str]]] = [
    ({}, "a DEFENSE and a RISK", []),
    ({"risk": "R1"}, "a DEFENSE and a RISK", []),
    ({"defence": "RD1", "risk": "R1"}, "did you mean defense", ["defense"]),
    (tiny(risk="evasoin"), "did you mean evasion", ["evasion"]),
    (tiny(defense="adverserial_training"), "adversarial_training", ["adversarial_training"]),
    (tiny(settings=["training.epoch=1"]), "training.epoch", []),
    (tiny(settings="training.epochs=1"), "settings: should be a list", []),
    (tiny(seeds="3"), "seeds: should be a whole number", []),
    (tiny(seeds=1e3), "seeds: should be a whole number", []),
    (tiny(seeds=-1), "", []),
    (tiny(device="cuda"), "device cuda", []),
    (tiny(model="os:system"), "imports no such module", []),
    (tiny(model="../model:Class"), "imports no such module", []),
    (tiny(dataset="/etc/passwd"), "in the service's folder", []),
    (tiny(dataset="../secret.csv"), "in the service's folder", []),
    (tiny(dataset="a/../../secret.csv"), "in the service's folder", []),
    (tiny(dataset="..\\secret.csv"), "in the service's folder", []),
    (tiny(dataset="out.csv"), "in the service's folder", []),
    (tiny(dataset="gone.csv"), "no such file", []),
    (tiny(dataset="a\0.csv"), "null characters", []),
    (tiny(dataset="\ud800.csv"), "no text in Unicode", []),
    (tiny(store="/tmp/x"), "unknown option 'store'", []),
    (tiny(export="/tmp/x"), "unknown option 'export'", []),
    ({"\ud800": 1}, "unknown option", []),
]


@pytest.mark.parametrize(("request_", "told", "close"), REFUSED)
def test_what_cannot_be_measured_is_refused(
    lab: Lab, request_: dict[str, Any], told: str, close: list[str]
) -> None:
    body = {"content": json.dumps(request_), "headers": {"Content-Type": "application/json"}}
    answer = lab.ask("POST", JOBS, "ben", **body)
    found = problem(answer, 422)
    assert told in found["detail"]
    assert set(close) <= set(found.get("suggestions", []))
    assert str(lab.folder) not in answer.text


@pytest.mark.parametrize(
    ("content", "status"),
    [("[]", 422), ("null", 422), ("{", 422), ("", 422), ('{"seeds":' + "9" * 5000 + "}", 400),
     ('{"a":' * 50_000, 400), ('{"seeds": NaN}', 422), ('"' + "x" * 3_000_000 + '"', 413)],
    ids=["list", "null", "half", "none", "number", "deep", "nan", "huge"],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(lab: Lab, content: str, status: int) -> None:
    json_ = {"Content-Type": "application/json"}
    problem(lab.ask("POST", JOBS, "ben", content=content, headers=json_), status)
    assert lab.ask("POST", JOBS, "ben", content="{}").status_code == 415


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a service with one worker, which trains."""
    found = Served(tmp_path_factory.mktemp("served") / "data")
    try:
        found.start()
        yield found
    finally:
        found.close()


def test_a_job_gives_what_the_command_gives(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client, request = served.client, tiny(120, defense="watermarking", dataset="digits")
    job = client.post(JOBS, json=request).json()
    place = f"{JOBS}/{job['id']}"
    with client.stream("GET", f"{place}/events") as answer:
        found = [each for each in events(answer) if isinstance(each, Happened)]
    done = client.get(place).json()
    assert done["state"] == "succeeded"
    kinds = [each.kind for each in found if each.kind != "working"]
    assert kinds == ["accepted", "started", "planned", "trials", "verdict", "succeeded"]
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    times = [each.data["at"] for each in found]
    assert times == sorted(times)
    assert done["ended"] == times[-1]
    assert client.get(JOBS).json()["validations"] == [done]
    for number in range(len(found) + 1):
        with client.stream(
            "GET", f"{place}/events", headers={"Last-Event-ID": str(number)}
        ) as answer:
            assert list(events(answer)) == found[number:]

    words = ["validate", "watermarking", "evasion", "--json", "--store", str(tmp_path / "own")]
    for name in ("dataset", "model", "seeds", "threads"):
        words += [f"--{name}", str(request[name])]
    for each in request["settings"]:
        words += ["--set", each]
    assert main(words) == 0
    document = client.get(f"{place}/result").json()
    assert without_cost(document) == without_cost(json.loads(capsys.readouterr().out))
    assert found[-2].data["effect"] == document["effect"]

    report = client.get(f"{place}/report")
    assert report.headers["content-type"].startswith("text/plain")
    assert "measured" in report.text
    assert "\x1b" not in report.text
    for kind, media, start in (
        ("svg", "image/svg+xml", b"<?xml"),
        ("png", "image/png", b"\x89PNG"),
    ):
        picture = client.get(f"{place}/plot.{kind}")
        assert picture.headers["content-type"] == media
        assert picture.content.startswith(start)

    evidence = client.get(f"{place}/evidence").json()
    assert client.put("/v1/knowledge/measured", json=evidence).status_code == 201
    asked = client.get("/v1/predictions/watermarking/evasion?knowledge=measured").json()
    own = load([{name: text.encode() for name, text in evidence["files"].items()}])
    assert asked["knowledge"] == own.digest
    assert asked["knowledge"] != load().digest
    assert client.delete(place).json() == done


def test_a_running_job_is_cancelled_while_it_is_watched(served: Served) -> None:
    client = served.client
    job = client.post(JOBS, json=tiny(121, settings=["training.epochs=100000"])).json()
    place = f"{JOBS}/{job['id']}"
    with client.stream("GET", f"{place}/events") as answer:
        read = (each for each in events(answer) if isinstance(each, Happened))
        until(lambda: next(read).kind == "planned", "it should be planned")
        assert client.get(place).json()["state"] == "running"
        told = problem(client.get(f"{place}/result"), 409, "no-result")
        assert told["state"] == "running"
        assert client.delete(place).json()["state"] == "cancelled"
        last = list(read)[-1]
    assert last.kind == "cancelled"
    assert last.data["at"] == client.get(place).json()["ended"]


def test_who_watches_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    environment = {"CROSSCURRENT_GRACE": "60", "CROSSCURRENT_WORKERS": "none"}
    service = Served(tmp_path / "data", environment=environment)
    try:
        service.start()
        job = service.client.post(JOBS, json=tiny(122)).json()
        with service.client.stream("GET", f"{JOBS}/{job['id']}/events") as answer:
            read = events(answer)
            next(read)
            with ThreadPoolExecutor(1) as pool:
                stopped = pool.submit(service.stop)
                assert not [each for each in read if isinstance(each, Happened)]
                assert stopped.result(20) == 0
        assert not os.path.exists(f"/proc/{service.process.pid}")
    finally:
        service.close()
