"""Results and evidence that version 0.1 has stored: what is kept once is read for good.

`tests/golden/stored_0_1` holds them as that version wrote them; its README says by which commands.
Fields may be added to what was written, but none is lost or changed.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from stored import STORED, copied

from crosscurrent.api.cli import main
from crosscurrent.api.web.measurements.outcome import template_context
from crosscurrent.api.web.names import Words
from crosscurrent.api.web.rendering import anonymous_context, render_template
from crosscurrent.knowledge import load
from crosscurrent.validator.results.kinds import kind_of
from crosscurrent.validator.results.store import Store

EVIDENCE = STORED / "evidence"

WORDS = {
    "3055063f9abd": ("differential_privacy membership_inference", "confirmed", "−0.046"),
    "8588c5124cbf": ("group_fairness data_reconstruction", "inconclusive", "−0.000"),
    "a67a925fc589": ("group_fairness data_reconstruction", "inconclusive", "−0.001"),
    "8dba42428238": ("watermarking@pre + differential_privacy@in", "confirmed", "conflict"),
    "edb9e9f51877": ("poisoning → model_extraction", "refuted", "+0.392"),
}
"""What the list says of each result: what was measured, verdict, effect; two are of a variation."""
RECORDS = {
    "observations": "measured.measured_3055063f9abd.observation",
    "experiments": "measured.measured_3055063f9abd",
    "combinations": "measured.measured_8dba42428238.combination",
    "collusions": "measured.measured_edb9e9f51877.collusion",
}

Said = Callable[..., str]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results in a copy of the stored ones."""
    file = copied(tmp_path)
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(file))
    return file


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that gives what a command prints."""

    def run(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out

    return run


def stored(file: Path) -> dict[str, dict[str, Any]]:
    """Return the documents as they stand in the file, by address."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT address, document FROM experiments").fetchall()
    return {address: json.loads(document) for address, document in rows}


def holds(new: object, old: object) -> bool:
    """Whether all that was there is there as it was; fields may have come to it."""
    if isinstance(new, dict) and isinstance(old, dict):
        return all(name in new and holds(new[name], value) for name, value in old.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(holds, new, old))
    return type(new) is type(old) and new == old


def test_results_are_listed(file: Path, said: Said) -> None:
    text = " ".join(said("results", "list").split())
    for short, (subject, verdict, effect) in WORDS.items():
        shown = re.escape(f"{verdict} {effect} {subject} on")
        assert re.search(rf"{short} [-\d]+ [:\d]+ {shown}", text)
    listed = {each["id"]: each for each in json.loads(said("results", "list", "--json"))["results"]}
    before = stored(file)
    assert listed.keys() == before.keys()
    assert all(holds(listed[address], document) for address, document in before.items())


@pytest.mark.parametrize("short", WORDS)
def test_a_result_is_shown_and_drawn(short: str, file: Path, said: Said, tmp_path: Path) -> None:
    (before,) = [each for address, each in stored(file).items() if address.startswith(short)]
    shown = said("results", "show", short, "--json")
    assert holds(json.loads(shown), before)
    shown = said("results", "show", short)
    assert before["verdict"] in shown
    assert f"{len(before['seeds'])} paired seeds" in shown or "by seed" in shown
    said("results", "plot", short, str(tmp_path / "picture.svg"))
    assert "<svg" in (tmp_path / "picture.svg").read_text(encoding="utf-8")


def test_results_are_reported_on_one_page(file: Path, said: Said, tmp_path: Path) -> None:
    said("results", "report", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for address in stored(file):
        assert f'id="r{address}"' in page


@pytest.mark.parametrize("short", WORDS)
def test_results_are_shown_on_the_page(file: Path, short: str) -> None:
    (document,) = [each for address, each in stored(file).items() if address.startswith(short)]
    kb, kind = load(), kind_of(document)
    words = Words(kb)
    page = render_template(
        f"parts/measured_{kind}.html",
        {
            **anonymous_context(),
            "kb": kb,
            "words": words,
            "document": document,
            "out": template_context(kind, kb, words, document),
        },
    )
    assert document["verdict"] in page
    assert "∅" not in page


@pytest.mark.usefixtures("file")
def test_results_are_exported_as_they_were(said: Said, tmp_path: Path) -> None:
    exported = [each for each in WORDS if not each.startswith(("8588", "a67a"))]
    said("results", "export", str(tmp_path / "again"), *exported)
    again = {each.name: each for each in (tmp_path / "again").iterdir()}
    before = {each.name: each for each in EVIDENCE.iterdir()}
    assert again.keys() == before.keys()
    for name, then in before.items():
        found, old = (yaml.safe_load(each.read_text("utf-8")) for each in (again[name], then))
        assert holds(found, old), name


def test_more_is_kept_beside_them(file: Path, said: Said) -> None:
    before = stored(file)
    store = Store(str(file))
    store.keep_experiment("f" * 64, next(iter(before.values())), [])
    assert stored(file).items() > before.items()
    assert store.counts()[0] == len(WORDS) + 1
    said("results", "prune", "ffffffffffff")
    assert stored(file) == before


def test_evidence_is_knowledge(said: Said) -> None:
    kb = load([str(EVIDENCE)])
    for section, identity in RECORDS.items():
        assert identity in getattr(kb, section), section
    evidence = ["--knowledge", str(EVIDENCE), "--json"]
    for question, section in (
        ("predict differential_privacy membership_inference", "observations"),
        ("combine watermarking@pre differential_privacy@in", "combinations"),
        ("collude poisoning model_extraction", "collusions"),
    ):
        assert RECORDS[section] in json.dumps(json.loads(said(*question.split(), *evidence)))
    for question in ("backtest", "kb check"):
        assert json.loads(said(*question.split(), *evidence))


def test_printed_numbers_are_not_those_of_a_measurement(said: Said) -> None:
    """A publication about the same defenses has numbers in the knowledge; the measurement none."""
    text = said("combine", "RD3@pre", "PD1", "--knowledge", str(EVIDENCE))
    published, measured = text.split("\nMeasured\n")
    assert "numbers: crosscurrent kb show szyller2023" in published
    assert "worse than alone: watermarking@pre" in measured
    assert "numbers:" not in measured


def test_further_commands_ask_the_same_knowledge(said: Said) -> None:
    more = f"kb show measured.measured_3055063f9abd --knowledge {EVIDENCE}"
    for question in ("predict PD1 P1", "what-if PD1 P1 --raise D1"):
        text = said(*question.split(), "--knowledge", str(EVIDENCE))
        assert f"numbers: crosscurrent {more}" in text
    assert "confirmed" in said(*more.split())
