"""``crosscurrent validate --all`` and ``results report``: one answer, resumed, drawn, reported."""

from __future__ import annotations

import html.parser
import json
import os
import shlex
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from measuring_cli import Capture, refused
from trained_grid import WORDS, TrainedGrid, trained_grid

from crosscurrent.api.cli import main
from crosscurrent.api.cli.progress import GridProgress
from crosscurrent.api.reports.verdicts import report
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.measured.verdict import reason
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.plots.grid_plots import heat_map
from crosscurrent.validator.results.outcomes import conclusive


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> TrainedGrid:
    """Return a grid: the folder with its results, picture and evidence, and its document."""
    return trained_grid(tmp_path_factory, worker_id)


@pytest.fixture
def file(made: TrainedGrid, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Find those results by default."""
    kept = made[0] / "r.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--all RD1 R1", "leave DEFENSE and RISK out, or --all"),
        ("--all RD1", "leave DEFENSE and RISK out, or --all"),
        ("--all --list", "give one"),
        ("RD1 R1 --plot x.svg", "results plot RESULT FILE"),
        ("--all --plot x.gif", "should end in .png, .svg, .pdf"),
        ("--all --plot no/such.svg", "there is no folder no"),
        ("--all --set defense.epsilon=1", "defense.adversarial_training.epsilon=1"),
        ("--all --set attack.evasion.stps=1", "did you mean attack.evasion.steps"),
        ("--all --seeds 1", "at least two"),
        ("--all --dataset digts", "did you mean digits"),
        ("--all --memory 1 --model mlp-xl", "nothing can be measured: too little memory"),
    ],
)
def test_what_contradicts_itself_is_refused_before_any_training(
    words: str, said: str, capsys: Capture, tmp_path: Path
) -> None:
    assert said in refused(words, capsys, tmp_path / "r.sqlite")


def test_the_document_has_every_cell_as_its_command_gives_it(
    made: TrainedGrid, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, document = made
    assert document.keys() == {
        "kind", "dataset", "model", "seeds", "draws", "cells", "counts", "knowledge", "protocol",
    }  # fmt: skip
    assert document["knowledge"] == load().digest
    pairs = [(cell["defense"], cell["risk"]) for cell in document["cells"]]
    assert len(set(pairs)) == len(pairs) == document["counts"]["cells"]
    assert len(pairs) % len(attacks()) == 0
    assert {defense for defense, _ in pairs} <= defenses().keys() - {"placebo"}
    for cell in document["cells"][:: len(attacks()) + 1]:
        words = shlex.split(cell["command"])
        assert words[0] == "crosscurrent"
        assert main([*words[1:], "--json"]) == 0
        alone = capsys.readouterr()
        assert json.loads(alone.out) == cell
        assert "nothing to train" in alone.err


def test_asked_again_it_trains_nothing_and_says_the_same(
    made: TrainedGrid, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--all", *WORDS, "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out) == made[1]
    assert "nothing to train" in again.err
    assert main(["validate", "--all", *WORDS]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    for cell in made[1]["cells"]:
        assert f"{cell['effect']['estimate']:+.3f}".replace("-", "−") in text


def test_the_evidence_of_a_grid_is_scored_by_a_backtest(
    made: TrainedGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, document = made
    assert len(list((folder / "evidence").iterdir())) == len(document["cells"])
    mine = load([str(folder / "evidence")])
    shown = [
        (cell["defense"], cell["risk"], cell["outcome"])
        for cell in document["cells"]
        if conclusive(cell)
    ]
    seen = {(each.defense, each.risk, each.effect) for each in mine.observations.values()}
    assert set(shown) <= seen
    assert main(["backtest", "--json", "--knowledge", str(folder / "evidence")]) == 0
    assert json.loads(capsys.readouterr().out)["knowledge"] == mine.digest


def with_reason(document: dict[str, Any]) -> dict[str, Any]:
    """Return a grid of which one cell could not be measured."""
    first, *others = document["cells"]
    kept = ("defense", "risk", "conjecture", "published", "command")
    cell = {key: first[key] for key in kept} | {"reason": "training diverged"}
    return {**document, "cells": [cell, *others]}


@pytest.mark.parametrize("unicode", [True, False])
def test_a_table_says_why_a_cell_was_not_measured(made: TrainedGrid, unicode: bool) -> None:
    document = with_reason(made[1])
    text = describe(document, Style(colour=False, unicode=unicode))
    first = document["cells"][0]
    assert f"{first['defense']} {first['risk']}: training diverged" in text
    assert "n/a" in text
    if not unicode:
        assert set(text) - {chr(i) for i in range(128)} == set()


def test_a_picture_has_every_number_as_text(made: TrainedGrid, tmp_path: Path) -> None:
    folder, document = made
    text = " ".join(ET.parse(folder / "grid.svg").getroot().itertext())
    for cell in document["cells"]:
        assert f"{cell['effect']['estimate']:+.3f}".replace("-", "−") in text
    heat_map(with_reason(document), str(tmp_path / "again.svg"))
    assert "not measured" in (tmp_path / "again.svg").read_text()
    for name in ("one.png", "other.png"):
        heat_map(document, str(tmp_path / name))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


class Page(html.parser.HTMLParser):
    """Reads a page strictly: elements nest, and what they refer to is noted."""

    VOID = ("meta", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on")]
        self.names += [given["id"] or ""] if "id" in given else []
        self.targets += [given[name] or "" for name in ("href", "src") if name in given]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_has_every_result_and_needs_nothing_else(
    made: TrainedGrid,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "grid.html"
    assert main(["results", "report", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    page = Page(text)
    assert all(each.startswith("#") and each[1:] in page.names for each in page.targets)
    assert len(set(page.names)) == len(page.names)
    assert not page.tags & {"script", "img", "link", "iframe", "object"}
    for cell in made[1]["cells"]:
        assert f"r{cell['id']}" in page.names
        assert html.escape(cell["command"], quote=False) in text
        for factor in cell["factors"]:
            assert all(html.escape(part, quote=False) in text for part in reason(factor))
    assert text.count("<svg") == len(made[1]["cells"])
    one = made[1]["cells"][0]["id"]
    assert main(["results", "report", str(target), one[:12]]) == 0
    assert target.read_text(encoding="utf-8").count("<svg") == 1
    capsys.readouterr()


def test_a_report_is_written_whole_or_not_at_all(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, said in (("r.txt", "should end in .html"), ("no/r.html", "there is no folder")):
        assert main(["results", "report", str(tmp_path / name)]) == 2
        assert said in capsys.readouterr().err
    empty = ["--store", str(tmp_path / "none.sqlite")]
    assert main(["results", "report", str(tmp_path / "r.html"), *empty]) == 2
    assert "nothing measured yet" in capsys.readouterr().err
    (tmp_path / "folder.html").mkdir()
    assert main(["results", "report", str(tmp_path / "folder.html")]) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["folder.html"]


def test_a_pair_that_was_measured_twice_says_so(made: TrainedGrid, kb: KnowledgeBase) -> None:
    cell = made[1]["cells"][0]
    assert "latest of" not in report(kb, [cell])
    assert report(kb, [cell, {**cell, "id": "f" * 64}]).count("latest of 2") == 1


def test_hostile_names_stay_text(made: TrainedGrid, kb: KnowledgeBase) -> None:
    bad = "<script>alert(1)</script>\"'&{{ 7*7 }}"
    cell = json.loads(json.dumps(made[1]["cells"][0]))
    cell |= {"command": f"crosscurrent validate --dataset {bad}"}
    cell["scale"]["dataset"] = cell["scale"]["model"] = bad
    cell["effect"]["name"] = cell["effectiveness"]["name"] = bad
    cell["settings"]["attack"]["attribute"] = cell["settings"]["data"][bad] = bad
    text = report(kb, [cell])
    page = Page(text)
    assert "script" not in page.tags
    assert html.escape(bad).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in text


def test_on_a_terminal_a_table_fills_and_makes_room_for_the_answer(
    made: TrainedGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            raise OSError

    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr("crosscurrent.api.cli.progress._height", lambda: 40)
    size = os.terminal_size((100, 40))
    monkeypatch.setattr("crosscurrent.api.text.terminal.os.get_terminal_size", lambda _: size)
    monkeypatch.setattr(Style, "of", lambda *_, **__: Style(colour=False, unicode=True))
    listener = GridProgress([("watermarking", "evasion"), ("watermarking", "poisoning")], 5)
    listener.start(20, 0, 100)
    listener.on_cell(0, 3, None)
    listener.on_cell(1, 0, "training diverged")
    listener.on_work(50)
    listener.on_trials(10)
    drawn = shown.getvalue()
    assert "3/5" in drawn
    assert "n/a" in drawn
    assert "10 of 20 trials finished, 50% trained" in drawn
    lines = drawn.count("\n")
    listener.over()
    assert shown.getvalue() == f"{drawn}\r\x1b[{lines}A\x1b[J"
