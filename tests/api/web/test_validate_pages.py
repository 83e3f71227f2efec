"""Validate in a browser: what is started, what came out, and who may see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest
from asking import Asking
from fastapi.testclient import TestClient
from running import ended, tiny

from api.cli._text import signed
from api.cli._verdict import sentence
from api.jobs.errors import BeingAccepted, Unavailable
from api.jobs.jobs import Jobs
from api.jobs.local import LocalWorkers
from api.jobs.records import Event, Job
from api.rest.keys import KeyFile
from api.rest.settings import Settings
from api.web.drawings.interval import Interval, intervals
from api.web.happened import Progress, progress, told
from api.web.orders import Order, again, circumstances, subject
from api.web.outcomes import outcomes
from api.web.words import Words
from knowledge import KnowledgeBase, load

PAGE = {"Accept": "text/html"}
HERE = "http://127.0.0.1"
SMALL = {"settings": "training.epochs=1\nattack.steps=1", "seeds": "2", "model": "mlp-s"}


class Browser:
    """Somebody with a browser, and the service that it asks."""

    def __init__(self, settings: Settings) -> None:
        self.asking = Asking(settings)
        self.service = self.asking.app.state.service  # type: ignore[attr-defined]

    @property
    def jobs(self) -> Jobs:
        found: Jobs = self.service.jobs()
        return found

    def get(self, address: str, status: int = 200) -> str:
        answer = self.asking.get(address, headers=PAGE)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, address: str, data: Any = None, **headers: str) -> Any:
        return self.asking.post(
            address, data=data, headers={**PAGE, **headers}, follow_redirects=False
        )

    def form(self, query: str = "") -> dict[str, str]:
        """Return what a new form is known by."""
        return {"key": key_of(self.get(f"/validate{query}"))}

    def start(self, **fields: Any) -> str:
        """Send a form; return where it leads."""
        answer = self.post("/validate", {**self.form(), "what": "verdict", **SMALL, **fields})
        assert answer.status_code == 303, answer.text
        place: str = answer.headers["location"]
        return place


def key_of(page: str) -> str:
    (found,) = re.findall(r'name="key" value="([0-9a-f]{32})"', page)
    return str(found)


def listed(page: str) -> str:
    return page.partition('<div id="list"')[2]


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a browser of a service without workers, so that jobs wait."""
    folder = tmp_path_factory.mktemp("waiting")
    (folder / "datasets").mkdir()
    found = Browser(
        Settings(data=str(folder / "data"), workers=(), datasets=str(folder / "datasets"))
    )
    yield found
    found.service.close()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Job]]:
    """Return a browser of a service that has measured what adversarial training is meant for."""
    settings = Settings(data=str(tmp_path_factory.mktemp("measured") / "data"))
    browser = Browser(settings)
    with closing(LocalWorkers(settings.for_jobs(), ["cpu"])):
        place = browser.start(
            defense="adversarial_training", risk="evasion", dataset="digits", model="",
            settings="training.epochs=10", seeds="3",
        )  # fmt: skip
        job = ended(browser.jobs, place.rpartition("/")[2], "*")
    assert job.state == "succeeded", job.error
    yield browser, job
    browser.service.close()


def test_a_form_starts_a_job_and_leads_to_it(waiting: Browser) -> None:
    page = waiting.get("/validate?defense=RD1&risk=R1")
    assert '<option value="adversarial_training" selected>' in page
    assert '<option value="evasion" selected>' in page
    place = waiting.start(defense="adversarial_training", risk="evasion", dataset="digits")
    job = waiting.jobs.get(place.rpartition("/")[2], "*")
    assert job.request == {
        "defense": "adversarial_training", "risk": "evasion", "dataset": "digits", "seeds": 2,
        "model": "mlp-s", "settings": ["training.epochs=1", "attack.steps=1"],
    }  # fmt: skip
    page = waiting.get(place)
    assert "<h1>Adversarial training → evasion</h1>" in page
    assert "waiting for a worker" in page
    assert 'data-refresh="1000"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert (
        "crosscurrent validate adversarial_training evasion --dataset digits --model mlp-s"
        " --seeds 2 --set training.epochs=1 --set attack.steps=1" in page
    )
    assert f'href="{place}"' in listed(waiting.get("/validate"))


