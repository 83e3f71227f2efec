"""``crosscurrent check``: exit statuses, text, the accepted assessment, files written whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from commands import Ask
from gates import ACCEPTED, FAIRNESS, TODAY, deployment

import crosscurrent
from crosscurrent.knowledge import load

ROBUST = ("PD1", "RD1")
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a deployment file and returns its path."""

    def put(text: str, name: str = "deployment.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return put


def test_the_exit_status_is_the_verdict(ask: Ask, write: Write) -> None:
    file = write(deployment(ACCEPTED))
    assert ask("check", file, "--today", "2027-06-30").status == 0
    assert ask("check", file, "--today", "2027-07-01").status == 1
    assert ask("check", write(deployment())).status == 1
    assert ask("check", write("deployment: 2\nname: x\n")).status == 2
    assert ask("check", file + ".none").status == 2


def test_the_verdict_comes_first_and_then_what_fails_with_its_place(ask: Ask, write: Write) -> None:
    text = deployment(defenses=ROBUST)
    file = write(text)
    told = ask("check", file, "--today", TODAY)
    lines = told.out.splitlines()
    assert lines[0].startswith("Loan applications fails: 3 failing findings, ")
    place, _, rest = lines[2].partition(": ")
    assert rest == "fails rise:membership_inference:adversarial_training"
    name, line, column = place.rsplit(":", 2)
    assert name == file
    assert text.splitlines()[int(line) - 1][int(column) - 1 :].startswith("defense: RD1")
    assert lines[3].startswith("  Adversarial training increases membership inference")
    assert lines[4].startswith("  to do: ")
    assert "finding: 'rise:membership_inference:adversarial_training'" in told.out
    assert told.err == ""


def test_what_is_printed_can_be_pasted_into_the_file(ask: Ask, write: Write) -> None:
    text = deployment()
    told = ask("check", write(text), "--today", TODAY).out
    entry = told[told.index("  accepted:\n") :].split("\n\n")[0]
    pasted = f"{text}\n" + "\n".join(line[2:] for line in entry.splitlines())
    refused = ask("check", write(pasted))
    assert refused.status == 2
    assert "accepted[0].until" in refused.err  # whoever accepts must say until when
    assert ask("check", write(pasted.replace("YYYY-MM-DD", "2027-06-30"))).status == 0


def test_accepted_findings_are_told_with_owner_reason_and_last_day(ask: Ask, write: Write) -> None:
    file = write(deployment(ACCEPTED))
    told = ask("check", file, "--today", TODAY).out
    assert "1 accepted" in told.splitlines()[0]
    assert f"{FAIRNESS}\n    accepted by fairness officer until 2027-06-30: measured" in told
    expired = ask("check", file, "--today", "2028-01-01").out
    assert "until 2027-06-30, which has passed" in expired


def test_unused_acceptances_are_told_with_their_place(ask: Ask, write: Write) -> None:
    text = deployment(ACCEPTED.replace(FAIRNESS, FAIRNESS.replace("behavior", "behaviour")))
    file = write(text)
    told = " ".join(ask("check", file, "--today", TODAY).out.split())
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "behaviour" in each)
    assert f"{file}:{line}:5: accepted, but not found: rise:discriminatory_behaviour" in told
    assert f"(did you mean {FAIRNESS}?)" in told


def test_accept_keeps_the_check_beside_the_file_and_the_next_one_is_compared_with_it(
    ask: Ask, write: Write, tmp_path: Path
) -> None:
    file = write(deployment(ACCEPTED))
    kept = tmp_path / "deployment.accepted.json"
    first = ask("check", file, "--today", TODAY, "--accept")
    assert first.status == 0
    assert first.out.endswith(f"wrote {kept}\n")
    assert "Since" not in first.out
    document = json.loads(kept.read_text(encoding="utf-8"))
    assert document["kind"] == "deployment_check"
    assert document["changes"] is None
    again = ask("check", file, "--today", TODAY)
    assert f"Nothing changed since the accepted assessment of {TODAY}" in again.out
    write(deployment(ACCEPTED, ROBUST))
    changed = ask("check", file, "--today", TODAY)
    assert changed.status == 1
    assert f"Since the accepted assessment of {TODAY}, the deployment changed" in changed.out
    assert "This change raises membership inference\n" in changed.out
    assert "defenses.adversarial_training: in place (new)" in changed.out
    assert sorted(each.name for each in tmp_path.iterdir()) == [kept.name, "deployment.yaml"]


