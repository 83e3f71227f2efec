"""``crosscurrent validate`` and ``results`` as users meet them: documents, streams, results."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from commands import Ask
from measuring_cli import MARKED, TINY, rows

from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.results.outcomes import conclusive
from crosscurrent.validator.results.repeats import repeats
from crosscurrent.validator.results.store import Store

pytestmark = pytest.mark.usefixtures("file")


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


# results


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
        seen = f", {repeats(document)})." in " ".join(answer.out.split())
        assert seen == conclusive(document)
    before = [each.read_bytes() for each in sorted(Path(folder).iterdir())]
    assert ask("results", "export", folder).out.splitlines() == written
    assert [each.read_bytes() for each in sorted(Path(folder).iterdir())] == before
