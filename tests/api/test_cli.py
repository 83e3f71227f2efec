"""The command line: documents, words for people, exit codes, silly input."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crosscurrent.api.cli import main
from crosscurrent.api.text.assessments import backing
from crosscurrent.api.text.names import percent
from crosscurrent.api.text.wording import SEEN, VERBS, strength
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge._records import IDENTITY, STAGED
from crosscurrent.knowledge.sssom import sssom
from crosscurrent.predictor import documents
from crosscurrent.predictor import joint_documents as joint
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.assessment_backtest import assessment_backtest
from crosscurrent.predictor.backtest import backtest
from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.collusion_backtest import collusion_backtest
from crosscurrent.predictor.conflict_backtest import conflict_backtest
from crosscurrent.predictor.interactions import matrix, predict, predict_all
from crosscurrent.predictor.scenarios import scenario

PAPERS = ("--knowledge", "papers")
"""Asks the three papers alone, which the literature cannot change."""

COMMAND = Path(sys.executable).with_name("crosscurrent")


class Answer(NamedTuple):
    """What one command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Ask = Callable[..., Answer]


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


OVERLAY = """\
references:
  - {id: me2026, status: confirmed, title: Our audit, year: 2026}
correlations:
  - {subject: FD1, factor: D2, sign: '+', sources: [me2026]}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.yaml").write_text(OVERLAY, encoding="utf-8")
    return folder


# documents


def test_json_is_the_same_document_as_from_python(ask: Ask, kb: KnowledgeBase) -> None:
    pair = documents.prediction_document(kb, predict(kb, "RD1", "P1"))
    assert ask("predict", "adversarial_training", "membership_inference", "--json").json == pair
    whole = documents.predictions_document(kb, "adversarial_training", predict_all(kb, "RD1"))
    assert ask("predict", "RD1", "--json").json == whole
    table = documents.matrix_document(kb, matrix(kb))
    assert ask("matrix", "--json").json == table
    assert ask("matrix", "--format", "json").json == table
    honest = {
        "kind": "backtest",
        "interactions": documents.interaction_backtest_document(backtest(kb, seed=7, resamples=50)),
        "assessments": documents.assessment_backtest_document(assessment_backtest(kb)),
        "conflicts": joint.conflict_backtest_document(conflict_backtest(kb)),
        "collusion": joint.collusion_backtest_document(collusion_backtest(kb)),
        "seed": 7,
        "resamples": 50,
        "knowledge": kb.digest,
    }
    assert ask("backtest", "--json", "--seed", "7", "--resamples", "50").json == honest


def test_what_if_json_is_the_same_document_as_from_python(ask: Ask, kb: KnowledgeBase) -> None:
    assumed = scenario(
        kb, raise_=["D2"], lower=["D1"], hold=["M1"], adversary={"role": "malicious_accuser"}
    )
    words = "--raise D2 --lower D1 --hold M1 --adversary role=malicious_accuser --json".split()
    changes = [what_if(kb, "RD1", risk, assumed) for risk in kb.risks]
    expected = documents.what_if_document(kb, "adversarial_training", assumed, changes)
    assert ask("what-if", "RD1", *words).json == expected
    one = [what_if(kb, "RD1", "R3", assumed)]
    expected = documents.what_if_document(kb, "adversarial_training", assumed, one)
    assert ask("what-if", "RD1", "R3", *words).json == expected


@pytest.mark.parametrize("name", ["adversarial_training", "RD1", "rd1", "Adversarial-Training"])
def test_ids_and_codes_work_alike_in_any_case(ask: Ask, name: str) -> None:
    assert ask("predict", name, "p1", "--json").json["defense"] == "adversarial_training"


# words for people


def test_predict_tells_a_stranger_what_why_and_how_sure(ask: Ask) -> None:
    answer = ask("predict", "differential_privacy", "evasion", *PAPERS)
    assert answer.status == 0
    assert "▲ Differential privacy increases evasion." in answer.out
    assert "69 % likely; disputed: 2 works saw an increase and 1 work saw a decrease" in answer.out
    assert "It lowers curvature smoothness and boundary distance" in answer.out
    assert "an increase: the factors disagree, and the dominant ones decide" in answer.out
    assert "* ▲  Curvature smoothness" in answer.out
    assert "  ▼  Tail length" in answer.out
    assert "▲ increase (empirical): Boenisch et al. 2021; Tursynbek et al. 2020" in answer.out
    assert "▼ decrease as an exception, condition not stated: Bu et al. 2021?" in answer.out
    assert "knowledge sha256:" in answer.out


def test_no_evidence_is_said_as_plainly_as_increases(ask: Ask) -> None:
    answer = ask("predict", "fingerprinting", "discriminatory_behavior")
    assert "? Nothing is known of what fingerprinting does to discriminatory" in answer.out
    assert "silent: no evidence: defense and risk share no factor" in answer.out
    assert "· unexplored: nothing known for this pair" in answer.out
    assert "%" not in answer.out


def test_an_unidentified_work_is_marked_and_not_guessed(ask: Ask) -> None:
    assert "[180] not identified" in ask("predict", "RD1", "P2", *PAPERS).out


def test_predict_lists_every_risk(ask: Ask, kb: KnowledgeBase) -> None:
    out = ask("predict", "FD2").out
    assert all(risk.name in out for risk in kb.risks.values())


def test_a_voice_that_disagrees_is_pointed_out(ask: Ask) -> None:
    out = ask("predict", "RD1", "F", *PAPERS).out
    assert re.search(r"guideline +!  a decrease", out)
    assert re.search(r"factors, fitted +!  36 % likely to increase", out)
    assert "!: says otherwise than what is expected" in out
    assert "!: says otherwise" not in ask("predict", "RD1", "P2", *PAPERS).out


def test_what_if_shows_before_after_and_why(ask: Ask) -> None:
    out = ask("what-if", "RD1", "P1", "--hold", "O3").out
    assert "with boundary distance held" in out
    before, after = re.findall(r" (?:before|after) .*", out)
    assert before.split()[1:3] == after.split()[1:3] == ["▲", "increase"]
    assert "± contested" in before
    assert after.count("▲ increase") == 2
    assert "boundary distance held: its decrease no longer counts" in " ".join(out.split())


@pytest.mark.parametrize(
    ("adversary", "expected"),
    [("malicious_accuser", "▼ decrease 81 %"), ("malicious_suspect", "▲ increase 59 %")],
)
def test_what_was_published_depends_on_the_adversary(
    ask: Ask, adversary: str, expected: str
) -> None:
    out = ask("what-if", "RD1", "--adversary", f"role={adversary}", *PAPERS).out
    row = out[out.index("Unauthorized") :].partition("P1 ")[0]
    before, after = re.findall(r" (?:before|after) .*", row)
    assert "± depends †" in before
    assert expected in after


def test_probabilities_never_look_like_certainty() -> None:
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.996, 1.0)] == [
        "1 %", "1 %", "50 %", "99 %", "99 %",
    ]  # fmt: skip


@pytest.mark.parametrize(("sign", "words"), [("+", "rises with it"), ("-", "falls as it rises")])
def test_a_paths_signs_are_put_into_the_right_words(ask: Ask, sign: str, words: str) -> None:
    risk = {"+": "P2", "-": "R3"}[sign]  # on tail length, and on model capacity
    out = ask("predict", "RD1", risk, *PAPERS).out
    assert f"risk {words}" in out
    factor = {"+": "Tail length", "-": "Model capacity"}[sign]
    (line,) = [line for line in out.splitlines() if factor in line]
    assert line.endswith(f"risk {words}")
    assert ("lowered; risk" in line) == (sign == "+")


def test_overlays_of_unusual_shape_are_put_into_true_words(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        """\
defenses:
  - {id: mine, name: Mine, pillar: security, protects_against: [F], meaning: no code}
