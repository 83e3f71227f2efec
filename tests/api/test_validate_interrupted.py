"""Measurements share a store, and go on where they were, however they were ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, Ask
from measuring_cli import MARKED, TINY, finish, rows, start
from running import without_cost

from crosscurrent.api.cli import main
from crosscurrent.validator.results.store import Store

pytestmark = pytest.mark.usefixtures("file")


def test_more_seeds_measure_only_the_new_ones(ask: Ask, file: Path) -> None:
    two = ask(*MARKED, "--json").json
    before = rows(file)
    answer = ask(*MARKED, "--seeds", "3", "--json")
    assert "4 of 6 trials already stored" in answer.err
    for arm in ("baseline", "defended"):
        assert answer.json[arm][:2] == two[arm]
    assert before.items() <= rows(file).items()
    assert Store(str(file)).counts() == (2, 6)


def test_another_setting_of_the_defense_shares_the_baseline_only(ask: Ask, file: Path) -> None:
    asked = ["validate", "RD1", "P1", *TINY, "--set", "attack.shadows=4", "--json"]
    one = ask(*asked).json
    before = rows(file)
    answer = ask(*asked, "--set", "defense.epsilon=0.2")
    assert "2 of 4 trials already stored" in answer.err
    after = rows(file)
    assert before.items() <= after.items()
    new = [recipe for address, (recipe, _) in after.items() if address not in before]
    assert [recipe["defense"]["epsilon"] for recipe in new] == [0.2, 0.2]
    assert answer.json["id"] != one["id"]
    assert answer.json["baseline"] == one["baseline"]
    assert answer.json["settings"]["defense"]["epsilon"] == 0.2


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what `LONG` gives when nothing disturbs it, in a place of its own."""
    kept = tmp_path_factory.mktemp("undisturbed") / "results.sqlite"
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert main([*LONG, "--store", str(kept)]) == 0
    assert err.getvalue().count("trials finished") > 2  # there are several batches
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


SEEDS = 14
LONG = [
    *"validate watermarking membership_inference --json --set attack.shadows=4".split(),
    *TINY,
    *f"--seeds {SEEDS}".split(),
]


STOPPING = """
import os, signal, sys
from crosscurrent.api.cli import main
from crosscurrent.api.cli.progress import Progress

told = Progress.on_trials


def on_trials(self, trials):
    told(self, trials)
    os.kill(os.getpid(), signal.SIGSTOP)


Progress.on_trials = on_trials
sys.exit(main(sys.argv[1:]))
"""
"""Stops itself whenever something was kept, however busy the machine is."""


@pytest.fixture
def running(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `LONG` in a process that is stopped once a part of it was kept, and then killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", STOPPING, *LONG],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        yield child
    finally:
        child.kill()
        child.communicate(timeout=60)


def test_a_run_that_is_killed_goes_on_where_it_was_and_ends_as_if_nothing_had_happened(
    ask: Ask, file: Path, running: subprocess.Popen[str], undisturbed: dict[str, Any]
) -> None:
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    assert running.returncode == -signal.SIGKILL
    experiments, trials = Store(str(file)).counts()
    assert experiments == 0
    assert 0 < trials < 2 * SEEDS
    before = rows(file)
    answer = ask(*LONG)
    assert f"{trials} of {2 * SEEDS} trials already stored" in answer.err
    assert without_cost(answer.json) == without_cost(undisturbed)
    assert before.items() <= rows(file).items()
    assert Store(str(file)).counts() == (1, 2 * SEEDS)
    again = ask(*LONG)
    assert again.err == f"all {2 * SEEDS} trials already stored: nothing to train\n"
    assert again.json == answer.json


def test_two_runs_at_once_share_a_store_and_agree(file: Path, undisturbed: dict[str, Any]) -> None:
    answers = [finish(child) for child in [start(*LONG), start(*LONG)]]
    for answer in answers:
        assert answer.status == 0, answer.err
        assert without_cost(answer.json) == without_cost(undisturbed)
    assert Store(str(file)).counts() == (1, 2 * SEEDS)


def test_a_run_that_is_interrupted_says_nothing_and_keeps_what_was_finished(
    file: Path, running: subprocess.Popen[str]
) -> None:
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGCONT)
    answer = finish(running)
    assert (answer.status, answer.out) == (130, "")
    assert "Traceback" not in answer.err
    assert 0 < Store(str(file)).counts()[1] < 2 * SEEDS


PRINTING = """
from torch import nn
print("imported")


class Net(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        print("built")
        self.only = nn.Linear(shape[0], classes)

    def forward(self, x):
        print("asked")
        return self.only(x)
"""


def test_what_a_model_of_the_users_own_prints_is_no_part_of_the_answer(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_printing_model.py").write_text(PRINTING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "a_printing_model", sys)
    monkeypatch.delitem(sys.modules, "a_printing_model")
    model = ["--model", "a_printing_model:Net", "--dataset", "diabetes", "--seeds", "2"]
    answer = ask("validate", "RD1", "R1", *model, "--set", "training.epochs=1", "--json")
    assert answer.status == 0
    assert json.loads(answer.out)["scale"]["model"] == "a_printing_model:Net"
    assert {"imported", "built", "asked"} <= set(answer.err.split())


def test_a_measurement_goes_on_when_nobody_reads_its_progress(file: Path) -> None:
    words = "validate placebo R1 --dataset diabetes --model mlp-s --seeds 2 --json".split()
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" 2>&1 >/dev/null | true', "-", COMMAND, *words],
        env={**os.environ, "CROSSCURRENT_RESULTS": str(file)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert Store(str(file)).counts() == (1, 4)
