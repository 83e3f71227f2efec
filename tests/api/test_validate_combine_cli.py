"""``crosscurrent validate combine``: one answer, kept, shown again, drawn and known afterwards."""

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

QUICK = (
    "--model mlp-s --seeds 2 --threads 1 --set data.records=200 --set training.epochs=2"
    " --set defense.RD3@pre.triggers=10"
).split()
PAIR = ["RD3@pre", "outlier_removal"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Measure a combination once: the folder with its results, and its document."""
    folder, out = tmp_path_factory.mktemp("combine"), StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        words = ["--store", str(folder / "r.sqlite"), "--export", str(folder / "evidence")]
        assert main(["validate", "combine", *PAIR, *QUICK, *words, "--json"]) == 0
    return folder, json.loads(out.getvalue())


@pytest.fixture
def file(made: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    kept = made[0] / "r.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("combine", "required: DEFENSE"),
        ("combine RD3", "at least two defenses"),
        ("combine RD3@pre RD3@pre", "given twice"),
        ("combine RD3@pre RD2 --seeds 1", "at least two"),
        ("combine RD3@pre R2", "is a risk, not a defense"),
        ("combine RD3@pre RD2 --set defense.triggers=20", "say whose setting it is"),
        ("combine RD3@pre FD1 --dataset digits", "sensitive attribute"),
        ("combine RD3@pre RD2 --all", "unrecognized arguments: --all"),
        ("combine RD3@pre RD2 --memory 1 --model mlp-xl", "too little memory"),
        ("--all combine RD3@pre", "leave DEFENSE and RISK out"),
    ],
)
def test_what_will_not_work_is_refused_before_any_training(
    words: str, said: str, capsys: Capture, tmp_path: Path
) -> None:
    told = refused(words, capsys, tmp_path / "r.sqlite")
    assert said in told


def test_the_document_says_what_each_defense_is_alone_and_together(
    made: tuple[Path, dict[str, Any]],
) -> None:
    document = made[1]
    assert document["defenses"] == ["watermarking@pre", "outlier_removal@in"]
    assert document["conjecture"] == "conflict"
    assert document["published"] == [{"name": "C21", "outcome": "conflict"}]
    assert [each["earlier"] for each in document["conflicts"]] == ["watermarking@pre"]
    (order,) = document["orders"]
    for each in order["constituents"]:
        assert len(each["alone"]) == len(each["combined"]) == len(document["seeds"]) == 2
        assert each["drop"]["low"] <= each["drop"]["estimate"] <= each["drop"]["high"]
    assert document["settings"]["defenses"]["watermarking@pre"]["triggers"] == 10


@pytest.mark.usefixtures("file")
def test_its_command_gives_it_again_without_training(
    made: tuple[Path, dict[str, Any]], capsys: Capture
) -> None:
    again(made[1], capsys)


@pytest.mark.usefixtures("file")
def test_a_result_is_listed_shown_drawn_and_reported(
    made: tuple[Path, dict[str, Any]], capsys: Capture, tmp_path: Path
) -> None:
    listed, drawn, page = shown_everywhere(made[1], capsys, tmp_path)
    assert "watermarking@pre + outlier_removal@in" in listed
    assert "watermarking@pre" in drawn
    assert "watermarking@pre + outlier_removal@in" in page
    assert made[1]["command"] in page.replace("&#39;", "'")


def test_what_was_measured_stands_beside_the_prediction(
    made: tuple[Path, dict[str, Any]], capsys: Capture
) -> None:
    evidence = str(made[0] / "evidence")
    assert main(["combine", *PAIR, "--knowledge", evidence]) == 0
    conclusive = made[1]["outcome"] != "inconclusive"
    assert ("measured here" in capsys.readouterr().out) is conclusive


def test_words_say_what_came_of_each_order_and_of_defenses_that_do_nothing(
    made: tuple[Path, dict[str, Any]],
) -> None:
    plain = Style(colour=False, unicode=False)
    order = made[1]["orders"][0]
    idle = {**order["constituents"][0], "effective_alone": False}
    other = {**order, "order": order["order"][::-1], "proposed": True,
             "alike": [["one", "two"]], "constituents": [idle, order["constituents"][1]],
             }  # fmt: skip
    text = describe({**made[1], "orders": [other, order]}, plain, here=False)
    assert "outlier_removal@in > watermarking@pre (proposed)" in text
    assert "watermarking@pre > outlier_removal@in (not proposed)" in text
    assert "The same, as it is done here: one > two." in text
    assert "Alone, watermarking@pre was not effective here" in " ".join(text.split())
    assert "results show" not in text
    assert text.isascii()
