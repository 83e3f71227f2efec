"""Promises to owners before any worker is there: one job for one request, and only theirs."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import tiny
from sqlalchemy import event, make_url

from crosscurrent.api.jobs.errors import (
    BeingAccepted,
    DifferentPayload,
    NoSuchJob,
    NotFinished,
    Refused,
    Unavailable,
)
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.knowledge.errors import InputError


def test_a_job_waits_in_the_queue_and_is_cancelled_there(jobs: Jobs) -> None:
    job = jobs.submit(tiny(1), "ann")
    assert (job.state, job.ended, job.error) == ("queued", None, None)
    assert jobs.get(job.id, "ann") == job
    assert [each.kind for each in jobs.events(job.id, "ann")] == ["accepted"]
    with pytest.raises(NotFinished, match="is queued"):
        jobs.result(job.id, "ann")
    gone = jobs.cancel(job.id, "ann")
    assert gone.state == "cancelled"
    assert gone.ended is not None
    assert jobs.cancel(job.id, "ann") == gone
    assert [each.kind for each in jobs.events(job.id, "ann")] == ["accepted", "cancelled"]
    assert [each.number for each in jobs.events(job.id, "ann", 1)] == [2]
    assert jobs.events(job.id, "ann", 2) == []
    assert "owner" not in gone.document()


def test_the_same_key_and_request_are_the_same_job(jobs: Jobs) -> None:
    first = jobs.submit(tiny(2), "ann", "key")
    assert jobs.submit({**tiny(2), "device": "cpu"}, "ann", "key") == first
    with pytest.raises(DifferentPayload, match="'key'"):
        jobs.submit(tiny(3), "ann", "key")
    assert jobs.submit(tiny(2), "bob", "key").id != first.id
    assert jobs.submit(tiny(2), "ann").id != first.id
    cancelled = jobs.cancel(first.id, "ann")
    assert jobs.submit(tiny(2), "ann", "key") == cancelled
    for key in ("", "k" * 256):
        with pytest.raises(InputError, match="1 to 255"):
            jobs.submit(tiny(2), "ann", key)


def test_a_key_is_taken_while_its_first_request_is_being_checked(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking, go = threading.Event(), threading.Event()

    def slowly(*_: object) -> dict[str, Any]:
        checking.set()
        assert go.wait(60)
        return {}

    monkeypatch.setattr(jobs._checks, "check", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(jobs.submit, tiny(4), "ann", "taken")
        assert checking.wait(60)
        with pytest.raises(BeingAccepted):
            jobs.submit(tiny(4), "ann", "taken")
        go.set()
        assert jobs.submit(tiny(4), "ann", "other").id != first.result(60).id
    assert jobs.submit(tiny(4), "ann", "taken").id == first.result().id


def test_two_servers_accept_one_job_for_one_key(
    jobs: Jobs, settings: JobSettings, checks: Checks
) -> None:
    with closing(Jobs(settings, checks)) as other, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(each.submit, tiny(5), "ann", "both") for each in (jobs, other)]
        assert both[0].result(60).id == both[1].result(60).id


def test_what_is_refused_is_no_job_and_leaves_its_key_free(jobs: Jobs) -> None:
    with pytest.raises(Refused, match="did you mean evasion") as refused:
        jobs.submit(tiny(6, risk="evasoin"), "carl", "again")
    assert refused.value.suggestions == ("evasion",)
    assert jobs.list("carl").jobs == ()
    assert jobs.submit(tiny(6), "carl", "again").state == "queued"


def test_another_owners_job_does_not_exist(jobs: Jobs) -> None:
    job = jobs.submit(tiny(7), "ann")
    asks = (jobs.get, jobs.cancel, jobs.events, jobs.result, jobs.report, jobs.picture)
    for ask in (*asks, jobs.evidence):
        for identity, owner in ((job.id, "bob"), (job.id, ""), ("0" * 32, "ann"), ("\0", "ann")):
            with pytest.raises(NoSuchJob):
                ask(identity, owner)
    assert jobs.get(job.id, "ann").state == "queued"
    assert job.id not in {each.id for each in jobs.list("bob", limit=1000).jobs}


def test_pages_hold_every_job_once_the_latest_first(jobs: Jobs) -> None:
    ids = [jobs.submit(tiny(8), "dora").id for _ in range(7)]
    jobs._client.cancel_workflow(ids[0])
    seen: list[str] = []
    token = None
    while True:
        page = jobs.list("dora", token, limit=2)
        seen += [job.id for job in page.jobs]
        if page.next is None:
            break
        token = page.next
    assert sorted(seen) == sorted(ids)
    assert len(jobs.list("dora", limit=7).jobs) == 7
    assert jobs.list("dora", limit=7).next is None
    for wrong in ("", "x", "1", "9" * 30 + ".1", "1.1;"):
        with pytest.raises(InputError, match="no such page"):
            jobs.list("dora", wrong)


def test_a_locked_database_says_so_soon_and_loses_nothing(
    settings: JobSettings, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    if settings.database:
        pytest.skip("a PostgreSQL database is not locked as a whole")
    monkeypatch.setattr("crosscurrent.api.jobs.database._PATIENCE", 0.2)
    file = make_url(settings.url).database or ""
    with (
        closing(Jobs(settings, checks)) as jobs,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        before = jobs.submit(tiny(9), "ann")
        other.execute("BEGIN IMMEDIATE")
        for ask in (
            lambda: jobs.submit(tiny(9), "ann", "locked"),
            lambda: jobs.cancel(before.id, "ann"),
            jobs.ready,
        ):
            with pytest.raises(Unavailable, match="database is locked"):
                ask()
        assert jobs.get(before.id, "ann") == before
        other.execute("ROLLBACK")
        jobs.ready()
        assert jobs.submit(tiny(9), "ann", "locked").state == "queued"


def test_a_full_disk_says_so_and_loses_nothing(
    jobs: Jobs, settings: JobSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if settings.database:
        pytest.skip("this limit is one of SQLite")
    monkeypatch.setattr(jobs._checks, "check", lambda *_: {})
    before = jobs.submit(tiny(10), "ann")

    def full(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # that is: as large as it is now

    event.listen(jobs._engine, "connect", full)
    jobs._engine.dispose()
    try:
        with pytest.raises(Unavailable, match="database or disk is full"):  # noqa: PT012
            for number in range(200):
                jobs.submit(tiny(10), "ann", f"full {number}")
    finally:
        event.remove(jobs._engine, "connect", full)
        jobs._engine.dispose()
    assert jobs.get(before.id, "ann") == before
    assert jobs.submit(tiny(10), "ann", "room").state == "queued"


def test_a_database_that_is_not_there_says_so_without_the_password(tmp_path: Path) -> None:
    nowhere = f"postgresql://ann:secret@/none?host={tmp_path}"
    with pytest.raises(Unavailable, match="cannot be used now") as error:
        Jobs(JobSettings(str(tmp_path), nowhere))
    assert "secret" not in str(error.value)