correlations:
  - {subject: mine, factor: D2, sign: '?', sources: [duddu2024sok]}
  - {subject: mine, factor: M1, sign: '0', sources: [duddu2024sok]}
risks:
  - {id: evasion, action: revise, dominant: [D2]}
""",
        encoding="utf-8",
    )
    mine = (*PAPERS, "--knowledge", str(tmp_path))
    assert "Mine (mine), when effective" in ask("predict", "mine", *mine).out
    assert "the direction is not known" in ask("predict", "mine", "F", *mine).out
    assert "known to have no effect" in ask("predict", "mine", "R3", *mine).out
    assert "passive, dominant" in ask("predict", "PD1", "R1", *mine).out
    assert "(None)" not in ask("matrix", *mine).out
    assert ask("matrix", "--format", "svg", *mine).status == 0


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    "words",
    [
        "predict RD1", "predict RD1 P1", "predict RD1 R3", "what-if RD1 --raise D2 --hold M1",
        "what-if PD1 P4 --adversary defense_knowledge=aware", "matrix",
        "backtest --resamples 5", "kb show", "kb show tail_length", "kb show experiments",
    ],
)  # fmt: skip
def test_a_terminals_width_is_kept(width: int, words: str) -> None:
    """No line is longer than the terminal, measured in a real one."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    child = subprocess.Popen(
        [str(COMMAND), *words.split(), "--no-color"], stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):  # how the end of a pseudo-terminal shows on Linux
        while part := os.read(ours, 65536):
            output += part
    os.close(ours)
    _, trouble = child.communicate(timeout=60)
    assert (child.returncode, trouble) == (0, b"")
    lines = output.decode().splitlines()
    assert len(lines) > 3
    assert [line for line in lines if len(line) > width] == []


