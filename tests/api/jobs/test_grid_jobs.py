"""A grid or a combination as a job: what the command gives, as it comes, drawn and exported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import ended, undisturbed, without_cost

from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import load

GRID = {
    "all": True,
    "dataset": "breast_cancer",
    "model": "mlp-s",
    "seeds": 2,
    "threads": 1,
    "settings": [
        "training.epochs=1",
        "attack.membership_inference.shadows=4",
        "attack.attribute_inference.shadows=4",
        "attack.distribution_inference.shadows=8",
        "attack.unauthorized_model_ownership.queries=50",
        "attack.unauthorized_model_ownership.surrogates=2",
        "attack.unauthorized_model_ownership.accused=2",
    ],
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> JobSettings:
    return JobSettings(str(tmp_path_factory.mktemp("grid") / "data"))


@pytest.fixture(scope="module")
def jobs(settings: JobSettings, checks: Checks) -> Iterator[Jobs]:
    with closing(Jobs(settings, checks)) as found:
        yield found


@pytest.fixture(scope="module")
def _workers(settings: JobSettings) -> Iterator[None]:
    with closing(LocalWorkers(settings, ["cpu"])):
        yield


@pytest.mark.usefixtures("_workers")
def test_a_grid_gives_what_the_command_gives(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.submit(GRID, "eve")
    done = ended(jobs, job.id, "eve")
    assert (done.state, done.error) == ("succeeded", None)
    document = jobs.result(job.id, "eve")
    alone = undisturbed(GRID, str(tmp_path / "own.sqlite"))
    assert _timeless(document) == _timeless(alone)
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
    (verdict,) = [each.data for each in events if each.kind == "verdict"]
    assert verdict == {"counts": document["counts"]}


SMALL = {"model": "mlp-s", "seeds": 2, "threads": 1}
COMBINATION = {
    **SMALL,
    "combine": ["RD3@pre", "explanations"],
    "dataset": "breast_cancer",
    "settings": ["training.epochs=2", "defense.RD3@pre.triggers=10"],
}
COLLUSION = {
    **SMALL,
    "collude": ["poisoning", "model_extraction"],
    "dataset": "breast_cancer",
    "settings": ["training.epochs=2", "second.queries=100"],
}


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
