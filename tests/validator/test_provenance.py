"""Provenance in every answer: exported evidence, loaded as knowledge, is called measured.

The built-in tables of reference models, which are measured as well, are left out here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from outcomes import document

import crosscurrent
from crosscurrent.api.answers import backtests, plans, predictions
from crosscurrent.api.app import create_app
from crosscurrent.api.cli import main
from crosscurrent.api.rest.settings import Settings
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor.collusion import collude
from crosscurrent.predictor.conflicts import combine
from crosscurrent.predictor.expectations import expected
from crosscurrent.predictor.interactions import matrix, predict
from crosscurrent.validator.results.evidence import export

EXPLORED = ("watermarking", "membership_inference")
"""An increase was published, under conditions; a decrease is measured."""
UNEXPLORED = ("watermarking", "evasion")
"""Nothing was published, an increase is predicted; a decrease is measured."""
TOGETHER = ("watermarking@pre", "outlier_removal@in")
"""Published and predicted to conflict; measured to be effective."""
ATTACKS = ("evasion", "poisoning")
"""Nothing was published; measured to hinder."""
SCALE = {
    "dataset": "digits", "records": 10, "training_records": 5, "test_records": 5,
    "model": "mlp-s", "parameters": 10,
}  # fmt: skip


BELOW = "literature"
"""The built-in knowledge without the tables."""


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return load(BELOW, cached=False)


@pytest.fixture(scope="module")
def own(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder of evidence as the validator exports it."""
    combination = {
        "kind": "combination", "id": "c" * 16, "defenses": list(TOGETHER), "seeds": [0, 1, 2],
        "outcome": "effective", "conjecture": "conflict", "scale": SCALE,
        "orders": [{"order": list(TOGETHER), "outcome": "effective", "constituents": []}],
    }  # fmt: skip
    collusion = {
        "kind": "collusion", "id": "d" * 16, "first": ATTACKS[0], "second": ATTACKS[1],
        "outcome": "decrease", "first_effective": True, "seeds": [0, 1, 2], "scale": SCALE,
        "effect": {"name": "accuracy", "estimate": -0.1, "level": 0.95, "low": -0.2, "high": -0.05},
    }  # fmt: skip
    pairs: list[Mapping[str, Any]] = [
        document(kb, *pair, shows="decrease", reading=1.0) for pair in (EXPLORED, UNEXPLORED)
    ]
    folder = str(tmp_path_factory.mktemp("evidence"))
    assert len(export([*pairs, combination, collusion], folder)) == 4
    return folder


@pytest.fixture(scope="module")
def mine(own: str) -> KnowledgeBase:
    return load([BELOW, own], cached=False)


