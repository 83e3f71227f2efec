"""The benchmark programs run, and compare only ways that give the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_all_ways_agree_before_they_are_timed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "run.py"), "--quick", "--json"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    built_in = {row["way"] for row in report["pairs"] if row["knowledge"] == "built-in"}
    assert {"paths and verdict", "whole prediction", "networkx paths"} <= built_in
    assert {row["knowledge"] for row in report["pairs"]} >= {"wide x100", "dense x100"}


def test_a_disagreement_stops_the_run() -> None:
    script = (
        "import sys\n"
        "import rivals\n"
        "rivals.TIMES['-', '-'] = '-'\n"
        "import pairs\n"
        "from crosscurrent.knowledge import load\n"
        "try: pairs.measure(load(), 10)\n"
        "except pairs.Disagreement: sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7, done.stderr.decode()


def test_pages_are_weighed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "pages.py"), "--repeats", "1", "--json"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    pages = json.loads(done.stdout)["pages"]
    assert pages[0]["page"] == "/"
    for row in pages:
        assert 0 < row["html_bytes"] < row["first_visit_bytes"]
        assert row["requests"] == 4
