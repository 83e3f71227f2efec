"""Requests of jobs: what the command line takes, and nothing of the server's machine."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import tiny

from crosscurrent.api.jobs.errors import Refused, Unavailable
from crosscurrent.api.jobs.policy import admitted
from crosscurrent.api.jobs.sandbox import Checks
from crosscurrent.api.jobs.settings import JobSettings
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import dataset
from crosscurrent.validator.requests import from_json


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
        dataset(str(admitted(from_json(tiny(dataset=name)), settings).dataset))


@pytest.mark.parametrize("way", ["names", "names absolutely", "is a link", "names a link"])
def test_no_card_leads_to_a_file_outside_the_folder_of_data_sets(folder: Path, way: str) -> None:
    secret = folder.parent / "secret.csv"
    named = {"names": "../secret.csv", "names absolutely": str(secret), "names a link": "far.csv"}
    card = folder / "own.card.yaml"
    if way == "is a link":
        (folder.parent / "secret.card.yaml").write_text("target: x\npassword: hidden\n")
        card.symlink_to(folder.parent / "secret.card.yaml")
        (folder / "own.csv").write_text("x\n1\n")
    else:
        card.write_text(f"file: {named[way]}\ntarget: x\n")
    settings = JobSettings("unused", datasets=str(folder))
    for name in ("own.card.yaml", *(["own.csv"] if way == "is a link" else [])):
        with pytest.raises(InputError, match="folder of data sets") as refused:
            admitted(from_json(tiny(dataset=name)), settings)
        assert "hidden" not in str(refused.value)


def test_files_in_the_folder_are_found_from_there(folder: Path) -> None:
    settings = JobSettings("unused", datasets=str(folder))
    for name in ("team/loans.csv", "near.csv"):
        found = admitted(from_json(tiny(dataset=name)), settings).dataset
        assert found == str(folder / "team" / "loans.csv")
    assert admitted(from_json(tiny(dataset="digits")), settings).dataset == "digits"
    with pytest.raises(InputError, match="no data sets of its own"):
        admitted(from_json(tiny(dataset="team/loans.csv")), JobSettings("unused"))


def test_a_bare_name_of_a_file_beside_the_server_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("x\n1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no data sets of its own"):
        admitted(from_json(tiny(dataset="secret")), JobSettings("unused"))


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
        assert admitted(from_json(tiny(model=model)), settings).model == model
    else:
        with pytest.raises(InputError, match="imports no such module"):
            admitted(from_json(tiny(model=model)), settings)


@pytest.mark.parametrize("vary", ["model_capacity=mlp-s,os:system", "M1= os:system ,mlp-s"])
def test_models_that_are_varied_are_imported_only_if_the_operator_named_them(vary: str) -> None:
    with pytest.raises(InputError, match="os:system: this service imports no such module"):
        admitted(from_json(tiny(model=None, vary=vary)), JobSettings("unused"))
    allowed = JobSettings("unused", models=("models.mine",))
    request = tiny(model=None, vary="M1=mlp-s,models.mine:Net")
    assert admitted(from_json(request), allowed).to_json()["vary"] == request["vary"]


def test_a_model_that_a_setting_names_is_imported_only_if_the_operator_named_it() -> None:
    """An attack's own models may be of another architecture (attack.shadow_model)."""
    words = ["attack.own_records=true", "attack.shadow_model=os:system"]
    request = tiny(risk="membership_inference", settings=words)
    with pytest.raises(InputError, match="os:system: this service imports no such module"):
        admitted(from_json(request), JobSettings("unused"))
    assert admitted(from_json(request), JobSettings("unused", models=("os",))).settings


@pytest.mark.parametrize(
    "subject",
    [
        {"defense": "os:system", "risk": "R1"},
        {"defense": "RD1", "risk": "os:system"},
        {"defense": "os:system", "risk": "R1", "vary": "M1=mlp-s,mlp-m"},
        {"combine": ["RD1", "os:system"]},
        {"collude": ["os:system", "P1"]},
    ],
)
def test_no_client_names_a_plug_in_by_its_import_path(subject: dict[str, Any]) -> None:
    allowed = JobSettings("unused", models=("os",))
    with pytest.raises(InputError, match="os:system: this service imports no path"):
        admitted(from_json(subject), allowed)


def test_only_devices_that_workers_have_are_asked_for() -> None:
    with pytest.raises(InputError, match="device cuda: should be cpu"):
        admitted(from_json(tiny(device="cuda")), JobSettings("unused"))
    both = JobSettings("unused", devices=("cpu", "cuda"))
    assert admitted(from_json(tiny(device="cuda")), both).device == "cuda"
    with pytest.raises(InputError, match="worker's to say"):
        admitted(from_json(tiny(device="cuda:7")), both)


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