@pytest.mark.parametrize(
    ("fields", "request_", "title"),
    [
        (
            {"what": "combination", "combine": ["watermarking@pre", "outlier_removal@in"]},
            {"combine": ["watermarking@pre", "outlier_removal@in"]},
            "Watermarking + Outlier removal",
        ),
        (
            {"what": "collusion", "first": "poisoning", "second": "model_extraction"},
            {"collude": ["poisoning", "model_extraction"]},
            "Poisoning, then model extraction",
        ),
        ({"what": "grid"}, {"all": True}, "Every defense against every risk"),
    ],
    ids=["combine", "collude", "all"],
)
def test_all_kinds_can_be_started(
    waiting: Browser, fields: dict[str, Any], request_: dict[str, Any], title: str
) -> None:
    place = waiting.start(settings="training.epochs=1", **fields)
    job = waiting.jobs.get(place.rpartition("/")[2], "*")
    assert request_.items() <= job.request.items()
    assert f"<h1>{title}</h1>" in waiting.get(place)


def test_a_query_fills_the_form(waiting: Browser) -> None:
    page = waiting.get("/validate?combine=RD3%40pre&combine=outlier_removal")
    for chosen in ("watermarking@pre", "outlier_removal@in"):
        assert f'name="combine" value="{chosen}" checked' in page
    assert 'value="combination" checked' in page
    page = waiting.get("/validate?collude=poisoning&collude=P1")
    assert page.index('<option value="poisoning" selected>') < page.index(
        '<option value="membership_inference" selected>'
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"defense": "", "risk": ""}, "choose a defense and a risk"),
        ({"seeds": "<b>many"}, "should be a whole number, not &#39;&lt;b&gt;many&#39;"),
        ({"seeds": "0"}, "seeds"),
        ({"settings": "<script>alert(1)</script>"}, "&lt;script&gt;"),
        ({"settings": "training.epoch=3"}, "epoch"),
        ({"file": "../secret.csv"}, "in the service&#39;s folder"),
        ({"device": "cuda"}, "device cuda"),
        ({"what": "collusion", "first": "poisoning", "second": ""}, "choose two attacks"),
        ({"what": "combination", "combine": "explanations@post"}, "two or more defenses"),
    ],
)
def test_what_is_refused_stays_in_the_form_with_the_reason(
    waiting: Browser, fields: dict[str, str], said: str
) -> None:
    sent = {
        **waiting.form(), "what": "verdict", "defense": "watermarking@post",
        "risk": "evasion", "dataset": "digits", **SMALL, **fields,
    }  # fmt: skip
    before = len(waiting.jobs.list("*").jobs)
    answer = waiting.post("/validate", sent)
    assert answer.status_code == 422
    assert said in answer.text.partition('id="wrong">')[2].partition("</p>")[0]
    assert "<script>alert" not in answer.text
    assert key_of(answer.text) == sent["key"]
    assert '<option value="digits" selected' in answer.text
    if sent["defense"]:
        assert '<option value="watermarking@post" selected>' in answer.text
    assert len(waiting.jobs.list("*").jobs) == before
    assert listed(answer.text)


def test_a_form_that_is_none_of_ours_is_told_so(waiting: Browser) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"\xff\xfe", b"a=1&" * 300, b"what=everything"):
        answer = waiting.asking.post("/validate", content=content, headers={**PAGE, **form})
        assert answer.status_code == 422, content
        assert key_of(answer.text)
    huge = b"settings=" + b"x" * 3_000_000
    assert waiting.asking.post("/validate", content=huge, headers=form).status_code == 413


def test_sent_twice_it_is_one_job(waiting: Browser) -> None:
    sent = {
        **waiting.form(), "what": "verdict", "defense": "placebo", "risk": "evasion", **SMALL,
    }  # fmt: skip
    first, again = waiting.post("/validate", sent), waiting.post("/validate", sent)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    other = waiting.post("/validate", {**sent, "seeds": "4"})
    assert other.status_code == 422
    assert "has started a measurement already" in other.text
    assert key_of(other.text) != sent["key"]


