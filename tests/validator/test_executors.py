"""Executors: the same table wherever trials are run, and what is lost on the way is run again."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sweeping import QUICK, Watch, several, small, table, told
from unsteady_models import Failing

from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import dataset
from crosscurrent.validator.experiments.measuring import measure
from crosscurrent.validator.machine.cores import cores
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.executors import Lost, chosen
from crosscurrent.validator.run.executors.here import SerialExecutor
from crosscurrent.validator.run.executors.processes import Processes
from crosscurrent.validator.training.models import architecture

PATIENCE = 60.0


@pytest.fixture(scope="module")
def expected(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return what one process gives."""
    return table(
        several(kb), Store(str(tmp_path_factory.mktemp("here") / "r.sqlite")), SerialExecutor()
    )


def two(count: int = 2) -> Processes:
    """Return processes, of however many cores."""
    return Processes(count)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("proceses", "did you mean processes"),
        ("cluster", "executor"),
        ("", "executor"),
        ("here:1", "should be here, processes, processes:N, ray or ray:HOST:PORT"),
        ("processes:", "should be here, processes, processes:N"),
        ("processes:0", f"N from 1 to {cores()}, the cores"),
        ("processes:-1", f"N from 1 to {cores()}"),
        ("processes:two", f"N from 1 to {cores()}"),
        (f"processes:{cores() + 1}", f"N from 1 to {cores()}"),
        (f"processes:{'9' * 5000}", f"N from 1 to {cores()}"),
        ("ray:", "should be here, processes"),
        ("ray:head", "should be HOST:PORT"),
        ("ray:http://head:8265", "should be HOST:PORT"),
        ("ray:head:123456", "should be HOST:PORT"),
    ],
)
def test_a_text_that_names_no_executor_ends_with_2_before_any_training(
    text: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--store", str(tmp_path / "r.sqlite"), f"--executor={text}"]
    for question in (["RD1", "R1"], ["--all"]):
        assert main(["validate", *question, *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error) < 500
    assert main(["worker", "--data", str(tmp_path), f"--executor={text or 'x'}"]) == 2
    assert "executor" in capsys.readouterr().err
    assert not (tmp_path / "r.sqlite").exists()


def test_an_address_in_the_environment_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(InputError, match=r"RAY_ADDRESS=ray://head:10001: should be HOST:PORT"):
        chosen("ray")


def test_without_ray_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.validator.run.executors.ray.find_spec", lambda _: None)
    with pytest.raises(InputError, match=re.escape("pip install 'crosscurrent[ray]'")):
        chosen("ray")


def test_an_executor_is_of_this_machine_and_no_part_of_the_command_that_gives_a_result_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--store", str(tmp_path / "r.sqlite"), "--model", "mlp-s", "--seeds", "2", "--json"]
    settings = [word for each in QUICK for word in ("--set", each)]
    assert main(["validate", "placebo", "R1", *words, *settings, "--executor=processes:1"]) == 0
    assert "executor" not in capsys.readouterr().out


def test_what_trials_are_made_of_can_be_sent(kb: KnowledgeBase) -> None:
    data = dataset("synthetic", {"records": "300"})
    copy = pickle.loads(pickle.dumps(data))
    assert (copy.digest, copy.settings, copy.name) == (data.digest, data.settings, data.name)
    with pytest.raises(ValueError, match="read-only"):
        copy.x[0] = 0
    with pytest.raises(TypeError):
        copy.settings["records"] = 1
    for name in ("mlp-s", "unsteady_models:Failing"):
        model = architecture(name, data.shape, data.classes)
        again = pickle.loads(pickle.dumps(model))
        for one, other in zip(
            model.build(3).parameters(), again.build(3).parameters(), strict=True
        ):
            assert one.equal(other)
    assert isinstance(again.build(0), Failing)
    planned = small(kb, "PD1", "R1")
    for trial in planned.trials():
        assert pickle.loads(pickle.dumps(trial)) == trial


Started = Callable[[], list[Any]]


@pytest.fixture
def started() -> Started:
    """Return what tells which processes a test has started that still run.

    Others may be there before: services that tests of this session share check requests in one.
    """
    before = {each.pid for each in multiprocessing.active_children()}
    return lambda: [each for each in multiprocessing.active_children() if each.pid not in before]


def test_processes_give_the_same_table(
    kb: KnowledgeBase, expected: list[Any], tmp_path: Path, started: Started
) -> None:
    watch = Watch()
    found = table(several(kb), Store(str(tmp_path / "r.sqlite")), two(), watch)
    assert found == expected
    assert watch.done == watch.work > 0
    assert watch.kept == watch.ahead
    assert started() == []


def test_what_a_killed_process_was_doing_is_done_again(
    kb: KnowledgeBase, expected: list[Any], tmp_path: Path, started: Started
) -> None:
    killed: list[int] = []

    def kill() -> None:
        if not killed:
            target = started()[0]
            killed.append(target.pid or 0)
            target.kill()

    watch = Watch(advanced=kill)
    store = Store(str(tmp_path / "r.sqlite"))
    assert table(several(kb), store, two(), watch) == expected
    assert killed
    assert watch.kept == watch.ahead
    assert started() == []


def test_a_trial_that_kills_its_process_twice_has_failed_and_the_others_have_not(
    kb: KnowledgeBase, expected: list[Any], tmp_path: Path, started: Started
) -> None:
    deadly = small(kb, "placebo", "R1", model="unsteady_models:Deadly", seeds=2)
    store = Store(str(tmp_path / "r.sqlite"))
    first, *others = table([deadly, *several(kb)], store, two())
    assert first.startswith("failed: Lost: the process that trained it was killed by signal 9")
    assert others == expected
    with pytest.raises(Lost, match="allow less"):
        measure(deadly, "no_change", store, executor=two(1))
    assert started() == []


def test_an_error_that_cannot_be_sent_is_told_in_words(kb: KnowledgeBase, tmp_path: Path) -> None:
    failing = small(kb, "placebo", "R1", model="unsteady_models:Failing", seeds=2)
    (reason,) = table([failing], Store(str(tmp_path / "r.sqlite")), two(1))
    assert reason == "failed: Failed: Peculiar: 1 and 2"


def test_as_many_run_at_a_time_as_have_room_in_memory(
    kb: KnowledgeBase, expected: list[Any], tmp_path: Path, started: Started
) -> None:
    tight = []
    for each in several(kb):
        least = each.context.least(each.trials())
        tight.append(small(kb, each.defense.name(), "R1", memory=least * 3 // 2))
    most: list[int] = []
    watch = Watch(advanced=lambda: most.append(len(started())))
    found = table(tight, Store(str(tmp_path / "r.sqlite")), two(), watch)
    assert found == expected
    assert set(most) == {1}


def test_what_was_interrupted_goes_on_with_another_executor(
    kb: KnowledgeBase,
    expected: list[Any],
    tmp_path: Path,
    started: Started,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crosscurrent.validator.run.executors._executor.SIDE_BY_SIDE", 2)
    store, first, rest = Store(str(tmp_path / "r.sqlite")), Watch(finished=stop), Watch()
    with pytest.raises(KeyboardInterrupt):
        table(several(kb), store, two(), first)
    assert started() == []
    assert table(several(kb), store, SerialExecutor(), rest) == expected
    assert 0 < rest.ahead == first.ahead - first.kept


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_the_command_however_it_ends(
    number: signal.Signals, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).with_name("crosscurrent")), "validate", "PD1", "P1"]
    words = ["--store", str(tmp_path / "r.sqlite"), "--seeds", "50", "--executor", "processes:1"]
    process = subprocess.Popen(
        [*command, *words],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        own = until(lambda: training(process.pid), "it should train")
        # as Ctrl-C does it: to all of them
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        until(lambda: not any(map(alive, own)), "nothing should be left")
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)


def until(found: Callable[[], Any], what: str) -> Any:
    """Ask again and again; fail if there is no answer in time."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        if answer := found():
            return answer
        sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain: {what}")


def training(process: int) -> list[int]:
    """Return the processes below one that have begun to work: they let go of interrupts."""
    own = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ignored = [re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{p}/status").read_text()) for p in own]
    ready = [m for m in ignored if m and int(m[1], 16) >> (signal.SIGINT - 1) & 1]
    return [int(each) for each in own] if ready else []


def alive(process: int) -> bool:
    """Return whether a process is there, and more than an entry in a table."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_told_leaves_out_only_what_time_it_took(expected: list[Any]) -> None:
    assert all("cost" not in each and "effect" in each for each in expected)
    assert told("a reason") == "a reason"