@pytest.fixture
def said(own: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a way to ask the command line with the evidence, or without."""
    monkeypatch.setenv("COLUMNS", "200")

    def ask(line: str, *, evidence: bool = True) -> str:
        more = ["--knowledge", own] if evidence else []
        words = [*line.split(), "--knowledge", BELOW, *more]
        assert main(words) == 0
        return capsys.readouterr().out

    return ask


@pytest.fixture(scope="module")
def pages(own: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a client of a service that holds the evidence as the knowledge set ``own``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSCURRENT_CACHE", "off")
        patch.delenv("CROSSCURRENT_KNOWLEDGE", raising=False)
        settings = Settings(data=str(tmp_path_factory.mktemp("service")), knowledge=(BELOW,))
        app = create_app(settings)
        client = TestClient(app, base_url="http://127.0.0.1")
        files = {each.name: each.read_text(encoding="utf-8") for each in Path(own).iterdir()}
        assert client.put("/v1/knowledge/own", json={"files": files}).status_code == 201
        yield client


def test_evidence_is_measured(kb: KnowledgeBase, mine: KnowledgeBase) -> None:
    for section in ("observations", "combinations", "collusions"):
        added = getattr(mine, section).keys() - getattr(kb, section).keys()
        assert added
        assert all(getattr(mine, section)[name].measured for name in added)


def test_evidence_of_before_gives_the_same_knowledge(own: str, mine: KnowledgeBase) -> None:
    old = {
        each.name: each.read_bytes().replace(b"  provenance: measured\n", b"")
        for each in Path(own).iterdir()
    }
    assert all(b"provenance" not in text for text in old.values())
    assert load([BELOW, old]).digest == mine.digest


def test_no_prediction_changes_but_in_what_was_measured(
    kb: KnowledgeBase, mine: KnowledgeBase
) -> None:
    rows = zip(matrix(kb), matrix(mine), strict=True)
    for before, after in ((b, a) for row in rows for b, a in zip(*row, strict=True)):
        assert (after.defense, after.risk) == (before.defense, before.risk)
        for field in ("conjecture", "basis", "probability_increase", "published", "conditional"):
            assert getattr(after, field) == getattr(before, field)
        pair = (after.defense, after.risk)
        here = pair in (EXPLORED, UNEXPLORED)
        assert after.measured == (("decrease",) if here else ())
        ground, same = expected(mine, *pair), expected(kb, *pair)
        assert ground.measured == after.measured
        if here:  # what is expected in your own models is what was measured there, and says so
            assert (ground.effect, ground.ground) == ("decrease", "measured")
            assert ground.assessment.grade == "measured_here"
        else:
            assert ground == same
    assert predict(mine, *EXPLORED).published == ("increase",)
    assert predict(mine, *UNEXPLORED).published == ()


def test_neither_do_combinations_and_collusions(kb: KnowledgeBase, mine: KnowledgeBase) -> None:
    before, after = combine(kb, TOGETHER), combine(mine, TOGETHER)
    assert after.published == before.observations
    assert [each.outcome for each in after.measured] == ["effective"]
    link, old = collude(mine, *ATTACKS), collude(kb, *ATTACKS)
    assert (link.published, link.measured) == (old.published, "hinders")
    assert (link.verdict, link.contradicted, old.measured) == (old.verdict, old.contradicted, "")


def test_the_backtest_stays_what_it_was(kb: KnowledgeBase, mine: KnowledgeBase) -> None:
    before, after = (backtests.backtest(each, resamples=20) for each in (kb, mine))
    assert not before["measured"]["groups"]
    (group,) = after["measured"]["groups"]
    assert group["data"] is None
    assert len(group["cases"]) == 2
    assert {**after, "knowledge": kb.digest, "measured": before["measured"]} == before


def test_a_plan_tells_what_was_measured_and_counts_on_it(
    kb: KnowledgeBase, mine: KnowledgeBase, said: Any
) -> None:
    before, after = (
        plans.plan(each, ["unauthorized_model_ownership"], have=["watermarking@in"])
        for each in (kb, mine)
    )
    assert [each["order"] for each in after["plans"]] == [each["order"] for each in before["plans"]]
    before_raised = {each["risk"] for each in before["plans"][0]["raises"]}
    raised = {each["risk"] for each in after["plans"][0]["raises"]}
    lowered = {each["risk"]: each for each in after["plans"][0]["lowers"]}
    assert before_raised - raised == lowered.keys() == {"evasion", "membership_inference"}
    for each in lowered.values():
        assert (each["ground"], each["measured"]) == ("measured", ["decrease"])
    text = said("plan --protect R3 --have watermarking@in")
    measured = re.search(r"\n +measured +(.*)\n", text)
    assert measured is not None
    assert set(measured[1].split(", ")) == {"membership_inference (RD3 ▼)", "evasion (RD3 ▼)"}
    assert "measured" not in said("plan --protect R3 --have watermarking@in", evidence=False)


def test_the_table_of_a_defense_says_where_something_was_measured(said: Any) -> None:
    before, after = said("predict RD3", evidence=False), said("predict RD3")
    assert "measured" not in before
    for risk, otherwise in (("P1", " †"), ("R1", "")):  # that increase takes conditions
        told = rf"{risk} .*▼ decrease{otherwise} +\d+ % +measured in your own models +▲ increase !"
        assert re.search(told, after)
    assert re.search(r"P2 .*▲ increase +\d+ % +published once", after)


def test_one_pair_in_full_says_measured(said: Any) -> None:
    text = said("predict RD3 P1")
    assert re.search(r"▲ increase \((?!measured)", text)
    assert "▼ decrease (measured, empirical): measured here" in text
    for other in ("predict RD3 P1", "predict RD3 R1"):
        likely = re.compile(r"likely to increase.*")
        (one,), (same,) = (likely.findall(said(other, evidence=e)) for e in (True, False))
        assert one == same


def test_what_if_says_measured(said: Any) -> None:
    text = said("what-if RD3 --raise D2")
    assert re.search(r"R1 .*▼ decrease 67 % +▲ increase", text)
    full = said("what-if RD3 R1 --raise D2")
    assert re.search(r"67 % likely; measured in your own models", full)
    assert re.search(r"measured here +a decrease \(1 measurement\)", full)
    assert "measured" not in said("what-if RD3 --raise D2", evidence=False)


def test_matrices_say_measured(said: Any) -> None:
    fields = ("defense", "risk", "published", "conditional", "probability_increase")
    new, old = (
        list(csv.DictReader(io.StringIO(said("matrix --format csv", evidence=evidence))))
        for evidence in (True, False)
    )
    assert [[row[f] for f in fields] for row in new] == [[row[f] for f in fields] for row in old]
    assert not any(row["measured"] for row in old)
    assert [(r["defense"], r["risk"]) for r in new if r["measured"] == "decrease"] == [
        UNEXPLORED, EXPLORED,
    ]  # fmt: skip
    assert "the effect measured in your own models" in said("matrix")
    assert re.search(r"▼ \d+!△▼", said("matrix"))
    assert re.search(r"▼ \d+!·▼", said("matrix"))
    drawn, plain = (said("matrix --format svg", evidence=e) for e in (True, False))
    assert drawn.count("; measured: decrease") == 2
    assert "measured" not in plain
    assert drawn.count("<circle") == plain.count("<circle")


def test_matrices_of_pairs_say_measured(said: Any) -> None:
    for line, key, published, measured in (
        ("matrix combinations --format csv", TOGETHER, "conflict", "effective"),
        ("matrix collusions --format csv", ATTACKS, "", "hinders"),
    ):
        new, old = (list(csv.reader(io.StringIO(said(line, evidence=e)))) for e in (True, False))
        index = {name: new[0].index(name) for name in ("published", "knowledge", "measured")}
        for row, same in zip(new[1:], old[1:], strict=True):
            if row[:2] != list(TOGETHER):  # of these the outcome is disputed now
                assert row[: index["knowledge"]] == same[: index["knowledge"]]
            assert bool(row[index["measured"]]) == (row[:2] == list(key))
            if row[:2] == list(key):
                assert row[index["published"]] == published
                assert row[index["measured"]] == measured
    assert "measured" not in said("matrix combinations", evidence=False)
    assert re.search(r"third +the same as measured", said("matrix combinations"))
    assert "~ Xo" in said("matrix combinations")
    assert "third: what was measured" in said("matrix collusions")


def test_combine_and_collude_say_measured(said: Any) -> None:
    text = said(f"combine {' '.join(TOGETHER)}")
    published, measured = text.split("\nMeasured\n")
    assert "effective: watermarking@pre" in measured
    assert "conflict: watermarking@pre" in published.split("\nPublished\n")[1]
    assert "measured_" not in published.split("\nPublished\n")[1]
    text = said(f"collude {' '.join(ATTACKS)}")
    published, measured = text.split("\nMeasured\n")
    assert "hinders: measured here" in measured
    assert "tested by the survey" not in measured
    assert published.endswith("Published\n  - nothing known for this pair\n")
    assert re.search(r"published +measured +by", said("collude evasion"))
    assert "measured" not in said("collude evasion", evidence=False)


def test_kb_says_measured(own: str, said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(r"watermarking +▼ decrease \(measured\) +evasion", said("kb show RD3"))
    assert re.search(r"▼ decrease \(measured\)", said("kb show observations"))
    assert "(measured)" in said("kb show combinations")
    rows = json.loads(said("kb show collusions --json"))["collusions"]
    assert [each["first"] for each in rows if each.get("provenance") == "measured"] == ["evasion"]
    assert main(["kb", "diff", own, "--knowledge", BELOW]) == 0
    text = capsys.readouterr().out
    assert re.search(r"RD3 → R1 +after .*unexplored; measured ▼ decrease|"
                     r"after .*unexplored; measured ▼ decrease", text)  # fmt: skip
    assert "the probability alone moves" not in text


def test_answers_in_python_say_measured(own: str) -> None:
    pair = str(crosscurrent.predict("RD3", "R1", knowledge=[BELOW, own]))
    assert re.search(r"published +silent\n +measured here +a decrease", pair)
    every = str(crosscurrent.predict("RD3", knowledge=[BELOW, own]))
    assert re.search(r"Membership inference .* % +measured in your own models", every)
    together = str(crosscurrent.combine(*TOGETHER, knowledge=[BELOW, own]))
    assert re.search(r"Published\n.*\n +conflict", together)
    assert re.search(r"Measured\n.*\n +effective", together)
    colluding = str(crosscurrent.collude("evasion", knowledge=[BELOW, own]))
    assert re.search(r"Poisoning .* unexplored +hinders", colluding)
    planned = crosscurrent.plan(["R3"], have=["watermarking@in"], knowledge=[BELOW, own])
    assert "RD3 (measured: decrease)" in str(planned)


def test_json_carries_the_provenance_of_each_observation(mine: KnowledgeBase) -> None:
    for pair, there in ((EXPLORED, ["measured", "published"]), (UNEXPLORED, ["measured"])):
        seen = predictions.prediction(mine, *pair)["observations"]
        assert sorted(each["provenance"] for each in seen) == there


def test_the_service_says_measured(pages: TestClient) -> None:
    answer = pages.get("/v1/predictions/RD3/R1?knowledge=own").json()
    assert [each["provenance"] for each in answer["observations"]] == ["measured"]
    query = urlencode([("defense", each) for each in TOGETHER])
    answer = pages.get(f"/v1/conflicts?{query}&knowledge=own").json()
    assert {each["provenance"]: each["outcome"] for each in answer["observations"]} == {
        "published": "conflict", "measured": "effective",
    }  # fmt: skip
    answer = pages.get("/v1/collusions?attack=evasion&attack=poisoning&knowledge=own").json()
    assert [each["provenance"] for each in answer["observations"]] == ["measured"]
    plain, with_own = (
        pages.get(f"/v1/backtest?resamples=20{more}").json() for more in ("", "&knowledge=own")
    )
    assert with_own | {key: plain[key] for key in ("knowledge", "measured")} == plain


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/matrix", r"Watermarking, evasion: [^<]*published: unexplored; measured: decreases"),
        ("/why/watermarking/evasion", r"decrease</b> \(measured here, empirical\)"),
        ("/why/watermarking/membership_inference", r"increase</b> \(published"),
        ("/what-if?raise=tail_length", r"published: unexplored; measured: decreases"),
        (f"/combine?{urlencode([('defense', d) for d in TOGETHER])}",
         r"effective</b> \(measured here\)"),
        ("/combinations", r"published: in conflict; measured: effective together"),
        ("/collude?attack=evasion&attack=poisoning", r"hinders</b> \(measured here\)"),
        ("/collusions", r"published: unexplored; measured: hinders"),
        ("/plan?protect=R3&have=watermarking%40in", r", measured: decreases"),
        ("/learn/defenses/watermarking", r"measured: decreases"),
        ("/learn/references/measured_cccccccccccc", r"effective, measured"),
        ("/learn/references/measured_dddddddddddd", r"hinders, measured"),
    ],
)  # fmt: skip
def test_the_page_says_measured(pages: TestClient, address: str, told: str) -> None:
    joint = "&" if "?" in address else "?"
    html = {"Accept": "text/html"}
    answer = pages.get(f"{address}{joint}knowledge=own", headers=html)
    assert answer.status_code == 200
    assert re.search(told, answer.text)
    plain = pages.get(address, headers=html)
    assert plain.status_code == 404 or not re.search(r"measured: (de|hi|ef)", plain.text)
