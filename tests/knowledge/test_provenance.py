"""Provenance: a record was published or measured, and its file says which."""

from __future__ import annotations

import pytest

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, load

SECTIONS = ("observations", "combinations", "collusions")
HEAD = "references:\n  - {id: measured_here, status: confirmed, title: ours}\n"
RECORDS = {
    "observations": "defense: FD1, risk: R3, effect: decrease, kind: empirical",
    "combinations": "defenses: [watermarking@pre, fingerprinting@post], outcome: effective,"
    " status: explored",
    "collusions": "first: poisoning, second: evasion, effect: hinders, status: validated",
}


def evidence(section: str, identity: str = "measured.here", more: str = "") -> dict[str, bytes]:
    """Return a file with one record of a section."""
    record = f"id: {identity}, sources: [measured_here], {RECORDS[section]}{more}"
    return {"own.yaml": f"{HEAD}{section}:\n  - {{{record}}}\n".encode()}


def test_nothing_that_is_built_in_was_measured_in_your_own_models(kb: KnowledgeBase) -> None:
    measured = [
        each for section in SECTIONS for each in getattr(kb, section).values() if each.measured
    ]
    assert not any(each.own for each in measured)
    below = load("literature").rows
    assert not any("provenance" in row for section in SECTIONS for row in below[section].values())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_record_is_published_unless_it_says_otherwise(section: str) -> None:
    silent = load([evidence(section, "own.record")])
    said = load([evidence(section, "own.record", ", provenance: published")])
    measured = load([evidence(section, "own.record", ", provenance: measured")])
    assert getattr(silent, section)["own.record"].provenance == "published"
    assert said.digest == silent.digest != measured.digest
    assert getattr(measured, section)["own.record"].measured
    assert measured.rows[section]["own.record"]["provenance"] == "measured"


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("more", ["", ", provenance: null"])
def test_evidence_of_before_is_measured_by_its_id(section: str, more: str) -> None:
    old = load([evidence(section, more=more)])
    assert getattr(old, section)["measured.here"].measured
    assert old.digest == load([evidence(section, more=", provenance: measured")]).digest


@pytest.mark.parametrize("section", SECTIONS)
def test_an_id_and_a_provenance_that_contradict_each_other_are_refused(section: str) -> None:
    with pytest.raises(BrokenKnowledge, match="provenance: should be measured") as caught:
        load([evidence(section, more=", provenance: published")])
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.field) == (
        "own.yaml", 4, f"{section}[0].provenance",
    )  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_another_word_is_refused_with_those_there_are(section: str) -> None:
    with pytest.raises(BrokenKnowledge, match="should be 'published' or 'measured', not 'mesured'"):
        load([evidence(section, "own.record", ", provenance: mesured")])


def test_a_later_overlay_can_revise_where_a_record_comes_from() -> None:
    own = evidence("observations", "own.record")
    later = b"observations:\n  - {id: own.record, action: revise, provenance: measured}\n"
    assert load([own, {"later.yaml": later}]).observations["own.record"].measured
