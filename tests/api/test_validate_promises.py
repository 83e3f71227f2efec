"""``crosscurrent validate`` and ``results`` as users meet them: refusals, streams, processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.results.outcomes import conclusive
from crosscurrent.validator.results.store import Store

COMMAND = Path(sys.executable).with_name("crosscurrent")
TINY = "--dataset digits --model mlp-s --set training.epochs=1 --seeds 2 --threads 1".split()
MARKED = ["validate", "watermarking", "evasion", *TINY]
"""Quick to measure, and starts without the accountant of privacy budgets."""


class Answer(NamedTuple):
    """What one command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Ask = Callable[..., Answer]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results in a file of the test's own."""
    kept = tmp_path / "kept" / "results.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(kept))
    return kept


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


@pytest.fixture(scope="module")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measure once what several tests start from."""
    kept = tmp_path_factory.mktemp("measured") / "results.sqlite"
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        assert main(["validate", "PD1", "P1", *TINY, "--store", str(kept)]) == 0
        assert main([*MARKED, "--store", str(kept)]) == 0
    return kept


@pytest.fixture
def measured(_measured: Path, file: Path) -> Path:
    """Start with two results: PD1 on P1, and watermarking on evasion."""
    file.parent.mkdir()
    shutil.copy(_measured, file)
    return file


def rows(file: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Return recipe and time of writing of each trial, by address."""
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT address, recipe, written FROM trials").fetchall()
    return {address: (json.loads(recipe), written) for address, recipe, written in found}


def without_cost(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "cost"}


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


# refusals


@pytest.fixture
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something was trained")

    monkeypatch.setattr("crosscurrent.validator.trials.trial.train", refuse)


