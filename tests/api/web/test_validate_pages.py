"""Validate: what the form starts and refuses, and what the list finds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from measuring_pages import HERE, PAGE, SMALL, Reader, key_of, listed

from crosscurrent.api.jobs.errors import BeingAccepted
from crosscurrent.api.jobs.records import Job
from crosscurrent.validator.experiments.variations import VARIED
from crosscurrent.validator.requests import from_json


def test_a_form_starts_a_job_and_leads_to_it(waiting: Reader) -> None:
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
        (
            {
                "what": "variation",
                "defense": "placebo",
                "risk": "evasion",
                "factor": "attribute_count",
                "values": " 10, 20",
            },
            {"defense": "placebo", "risk": "evasion", "vary": "attribute_count=10, 20"},
            "Placebo → evasion, by attribute count",
        ),
    ],
    ids=["combine", "collude", "all", "vary"],
)
def test_all_kinds_can_be_started(
    waiting: Reader, fields: dict[str, Any], request_: dict[str, Any], title: str
) -> None:
    place = waiting.start(settings="training.epochs=1", **fields)
    job = waiting.jobs.get(place.rpartition("/")[2], "*")
    assert request_.items() <= job.request.items()
    assert f"<h1>{title}</h1>" in waiting.get(place)


def test_a_query_fills_the_form(waiting: Reader) -> None:
    page = waiting.get("/validate?combine=RD3%40pre&combine=outlier_removal")
    for chosen in ("watermarking@pre", "outlier_removal@in"):
        assert f'name="combine" value="{chosen}" checked' in page
    assert 'value="combination" checked' in page
    page = waiting.get("/validate?collude=poisoning&collude=P1")
    assert page.index('<option value="poisoning" selected>') < page.index(
        '<option value="membership_inference" selected>'
    )
    page = waiting.get("/validate?defense=FD2&risk=P2&vary=D3%3D10,20")
    assert 'value="variation" checked' in page
    for chosen in ("explanations", "data_reconstruction", "attribute_count"):
        assert f'<option value="{chosen}" selected>' in page
    assert 'name="values" id="values" value="10,20"' in page
    assert "There is no" not in page


def test_the_form_has_all_factors_that_can_be_varied(waiting: Reader) -> None:
    choices = waiting.get("/validate").partition('name="factor"')[2].partition("</fieldset>")[0]
    assert re.findall('<option value="([a-z_]+)"', choices) == [*VARIED]
    for each in VARIED.values():
        assert f": {each.about}</small>" in choices


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
        ({"what": "variation", "values": "1,2"}, "choose a factor"),
        ({"what": "variation", "factor": "tail_length"}, "two or more values"),
        (
            {"what": "variation", "factor": "training_set_size", "values": "<b>,400"},
            "training_set_size=&lt;b&gt;",
        ),
        (
            {"what": "variation", "factor": "model_capacity", "values": "mlp-s,mlp-m"},
            "sets model itself: leave --model out",
        ),
    ],
)
def test_what_is_refused_stays_in_the_form_with_the_reason(
    waiting: Reader, fields: dict[str, str], said: str
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


def test_a_form_that_is_none_of_ours_is_told_so(waiting: Reader) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"\xff\xfe", b"a=1&" * 300, b"what=everything"):
        answer = waiting.asking.post("/validate", content=content, headers={**PAGE, **form})
        assert answer.status_code == 422, content
        assert key_of(answer.text)
    huge = b"settings=" + b"x" * 3_000_000
    assert waiting.asking.post("/validate", content=huge, headers=form).status_code == 413


def test_sent_twice_it_is_one_job(waiting: Reader) -> None:
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
    waiting: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, early = waiting.jobs.submit, iter([True, True])

    def busy(*given: Any) -> Job:
        if next(early, False):
            raise BeingAccepted("it is being checked")
        return submit(*given)

    monkeypatch.setattr("crosscurrent.api.web.views.measurements._AGAIN", 0)
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
def test_other_sites_start_and_cancel_nothing(waiting: Reader, headers: dict[str, str]) -> None:
    place = waiting.start(defense="placebo", risk="evasion")
    before = len(waiting.jobs.list("*", limit=200).jobs)
    sent = {"what": "verdict", "defense": "placebo", "risk": "evasion", **SMALL}
    for address, data in (("/validate", sent), (f"{place}/cancel", None)):
        answer = waiting.post(address, data, **headers)
        assert answer.status_code == 403
        assert "another site" in answer.text
    assert len(waiting.jobs.list("*", limit=200).jobs) == before
    assert waiting.jobs.get(place.rpartition("/")[2], "*").state == "queued"


def test_what_requests_say_is_text(waiting: Reader) -> None:
    hostile = "<script>alert(1)</script>"
    request = {
        "defense": hostile, "risk": hostile, "dataset": hostile, "model": hostile,
        "settings": [hostile] * 4,
    }  # fmt: skip
    waiting.jobs._enqueue("f" * 32, "*", from_json(request), {})
    for page in (waiting.get(f"/validate/{'f' * 32}"), waiting.get("/validate")):
        assert hostile not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    waiting.jobs.cancel("f" * 32, "*")


def test_the_list_goes_on_over_pages(waiting: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.api.web.measurements.history._AT_ONCE", 2)
    monkeypatch.setattr("crosscurrent.api.web.measurements.history._ENOUGH", 3)
    for each in range(7):
        waiting.jobs.submit({"defense": "placebo", "risk": "evasion"}, "*", f"page {each}")
    everyone = [job.id for job in waiting.jobs.list("*", limit=200).jobs]
    address, seen = "/validate", []
    while address:
        page = listed(waiting.get(address))
        seen += re.findall(r'<th scope="row"><a href="/validate/([0-9a-f]{32})"', page)
        (address,) = re.findall(r'class="button quiet" href="(/validate\?next=[^"]+)"', page) or [
            ""
        ]
    assert seen == everyone
    assert len(seen) > 6
    waiting.get("/validate?next=nothing", 400)


def test_filters_that_are_none_are_told(waiting: Reader) -> None:
    page = waiting.get("/validate?state=lost&risk=<b>&verdict=true&kin=d")
    for said in ("no state “lost”", "no risk “&lt;b&gt;”", "no verdict “true”", "“kin”"):
        assert said in page
    page = waiting.get("/validate?state=failed")
    assert "Nothing like that" in page


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
    measured: tuple[Reader, Job], query: str, there: bool
) -> None:
    browser, job = measured
    page = listed(browser.get(f"/validate?{query}"))
    assert (f'href="/validate/{job.id}"' in page) is there
    assert (f'href="/validate/{job.id}/evidence"' in page) is there


def test_what_is_missing_is_said_with_the_command(
    waiting: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscurrent.api.web.views.measurements.absent", lambda: ["torch"])
    page = waiting.get("/validate?defense=RD1&risk=P1")
    assert "torch" in page
    assert "crosscurrent[serve,validate]" in page
    assert "crosscurrent validate adversarial_training membership_inference" in page
    assert '<form class="panel start"' not in page
