"""Effects over data sets on the page of a pair, over REST and in the report."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from measuring_pages import Reader
from several_sets import NAMES, results

from crosscurrent.api.answers.pools import pools
from crosscurrent.api.answers.reference_pools import reference_pools
from crosscurrent.api.jobs.records import Job, JobPage
from crosscurrent.api.reports.verdicts import report
from crosscurrent.api.rest.settings import Settings
from crosscurrent.api.text.names import signed
from crosscurrent.api.web.drawings.forest import forest
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.results.pools import study

TABLES = Path(__file__).parents[3] / "docs/tables"


@pytest.fixture
def reader(kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Return a browser of a service whose jobs have measured one pair on several data sets."""
    found = Reader(Settings(data=str(tmp_path / "data"), workers=()))
    documents = {f"{place:032x}": each for place, each in enumerate(results(kb))}
    jobs = [
        Job(
            name,
            "*",
            "succeeded",
            {"defense": "RD3", "risk": "P1"},
            "2026-11-24",
            "2026-11-25",
            None,
        )
        for name in documents
    ]
    running = Job(
        "f" * 32, "*", "running", {"defense": "RD3", "risk": "P1"}, "2026-11-24", None, None
    )
    page = JobPage((running, *reversed(jobs)), None)
    monkeypatch.setattr(found.jobs, "list", lambda *_, **__: page)
    monkeypatch.setattr(found.jobs, "result", lambda name, _: documents[name])
    monkeypatch.setattr(found.service, "existing_jobs", lambda: found.jobs)
    yield found
    found.service.close()


def test_a_pair_measured_on_several_data_sets_has_a_forest_plot(reader: Reader) -> None:
    page = reader.get("/why/RD3/P1")
    part = page.partition('id="over-data"')[2].partition('id="over-reference-data"')[0]
    assert part.count('<svg class="drawing intervals forest') == 2
    for name in NAMES:
        assert str(escape(name)) in part
    assert "<b>credit" not in page
    assert "<summary>1 left out</summary>" in part
    assert "no longer useful: the model is of no use" in part
    assert "3 data sets" in part


def test_the_service_answers_what_the_command_line_prints(
    reader: Reader, kb: KnowledgeBase
) -> None:
    found = reader.asking.get("/v1/pools?defense=RD3&risk=P1").json()
    expected = pools(kb, map(study, results(kb)), "RD3", "P1")
    assert found == json.loads(json.dumps(expected))
    assert len(found["pools"][0]["studies"]) == 3
    assert reader.asking.get("/v1/pools").json()["pools"] == found["pools"]
    assert reader.asking.get("/v1/pools?risk=R1").json()["pools"] == []
    over = reader.asking.get("/v1/pools?over=model").json()
    assert [len(each["studies"]) for each in over["pools"]] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("defense=nothing", 404, "unknown defense"),
        ("risk=RD3", 422, "is a defense"),
        ("over=seeds", 422, "over"),
        ("kind=all", 422, "kind"),
        ("risk=P1&risk=P2", 422, "more than once"),
    ],
)
def test_what_makes_no_sense_is_a_problem(
    reader: Reader, query: str, status: int, said: str
) -> None:
    answer = reader.asking.get(f"/v1/pools?{query}")
    assert answer.status_code in (status, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.text


def test_one_data_set_alone_is_no_forest(kb: KnowledgeBase, reader: Reader) -> None:
    assert "over-data" not in reader.get("/why/RD3/R1")


def test_what_our_tables_show_over_data_sets_is_drawn_for_every_pair_that_they_have(
    reader: Reader, kb: KnowledgeBase
) -> None:
    tables = list(map(read_document, sorted(TABLES.glob("*.json.gz"))))
    assert len(tables) > 1
    shown = pools(kb, [study(each) for table in tables for each in table["cells"]])["pools"]
    kept = [each for d in kb.defenses for r in kb.risks for each in reference_pools(kb, d, r)]
    assert [each["studies"] for each in kept] == json.loads(
        json.dumps([each["studies"] for each in shown])
    )
    for pair in ("RD2/P2", "watermarking/evasion", "FD2/R1"):
        part = reader.get(f"/why/{pair}").partition('id="over-reference-data"')[2]
        assert part.count('<svg class="drawing intervals forest') == 2
        assert all(str(escape(table["dataset"])) in part for table in tables)
    for elsewhere in ("/why/RD2@pre/P2", "/why/RD2/P2?knowledge=papers", "/why/pate/P1"):
        assert "over-reference-data" not in reader.get(elsewhere)


def read_document(file: Path) -> Any:
    return json.loads(gzip.decompress(file.read_bytes()))


def test_drawings_hold_every_row_in_their_bounds(kb: KnowledgeBase) -> None:
    (pool,) = pools(kb, map(study, results(kb)))["pools"]
    for narrow in (False, True):
        drawing = forest(pool, narrow=narrow)
        labels = [each.text for each in drawing.labels]
        for name in (*NAMES, "mean", "another such", "void, left out"):
            assert name in labels
        for each in pool["studies"]:
            assert any(text.startswith(signed(each["estimate"])) for text in labels)
        for line in drawing.lines:
            x, y = map(float, re.findall(r"M(-?[\d.]+) (-?[\d.]+)", line.path)[0])
            assert -1 <= x <= drawing.width
            assert 0 <= y <= drawing.height
        assert drawing.name.startswith("Forest plot")


def test_the_report_has_the_mean_over_data_sets(kb: KnowledgeBase) -> None:
    found: list[Any] = results(kb)
    page = report(kb, found)
    part = page.partition('<h2 id="pools">')[2].partition("<h2")[0]
    (pool,) = pools(kb, map(study, found))["pools"]
    assert pool["effect"] is not None
    assert signed(pool["effect"]["low"]) in part
    for name in NAMES:
        assert str(escape(name)) in part
    assert "Left out:" in part
    assert "<b>credit" not in page
    assert '<h2 id="pools">' not in report(kb, found[:1])
    assert '<h2 id="pools">' not in report(kb, [])
