"""Promises to owners of jobs while a worker is there: the command's answer, events, one end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from running import below, ended, tiny, undisturbed, until, without_cost

from crosscurrent.api.jobs.errors import NotFinished
from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.interactions import predict


@pytest.fixture(scope="module")
def workers(settings: JobSettings) -> Iterator[LocalWorkers]:
    found = LocalWorkers(settings, ["cpu"])
    yield found
    found.close()


def test_a_job_gives_what_the_command_gives(
    jobs: Jobs, workers: LocalWorkers, tmp_path: Path
) -> None:
    request = tiny(20, defense="watermarking", dataset="digits")
    job = jobs.submit(request, "eve")
    done = ended(jobs, job.id, "eve")
    assert done.state == "succeeded"
    document = jobs.result(job.id, "eve")
    assert without_cost(document) == undisturbed(request, str(tmp_path / "own.sqlite"))
    look = Style(colour=False, unicode=True)
    assert jobs.report(job.id, "eve") == describe(document, look, here=False)
    assert jobs.picture(job.id, "eve", "png").startswith(b"\x89PNG")
    assert b"<svg" in jobs.picture(job.id, "eve", "svg")
    ((name, text),) = jobs.evidence(job.id, "eve").items()
    assert name == f"watermarking.evasion.{document['id'][:12]}.yaml"
    assert yaml.safe_load(text)["experiments"][0]["outcome"] == document["outcome"]
    with pytest.raises(InputError, match="png or svg"):
        jobs.picture(job.id, "eve", "exe")
    events = jobs.events(job.id, "eve")
    kinds = ["accepted", "started", "planned", "trials", "verdict", "succeeded"]
    assert [each.kind for each in events if each.kind != "working"] == kinds
    assert events[-2].data["effect"] == document["effect"]
    for i in range(len(events) + 2):
        assert jobs.events(job.id, "eve", i) == events[i:]
    assert jobs.cancel(job.id, "eve") == done
    assert jobs.result(job.id, "eve") == document


def test_what_is_expected_is_what_the_service_knew_when_it_accepted(
    settings: JobSettings, checks: Checks, workers: LocalWorkers
) -> None:
    own = (
        "defenses: [{id: watermarking, action: revise, code: WM}]\n"
        "correlations: [{subject: watermarking, factor: tail_length, action: revise, sign: '-'}]\n"
    )
    kb = load([{"own.yaml": own.encode()}])
    expected = predict(kb, "watermarking", "evasion").conjecture
    assert expected != predict(load(), "watermarking", "evasion").conjecture
    with closing(Jobs(settings, checks, kb)) as jobs:
        job = jobs.submit(tiny(24, defense="WM", dataset="digits"), "eve")
        assert ended(jobs, job.id, "eve").state == "succeeded"
        assert jobs.result(job.id, "eve")["conjecture"] == expected


def test_a_running_job_is_cancelled_with_all_that_it_started_and_the_next_one_runs(
    jobs: Jobs, workers: LocalWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one can't be run after all, and fails with the reason."""
    endless = tiny(21, settings=["training.epochs=100000"])
    job = jobs.submit(endless, "eve")
    until(lambda: len(jobs.events(job.id, "eve")) > 2, "it should be planned")
    assert jobs.get(job.id, "eve").state == "running"
    training = until(lambda: below(workers.pids[0]), "something should train")
    assert jobs.cancel(job.id, "eve").state == "cancelled"
    until(lambda: not set(training) & set(below(workers.pids[0])), "nothing should train")
    events = jobs.events(job.id, "eve")
    assert events[-1].kind == "cancelled"
    monkeypatch.setattr(jobs._checks, "check", lambda *_: {})
    following = jobs.submit(tiny(22, dataset="gone.csv"), "eve")
    failed = ended(jobs, following.id, "eve")
    assert failed.state == "failed"
    assert failed.error == "dataset gone.csv: there is no such file in the folder"
    told = jobs.events(following.id, "eve")
    assert [each.kind for each in told] == ["accepted", "started", "refused", "failed"]
    assert told[-1].data == {"error": failed.error}
    with pytest.raises(NotFinished, match="is failed"):
        jobs.result(following.id, "eve")
    assert jobs.events(job.id, "eve") == events
