"""Whenever the server is killed, what it accepted ends once, as if nothing had happened.

Each round submits a job and kills ``crosscurrent serve`` with SIGKILL at a moment drawn from a
seed: after the answer, while jobs wait or run, or while the request is still on its way; then it
is started again on the same folder. CROSSCURRENT_KILLS sets how many rounds there are; without it
there is one while the request is on its way, and on SQLite one after the answer.
"""

from __future__ import annotations

import os
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
from databases import PostgreSQL
from running import tiny, undisturbed, until, without_cost
from served import Happened, Served, events

KILLS = int(os.environ.get("CROSSCURRENT_KILLS", "0"))
FEW = {"sqlite": (0, 1), "postgresql": (1,)}
"""Rounds, of which those with an odd number kill while the request is on its way."""
JOBS = "/v1/validations"
OVER = ("succeeded", "failed", "cancelled")


def pause(seconds: float) -> None:
    """Wait for the moment that was drawn."""
    end = monotonic() + seconds
    while monotonic() < end:
        sleep(0.01)


def posted(service: Served, number: int) -> dict[str, Any] | None:
    """Submit a job; return it if there was an answer."""
    key = {"Idempotency-Key": f"round {number}"}
    try:
        answer = service.client.post(JOBS, json=tiny(500 + number), headers=key)
    except httpx2.TransportError:
        return None
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_server_that_is_killed_loses_nothing_that_it_accepted(
    database: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    environment = {}
    if database == "postgresql":
        name = f"jobs_{uuid.uuid4().hex}"
        environment["CROSSCURRENT_DATABASE"] = request.getfixturevalue("server").url.format(name)
    draw = random.Random(2026)
    rounds = range(KILLS) if KILLS else FEW[database]
    service = Served(tmp_path / "data", environment=environment)
    answered, lost = 0, 0
    accepted: list[str] = []
    try:
        service.start()
        for number in rounds:
            if number % 2:
                with ThreadPoolExecutor(1) as pool:
                    sent = pool.submit(posted, service, number)
                    pause(draw.uniform(0, 6 if number % 4 == 1 else 0.5))
                    service.kill()
                    job = sent.result(60)
            else:
                job = posted(service, number)
                assert job is not None
                pause(draw.uniform(0, 8))
                service.kill()
            answered, lost = answered + (job is not None), lost + (job is None)
            service.start()
            again = posted(service, number)
            assert again is not None
            assert job is None or job["id"] == again["id"]
            accepted.append(again["id"])

        def waiting() -> bool:
            states = [each["state"] for each in listed(service)]
            return all(state in OVER for state in states)

        until(waiting, "all jobs should end", 120 + 30 * len(accepted))
        jobs = {each["id"]: each for each in listed(service)}
        assert len(set(accepted)) == len(accepted)
        assert set(jobs) == set(accepted)
        restarted = 0
        for number, identity in zip(rounds, accepted, strict=True):
            assert jobs[identity]["state"] == "succeeded"
            document = service.client.get(f"{JOBS}/{identity}/result").json()
            alone = undisturbed(tiny(500 + number), str(tmp_path / "undisturbed.sqlite"))
            assert without_cost(document) == alone, f"round {number}"
            with service.client.stream("GET", f"{JOBS}/{identity}/events") as answer:
                found = [each for each in events(answer) if isinstance(each, Happened)]
            assert [each.number for each in found] == list(range(1, len(found) + 1))
            assert [each.kind in OVER for each in found] == [False] * (len(found) - 1) + [True]
            times = [each.data["at"] for each in found]
            assert times[-1] == max(times) == jobs[identity]["ended"]
            restarted += sum(each.kind == "started" for each in found) > 1
        service.kill()
        service.start(CROSSCURRENT_WORKERS="none")
        assert {each["id"]: each for each in listed(service)} == jobs
    finally:
        service.close()
    print(
        f"\n{len(rounds)} kills: {answered} requests answered before, {lost} not;"
        f" {len(accepted)} jobs ended once each, {restarted} of them started again"
    )


def test_a_database_that_fails_in_between_delays_a_job_and_loses_nothing(
    server: PostgreSQL, tmp_path: Path
) -> None:
    url = server.url.format(f"jobs_{uuid.uuid4().hex}")
    service = Served(tmp_path / "data", environment={"CROSSCURRENT_DATABASE": url})
    try:
        service.start()
        job = posted(service, 1)
        assert job is not None
        path = f"{JOBS}/{job['id']}"
        until(lambda: service.client.get(path).json()["state"] == "running", "it should start", 60)
        server.restart()

        def over() -> bool:
            answer = service.client.get(path)
            assert answer.status_code in (200, 503), answer.text
            return answer.status_code == 200 and answer.json()["state"] in OVER

        until(over, "the job should end", 120)
        assert service.client.get(path).json()["state"] == "succeeded"
        document = service.client.get(f"{path}/result").json()
        alone = undisturbed(tiny(501), str(tmp_path / "undisturbed.sqlite"))
        assert without_cost(document) == alone
        again = posted(service, 1)
        assert again is not None
        assert again["id"] == job["id"]
    finally:
        service.close()


def listed(service: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = service.client.get(f"{JOBS}?limit=200").json()["validations"]
    return found
