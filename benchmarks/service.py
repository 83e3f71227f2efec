"""Measure the service under load, beside a bare FastAPI route and beside a job; look for leaks.

``python benchmarks/service.py [--seconds N] [--rounds N] [--requests N]``. Needs wrk (the Debian
package of that name); everything stays on this machine. Both servers run in this order in every
round: bare route, our route, with bodies of the same size and the same server settings. Then the
same queries without a validation job and with one that trains on all cores, and without it again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from timing import machine

from crosscurrent.api.answers import predictions
from crosscurrent.knowledge import load

AIM = 0.8
AIM_BESIDE = 0.5
_CONNECTIONS = 16
_PREDICTION = "/v1/predictions/adversarial_training/membership_inference"
_MATRIX = "/v1/predictions"
_MIXED = (_PREDICTION, _MATRIX, "/v1/factors", "/v1/predictions/rd1/p1", "/v1/nowhere")

_JOBS = "/v1/validations"
_ENDLESS = {
    "defense": "placebo",
    "risk": "evasion",
    "dataset": "digits",
    "settings": ["training.epochs=100000"],
}

_BARE = """\
import socket, sys, uvicorn
from fastapi import FastAPI, Response
bodies = [b"x" * int(size) for size in sys.argv[1:]]
app = FastAPI()
@app.get("/0")
async def first(): return Response(bodies[0], media_type="application/json")
@app.get("/1")
async def second(): return Response(bodies[1], media_type="application/json")
listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
print("http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
uvicorn.Server(config).run(sockets=[listening])
"""


class Load(NamedTuple):
    """What one run of wrk saw."""

    rate: float
    p99_ms: float
    requests: int
    errors: int


def main() -> int:
    """Run, print, and say whether the aims are met."""
    parser = argparse.ArgumentParser(description="Measure the service under load.")
    parser.add_argument("--seconds", type=int, default=2, help="length of a run")
    parser.add_argument("--rounds", type=int, default=9, help="runs of each route")
    parser.add_argument("--requests", type=int, default=100_000, help="of the search for leaks")
    arguments = parser.parse_args()
    if which("wrk") is None:
        print("this needs wrk: apt-get install wrk", file=sys.stderr)
        return 1
    kb = load()
    documents = (
        predictions.prediction(kb, "RD1", "P1"),
        predictions.matrix(kb),
    )
    sizes = [
        len(json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode())
        for each in documents
    ]
    print(f"{machine()}; wrk, 1 thread, {_CONNECTIONS} connections, {arguments.seconds} s a run")
    print("  route             bytes   bare/s   ours/s   ratio  p99 bare  p99 ours")
    met = True
    with _bare(sizes) as bare, service() as (ours, process):
        for number, (name, path) in enumerate((("one pair", _PREDICTION), ("matrix", _MATRIX))):
            pairs = [
                (
                    _wrk(f"{bare}/{number}", arguments.seconds),
                    _wrk(ours + path, arguments.seconds),
                )
                for _ in range(arguments.rounds)
            ]
            ratio = median(own.rate / plain.rate for plain, own in pairs)
            rates = [median(load.rate for load in side) for side in zip(*pairs, strict=True)]
            worst = [median(load.p99_ms for load in side) for side in zip(*pairs, strict=True)]
            met = met and ratio >= AIM and not any(own.errors for _, own in pairs)
            print(
                f"  {name:<15}{sizes[number]:>8}{rates[0]:>9.0f}{rates[1]:>9.0f}{ratio:>8.2f}"
                f"{worst[0]:>7.1f} ms{worst[1]:>7.1f} ms"
            )
        print(f"  aim: ours at least {AIM} of bare: {'met' if met else 'not met'}")
        _beside(ours, arguments.seconds, arguments.rounds)
        _leaks(ours, process, arguments.requests)
    return 0


def _beside(url: str, seconds: int, rounds: int) -> None:
    """Compare queries without a validation job and with one that trains; look at health as well."""
    runs = {False: list[Load](), True: list[Load]()}
    for training in (False, True, False):
        job = _trains(url) if training else None
        for _ in range(rounds if training else (rounds + 1) // 2):
            runs[training].append(_wrk(url + _PREDICTION, seconds))
        if job is not None:
            _healthy(url)
            state = _ask(url, "DELETE", f"{_JOBS}/{job}")["state"]
            print(f"  the job ran all the time: {'yes' if state == 'cancelled' else state}")
    alone, beside = (median(load.rate for load in runs[each]) for each in (False, True))
    worst = median(load.p99_ms for load in runs[True])
    met = beside > AIM_BESIDE * alone
    print(
        f"  one pair, without a job {alone:.0f}/s, beside one {beside:.0f}/s: {beside / alone:.2f},"
        f" p99 {worst:.1f} ms\n"
        f"  aim: more than {AIM_BESIDE} of it left: {'met' if met else 'not met'}"
    )


def _trains(url: str) -> str:
    """Start a job that takes longer than this; return its id once it is training."""
    identity = str(_ask(url, "POST", _JOBS, _ENDLESS)["id"])
    with urllib.request.urlopen(f"{url}{_JOBS}/{identity}/events", timeout=120) as stream:
        for line in stream:
            if line.startswith(b"event: working"):
                return identity
    raise RuntimeError(f"job {identity} does not train")


def _healthy(url: str) -> None:
    """Ask for both kinds of health a hundred times."""
    for path in ("/health/live", "/health/ready"):
        times = []
        for _ in range(100):
            start = perf_counter()
            _ask(url, "GET", path)
            times.append((perf_counter() - start) * 1000)
        print(f"  {path} beside it: median {median(times):.1f} ms, longest {max(times):.1f} ms")


def _ask(url: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


def _leaks(url: str, process: subprocess.Popen[str], requests: int) -> None:
    """Compare memory and descriptors before and after many requests, errors among them."""
    for path in _MIXED:
        _wrk(url + path, 1)
    before, done = _held(process.pid), 0
    while done < requests:
        done += sum(_wrk(url + path, 2).requests for path in _MIXED)
    after = _held(process.pid)
    print(
        f"  after {done} requests: {before[0] / 1024:.1f} MiB -> {after[0] / 1024:.1f} MiB,"
        f" {before[1]} descriptors -> {after[1]}"
    )


def _held(process: int) -> tuple[int, int]:
    """Return the KiB in memory and the open descriptors of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]), len(os.listdir(f"/proc/{process}/fd"))