def test_what_if_says_when_nothing_assumed_reaches_a_risk(ask: Ask) -> None:
    out = ask("what-if", "RD2", "R3", "--raise", "D3").out
    assert "same" in out


def test_backtest_by_cases_of_ones_own(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("defense,risk,observed,work\nPD1,P1,decrease,abadi2016dpsgd\nX,P1,mixed,\n")
    out = ask("backtest", "--cases", str(file)).out
    assert "(1)" in out.splitlines()[0]
    assert "PD1-P1" in out
    assert "line 3 cannot be asked: X" in out
    document = json.loads(ask("backtest", "--cases", str(file), "--json").out)
    assert document["kind"] == "cases"
    assert [case["line"] for case in document["cases"]] == [2]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read: No such file"),
        (b"defense,risk,observed\nRD1,F,\xe9\n", "not UTF-8 at byte 28"),
        (b"defense,risk,observed\nRD1,F,up\n", "cases.csv:2:3 observed: should be"),
    ],
)
def test_cases_that_cannot_be_used_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, told: str
) -> None:
    file = tmp_path / "cases.csv"
    if content is not None:
        file.write_bytes(content)
    assert main(["backtest", "--cases", str(file)]) == 2
    assert told in capsys.readouterr().err


def test_backtest_prints_every_explored_cell(ask: Ask) -> None:
    out = ask("backtest", "--resamples", "20", *PAPERS).out
    assert "% of decided" in out
    cells = re.findall(r"^  [RPF]D\d-\w+ .*$", out, re.MULTILINE)
    assert len(cells) == 44
    for cell, verdict in (
        ("RD1-P2", "right"),
        ("RD1-F", "wrong"),
        ("RD1-P1", "contested"),
        ("FD2-R1", "unknown"),
        ("RD2-R1", "wrong, model wrong"),
        ("RD3-R3", "right, meant for it"),
    ):
        (line,) = [line for line in cells if line.startswith(f"  {cell} ")]
        assert verdict in line
    assert re.search(r"guideline +30 +6 +3 +5 +22/26 of 32 +8/10 of 12", out)
    assert re.search(r"model, pair held out +40 +4 +0 +0", out)
    assert "consistency, not proof" in out


# the matrix


def test_matrix_csv_has_a_row_for_every_pair(ask: Ask, kb: KnowledgeBase) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("matrix", "--format", "csv").out)))
    assert len(rows) == len(kb.defenses) * len(kb.risks)
    for row in rows:
        answer = predict(kb, row["defense"], row["risk"])
        assert row["conjecture"] == answer.conjecture
        assert float(row["probability_increase"]) == answer.probability_increase
        assert row["intended"] == str(answer.intended).lower()
        assert row["published"].split() == list(answer.published)
        assert row["conditional"] == str(answer.conditional).lower()
        assert row["decisive_factors"].split() == [path.factor.id for path in answer.decisive]
        assert row["knowledge"] == kb.digest
        assessed = assess(kb, answer)
        assert (row["expect"], row["grade"]) == (assessed.expect, assessed.grade)
        assert row["likelihood"] == (
            "" if assessed.likelihood is None else str(assessed.likelihood)
        )
    assert any(row["published"] for row in rows)


