"""``crosscurrent validate collude``: one answer, kept, shown again, drawn, reported, exported."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from measuring_cli import Capture, again, refused, shown_everywhere

from crosscurrent.api.cli import main
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import load
from crosscurrent.validator.measurements import draw
from crosscurrent.validator.results.evidence import export

QUICK = (
    "--model mlp-s --seeds 2 --threads 1 --set data.records=300 --set training.epochs=2"
    " --set second.queries=100"
).split()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Measure a collusion once: the folder with its results, and its document."""
    folder, out = tmp_path_factory.mktemp("collude"), StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        words = ["poisoning", "ModExt", *QUICK, "--store", str(folder / "r.sqlite"), "--json"]
        assert main(["validate", "collude", *words]) == 0
    return folder, json.loads(out.getvalue())


@pytest.fixture
def file(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    kept = made[0] / "r.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("collude", "required: ATTACK"),
        ("collude poisoning", "expected 2 arguments|required: ATTACK"),
        ("collude poisoning poisoning", "takes two different attacks"),
        ("collude poisonin evasion", "did you mean poisoning"),
        ("collude evasion poisoning", "would change what models are trained on"),
        ("collude poisoning evasion --set attack.steps=1", "unknown group of settings"),
        ("collude poisoning evasion --set second.stps=1", "did you mean second.steps"),
        ("collude poisoning evasion --seeds 1", "at least two"),
        ("collude poisoning evasion --all", "unrecognized arguments: --all"),
    ],
)
def test_what_will_not_work_is_refused_before_any_training(
    words: str, said: str, capsys: Capture, tmp_path: Path
) -> None:
    told = refused(words, capsys, tmp_path / "r.sqlite")
    assert any(each in told for each in said.split("|")), told


@pytest.mark.usefixtures("file")
def test_its_command_gives_it_again_without_training(
    made: tuple[Path, dict[str, Any]], capsys: Capture
) -> None:
    again(made[1], capsys)
    assert (made[1]["first"], made[1]["second"]) == ("poisoning", "model_extraction")
    assert (made[1]["conjecture"], made[1]["published"]) == ("hinders", ["hinders"])


@pytest.mark.usefixtures("file")
def test_a_result_is_listed_shown_drawn_and_reported(
    made: tuple[Path, dict[str, Any]], capsys: Capture, tmp_path: Path
) -> None:
    listed, drawn, page = shown_everywhere(made[1], capsys, tmp_path)
    assert "poisoning → model_extraction" in listed
    assert "stronger attack" in drawn
    assert "poisoning → model extraction" in page
    assert "stronger attack →" in page


def test_each_outcome_has_words_a_picture_and_evidence_if_there_is_an_effect(
    made: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    look = Style(colour=False, unicode=False)
    effects = {"increase": "amplifies", "decrease": "hinders"}
    for outcome in ("increase", "decrease", "no_change", "inconclusive"):
        document = {**made[1], "outcome": outcome, "first_effective": True}
        text = describe(document, look, here=False)
        assert text.isascii()
        assert "results show" not in text
        draw(document, str(tmp_path / f"{outcome}.png"))
        folder = tmp_path / outcome
        export([document], str(folder))
        seen = load([str(folder)]).colluded("poisoning", "model_extraction")
        mine = [each.effect for each in seen if each.id.startswith("measured.")]
        assert mine == ([effects[outcome]] if outcome in effects else [])
    idle = describe({**made[1], "first_effective": False, "expected": None}, look)
    told = " ".join(idle.split())
    assert "the first attack was not effective here" in told
    assert "no conjecture to confirm or refute" in told