def test_sent_twice_at_once_the_second_waits_for_the_first(
    waiting: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, early = waiting.jobs.submit, iter([True, True])

    def busy(*given: Any) -> Job:
        if next(early, False):
            raise BeingAccepted("it is being checked")
        return submit(*given)

    monkeypatch.setattr("api.web.views.validate._AGAIN", 0)
    monkeypatch.setattr(waiting.jobs, "submit", busy)
    assert waiting.start(defense="placebo", risk="evasion").startswith("/validate/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": f"{HERE}:1"},
    ],
)
def test_other_sites_start_and_cancel_nothing(waiting: Browser, headers: dict[str, str]) -> None:
    place = waiting.start(defense="placebo", risk="evasion")
    before = len(waiting.jobs.list("*", limit=200).jobs)
    sent = {"what": "verdict", "defense": "placebo", "risk": "evasion", **SMALL}
    for address, data in (("/validate", sent), (f"{place}/cancel", None)):
        answer = waiting.post(address, data, **headers)
        assert answer.status_code == 403
        assert "another site" in answer.text
    assert len(waiting.jobs.list("*", limit=200).jobs) == before
    assert waiting.jobs.get(place.rpartition("/")[2], "*").state == "queued"


def test_a_page_of_ours_cancels(waiting: Browser) -> None:
    place = waiting.start(defense="placebo", risk="evasion")
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": HERE}
    answer = waiting.post(f"{place}/cancel", **ours)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    page = waiting.get(place)
    assert "cancelled" in page
    assert "data-refresh" not in page
    assert "/cancel" not in page
    for file in ("plot.svg", "report", "report.txt", "evidence", "result"):
        waiting.get(f"{place}/{file}", 409)


def test_there_is_no_other_job(waiting: Browser) -> None:
    for name in ("0" * 32, "%00", "x" * 300, "<b>"):
        assert "&lt;b&gt;" in waiting.get(f"/validate/{name}", 404) or name != "<b>"
    assert waiting.post("/validate/none/cancel").status_code == 404


def test_what_requests_say_is_text(waiting: Browser) -> None:
    hostile = "<script>alert(1)</script>"
    request = {
        "defense": hostile, "risk": hostile, "dataset": hostile, "model": hostile,
        "settings": [hostile] * 4,
    }  # fmt: skip
    waiting.jobs._enqueue("f" * 32, "*", request, {})
    for page in (waiting.get(f"/validate/{'f' * 32}"), waiting.get("/validate")):
        assert hostile not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    waiting.jobs.cancel("f" * 32, "*")


