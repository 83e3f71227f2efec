"""Jobs that version 0.1 has stored: all that its owners had seen, and what had not ended yet.

`tests/golden/stored_0_1` holds them as that version's database; its README says how it was made.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from asking import Asking
from running import ended

from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import load

STORED = Path(__file__).parents[2] / "golden" / "stored_0_1" / "jobs.sqlite.gz"
JOBS = "/v1/validations"
OWNER = "*"
"""Whose jobs are, where no keys are asked for."""
SUCCEEDED = {
    "differential_privacy membership_inference": "confirmed",
    "FD1 P2": "inconclusive",
    "RD3@pre differential_privacy": "confirmed",
    "poisoning model_extraction": "refuted",
    "all": "inconclusive",
}
"""One job of each kind of measurement, and the verdict of it, or of the first cell measured."""
FAILED = {
    "gone.csv": "dataset gone.csv: there is no such file in the folder",
    "breast_cancer": "the process that trains ended with signal 9 (5 times)",
}
UNFINISHED = {"running": "membership_inference", "queued": "evasion"}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Serve a copy of the stored jobs; no worker is running."""
    folder = tmp_path_factory.mktemp("stored") / "data"
    folder.mkdir()
    (folder / "jobs.sqlite").write_bytes(gzip.decompress(STORED.read_bytes()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        found = Asking(Settings(data=str(folder), workers=()))
        yield found
        found.service.close()


@pytest.fixture(scope="module")
def listed(asking: Asking) -> list[dict[str, Any]]:
    """Return the jobs as they are listed before anything is done to them."""
    answer = asking.get(JOBS)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["validations"]
    return found


def subject(request: dict[str, Any]) -> str:
    if request.get("all"):
        return "all"
    together = request.get("combine") or request.get("collude")
    return " ".join(together or (request["defense"], request["risk"]))


def kinds(asking: Asking, identity: str) -> list[str]:
    """Return the kinds of a job's events, which are numbered without gaps."""
    answer = asking.get(f"{JOBS}/{identity}/events")
    numbers = [int(each) for each in re.findall(r"^id: (\d+)$", answer.text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    return re.findall(r"^event: (\w+)$", answer.text, re.MULTILINE)


def test_what_is_stored_names_no_module_of_ours(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").write_bytes(gzip.decompress(STORED.read_bytes()))
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database:
        for table in ("workflow_status", "operation_outputs"):
            kinds_of = database.execute(f"SELECT DISTINCT serialization FROM {table}").fetchall()
            assert kinds_of == [("portable_json",)]  # not pickled: modules may be moved
        names = database.execute("SELECT DISTINCT name, class_name FROM workflow_status").fetchall()
        assert names == [("validation", None)]


def test_every_job_is_listed_in_the_state_it_was_in(listed: list[dict[str, Any]]) -> None:
    states = [each["state"] for each in listed]
    assert {state: states.count(state) for state in states} == {
        "succeeded": len(SUCCEEDED), "failed": len(FAILED), "cancelled": 2, "running": 1,
        "queued": 1,
    }  # fmt: skip
    assert all((each["ended"] is None) == (each["state"] in UNFINISHED) for each in listed)


def test_a_job_that_succeeded_has_all_that_came_of_it(
    asking: Asking, listed: list[dict[str, Any]]
) -> None:
    done = {subject(each["request"]): each for each in listed if each["state"] == "succeeded"}
    assert done.keys() == SUCCEEDED.keys()
    for what, job in done.items():
        place = f"{JOBS}/{job['id']}"
        assert asking.get(place).json() == job
        assert kinds(asking, job["id"])[-2:] == ["verdict", "succeeded"]
        document = asking.get(f"{place}/result").json()
        cells = document.get("cells", [document])
        assert [each["verdict"] for each in cells if "id" in each][:1] == [SUCCEEDED[what]]
        assert len(asking.get(f"{place}/report").text.splitlines()) > 10
        assert "<svg" in asking.get(f"{place}/plot.svg").text
        files = asking.get(f"{place}/evidence").json()["files"]
        assert load([{name: text.encode() for name, text in files.items()}]).digest != load().digest
        page = asking.get(f"/validate/{job['id']}", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert asking.get(f"/validate/{job['id']}/report").status_code == 200


def test_a_job_that_failed_says_why(asking: Asking, listed: list[dict[str, Any]]) -> None:
    failed = {each["request"]["dataset"]: each for each in listed if each["state"] == "failed"}
    assert failed.keys() == FAILED.keys()
    for dataset, job in failed.items():
        alone = asking.get(f"{JOBS}/{job['id']}").json()
        assert alone == {**job, "error": FAILED[dataset]}  # the list does not say why
        before = {"gone.csv": "refused", "breast_cancer": "interrupted"}[dataset]
        assert kinds(asking, job["id"])[-2:] == [before, "failed"]
        assert asking.get(f"{JOBS}/{job['id']}/result").status_code == 409
        page = asking.get(f"/validate/{job['id']}", headers={"Accept": "text/html"})
        assert FAILED[dataset] in page.text


def test_a_cancelled_job_stays_cancelled(asking: Asking, listed: list[dict[str, Any]]) -> None:
    cancelled = [each for each in listed if each["state"] == "cancelled"]
    seen = [kinds(asking, each["id"]) for each in cancelled]
    assert sorted(map(len, seen))[0] == 2  # before it started
    assert all(each[0] == "accepted" and each[-1] == "cancelled" for each in seen)
    assert all(asking.delete(f"{JOBS}/{each['id']}").json() == each for each in cancelled)


def test_what_had_not_ended_goes_on_where_it_was(
    asking: Asking, listed: list[dict[str, Any]]
) -> None:
    jobs = asking.service.jobs()
    open_ = {each["state"]: each for each in listed if each["state"] in UNFINISHED}
    assert {state: each["request"]["risk"] for state, each in open_.items()} == UNFINISHED
    before = [each.kind for each in jobs.events(open_["running"]["id"], OWNER)]
    assert before[:3] == ["accepted", "started", "planned"]
    with closing(LocalWorkers(asking.service.settings.for_jobs(), ["cpu"])):
        for each in open_.values():
            assert ended(jobs, each["id"], OWNER).state == "succeeded"
    after = kinds(asking, open_["running"]["id"])
    assert after[: len(before)] == before
    assert after[-2:] == ["verdict", "succeeded"]
    assert after.count("started") == 2
    with closing(sqlite3.connect(asking.service.settings.for_jobs().url[10:])) as database:
        tried = "SELECT recovery_attempts FROM workflow_status WHERE workflow_uuid = ?"
        # how often a job was lost is not forgotten: after a hundred times it fails
        assert database.execute(tried, [open_["running"]["id"]]).fetchone() == (2,)
    assert {each["id"]: each for each in listed if each["ended"]} == {
        each["id"]: each
        for each in asking.get(JOBS).json()["validations"]
        if each["id"] not in {job["id"] for job in open_.values()}
    }
