"""Who is to blame when training fails: a request ends at once, a machine gives its job back."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import unsteady_models
from running import below, ended, large, tiny, until
from training_process import told_by_training

from crosscurrent.api.jobs.blame import Kills, blamed, last_line
from crosscurrent.api.jobs.errors import Refused, Unavailable
from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.jobs.training_process import TrainingProcess
from crosscurrent.api.jobs.worker import fit
from crosscurrent.api.jobs.workflow import MOST_DEATHS, TrainingEnded, _require_hope
from crosscurrent.validator.results.store import DamagedResults, Store
from crosscurrent.validator.run.executors import Lost, Unreachable


@contextmanager
def service(
    folder: Path, checks: Checks, count: int = 1, **more: Any
) -> Iterator[tuple[Jobs, LocalWorkers]]:
    """Run workers of a new service."""
    settings = JobSettings(str(folder / "data"), **more)
    with closing(Jobs(settings, checks)) as jobs:
        workers = LocalWorkers(settings, ["cpu"] * count)
        try:
            yield jobs, workers
        finally:
            workers.close()


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    """Let processes import the models of the tests; return what checks requests."""
    monkeypatch.setenv("PYTHONPATH", str(Path(unsteady_models.__file__).parent))
    found = Checks()
    yield found
    found.close()


def kinds(jobs: Jobs, identity: str) -> list[str]:
    return [each.kind for each in jobs.events(identity, "ann")]


def test_a_model_that_raises_fails_its_job_at_once_and_says_where(
    tmp_path: Path, models: Checks, capfd: pytest.CaptureFixture[str]
) -> None:
    with service(tmp_path, models, models=("unsteady_models",)) as (jobs, _):
        job = jobs.submit(tiny(1, model="unsteady_models:Broken"), "ann")
        failed = ended(jobs, job.id)
        assert failed.state == "failed"
        assert failed.error is not None
        assert failed.error.startswith("ValueError: layers do not fit (unsteady_models.py, line ")
        assert failed.error.endswith(", in fail)")
        assert kinds(jobs, job.id).count("started") == 1
        assert kinds(jobs, job.id)[-2:] == ["raised", "failed"]
        assert ended(jobs, jobs.submit(tiny(1), "ann").id).state == "succeeded"
    told = capfd.readouterr().err
    assert f"job {job.id}: training raised\\nTraceback" in told


def test_memory_that_runs_out_is_no_verdict_on_the_request_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(unsteady_models.__file__).parent))
    settings = JobSettings(str(tmp_path), models=("unsteady_models",))
    request = tiny(2, model="unsteady_models:Greedy")
    message = told_by_training(request, settings, limit=60)[-1]
    assert (message["event"], message["memory"]) == ("unfit", True)
    assert message["error"].startswith("MemoryError: of 1 EiB (unsteady_models.py, line ")
    _require_hope(message, MOST_DEATHS - 1)
    with pytest.raises(TrainingEnded, match=r"MemoryError: of 1 EiB .* \(5 times\)"):
        _require_hope(message, MOST_DEATHS)


def test_a_worker_without_files_gives_its_job_back(tmp_path: Path, checks: Checks) -> None:
    with service(tmp_path, checks) as (jobs, workers):
        first = jobs.submit(tiny(3), "ann")
        assert ended(jobs, first.id).state == "succeeded"
        (worker,) = workers.pids
        few = len(os.listdir(f"/proc/{worker}/fd")) + 1
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (few, few))
        second = jobs.submit(tiny(4), "ann")
        assert ended(jobs, second.id).state == "succeeded"
        assert worker not in workers.pids


def test_a_process_that_was_killed_says_by_whom_and_what_it_had_used(
    tmp_path: Path, checks: Checks
) -> None:
    with service(tmp_path, checks) as (jobs, workers):
        job = jobs.submit(large(5), "ann")
        until(lambda: "planned" in kinds(jobs, job.id), "it should be planned")
        (training,) = below(workers.pids[0])[:1]
        os.kill(training, signal.SIGKILL)
        assert ended(jobs, job.id).state == "succeeded"
        (lost,) = (e for e in jobs.events(job.id, "ann") if e.kind == "interrupted")
        assert lost.data["error"].startswith("the process that trains was killed (SIGKILL) by ")
        assert "MiB of memory" in lost.data["error"]


def test_a_check_that_takes_too_much_memory_is_refused_and_the_next_one_is_not() -> None:
    with closing(Checks(memory=1 << 30)) as few:
        with pytest.raises(Refused, match="more memory"):
            few._run(bytearray, 2 << 30)
        assert few._run(len, [1]) == 1


def damaged(file: Path) -> None:
    """Damage a file of results past its first page."""
    store = Store(str(file))
    store.keep_trials({f"{i:03}": ({"i": i}, {"text": "x" * 500}) for i in range(200)})
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(file.read_bytes())
    content[8192:-4096] = os.urandom(1) * (len(content) - 8192 - 4096)
    file.write_bytes(content)


def test_a_worker_whose_results_are_damaged_past_the_first_page_takes_no_job(
    tmp_path: Path,
) -> None:
    settings = JobSettings(str(tmp_path))
    damaged(Path(settings.results))
    with pytest.raises(Unavailable, match=r"results\.sqlite"):
        fit(settings, "cpu")


def test_a_worker_that_cannot_work_is_started_again_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("crosscurrent.api.jobs.local._EVERY", 0.01)
    monkeypatch.setattr("crosscurrent.api.jobs.local._LONGEST_WAIT", 0.03)
    settings = JobSettings(str(tmp_path))
    Path(settings.results).write_bytes(b"no database at all" * 100)
    with closing(LocalWorkers(settings, ["cpu"])):
        until(lambda: "has ended 3 times in a row" in caplog.text, "it should be told")


@pytest.mark.parametrize(
    ("error", "blame"),
    [
        (ValueError("no"), "request"),
        (FileNotFoundError(errno.ENOENT, "no such file", "weights.pt"), "request"),
        (ImportError("no module"), "request"),
        (RuntimeError("mat1 and mat2 cannot be multiplied"), "request"),
        (RuntimeError("can't start new thread"), "machine"),
        (OSError(errno.EMFILE, "Too many open files"), "machine"),
        (OSError(errno.ESTALE, "Stale file handle"), "machine"),
        (RuntimeError("No CUDA GPUs are available"), "machine"),
        (RuntimeError("Found no NVIDIA driver on your system."), "machine"),
        (RuntimeError("CUDA error: uncorrectable ECC error encountered"), "machine"),
        (RuntimeError("CUDA driver version is insufficient"), "machine"),
        (OSError(errno.ENOSPC, "No space left on device"), "machine"),
        (OSError(0, "results cannot be read", "/data/results.sqlite"), "machine"),
        (sqlite3.OperationalError("unable to open database file"), "machine"),
        (DamagedResults("malformed"), "machine"),
        (Unreachable("no cluster"), "machine"),
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 1 EiB"), "memory"),
        (Lost("killed again and again"), "lost"),
    ],
)
def test_each_error_has_somebody_to_blame(error: BaseException, blame: str) -> None:
    assert blamed(error) == blame


def test_the_last_line_is_one_and_names_the_place_that_is_no_library() -> None:
    def within() -> None:
        int("a\nb")

    try:
        within()
    except ValueError as error:
        told = last_line(error)
    assert told.startswith("ValueError: invalid literal for int() with base 10: ")
    assert told.endswith(", in within)")
    assert last_line(KeyError("x" * 10_000)).count("x") < 1000


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (1, "ended by itself with exit status 1"),
        (-9, "was killed (SIGKILL) by "),
        (-11, "crashed (SIGSEGV)"),
        (-15, "was ended by somebody (SIGTERM)"),
        (-99, "(99)"),
    ],
)
def test_an_end_is_told_in_words(status: int, told: str) -> None:
    found = Kills(os.getpid())
    found.look()
    assert told in found.told(status)
    assert "MiB" in found.told(status)


def test_the_kernel_is_named_when_it_has_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([3, 4])
    monkeypatch.setattr("crosscurrent.api.jobs.blame._kernel_kills", lambda: next(counts))
    assert "by the kernel, as memory ran out" in Kills(os.getpid()).told(-9)


def test_a_job_ends_when_its_time_is_over_and_says_how_to_go_on(
    tmp_path: Path, checks: Checks
) -> None:
    with service(tmp_path, checks, max_job_seconds=3600) as (jobs, _):
        endless = tiny(6, settings=["training.epochs=100000"])
        job = jobs.submit(endless, "ann", seconds=8)
        failed = ended(jobs, job.id)
        assert failed.state == "failed"
        assert failed.error is not None
        assert failed.error.startswith("its time is over: it may train for 8 s;")
        assert "with another Idempotency-Key" in failed.error
        assert kinds(jobs, job.id)[-2:] == ["stopped", "failed"]
        assert all("ran" not in each.data for each in jobs.events(job.id, "ann"))
        assert ended(jobs, jobs.submit(tiny(7), "ann").id).state == "succeeded"


def test_the_time_of_all_processes_of_a_job_counts(tmp_path: Path) -> None:
    job = {"request": tiny(8), "beforehand": {"limit": 60}}
    training = TrainingProcess("0", job, JobSettings(str(tmp_path)), "cpu")
    training.remember({"event": "working", "ran": 60.0})
    message = asyncio.run(training.next())
    assert message == {"event": "stopped", "error": "it may train for 60 s"}
    old = TrainingProcess("0", {**job, "beforehand": {}}, JobSettings(str(tmp_path)), "cpu")
    old.remember({"event": "working", "ran": 86_400.0})
    assert asyncio.run(old.next())["event"] == "stopped"


def test_a_process_that_dies_does_not_take_its_time_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dies"
    program.write_text("#!/bin/sh\nsleep 0.3\nexit 3\n", encoding="ascii")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    job = {"request": tiny(9), "beforehand": {"limit": 60}}

    async def scene() -> list[dict[str, Any]]:
        training = TrainingProcess("0", job, JobSettings(str(tmp_path)), "cpu")
        told = []
        for _ in range(4):
            told.append(await training.next())
            training.remember(told[-1])
        return told

    told = asyncio.run(scene())
    assert [each["event"] for each in told] == ["started", "interrupted"] * 2
    # the clock starts a little after the process does
    assert told[1]["ran"] >= 0.2
    assert told[3]["ran"] >= told[1]["ran"] + 0.2


def test_a_job_is_written_by_one_server_at_a_time(
    tmp_path: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = JobSettings(str(tmp_path))
    round_of = Jobs._round

    def looking(jobs: Jobs, connection: Any, owner: str, queue: str) -> int:
        place = sa.make_url(settings.url).database or ""
        with (
            closing(sqlite3.connect(place, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        return round_of(jobs, connection, owner, queue)

    monkeypatch.setattr(Jobs, "_round", looking)
    with closing(Jobs(settings, checks)) as jobs:
        assert jobs.submit(tiny(14), "ann").state == "queued"


def test_jobs_of_all_owners_take_turns(tmp_path: Path, checks: Checks) -> None:
    settings = JobSettings(str(tmp_path / "data"))
    with closing(Jobs(settings, checks)) as jobs:
        ids = [("ann", jobs.submit(tiny(10 + i), "ann").id) for i in range(3)]
        ids.append(("ben", jobs.submit(tiny(13), "ben").id))
        with closing(LocalWorkers(settings, ["cpu"])):
            for owner, identity in ids:
                assert ended(jobs, identity, owner).state == "succeeded"
        began = {name: jobs.events(name, owner)[1].at for owner, name in ids}
        taken = sorted(ids, key=lambda each: began[each[1]])
        assert [owner for owner, _ in taken] == ["ann", "ben", "ann", "ann"]
