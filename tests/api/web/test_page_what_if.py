"""The what-if page: every choice is answered at once, at an address that holds all of it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from reading import shown
from served import Served
from visiting import PHONE, View, Visitor, settled

from crosscurrent.api.text.names import percent


def choose(page: Page, factor: str, way: str) -> None:
    """Choose what is done to a factor as with a mouse, and wait for the answer."""
    page.locator(f"label:has([id='{factor}-{way}'])").click()
    page.wait_for_url(lambda url: f"{factor}={way}" in url or way == "as-is")
    settled(page)


def expected(service: Served, body: dict[str, Any], knowledge: str = "") -> dict[str, Any]:
    """Return what the service answers for every cell."""
    found = {}
    rows = service.client.get(f"/v1/predictions{knowledge}").json()["predictions"]
    for defense in dict.fromkeys(each["defense"] for each in rows):
        asked = {"defense": defense, **body}
        answer = service.client.post(f"/v1/what-if{knowledge}", json=asked)
        assert answer.status_code == 200, answer.text
        for each in answer.json()["predictions"]:
            found[f"{asked['defense']}.{each['risk']}"] = each
    return found


def likely(document: dict[str, Any]) -> str:
    """Return how likely what is expected is."""
    answer = document["assessment"]
    return "" if answer["likelihood"] is None else percent(answer["likelihood"])


def answer_of(document: dict[str, Any]) -> tuple[str, str, str]:
    """Return what a cell answers."""
    answer = document["assessment"]
    return answer["expect"], likely(document), answer["grade"]


def agree(page: Page, answers: dict[str, Any]) -> int:
    """Check every cell against the service's answer; return how many answers change."""
    cells, changes = shown(page), 0
    assert list(cells) == list(answers)
    for identity, answer in answers.items():
        cell, after, before = cells[identity], answer["after"], answer["before"]
        assert after["assessment"]["expect"] in cell["classes"]
        assert cell["likely"].replace("\u202f", " ").partition(" likely")[0] == likely(after)
        changed = answer_of(before) != answer_of(after)
        assert answer["changed"] or not changed
        assert ("changed" in cell["classes"]) is changed
        changes += changed
        if changed:
            assert likely(before) in cell["was"].replace("\u202f", " ")
            assert "without the assumptions" in cell["spoken"]
    expect(page.locator("#summary #changes li")).to_have_count(changes)
    return changes


def test_a_choice_is_answered_without_a_reload_and_can_be_shared(
    visitor: Visitor, service: Served
) -> None:
    page = visitor.opens(View("/what-if"))
    expect(page.locator("#changed")).to_have_text("Nothing is assumed so far")
    page.evaluate("window.stayed = true")
    choose(page, "boundary_distance", "hold")
    count = agree(page, expected(service, {"hold": ["boundary_distance"]}))
    assert count > 0
    expect(page.locator("#changed")).to_have_text(f"{count} of 192 answers change")
    expect(page.locator("#said")).to_have_text(f"{count} of 192 answers change")
    choose(page, "training_set_size", "lower")
    page.locator("#a-model_knowledge").select_option("whitebox")
    page.wait_for_url("**model_knowledge=whitebox**")
    settled(page)
    both = {
        "hold": ["boundary_distance"],
        "lower": ["training_set_size"],
        "adversary": {"model_knowledge": "whitebox"},
    }
    agree(page, expected(service, both))
    assert page.evaluate("window.stayed") is True
    address = page.url
    assert sorted(address.partition("?")[2].split("&")) == [
        "boundary_distance=hold", "model_knowledge=whitebox", "training_set_size=lower",
    ]  # fmt: skip
    other = visitor.opens(View(address))
    assert shown(other) == shown(page)
    assert other.locator("#boundary_distance-hold").is_checked()
    assert other.locator("#training_set_size-lower").is_checked()
    expect(other.locator("#a-model_knowledge")).to_have_value("whitebox")


