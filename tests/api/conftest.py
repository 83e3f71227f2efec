"""Fixtures of the command line: it in this process, a small overlay, a file of results."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import OVERLAY, Answer, Ask

from crosscurrent.api.cli import main


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return a function that runs one command in this process."""

    def run(*words: str) -> Answer:
        try:
            status = main(words)
        except SystemExit as stop:  # argparse leaves this way
            status = int(stop.code or 0)
        return Answer(status, *capsys.readouterr())

    return run


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.yaml").write_text(OVERLAY, encoding="utf-8")
    return folder


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results in a file of the test's own."""
    kept = tmp_path / "kept" / "results.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept
