"""``crosscurrent validate`` and ``results``: clear refusals before any training, true documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crosscurrent.api.cli import main

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
        ("validate RD1@post R1", "cannot be measured there; write adversarial_training@in"),
        ("validate RD1 P4 --dataset digits", "needs a sensitive attribute"),
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


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_is_written_in_full_or_not_at_all(
    ending: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = document(capsys, "validate", "placebo", "R1", *QUICK)
    file = tmp_path / f"verdict.{ending}"
    assert main(["results", "plot", str(found["id"]), str(file)]) == 0
    assert file.stat().st_size > 1000
    assert main(["results", "plot", str(found["id"]), str(tmp_path / "verdict.bmp")]) == 2
    assert main(["results", "plot", str(found["id"]), str(tmp_path / "no" / "verdict.svg")]) == 2
    assert [each.name for each in tmp_path.glob("verdict*")] == [file.name]
    capsys.readouterr()


def test_predictions_never_import_what_only_measuring_needs() -> None:
    code = (
        "import sys; from crosscurrent.api.cli import main; main(['predict', 'RD1', 'R1']);"
        "print([m for m in ('crosscurrent.validator', 'torch', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"
