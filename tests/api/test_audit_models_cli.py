"""``crosscurrent audit`` of models: asked, kept, shown and given again; from Python; refused."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from fitted import Fitted, logistic
from measuring_cli import shown_everywhere
from predictions import write_csv

import crosscurrent
from crosscurrent.api.cli import main
from crosscurrent.validator.audits.subjects import evasion, unauthorized_model_ownership

FEW = ["--resamples", "100"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fitted:
    """Write a model in every form, and its records; work beside them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(tmp_path / "results.sqlite"))
    monkeypatch.setattr(evasion, "QUERIES", 5)  # how well it is attacked is not asked here
    monkeypatch.setattr(unauthorized_model_ownership, "QUERIES", 60)
    made = logistic()
    made.write(tmp_path)
    write_csv(tmp_path / "records.csv", made.records)
    return made


def test_an_audit_of_models_is_kept_shown_drawn_and_reported(
    fitted: Fitted, capsys: Capture, tmp_path: Path
) -> None:
    weights = ["--model", "small_nets:Linear", "--rate", "50.0"]
    words = ["audit", "model.skops", "model.pt", "--data", "records.csv"]
    words += ["--defense", "placebo", *weights]
    assert main([*words, *FEW, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    again = shlex.split(document["command"])
    assert sorted(again) == sorted(["crosscurrent", *words, *FEW])
    assert main([*again[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == document
    listed, picture, report = shown_everywhere(document, capsys, tmp_path)
    assert "audit of placebo, model.skops → model.pt" in listed
    assert "<svg" in picture
    assert "scikit-learn LogisticRegression, asked about 4 attributes" in report


def test_what_models_print_is_no_answer(fitted: Fitted, capsys: Capture) -> None:
    assert main(["audit", "small_nets:answer", "--data", "records.csv", *FEW, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["kind"] == "audit"
    assert "a model may print" in told.err


def test_what_a_model_is_and_was_asked_is_told(fitted: Fitted, capsys: Capture) -> None:
    assert main(["audit", "model.onnx", "--data", "records.csv", *FEW]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Audit of model.onnx" in told
    assert "ONNX, asked about 4 attributes of the records of records.csv; its outputs are" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model.skops"], "give them with --data FILE"),
        (["none.skops", "--data", "records.csv"], "none.skops: no such file"),
        (["model.pt", "--data", "records.csv"], "say of which class with --model"),
        (["model.skops", "--data", "none.csv"], "none.csv: no such file"),
        (["model.skops", "--data", "model.onnx"], "data are read from .csv, .parquet, .npz"),
        (["model.skops", "--data", "records.csv", "--rate", "0"], "--rate 0"),
        (["model.skops", "--data", "records.csv", "--rate", "x"], "--rate"),
        (["model.skops", "--data", "records.csv", "--budget", "0"], "--budget"),
        (["model.skops", "--data", "records.csv", "--attribute", "x"], "unknown column 'x'"),
        (["model.skops", "--data", "records.csv", "--class", "1", "--class", "1"], "--class"),
        (["records.csv", "--data", "records.csv"], "--data is about models"),
        (["model.h5", "--data", "records.csv"], "predictions are read from .csv"),
        (["model.skops", "--data", "records.csv", "--label", "lable"], "did you mean label?"),
        (["model.skops", "--data", "records.csv", "--id", "e"], "known: a, b, c, d, label"),
        (["model.skops", "--data", "records.csv", "--group", "sex"], "known: a, b, c, d, label"),
        (["nothing:here", "--data", "records.csv"], "No module named 'nothing'"),
        (["http://127.0.0.1:1/x", "--data", "records.csv"], "cannot be asked"),
        (["model.skops", "--data", "records.csv", "--run", "a"], "--run is about files"),
        (["model.skops", "model.skops", "--train", "records.csv"], "--test is not given"),
    ],
)
def test_bad_input_ends_with_two_and_what_to_do(
    fitted: Fitted, capsys: Capture, words: list[str], message: str
) -> None:
    try:
        status = main(["audit", *words])
    except SystemExit as error:
        status = int(error.code or 0)
    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert message in told.err
    assert "Traceback" not in told.err


def test_python_gives_the_document_of_the_command_line(fitted: Fitted, capsys: Capture) -> None:
    assert main(["audit", "model.skops", "--data", "records.csv", *FEW, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    report = crosscurrent.audit("model.skops", data="records.csv", resamples=100)
    assert report.to_dict() == document
    for model in (fitted.estimator, fitted.module):
        found = crosscurrent.audit(model, data=fitted.records, resamples=100).to_dict()
        assert found["command"] == ""
        assert found["models"][0]["file"] == f"the {type(model).__name__}"
        assert len(found["measured"]) == len(document["measured"])


def test_an_audit_of_an_estimator_takes_no_torch(fitted: Fitted) -> None:
    script = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(name, *rest):\n"
        "        if name.partition('.')[0] in {'torch', 'opacus', 'fairlearn', 'safetensors'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Without)\n"
        "from crosscurrent.api.cli import main\n"
        "from crosscurrent.validator.audits.subjects import evasion\n"
        "evasion.QUERIES = 5\n"
        "for model in ('model.skops', 'model.onnx'):\n"
        "    status = main(['audit', model, '--data', 'records.csv', '--resamples', '100'])\n"
        "    assert status == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "scikit-learn LogisticRegression" in done.stdout
