"""What a job may ask for: what the command line takes, and nothing of the server's machine."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from running import tiny

from crosscurrent.api.cli._measuring_questions import LOCAL, colluding, combining, validate
from crosscurrent.api.cli.parser import parser
from crosscurrent.api.jobs.errors import Refused, Unavailable
from crosscurrent.api.jobs.policy import admitted
from crosscurrent.api.jobs.request import arguments, plain, schema
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import dataset


def test_a_request_is_parsed_to_what_the_command_line_is_parsed_to() -> None:
    words = (
        "validate RD1 R1 --dataset digits --model mlp-s --seeds 3 --device cpu --memory 100"
        " --threads 2 --set training.epochs=1 --set attack.steps=2"
    )
    request = {
        "defense": "RD1", "risk": "R1", "dataset": "digits", "model": "mlp-s", "seeds": 3,
        "device": "cpu", "memory": 100, "threads": 2,
        "settings": ["training.epochs=1", "attack.steps=2"],
    }  # fmt: skip
    expected = vars(parser().parse_args(words.split()))
    found = vars(arguments(request))
    assert found == {name: expected[name] for name in found}


def test_every_option_of_validate_is_in_the_schema_unless_it_is_of_this_machine_only() -> None:
    question = ArgumentParser(add_help=False)
    validate(question)
    combining(question)
    colluding(question)
    options = {action.dest for action in question._actions}
    assert set(schema()["properties"]) == options - LOCAL
    assert options > LOCAL
    for name, about in schema()["properties"].items():
        assert about["description"], name
    jsonschema.Draft202012Validator.check_schema(schema())


def test_an_option_that_validate_gets_later_is_there_without_further_ado(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def more(question: ArgumentParser) -> None:
        validate(question)
        question.add_argument("--sweep", action="append", default=[], help="sweep a setting")
        question.add_argument("--twice", action="store_true", help="do it again")

    monkeypatch.setattr("crosscurrent.api.jobs.request.validate", more)
    assert schema()["properties"]["twice"] == {
        "type": "boolean", "default": False, "description": "do it again",
    }  # fmt: skip
    assert arguments({"sweep": ["a=1,2"], "twice": True}).sweep == ["a=1,2"]


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"defense": "RD1", "risk": "R1"}, True),
        ({"defense": "RD1", "risk": "R1", "all": False}, True),
        ({"all": True, "seeds": 2}, True),
        ({"all": True, "defense": "RD1"}, False),
        ({"all": True, "defense": "RD1", "risk": "R1"}, False),
        ({"all": False}, False),
        ({"combine": ["RD3@pre", "RD2"]}, True),
        ({"combine": ["RD3@pre", "RD2"], "defense": "RD1"}, False),
        ({"combine": ["RD3@pre", "RD2"], "collude": ["poisoning", "evasion"]}, False),
        ({"collude": ["poisoning", "evasion"], "seeds": 3}, True),
        ({"collude": ["poisoning"]}, False),
        ({"collude": ["poisoning", "evasion"], "all": True}, False),
        ({"defense": "RD1"}, False),
        ({}, False),
    ],
)
def test_a_request_is_about_one_pair_or_about_all(asked: dict[str, Any], fits: bool) -> None:
    assert jsonschema.Draft202012Validator(schema()).is_valid(asked) is fits


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"defence": "RD1"}, "did you mean defense"),
        ({"store": "/etc/passwd"}, "unknown option 'store'"),
        ({"export": "x"}, "unknown option"),
        ({"plot": "x.svg"}, "unknown option"),
        ({"knowledge": ["x"]}, "unknown option"),
        ({"list": True}, "unknown option"),
        ({"run": "worker"}, "unknown option"),
        ({"seeds": "3"}, "seeds: should be a whole number"),
        ({"seeds": True}, "seeds: should be a whole number"),
        ({"seeds": 10**12}, "seeds: should be a whole number, not"),
        ({"memory": 0}, "memory: should be a whole number from 1"),
        ({"dataset": 3}, "dataset: should be a text"),
        ({"dataset": "a\0b"}, "null characters"),
        ({"dataset": "\ud800"}, "no text in Unicode"),
        ({"dataset": "a" * 2000}, "1000 characters"),
        ({"settings": "training.epochs=1"}, "settings: should be a list"),
        ({"settings": [1]}, "settings: should be a text"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(request_: dict[str, Any], expected: str) -> None:
    with pytest.raises(Refused, match=expected):
        plain(request_)


def test_what_is_so_by_default_need_not_be_said() -> None:
    said = tiny(seeds=5, device="cpu", memory=None)
    assert plain(said) == plain({k: v for k, v in said.items() if k not in ("seeds", "device")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of data sets with a file, and with links inside and out of it."""
    inside = tmp_path / "datasets"
    (inside / "team").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("x\n1\n")
    (inside / "team" / "loans.csv").write_text("x\n1\n")
    (inside / "near.csv").symlink_to(inside / "team" / "loans.csv")
    (inside / "far.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "up").symlink_to(tmp_path)
    return inside


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv", "team/../../secret.csv", "team/../team/loans.csv", "far.csv",
        "up/secret.csv", "/etc/passwd", "{folder}/team/loans.csv", "{folder}/../secret.csv", ".",
        "..", "team", "team/", "nothing.csv", "..\\secret.csv", "~/x.csv", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_no_file_outside_the_folder_of_data_sets_is_read(folder: Path, name: str) -> None:
    settings = JobSettings("unused", datasets=str(folder))
    name = name.format(folder=folder)
    with pytest.raises(InputError, match=r"folder|no such file|unknown dataset"):
        dataset(str(admitted(arguments(tiny(dataset=name)), settings).dataset))


def test_files_in_the_folder_are_found_from_there(folder: Path) -> None:
    settings = JobSettings("unused", datasets=str(folder))
    for name in ("team/loans.csv", "near.csv"):
        found = admitted(arguments(tiny(dataset=name)), settings).dataset
        assert found == str(folder / "team" / "loans.csv")
    assert admitted(arguments(tiny(dataset="digits")), settings).dataset == "digits"
    with pytest.raises(InputError, match="no data sets of its own"):
        admitted(arguments(tiny(dataset="team/loans.csv")), JobSettings("unused"))


def test_a_bare_name_of_a_file_beside_the_server_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("x\n1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no data sets of its own"):
        admitted(arguments(tiny(dataset="secret")), JobSettings("unused"))


@pytest.mark.parametrize(
    ("allowed", "model", "fits"),
    [
        ((), "os:system", False),
        (("models.mine",), "models.mine:Net", True),
        (("models.mine:Net",), "models.mine:Net", True),
        (("models.mine:Net",), "models.mine:Other", False),
        (("models",), "models.mine:Net", False),
        ((), "mlp-s", True),
    ],
)
def test_only_modules_that_the_operator_named_are_imported(
    allowed: tuple[str, ...], model: str, fits: bool
) -> None:
    settings = JobSettings("unused", models=allowed)
    if fits:
        assert admitted(arguments(tiny(model=model)), settings).model == model
    else:
        with pytest.raises(InputError, match="imports no such module"):
            admitted(arguments(tiny(model=model)), settings)


@pytest.mark.parametrize("vary", ["model_capacity=mlp-s,os:system", "M1= os:system ,mlp-s"])
def test_models_that_are_varied_are_imported_only_if_the_operator_named_them(vary: str) -> None:
    with pytest.raises(InputError, match="os:system: this service imports no such module"):
        admitted(arguments(tiny(model=None, vary=vary)), JobSettings("unused"))
    allowed = JobSettings("unused", models=("models.mine",))
    request = tiny(model=None, vary="M1=mlp-s,models.mine:Net")
    assert admitted(arguments(request), allowed).vary == request["vary"]


def test_only_devices_that_workers_have_are_asked_for() -> None:
    with pytest.raises(InputError, match="device cuda: should be cpu"):
        admitted(arguments(tiny(device="cuda")), JobSettings("unused"))
    both = JobSettings("unused", devices=("cpu", "cuda"))
    assert admitted(arguments(tiny(device="cuda")), both).device == "cuda"
    with pytest.raises(InputError, match="worker's to say"):
        admitted(arguments(tiny(device="cuda:7")), both)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"defense": None}, "DEFENSE and a RISK"),
        ({"all": True}, "leave DEFENSE and RISK out"),
        ({"combine": ["RD3@pre", "RD2"]}, "leave DEFENSE and RISK out"),
        ({"combine": ["RD3@pre"], "defense": None, "risk": None}, "at least two"),
        ({"combine": ["RD3@pre", "RD2"], "all": True}, "ask for one"),
        ({"all": True, "defense": None, "risk": None}, "say whose setting"),
        ({"defense": "adverserial_training"}, "did you mean adversarial_training"),
        ({"risk": "evasoin"}, "did you mean evasion"),
        ({"dataset": "digts"}, "did you mean digits"),
        ({"model": "mlp-xxl"}, "mlp-xl"),
        ({"model": "os:system"}, "imports no such module"),
        ({"seeds": 1}, "--seeds 1: should be 2"),
        ({"settings": ["attack.epsilom=1"]}, "did you mean attack.epsilon"),
        ({"settings": ["training.epochs=many"]}, "should be a whole number"),
        ({"dataset": "broken.csv"}, "^broken.csv: no card beside it"),
    ],
)
def test_what_the_command_line_refuses_is_refused_in_the_same_words_before_it_is_accepted(
    checks: Checks, kb: KnowledgeBase, tmp_path: Path, changed: dict[str, Any], expected: str
) -> None:
    (tmp_path / "broken.csv").write_text("x\n1\n")
    settings = JobSettings(str(tmp_path / "data"), datasets=str(tmp_path))
    with pytest.raises(Refused, match=expected) as refused:
        checks.check(tiny(**changed), settings, kb)
    if "did you mean" in expected and "." not in expected:
        assert refused.value.suggestions or "dataset" in changed
    assert str(tmp_path) not in str(refused.value)


def test_a_request_that_ends_the_checking_process_is_not_the_end_of_the_others(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    settings = JobSettings(str(tmp_path))
    with closing(Checks()) as checks:
        with pytest.raises(Refused, match="--seeds 1"):
            checks.check(tiny(seeds=1), settings, kb)
        for process in checks.pids:
            os.kill(process, signal.SIGKILL)
        with pytest.raises(Unavailable, match="try again"):
            checks.check(tiny(), settings, kb)
        with pytest.raises(Refused, match="--seeds 1"):
            checks.check(tiny(seeds=1), settings, kb)