def test_matrix_svg_is_self_contained_and_says_each_cell_in_words(
    ask: Ask, kb: KnowledgeBase
) -> None:
    out = ask("matrix", "--format", "svg").out
    root = ET.fromstring(out)
    space = "{http://www.w3.org/2000/svg}"
    titles = [each.text or "" for each in root.iter(f"{space}title")]
    assert len(titles) == 1 + len(kb.defenses) * len(kb.risks)
    for row in matrix(kb):
        for answer in row:
            names = f"{kb.defenses[answer.defense].name}, {kb.risks[answer.risk].name}:"
            (title,) = [text for text in titles if text.startswith(names)]
            assessed = assess(kb, answer)
            verb = VERBS[assessed.expect]
            assert title.startswith(f"{names} {verb}")
            if assessed.likelihood is None:
                assert "%" not in title
            else:
                assert f"{percent(assessed.likelihood)} likely" in title
            published = title.partition("published: ")[2]
            assert published.startswith(SEEN[answer.published[0]] if answer.published else "unex")
            assert all(SEEN[effect] in published for effect in answer.published)
            assert ("depending on adversary or setting" in title) == answer.conditional
            assert title.endswith("meant for") == answer.intended
            assert ("says otherwise" in title) == assessed.voices[0].disagrees
    assert out.count("http") == 1  # the namespace
    assert root.find(f"{space}script") is None


def test_in_the_picture_colour_arrow_and_badge_say_the_same_as_the_words(ask: Ask) -> None:
    root = ET.fromstring(ask("matrix", "--format", "svg").out)
    space = "{http://www.w3.org/2000/svg}"
    shades: dict[str, set[str]] = {}
    for cell in root.iter(f"{space}g"):
        spoken = cell.findtext(f"{space}title") or ""
        conjecture = spoken.partition(": ")[2].partition(";")[0]
        words = cell.findall(f"{space}text")
        assert (words[0].text or "").endswith(conjecture)
        rect = cell.find(f"{space}rect")
        assert rect is not None
        shades.setdefault(conjecture, set()).add(rect.attrib["fill"])
        assert ("stroke" in rect.attrib) == ("meant for" in spoken)
        assert (words[1].text or "").endswith("!") == ("says otherwise" in spoken)
        badges = cell.findall(f"{space}path")
        published = re.split("[,;]", spoken.partition("published: ")[2])[0]
        effects = [] if published == "unexplored" else published.split(" and ")
        for badge, effect in zip(badges, reversed(effects), strict=True):
            if effect in ("increase", "decrease"):  # M x base H x L x tip Z: up is a smaller y
                _, base, _, _, tip = map(float, re.findall(r"-?[\d.]+", badge.attrib["d"]))
                assert effect == ("increase" if tip < base else "decrease")
    for conjecture, warm in (("increases", True), ("decreases", False)):
        assert len(shades[conjecture]) == 3
        for shade in shades[conjecture]:
            red, blue = int(shade[1:3], 16), int(shade[5:7], 16)
            assert (red > blue) == warm


def test_the_likelier_a_direction_the_stronger_its_colour(kb: KnowledgeBase) -> None:
    document = documents.prediction_document(kb, predict(kb, "RD1", "R1"))
    assert document["assessment"]["expect"] == "decrease"
    strengths = []
    for likely in (0.6, 0.7, 0.95):
        document["assessment"]["likelihood"] = likely
        strengths.append(strength(backing(document)))
    assert strengths == [0, 1, 2]
    document["assessment"]["expect"] = "depends"
    assert strength(backing(document)) == 0


