"""The page of one measurement: what came out, its files, and who may see it."""

from __future__ import annotations

import json
import re
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from measuring_pages import HERE, PAGE, SMALL, Reader, key_of
from running import COLLUSION, COMBINATION, VARIATION, undisturbed

from crosscurrent.api.jobs.records import Event, Job
from crosscurrent.api.rest.keys import KeyFile
from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.measured.verdict import sentence
from crosscurrent.api.text.names import signed
from crosscurrent.knowledge import KnowledgeBase


def test_a_finished_job_says_what_its_result_says(measured: tuple[Reader, Job]) -> None:
    browser, job = measured
    document: Any = browser.jobs.result(job.id, "*")
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


def test_it_can_be_measured_again_otherwise(measured: tuple[Reader, Job]) -> None:
    browser, job = measured
    page = browser.get(f"/validate/{job.id}")
    (address,) = re.findall(r'href="([^"]*)">Measure it again<', page)
    form = browser.get(unescape(address))
    for chosen in ("adversarial_training", "evasion", "digits"):
        assert f'<option value="{chosen}" selected' in form
    assert 'value="3"' in form
    assert ">training.epochs=10</textarea>" in form


def test_what_came_out_can_be_kept(measured: tuple[Reader, Job]) -> None:
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


def test_a_grid_is_told_cell_by_cell(
    measured: tuple[Reader, Job], monkeypatch: pytest.MonkeyPatch, kb: KnowledgeBase
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
            {
                **COMBINATION,
                "combine": ["watermarking@pre", "outlier_removal@in"],
                "settings": ["training.epochs=1", "defense.watermarking@pre.triggers=10"],
            },
            ["accuracy on the trigger set", "Published: C21 conflict"],
        ),
        (COLLUSION, ["By the second attack", "fidelity"]),
        (VARIATION, ["At each value", "what-if: nothing changes under a placebo"]),
    ],
    ids=["combination", "collusion", "variation"],
)
def test_what_is_measured_together_is_told(
    measured: tuple[Reader, Job], tmp_path: Path, request_: dict[str, Any], said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    browser, job = measured
    asked = {key: value for key, value in request_.items() if key != "threads"}  # no form has it
    document = undisturbed(asked, str(tmp_path / "own.sqlite"))
    done = Job("c" * 32, "*", "succeeded", asked, job.submitted, job.ended, None)
    monkeypatch.setattr(browser.jobs, "get", lambda *_: done)
    monkeypatch.setattr(browser.jobs, "result", lambda *_: json.loads(json.dumps(document)))
    monkeypatch.setattr(browser.jobs, "events", lambda *_: [])
    page = browser.get(f"/validate/{done.id}")
    for each in said:
        assert each in page
    assert ">Measure it again</a>" in page
    assert b"<svg" in browser.asking.get(f"/validate/{done.id}/plot.svg").content
    assert browser.asking.get(f"/validate/{done.id}/report").status_code == 200


def as_owner(browser: Reader, name: str, secret: str) -> TestClient:
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
    browser = Reader(Settings(data=str(tmp_path / "data"), keys=keys.path, workers=()))
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


def test_a_page_of_ours_cancels(waiting: Reader) -> None:
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


def test_there_is_no_other_job(waiting: Reader) -> None:
    for name in ("0" * 32, "%00", "x" * 300, "<b>"):
        assert "&lt;b&gt;" in waiting.get(f"/validate/{name}", 404) or name != "<b>"
    assert waiting.post("/validate/none/cancel").status_code == 404
