"""A ``crosscurrent`` command that answers at once: all that it imports is imported already.

Guides hold hundreds of commands, and importing torch anew takes each that trains some seconds. So
one process has everything imported and forks for each command; the command itself is a script of
a few lines, which hands over its words, its folder, its environment and its three streams.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["command"]

_LENGTH = 4
_SCRIPT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({place!r})
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(told).to_bytes({length}, "big")], [0, 1, 2])
server.sendall(told)
sys.exit(server.recv(1)[0])
"""


@contextmanager
def command() -> Iterator[Path]:
    """Yield a folder to put on the path: in it is the command."""
    with tempfile.TemporaryDirectory() as folder:
        place, script = os.path.join(folder, "socket"), Path(folder, "crosscurrent")
        script.write_text(_SCRIPT.format(python=sys.executable, place=place, length=_LENGTH))
        script.chmod(0o700)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(place)
            listening.listen()
            server = subprocess.Popen(
                [sys.executable, __file__, str(listening.fileno())],
                pass_fds=[listening.fileno()],
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            )
        try:
            yield Path(folder)
        finally:
            server.kill()
            server.wait()


def _serve(listening: socket.socket) -> None:
    """Fork for each command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that have answered
    while True:
        asking, _ = listening.accept()
        with asking:
            if not os.fork():
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(asking)


def _answer(asking: socket.socket) -> None:
    """Be the command."""
    head, streams, _, _ = socket.recv_fds(asking, _LENGTH, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # those that are there know of the server's streams whether one can seek in them
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    told = b""
    while len(told) < int.from_bytes(head, "big"):
        told += asking.recv(1 << 20)
    words, folder, environment = json.loads(told)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[1:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    status = 1
    try:
        status = _run(words)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - as any process would
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
    asking.sendall(bytes([status]))
    os._exit(status)


def _run(words: Sequence[str]) -> int:
    from crosscurrent.api.cli import main

    sys.argv = ["crosscurrent", *words]
    return main()


def _import_all() -> None:
    """Import what commands do; what an extra lacks is theirs to say."""
    for name in ("crosscurrent.api.cli", "crosscurrent.validator"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "ray" not in module.name:  # it starts threads
                with suppress(ImportError):
                    importlib.import_module(module.name)
    gc.freeze()  # commands need not look through it, and share its memory


if __name__ == "__main__":
    _import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
