"""Services whose pages are visited, and visitors to whom nothing bad may happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Browser
from served import Served
from visiting import Visitor

__all__ = ["serving", "visiting"]


@contextmanager
def serving(
    folders: pytest.TempPathFactory, *words: str, workers: str = "none"
) -> Iterator[Served]:
    """Run a service in a folder of its own."""
    folder = folders.mktemp("served") / "data"
    environment = {"CROSSCURRENT_WORKERS": workers}
    with closing(Served(folder, *words, environment=environment)) as served:
        served.start()
        yield served


@contextmanager
def visiting(browser: Browser, served: Served) -> Iterator[Visitor]:
    """Let somebody visit a service; nothing may go wrong that the test does not expect."""
    someone = Visitor(browser, str(served.client.base_url).rstrip("/"))
    yield someone
    someone.leaves()
    assert someone.complaints() == []
