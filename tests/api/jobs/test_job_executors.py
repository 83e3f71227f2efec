"""Executors of a service's workers: set by the service, and no part of a request."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from running import ended, tiny, undisturbed, without_cost
from training_process import told_by_training

from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.rest.settings import SettingsError, read_settings
from crosscurrent.knowledge.errors import UnknownName
from crosscurrent.validator.requests import from_json, json_schema
from crosscurrent.validator.run import executor_names


def test_a_job_trained_in_processes_gives_the_same(tmp_path: Path, checks: Checks) -> None:
    settings = replace(JobSettings(str(tmp_path / "data")), executor="processes:1")
    request = tiny(70)
    with closing(LocalWorkers(settings, ["cpu"])), closing(Jobs(settings, checks)) as jobs:
        job = ended(jobs, jobs.submit(request, "ann").id)
        assert (job.state, job.error) == ("succeeded", None)
        found = jobs.result(job.id, "ann")
    assert without_cost(found) == undisturbed(request, str(tmp_path / "own.sqlite"))


def test_a_request_cannot_say_where(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "executor" not in json_schema()["properties"]
    with pytest.raises(UnknownName, match="unknown option 'executor'"):
        from_json({"executor": "processes:64"})


def test_a_setting_that_names_no_executor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings({}).for_jobs().executor == "here"
    monkeypatch.setenv("CROSSCURRENT_EXECUTOR", "processes:2")
    assert read_settings({}).for_jobs().executor == "processes:2"
    for text in ("process:2", "processes:0", "here:1", "ray:"):
        with pytest.raises(SettingsError, match="CROSSCURRENT_EXECUTOR"):
            read_settings({"executor": text})


def test_every_executor_that_there_is_can_be_set() -> None:
    for name in executor_names():
        assert read_settings({"executor": name}).for_jobs().executor == name


def test_a_cluster_that_is_away_is_no_fault_of_the_job(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    settings = JobSettings(str(tmp_path), executor="ray:127.0.0.2:1")
    (message,) = told_by_training(tiny(71), settings)
    assert message["event"] == "unfit"
    assert "no Ray cluster at 127.0.0.2:1" in message["error"]
