"""Faults of machines and databases: no fault of a job, and nobody else is held up."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import pytest
from running import tiny
from training_process import told_by_training

from crosscurrent.api.jobs import database
from crosscurrent.api.jobs.errors import TooManyJobs, Unavailable
from crosscurrent.api.jobs.records import job_of
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.jobs.worker import fit


def test_a_worker_that_cannot_keep_results_takes_no_job(tmp_path: Path) -> None:
    settings = JobSettings(str(tmp_path))
    fit(settings, "cpu")
    Path(settings.results).write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match="not a file of results"):
        fit(settings, "cpu")


def test_training_that_cannot_keep_results_blames_the_machine_and_not_the_job(
    tmp_path: Path,
) -> None:
    settings = JobSettings(str(tmp_path))
    Path(settings.results).write_bytes(b"no database at all" * 100)
    assert [each["event"] for each in told_by_training(tiny(1), settings)] == ["unfit"]


def test_a_machine_without_the_gpu_takes_no_job_and_fails_none(tmp_path: Path) -> None:
    settings = JobSettings(str(tmp_path))
    with pytest.raises(Unavailable, match="CUDA device"):
        fit(settings, "cuda:99")
    (message,) = told_by_training(tiny(1), settings, device="cuda:99")
    assert message["event"] == "unfit"


def test_a_database_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://someone@127.0.0.1:{mute.getsockname()[1]}/jobs"
        started = monotonic()
        with pytest.raises(Unavailable, match="cannot be used now"):
            database.migrate(JobSettings(str(tmp_path), url))
        assert monotonic() - started < 60


@pytest.mark.parametrize(
    "secret", ["postgresql://svc:hush-hush@127.0.0.1:1/jobs", "postgresql://127.0.0.1:1/jobs?"
               "user=svc&password=hush-hush"]
)  # fmt: skip
def test_no_message_holds_the_password_of_the_database(tmp_path: Path, secret: str) -> None:
    with pytest.raises(Unavailable) as caught:
        database.migrate(JobSettings(str(tmp_path), secret))
    assert "hush" not in str(caught.value)


def test_an_owner_has_so_many_unfinished_jobs_and_no_more(tmp_path: Path, checks: Checks) -> None:
    jobs = Jobs(JobSettings(str(tmp_path), max_jobs=2), checks)
    first = jobs.submit(tiny(1), "ann", "mine")
    jobs.submit(tiny(2), "ann")
    with pytest.raises(TooManyJobs, match="2 of your validations have not ended"):
        jobs.submit(tiny(3), "ann")
    assert jobs.submit(tiny(1), "ann", "mine") == first
    assert jobs.submit(tiny(3), "ben").state == "queued"
    jobs.cancel(first.id, "ann")
    assert jobs.submit(tiny(3), "ann").state == "queued"
    jobs.close()


def _status(status: str, error: Exception | None) -> Any:
    return SimpleNamespace(
        workflow_id="a", authenticated_user="ann", status=status, error=error, input=None,
        created_at=1, completed_at=2, updated_at=2,
    )  # fmt: skip


def test_only_a_job_whose_workers_were_lost_says_so() -> None:
    assert job_of(_status("MAX_RECOVERY_ATTEMPTS_EXCEEDED", None), 0).error is not None
    assert job_of(_status("ERROR", None), 0).error is None
    assert job_of(_status("ERROR", ValueError("that is why")), 0).error == "that is why"


def test_a_task_waits_for_others_but_their_time_is_not_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crosscurrent.api.jobs.sandbox._QUEUED", 0.01)
    found = Checks()
    busy = cast("Callable[..., Any]", found._run)
    with found._turn, found._turn, pytest.raises(Unavailable, match="other requests are being"):
        busy(len, [])
    found.close()
