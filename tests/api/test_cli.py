"""The command line: documents, and words for people."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from commands import COMMAND, PAPERS, Ask

from crosscurrent.api.cli import main
from crosscurrent.api.text.names import percent
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor import documents
from crosscurrent.predictor import joint_documents as joint
from crosscurrent.predictor.assessment_backtest import assessment_backtest
from crosscurrent.predictor.backtest import backtest
from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.collusion_backtest import collusion_backtest
from crosscurrent.predictor.conflict_backtest import conflict_backtest
from crosscurrent.predictor.interactions import matrix, predict, predict_all
from crosscurrent.predictor.measured_backtest import measured_backtest
from crosscurrent.predictor.scenarios import scenario

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
        "measured": documents.measured_backtest_document(measured_backtest(kb)),
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
