"""Result store: one SQLite file that several processes may use at once.

A trial is addressed by the content of its whole recipe and written once, in one transaction: a
killed run loses nothing that was finished, and no result is ever taken for another's.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.knowledge.storage import data_folder

from ..machine.cores import Cores

__all__ = ["DamagedResults", "Entry", "Store", "address", "default_file"]

_FORMAT = 1
_PATIENCE = 60.0
"""Seconds to wait while another process writes."""
_TABLES = """
CREATE TABLE trials (
    address TEXT PRIMARY KEY, recipe TEXT NOT NULL, result TEXT NOT NULL, written TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE experiments (
    address TEXT PRIMARY KEY, document TEXT NOT NULL, trials TEXT NOT NULL, written TEXT NOT NULL
) WITHOUT ROWID;
"""


class DamagedResults(InputError):
    """The file of results is none, or parts of it cannot be read."""


class Entry(NamedTuple):
    """An experiment that was finished.

    Attributes
    ----------
    address : str
        What it is called by; any unambiguous beginning will do.
    document : dict
        As `validate --json` gives it.
    written : str
        When it was finished first, in UTC (ISO 8601).
    """

    address: str
    document: dict[str, Any]
    written: str


def default_file() -> str:
    """Return the file that results are kept in unless told otherwise.

    ``$CROSSCURRENT_RESULTS``, or ``crosscurrent/results.sqlite`` below ``$XDG_DATA_HOME``.
    """
    named = os.environ.get("CROSSCURRENT_RESULTS")
    if named:
        return named
    return os.path.join(data_folder(), "results.sqlite")


def address(recipe: Mapping[str, Any]) -> str:
    """Return the digest of a recipe; equal for equal recipes."""
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """Results of trials and experiments.

    Parameters
    ----------
    file : str
        The SQLite file; made, with its folder, when something is first written.

    Raises
    ------
    InputError
        By every method: the file is not one of ours, or was written by a newer version.
    OSError
        By every method: it cannot be read or written.
    """

    def __init__(self, file: str) -> None:
        self.file = file

    @property
    def marks(self) -> str:
        """The folder in which each run that keeps its results here has a mark."""
        return f"{self.file}.running"

    def trial(self, recipe: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what a trial measured, or None if it was not run yet."""
        with self._reading() as database:
            row = (
                database
                and database.execute(
                    "SELECT result FROM trials WHERE address = ?", [address(recipe)]
                ).fetchone()
            )
            return json.loads(row[0]) if row else None

    def keep_trials(self, found: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
        """Write what trials measured: (recipe, result) by address, all of them or none."""
        with self._writing() as database:
            database.executemany(
                "INSERT OR IGNORE INTO trials VALUES (?, ?, ?, ?)",
                [
                    (a, _text(recipe), _text(result), _now())
                    for a, (recipe, result) in found.items()
                ],
            )

    def keep_experiment(self, name: str, document: Mapping[str, Any], trials: list[str]) -> None:
        """Write an experiment, unless it is there."""
        with self._reading() as database:
            known = "SELECT 1 FROM experiments WHERE address = ?"
            if database and database.execute(known, [name]).fetchone():
                return
        with self._writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO experiments VALUES (?, ?, ?, ?)",
                [name, _text(document, in_order=not trials), _text(trials), _now()],
            )

    def experiments(self) -> list[Entry]:
        """Return all experiments, oldest first."""
        with self._reading() as database:
            rows = (
                database
                and database.execute(
                    "SELECT address, document, written FROM experiments ORDER BY written, address"
                ).fetchall()
            )
            return [Entry(a, json.loads(document), when) for a, document, when in rows or ()]

    def experiment(self, name: str) -> Entry:
        """Return one experiment by its address or the beginning of it.

        Raises
        ------
        UnknownName
            There is none.
        InputError
            The beginning is that of several.
        """
        every = self.experiments()
        found = [entry for entry in every if name and entry.address.startswith(name)]
        if not found:
            raise UnknownName("result", name, [entry.address[:12] for entry in every])
        if len(found) > 1:
            longer = ", ".join(entry.address[: len(name) + 4] for entry in found[:5])
            raise InputError(f"{name!r} is the beginning of several results: {longer}")
        return found[0]

    def counts(self) -> tuple[int, int]:
        """Return how many experiments and how many trials there are."""
        with self._reading() as database:
            if database is None:
                return 0, 0
            row = database.execute(
                "SELECT (SELECT count(*) FROM experiments), (SELECT count(*) FROM trials)"
            ).fetchone()
            return int(row[0]), int(row[1])

    def prune(self, names: list[str]) -> tuple[int, int]:
        """Remove experiments, and all trials that no remaining experiment rests on.

        Parameters
        ----------
        names : list of str
            Addresses; none removes only trials that no experiment rests on.

        Returns
        -------
        tuple of int
            How many experiments and how many trials were removed.

        Raises
        ------
        InputError
            Something is being measured: its finished trials rest on no experiment yet.
        """
        if not os.path.exists(self.file):
            return 0, 0
        with self._writing() as database:
            # asked while nobody can write: a run that starts now keeps its trials after this
            if runs := Cores(self.marks).runs():
                raise InputError(
                    f"{self.file}: {runs} measurement{'s are' if runs > 1 else ' is'} running;"
                    " prune when nothing is measured, so that no finished trial is lost"
                )
            gone = database.executemany(
                "DELETE FROM experiments WHERE address = ?", [[name] for name in names]
            ).rowcount
            trials = database.execute(
                "DELETE FROM trials WHERE address NOT IN"
                " (SELECT value FROM experiments, json_each(experiments.trials))"
            ).rowcount
        with self._open(f"file:{quote(os.path.abspath(self.file))}") as database:
            database.execute("VACUUM")
        return max(0, gone), trials

    def ready(self) -> None:
        """Make sure that results can be kept, before the work that they take.

        Raises
        ------
        InputError
            They cannot; the message says why.
        """
        try:
            with self._writing():
                pass
        except OSError as error:
            raise InputError(
                f"{self.file}: results cannot be kept there ({error.strerror}); name another file"
                " (--store)"
            ) from error

    def check(self) -> None:
        """Make sure that results can be kept, and that all that are kept can be read.

        Raises
        ------
        InputError
            That is not so; the message says why.
        """
        self.ready()
        with self._reading() as database:
            found = database and database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found not in (None, "ok"):
            raise DamagedResults(
                f"{self.file}: is damaged ({' '.join(str(found).split())}): move it away; what was"
                " finished is trained again"
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Open for reading only; None if nothing was ever kept."""
        self._require_file()
        if not os.path.exists(self.file):
            yield None
            return
        place = f"file:{quote(os.path.abspath(self.file))}"
        # where nothing can be written beside the file, nobody else writes it either
        frozen = "" if os.access(os.path.dirname(place[5:]), os.W_OK) else "&immutable=1"
        with self._open(f"{place}?mode=ro{frozen}") as database:
            yield database if self._is_ours(database) else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open for one transaction, which is undone if anything fails."""
        self._require_file()
        os.makedirs(os.path.dirname(os.path.abspath(self.file)), exist_ok=True)
        with self._open(f"file:{quote(os.path.abspath(self.file))}") as database:
            self._prepare(database)
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.rollback()
                raise
            database.commit()

    def _require_file(self) -> None:
        """Refuse what is there and no file: SQLite would make others beside it."""
        if os.path.exists(self.file) and not os.path.isfile(self.file):
            what = "a folder" if os.path.isdir(self.file) else "a device"
            raise InputError(f"{self.file}: {what}, not a file of results; name a file (--store)")
        folder = os.path.dirname(os.path.abspath(self.file))
        while not os.path.exists(folder):
            folder = os.path.dirname(folder)
        if not os.path.isdir(folder):
            raise InputError(f"{self.file}: {folder} is no folder; name another file (--store)")

    @contextmanager
    def _open(self, place: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(place, timeout=_PATIENCE, isolation_level=None, uri=True)
            ) as database:
                yield database
        except sqlite3.DatabaseError as error:
            problem = str(error)
            if "not a database" in problem or "malformed" in problem:
                raise DamagedResults(
                    f"{self.file}: not a file of results ({problem}); name another (--store)"
                ) from error
            raise OSError(0, f"results cannot be read or written: {problem}", self.file) from error

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Make the tables in a new file; refuse one that is not ours."""
        database.execute("PRAGMA synchronous = FULL")  # what is finished survives a loss of power
        if self._is_ours(database):
            return
        database.execute("BEGIN IMMEDIATE")
        if not self._is_ours(database):  # another process may just have made them
            for statement in filter(str.strip, _TABLES.split(";")):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {_FORMAT}")
        database.commit()
        with suppress(sqlite3.OperationalError):  # others use the file already: it works without
            database.execute("PRAGMA journal_mode = WAL")  # readers do not wait for writers

    def _is_ours(self, database: sqlite3.Connection) -> bool:
        """Whether the tables are there; an error if others are."""
        # one statement sees one state, whatever other processes do
        version, tables = database.execute(
            "SELECT user_version, (SELECT group_concat(name) FROM sqlite_master"
            " WHERE type = 'table' AND name NOT LIKE 'sqlite_%') FROM pragma_user_version"
        ).fetchone()
        named = set((tables or "").split(",")) - {""}
        if not version and not named:
            return False
        if version != _FORMAT and {"trials", "experiments"} <= named:
            raise InputError(
                f"{self.file}: written by another version of Crosscurrent (format {version},"
                f" this one knows {_FORMAT}); name another file (--store)"
            )
        if version != _FORMAT or not {"trials", "experiments"} <= named:
            raise InputError(f"{self.file}: another program's database; name another (--store)")
        return True


def _text(value: object, *, in_order: bool = False) -> str:
    """Return JSON, with sorted keys unless `in_order`.

    An audit, which has no trials, is shown again in the order of its document; what is put together
    from kept trials has their sorted keys whenever it is measured again.
    """
    return json.dumps(value, sort_keys=not in_order, allow_nan=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
