"""Fixtures of jobs: a database of their own, SQLite or PostgreSQL, and one checker."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

import pytest

pytest.importorskip("dbos", reason="the extra 'serve' is not installed")

from databases import postgresql

from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings


@pytest.fixture(scope="session")
def checks() -> Iterator[Checks]:
    """Return the process that checks requests; it takes seconds to start."""
    found = Checks()
    yield found
    found.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Run PostgreSQL, once it is asked for."""
    with postgresql() as found:
        yield found.url


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> JobSettings:
    """Return the settings of a new service on either database."""
    folder = tmp_path_factory.mktemp("service")
    database = None
    if request.param == "postgresql":
        database = request.getfixturevalue("server").format(f"jobs_{uuid.uuid4().hex}")
    datasets = folder / "datasets"
    datasets.mkdir()
    return JobSettings(str(folder / "data"), database, str(datasets))


@pytest.fixture(scope="module")
def jobs(settings: JobSettings, checks: Checks) -> Iterator[Jobs]:
    """Return the jobs of that service; no worker is running."""
    with contextlib.closing(Jobs(settings, checks)) as found:
        yield found