def _wrk(url: str, seconds: int) -> Load:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", done)
    count = re.search(r"(\d+) requests in", done)
    broken = re.search(r"Socket errors: (.*)", done)
    assert rate is not None
    assert tail is not None
    assert count is not None
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[tail[2]]
    errors = sum(map(int, re.findall(r"\d+", broken[1]))) if broken else 0
    return Load(float(rate[1]), float(tail[1]) * unit, int(count[1]), errors)


@contextmanager
def _bare(sizes: Sequence[int]) -> Iterator[str]:
    command = [sys.executable, "-c", _BARE, *map(str, sizes)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def service(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the service as it is, its log in a file, as where it is collected.

    Parameters
    ----------
    *words
        More words of the command.
    """
    command = str(Path(sys.executable).with_name("crosscurrent"))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                [command, "serve", "--port", "0", "--data", folder, *words],
                stderr=stream,
                text=True,
            )
        try:
            yield _address(log, process), process
        finally:
            process.kill()
            process.communicate()


def _address(log: Path, process: subprocess.Popen[str]) -> str:
    """Return where the service listens, once it says so."""
    with log.open(encoding="utf-8") as stream:
        while process.poll() is None:
            line = stream.readline()
            if '"serving"' in line:
                return str(json.loads(line)["url"])
    raise RuntimeError(log.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
