"""The browser of the tests is one that starts, and without one it is said what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import browsers
import pytest

PROGRAM = browsers.__file__


def program(folder: Path, text: str, name: str = "chromium") -> Path:
    """Write a program in the place of a browser."""
    made = folder / name
    made.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    made.chmod(0o755)
    return made


def test_what_is_named_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path, "echo Chromium 1", "mine")
    monkeypatch.setenv("CROSSCURRENT_CHROMIUM", str(own))
    assert browsers.found() == str(own)
    monkeypatch.setenv("CROSSCURRENT_CHROMIUM", str(tmp_path / "nowhere"))
    assert browsers.found() is None


def test_a_program_that_only_says_where_to_get_one_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSCURRENT_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "echo install the snap >&2; exit 1", "chromium")
    real = program(tmp_path, "echo Chromium 1", "chromium-browser")
    assert browsers.found() == str(real)


def test_without_one_it_is_said_what_to_do_and_all_else_goes_on(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(stamp)],
        env={"CROSSCURRENT_CHROMIUM": str(tmp_path / "nowhere"), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{browsers.SKIPPED}\n"
    assert "apt-get install chromium" in done.stdout
    assert not stamp.exists()


def test_where_it_is_is_kept(tmp_path: Path) -> None:
    stamp, own = tmp_path / "stamp", program(tmp_path, "echo Chromium 1")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(stamp)],
        env={"CROSSCURRENT_CHROMIUM": str(own)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert stamp.read_text(encoding="utf-8") == f"{own}\n"
