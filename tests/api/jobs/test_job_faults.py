"""Faults: every accepted job ends once, as if nothing had happened, whatever is killed.

Each round kills one process with SIGKILL at a moment drawn at random from a seed: a worker, the
process that trains, or the one that submits. CROSSCURRENT_KILLS sets how many rounds there are;
every fifth job has several batches.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import submitter
from running import below, ended, large, tiny, undisturbed, until, without_cost

from crosscurrent.api.jobs.errors import Unavailable
from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings

KILLS = int(os.environ.get("CROSSCURRENT_KILLS", "0"))
FEW = 3
VICTIMS = ("worker", "trial", "submitter")
OWNER = "ann"


@pytest.fixture(scope="module")
def workers(jobs: Jobs, settings: JobSettings) -> Iterator[LocalWorkers]:
    found = LocalWorkers(settings, ["cpu", "cpu"])  # one may go on with what another did
    yield found
    pids = [pid for each in found.pids for pid in [each, *below(each)]]
    found.close()
    until(lambda: not any(map(_runs, pids)), "all processes should have ended")


def _runs(process: int) -> bool:
    with suppress(OSError), open(f"/proc/{process}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2][0] != "Z"
    return False


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _started(jobs: Jobs, identity: str) -> bool:
    return len(jobs.events(identity, OWNER)) > 1


def pause(seconds: float) -> None:
    """Wait for the moment that was drawn."""
    end = monotonic() + seconds
    while monotonic() < end:
        sleep(0.01)


def submitted(
    jobs: Jobs, settings: JobSettings, request: dict[str, Any], key: str, after: float
) -> str:
    """Submit from a process that is killed on the way; then again, with the same key."""
    told = {"settings": settings.document(), "request": request, "owner": OWNER, "key": key}
    process = subprocess.Popen(
        [sys.executable, submitter.__file__, json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
    )
    pause(after)
    started = below(process.pid)
    process.kill()
    acknowledged = process.communicate(timeout=60)[0].strip()
    until(lambda: not any(map(_runs, started)), "what it had started should end too")
    job = jobs.submit(request, OWNER, key)
    assert acknowledged in ("", job.id)
    return job.id


def test_another_machine_goes_on_with_what_was_finished_elsewhere(
    jobs: Jobs, settings: JobSettings, workers: LocalWorkers, tmp_path: Path
) -> None:
    if settings.database is None and not KILLS:
        pytest.skip("machines share PostgreSQL; on SQLite only with CROSSCURRENT_KILLS")
    request = {**large(1000), "seeds": 12}  # two batches may be over before one looks
    identity = jobs.submit(request, "bob").id

    def first() -> bool:
        return any(event.kind == "trials" for event in jobs.events(identity, "bob"))

    until(first, "a batch should be finished")
    busy = [worker for worker in workers.pids if below(worker)]
    lost = [each for worker in busy for each in [worker, *below(worker)]]
    for worker in busy:
        kill(worker)
    until(lambda: not any(map(_runs, lost)), "what trained should end with its worker")
    for ending in ("", "-wal", "-shm"):  # as it is on a machine that never saw this job
        Path(f"{settings.results}{ending}").unlink(missing_ok=True)
    assert ended(jobs, identity, "bob").state == "succeeded"
    planned = [event.data for event in jobs.events(identity, "bob") if event.kind == "planned"]
    assert planned[0]["remembered"] == 0
    assert [each["remembered"] > 0 for each in planned] == [False, True]
    assert without_cost(jobs.result(identity, "bob")) == undisturbed(
        request, str(tmp_path / "undisturbed.sqlite")
    )


@pytest.fixture
def small() -> Iterator[Path]:
    """Return a folder on a disk of three megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]
        try:
            if subprocess.run(mount, capture_output=True, check=False).returncode:
                pytest.skip("no small disk can be mounted here")
        except FileNotFoundError:
            pytest.skip("no small disk can be mounted here")
        yield Path(folder)
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(not KILLS, reason="takes a minute: only with CROSSCURRENT_KILLS")
def test_a_disk_that_is_full_for_a_while_loses_nothing(small: Path, checks: Checks) -> None:
    settings = JobSettings(str(small / "service"))
    with closing(Jobs(settings, checks)) as jobs:
        job = jobs.submit(tiny(2000), "ann")
        workers = LocalWorkers(settings, ["cpu"])
        try:
            until(lambda: len(jobs.events(job.id, "ann")) > 1, "it should start")
            with suppress(OSError), open(small / "fill", "ab", buffering=0) as file:
                while True:
                    file.write(b"x" * 1024)
            with pytest.raises(Unavailable, match=r"disk is full|disk I/O error"):
                jobs.submit(tiny(2001), "ann")
            pause(15)
            assert jobs.get(job.id, "ann").state in ("queued", "running")
            (small / "fill").unlink()
            assert ended(jobs, job.id, "ann").state == "succeeded"
        finally:
            workers.close()


def test_killed_at_random_every_job_ends_once_as_if_nothing_had_happened(
    jobs: Jobs, settings: JobSettings, workers: LocalWorkers, tmp_path: Path
) -> None:
    draw = random.Random(2026)
    killed = dict.fromkeys(VICTIMS, 0)
    seen: dict[str, Any] = {}
    for number in range(KILLS or FEW):
        victim = VICTIMS[number % len(VICTIMS)]
        request = large(number) if number % 5 == 4 else tiny(number)
        if victim == "submitter":
            identity = submitted(jobs, settings, request, f"key {number}", draw.uniform(0, 8))
        else:
            identity = jobs.submit(request, OWNER).id
            until(partial(_started, jobs, identity), "it should start")
            pause(draw.uniform(0, 5))
            for worker in workers.pids:
                for process in below(worker)[:1]:
                    kill(worker if victim == "worker" else process)
        killed[victim] += 1
        assert ended(jobs, identity, OWNER).state == "succeeded"
        document = jobs.result(identity, OWNER)
        alone = undisturbed(request, str(tmp_path / "undisturbed.sqlite"))
        assert without_cost(document) == alone, f"round {number}: {victim}"
        seen[identity] = (jobs.get(identity, OWNER), jobs.events(identity, OWNER), document)
    for identity, (job, events, document) in seen.items():
        assert (jobs.get(identity, OWNER), jobs.result(identity, OWNER)) == (job, document)
        assert jobs.events(identity, OWNER) == events
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        assert [event.last for event in events] == [False] * (len(events) - 1) + [True]
    every = jobs.list(OWNER, limit=len(seen) + 10).jobs
    assert {job.id for job in every} == set(seen)
    again = sum(
        event.kind == "started" and event.number > 2
        for _, events, _ in seen.values()
        for event in events
    )
    print(f"\nkilled {killed}: {len(seen)} jobs ended once each, {again} of them started again")
