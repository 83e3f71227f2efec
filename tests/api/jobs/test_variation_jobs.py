"""One pair by a factor as a job: what the command gives, value by value as it comes, drawn."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import ended, tiny, undisturbed, without_cost

from crosscurrent.api.jobs.errors import Refused
from crosscurrent.api.jobs.local import LocalWorkers
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style

VARIED = tiny(vary="attribute_count=10,5")


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "cells": [without_cost(cell) for cell in document["cells"]]}


def test_a_variation_gives_what_the_command_gives(checks: Checks, tmp_path: Path) -> None:
    settings = JobSettings(str(tmp_path / "data"))
    with closing(Jobs(settings, checks)) as jobs, closing(LocalWorkers(settings, ["cpu"])):
        with pytest.raises(Refused, match=r"attribute_count=99: .*from 1 to 30"):
            jobs.submit({**VARIED, "vary": "attribute_count=5,99"}, "eve")
        job = jobs.submit(VARIED, "eve")
        done = ended(jobs, job.id, "eve")
        assert (done.state, done.error) == ("succeeded", None)
        document = jobs.result(job.id, "eve")
        alone = undisturbed(VARIED, str(tmp_path / "own.sqlite"))
        assert timeless(document) == timeless(alone)
        look = Style(colour=False, unicode=True)
        assert jobs.report(job.id, "eve") == describe(document, look, here=False)
        assert b"<svg" in jobs.picture(job.id, "eve", "svg")
        events = jobs.events(job.id, "eve")
    told = [each.data for each in events if each.kind == "cell"]
    assert [each["value"] for each in told] == [5, 10]
    (verdict,) = [each.data for each in events if each.kind == "verdict"]
    assert verdict == {"trend": document["trend"]}
