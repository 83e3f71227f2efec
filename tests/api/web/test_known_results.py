"""Results of jobs beside predictions, whatever becomes of the jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event as Signal

import pytest
from measuring_pages import Reader
from running import until

from crosscurrent.api.jobs.errors import Unavailable
from crosscurrent.api.jobs.records import Job
from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.names import signed


def test_the_matrix_and_the_reasons_show_what_was_measured(measured: tuple[Reader, Job]) -> None:
    browser, job = measured
    for address in ("/matrix", "/what-if", "/what-if?O1=hold"):
        page = browser.get(address)
        cell = page.partition('id="adversarial_training.evasion"')[2].partition("</td>")[0]
        assert "measured: decreases" in cell
        assert page.count("measured: ") == 1
    page = browser.get("/why/RD1/R1")
    assert f'<a href="/validate/{job.id}">measured by this service</a>' in page
    effect = browser.jobs.result(job.id, "*")["effect"]
    assert f"{signed(effect['low'])} to {signed(effect['high'])}" in page


def test_a_result_is_loaded_once(
    measured: tuple[Reader, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = measured
    browser.get("/validate")

    def never(*_: object) -> None:
        raise AssertionError("it was loaded before")

    monkeypatch.setattr(browser.jobs, "result", never)
    assert "<b>confirmed</b>" in browser.get("/validate")
    assert "measured: decreases" in browser.get("/matrix")


def test_what_was_known_stays_beside_predictions_while_jobs_cannot_be_read(
    measured: tuple[Reader, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = measured
    browser.get("/matrix")

    def lost(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(browser.jobs, "list", lost)
    monkeypatch.setattr("crosscurrent.api.web.measurements.summaries._AWAY", 0)
    assert "measured: decreases" in browser.get("/matrix")
    assert any("away" in each.get("reason", "") for each in browser.asking.lines)
    assert "the database is away" in browser.get("/validate", 503)


def test_looking_at_predictions_makes_no_database(tmp_path: Path) -> None:
    browser = Reader(Settings(data=str(tmp_path / "data"), workers=()))
    browser.get("/matrix")
    browser.get("/why/RD1/R1")
    assert not (tmp_path / "data" / "jobs.sqlite").exists()


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"no database" * 1000)])
def test_a_broken_database_keeps_no_prediction_from_showing(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    (tmp_path / "data").mkdir()
    spoil(tmp_path / "data" / "jobs.sqlite")
    browser = Reader(Settings(data=str(tmp_path / "data"), workers=()))
    assert "Adversarial training" in browser.get("/matrix")
    assert any("jobs" in each["event"] for each in browser.asking.lines)
    browser.get("/validate", 503)


def test_a_mute_database_is_waited_for_once_and_not_by_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, asked, answered = Reader(Settings(data=str(tmp_path))), [], Signal()

    def mute() -> None:
        asked.append(1)
        answered.wait()

    monkeypatch.setattr("crosscurrent.api.web.measurements.summaries._PATIENCE", 0.01)
    monkeypatch.setattr(browser.service, "existing_jobs", mute)
    try:
        for path in ("/matrix", "/what-if", "/why/RD1/P1"):
            assert "expected" in browser.get(path)
    finally:
        answered.set()
    until(lambda: asked, "it should be asked once")
    assert asked == [1]
