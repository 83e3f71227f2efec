"""Fixtures of the service: one application that nobody changes, and others as set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import Asking
from databases import PostgreSQL, postgresql

from crosscurrent.api.cli import main
from crosscurrent.api.rest.settings import Settings

Serve = Callable[..., Asking]


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return a client of a service as it is set by default; tests leave no trace in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        yield Asking(Settings(data=str(tmp_path_factory.mktemp("data"))))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """Run PostgreSQL, once it is asked for."""
    with postgresql() as found:
        yield found


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Return a function that makes a service with these settings, its data in the test's folder."""

    def serving(**given: Any) -> Asking:
        return Asking(Settings(**{"data": str(tmp_path / "data"), **given}))

    return serving


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that gives the document of a command line with ``--json``."""

    def run(*words: str) -> Any:
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run
