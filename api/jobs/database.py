"""Database of jobs by way of DBOS: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .errors import Unavailable
from .settings import JobSettings

if TYPE_CHECKING:
    from dbos import DBOSConfig

__all__ = [
    "APPLICATION",
    "QUEUE",
    "VERSION",
    "WORKFLOW",
    "configuration",
    "engine",
    "migrate",
    "quiet",
    "reachable",
    "writable",
]

APPLICATION = "crosscurrent"
QUEUE = "validations-{device}"
"""The queue of the jobs for one kind of device."""
WORKFLOW = "validation"
VERSION = "jobs-1"
"""Version of the steps of a job: a worker goes on only with jobs of its own."""
_STATEMENT = 20
"""Seconds that a statement may take in PostgreSQL."""
_PATIENCE = 5
"""Seconds to wait for a locked or distant database before saying so."""


def quiet() -> None:
    """Keep DBOS to warnings, and away from everything but the database; before it is imported."""
    for name in [name for name in os.environ if name.startswith("DBOS_")]:
        del os.environ[name]  # some of these make it look for a service elsewhere
    logging.getLogger("dbos").setLevel(logging.WARNING)


def configuration(settings: JobSettings, worker: str) -> DBOSConfig:
    """Return what DBOS is told in a process that is, or stands for, a worker of this name."""
    from dbos import DBOSPortableJSONSerializer

    return {
        "name": APPLICATION,
        "system_database_url": settings.url,
        "application_version": VERSION,
        "executor_id": worker,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "WARNING",
        "sys_db_pool_size": 5,
    }


def engine(settings: JobSettings) -> sa.Engine:
    """Return connections that complain soon rather than wait for long."""
    url = sa.make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        made = sa.create_engine(url, connect_args={"timeout": _PATIENCE})
        sa.event.listen(made, "connect", _sqlite)
        return made
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=_PATIENCE,
        connect_args={"connect_timeout": _PATIENCE, "options": _options(url)},
    )


def _options(url: sa.URL) -> str:
    """Return options of sessions, in which no statement waits or runs for long."""
    given = url.query.get("options", "")
    timeout = f"-c statement_timeout={_STATEMENT * 1000} -c lock_timeout={_PATIENCE * 1000}"
    return f"{timeout} {given if isinstance(given, str) else ' '.join(given)}".strip()


def migrate(settings: JobSettings) -> None:
    """Make the database and its tables, unless they are there.

    Raises
    ------
    Unavailable
        That is not possible.
    """
    from dbos import DBOS

    quiet()
    os.makedirs(settings.folder, mode=0o700, exist_ok=True)
    url = sa.make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        with reachable(settings):
            made = engine(settings)
            with made.connect() as connection:
                # readers do not wait for writers; this stays with the file
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            made.dispose()
    elif "connect_timeout" not in url.query:
        # a database that is there and says nothing must not be waited for
        url = url.update_query_dict({"connect_timeout": str(_PATIENCE)})
    with reachable(settings):
        DBOS.migrate(url.render_as_string(hide_password=False))


@contextmanager
def reachable(settings: JobSettings) -> Iterator[None]:
    """Turn what a database may complain of into `Unavailable`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        raise Unavailable(f"{_shown(settings)}: cannot be used now: {said}") from error
    except sa.exc.SQLAlchemyError as error:
        raise Unavailable(f"{_shown(settings)}: cannot be used now: {error}") from error


def writable(connections: sa.Engine, settings: JobSettings) -> None:
    """Raise `Unavailable` if nothing can be written now."""
    with reachable(settings), connections.begin() as connection:
        begin_writing(connection)


def begin_writing(connection: sa.Connection, owner: str | None = None) -> None:
    """Begin a transaction that writes.

    On SQLite no other one writes until it ends; on PostgreSQL none that names the same owner does.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif owner is None:
        connection.exec_driver_sql("SELECT 1")
    else:
        number = int.from_bytes(sha256(owner.encode()).digest()[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was accepted survives a loss of power


def _shown(settings: JobSettings) -> str:
    # a password may also stand in the query, where it would not be hidden
    return sa.make_url(settings.url).set(query={}).render_as_string(hide_password=True)