@pytest.mark.usefixtures("_nothing_is_trained")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "DEFENSE and a RISK"),
        ("RD1", "DEFENSE and a RISK"),
        ("RD1 R1 F", "unrecognized arguments: F"),
        ("adverserial_training R1", "did you mean adversarial_training?"),
        ("P1 R1", "P1 is a risk, not a defense"),
        ("mia R1", "mia is a risk (membership_inference), not a defense"),
        ("rlhf R1", "unknown defense 'rlhf'"),
        ("dp-sgd@post mia", "dp-sgd is differential_privacy@in"),
        ("RD1 evasoin", "did you mean evasion?"),
        ("placebo evasoin", "did you mean evasion?"),
        ("RD1 RD1", "RD1 is a defense, not a risk"),
        ("RD1@post R1", "write adversarial_training@in"),
        ("RD1 P4 --dataset digits", "digits has none: use synthetic"),
        ("RD1 R1 --dataset digts", "did you mean digits or"),
        ("RD1 R1 --dataset nowhere.csv", "nowhere.csv"),
        ("RD1 R1 --model mlp-q", "mlp-s"),
        ("RD1 R1 --model resnet18", "mlp-s"),
        ("RD1 R1 --set defense.epsilo=1", "did you mean defense.epsilon?"),
        ("RD1 R1 --set defense.zzz=1", "there are: epsilon, steps"),
        ("RD1 R1 --set defence.epsilon=1", "did you mean defense?"),
        ("RD1 R1 --set epsilon=1", "GROUP.NAME=VALUE"),
        ("RD1 R1 --set defense.epsilon=", "GROUP.NAME=VALUE"),
        ("RD1 R1 --set defense.epsilon=-1", "at least 1e-06"),
        ("RD1 R1 --set defense.epsilon=inf", "at most 1e+06"),
        ("RD1 R1 --set defense.epsilon=nan", "a number"),
        ("RD1 R1 --set defense.epsilon=high", "a number"),
        ("RD1 R1 --set defense.steps=1.5", "a whole number"),
        ("RD1 R1 --set training.optimizer=lion", "one of adam, sgd"),
        ("RD1 R1 --set training.cosine=1", "true or false"),
        ("RD1 R1 --set training.epochs=0", "at least 1"),
        ("RD1 R1 --set training.epochs=1 --set training.epochs=2", "twice: 1 and 2"),
        ("RD1 R1 --seeds 0", "2 to 1000"),
        ("RD1 R1 --seeds 1", "at least two"),
        ("RD1 R1 --seeds -3", "2 to 1000"),
        ("RD1 R1 --seeds 1001", "2 to 1000"),
        ("RD1 R1 --seeds many", "--seeds"),
        ("RD1 R1 --seeds 2.5", "whole number"),
        ("RD1 R1 --device tpu", "should be cpu, cuda"),
        ("RD1 R1 --device cuda:x", "should be cpu, cuda"),
        ("RD1 R1 --memory 0", "--memory"),
        ("RD1 R1 --threads 0", "--threads"),
        ("FD1 R1 --dataset digits", "needs a sensitive attribute, and digits has none"),
        ("RD1 F --dataset digits", "needs a sensitive attribute, and digits has none"),
        ("FD1 F --dataset diabetes --set defense.attribute=age", "unknown sensitive attribute"),
        ("PD1 P1 --set attack.shadows=5", "should be even"),
        ("PD1 P1 --set attack.shadows=2", "at least 4"),
        ("PD1 P1 --set data.records=20000 --set defense.epsilon=0.01", "no budget below 0.011"),
        ("RD1 R1 --dataset digits --store {folder}", "{folder}"),
        ("RD1 R1 --dataset digits --store {text}", "not a file of results"),
        ("RD1 R1 --dataset digits --export {text}", "should be a folder"),
        ("RD1 R1 --jsn", "did you mean --json?"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_2_and_what_to_do(
    ask: Ask, tmp_path: Path, file: Path, words: str, expected: str
) -> None:
    places = {"folder": str(tmp_path / "folder"), "text": str(tmp_path / "text")}
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("Dear diary,\n" * 500)
    answer = ask("validate", *words.format(**places).split())
    assert (answer.status, answer.out) == (2, "")
    assert expected.format(**places) in answer.err
    assert answer.err.startswith("crosscurrent: ")
    assert "Traceback" not in answer.err
    assert len(answer.err) < 1500
    assert not file.exists()
    assert (tmp_path / "text").read_text() == "Dear diary,\n" * 500


def test_too_little_memory_is_found_out_before_training(ask: Ask, file: Path) -> None:
    answer = ask("validate", "RD1", "R1", "--memory", "1", "--model", "mlp-xl")
    assert (answer.status, answer.out) == (2, "")
    assert "crosscurrent: too little memory: the data, and what is measured on it" in answer.err
    assert "1 MiB may be used" in answer.err
    assert "trained" not in answer.err.partition("crosscurrent:")[0]
    assert Store(str(file)).counts() == (0, 0)


@pytest.mark.usefixtures("_nothing_is_trained")
@pytest.mark.parametrize("place", ["{text}/results.sqlite", "/proc/self/results.sqlite"])
def test_a_place_where_nothing_can_be_kept_is_found_out_before_training(
    ask: Ask, tmp_path: Path, place: str
) -> None:
    (tmp_path / "text").touch()
    answer = ask(*MARKED, "--store", place.format(text=tmp_path / "text"))
    assert answer.status in (1, 2)
    assert answer.out == ""
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("_nothing_is_trained")
def test_cuda_is_refused_where_there_is_none(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    for name in ("cuda", "cuda:0", "cuda:7"):
        answer = ask("validate", "RD1", "R1", "--dataset", "digits", "--device", name)
        assert (answer.status, answer.out) == (2, "")
        assert f"--device {name}: there is no CUDA device here; use --device cpu" in answer.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("results", "COMMAND"),
        ("results shwo x", "did you mean show?"),
        ("results show", "RESULT"),
        ("results show zz", "unknown result 'zz'"),
        ("results plot zz x.svg", "unknown result 'zz'"),
        ("results export {here}/out zz", "unknown result 'zz'"),
        ("results prune zz", "unknown result 'zz'"),
        ("results list --store {here}", "{here}"),
    ],
)
def test_results_that_are_not_there_are_refused_with_2(
    ask: Ask, measured: Path, tmp_path: Path, words: str, expected: str
) -> None:
    answer = ask(*words.format(here=tmp_path).split())
    assert (answer.status, answer.out) == (2, "")
    assert expected.format(here=tmp_path) in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()
    assert Store(str(measured)).counts() == (2, 8)


