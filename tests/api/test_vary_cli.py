"""``crosscurrent validate --vary``: cells as their commands give them, resumed, drawn, judged."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ET
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import fmean
from typing import Any

import adult
import numpy as np
import pytest
from measuring_cli import Capture, refused

from crosscurrent.api.cli import main
from crosscurrent.api.cli.progress import VariationProgress
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.validator.experiments.variation_documents import variation_document
from crosscurrent.validator.measurements import draw, prepare
from crosscurrent.validator.measurements.variation import VariationPlan
from crosscurrent.validator.requests import from_json
from crosscurrent.validator.results.store import Store

QUICK = (
    "--model mlp-s --seeds 2 --threads 1 --set data.records=300 --set training.epochs=2"
    " --set attack.epochs=5 --set attack.steps=5"
).split()
PAIR = ("FD1", "P2")
VARY = ["--vary", "D3=20,10,15"]


def asked(**more: Any) -> dict[str, Any]:
    """Return the same as a request to the service."""
    return {
        "defense": "FD1", "risk": "P2", "vary": "D3=20,10,15", "model": "mlp-s", "seeds": 2,
        "threads": 1,
        "settings": [
            "data.records=300", "training.epochs=2", "attack.epochs=5", "attack.steps=5",
        ],
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Measure once: the folder with results, picture and evidence, and the document."""
    folder = tmp_path_factory.mktemp("vary")
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        words = ["--store", str(folder / "r.sqlite"), "--export", str(folder / "evidence")]
        words += ["--plot", str(folder / "vary.svg"), "--json"]
        assert main(["validate", *PAIR, *VARY, *QUICK, *words]) == 0
    return folder, json.loads(out.getvalue())


