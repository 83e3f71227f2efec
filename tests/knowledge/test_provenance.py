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


def evidence(identity: str = "measured.here", more: str = "") -> dict[str, bytes]:
    """Return a file with one record of each section."""
    text = HEAD
    for section, record in RECORDS.items():
        text += f"{section}:\n  - {{id: {identity}, sources: [measured_here], {record}{more}}}\n"
    return {"own.yaml": text.encode()}


def test_nothing_that_is_built_in_was_measured_in_your_own_models(kb: KnowledgeBase) -> None:
    measured = [
        each for section in SECTIONS for each in getattr(kb, section).values() if each.measured
    ]
    assert not any(each.own for each in measured)
    below = load("literature").rows
    assert not any("provenance" in row for section in SECTIONS for row in below[section].values())


def test_a_record_is_published_unless_it_says_otherwise() -> None:
    silent = load([evidence("own.record")])
    said = load([evidence("own.record", ", provenance: published")])
    measured = load([evidence("own.record", ", provenance: measured")])
    assert said.digest == silent.digest != measured.digest
    for section in SECTIONS:
        assert getattr(silent, section)["own.record"].provenance == "published"
        assert getattr(measured, section)["own.record"].measured
        assert measured.rows[section]["own.record"]["provenance"] == "measured"


@pytest.mark.parametrize("more", ["", ", provenance: null"])
def test_evidence_of_before_is_measured_by_its_id(more: str) -> None:
    old = load([evidence(more=more)])
    assert all(getattr(old, section)["measured.here"].measured for section in SECTIONS)
    assert old.digest == load([evidence(more=", provenance: measured")]).digest


def refused(files: dict[str, bytes]) -> list[tuple[str, int, str, str]]:
    """Return the problems of a file that is refused."""
    with pytest.raises(BrokenKnowledge) as caught:
        load([files])
    return [(each.file, each.line, each.field, each.message) for each in caught.value.problems]


def test_an_id_and_a_provenance_that_contradict_each_other_are_refused() -> None:
    found = refused(evidence(more=", provenance: published"))
    assert [each[:3] for each in found] == [
        ("own.yaml", 4 + 2 * place, f"{section}[0].provenance")
        for place, section in enumerate(SECTIONS)
    ]
    assert all(each[3].startswith("should be measured") for each in found)


def test_another_word_is_refused_with_those_there_are() -> None:
    found = refused(evidence("own.record", ", provenance: mesured"))
    said = "should be 'published' or 'measured', not 'mesured'"
    assert [said in each[3] for each in found] == [True] * len(SECTIONS)


def test_a_later_overlay_can_revise_where_a_record_comes_from() -> None:
    own = evidence("own.record")
    later = b"observations:\n  - {id: own.record, action: revise, provenance: measured}\n"
    assert load([own, {"later.yaml": later}]).observations["own.record"].measured
