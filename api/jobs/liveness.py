"""Liveness of workers: each holds a lock that is let go when it ends, however it ends.

Nothing is timed: a lock of the file system or of PostgreSQL is gone at the moment at which its
holder is. Should a holder lose its connection but live, another may go on with its jobs; DBOS then
keeps what the first one still says from being written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from typing import IO, Any, Protocol

import sqlalchemy as sa

from .settings import JobSettings

if sys.platform != "win32":
    import fcntl

__all__ = ["Liveness", "announce"]


class Liveness(Protocol):
    """The sign by which others know that this worker is alive."""

    def renew(self) -> None:
        """Make sure that it is still given."""

    def is_alive(self, worker: str) -> bool:
        """Say whether another worker gives its own."""


def announce(settings: JobSettings, worker: str) -> Liveness:
    """Give the sign by which others know that this worker is alive."""
    if sa.make_url(settings.url).get_backend_name() == "sqlite":
        return _FileLiveness(os.path.join(os.path.abspath(settings.folder), "workers"), worker)
    return _DatabaseLiveness(settings.url, worker)


class _FileLiveness:
    """Locks on files beside the database: all workers are on this machine."""

    def __init__(self, folder: str, worker: str) -> None:
        os.makedirs(folder, exist_ok=True)
        self._folder = folder
        path = os.path.join(folder, worker)
        for other in os.listdir(folder):
            self.is_alive(other)  # forget it unless it is
        while True:
            self._file = open(path, "wb")  # noqa: SIM115 - held until the end
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if os.path.exists(path):  # another one may have forgotten us before we held it
                break

    def renew(self) -> None:
        """Do nothing: the lock lasts as long as this process."""

    def is_alive(self, worker: str) -> bool:
        path = os.path.join(self._folder, worker)
        try:
            with open(path, "rb+") as file:
                if self._locked(file):
                    return True
                os.remove(path)
        except FileNotFoundError:
            pass
        return False

    @staticmethod
    def _locked(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


class _DatabaseLiveness:
    """Advisory locks of PostgreSQL, held by a connection of their own."""

    def __init__(self, url: str, worker: str) -> None:
        self._url = sa.make_url(url).set(drivername="postgresql")
        self._worker = worker
        self._connection: Any = None
        self.renew()

    def renew(self) -> None:
        import psycopg

        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.execute("SELECT 1")
                return
            self._connection.close()
            self._connection = None
        # a machine that is gone without a word is noticed after a minute
        made = psycopg.connect(
            self._url.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=5,
            application_name="crosscurrent worker",
            options="-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10"
            " -c tcp_keepalives_count=3",
        )
        made.execute("SELECT pg_advisory_lock(%s)", [_number(self._worker)])
        self._connection = made

    def is_alive(self, worker: str) -> bool:
        key = [_number(worker)]
        free = self._connection.execute("SELECT pg_try_advisory_lock(%s)", key).fetchone()[0]
        if free:
            self._connection.execute("SELECT pg_advisory_unlock(%s)", key)
        return not free


def _number(worker: str) -> int:
    return int.from_bytes(hashlib.sha256(worker.encode()).digest()[:8], signed=True)