def test_without_unicode_a_picture_keeps_its_arrows_as_references() -> None:
    done = process(
        "matrix", "--format", "svg", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    text = "".join(ET.fromstring(done.stdout.decode("ascii")).itertext())
    assert "▼ decreases" in text
    assert "? decreases" not in text


def test_hostile_names_in_an_overlay_stay_text_in_the_picture(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "risks:\n  - {id: evasion, action: revise, name: '<script>alert(1)</script> & co'}\n",
        encoding="utf-8",
    )
    out = ask("matrix", "--format", "svg", "--knowledge", str(tmp_path)).out
    assert "<script" not in out
    assert "script>alert(1)" in "".join(ET.fromstring(out).itertext())


def test_matrix_table_has_every_defense_and_colours_only_where_wanted(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ask("matrix", *PAPERS).out
    assert "\x1b" not in plain
    rows = [line for line in plain.splitlines() if line.startswith(("RD", "PD", "FD"))]
    assert len(rows) == 7
    assert "[▼ 99 ▼]  ▲ 83 ▲   ± 36 △ " in rows[0]  # its purpose, published, depends
    assert rows[0].endswith("▲ 87!▲")  # the guideline says otherwise
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[48;5;" in ask("matrix").out
    assert "\x1b" not in ask("matrix", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in ask("matrix").out


# the knowledge base


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_defense_has_its_row_in_a_matrix_of_any_width(
    ask: Ask, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    table, _, explained = ask("matrix").out.partition("\n\n")
    head, *rows = table.splitlines()
    assert head.split() == [risk.code for risk in kb.risks.values()]
    assert len({row[:20] for row in rows}) == len(rows) == len(kb.defenses)
    assert max(map(len, rows)) <= width
    for defense, row in zip(kb.defenses.values(), rows, strict=True):
        assert row.startswith((defense.code or "", defense.name)[defense.code is None][:20])
        assert row.startswith(defense.name) or defense.name.lower() in " ".join(
            (row + explained).lower().split()
        )


def test_kb_check_counts_what_is_known(ask: Ask, kb: KnowledgeBase, overlay: Path) -> None:
    assert f"\n{kb.digest}\n" in ask("kb", "check").out
    answer = ask("kb", "check", str(overlay), "--json").json
    assert answer["records"]["correlations"] == len(kb.correlations) + 1
    assert answer["knowledge"] != kb.digest


def test_a_broken_overlay_is_reported_whole_and_ends_with_2(ask: Ask, overlay: Path) -> None:
    (overlay / "mine.yaml").write_text(
        OVERLAY.replace("sign: '+'", "sign: 'x', sing: 1").replace("[me2026]", "[me2025]"),
        encoding="utf-8",
    )
    for words in (
        ("kb", "check", str(overlay)),
        ("predict", "RD1", "--knowledge", str(overlay)),
        ("kb", "diff", str(overlay)),
    ):
        answer = ask(*words)
        assert answer.status == 2
        assert answer.out == ""
        place = f"{overlay / 'mine.yaml'}:4:"
        assert answer.err.count(place) == 3
        assert "unknown field (did you mean sign" in answer.err
        assert "(did you mean me2026?)" in answer.err


def test_kb_check_json_lists_every_problem_with_its_place(ask: Ask, overlay: Path) -> None:
    assert ask("kb", "check", str(overlay), "--json").json["sound"] is True
    (overlay / "mine.yaml").write_text("risks: [{id: 1}]\ncorrelation: []\n", encoding="utf-8")
    answer = ask("kb", "check", str(overlay), "--json")
    assert (answer.status, answer.err) == (2, "")
    document = answer.json
    assert document["sound"] is False
    assert {(p["line"], p["field"]) for p in document["problems"]} >= {
        (1, "risks[0].id"),
        (1, "risks[0].name"),
        (2, "correlation"),
    }
    assert {p["file"] for p in document["problems"]} == {str(overlay / "mine.yaml")}


def test_kb_diff_shows_which_fields_change(ask: Ask, overlay: Path) -> None:
    (overlay / "mine.yaml").write_text(
        "correlations: [{action: revise, subject: RD1, factor: D2, sign: '+'}]\n"
    )
    out = ask("kb", "diff", str(overlay), *PAPERS).out
    assert "revised  correlations  adversarial_training.tail_length: sign - → +" in out
    document = ask("kb", "diff", str(overlay), "--json", *PAPERS).json
    assert document["records"]["revised"] == {
        "correlations": {
            "adversarial_training.tail_length": {"sign": {"before": "-", "after": "+"}}
        }
    }


def test_every_question_is_answered_on_a_base_with_nothing_in_it(
    ask: Ask, kb: KnowledgeBase, tmp_path: Path
) -> None:
    """Retracting everything is odd, and no reason for a traceback."""
    lines = []
    for section, records in kb.rows.items():
        if not records:
            continue
        lines.append(f"{section}:")
        for row in records.values():
            one, joint_by, other = IDENTITY.get(section, ("id", "", ""))
            names = (one, other) if joint_by else (one,)
            if section in STAGED and "stage" in row:
                names = (*names, "stage")
            named = ", ".join(f"{name}: {row[name]}" for name in names)
            lines.append(f"  - {{action: retract, {named}}}")
    (tmp_path / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for words in (
        "matrix", "matrix --format csv", "matrix --format svg", "matrix --json", "kb show",
        "kb show factors", "backtest --resamples 5", "backtest --json --resamples 5", "kb check",
        "kb export --format dot", "kb export --format graphml",
    ):  # fmt: skip
        answer = ask(*words.split(), "--knowledge", str(tmp_path))
        assert (answer.status, answer.err) == (0, ""), words
    for words in ("predict RD1", "predict RD1 --json", "what-if RD1 --hold D1", "kb show RD1"):
        answer = ask(*words.split(), "--knowledge", str(tmp_path))
        assert (answer.status, answer.out) == (2, ""), words
        assert "there are none" in answer.err or "unknown" in answer.err


def test_the_next_question_is_suggested_with_the_same_knowledge(ask: Ask, overlay: Path) -> None:
    out = ask("predict", "FD1", "--knowledge", str(overlay)).out
    (line,) = [line for line in out.splitlines() if line.startswith("why")]
    words = shlex.split(" ".join(out[out.index(line) :].split("\n\n")[0].split()))
    assert ask(*words[2:]).status == 0
    assert str(overlay) in words


def test_overlays_come_from_the_environment_too(
    ask: Ask, overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ask("predict", "FD1", "F", "--json", "--knowledge", str(overlay)).json
    monkeypatch.setenv("CROSSCURRENT_KNOWLEDGE", str(overlay))
    assert ask("predict", "FD1", "F", "--json").json == given
    assert [path["code"] for path in given["paths"] if path["code"]] == ["O2.2", "D2"]


def test_kb_diff_says_what_changes_in_predictions(ask: Ask, overlay: Path) -> None:
    answer = ask("kb", "diff", str(overlay), *PAPERS)
    assert "added  correlations  group_fairness.tail_length (+)" in answer.out
    rows = answer.out[answer.out.index("FD1 → R2") :].partition("FD1 → P1")
    before, after = re.split(r"\bafter\b", rows[0])
    assert "before" in before
    assert "? unknown" in before
    assert "▲ increase" in after
    assert "D2 ▲" in after
    document = ask("kb", "diff", str(overlay), "--json").json
    assert document["records"]["added"]["references"] == ["me2026"]
    (overlay / "mine.yaml").write_text("references: [{id: me2026, status: confirmed}]\n")
    assert "none changes in conjecture" in ask("kb", "diff", str(overlay)).out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("factors", "boundary_distance"),
        ("references", "not identified"),
        ("adversary", "unaware < aware"),
        ("observations", "sok2024.explanations.evasion"),
        ("experiments", "Fairness weakens"),
        ("correlations", "evasion.tail_length"),
        ("tail_length", "rare or atypical records"),
        ("O2.1", "dataset_distinguishability"),
        ("P1", "was in the training data"),
        ("song2019privacy", "adversarial_training  +  dataset_distinguishability"),
        ("sok2024.experiment.group_fairness.data_reconstruction", "mean: 0.85"),
        ("sok2024.group_fairness.data_reconstruction", "numbers: crosscurrent kb show"),
        ("evasion.tail_length", "sign: +"),
        ("catalogues", "MITRE ATLAS, 5.6/2026.09"),
        ("mappings", "the same  Evade AI Model"),
        ("dp", "aliases: dp, differentially private"),
        ("evasion", "the same            AML.T0015 Evade AI Model"),
        ("fine-pruning", "no match (after training)"),
        ("evasion.atlas.aml_t0015", "(catalogue mapping evasion.atlas.aml_t0015)"),
    ],
)
def test_kb_show_shows_any_section_and_any_record(ask: Ask, name: str, expected: str) -> None:
    assert expected in ask("kb", "show", name).out
    document = ask("kb", "show", name, "--json").json
    assert document["knowledge"].startswith("sha256:")


def test_kb_show_without_a_name_gives_an_overview(ask: Ask) -> None:
    assert "correlations (50)" in ask("kb", "show", *PAPERS).out
    assert ask("kb", "show", "--json").json["records"]["references"] >= 171


def test_kb_export_is_read_back_by_networkx(ask: Ask, kb: KnowledgeBase) -> None:
    import networkx as nx

    read = [
        nx.parse_graphml(ask("kb", "export", "--format", "graphml").out),
        nx.node_link_graph(ask("kb", "export", "--format", "json").json, edges="edges"),
    ]
    for graph in read:
        edges = {name: kb.edges(name) for name in (*kb.defenses, *kb.risks)}
        assert graph.number_of_edges() == sum(map(len, edges.values()))
        assert graph.nodes["tail_length"]["code"] == "D2"
        for subject, own in edges.items():
            for factor, edge in own.items():
                ends = (subject, factor) if subject in kb.defenses else (factor, subject)
                when = " ".join(f"{key}={value}" for key, value in (edge.when or {}).items())
                assert graph.edges[ends]["sign"] == edge.sign
                assert graph.edges[ends]["sources"].split() == list(edge.sources)
                assert graph.edges[ends].get("when", "") == when


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pydot's parser uses old pyparsing names
def test_kb_export_dot_parses_and_keeps_signs(ask: Ask, kb: KnowledgeBase) -> None:
    import pydot

    graphs = pydot.graph_from_dot_data(ask("kb", "export", "--format", "dot").out)
    assert graphs is not None
    (graph,) = graphs
    edges = [edge for name in (*kb.defenses, *kb.risks) for edge in kb.edges(name).values()]
    assert len(graph.get_edges()) == len(edges)
    labels = {edge.get("label").strip('"') for edge in graph.get_edges()}
    assert labels == {edge.sign for edge in edges} >= {"+", "-"}


def test_kb_export_sssom_says_whose_license_it_is(
    ask: Ask, kb: KnowledgeBase, overlay: Path
) -> None:
    assert ask("kb", "export", "--format", "sssom").out == sssom(kb, built_in=True)
    own = ask("kb", "export", "--format", "sssom", "--knowledge", str(overlay)).out
    assert "#license: https://w3id.org/sssom/license/unspecified\n" in own


# silly input


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("predict", "adverserial_training"), "did you mean adversarial_training?"),
        (("predict", "nonsense"), "lists all"),
        (("predict", ""), "unknown defense ''"),
        (("predict", "RD1", "member"), "did you mean membership_inference?"),
        (("predict", "P1"), "P1 is a risk, not a defense"),
        (("predict", "RD1", "RD1"), "RD1 is a defense, not a risk"),
        (("predict", "RD1", "O3"), "O3 is a factor, not a risk"),
        (("predict", "x" * 5000), "…"),
        (("predict",), "DEFENSE"),
        (("predcit", "RD1"), "did you mean predict?"),
        (("predict", "RD1", "--jsn"), "did you mean --json?"),
        (("matrix", "--interaction"), "--interaction belongs to other questions"),
        (("matrix", "--format", "pdf"), "one of table, csv, json, svg"),
        (("matrix", "--format", "svgg"), "did you mean svg?"),
        (("kb", "chek"), "did you mean check or schema?"),
        (("kb",), "COMMAND"),
        ((), "name a command"),
        (("what-if", "RD1"), "nothing is assumed"),
        (("what-if", "RD1", "--hold", "M9"), "unknown factor 'M9'"),
        (("what-if", "RD1", "--raise", "D1", "--lower", "D1"), "can't be both"),
        (("what-if", "RD1", "--adversary", "role"), "should be KEY=VALUE"),
        (("what-if", "RD1", "--adversary", "role="), "should be KEY=VALUE"),
        (("what-if", "RD1", "--adversary", "rol=x"), "did you mean role?"),
        (("what-if", "RD1", "--adversary", "role=judge"), "malicious_suspect"),
        (
            ("what-if", "RD1", "--adversary", "role=malicious_suspect", "--adversary", "role=x"),
            "gives role twice",
        ),
        (("backtest", "--seed", "-1"), "--seed"),
        (("backtest", "--seed", "1.5"), "whole number"),
        (("backtest", "--resamples", "0"), "from 1 to"),
        (("kb", "show", "tail_lenght"), "did you mean tail_length?"),
        (("kb", "show", "zzzzzz"), "kb show lists all"),
        (("kb", "show", "robustness"), "the defense adversarial_training and the risk evasion"),
        (("predict", "machine_unlearnin"), "did you mean machine_unlearning?"),
        (("predict", "mia"), "mia is a risk (membership_inference), not a defense"),
        (("combine", "dp-sgd@pre", "RD1"), "dp-sgd is differential_privacy@in"),
        (
            (
                "kb",
                "export",
            ),
            "--format",
        ),
        (("kb", "check", "/nowhere"), "No such file or directory"),
        (("kb", "check", __file__), "is a file; give the folder"),
        (("predict", "RD1", "--knowledge", "/nowhere"), "/nowhere"),
        (("matrix", "--json", "--format", "svg"), "not both"),
        (("kb", "export", "--json", "--format", "dot"), "not both"),
        (("completion", "powershell"), "one of bash, zsh, fish"),
        (("completion", "csh"), "did you mean zsh?"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_silly_input_is_answered_with_what_to_do_and_2(
    ask: Ask, words: tuple[str, ...], expected: str
) -> None:
    answer = ask(*words)
    assert answer.status == 2
    assert answer.out == ""
    assert expected in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err) < 3000


def test_a_suggestion_is_never_what_was_typed(ask: Ask) -> None:
    for words in (("backtest", "--seed", "-1"), ("what-if", "RD1", "--hold"), ("predict",)):
        assert "did you mean" not in ask(*words).err


def test_without_a_question_the_help_is_shown(ask: Ask) -> None:
    assert "crosscurrent predict adversarial_training" in ask().err


def test_help_leads_to_examples_and_ends_with_0(ask: Ask) -> None:
    answer = ask("--help")
    assert answer.status == 0
    assert "crosscurrent predict adversarial_training" in answer.out
    assert ask("--version").out.startswith("crosscurrent ")


# as a process of its own


def process(*words: str, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **kwargs.pop("env", {})}
    return subprocess.run(
        [str(COMMAND), *words], env=environment, timeout=60, check=False, **kwargs
    )


def test_a_reader_that_stops_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as stream:
        done = process("matrix", "--json", stdout=stream, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_an_error_with_a_reason() -> None:
    broken = str(Path(__file__).parents[2] / "docs" / "examples" / "broken-knowledge")
    for words in (("matrix", "--json"), ("kb", "check", "--json", broken)):
        with open("/dev/full", "wb") as stream:
            done = process(*words, stdout=stream, stderr=subprocess.PIPE)
        assert done.returncode == 1
        assert done.stderr.decode() == "crosscurrent: standard output: No space left on device\n"


@pytest.mark.skipif(os.name != "posix", reason="closing a stream this way needs a POSIX shell")
def test_a_closed_standard_output_is_an_error_with_a_reason() -> None:
    script = f'exec "{COMMAND}" predict RD1 P1 >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", script], stderr=subprocess.PIPE, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"standard output is closed" in done.stderr


def test_output_without_unicode_is_still_readable() -> None:
    done = process(
        "predict", "PD1", "P4", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 0
    text = done.stdout.decode("ascii")
    assert "v decrease" in text
    assert "?" not in text.splitlines()[0]
    done = process(
        "predict", "PD1", "--json", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    assert json.loads(done.stdout)["defense"] == "differential_privacy"


def test_the_what_if_path_imports_nothing_heavy() -> None:
    """A cached start needs neither YAML nor pydantic, networkx, asyncio or the like."""
    script = (
        "import sys\n"
        "from crosscurrent.api.cli import main\n"
        "main(['predict', 'RD1', 'P1', '--json']); main(['what-if', 'RD1', '--hold', 'D1'])\n"
        "heavy = {'yaml', 'pydantic', 'networkx', 'numpy', 'torch', 'fastapi', 'rich', 'asyncio',"
        " 'argcomplete', 'pydot', 'difflib', 'random', 'typing_extensions',"
        " 'crosscurrent.knowledge._records.collusions',"
        " 'crosscurrent.knowledge._records.combinations'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for _ in range(2):  # the first fills the cache if need be
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "imported"),
    [
        (["--help"], set()),
        (["predict", "RD1", "P1"], {"predict"}),
        (["kb", "check"], {"kb"}),
        (["validate", "--help"], {"validate"}),
        (["results", "--help"], {"results"}),
    ],
)
def test_only_the_command_that_is_asked_for_is_imported(
    words: list[str], imported: set[str]
) -> None:
    script = (
        "import sys\n"
        "from contextlib import suppress\n"
        "from crosscurrent.api.cli import main\n"
        f"with suppress(SystemExit): main({words!r})\n"
        "from crosscurrent.api.cli.parser import COMMANDS\n"
        "modules = {module for module, _ in COMMANDS.values()}\n"
        "found = {m for m in modules if f'crosscurrent.api.cli.{m}' in sys.modules}\n"
        f"assert found == {imported!r}, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def completions(line: str, tmp_path: Path) -> list[str]:
    """Ask for completions as the bash script does."""
    answers = tmp_path / "answers"
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answers),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    done = process(env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    return answers.read_text().split("\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("crosscurrent pre", "predict"),
        ("crosscurrent predict adv", "adversarial_training"),
        ("crosscurrent predict RD", "RD1"),
        ("crosscurrent predict RD1 memb", "membership_inference"),
        ("crosscurrent what-if RD1 --hold tail", "tail_length"),
        ("crosscurrent what-if RD1 --adversary role", "role=malicious_accuser"),
        ("crosscurrent matrix --format s", "svg"),
        ("crosscurrent kb show obs", "observations"),
    ],
)
def test_shells_complete_commands_options_and_names(
    line: str, expected: str, tmp_path: Path
) -> None:
    assert expected in [answer.strip() for answer in completions(line, tmp_path)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_for_that_shell(ask: Ask, shell: str) -> None:
    out = ask("completion", shell).out
    assert "crosscurrent" in out
    assert {"bash": "complete ", "zsh": "compdef", "fish": "commandline"}[shell] in out
