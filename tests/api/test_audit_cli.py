"""``crosscurrent audit``: printed, kept, drawn, reported, exported; from Python; without torch."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from measuring_cli import shown_everywhere
from predictions import Arrays, simulated, stacked, write_csv

import crosscurrent
from crosscurrent.api.cli import main
from crosscurrent.knowledge import load
from crosscurrent.validator.results.store import Store

FEW = ["--resamples", "100"]
Capture = pytest.CaptureFixture[str]


def ungrouped(made: Arrays) -> Arrays:
    return {name: each for name, each in made.items() if not name.startswith("group")}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Write a model that leaks, in two runs, and one that does not; work beside them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSCURRENT_RESULTS", str(tmp_path / "results.sqlite"))
    for name, leak, seeds in (("before", 1.5, (0, 1)), ("after", 0.0, (2, 3))):
        runs = [ungrouped(simulated(seed, records=600, leak=leak)) for seed in seeds]
        write_csv(tmp_path / f"{name}.csv", stacked(*runs))
    return "before.csv", "after.csv"


def test_an_audit_is_kept_shown_drawn_reported_and_exported(
    files: tuple[str, str], capsys: Capture, tmp_path: Path
) -> None:
    words = ["audit", *files, "--defense", "PD1", *FEW]
    assert main([*words, "--json", "--export", "evidence"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "audit"
    assert shlex.split(document["command"]) == ["crosscurrent", *words]
    listed, picture, report = shown_everywhere(document, capsys, tmp_path)
    assert "1 confirmed 1 decrease audit of differential_privacy, before.csv → after.csv" in listed
    assert "<svg" in picture
    assert "Membership inference: decrease; verdict: confirmed" in report
    assert main(["results", "export", "again", document["id"][:12]]) == 0
    (one,), (other,) = (list((tmp_path / name).iterdir()) for name in ("evidence", "again"))
    assert one.read_text() == other.read_text()
    known, kb = load().observations, load([str(tmp_path / "evidence")])
    (observed,) = [each for id_, each in kb.observations.items() if id_ not in known]
    assert observed.provenance == "measured"
    assert (observed.defense, observed.risk, observed.effect) == (
        *("differential_privacy", "membership_inference"),
        "decrease",
    )
    assert "was not measured" in str(observed.note)
    assert main(["results", "prune", document["id"][:12]]) == 0
    assert Store(str(tmp_path / "results.sqlite")).counts() == (0, 0)


def test_one_run_or_no_defense_is_no_evidence(files: tuple[str, str], capsys: Capture) -> None:
    for made, name in ((simulated(0, leak=1.0), "one.csv"), (simulated(1), "two.csv")):
        write_csv(Path(name), ungrouped(made))
    for words in (["one.csv", "two.csv", "--defense", "PD1"], [*files], [files[0]]):
        assert main(["audit", *words, *FEW, "--export", "evidence"]) == 0
    assert list(Path("evidence").iterdir()) == []
    told = capsys.readouterr().out
    assert told.count("\nnothing to write\n") == 3
    assert "not about another training run" in told
    assert "▲ Membership inference: above chance" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.csv"], "none.csv: no such file"),
        (["before.csv", "--defense", "PD1"], "give the predictions with it too"),
        (["before.csv", "after.csv", "--defense", "PD1x"], "unknown defense"),
        (["before.csv", "--label", "y"], "name it with --label COLUMN"),
        (["before.csv", "--label", ""], "no column for the true class"),
        (["before.csv", "--predicted", ""], "no column for the class that is answered"),
        (["before.csv", "--group", ""], "unknown column"),
        (["before.csv", "--positive", ""], "unknown class"),
        (["before.csv", "--resamples", "7"], "should be 100 to 100000"),
        (["before.csv", "--seed", "-1"], "--seed"),
    ],
)
def test_bad_input_ends_with_two_and_what_to_do(
    files: tuple[str, str], capsys: Capture, words: list[str], message: str
) -> None:
    try:
        status = main(["audit", *words])
    except SystemExit as error:
        status = int(error.code or 0)
    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert message in told.err


def test_records_are_counted_in_each_run(files: tuple[str, str], capsys: Capture) -> None:
    assert main(["audit", *files, *FEW]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "600 records in each of 2 runs, on average, 300 of them trained on." in told


def test_negative_levels_have_the_sign_of_changes(capsys: Capture, files: tuple[str, str]) -> None:
    made = ungrouped(simulated(0))
    made["score"][made["member"]] = 1 - made["score"][made["member"]]
    write_csv(Path("worse.csv"), made)
    assert main(["audit", "worse.csv", *FEW]) == 0
    told = capsys.readouterr().out
    line = next(each for each in told.splitlines() if "accuracy on members" in each)
    assert line.count("−0.") == 3
    assert "-0." not in told


def test_evidence_that_is_written_is_named(files: tuple[str, str], capsys: Capture) -> None:
    assert main(["audit", *files, "--defense", "PD1", *FEW, "--export", "evidence"]) == 0
    (file,) = Path("evidence").iterdir()
    assert capsys.readouterr().out.endswith(f"\nwrote {file}\n")


def test_python_gives_the_document_of_the_command_line(
    files: tuple[str, str], capsys: Capture
) -> None:
    assert main(["audit", *files, "--defense", "placebo", *FEW, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    report = crosscurrent.audit(*files, defense="placebo", resamples=100)
    assert report.to_dict() == document
    assert report.verdicts["membership_inference"] == "refuted"
    assert report.outcomes["membership_inference"] == "decrease"
    assert "Membership inference" in str(report)
    frame = report.to_frame()
    assert list(frame.columns) == list(report.columns)
    assert len(frame) == sum(len(each["metrics"]) for each in document["measured"])
    assert "<svg" not in repr(report)
    assert "data:image/svg+xml" in report._repr_html_()


def test_an_audit_takes_no_torch(files: tuple[str, str]) -> None:
    script = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(name, *rest):\n"
        "        if name.partition('.')[0] in {'torch', 'opacus', 'fairlearn'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Without)\n"
        "from crosscurrent.api.cli import main\n"
        f"status = main(['audit', *{files!r}, '--defense', 'PD1', '--resamples', '100'])\n"
        "sys.exit(status or main(['results', 'list']) or main(['results', 'report', 'r.html']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "verdict: confirmed" in done.stdout
