"""Measured combinations and collusions beside what is predicted of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from itertools import count
from typing import Any

import pytest
from asking import Asking

from crosscurrent.api.jobs.records import Job, JobPage
from crosscurrent.api.rest.settings import Settings

PAIR = ["outlier_removal@in", "watermarking@pre"]
NUMBERS = count()
"""Of jobs: a service reads the result of each of them once."""


class Kept:
    """Jobs that have succeeded with these results, the latest first."""

    def __init__(self, *results: Mapping[str, Any]) -> None:
        self.results = {f"{next(NUMBERS):032x}": dict(each) for each in results}

    def list(self, owner: str, after: str | None = None, limit: int = 50) -> JobPage:
        """Return all."""
        when = "2026-11-26T12:00:00.000+00:00"
        jobs = [Job(each, owner, "succeeded", {}, when, when, None) for each in self.results]
        return JobPage(tuple(jobs), None)

    def result(self, identity: str, _: str) -> dict[str, Any]:
        """Return one."""
        return self.results[identity]


def combined(outcome: str) -> dict[str, Any]:
    return {"kind": "combination", "defenses": PAIR, "outcome": outcome, "verdict": "x"}


def colluded(outcome: str, *, effective: bool = True) -> dict[str, Any]:
    return {
        "kind": "collusion", "first": "poisoning", "second": "membership_inference",
        "outcome": outcome, "verdict": "x", "first_effective": effective,
        "effect": {"estimate": 0.1, "low": 0.05, "high": 0.2},
    }  # fmt: skip


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return Asking(Settings(data=str(tmp_path_factory.mktemp("looking") / "data")))


def told(looking: Asking, path: str, link: str) -> str:
    """Return what one cell says to who can't see it."""
    found = re.search(rf'<a [^>]*href="{re.escape(link)}".*?</a>', looking.get(path).text, re.S)
    assert found is not None
    spoken = re.search(r'class="tip">(.*?)</span>', found[0], re.S)
    assert spoken is not None
    assert ('class="badge measured"' in found[0]) == ("measured:" in spoken[1])
    return spoken[1]


def measured_by(page: str) -> bool:
    """Whether a page leads to the job that measured what it is about."""
    return re.search(r'href="/validate/[0-9a-f]{32}">measured by this service<', page) is not None


DEFENSES = ("/combinations", "/combine?defense=watermarking@pre&defense=outlier_removal@in")
ATTACKS = ("/collusions", "/collude?attack=poisoning&attack=membership_inference")


@pytest.mark.parametrize(
    ("views", "results", "said"),
    [
        (DEFENSES, [combined("effective")], "measured: effective together"),
        (DEFENSES, [combined("effective"), combined("conflict")], "measured: effective together"),
        (DEFENSES, [combined("inconclusive"), combined("conflict")], "measured: in conflict"),
        (DEFENSES, [combined("inconclusive")], None),
        (DEFENSES, [], None),
        (ATTACKS, [colluded("increase")], "measured: amplifies"),
        (ATTACKS, [colluded("decrease"), colluded("increase")], "measured: hinders"),
        (ATTACKS, [colluded("no_change")], None),
        (ATTACKS, [colluded("increase", effective=False)], None),
        (ATTACKS, [], None),
    ],
)
def test_the_latest_outcome_is_in_the_matrix_and_on_the_page_that_its_cell_leads_to(
    looking: Asking, monkeypatch: pytest.MonkeyPatch, views: tuple[str, str],
    results: list[dict[str, Any]], said: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(looking.service, "existing_jobs", lambda: Kept(*results))
    matrix, page = views
    spoken = told(looking, matrix, escape(page))
    assert (said in spoken) if said else ("measured" not in spoken)
    assert measured_by(looking.get(page).text) == (said is not None)
