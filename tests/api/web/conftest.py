"""Fixtures of pages: one service with a few knowledge sets, one browser, visitors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import browsers
import pytest
from hostile import HOSTILE
from measuring_pages import Reader
from playwright.sync_api import Browser
from running import ended
from served import Served
from served_pages import serving, visiting
from visiting import Visitor

from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.records import Job
from crosscurrent.api.rest.settings import Settings

OWN = Path(__file__).parents[3] / "docs" / "examples" / "my-knowledge"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a service that tests only look at; it has the sets ``team`` and ``hostile``."""
    with serving(tmp_path_factory) as served:
        own = {each.name: each.read_text(encoding="utf-8") for each in OWN.glob("*.yaml")}
        for name, files in (("team", own), ("hostile", HOSTILE)):
            answer = served.client.put(f"/v1/knowledge/{name}", json={"files": files})
            assert answer.status_code == 201, answer.text
        yield served


@pytest.fixture(scope="session")
def place() -> str:
    """Return where the browser is."""
    place = browsers.found()
    if place is None:
        pytest.skip(browsers.SKIPPED)
    return place


# not for the session: while Playwright runs, this thread can run no other event loop
@pytest.fixture(scope="package")
def browser(place: str) -> Iterator[Browser]:
    """Run a browser."""
    with browsers.browser(place) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, service: Served) -> Iterator[Visitor]:
    """Return a visitor, to whom nothing bad may happen that the test does not expect."""
    with visiting(browser, service) as someone:
        yield someone


@pytest.fixture(scope="package")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Return a browser of a service without workers, so that jobs wait."""
    folder = tmp_path_factory.mktemp("waiting")
    (folder / "datasets").mkdir()
    found = Reader(
        Settings(data=str(folder / "data"), workers=(), datasets=str(folder / "datasets"))
    )
    yield found
    found.service.close()


@pytest.fixture(scope="package")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reader, Job]]:
    """Return a browser of a service that has measured what adversarial training is meant for."""
    settings = Settings(data=str(tmp_path_factory.mktemp("measured") / "data"))
    browser = Reader(settings)
    with closing(LocalWorkers(settings.for_jobs(), ["cpu"])):
        place = browser.start(
            defense="adversarial_training", risk="evasion", dataset="digits", model="",
            settings="training.epochs=10", seeds="3",
        )  # fmt: skip
        job = ended(browser.jobs, place.rpartition("/")[2], "*")
    assert job.state == "succeeded", job.error
    yield browser, job
    browser.service.close()