def test_an_accepted_assessment_excuses_nothing(ask: Ask, write: Write, tmp_path: Path) -> None:
    file = write(deployment())
    assert ask("check", file, "--accept").status == 1
    assert (tmp_path / "deployment.accepted.json").exists()
    assert ask("check", file).status == 1


def test_against_says_where_the_earlier_one_is_kept(ask: Ask, write: Write, tmp_path: Path) -> None:
    file, other = write(deployment(ACCEPTED)), str(tmp_path / "other.json")
    assert ask("check", file, "--against", other).status == 2
    assert ask("check", file, "--against", other, "--accept", "--today", TODAY).status == 0
    assert not (tmp_path / "deployment.accepted.json").exists()
    told = ask("check", file, "--against", other, "--today", TODAY, "--json").json
    assert told["changes"]["since"] == TODAY
    assert told["changes"]["because"] == []


def test_an_assessment_can_be_the_earlier_one(ask: Ask, write: Write, tmp_path: Path) -> None:
    file = write(deployment(ACCEPTED))
    earlier = tmp_path / "assessment.json"
    earlier.write_text(json.dumps(crosscurrent.assess(file).to_dict()), encoding="utf-8")
    told = ask("check", file, "--against", str(earlier), "--json").json["changes"]
    assert told["since"] is None
    assert told["because"] == told["risks"] == told["new"] == told["gone"] == []


def test_new_knowledge_is_said_to_be_the_cause(ask: Ask, write: Write) -> None:
    file = write(deployment())
    ask("check", file, "--knowledge", "papers", "--accept", "--today", TODAY)
    told = ask("check", file, "--today", TODAY).out
    assert f"accepted assessment of {TODAY}, the knowledge changed" in told
    assert "New knowledge " in told
    assert "This change" not in told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        ("[]", "Input should be an object"),
        ('{"kind": "prediction"}', "kind: Input should be 'deployment_assessment'"),
        ('{"kind": "deployment_check"}', "deployment: Field required"),
    ],
)
def test_a_file_that_is_no_earlier_check_is_refused_and_stays(
    ask: Ask, write: Write, tmp_path: Path, content: str, said: str
) -> None:
    file = write(deployment(ACCEPTED))
    kept = tmp_path / "deployment.accepted.json"
    kept.write_text(content)
    for more in ((), ("--accept",), ("--against", str(kept))):
        refused = ask("check", file, *more)
        assert refused.status == 2
        assert f"{kept}: not what crosscurrent assess or check printed" in refused.err
        assert said in refused.err
        assert kept.read_text() == content


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "accepted", "accepted.{}: until 2027-06-30 by fairness officer (new)"),
        ("accepted", "", "accepted.{}: until 2027-06-30 by fairness officer before, no longer"),
        ("", "name", "name: Loan applications before, now Another"),
        ("anybody", "everything", "adversaries.anybody.capability: honest_but_curious before"),
    ],
)
def test_whatever_else_the_file_says_otherwise_is_told(
    ask: Ask, write: Write, before: str, after: str, said: str
) -> None:
    who = "adversaries: [{name: anybody, given: {capability: honest_but_curious}}]"
    texts = {
        "": deployment(),
        "accepted": deployment(ACCEPTED),
        "name": deployment().replace("Loan applications", "Another"),
        "anybody": deployment(who),
        "everything": deployment(who.replace("honest_but_curious", "malicious")),
    }
    ask("check", write(texts[before]), "--accept", "--today", TODAY)
    told = " ".join(ask("check", write(texts[after]), "--today", TODAY).out.split())
    assert "the deployment changed" in told
    assert said.format(FAIRNESS) in told


def test_an_earlier_check_sends_nothing_to_the_terminal(ask: Ask, write: Write) -> None:
    file = write(deployment())
    earlier = ask("check", file, "--json", "--today", TODAY).json
    earlier["today"] = "\x1b[31m2027\u202e"
    earlier["deployment"]["facts"][0]["value"] = "\x1b[2J"
    earlier["findings"][0]["id"] = "rise\x9b"
    against = write(json.dumps(earlier), "earlier.json")
    told = ask("check", file, "--against", against, "--today", TODAY)
    assert "the deployment changed" in told.out
    assert told.out.replace("\n", "").isprintable()


def test_an_output_that_cannot_be_written_is_no_verdict(
    ask: Ask, write: Write, tmp_path: Path
) -> None:
    refused = ask("check", write(deployment(ACCEPTED)), "--today", TODAY, "--output", str(tmp_path))
    assert refused.status == 2
    assert f"{tmp_path}: can't be written (" in refused.err


