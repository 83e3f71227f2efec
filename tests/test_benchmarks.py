"""The benchmark programs run, and compare only ways that give the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crosscurrent.knowledge import load
from crosscurrent.validator.experiments.grids import grid
from crosscurrent.validator.trials.trial import Trial, TrialContext

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_all_ways_agree_before_they_are_timed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--json"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    built_in = {row["way"] for row in report["pairs"] if row["knowledge"] == "built-in"}
    assert {"paths and verdict", "whole prediction", "networkx paths"} <= built_in
    assert {row["knowledge"] for row in report["pairs"]} >= {"wide x100", "dense x100"}


def test_a_disagreement_stops_the_run() -> None:
    script = (
        "import sys\n"
        "import rivals\n"
        "rivals.TIMES['-', '-'] = '-'\n"
        "import pairs\n"
        "from crosscurrent.knowledge import load\n"
        "try: pairs.measure(load(), 10)\n"
        "except pairs.Disagreement: sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7, done.stderr.decode()


def test_pages_are_weighed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "pages.py"), "--repeats", "1", "--json"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    pages = json.loads(done.stdout)["pages"]
    assert pages[0]["page"] == "/"
    for row in pages:
        assert 0 < row["html_bytes"] < row["first_visit_bytes"]
        assert row["requests"] == 4


def ran(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{program}.py"), *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_undefended_models_are_attacked_on_the_data_of_each_risk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    undefended = import_module("undefended")
    seen = {}

    def noted(context: TrialContext, trials: list[Trial]) -> list[Any]:
        assert all(each.defense is None for each in trials)
        for attack in (attack for each in trials for attack in each.attacks):
            seen[attack.risk] = context.data.x.shape[1]
        numbers: Any = defaultdict(lambda: defaultdict(lambda: 0.5))
        return [SimpleNamespace(metrics=numbers, accuracy=0.8, train_accuracy=0.9)] * len(trials)

    monkeypatch.setattr(undefended, "run", noted)
    found, accuracy = undefended.levels(["data.records=300", "data.P2.attributes=12"], 1, 2)
    assert [each.risk for each in found] == [*load().risks]
    assert {risk for risk, attributes in seen.items() if attributes == 12} == {
        "data_reconstruction"
    }
    assert accuracy == {"accuracy": pytest.approx(0.8), "train_accuracy": pytest.approx(0.9)}


def test_all_time_is_some_phase_of_some_defense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    phases = import_module("phases")
    settings = ["data.records=300", "training.epochs=1", "data.R2.records=400"]
    whole = grid(load(), settings=settings, seeds=2)
    pairs = {("fingerprinting", "evasion"), ("group_fairness", "poisoning")}
    cells = tuple(each for each in whole.cells if (each.defense, each.risk) in pairs)
    found = phases.phases(replace(whole, cells=cells))
    assert sum(each.share for each in found) == pytest.approx(1)
    assert {each.defense for each in found} == {"no defense", "fingerprinting", "group_fairness"}
    told = {(each.defense, each.phase) for each in found}
    assert {("fingerprinting", "attack: evasion"), ("group_fairness", "training")} <= told
    assert ("fingerprinting", "attack: poisoning") not in told
    assert {"factors", "judging"} <= {each.phase for each in found}


def test_a_defense_is_told_at_each_strength_on_the_data_of_each_risk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    strengths = import_module("strengths")
    asked = []

    def noted(defense: str, risk: str, **on: Any) -> Any:
        asked.append((risk, {k: v for k, v in on["settings"].items() if not k.startswith("train")}))
        shown = {"metric": "m", "baseline": 0.5, "defended": 0.7, "met": True}
        told = {"effectiveness": shown, "utility": {"defended": [0.8, 0.9]}}
        return SimpleNamespace(to_dict=lambda: told)

    monkeypatch.setattr(strengths.crosscurrent, "validate", noted)
    settings = {"training.epochs": "8"}
    (*_, last) = strengths.readings("adversarial_training", 2, settings, 3, 3, tmp_path / "r")
    assert last == (
        "adversarial_training", "epsilon=0.2", "distribution_inference", "m", "0.500", "0.700",
        "yes", "0.850",
    )  # fmt: skip
    assert asked == [
        ("evasion", {"data.records": "4000", "defense.epsilon": 0.2}),
        ("evasion", {"data.records": "4000", "data.attributes": "12", "defense.epsilon": 0.2}),
        ("distribution_inference", {"data.records": "1000", "defense.epsilon": 0.2}),
    ]


def test_private_training_is_told_beside_training_without_noise() -> None:
    done = ran("private_training", "--draws", "1", "--records", "300", "--epochs", "1",
               "--batch-size", "64", "--learning-rate", "0.01", "--clip", "1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    told = [row for row in rows if len(row) == 7 and row[0].isdecimal()]
    assert [(row[0], row[3]) for row in told] == [("20", "none"), ("1", "1")]


@pytest.mark.parametrize(
    ("program", "words", "message"),
    [
        ("undefended", ["--seeds", "1"], "seeds"),
        ("undefended", ["--set", "data.rec=200"], "unknown setting 'rec'"),
        ("strengths", ["--set", "data.rec=200"], "unknown setting 'rec'"),
        ("private_training", ["--seeds", "1"], "seeds"),
        ("phases", ["--set", "data.rec=200"], "unknown setting 'rec'"),
    ],
)
def test_what_will_not_work_is_said_in_a_line(program: str, words: list[str], message: str) -> None:
    done = ran(program, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
