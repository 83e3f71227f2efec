"""``crosscurrent assess``: the same answer in every form, the same as the single commands'."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from commands import OVERLAY, Ask

import crosscurrent
from crosscurrent.knowledge.deployment_files import read_deployment
from crosscurrent.knowledge.deployments import Deployment

EXAMPLES = sorted((Path(__file__).parents[2] / "docs/examples/deployments").glob("*.yaml"))
NAMES = [path.stem for path in EXAMPLES]


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_each_command_in_it_gives_the_same_answer(ask: Ask, path: Path) -> None:
    document = ask("assess", str(path), "--json").json
    markdown = ask("assess", str(path), "--format", "markdown").out
    commands = [
        shlex.split(line)
        for line in re.findall(r"`crosscurrent ((?:what-if|predict) [^`]*)`", markdown)
    ]
    effects = [each for risk in document["risks"] for each in risk["effects"]]
    assert len(commands) == len(effects)
    for words, effect in zip(commands, effects, strict=True):
        alone = ask(*words, "--json").json
        alone = alone["predictions"][0]["after"] if words[0] == "what-if" else alone
        assert alone["assessment"] == effect["assessment"]
    names = [each["variant"] for each in document["deployment"]["defenses"]]
    assert ask("combine", *names, "--tensions", "--json").json == document["combination"]


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_the_report_is_one_page_that_asks_nobody(ask: Ask, path: Path) -> None:
    report = ask("assess", str(path), "--format", "html").out
    assert report.startswith("<!doctype html>")
    assert len(report.encode()) < 150_000
    assert not re.search(r"""(?:src|href)=["']?http[^"'>]*\.(?:js|css|png|svg)""", report)
    assert report.count("crosscurrent what-if") == len(
        re.findall("`crosscurrent what-if", ask("assess", str(path), "--format", "markdown").out)
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_text_markdown_and_python_tell_every_risk_and_finding(ask: Ask, path: Path) -> None:
    answer = crosscurrent.assess(path)
    document = answer.to_dict()
    text = ask("assess", str(path)).out
    markdown = ask("assess", str(path), "--format", "markdown").out
    names = [answer.kb.risks[each["risk"]].name for each in document["risks"]]
    assert len(names) == 8
    for told in (text, markdown, str(answer), answer._repr_html_()):
        assert all(name in told for name in names)
    assert all(f"`{each['id']}`" in markdown for each in document["findings"])
    assert ask("assess", str(path), "--json").json == document
    assert len(answer.to_frame()) == 8 * len(document["deployment"]["defenses"])


def test_the_template_names_every_field_and_is_sound(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask("assess", "--init").status == 0
    written = Path("deployment.yaml").read_text()
    assert read_deployment("deployment.yaml").deployment.defenses
    records: list[Any] = [Deployment, *Deployment.NESTED.values()]
    names = [field.name for record in records for field in fields(record)]
    assert [name for name in names if not re.search(rf"\b{name}:", written)] == []
    assert ask("assess", "deployment.yaml").status == 0


def test_nothing_is_overwritten(ask: Ask, tmp_path: Path) -> None:
    there = tmp_path / "mine.yaml"
    there.write_text("precious")
    status, _, err = ask("assess", "--init", str(there))
    assert (status, there.read_text()) == (2, "precious")
    assert "is there already; name another file" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "which deployment? Give a file"),
        (("none.yaml",), "none.yaml: can't be read (No such file or directory)"),
        ((".",), "can't be read"),
        (("x.yaml", "--format", "pdf"), "there is no 'pdf'"),
        (("x.yaml", "--json", "--format", "text"), "give --json or --format text, not both"),
    ],
)
def test_silly_commands_are_told(ask: Ask, words: tuple[str, ...], message: str) -> None:
    with_file = [str(EXAMPLES[0]) if word == "x.yaml" else word for word in words]
    status, out, err = ask("assess", *with_file)
    assert (status, out) == (2, "")
    assert message in err


