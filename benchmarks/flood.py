"""Measure what one key that floods the service with every kind of request costs the other keys.

``python benchmarks/flood.py [--seconds N] [--keys N] [--jobs N] [--only KIND]``. One key sends
each kind of request as fast as it is answered, on several connections, from a process of its own.
Meanwhile the others ask for a prediction every fifth of a second, as they do before and after it
on the idle service, and some of them submit a job each. Everything stays on this machine, and ends
by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

from service import service
from timing import machine, quantile

from crosscurrent.api.rest.keys import KeyFile

AIM: Final = 3.0
"""As many times its p99 on an idle service may a prediction's p99 be."""
_TAKEN: Final = 2
"""Jobs of the key that floods which may be taken before another key's first one: the one that runs,
and that of the same round."""
_CONNECTIONS: Final = 3
"""Of each kind of request."""
_PAUSE: Final = 0.2
"""Seconds between two predictions of a key."""
_PATIENCE: Final = 300.0
"""Seconds within which every other key's job has to be taken."""
_PREDICTION: Final = "/v1/predictions/adversarial_training/membership_inference"
_JOBS: Final = "/v1/validations"
_FLOOD: Final = "flood"


class Client:
    """One connection that is kept.

    Parameters
    ----------
    url : str
        The service.
    headers : str
        Lines that every request has.
    """

    def __init__(self, url: str, headers: str) -> None:
        self._host, self._headers = urlsplit(url).netloc, headers
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body of an answer; of a stream only the status."""
        reader, told = await self._sent(method, path, body)
        status, length = int(told.split(" ", 2)[1]), re.search(r"content-length: *(\d+)", told)
        answer = b"" if length is None else await reader.readexactly(int(length[1]))
        if length is None or "connection: close" in told:
            self.close()
        return status, answer

    async def events(self, path: str, number: int) -> list[dict[str, Any]]:
        """Return the data of the first events of a stream."""
        reader, _ = await self._sent("GET", path, b"")
        found: list[dict[str, Any]] = []
        while len(found) < number:
            line = await reader.readline()
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
        self.close()
        return found

    async def _sent(self, method: str, path: str, body: bytes) -> tuple[asyncio.StreamReader, str]:
        """Send a request; return where its answer comes, and the head of that."""
        if self._reader is None or self._writer is None:
            host, port = self._host.split(":")
            self._reader, self._writer = await asyncio.open_connection(host, int(port))
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{self._headers}{more}\r\n"
        self._writer.write(head.encode() + body)
        told = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        return self._reader, told

    def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def main() -> int:
    """Run, print, and say whether the aims are met."""
    parser = argparse.ArgumentParser(description="Flood the service with one key.")
    parser.add_argument("--seconds", type=float, default=20, help="of the flood")
    parser.add_argument("--keys", type=int, default=20, help="the one that floods among them")
    parser.add_argument("--jobs", type=int, default=5, help="keys that submit a job meanwhile")
    parser.add_argument("--only", choices=sorted(_kinds()), help="one kind of request")
    parser.add_argument("--flooder", nargs=2, metavar=("URL", "KEY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.flooder:
        url, key = arguments.flooder
        print(json.dumps(asyncio.run(flood(url, key, arguments.seconds, arguments.only))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = KeyFile(str(Path(folder, "keys.json")))
        names = [f"key_{i}" for i in range(1, arguments.keys)]
        keys = {name: file.add(name) for name in (_FLOOD, *names)}
        with service("--keys", file.path) as (url, _):
            met = asyncio.run(_measured(url, keys, arguments))
    return 0 if met else 1


async def _measured(url: str, keys: dict[str, str], arguments: argparse.Namespace) -> bool:
    """Measure the others before, beside and after the flood."""
    others = [key for name, key in keys.items() if name != _FLOOD]
    seconds = arguments.seconds
    print(f"{machine()}; {len(others)} keys, a prediction of each every {_PAUSE} s", flush=True)
    await predictions(url, others, 2.0)  # nobody measures the first requests
    idle = await predictions(url, others, seconds / 2)
    command = [sys.executable, __file__, "--flooder", url, keys[_FLOOD], "--seconds", str(seconds)]
    command += ["--only", arguments.only] if arguments.only else []
    flooding = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    beside, jobs = await asyncio.gather(
        predictions(url, others, seconds), _submitted(url, others[: arguments.jobs], seconds / 2)
    )
    sent, _ = flooding.communicate(timeout=60)
    after = await predictions(url, others, seconds / 2)
    for kind, answers in json.loads(sent).items():
        told = ", ".join(f"{status}: {often}" for status, often in sorted(answers.items()))
        print(f"  {kind:<12} {sum(answers.values()) / seconds:>7.0f}/s  {told}")
    calm = quantile(idle, 0.99)
    for name, found in (("before", idle), ("beside", beside), ("after", after)):
        print(
            f"  {name:<8} {len(found):>6} predictions: median {median(found):.1f} ms,"
            f" p99 {quantile(found, 0.99):.1f} ms, longest {max(found):.1f} ms"
        )
    ratio = quantile(beside, 0.99) / calm
    met = ratio <= AIM
    print(
        f"  p99 beside the flood: {ratio:.1f} times; aim: {AIM:.0f}: {'met' if met else 'not met'}"
    )
    if jobs:
        taken = await _overtaken(url, keys[_FLOOD], jobs)
        fair = max(taken) <= _TAKEN
        print(
            f"  jobs of the flood taken before another key's first: {max(taken)} at most; aim:"
            f" {_TAKEN}: {'met' if fair else 'not met'}"
        )
        met = met and fair
    return met


async def predictions(url: str, keys: Sequence[str], seconds: float) -> list[float]:
    """Return the milliseconds that each prediction took, asked for by all keys."""
    end = perf_counter() + seconds
    found: list[float] = []

    async def one(key: str, wait: float) -> None:
        client = Client(url, f"Authorization: Bearer {key}\r\n")
        await asyncio.sleep(wait)
        while perf_counter() < end:
            start = perf_counter()
            status, _ = await client.ask("GET", _PREDICTION)
            found.append((perf_counter() - start) * 1000)
            if status != 200:
                raise RuntimeError(f"a prediction is answered with {status}")
            await asyncio.sleep(_PAUSE)
        client.close()

    await asyncio.gather(*(one(key, _PAUSE * i / len(keys)) for i, key in enumerate(keys)))
    return found


async def _submitted(url: str, keys: Sequence[str], wait: float) -> dict[str, str]:
    """Submit a job of each key; return their ids by key."""
    await asyncio.sleep(wait)

    async def one(key: str, number: int) -> tuple[str, str]:
        client = Client(url, f"Authorization: Bearer {key}\r\n")
        status, answer = await client.ask("POST", _JOBS, json.dumps(tiny(-number)).encode())
        if status != 202:
            raise RuntimeError(f"a job of another key is answered with {status}: {answer!r}")
        return key, json.loads(answer)["id"]

    return dict(await asyncio.gather(*(one(key, i) for i, key in enumerate(keys, 1))))


async def _overtaken(url: str, flooder: str, jobs: dict[str, str]) -> list[int]:
    """Return for each job how many of the flood were taken between its submission and it."""
    spans = [await _taken(url, key, identity) for key, identity in jobs.items()]
    client = Client(url, f"Authorization: Bearer {flooder}\r\n")
    _, answer = await client.ask("GET", f"{_JOBS}?limit=200")
    flooded = [
        (await _events(client, job["id"]))[1]
        for job in json.loads(answer)["validations"]
        if job["state"] not in ("queued", "cancelled")
    ]
    return [sum(since < when < until for when in flooded) for since, until in spans]


async def _taken(url: str, key: str, identity: str) -> tuple[str, str]:
    """Wait until a job is taken; return when it was submitted and when that was."""
    client = Client(url, f"Authorization: Bearer {key}\r\n")
    end = perf_counter() + _PATIENCE
    while perf_counter() < end:
        _, answer = await client.ask("GET", f"{_JOBS}/{identity}")
        if json.loads(answer)["state"] != "queued":
            return await _events(client, identity)
        await asyncio.sleep(1)
    raise RuntimeError(f"job {identity} was not taken within {_PATIENCE:.0f} s")


async def _events(client: Client, identity: str) -> tuple[str, str]:
    """Return when a job was accepted and when it was taken; it has been."""
    accepted, taken = await client.events(f"{_JOBS}/{identity}/events", 2)
    return accepted["at"], taken["at"]


def tiny(number: int) -> dict[str, Any]:
    """Return a request for a job of seconds; others share none of its trials."""
    return {
        "defense": "placebo",
        "risk": "evasion",
        "dataset": "breast_cancer",
        "model": "mlp-s",
        "seeds": 2,
        "threads": 1,
        "settings": ["training.epochs=1", f"training.learning_rate={0.003 + number * 1e-6:.6f}"],
    }


def _kinds() -> dict[str, Callable[[int], tuple[str, str, Any]]]:
    """Return each kind of request: from a number, what is sent."""
    return {
        "prediction": lambda _: ("GET", _PREDICTION, None),
        "matrix": lambda _: ("GET", "/v1/predictions", None),
        "conflicts": lambda _: ("GET", "/v1/conflicts?defense=RD1&defense=PD1", None),
        "what-if": lambda n: ("POST", "/v1/what-if", _assumed(n)),
        "plans": lambda n: ("GET", f"/v1/plans?protect=R1&protect=P1&max={n % 9 + 1}", None),
        "backtest": lambda n: ("GET", f"/v1/backtest?resamples={4000 + n % 1000}", None),
        "chains": lambda _: ("GET", "/v1/collusions/chains?target=membership_inference", None),
        "page": lambda _: ("GET", "/", None),
        "pages": lambda n: ("GET", f"/why/RD1/P1?boundary_distance={_WAYS[n % 3]}", None),
        "upload": lambda n: ("PUT", f"/v1/knowledge/flood_{n % 5}", _knowledge(n)),
        "job": lambda n: ("POST", _JOBS, tiny(n)),
        "jobs": lambda _: ("GET", _JOBS, None),
        "events": lambda _: ("GET", f"{_JOBS}/none/events", None),
        "large": lambda n: ("POST", "/v1/what-if", {"x": [n] * 300_000}),
        "nowhere": lambda n: ("GET", f"/v1/nowhere/{n}", None),
        "ready": lambda _: ("GET", "/health/ready", None),
        "metrics": lambda _: ("GET", "/metrics", None),
    }


_WAYS: Final = ("raise", "lower", "hold")


def _assumed(number: int) -> dict[str, Any]:
    """Return an assumption, in turn of each kind."""
    return {"defense": "RD1", "risk": "P1", _WAYS[number % 3]: ["O3"]}


def _knowledge(number: int) -> dict[str, Any]:
    """Return knowledge files of 300 records, other ones each time."""
    edges = [
        {"subject": f"own_{number}_{i}", "factor": "tail_length", "sign": "+",
         "sources": ["song2019privacy"]}
        for i in range(300)
    ]  # fmt: skip
    defenses = [
        {"id": each["subject"], "name": each["subject"], "meaning": "none", "pillar": "security",
         "protects_against": [], "usual_stage": "in"}
        for each in edges
    ]  # fmt: skip
    return {"files": {"a.yaml": json.dumps({"defenses": defenses, "correlations": edges})}}


async def flood(url: str, key: str, seconds: float, only: str | None) -> dict[str, dict[int, int]]:
    """Send every kind of request as fast as it is answered; return statuses by kind."""
    end = perf_counter() + seconds
    numbers = count(1)
    found: dict[str, Counter[int]] = {}

    async def send(kind: str, made: Callable[[int], tuple[str, str, Any]]) -> None:
        client = Client(url, f"Authorization: Bearer {key}\r\nCookie: crosscurrent={key}\r\n")
        while perf_counter() < end:
            method, path, document = made(next(numbers))
            body = b"" if document is None else json.dumps(document).encode()
            status, _ = await client.ask(method, path, body)
            found.setdefault(kind, Counter())[status] += 1
        client.close()

    sending = [
        asyncio.create_task(send(kind, made))
        for kind, made in _kinds().items()
        for _ in range(_CONNECTIONS if only in (None, kind) else 0)
    ]
    await asyncio.wait(sending, timeout=seconds + 1)
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    return {kind: dict(statuses) for kind, statuses in found.items()}


if __name__ == "__main__":
    sys.exit(main())