@pytest.fixture
def file(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Find those results by default."""
    kept = made[0] / "r.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--vary D3=10,20", "DEFENSE and a RISK"),
        ("FD1 --vary D3=10,20", "DEFENSE and a RISK"),
        ("--all --vary D3=10,20", "ask for one"),
        ("FD1 P2 --all --vary D3=10,20", "ask for one"),
        ("--list --vary D3=10,20", "--vary measures it: give one"),
        ("FD1 P2 --vary D3=10", "give 2 to 20 values"),
        ("FD1 P2 --vary 10,20", "should be FACTOR=VALUE"),
        ("FD1 P2 --vary D9=10,20", "unknown factor"),
        ("FD1 P2 --vary curvature_smoothness=1,2", "nothing sets this factor directly"),
        ("FD1 P2 --vary D3=10,20 --set data.attributes=30", "leave --set data.attributes out"),
        ("FD1 P2 --vary M1=mlp-s,mlp-m --model mlp-l", "leave --model out"),
        ("FD1 P2 --vary D2=0,0.3 --dataset diabetes", "synthetic is made by it"),
        ("FD1 P2 --vary D3=5,30 --dataset diabetes", "attribute_count=30: diabetes: attributes"),
        ("FD1 P2 --vary D3=10,20 --plot x.gif", "should end in .png, .svg, .pdf"),
        ("FD1 P2 --vary D3=10,20 --plot no/such.svg", "there is no folder no"),
        ("FD1 P2 --vary M1=no.such:Net,mlp-s", "cannot import"),
        ("FD1 P2 --plot x.svg", "--all or --vary"),
    ],
)
def test_what_will_not_do_is_refused_before_any_training(
    words: str, said: str, capsys: Capture, tmp_path: Path
) -> None:
    assert said in refused(words, capsys, tmp_path / "r.sqlite")


def test_each_cell_is_what_its_command_alone_gives(
    made: tuple[Path, dict[str, Any]], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made[1]
    assert document.keys() == {
        "kind", "defense", "risk", "vary", "cells", "trend", "scenario", "knowledge",
    }  # fmt: skip
    assert document["vary"] == {
        "factor": "attribute_count", "code": "D3", "name": "Attribute count",
        "setting": "data.attributes", "values": [10, 15, 20],
    }  # fmt: skip
    for value, cell in zip(document["vary"]["values"], document["cells"], strict=True):
        words = shlex.split(cell["command"])
        assert f"data.attributes={value}" in words
        assert "--vary" not in words
        assert main([*words[1:], "--json"]) == 0
        alone = capsys.readouterr()
        assert json.loads(alone.out) == cell
        assert "nothing to train" in alone.err


def test_asked_again_in_any_order_it_trains_nothing_and_says_the_same(
    made: tuple[Path, dict[str, Any]], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for order in ("D3=20,10,15", "attribute_count=10,15,20"):
        assert main(["validate", *PAIR, "--vary", order, *QUICK, "--json"]) == 0
        again = capsys.readouterr()
        assert json.loads(again.out) == made[1]
        assert "nothing to train" in again.err


def test_what_is_measured_alone_first_is_not_trained_again(
    made: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(tmp_path / "r.sqlite")]
    words = shlex.split(made[1]["cells"][0]["command"])
    assert main([*words[1:], "--threads", "1", *store]) == 0
    capsys.readouterr()
    assert main(["validate", *PAIR, *VARY, *QUICK, "--json", *store]) == 0
    told = capsys.readouterr()
    assert "4 of 12 trials already stored" in told.err
    found, whole = json.loads(told.out), made[1]
    assert found["trend"] == whole["trend"]
    assert [each["effect"] for each in found["cells"]] == [
        each["effect"] for each in whole["cells"]
    ]


def test_the_trend_is_of_the_numbers_in_the_cells(made: tuple[Path, dict[str, Any]]) -> None:
    document = made[1]
    trend, cells = document["trend"], document["cells"]
    effects = [cell["effect"]["differences"] for cell in cells]
    assert trend["effect"]["differences"] == pytest.approx(
        [last - first for first, last in zip(effects[0], effects[-1], strict=True)]
    )
    assert trend["effect"]["smallest_change"] == cells[0]["effect"]["smallest_effect"]
    for arm in ("baseline", "defended"):
        # a lower error is worse
        rise = fmean(cells[0][arm]) - fmean(cells[-1][arm])
        assert trend[arm]["estimate"] == pytest.approx(rise)
    raised = fmean(cells[0]["baseline"]) - fmean(cells[-1]["defended"])
    assert trend["raise"]["estimate"] == pytest.approx(raised)
    lowered = fmean(cells[-1]["baseline"]) - fmean(cells[0]["defended"])
    assert trend["lower"]["estimate"] == pytest.approx(lowered)
    assert trend["verdict"] == trend["defended"]["verdict"]
    factor = trend["factor"]
    assert [len(each) for each in factor["baseline"]] == [2, 2, 2]
    assert trend["verdict"] in ("confirmed", "refuted", "inconclusive")
    if not all(cell["effective_defense"] for cell in cells):
        assert "was not effective" in trend["reason"]
        assert trend["verdict"] == "inconclusive"


def test_the_scenario_is_what_what_if_answers(
    made: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for verb, found in made[1]["scenario"].items():
        assert main(["what-if", *PAIR, f"--{verb}", "D3", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["predictions"] == [found]
    trend = made[1]["trend"]
    assert [trend[name]["expected"] for name in ("baseline", "defended", "effect")] == [
        "decrease", "decrease", None,
    ]  # fmt: skip
    for verb, found in made[1]["scenario"].items():
        conjecture = found["after"]["conjecture"]
        decided = conjecture if conjecture in ("increase", "decrease") else None
        assert trend[verb]["expected"] == decided
    assert made[1]["knowledge"] == load().digest


def test_where_nothing_is_known_nothing_is_predicted(kb: KnowledgeBase) -> None:
    """How distribution inference depends on attributes is not in Table 2; on capacity it is."""
    request = asked(defense="FD2", risk="P4", settings=["data.records=1000"], seeds=2)
    found = prepare(kb, from_json(request)).beforehand()["known"]["predicted"]
    assert (found["effect"], found["risk"]) == (None, None)
    assert not found["scenario"]["raise"]["changed"]
    del request["model"]
    request["vary"] = "M1=mlp-s,mlp-m"
    found = prepare(kb, from_json(request)).beforehand()["known"]["predicted"]
    assert (found["effect"], found["risk"]) == (None, "increase")


def test_nothing_is_expected_to_change_under_a_placebo(kb: KnowledgeBase, tmp_path: Path) -> None:
    planned = prepare(kb, from_json(asked(defense="placebo", vary="D3=10,20")))
    store = Store(str(tmp_path / "r.sqlite"))
    document = planned.run(store, VariationProgress("x", [10, 20])).document()
    assert document["trend"]["effect"]["expected"] == "no_change"
    assert document["trend"]["baseline"]["expected"] == "decrease"
    assert document["scenario"] is None
    assert "nothing changes under a placebo" in describe(
        document, Style(colour=False, unicode=True)
    )


def failed(made: dict[str, Any], kb: KnowledgeBase) -> dict[str, Any]:
    """Return the document of a variation of which one value could not be measured."""
    planned = prepare(kb, from_json(asked()))
    assert isinstance(planned, VariationPlan)
    told = [{**planned.known, "command": each} for each in planned.commands]
    document = variation_document(
        planned.variation, ["training diverged"] * 3, told, planned.predicted
    )
    cells = [document["cells"][0], *made["cells"][1:]]
    return {**document, "cells": cells}


@pytest.mark.parametrize("unicode", [True, False])
def test_a_text_has_every_value_and_says_why_one_was_not_measured(
    made: tuple[Path, dict[str, Any]], kb: KnowledgeBase, unicode: bool
) -> None:
    look = Style(colour=False, unicode=unicode)
    text = describe(made[1], look)
    assert max(map(len, text.splitlines())) <= 100
    minus = "−" if unicode else "-"
    for cell in made[1]["cells"]:
        assert f"{cell['effect']['estimate']:+.3f}".replace("-", minus) in text
    assert "results list" not in describe(made[1], look, here=False)
    lost = failed(made[1], kb)
    assert lost["trend"]["effect"] is None
    assert lost["trend"]["verdict"] == "inconclusive"
    text = describe(lost, look)
    assert "10 was not measured: training diverged" in " ".join(text.split())
    if not unicode:
        assert text.isascii()


def test_the_evidence_of_each_value_is_exported(made: tuple[Path, dict[str, Any]]) -> None:
    folder, document = made
    assert len(list((folder / "evidence").iterdir())) == len(document["cells"])
    assert load([str(folder / "evidence")]).digest != load().digest


def test_a_picture_is_drawn_in_full_or_not_at_all(
    made: tuple[Path, dict[str, Any]],
    kb: KnowledgeBase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, document = made
    text = " ".join(ET.parse(folder / "vary.svg").getroot().itertext())
    for cell in document["cells"]:
        assert f"{cell['effect']['estimate']:+.3f}".replace("-", "−") in text
    assert "predicted: the risk falls" in text
    assert "attribute count (D3)" in text
    for name in ("one.png", "other.png"):
        draw(document, str(tmp_path / name))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    draw(failed(document, kb), str(tmp_path / "lost.pdf"))
    assert (tmp_path / "lost.pdf").read_bytes().startswith(b"%PDF-")
    before = (tmp_path / "one.png").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("crosscurrent.validator.results.files.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        draw(document, str(tmp_path / "one.png"))
    assert (tmp_path / "one.png").read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "lost.pdf", "one.png", "other.png",
    ]  # fmt: skip


def test_what_a_server_knew_is_what_counts(kb: KnowledgeBase) -> None:
    planned = prepare(kb, from_json(asked()))
    told = json.loads(json.dumps(planned.beforehand()))
    assert (told["defense"], told["risk"]) == ("group_fairness", "data_reconstruction")
    told["known"]["predicted"]["risk"] = "increase"
    again = planned.with_prior(told["known"])
    assert json.loads(json.dumps(again.beforehand())) == told
    assert [each["value"] for each in again.cells] == [10, 15, 20]
    assert len(again.recipes()) == 12
    assert again.interval({}) is None


def test_what_is_asked_of_adult_can_be_asked(
    made: tuple[Path, dict[str, Any]], kb: KnowledgeBase, tmp_path: Path
) -> None:
    """On records made up in the form of UCI's, as theirs are not here."""
    draw = np.random.default_rng(0)
    lines = []
    for _ in range(2500):
        sex = draw.choice(["Male", "Female"])
        rich = draw.random() < (0.4 if sex == "Male" else 0.2)
        levels = [f"l{draw.integers(8)}" for _ in range(6)]
        age, weight, years, gain, loss, hours = draw.integers(1, 90, size=6)
        lines.append(
            f"{age}, {levels[0]}, {weight}, {levels[1]}, {years}, {levels[2]}, {levels[3]},"
            f" {levels[4]}, White{age % 2}, {sex}, {gain}, {loss}, {hours}, {levels[5]},"
            f" {'>50K' if rich else '<=50K'}"
        )
    file = tmp_path / "adult.data"
    file.write_text("\n".join(lines))
    for question in adult.QUESTIONS:
        planned = prepare(kb, adult.asked(question, str(file), 2, 2000))
        assert len(planned.cells) == 3
    values = list(adult.rows(made[1]))
    assert [each.value for each in values] == ["10", "15", "20"]
    assert [each.what for each in adult.shifts(made[1])] == ["effect", "without", "with"]
