"""The matrix says what the service answers, in signs for eyes and in words for ears."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import expect
from reading import shown
from served import Served
from visiting import PHONE, View, Visitor

from crosscurrent.api.text.names import lowered, percent

GLYPHS = {
    "increase": "▲",
    "decrease": "▼",
    "no_change": "=",
    "mixed": "±",
    "depends": "±",
    "unknown": "?",
}
SHOWN_VERBS = {
    "increase": "rises",
    "decrease": "falls",
    "no_change": "stays",
    "depends": "depends",
    "unknown": "unknown",
}
GRADES = {
    "measured_here": "measured here",
    "replicated": "replicated",
    "published_once": "published once",
    "measured_reference": "reference models",
    "disputed": "disputed",
    "derived_active": "derived (active)",
    "derived_passive": "derived (passive)",
    "none": "no evidence",
}
EVIDENCE = {"measured_here": 2, "replicated": 2, "published_once": 1, "measured_reference": 1}
VERBS = {
    "increase": "increases",
    "decrease": "decreases",
    "no_change": "does not change",
    "mixed": "moves either way",
    "depends": "depends",
    "unknown": "unknown",
}


def seen_by(document: Mapping[str, Any], provenance: str) -> list[str]:
    """Return the effects that were published, or measured, for a pair, each once.

    Those under conditions are there where there are no others.
    """
    seen, but = (
        [each for each in document[kind] if each["applies"] and each["provenance"] == provenance]
        for kind in ("observations", "exceptions")
    )
    told = [each for each in seen if not each["conditional"]] or seen
    return list(dict.fromkeys(each["effect"] for each in told + but))


@pytest.mark.parametrize("query", ["", "?knowledge=team", "?knowledge=hostile"])
def test_every_cell_shows_what_the_service_answers(
    visitor: Visitor, service: Served, query: str
) -> None:
    page = visitor.opens(View(f"/matrix{query}"))
    documents = service.client.get(f"/v1/predictions{query}").json()["predictions"]
    records = {
        each["id"]: each
        for kind in ("defenses", "risks")
        for each in service.client.get(f"/v1/{kind}{query}").json()[kind]
    }
    cells = shown(page)
    assert list(cells) == [f"{each['defense']}.{each['risk']}" for each in documents]
    assert len(cells) == (25 * 9 if "hostile" in query else 24 * 8)
    for document in documents:
        cell = cells[f"{document['defense']}.{document['risk']}"]
        answer = document["assessment"]
        expected, otherwise = answer["expect"], answer["voices"][0]["disagrees"]
        likely = "" if answer["likelihood"] is None else percent(answer["likelihood"])
        assert cell["href"] == f"/why/{document['defense']}/{document['risk']}{query}"
        assert (cell["glyph"], cell["verb"]) == (GLYPHS[expected], SHOWN_VERBS[expected])
        told = f"{likely} likely" if likely else ""
        told += " to rise" if likely and expected in ("depends", "unknown") else ""
        assert cell["likely"].replace("\u202f", " ") == told
        assert cell["grade"] == GRADES[answer["grade"]]
        assert (answer["grade"] == "none") is (not likely), "no number without evidence"
        assert f"s{EVIDENCE.get(answer['grade'], 0)}" in cell["classes"]
        heard = {v["disagrees"] for v in answer["voices"]} | {answer["grade"] == "disputed"}
        heard |= {w not in (expected, "mixed") for w in answer["dissent"].values()}
        assert cell["differ"] is (True in heard)
        assert expected in cell["classes"]
        assert ("intended" in cell["classes"]) is document["intended"]
        depends = bool(document["exceptions"]) or any(
            each["when"] for each in document["observations"] if each["provenance"] == "published"
        )
        seen, measured = (seen_by(document, each) for each in ("published", "measured"))
        assert all(o["table"] for o in document["observations"] if o["provenance"] == "measured")
        assert cell["badges"] == []  # what was published or in tables is a part of the one answer
        assert cell["was"] is None
        spoken = cell["spoken"]
        defense, risk = (records[document[each]]["name"] for each in ("defense", "risk"))
        start = f"{defense}, {lowered(risk)}: expected: {VERBS[expected]}; "
        assert spoken.startswith(start + (likely or "no evidence"))
        assert ("says otherwise" in spoken) is otherwise
        told = " and ".join(VERBS[each] for each in seen) or "unexplored"
        assert f"published: {told}" in spoken
        tables = " and ".join(VERBS[each] for each in measured)
        assert spoken.partition("measured in reference models: ")[2].partition(";")[0] == tables
        assert ("depending on adversary or setting" in spoken) is depends
        assert ("what the defense is meant for" in spoken) is document["intended"]
        assert cell["hidden"] == "true"


def test_a_cell_is_called_by_all_that_it_says_and_by_nothing_twice(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    cell = page.locator("[id='differential_privacy.membership_inference']")
    expect(cell).to_have_accessible_name(
        cell.locator(".tip").text_content() or "", ignore_case=False
    )
    expect(cell).to_have_role("link")


def test_a_phone_shows_the_same_signs_without_the_words(visitor: Visitor) -> None:
    wide, narrow = visitor.opens(View("/matrix")), visitor.opens(View("/matrix"), **PHONE)
    on_desk, in_hand = shown(wide), shown(narrow)
    assert list(on_desk) == list(in_hand)
    for identity, cell in on_desk.items():
        assert cell["verb"]
        assert {**in_hand[identity], "verb": ""} == {**cell, "verb": ""}
    for part in (".verb", ".likely", ".grade"):
        expect(narrow.locator(f".cell {part}").first).to_be_hidden()


def test_pointing_at_a_cell_tells_all_of_it_and_so_does_reaching_it_by_key(
    visitor: Visitor,
) -> None:
    page = visitor.opens(View("/matrix"))
    cell = page.locator("[id='outlier_removal.evasion']")
    tip = cell.locator(".tip")
    small = tip.bounding_box()
    assert small is not None
    assert small["width"] <= 1
    cell.hover()
    expect(tip).to_have_css("clip-path", "none")
    box = tip.bounding_box()
    assert box is not None
    assert box["width"] > 150
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.mouse.move(0, 0)
    expect(tip).not_to_have_css("clip-path", "none")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_cell_leads_to_its_reasons_and_keeps_the_knowledge(visitor: Visitor, motion: str) -> None:
    page = visitor.opens(View("/matrix?knowledge=team"), reduced_motion=motion)
    page.locator("[id='group_fairness.evasion']").click()
    page.wait_for_url("**/why/group_fairness/evasion?knowledge=team")
    expect(page.locator("h1")).to_have_text("Group fairness → Adversarial examples evasion")
    expect(page.locator("footer")).to_contain_text("with team")


def test_the_menu_of_knowledge_leads_to_the_same_view_of_another_set(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if?boundary_distance=hold"))
    menu = page.locator("#sets")
    menu.locator("summary").click()
    menu.get_by_role("link", name="team").click()
    page.wait_for_url("**/what-if?boundary_distance=hold&knowledge=team")
    expect(page.locator("#sets summary")).to_contain_text("team")
    page.locator("#sets summary").press("Enter")
    page.locator("#sets li a").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator("#sets ul")).to_be_hidden()