def test_every_problem_of_a_file_is_told_at_once(ask: Ask, write: Write) -> None:
    file = write(
        "deployment: 1\nname: x\ndefences: []\npolicy: {rise_att: never}\n"
        "accepted: [{finding: a, reason: b, owner: c, until: '2027-02-30'}]\n"
    )
    refused = ask("check", file)
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.splitlines() == [
        f"{file}:3:1 defences: unknown field (did you mean defenses?)",
        f"{file}:4:10 policy.rise_att: unknown field (did you mean rise_at?)",
        f"{file}:5:53 accepted[0].until: 2027-02-30 is no day of the calendar",
        "crosscurrent: 3 problems in the deployment file; nothing was assessed",
    ]


@pytest.mark.parametrize("day", ["tomorrow", "2027-02-30", "", "30.06.2027"])
def test_a_day_is_a_day(ask: Ask, write: Write, day: str) -> None:
    refused = ask("check", write(deployment()), "--today", day)
    assert refused.status == 2
    assert "not a day; write it as 2027-06-30" in refused.err


def test_without_a_day_it_is_today(ask: Ask, write: Write) -> None:
    before = datetime.now(UTC).date().isoformat()
    told = ask("check", write(deployment()), "--json").json["today"]
    assert before <= told <= datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_output_is_written_and_the_text_is_printed(
    ask: Ask, write: Write, tmp_path: Path, form: str
) -> None:
    words = ("check", write(deployment(ACCEPTED)), "--today", TODAY, "--format", form)
    printed = ask(*words)
    target = tmp_path / "out"
    told = ask(*words, "--output", str(target))
    assert target.read_text(encoding="utf-8") == printed.out
    assert told.out.startswith("Loan applications passes: ")
    assert told.out.endswith(f"wrote {target}\n")


def test_output_where_no_folder_is_leaves_nothing(ask: Ask, write: Write, tmp_path: Path) -> None:
    file = write(deployment(ACCEPTED))
    refused = ask("check", file, "--accept", "--output", str(tmp_path / "none" / "out"))
    assert refused.status == 2
    assert "there is no folder" in refused.err
    assert [each.name for each in tmp_path.iterdir()] == ["deployment.yaml"]


def test_json_and_another_format_exclude_each_other(ask: Ask, write: Write) -> None:
    refused = ask("check", write(deployment()), "--json", "--format", "sarif")
    assert refused.status == 2
    assert "not both" in refused.err


def test_python_gives_the_same_document(ask: Ask, write: Write) -> None:
    file = write(deployment(ACCEPTED))
    ask("check", file, "--today", TODAY, "--accept")
    write(deployment(ACCEPTED, ROBUST))
    printed = ask("check", file, "--today", "2027-02-01", "--json")
    for today in ("2027-02-01", date(2027, 2, 1), datetime(2027, 2, 1, 12, tzinfo=UTC)):
        answer = crosscurrent.check(file, today=today)
        assert answer.to_dict() == printed.json
    assert not answer.passes
    assert [each.finding.kind for each in answer.failing] == ["rise", "rise"]
    assert [each.finding.id for each in answer.accepted] == [FAIRNESS]
    assert answer.unused == ()
    assert answer.changes == printed.json["changes"]
    assert answer.to_sarif() == json.loads(
        ask("check", file, "--today", "2027-02-01", "--format", "sarif").out
    )
    junit = ask("check", file, "--today", "2027-02-01", "--format", "junit").out
    assert answer.to_junit() == junit
    assert "This change raises membership inference" in str(answer)
    assert "<table" in answer._repr_html_()
    with_base = crosscurrent.check(file, today=TODAY, knowledge=load(["papers"]))
    assert with_base.changes is not None
    assert with_base.changes["because"] == ["file", "knowledge"]


def test_a_frame_has_a_row_for_each_finding(write: Write) -> None:
    pytest.importorskip("pandas")
    answer = crosscurrent.check(write(deployment(ACCEPTED)), today=TODAY)
    frame = answer.to_frame()
    assert list(frame["finding"]) == [each["id"] for each in answer.to_dict()["findings"]]
    assert list(frame.columns) == list(answer.columns)
    accepted = frame[frame["state"] == "accepted"]
    assert list(accepted["owner"]) == ["fairness officer"]
    assert list(accepted["until"]) == ["2027-06-30"]
