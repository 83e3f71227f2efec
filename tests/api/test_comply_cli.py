"""`comply` on the command line: text that shows what the document says, Markdown, and bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import Ask

from crosscurrent.api.answers.compliance import comply
from crosscurrent.api.cli import main
from crosscurrent.knowledge import KnowledgeBase

Capture = pytest.CaptureFixture[str]
EXAMPLES = Path(__file__).parents[2] / "docs/examples/deployments"


def printed(capsys: Capture, *words: str, status: int = 0) -> str:
    assert main(["comply", *words]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out if status == 0 else err


@pytest.mark.parametrize("name", ["AISVS:1", "AISVS:3", "AI Act", "rmf"])
def test_the_text_names_every_requirement_that_applies(
    capsys: Capture, kb: KnowledgeBase, name: str
) -> None:
    document = comply(kb, name)
    text = " ".join(printed(capsys, name).split())
    for each in document["requirements"]:
        assert each["number"] in text
        assert each["why"] is None or each["why"] in text
        for wanted in each["defenses"]:
            assert wanted["chosen"] in text
    readings = [each for each in document["requirements"] if each["basis"] == "inferred"]
    assert text.count("our reading") == len(readings)
    assert text.count("legal advice") == 1
    assert document["knowledge"][:19] in text


def test_the_text_shows_each_danger_with_its_works_and_each_repair(
    capsys: Capture, kb: KnowledgeBase
) -> None:
    text = " ".join(printed(capsys, "AISVS:3").split())
    assert (
        "11.1.4 → 1.1.5 adversarial_training@in takes away poisoning, which data_watermarking@pre"
        " uses (inferred): conflict (expected by the rule, published: Szyller and Asokan 2023)"
    ) in text
    assert "11.1.4, 11.2.4: each other" in text
    assert "fingerprinting@post raises membership inference (published once: Maini" in text
    assert "1.1.5: leave out data_watermarking@pre then: disputed" in text
    assert "unmet: 1.1.5" in text
    document = comply(kb, "AISVS:3")
    assert text.count(" raises ") == sum(each["risk"] is not None for each in document["dangers"])


def test_what_is_in_place_is_marked(capsys: Capture) -> None:
    text = printed(capsys, "AISVS:3", "--have", "watermarking@in", "--have", "explanations")
    assert "watermarking@in, in place (or fingerprinting)" in text
    assert re.search(r"^  in place → ", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["ai_act", "aisvs"])
def test_markdown_has_both_drafts_with_sources_the_digest_and_what_is_open(
    capsys: Capture, kb: KnowledgeBase, name: str
) -> None:
    text = printed(capsys, name, "--format", "markdown")
    document = comply(kb, name)
    parts = dict(re.findall(r"^## (.+?)\n\n(.+?)(?=\n\n## |\Z)", text, re.MULTILINE | re.DOTALL))
    effects = next(part for head, part in parts.items() if "Article 9(4)" in head)
    decided = next(part for head, part in parts.items() if "Annex IV(2)(b)" in head)
    assert effects.count("\n- ") == len(document["dangers"])
    assert decided.count("\n- ") == len(document["repairs"])
    assert "To be filled in by the provider" in decided
    cited = {work for each in document["dangers"] for work in each["works"]}
    cited |= {source for each in document["requirements"] for source in each["sources"]}
    assert cited == set(re.findall(r"^- `(\w+)`:", parts["Sources"], re.MULTILINE))
    assert f"Knowledge: `{kb.digest}`." in text
    assert text.count("legal advice") == 1
    assert document["standard"]["url"] in text
    for each in document["requirements"]:
        assert each["interpretation"] is None or each["interpretation"] in text


def test_markdown_says_so_where_nothing_acts_on_anything(capsys: Capture) -> None:
    text = printed(capsys, "rmf", "--format", "markdown")
    assert "No defenses are asked for or in place" in text
    assert "No trade-off between these requirements is known" in text
    text = printed(capsys, "AISVS:1", "--have", "data_augmentation", "--format", "markdown")
    assert "Considered together: data_augmentation@pre." in text


def test_a_standard_is_shown_with_its_requirements(capsys: Capture, kb: KnowledgeBase) -> None:
    for words in (["AISVS"], ["requirements"]):
        assert main(["kb", "show", *words]) == 0
        text = " ".join(capsys.readouterr().out.split())
        for each in kb.requirements_of("aisvs"):
            assert f"{each.asks} {each.summary}" in text


def test_json_is_the_document(capsys: Capture, kb: KnowledgeBase) -> None:
    for words in (("--json",), ("--format", "json")):
        assert json.loads(printed(capsys, "AISVS:2", *words)) == comply(kb, "aisvs", level="2")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("AISV",), "unknown standard 'AISV' (did you mean aisvs?)"),
        (("AISVS:4",), "OWASP AISVS has no level '4': the levels are 1, 2, 3"),
        (("rmf:1",), "NIST AI RMF has no levels: write ai_rmf"),
        (("evasion",), "evasion is a risk, not a standard"),
        (("AISVS", "--have", "rlhf"), "unknown defense 'rlhf'"),
        (("AISVS", "--have", "fingerprinting@in"), "fingerprinting has no variant at stage"),
        (("AISVS", "--json", "--format", "markdown"), "give --json or --format markdown, not both"),
        (("AISVS", "--knowledge", "papers"), "this knowledge holds no standards"),
    ],
)
def test_bad_input_is_told_in_a_line(capsys: Capture, words: tuple[str, ...], told: str) -> None:
    text = printed(capsys, *words, status=2)
    assert told in text
    assert len(text.splitlines()) == 1


def test_a_deployment_is_in_place_and_its_decisions_are_in_the_drafts(
    ask: Ask, tmp_path: Path
) -> None:
    text = (EXAMPLES / "health.yaml").read_text() + (
        "accepted:\n  - finding: rise:membership_inference:explanations\n"
        "    reason: doctors need them\n    owner: the board\n    until: '2030-01-31'\n"
    )
    path = tmp_path / "health.yaml"
    path.write_text(text)
    told = ask("comply", "AI Act", "--deployment", str(path), "--format", "markdown").out
    assert "- Attribute inference: ▲ 84 % likely to rise by explanations" in told
    assert "Accepted until 2030-01-31 by the board: doctors need them" in told
    assert "Not decided on: 11 of 12." in told
    path.write_text(text.replace("2030-01-31", "2020-01-31").replace("the board", "<b>x</b>"))
    told = ask("comply", "AI Act", "--deployment", str(path), "--format", "markdown").out
    assert "Accepted until 2020-01-31, which has passed, by \\<b\\>x\\</b\\>: doctors" in told
    assert "Not decided on: 12 of 12." in told
    have = ("--have", "explanations", "--have", "differential_privacy")
    by_file = ask("comply", "AI Act", "--deployment", str(path), "--json").json
    assert by_file == ask("comply", "AI Act", *have, "--json").json
    path.write_text("deployment: 1\nname: x\ndefenses: [{defense: nope}]\n")
    assert ask("comply", "AI Act", "--deployment", str(path)).status == 2
