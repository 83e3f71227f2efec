"""Common parts of the tests of the measuring commands."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, Answer

from crosscurrent.api.cli import main
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.terminal import Style

__all__ = [
    "MARKED",
    "TINY",
    "Capture",
    "again",
    "finish",
    "refused",
    "rows",
    "shown_everywhere",
    "start",
]

Capture = pytest.CaptureFixture[str]

TINY = "--dataset digits --model mlp-s --set training.epochs=1 --seeds 2 --threads 1".split()
MARKED = ["validate", "watermarking", "evasion", *TINY]
"""Quick to measure, and starts without the accountant of privacy budgets."""


def refused(words: str, capsys: Capture, store: Path) -> str:
    """Ask `validate` for what will not work; return what it says, having done nothing."""
    try:
        status = main(["validate", *words.split(), "--store", str(store)])
    except SystemExit as error:
        status = int(error.code or 0)
    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert "Traceback" not in told.err
    assert not store.exists()
    return told.err


def again(document: dict[str, Any], capsys: Capture) -> None:
    """Give a result's own command, which finds it and trains nothing."""
    program, *words = shlex.split(document["command"])
    assert program == "crosscurrent"
    assert main([*words, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == document
    assert "nothing to train" in told.err


def shown_everywhere(document: dict[str, Any], capsys: Capture, folder: Path) -> tuple[str, ...]:
    """List, show, draw and report a result that is kept; return the list, picture and report."""
    short = document["id"][:12]
    assert main(["results", "list"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert main(["results", "show", short]) == 0
    assert capsys.readouterr().out == f"{describe(document, Style(colour=False, unicode=True))}\n"
    assert main(["results", "plot", short, str(folder / "c.svg")]) == 0
    assert main(["results", "report", str(folder / "r.html")]) == 0
    return listed, (folder / "c.svg").read_text(), (folder / "r.html").read_text()


def rows(file: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Return recipe and time of writing of each trial, by address."""
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT address, recipe, written FROM trials").fetchall()
    return {address: (json.loads(recipe), written) for address, recipe, written in found}


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(COMMAND), *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> Answer:
    out, err = child.communicate(timeout=120)
    return Answer(child.returncode, out, err)