def test_the_list_goes_on_over_pages(waiting: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.past._AT_ONCE", 2)
    monkeypatch.setattr("api.web.past._ENOUGH", 3)
    everyone = [job.id for job in waiting.jobs.list("*", limit=200).jobs]
    address, seen = "/validate", []
    while address:
        page = listed(waiting.get(address))
        seen += re.findall(r'<th scope="row"><a href="/validate/([0-9a-f]{32})"', page)
        (address,) = re.findall(r'href="(/validate\?next=[^"]+)"', page) or [""]
    assert seen == everyone
    assert len(seen) > 6
    waiting.get("/validate?next=nothing", 400)


def test_filters_that_are_none_are_told(waiting: Browser) -> None:
    page = waiting.get("/validate?state=lost&risk=<b>&verdict=true&kin=d")
    for said in ("no state “lost”", "no risk “&lt;b&gt;”", "no verdict “true”", "“kin”"):
        assert said in page
    page = waiting.get("/validate?state=failed")
    assert "Nothing like that" in page


def test_a_finished_job_says_what_its_result_says(measured: tuple[Browser, Job]) -> None:
    browser, job = measured
    document = browser.jobs.result(job.id, "*")
    page = browser.get(f"/validate/{job.id}")
    effect = document["effect"]
    numbers = [signed(effect[each]) for each in ("estimate", "low", "high")]
    assert f"{numbers[0]} ({numbers[1]} to {numbers[2]})" in page
    assert f"<dd><b>{document['verdict']}</b></dd>" in page
    assert sentence(document) in page
    assert document["command"] in page
    assert f"<dd>{ {'decrease': '▼ decreases'}[document['outcome']] }</dd>" in page
    for seed, difference in zip(document["seeds"], effect["differences"], strict=True):
        row = page.partition(f'<tr><th scope="row">{seed}</th>')[2].partition("</tr>")[0]
        assert signed(difference) in row
    for factor in document["factors"]:
        assert factor["name"].lower() in page
    assert "data-refresh" not in page
    assert '<svg class="drawing intervals wide"' in page
    assert f'src="/validate/{job.id}/plot.svg"' in page


def test_it_can_be_measured_again_otherwise(measured: tuple[Browser, Job]) -> None:
    browser, job = measured
    page = browser.get(f"/validate/{job.id}")
    (address,) = re.findall(r'href="([^"]*)">Measure it again<', page)
    form = browser.get(unescape(address))
    for chosen in ("adversarial_training", "evasion", "digits"):
        assert f'<option value="{chosen}" selected' in form
    assert 'value="3"' in form
    assert ">training.epochs=10</textarea>" in form


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        ({"all": True, "seeds": 2}, [("all", "1"), ("seeds", "9")]),
        ({"combine": ["a", "b"]}, [("combine", "a"), ("combine", "b"), ("seeds", "9")]),
        ({"defense": "a", "risk": "b", "vary": "D1=1,2"}, None),
    ],
)
def test_only_what_the_form_can_ask_is_asked_again(
    request_: dict[str, Any], query: list[tuple[str, str]] | None
) -> None:
    assert again(request_, 9) == query


def test_what_came_out_can_be_kept(measured: tuple[Browser, Job]) -> None:
    browser, job = measured
    place = f"/validate/{job.id}"

    def file(name: str, media: str) -> Any:
        answer = browser.asking.get(f"{place}/{name}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style")
        return answer

    assert b"<svg" in file("plot.svg", "image/svg+xml").content
    assert file("plot.png", "image/png").content.startswith(b"\x89PNG")
    report = file("report", "text/html")
    assert "adversarial training" in report.text.lower()
    assert report.headers["content-security-policy"].endswith("img-src data:")
    assert file("report.txt", "text/plain").text == browser.jobs.report(job.id, "*")
    evidence = file("evidence", "application/json")
    assert evidence.headers["content-disposition"].startswith("attachment;")
    assert browser.asking.put("/v1/knowledge/own", json=evidence.json()).status_code == 201
    assert file("result", "application/json").json() == browser.jobs.result(job.id, "*")


def test_the_matrix_and_the_reasons_show_what_was_measured(measured: tuple[Browser, Job]) -> None:
    browser, job = measured
    for address in ("/", "/what-if", "/what-if?O1=hold"):
        page = browser.get(address)
        cell = page.partition('id="adversarial_training.evasion"')[2].partition("</td>")[0]
        assert "measured: decreases" in cell
        assert page.count("measured: ") == 1
    page = browser.get("/why/RD1/R1")
    assert f'<a href="/validate/{job.id}">measured by this service</a>' in page
    effect = browser.jobs.result(job.id, "*")["effect"]
    assert f"{signed(effect['low'])} to {signed(effect['high'])}" in page


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("defense=RD1", True),
        ("defense=watermarking", False),
        ("risk=evasion&verdict=confirmed&state=succeeded&kind=verdict", True),
        ("verdict=refuted", False),
        ("state=running", False),
        ("kind=grid", False),
        ("risk=R2", False),
    ],
)
def test_results_are_found_by_what_they_are_about(
    measured: tuple[Browser, Job], query: str, there: bool
) -> None:
    browser, job = measured
    page = listed(browser.get(f"/validate?{query}"))
    assert (f'href="/validate/{job.id}"' in page) is there
    assert (f'href="/validate/{job.id}/evidence"' in page) is there


