"""``crosscurrent results pool``: effects over data sets, from the store and from files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from several_sets import NAMES, results
from stored import STORED, copied

import crosscurrent
from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.results.store import Store

Said = Callable[..., str]


@pytest.fixture
def store(kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the made-up results where commands look."""
    file = tmp_path / "results.sqlite"
    for each in results(kb):
        Store(str(file)).keep_experiment(each["id"], each, [])
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(file))
    return file


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that gives what a command prints."""

    def say(*words: str, status: int = 0) -> str:
        try:
            ended: object = main(["results", "pool", *words])
        except SystemExit as error:
            ended = error.code
        assert ended == status
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return told.err if status else told.out

    return say


def test_one_pair_is_a_forest_plot_with_what_is_left_out(store: Path, said: Said) -> None:
    text = said("RD3", "P1")
    for name in (*NAMES, "mean", "another such"):
        assert f"  {name} " in text
    assert "Watermarking → membership inference, over 3 data sets" in text
    assert "Left out:\n    void, result 333333333333: no longer useful: the model is of" in text
    assert "I²" in text
    assert "◆" in text
    document = json.loads(said("RD3", "P1", "--json"))
    effect = document["pools"][0]["effect"]
    assert f"{effect['low']:+.3f}".replace("-", "−") in text


def test_everything_is_a_table_with_one_line_a_cell(store: Path, said: Said) -> None:
    text = said()
    assert "RD3 → P1" in text
    assert "Of 1 cells 1 are measured on two or more data sets" in text
    assert json.loads(said("--json"))["defense"] is None


def test_columns_that_are_empty_everywhere_are_left_out(
    kb: KnowledgeBase, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    one, two, three, _ = results(kb)
    file = tmp_path / "x.json"
    for count, head in ((1, []), (2, ["τ", "I²"]), (3, ["on", "another", "such", "τ", "I²"])):
        defense = "a_defense_of_mine_with_a_long_name"
        file.write_text(
            json.dumps([each | {"defense": defense} for each in (one, two, three)[:count]])
        )
        lines = said("--from", str(file)).splitlines()
        assert lines[2].split() == ["data", "sets", "out", "mean", "effect", *head]
        if count == 1:
            assert lines[3].endswith("▲ increase"), "all of a cell fits on one line"
        text = " ".join(lines)
        assert ("τ: standard" in text, "on another such: where" in text) == (count > 1, count > 2)


def test_a_terminal_without_unicode_gets_plain_signs(
    store: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    from crosscurrent.api.text.measured.pools import describe
    from crosscurrent.api.text.terminal import Style

    found = json.loads(said("RD3", "P1", "--json"))
    for width in (80, 100, 120):
        text = describe(found, Style(colour=False, unicode=False, width=width))
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= width


def test_grids_in_files_are_pooled_like_stored_results(
    kb: KnowledgeBase, store: Path, said: Said, tmp_path: Path
) -> None:
    one, two, three, void = results(kb)
    (tmp_path / "a.json").write_text(json.dumps({"kind": "grid", "cells": [one, void]}))
    (tmp_path / "b.json").write_text(json.dumps([{"kind": "grid", "cells": [two, three]}]))
    files = ["--from", str(tmp_path / "a.json"), "--from", str(tmp_path / "b.json")]
    given, kept = (json.loads(said("--json", *words)) for words in (files, []))
    assert given["pools"][0]["effect"] == kept["pools"][0]["effect"]


def test_python_gives_the_same_document(kb: KnowledgeBase, store: Path, said: Said) -> None:
    answer = crosscurrent.pool("watermarking", "membership_inference")
    assert answer.to_dict() == json.loads(said("RD3", "P1", "--json"))
    assert f"{answer}\n" == said("RD3", "P1")
    given = crosscurrent.pool(documents=results(kb), knowledge=kb)
    assert given.pools[0]["effect"] == answer.pools[0]["effect"]
    frame = answer.to_frame()
    assert list(frame["counted"]) == [3]
    html = answer._repr_html_()
    assert "left out: no longer useful" in html
    assert crosscurrent.pool(store=store.with_name("none"), knowledge=kb).pools == []


def test_a_picture_is_written_besides(store: Path, said: Said, tmp_path: Path) -> None:
    assert "over 3 data sets" in said("RD3", "P1", "--plot", str(tmp_path / "forest.svg"))
    assert "void (left out)" in (tmp_path / "forest.svg").read_text()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nothing", "unknown defense"),
        ("RD3 nothing", "unknown risk"),
        ("RD1 P1", "crosscurrent validate RD1 P1 --dataset NAME"),
        ("RD3 P1 --over seeds", "there is no 'seeds'"),
        ("--plot forest.svg", "name a DEFENSE and a RISK"),
        ("RD3 P1 --plot forest.bmp", "should end in"),
        ("--from nowhere.json", "nowhere.json: no such file"),
        ("--from nowhere.json --store x", "give one"),
        ("RD3 P1 --draws 3", "unrecognized arguments"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: str,
    expected: str,
    store: Path,
    said: Said,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert expected in said(*words.split(), status=2)
    assert {each.name.partition(".")[0] for each in tmp_path.iterdir()} == {"results"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("/dev/zero", "is not a file"), ("pipe", "is not a file"), (".", "is a folder")],
)
def test_what_is_no_file_is_refused_before_it_is_read(
    name: str, expected: str, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")  # nobody writes to it: opened, it would block for ever
    assert f"{name}: {expected}" in said("--from", name, status=2)


def test_no_text_of_a_file_commands_the_terminal_or_breaks_a_picture(
    kb: KnowledgeBase, said: Said, tmp_path: Path
) -> None:
    one, two, *_ = results(kb)
    for number, text in enumerate(("a\x1b[2Jb\nc", "a\ud800", "a" * 1001)):
        two["scale"]["dataset"] = text
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps([one, two]))
        words = ["RD3", "P1", "--from", str(file), "--plot", str(tmp_path / "s.svg")]
        told = said(*words, status=2)
        assert f"{file}: result {two['id'][:8]}" in told
        assert "scale.dataset: " in told
        assert told.strip().isprintable()
    assert not (tmp_path / "s.svg").exists()


def test_an_empty_store_says_what_measures_something(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(tmp_path / "none.sqlite"))
    assert "crosscurrent validate DEFENSE RISK --dataset NAME measures one" in said(status=2)


def test_results_of_an_earlier_version_are_pooled(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(copied(tmp_path)))
    assert "over 1 data set" in said("PD1", "P1")


def test_what_an_earlier_version_has_stored_lies_alone() -> None:
    # a test that opens it in place leaves files of SQLite beside it
    assert {each.name for each in STORED.iterdir()} == {
        "README.md", "evidence", "jobs.sqlite.gz", "results.sqlite",
    }  # fmt: skip