def test_asking_for_results_before_any_were_measured_makes_no_file(ask: Ask, file: Path) -> None:
    answer = ask("results", "list")
    assert "nothing measured yet" in answer.out
    assert "crosscurrent validate --list" in answer.out
    assert ask("results", "list", "--json").json == {"kind": "results", "results": []}
    assert ask("results", "prune").out == "removed 0 results and 0 trials\n"
    assert not file.parent.exists()


# without the extra

WITHOUT = """\
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def without(name, *rest):
    gone = name.partition(".")[0] in {"torch", "numpy", "scipy", "sklearn", "opacus", "fairlearn",
                                      "matplotlib", "pyarrow"}
    return None if gone else find(name, *rest)
PathFinder.find_spec = without
"""


@pytest.mark.parametrize(
    "words", ["validate RD1 R1", "validate --list", "results list", "results show 3f"]
)
def test_without_the_extra_measuring_ends_with_1_and_the_command_that_installs_it(
    tmp_path: Path, words: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    answer = finish(start(*words.split(), PYTHONPATH=str(tmp_path)))
    assert (answer.status, answer.out) == (1, "")
    assert "(torch, sklearn, scipy, opacus, fairlearn, matplotlib, pyarrow missing)" in answer.err
    assert "pip install 'crosscurrent[validate]'" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("words", ["predict RD1 R1", "validate --help", "results --help"])
def test_without_the_extra_all_else_works(tmp_path: Path, words: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    answer = finish(start(*words.split(), PYTHONPATH=str(tmp_path)))
    assert (answer.status, answer.err) == (0, "")


# what can be measured


def test_the_list_has_all_that_can_be_measured_with_its_settings(ask: Ask) -> None:
    listed = ask("validate", "--list", "--json").json
    assert {each["id"] for each in listed["defenses"]} == set(defenses())
    assert {each["id"] for each in listed["risks"]} == set(attacks())
    words = ask("validate", "--list").out
    for section in listed.values():
        for each in section:
            assert each["id"] in words
            assert each["about"].split()[0] in words
            assert each["about"]
            for setting in each.get("settings", ()):
                assert setting["set"] in words
                assert setting["about"]


def test_every_listed_setting_may_be_given_at_its_default(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing but the training itself is left to do."""
    listed = ask("validate", "--list", "--json").json

    def ready(*_: object, **__: object) -> None:
        raise OSError(0, "ready to train")

    monkeypatch.setattr("crosscurrent.validator.experiments.measuring.measure", ready)
    for section, pair in (("defenses", "{} R1"), ("risks", "placebo {}")):
        for each in listed[section]:
            given = [
                f"{setting['set']}={json.dumps(setting['default']).strip(chr(34))}"
                for setting in [*each["settings"], *listed["training"][0]["settings"]]
                if setting["default"] != ""
            ]
            words = [word for setting in given for word in ("--set", setting)]
            answer = ask("validate", *pair.format(each["id"]).split(), *words)
            assert "ready to train" in answer.err, answer.err


# documents and streams


def test_codes_and_ids_name_the_same_result_which_is_not_measured_again(
    ask: Ask, measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(measured)
    monkeypatch.setattr("crosscurrent.validator.run.executors.Task.run", None)
    pairs = [("PD1", "P1"), ("differential_privacy", "membership_inference"), ("pd1", "p1")]
    answers = [ask("validate", *pair, *TINY, "--json") for pair in pairs]
    for answer in answers:
        assert answer.status == 0
        assert answer.json == answers[0].json
        assert answer.err == "all 4 trials already stored: nothing to train\n"
    document = answers[0].json
    assert ask("results", "show", document["id"][:6], "--json").json == document
    assert document in ask("results", "list", "--json").json["results"]
    assert ask("results", "show", document["id"]).out == ask("validate", "PD1", "P1", *TINY).out
    assert rows(measured) == before
    assert Store(str(measured)).counts() == (2, 8)


def test_json_is_the_one_document_on_stdout_and_progress_is_on_stderr(ask: Ask) -> None:
    answer = ask(*MARKED, "--json")
    assert answer.status == 0
    assert answer.json["defense"] == "watermarking"
    assert "4 of 4 trials finished, 100% trained" in answer.err
    assert "\x1b" not in answer.err
    words = ask(*MARKED)
    assert "trials" not in words.out
    assert "nothing to train" in words.err


def test_colours_are_only_where_they_are_wanted(
    ask: Ask, measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [MARKED, ["results", "list"], ["validate", "--list"]]
    plain = [ask(*words).out for words in asked]
    assert not any("\x1b" in out for out in plain)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in ask(*MARKED).out
    assert "\x1b" not in ask(*MARKED, "--json").out
    assert "\x1b" not in ask(*MARKED, "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert [ask(*words).out for words in asked] == plain


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_longer_than_asked_for(
    ask: Ask, measured: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for words in (
        MARKED,
        ["validate", "PD1", "P1", *TINY],
        ["results", "list"],
        ["validate", "--list"],
    ):
        answer = ask(*words)
        assert answer.status == 0
        assert len(answer.out.splitlines()) > 2
        assert [line for line in answer.out.splitlines() if len(line) > width] == []


def test_without_unicode_nothing_is_lost(ask: Ask, measured: Path, tmp_path: Path) -> None:
    """What has no plain counterpart may become a question mark; signs of numbers may not."""
    document = ask("validate", "PD1", "P1", *TINY, "--json").json
    script = (
        "import sys; from crosscurrent.api.cli import main\n"
        "for words in sys.argv[1:]: assert main(words.split()) == 0; print('=====')\n"
    )
    asked = [
        f"results show {document['id']}", "results list", "validate --list",
        f"results show {document['id']} --json",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script, *asked],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown, listed, everything, as_json = done.stdout.decode("ascii").split("=====\n")[:4]
    assert json.loads(as_json) == document
    for number in (document["effect"][key] for key in ("estimate", "low", "high")):
        assert f"{number:+.3f}" in shown
    assert f"{document['effect']['estimate']:+.3f}" in listed
    for text in (shown, listed, everything):
        assert not re.search(r"\?[\d ]", text)


def test_one_result_is_found_by_the_beginning_of_its_id_and_two_are_told_apart(
    ask: Ask, measured: Path
) -> None:
    ids = [each["id"] for each in ask("results", "list", "--json").json["results"]]
    length = next(i for i in range(1, 65) if len({identity[:i] for identity in ids}) == len(ids))
    for identity in ids:
        assert ask("results", "show", identity[:length], "--json").json["id"] == identity
    if length > 1:
        assert ask("results", "show", ids[0][: length - 1]).status == 2


def test_pruning_one_result_leaves_the_other_as_it_was(ask: Ask, measured: Path) -> None:
    before = ask("results", "list", "--json").json["results"]
    gone, kept = before
    answer = ask("results", "prune", gone["id"][:12])
    assert answer.out == "removed 1 result and 4 trials\n"
    assert ask("results", "list", "--json").json["results"] == [kept]
    again = ask(*MARKED) if kept["defense"] == "watermarking" else ask(
        "validate", "PD1", "P1", *TINY
    )  # fmt: skip
    assert "nothing to train" in again.err


def test_a_placebo_is_measured_and_listed_but_is_no_evidence(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    asked = ["validate", "placebo", "evasion", *TINY, "--export", str(folder)]
    document = ask(*asked, "--json").json
    assert (document["conjecture"], document["effective_defense"]) == ("no_change", None)
    assert list(folder.iterdir()) == []
    assert ask("results", "export", str(folder)).out == "nothing to write\n"
    assert list(folder.iterdir()) == []


def test_exported_results_are_checked_and_predicted_with(
    ask: Ask, measured: Path, tmp_path: Path, kb: KnowledgeBase
) -> None:
    folder = str(tmp_path / "evidence")
    documents = ask("results", "list", "--json").json["results"]
    written = ask("results", "export", folder).out.splitlines()
    assert len(written) == 2
    assert ask("kb", "check", folder).status == 0
    for document in documents:
        answer = ask("predict", document["defense"], document["risk"], "--knowledge", folder)
        assert answer.status == 0
        seen = "paired seeds" in answer.out
        assert seen == conclusive(document)
    before = [each.read_bytes() for each in sorted(Path(folder).iterdir())]
    assert ask("results", "export", folder).out.splitlines() == written
    assert [each.read_bytes() for each in sorted(Path(folder).iterdir())] == before


# sharing, and being interrupted


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