def test_undoing_the_only_choice_leads_back_to_the_plain_matrix(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if?boundary_distance=hold"))
    choose(page, "boundary_distance", "as-is")
    expect(page.locator("#changed")).to_have_text("Nothing is assumed so far")
    page.wait_for_url("**/what-if")
    assert shown(page) == shown(visitor.opens(View("/what-if")))


def test_the_knowledge_asked_stays_through_every_choice(visitor: Visitor, service: Served) -> None:
    page = visitor.opens(View("/what-if?knowledge=team"))
    choose(page, "tail_length", "raise")
    assert "knowledge=team" in page.url
    agree(page, expected(service, {"raise": ["tail_length"]}, "?knowledge=team"))


def test_the_last_of_quick_choices_wins_even_if_its_answer_comes_first(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if"))
    late: list[Route] = []
    page.route("**/what-if?model_capacity=lower", lambda route: late.append(route))
    for way in ("lower", "hold", "raise"):
        page.locator(f"label:has(#model_capacity-{way})").click()
    page.wait_for_url("**model_capacity=raise")
    settled(page)
    assert len(late) == 1
    late[0].continue_()
    page.evaluate("fetch(location.href).then((answer) => answer.text())")  # by now it has come
    settled(page)
    assert shown(page) == shown(visitor.opens(View("/what-if?model_capacity=raise")))


def test_a_choice_at_one_pair_is_answered_in_place(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/RD1/P1"))
    page.evaluate("window.stayed = true")
    page.locator("#assume > summary").click()
    choose(page, "boundary_distance", "hold")
    expect(page.locator(".because")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    expect(page.locator("#assume")).to_have_attribute("open", "")
    assert page.url.endswith(
        "/why/adversarial_training/membership_inference?boundary_distance=hold"
    )


@pytest.mark.parametrize("path", ["/what-if", "/why/RD1/P1"])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("boundary_distance=sideways", "boundary_distance=sideways: a factor can be raised"),
        ("boundary_distance=hold&O3=raise", "boundary_distance"),
        ("model_knowledge=whitebox&model_knowledge=blackbox", "model_knowledge is given twice"),
        ("model_knowledge=psychic", "psychic"),
    ],
)
def test_what_cannot_be_assumed_is_told_in_the_page(
    visitor: Visitor, path: str, query: str, told: str
) -> None:
    page = visitor.opens(View(f"{path}?{query}", 422))
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.locator("#said")).to_contain_text(told)


def test_a_parameter_that_means_nothing_is_left_out_and_told(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if?boundary_distanc=hold"))
    expect(page.get_by_role("note")).to_contain_text("did you mean boundary_distance?")


def test_going_back_undoes_one_choice_and_then_leaves(visitor: Visitor) -> None:
    page = visitor.opens(View("/"))
    page.get_by_role("link", name="What if", exact=True).click()
    for factor, way in (("boundary_distance", "hold"), ("tail_length", "raise")):
        choose(page, factor, way)
    page.evaluate("history.back()")
    page.wait_for_url("**/what-if?boundary_distance=hold")
    expect(page.locator("#boundary_distance-hold")).to_be_checked()
    expect(page.locator("#tail_length-as-is")).to_be_checked()
    expect(page.locator("#changed")).to_contain_text("3 of 192")
    page.evaluate("history.back()")
    page.wait_for_url("**/what-if")
    expect(page.locator("#changed")).to_have_text("Nothing is assumed so far")
    page.evaluate("history.forward()")
    page.wait_for_url("**/what-if?boundary_distance=hold")
    expect(page.locator("#changed")).to_contain_text("3 of 192")
    page.evaluate("history.back()")
    page.wait_for_url("**/what-if")
    expect(page.locator("#changed")).to_have_text("Nothing is assumed so far")
    page.go_back()
    expect(page.locator("h1")).to_contain_text("You defend against one risk")


def test_a_place_on_the_page_is_no_choice(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/RD1/P1"))
    page.evaluate("window.stayed = true")
    page.locator("svg.map.wide a").first.click()
    page.go_back()
    page.wait_for_url("**/why/RD1/P1")
    assert page.evaluate("window.stayed") is True


def test_a_preset_is_a_setting_to_begin_with(visitor: Visitor, service: Served) -> None:
    page = visitor.opens(View("/what-if"))
    expect(page.locator(".presets a")).to_have_count(4)
    page.get_by_role("link", name="Small data").click()
    page.wait_for_url("**/what-if?training_set_size=lower&records=few")
    expect(page.locator(".presets a[aria-current]")).to_have_text("Small data")
    expect(page.locator("#training_set_size-lower")).to_be_checked()
    expect(page.locator("#c-records")).to_have_value("few")
    asked = {"lower": ["training_set_size"], "given": {"records": "few"}}
    answers = expected(service, asked)
    agree(page, answers)
    # what the setting does by itself is told once, apart from what it changes about the defenses
    alone = {
        each["risk"]: each["after"]["assessment"]["setting"]
        for each in answers.values()
        if each["after"]["assessment"]["setting"]
    }
    told = page.locator("#summary > ul li")
    expect(told).to_have_count(len(alone))
    expect(told.first).to_contain_text("The setting by itself increases membership inference")


def test_on_a_phone_what_changes_comes_before_the_controls(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if?boundary_distance=hold"), **PHONE)
    result, controls = (page.locator(each).bounding_box() for each in ("#summary", "form.panel"))
    assert result is not None
    assert controls is not None
    assert result["y"] + result["height"] <= controls["y"]