def test_a_broken_file_is_told_whole(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("deployment: 1\nname: x\ndefenses: [{defense: RD9}]\nrisks: [{risk: R9}]\n")
    status, out, err = ask("assess", str(path))
    assert (status, out) == (2, "")
    assert f"{path}:3:13 defenses[0].defense: unknown defense 'RD9'" in err
    assert f"{path}:4:10 risks[0].risk: unknown risk 'R9'" in err
    assert "crosscurrent: 2 problems in the deployment file; nothing was assessed" in err


def test_it_is_written_whole_or_not_at_all(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "assessment.md"
    words = ("assess", str(EXAMPLES[0]), "--format", "markdown")
    assert ask(*words, "--output", str(target)).out == f"wrote {target}\n"
    assert target.read_text() == ask(*words).out
    status, _, err = ask(*words, "--output", str(tmp_path / "no" / "where.md"))
    assert status == 2
    assert f"{tmp_path / 'no' / 'where.md'}: there is no folder {tmp_path / 'no'}" in err
    assert ask(*words, "--output", str(tmp_path)).status == 2
    assert sorted(tmp_path.iterdir()) == [target]


def test_odd_names_of_files_reach_no_terminal_and_are_found(ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[31m\u202eb"
    (folder / "measured").mkdir(parents=True)
    (folder / "measured" / "own.yaml").write_text(OVERLAY)
    path = folder / "d.yaml"
    told = ask("assess", "--init", str(folder / "new.yaml")).out
    path.write_text("deployment: 1\nname: x\nresults: [{evidence: measured}]\n")
    told += ask("assess", str(path), "--output", str(folder / "out.txt")).out
    assert told.replace("\n", "").isprintable()
    assert (folder / "out.txt").is_file()


def test_evidence_beside_the_file_counts_and_is_named_in_commands(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "own.yaml").write_text(
        "references: [{id: mine, status: confirmed, title: Ours, year: 2026}]\n"
        "observations: [{id: measured.mine, defense: PD1, risk: R1, effect: decrease,"
        " kind: empirical, sources: [mine]}]\n"
    )
    path = tmp_path / "d.yaml"
    path.write_text(
        "deployment: 1\nname: x\ndefenses: [{defense: PD1}]\nrisks: [{risk: R1}]\n"
        "results: [{evidence: measured}]\n"
    )
    document = ask("assess", str(path), "--json").json
    assert document["risks"][0]["expect"] == "decrease"
    assert document["risks"][0]["grade"] == "measured_here"
    folder = tmp_path / "measured"
    assert f"--knowledge {folder}" in ask("assess", str(path), "--format", "markdown").out


def test_a_result_that_is_not_there_is_told_with_its_place(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("deployment: 1\nname: x\nresults: [{result: 'abcdef'}]\n")
    store = tmp_path / "results.sqlite"
    status, _, err = ask("assess", str(path), "--store", str(store))
    assert status == 2
    assert f"{path}:3:12 results[0].result:" in err


def test_evidence_that_is_not_there_is_told_with_its_place(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("deployment: 1\nname: x\nresults: [{evidence: none}, {evidence: d.yaml}]\n")
    status, _, err = ask("check", str(path))
    assert status == 2
    assert f"{path}:3:12 results[0].evidence: there is no folder {tmp_path / 'none'}" in err
    assert f"{path}:3:30 results[1].evidence: there is no folder {tmp_path / 'd.yaml'}" in err


def test_a_row_advises_on_the_defense_that_it_names(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("deployment: 1\nname: x\ndefenses: [{defense: PD1}, {defense: RD1}]\n")
    text = " ".join(ask("assess", str(path)).out.split())
    row = text.partition("Discriminatory behavior")[2].partition("Together")[0]
    assert "likely to rise by adversarial training" in row
    assert "Of differential privacy: See to it that" in row


def test_many_adversaries_are_all_named(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    names = [{"name": f"a{number}"} for number in range(8)]
    path.write_text(json.dumps({"deployment": 1, "name": "x", "adversaries": names}))
    text = " ".join(ask("assess", str(path)).out.split())
    assert "by a0, a1, a2, a3, a4, a5, a6 and a7: " in text


def test_own_knowledge_is_asked(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OVERLAY)
    plain = ask("assess", str(EXAMPLES[0]), "--json").json
    own = ask("assess", str(EXAMPLES[0]), "--json", "--knowledge", str(tmp_path)).json
    assert plain["knowledge"] != own["knowledge"]
    assert crosscurrent.assess(EXAMPLES[0], knowledge=tmp_path).to_dict() == own
    base = crosscurrent.load([str(tmp_path)])
    assert crosscurrent.assess(EXAMPLES[0], knowledge=base).to_dict() == own


@pytest.mark.parametrize("start", ["", "`", "# ", "~~~"])
def test_names_of_a_file_are_no_markup(ask: Ask, tmp_path: Path, start: str) -> None:
    path = tmp_path / "d.yaml"
    name = f"{start}<script>alert(1)</script> | `rm` [x](y)"
    path.write_text(json.dumps({"deployment": 1, "name": name, "purpose": name, "defenses": []}))
    for form in ("markdown", "model-card"):
        markdown = ask("assess", str(path), "--format", form).out
        assert "<script>" not in re.sub(r"\\.", "", markdown)
        assert "[x](y)" not in markdown
        assert not start or f"\n{start}\\<" not in markdown
    assert "<script>" not in crosscurrent.assess(path)._repr_html_()
