"""``crosscurrent worker`` as its operators meet it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from running import below, ended, tiny, until

from crosscurrent.api.cli import main
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings

COMMAND = Path(sys.executable).with_name("crosscurrent")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(COMMAND), "worker", *words],
        env={**os.environ, "CROSSCURRENT_DATA": str(folder), "DBOS__CLOUD": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    found = start(tmp_path)
    yield found
    found.kill()
    found.communicate(timeout=60)


def connections(process: int) -> list[str]:
    """Return the sockets of a process that lead, or may be led to, outside it."""
    inodes = set()
    for each in os.listdir(f"/proc/{process}/fd"):
        target = os.readlink(f"/proc/{process}/fd/{each}")
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
        found += [line for line in lines if line.split()[9] in inodes]
    return found


def test_a_worker_told_to_end_leaves_its_job_to_the_next_one(
    tmp_path: Path, worker: subprocess.Popen[str], checks: Checks
) -> None:
    with closing(Jobs(JobSettings(str(tmp_path)), checks)) as jobs:
        job = jobs.submit(tiny(40), "ann")
        until(lambda: len(jobs.events(job.id, "ann")) > 1, "it should start")
        assert connections(worker.pid) == []  # no port is open, and nothing outside is called
        training = below(worker.pid)
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(timeout=30)
        assert worker.returncode == 0
        assert (out, "Traceback" in err) == ("", False)
        assert "takes jobs for cpu" in err
        assert json.loads(err.splitlines()[-1])["event"].endswith("ends")
        until(lambda: not [p for p in training if os.path.exists(f"/proc/{p}")], "all should end")
        assert jobs.get(job.id, "ann").state == "running"
        following = start(tmp_path, "--concurrency", "2")
        try:
            assert ended(jobs, job.id, "ann").state == "succeeded"
        finally:
            following.terminate()
            following.communicate(timeout=30)
        assert following.returncode == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--device gpu", "--device gpu: should be cpu, cuda"),
        ("--concurrency 0", "should be a whole number from 1"),
        ("--concurency 1", "did you mean --concurrency"),
    ],
)
def test_what_does_not_fit_ends_with_2(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["worker", *words.split()])
    except SystemExit as stop:
        status = int(stop.code or 0)
    assert status == 2
    assert expected in capsys.readouterr().err


def test_a_database_that_cannot_be_reached_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--data", str(tmp_path), "--database", f"postgresql://a:b@127.0.0.1:{port}/x"]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    root = logging.getLogger()
    logs, level = list(root.handlers), root.level
    try:
        assert main(["worker", *words]) == 1
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        root.handlers[:] = logs  # the worker's write to a stream that ends with this test
        root.setLevel(level)
    assert "cannot be used now" in capsys.readouterr().err
