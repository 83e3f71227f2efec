"""``crosscurrent validate`` refuses what will not work before it trains, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Ask
from measuring_cli import MARKED, finish, start

from crosscurrent.validator.results.store import Store

pytestmark = pytest.mark.usefixtures("file")


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
EVERYTHING = "torch, sklearn, scipy, opacus, fairlearn, matplotlib, pyarrow"


@pytest.mark.parametrize(
    ("words", "extra", "missing"),
    [
        ("validate RD1 R1", "validate", EVERYTHING),
        ("validate --list", "validate", EVERYTHING),
        ("results pool", "audit", "sklearn, scipy, matplotlib, pyarrow"),
        ("results list", "audit", "sklearn, scipy, matplotlib, pyarrow"),
        ("results show 3f", "audit", "sklearn, scipy, matplotlib, pyarrow"),
    ],
)
def test_without_the_extra_measuring_ends_with_1_and_the_command_that_installs_it(
    tmp_path: Path, words: str, extra: str, missing: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    answer = finish(start(*words.split(), PYTHONPATH=str(tmp_path)))
    assert (answer.status, answer.out) == (1, "")
    assert f"({missing} missing)" in answer.err
    assert f"pip install 'crosscurrent[{extra}]'" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("words", ["predict RD1 R1", "validate --help", "results --help"])
def test_without_the_extra_all_else_works(tmp_path: Path, words: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    answer = finish(start(*words.split(), PYTHONPATH=str(tmp_path)))
    assert (answer.status, answer.err) == (0, "")
