"""Services with a socket: a process of its own, or one in a thread of this process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import uvicorn
from running import below, until

__all__ = ["Happened", "Served", "descriptors", "events", "runs", "threaded"]

COMMAND = str(Path(sys.executable).with_name("crosscurrent"))


class Happened(NamedTuple):
    """One server-sent event."""

    number: int
    kind: str
    data: dict[str, Any]


def events(answer: httpx2.Response) -> Iterator[Happened | str]:
    """Read server-sent events as they come, and comments between them."""
    found: dict[str, str] = {}
    for line in answer.iter_lines():
        if line.startswith(":"):
            yield line
        elif line:
            name, _, value = line.partition(": ")
            found[name] = value
        elif found:
            yield Happened(int(found["id"]), found["event"], json.loads(found["data"]))
            found = {}


def runs(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


class Served:
    """``crosscurrent serve`` on a data folder, started again as often as is asked for.

    Parameters
    ----------
    folder : Path
        Where it keeps its data.
    *words : str
        More words of the command.
    environment : dict of str to str, optional
        Variables that are set for it, beside those of the tests when it starts.
    """

    def __init__(
        self, folder: Path, *words: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder, self._words, self._environment = folder, words, environment or {}
        self._log = folder.with_name(f"{folder.name}.log")
        self.client = httpx2.Client(timeout=60)

    def start(self, **environment: str) -> None:
        """Start it, with more variables set this time; wait until it says where it listens."""
        with self._log.open("a", encoding="utf-8") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                [COMMAND, "serve", "--port", "0", "--data", str(self._folder), *self._words],
                stderr=log,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **self._environment, **environment},
            )

        def where() -> str | None:
            assert self.process.poll() is None, self._log.read_text(encoding="utf-8")
            for line in self._log.read_text(encoding="utf-8")[before:].splitlines():
                if '"serving"' in line:
                    return str(json.loads(line)["url"])
            return None

        self.client.base_url = until(where, "it should serve")

    def kill(self) -> None:
        """End it with SIGKILL; what it had started ends by itself."""
        started = below(self.process.pid)
        self.process.kill()
        self.process.wait(30)
        until(lambda: not any(map(runs, started)), "what it had started should end too")

    def stop(self) -> int:
        """End it as an operator does; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        """Leave nothing behind."""
        self.client.close()
        if self.process.poll() is None:
            self.kill()


@contextmanager
def threaded(app: Any, **more: Any) -> Iterator[httpx2.Client]:
    """Serve an application in a thread of this process; yield a client."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, **more))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            until(lambda: server.started, "it should serve")
            with httpx2.Client(base_url=url, timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()


def descriptors() -> int:
    """Return how many descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))
