"""A PostgreSQL server of the tests' own, where its programs are installed."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

__all__ = ["PostgreSQL", "postgresql"]


class PostgreSQL(NamedTuple):
    """A server.

    Attributes
    ----------
    url : str
        That of a database whose name is put in by `str.format`.
    restart : callable
        Ends it as a power cut does, and starts it again.
    """

    url: str
    restart: Callable[[], None]


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Run a server in a folder of its own."""
    found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default="")
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    programs = os.path.dirname(found)
    folder = tempfile.mkdtemp(prefix="crosscurrent-pg-")
    as_other, user = _unprivileged(folder)
    data = os.path.join(folder, "data")

    def run(program: str, *words: str) -> None:
        done = subprocess.run(
            [*as_other, os.path.join(programs, program), "-D", data, *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"PostgreSQL cannot be started here: {done.stderr.decode()[-300:]}")

    try:
        run("initdb", "-A", "trust", "-U", user, "-N", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"

        def start() -> None:
            run("pg_ctl", "-w", "-l", os.path.join(folder, "log"), "-o", options, "start")

        def restart() -> None:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
            start()

        start()
        try:
            yield PostgreSQL(f"postgresql://{user}@/{{}}?host={folder}", restart)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: str) -> tuple[list[str], str]:
    """Return how to run programs as somebody else than root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return [], pwd.getpwuid(os.geteuid()).pw_name
    names = {each.pw_name: each for each in pwd.getpwall()}
    other = names.get("postgres") or names["nobody"]
    os.chown(folder, other.pw_uid, other.pw_gid)
    ids = [f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids], other.pw_name
