"""``crosscurrent validate`` and ``results``: clear refusals before any training, true documents."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.cli import main

SMALL = ["--dataset", "digits", "--model", "mlp-s", "--seeds", "2", "--threads", "1"]
QUICK = [*SMALL, "--set", "training.epochs=1"]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results in a file of the test's own."""
    file = tmp_path / "kept" / "results.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(file))
    return file


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main([*words, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("validate", "DEFENSE and a RISK"),
        ("validate RD1", "DEFENSE and a RISK"),
        ("validate adverserial_training R1", "adversarial_training"),
        ("validate RD1 evasoin", "evasion"),
        ("validate fingerprinting R1", "cannot be measured yet"),
        ("validate RD1 P4", "cannot be measured yet"),
        ("validate RD1 R1 --dataset digts", "digits"),
        ("validate RD1 R1 --dataset nowhere.csv", "nowhere.csv"),
        ("validate RD1 R1 --model mlp-q", "mlp-"),
        ("validate RD1 R1 --model cnn-s", "needs images"),
        ("validate RD1 R1 --model no.such:Net", "cannot import"),
        ("validate RD1 R1 --seeds 0", "2 to 1000"),
        ("validate RD1 R1 --seeds 1", "at least two"),
        ("validate RD1 R1 --seeds=-3", "2 to 1000"),
        ("validate RD1 R1 --device tpu", "cpu, cuda"),
        ("validate RD1 R1 --device cuda", "no CUDA device"),
        ("validate RD1 R1 --memory 1 --model mlp-xl", "too little memory"),
        ("validate RD1 R1 --set defense.epsilo=1", "defense.epsilon"),
        ("validate RD1 R1 --set defence.epsilon=1", "defense"),
        ("validate RD1 R1 --set defense.epsilon=-1", "at least"),
        ("validate RD1 R1 --set defense.epsilon=nan", "a number"),
        ("validate RD1 R1 --set defense.epsilon", "GROUP.NAME=VALUE"),
        ("validate RD1 R1 --set defense.steps=1 --set defense.steps=2", "twice"),
        ("validate PD1 P1 --set attack.shadows=5", "even"),
        (
            "validate PD1 P1 --set data.records=20000 --set defense.epsilon=0.01",
            "no budget below 0.011",
        ),
        ("validate FD1 R1 --dataset digits", "sensitive attribute"),
        ("validate RD1 F --dataset breast_cancer", "sensitive attribute"),
        ("validate RD1 R1 --store .", "."),
        ("results show 12ab", "unknown result"),
        ("results plot 12ab x.svg", "unknown result"),
        ("results prune 12ab", "unknown result"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_any_training(
    words: str, said: str, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    status = main(words.split())
    told = capsys.readouterr()
    assert status in (1, 2)
    assert said in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert not store.exists()


def test_a_verdict_has_the_fields_of_the_contract_and_is_kept(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    found = document(capsys, "validate", "RD1", "R1", *QUICK)
    assert {
        "defense", "risk", "conjecture", "outcome", "verdict", "effect", "effective_defense",
        "baseline", "defended", "seeds", "factors",
    } <= found.keys()  # fmt: skip
    assert main(["validate", "adversarial_training", "evasion", *QUICK, "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out) == found
    assert "nothing to train" in again.err
    shown = document(capsys, "results", "show", str(found["id"])[:8])
    assert shown == found
    assert document(capsys, "results", "list")["results"] == [found]
    assert main(["results", "prune", str(found["id"])]) == 0
    assert "removed 1 result and 4 trials" in capsys.readouterr().out


def test_another_budget_shares_the_baseline_and_nothing_else(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    asked = ["validate", "PD1", "P1", *QUICK, "--set", "attack.shadows=4"]
    document(capsys, *asked)
    document(capsys, *asked, "--set", "defense.epsilon=2")
    with sqlite3.connect(store) as database:
        rows = [json.loads(r) for (r,) in database.execute("SELECT recipe FROM trials")]
    database.close()
    budgets = [row["defense"] and row["defense"]["epsilon"] for row in rows]
    assert sorted(budgets, key=str) == [1.0, 1.0, 2.0, 2.0, None, None]


def test_a_killed_run_goes_on_where_it_was_and_ends_as_an_undisturbed_one(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    asked = ["validate", "RD1", "P1", *SMALL, "--seeds", "3", "--set", "attack.shadows=30"]
    asked += ["--set", "training.epochs=2", "--json"]
    run = subprocess.Popen(
        [sys.executable, "-c", "import sys; from api.cli import main; sys.exit(main())", *asked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    line = run.stderr.readline()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stderr.close()
    assert "trials kept" in line
    kept = _written(store)
    assert 0 < len(kept) < 6
    assert main(asked) == 0
    resumed = capsys.readouterr()
    assert "known from before" in resumed.err
    after = _written(store)
    assert len(after) == 6
    assert kept.items() <= after.items()
    assert main([*asked, "--store", str(tmp_path / "other.sqlite")]) == 0
    undisturbed = json.loads(capsys.readouterr().out)
    found = json.loads(resumed.out)
    assert found.pop("cost")
    assert undisturbed.pop("cost")
    assert found == undisturbed


def _written(store: Path) -> dict[str, str]:
    deadline = time.monotonic() + 10
    while not store.exists():
        assert time.monotonic() < deadline
    database = sqlite3.connect(store)
    try:
        return dict(database.execute("SELECT address, written FROM trials"))
    finally:
        database.close()


def test_exported_evidence_is_knowledge_that_predictions_show(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "measured")
    found = document(capsys, "validate", "RD1", "R1", *SMALL, "--seeds", "3", "--export", folder)
    assert found["outcome"] == "decrease"
    assert main(["kb", "check", folder]) == 0
    capsys.readouterr()
    shown = document(capsys, "predict", "RD1", "R1", "--knowledge", folder)
    notes = [each["note"] for each in shown["observations"]]  # type: ignore[attr-defined]
    assert any(note and "paired seeds" in note for note in notes)
    (file,) = Path(folder).iterdir()
    before = file.read_bytes()
    assert main(["results", "export", folder]) == 0
    assert file.read_bytes() == before
    capsys.readouterr()


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_is_written_in_full_or_not_at_all(
    ending: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = document(capsys, "validate", "placebo", "R1", *QUICK)
    file = tmp_path / f"verdict.{ending}"
    assert main(["results", "plot", str(found["id"]), str(file)]) == 0
    assert file.stat().st_size > 1000
    assert main(["results", "plot", str(found["id"]), str(tmp_path / "verdict.bmp")]) == 2
    assert main(["results", "plot", str(found["id"]), str(tmp_path / "no" / "verdict.svg")]) == 1
    assert [each.name for each in tmp_path.glob("verdict*")] == [file.name]
    capsys.readouterr()


def test_everything_that_can_be_measured_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    listed = document(capsys, "validate", "--list")
    assert "differential_privacy" in {each["id"] for each in listed["defenses"]}  # type: ignore[attr-defined]
    assert main(["validate", "--list"]) == 0
    assert "attack.shadows" in capsys.readouterr().out


def test_without_the_extra_a_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli._measuring.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="pip install 'crosscurrent"):
        main(["validate", "RD1", "R1"])


def test_predictions_never_import_what_only_measuring_needs() -> None:
    code = (
        "import sys; from api.cli import main; main(['predict', 'RD1', 'R1']);"
        "print([m for m in ('validator', 'torch', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