def test_a_result_is_loaded_once(
    measured: tuple[Browser, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = measured
    browser.get("/validate")

    def never(*_: object) -> None:
        raise AssertionError("it was loaded before")

    monkeypatch.setattr(browser.jobs, "result", never)
    assert "<b>confirmed</b>" in browser.get("/validate")
    assert "measured: decreases" in browser.get("/")


def test_what_was_known_stays_beside_predictions_while_jobs_cannot_be_read(
    measured: tuple[Browser, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = measured
    browser.get("/")

    def lost(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(browser.jobs, "list", lost)
    monkeypatch.setattr("api.web.results._AWAY", 0)
    assert "measured: decreases" in browser.get("/")
    assert any("away" in each.get("reason", "") for each in browser.asking.lines)
    assert "the database is away" in browser.get("/validate", 503)


def test_a_grid_is_told_cell_by_cell(
    measured: tuple[Browser, Job], monkeypatch: pytest.MonkeyPatch, kb: KnowledgeBase
) -> None:
    browser, job = measured
    cell = browser.jobs.result(job.id, "*")
    lost = {
        "defense": "group_fairness", "risk": "evasion", "conjecture": "increase", "published": [],
        "reason": "it needs <b>groups</b>", "command": "",
    }  # fmt: skip
    counts = dict.fromkeys(
        ("cells", "confirmed", "refuted", "inconclusive", "not_measured", "as_published",
         "unlike_published"), 1,
    )  # fmt: skip
    grid = {
        "dataset": "digits", "model": "mlp-m", "seeds": [0, 1, 2], "cells": [cell, lost],
        "counts": counts, "knowledge": kb.digest,
    }  # fmt: skip
    asked = Job("e" * 32, "*", "succeeded", {"all": True}, job.submitted, job.ended, None)
    monkeypatch.setattr(browser.jobs, "get", lambda *_: asked)
    monkeypatch.setattr(browser.jobs, "result", lambda *_: grid)
    monkeypatch.setattr(browser.jobs, "events", lambda *_: [])
    page = browser.get(f"/validate/{asked.id}")
    assert "Adversarial training, evasion: decreases; verdict: confirmed; effect −" in page
    assert "not measured: it needs &lt;b&gt;groups&lt;/b&gt;" in page
    running = Job("d" * 32, "*", "running", {"all": True}, job.submitted, None, None)
    told = [
        {"defense": "adversarial_training", "risk": "evasion", "outcome": "decrease",
         "verdict": "confirmed"},
        {"defense": "group_fairness", "risk": "evasion", "reason": "no groups"},
    ]  # fmt: skip
    events = [Event(i + 1, "cell", job.submitted, each) for i, each in enumerate(told)]
    monkeypatch.setattr(browser.jobs, "get", lambda *_: running)
    monkeypatch.setattr(browser.jobs, "events", lambda *_: events)
    page = browser.get(f"/validate/{running.id}")
    assert "Cells so far" in page
    assert "Adversarial training, evasion: decreases; verdict: confirmed" in page


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"combine": ["watermarking@pre", "outlier_removal@in"]},
            ["accuracy on the trigger set", "Published: C21 conflict"],
        ),
        ({"collude": ["poisoning", "model_extraction"]}, ["By the second attack", "fidelity"]),
        (
            {"defense": "placebo", "risk": "evasion", "vary": "training_set_size=100,200"},
            ["At each value", "what-if: nothing changes under a placebo"],
        ),
    ],
    ids=["combination", "collusion", "variation"],
)
def test_what_is_measured_together_is_told(
    measured: tuple[Browser, Job], tmp_path: Path, request_: dict[str, Any], said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from running import undisturbed

    browser, job = measured
    asked = {**request_, "model": "mlp-s", "seeds": 2, "settings": ["training.epochs=1"]}
    document = undisturbed(asked, str(tmp_path / "own.sqlite"))
    done = Job("c" * 32, "*", "succeeded", asked, job.submitted, job.ended, None)
    monkeypatch.setattr(browser.jobs, "get", lambda *_: done)
    monkeypatch.setattr(browser.jobs, "result", lambda *_: json.loads(json.dumps(document)))
    monkeypatch.setattr(browser.jobs, "events", lambda *_: [])
    page = browser.get(f"/validate/{done.id}")
    for each in said:
        assert each in page
    assert b"<svg" in browser.asking.get(f"/validate/{done.id}/plot.svg").content
    assert browser.asking.get(f"/validate/{done.id}/report").status_code == 200


def as_owner(browser: Browser, name: str, secret: str) -> TestClient:
    """Return a client that is signed in as the holder of a key."""

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["crosscurrent.owner"] = name
        await browser.asking.app(scope, receive, send)

    return TestClient(
        signed_in,
        base_url=HERE,
        headers=PAGE,
        cookies={"crosscurrent": secret},
        raise_server_exceptions=False,
    )


def test_to_other_keys_a_job_does_not_exist(tmp_path: Path) -> None:
    keys = KeyFile(str(tmp_path / "keys.json"))
    secrets = {name: keys.add(name) for name in ("anna", "ben")}
    browser = Browser(Settings(data=str(tmp_path / "data"), keys=keys.path, workers=()))
    anna, ben = (as_owner(browser, name, secret) for name, secret in secrets.items())
    with closing(browser.service):
        form = {"key": key_of(anna.get("/validate").text), "what": "verdict", **SMALL}
        answer = anna.post(
            "/validate", data={**form, "defense": "placebo", "risk": "evasion"},
            follow_redirects=False,
        )  # fmt: skip
        place = answer.headers["location"]
        assert anna.get(place).status_code == 200
        assert place in anna.get("/validate").text
        assert place not in ben.get("/validate").text
        for path in ("", "/plot.svg", "/report", "/report.txt", "/evidence", "/result"):
            assert ben.get(f"{place}{path}").status_code == 404
        assert ben.post(f"{place}/cancel").status_code == 404
        assert anna.get(place).text.count("waiting for a worker") == 1
        for path in ("/validate", place, f"{place}/report"):
            seen = browser.asking.get(path, headers=PAGE).text
            assert "waiting for a worker" not in seen
            assert "panel start" not in seen


def test_what_is_missing_is_said_with_the_command(
    waiting: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.web.views.validate.absent", lambda: ["torch"])
    page = waiting.get("/validate?defense=RD1&risk=P1")
    assert "torch" in page
    assert "crosscurrent[serve,validate]" in page
    assert "crosscurrent validate adversarial_training membership_inference" in page
    assert '<form class="panel start"' not in page


def test_looking_at_predictions_makes_no_database(tmp_path: Path) -> None:
    browser = Browser(Settings(data=str(tmp_path / "data"), workers=()))
    browser.get("/")
    browser.get("/why/RD1/R1")
    assert not (tmp_path / "data" / "jobs.sqlite").exists()


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"no database" * 1000)])
def test_a_broken_database_keeps_no_prediction_from_showing(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    (tmp_path / "data").mkdir()
    spoil(tmp_path / "data" / "jobs.sqlite")
    browser = Browser(Settings(data=str(tmp_path / "data"), workers=()))
    assert "Adversarial training" in browser.get("/")
    assert any("jobs" in each["event"] for each in browser.asking.lines)
    browser.get("/validate", 503)


def event(number: int, kind: str, **data: Any) -> Event:
    return Event(number, kind, "2026-11-26T20:00:00.000+00:00", data)


def interval(seeds: int, low: float, high: float) -> dict[str, Any]:
    middle = (low + high) / 2
    return {"seeds": seeds, "estimate": middle, "low": low, "high": high, "smallest_effect": 0.02}


def test_events_say_how_far_it_is_also_after_a_loss(kb: KnowledgeBase) -> None:
    assert progress([]) == Progress(0, 0, 0, 0, 0, [], [])
    events = [
        event(1, "accepted"),
        event(2, "started", worker="lab", device="cpu"),
        event(3, "planned", trials=8, remembered=0, work=800),
        event(4, "working", done=100, work=800),
        event(5, "trials", finished=4, trials=8, interval=interval(2, -0.5, 0.5)),
        event(6, "interrupted", error="lost"),
        event(7, "started", worker="lab", device="cpu"),
        event(8, "planned", trials=8, remembered=4, work=400),
        event(9, "trials", finished=6, trials=8, interval=interval(3, -0.1, 0.1)),
        event(10, "working", done=300, work=400),
    ]
    far = progress(events)
    assert far[:5] == (8, 6, 4, 400, 300)
    assert far.share == 0.75
    assert [each["seeds"] for each in far.intervals] == [2, 3]
    said = [text for _, text in told(Words(kb), events)]
    assert said[-1] == "75% trained"
    assert "12% trained" not in said
    assert "8 trials are planned, 4 of them known from before" in said
    assert "Training was interrupted, and goes on in a new process: lost" in said


def test_intervals_narrow_in_the_drawing_and_far_ones_are_cut() -> None:
    found = [
        Interval("after 2 seeds", 0.0, -90.0, 90.0),
        Interval("after 3 seeds", -0.1, -0.3, 0.1),
        Interval("all 4 seeds", -0.2, -0.25, -0.15, "decrease"),
    ]
    assert intervals([], 0.02) is None
    for narrow in (False, True):
        drawing = intervals(found, 0.02, [-0.2, -0.21], narrow=narrow)
        assert drawing is not None
        bars = [each.path for each in drawing.lines if each.kind.startswith("interval")]
        widths = [float(bar.partition("H")[2].split("M")[0]) - float(bar[1:].split()[0])
                  for bar in bars]  # fmt: skip
        assert widths == sorted(widths, reverse=True)
        assert widths[-1] > 10
        assert "L" in bars[0]
        assert "L" not in bars[2]
        assert [each.kind for each in drawing.lines if each.kind.startswith("interval")][-1] == (
            "interval final decrease"
        )
        assert sum(each.kind == "seed" for each in drawing.lines) == 2
        xs = [each.x for each in drawing.labels]
        assert 0 <= min(xs) <= max(xs) <= drawing.width
        assert "−0.200 (−0.250 to −0.150)" in drawing.name
        many = intervals(found[:1] * 300 + found[1:], 0.02, narrow=narrow)
        assert many is not None
        assert many.height < 1000
        assert many.name == drawing.name.replace("3 times", "16 times")


def test_requests_are_told_by_their_names(kb: KnowledgeBase) -> None:
    words = Words(kb)
    assert subject(words, kb, tiny()) == "Placebo → evasion"
    assert subject(words, kb, {"defense": "RD2@post", "risk": "P1"}) == (
        f"{words.called('outlier_removal@post')} → membership inference"
    )
    assert subject(words, kb, {"defense": "FD1", "risk": "F", "vary": "D2=1,2"}) == (
        "Group fairness → discriminatory behavior, by tail length"
    )
    assert circumstances({}) == "synthetic, 5 seeds"
    assert circumstances(tiny()).endswith(", 1 more setting")
    assert Order(combine=["a", "b"], what="combination").request() == {
        "combine": ["a", "b"], "seeds": 5
    }  # fmt: skip


def test_a_defense_that_only_the_validator_knows_has_its_row(kb: KnowledgeBase) -> None:
    cells = [{"defense": "placebo", "risk": "evasion", "outcome": "no_change",
              "verdict": "confirmed"}]  # fmt: skip
    ((defense, found),) = outcomes(load(), Words(kb), cells)
    assert defense == "placebo"
    assert [each is None for each in found].count(False) == 1


def test_a_mute_database_is_waited_for_once_and_not_by_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, asked, answered = Browser(Settings(data=str(tmp_path))), [], Signal()

    def mute() -> None:
        asked.append(1)
        answered.wait()

    monkeypatch.setattr("api.web.results._PATIENCE", 0.01)
    monkeypatch.setattr(browser.service, "kept", mute)
    try:
        for path in ("/", "/what-if", "/why/RD1/P1"):
            assert "predicted" in browser.get(path)
    finally:
        answered.set()
    assert len(asked) <= 1
