"""Checks in words: what a change does, and what is to be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gates import checked, deployment

from crosscurrent.api.answers import checks as answers
from crosscurrent.api.formats.sarif import sarif
from crosscurrent.api.text import checks as text
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.deployments.check_documents import check_document


def changes(**given: Any) -> Any:
    empty: dict[str, Any] = {key: [] for key in ("because", "statements", "risks", "new", "gone")}
    return {"since": None, "digest": "d", "knowledge": "k", **empty, **given}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Nothing changed since the accepted assessment"),
        ({"since": "2027-01-15"}, "Nothing changed since the accepted assessment of 2027-01-15"),
        ({"because": ["file"]}, "Since the accepted assessment, the deployment changed"),
        (
            {"because": ["file", "knowledge"], "since": "2027-01-15"},
            "Since the accepted assessment of 2027-01-15, the deployment and the knowledge changed",
        ),
        (
            {"new": ["rise:evasion:x"]},
            "Since the accepted assessment, neither changed, but Crosscurrent itself",
        ),
    ],
)
def test_what_differs_is_named(given: dict[str, Any], said: str) -> None:
    assert text.because(changes(**given)) == said


def test_a_dispute_is_not_told_as_a_conflict(kb: KnowledgeBase) -> None:
    check = checked(kb, deployment(defenses=("data_watermarking", "PD1")))
    (told,) = (
        words.sentence
        for name, words in text.said(kb, check).items()
        if name == "disputed:data_watermarking:differential_privacy"
    )
    assert "were seen to work together, though a conflict was seen or is expected" in told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("tail: long", None, "data.tail: tail: long before, no longer stated"),
        (None, "short", "data.tail: short (new)"),
        ("long", "short", "data.tail: long before, now short"),
    ],
)
def test_statements_are_told_with_both_values(
    before: str | None, after: str | None, said: str
) -> None:
    assert text.statement({"field": "data.tail", "before": before, "after": after}) == said


def outcome(expect: str, likelihood: float | None) -> dict[str, Any]:
    return {"expect": expect, "grade": "replicated", "likelihood": likelihood}


@pytest.mark.parametrize(
    ("cause", "way", "before", "after", "said"),
    [
        (["file"], "raises", ("unknown", None), ("increase", 0.8), "This change raises evasion"),
        (
            ["knowledge"],
            "no_longer_lowers",
            ("decrease", 0.8),
            ("depends", 0.3),
            "New knowledge no longer lowers evasion",
        ),
        (
            ["file", "knowledge"],
            "lowers",
            ("increase", 0.8),
            ("decrease", 0.9),
            "This change, with new knowledge, lowers evasion",
        ),
        (
            ["file"],
            "shifts",
            ("increase", 0.8),
            ("increase", 0.6),
            "This change makes a rise of evasion less likely",
        ),
        (
            [],
            "shifts",
            ("decrease", 0.8),
            ("decrease", 0.9),
            "A newer Crosscurrent makes a fall of evasion more likely",
        ),
        (["file"], "shifts", ("depends", 0.8), ("depends", 0.1), "This change bears on evasion"),
        (["file"], "shifts", ("increase", 0.8), ("increase", 0.8), "This change bears on evasion"),
    ],
)
def test_what_a_change_does_is_a_sentence(
    kb: KnowledgeBase,
    cause: list[str],
    way: str,
    before: tuple[str, float | None],
    after: tuple[str, float | None],
    said: str,
) -> None:
    change: Any = {"risk": "evasion", "way": way}
    change |= {"before": outcome(*before), "after": outcome(*after)}
    head, detail = text.risk_change(kb, change, cause)
    assert head == said
    assert detail.startswith("before: ")
    assert "; now: " in detail
    assert detail.count("likely") == sum(
        likelihood is not None and expect != "depends" for expect, likelihood in (before, after)
    )


def test_a_risk_that_is_no_longer_known_is_named_by_its_id(kb: KnowledgeBase) -> None:
    change: Any = {"risk": "own_risk", "way": "no_longer_raises", "after": None}
    head, detail = text.risk_change(
        kb, change | {"before": outcome("increase", 0.8)}, ["knowledge"]
    )
    assert head == "New knowledge no longer raises own_risk"
    assert detail.endswith("now: not known")


@pytest.mark.parametrize(
    "defenses", [("RD3@pre", "RD2@in"), ("PD1", "FD1"), ("PD1", "RD1"), ("FD1",), ()]
)
def test_every_finding_has_a_sentence(kb: KnowledgeBase, defenses: tuple[str, ...]) -> None:
    check = checked(kb, deployment(defenses=defenses, risks="P1: high, F: low, R2: low"))
    told = text.said(kb, check)
    assert list(told) == [each.finding.id for each in check.judged]
    for words in told.values():
        assert words.sentence.endswith(".")
        assert not words.sentence.endswith("..")
    for each in check.judged:
        if each.finding.kind in ("rise", "unprotected"):
            assert told[each.finding.id].to_do
        if each.finding.kind in ("conflict", "not_trainable"):
            words = told[each.finding.id]
            assert "repair: " in words.sentence or words.to_do == "leave one of them out"


def test_a_finding_of_a_kind_that_is_no_longer_known_is_still_told_as_gone(
    kb: KnowledgeBase,
) -> None:
    check = checked(kb, deployment())
    document = check_document(check)
    document["changes"] = changes(gone=[{"id": "older:x", "kind": "older"}])
    (gone,) = [
        each
        for each in sarif(document, text.said(kb, check), "1.0")["runs"][0]["results"]
        if each["baselineState"] == "absent"
    ]
    assert gone["ruleId"] == "older"
    assert "ruleIndex" not in gone


def test_what_is_too_large_is_no_earlier_assessment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_BYTES", 10)
    (tmp_path / "large.json").write_text(" " * 11)
    with pytest.raises(InputError, match=r"large\.json: larger than"):
        answers.earlier(str(tmp_path / "large.json"))
