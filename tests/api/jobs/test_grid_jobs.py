"""A grid or a combination as a job: what the command gives, as it comes, drawn and exported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import COLLUSION, COMBINATION, ended, undisturbed, without_cost
from trained_grid import MODEL, SEEDS, SETTINGS, TrainedGrid, trained_grid

from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import load
from crosscurrent.validator.results.store import Store

GRID = {
    "all": True, "model": MODEL, "seeds": SEEDS, "threads": 1, "settings": list(SETTINGS),
}  # fmt: skip
"""What `trained_grid` is asked."""


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> TrainedGrid:
    """Return what the command gives."""
    return trained_grid(tmp_path_factory, worker_id)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, grid: TrainedGrid) -> JobSettings:
    """Return settings of a service that has the trials of all defenses but one."""
    found = JobSettings(str(tmp_path_factory.mktemp("grid") / "data"))
    Path(found.results).parent.mkdir()
    shutil.copy(grid.folder / "r.sqlite", found.results)
    store = Store(found.results)
    kept = store.experiments()
    own = [each.address for each in kept if each.document["defense"] == "watermarking"]
    assert store.prune(own)[1] > len(own) > 0
    return found


@pytest.fixture(scope="module")
def jobs(settings: JobSettings, checks: Checks) -> Iterator[Jobs]:
    with closing(Jobs(settings, checks)) as found:
        yield found


@pytest.fixture(scope="module")
def _workers(settings: JobSettings) -> Iterator[None]:
    with closing(LocalWorkers(settings, ["cpu"])):
        yield


@pytest.mark.usefixtures("_workers")
def test_a_grid_gives_what_the_command_gives(jobs: Jobs, grid: TrainedGrid) -> None:
    job = jobs.submit(GRID, "eve")
    done = ended(jobs, job.id, "eve")
    assert (done.state, done.error) == ("succeeded", None)
    document = jobs.result(job.id, "eve")
    assert _timeless(document) == _timeless(grid.document)
    look = Style(colour=False, unicode=True)
    assert jobs.report(job.id, "eve") == describe(document, look, here=False)
    assert jobs.picture(job.id, "eve", "png").startswith(b"\x89PNG")
    assert b"<svg" in jobs.picture(job.id, "eve", "svg")
    measured = [cell for cell in document["cells"] if "reason" not in cell]
    files = jobs.evidence(job.id, "eve")
    assert len(files) == len(measured)
    assert load([files]).digest != load().digest
    events = jobs.events(job.id, "eve")
    cells = [each.data for each in events if each.kind == "cell"]
    assert len(cells) == len(document["cells"])
    for cell in document["cells"]:
        told = {key: cell[key] for key in ("defense", "risk", "outcome", "verdict", "reason")
                if key in cell}  # fmt: skip
        assert told in cells
    (planned,) = [each.data for each in events if each.kind == "planned"]
    assert 0 < planned["remembered"] < planned["trials"]
    (verdict,) = [each.data for each in events if each.kind == "verdict"]
    assert verdict == {"counts": document["counts"]}


@pytest.mark.usefixtures("_workers")
@pytest.mark.parametrize("request_", [COMBINATION, COLLUSION], ids=["combine", "collude"])
def test_what_is_measured_together_gives_what_the_command_gives(
    jobs: Jobs, tmp_path: Path, request_: dict[str, Any]
) -> None:
    job = jobs.submit(request_, "eve")
    done = ended(jobs, job.id, "eve")
    assert (done.state, done.error) == ("succeeded", None)
    document = jobs.result(job.id, "eve")
    assert document == undisturbed(request_, str(tmp_path / "own.sqlite"))
    look = Style(colour=False, unicode=True)
    assert jobs.report(job.id, "eve") == describe(document, look, here=False)
    assert b"<svg" in jobs.picture(job.id, "eve", "svg")
    assert load([jobs.evidence(job.id, "eve")]).digest != load().digest
    (verdict,) = [each.data for each in jobs.events(job.id, "eve") if each.kind == "verdict"]
    told = [key for key in ("id", "outcome", "verdict", "effect") if key in document]
    assert verdict == {key: document[key] for key in told}


def _timeless(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "cells": [without_cost(cell) for cell in document["cells"]]}
