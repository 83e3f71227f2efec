"""All that a mouse can do, a keyboard can, and one always sees where one is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from served import Served
from served_pages import visiting
from visiting import VIEWS, View, Visitor, settled

WHERE = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ringed = at.type === 'radio' && at.nextElementSibling ? at.nextElementSibling
    : at.closest('.checks label') ?? at.querySelector(':scope > .box rect') ?? at;
  const style = getComputedStyle(ringed);
  return {
    tag: at.tagName, id: at.id, text: at.textContent.trim().slice(0, 60),
    visible: at.matches(':focus-visible'),
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
      || ringed.tagName === 'rect' && parseFloat(style.strokeWidth) >= 3,
    within: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
  };
}"""


def at(page: Page) -> dict[str, Any]:
    """Return where the keyboard is."""
    found: dict[str, Any] = page.evaluate(WHERE)
    return found


def tabbed(page: Page, last: str = "") -> list[dict[str, Any]]:
    """Press Tab until an element of that id, or the end of the page, is reached."""
    stops: list[dict[str, Any]] = []
    for _ in range(1200):
        page.keyboard.press("Tab")
        stop = at(page)
        # of the fifth page that a window shows, Chromium begins again without leaving it
        if stop["tag"] == "BODY" or (stops and stop == stops[0]):
            return stops
        stops.append(stop)
        if last and stop["id"] == last:
            return stops
    raise AssertionError(f"{last} is not reached: {stops[-5:]}")


def test_tab_leads_from_the_address_bar_to_the_first_cell(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    stops = tabbed(page, "adversarial_training.evasion")
    texts = [each["text"] for each in stops]
    assert texts[:3] == ["Skip to content", "Crosscurrent", "Matrix"]
    views = page.locator("nav[aria-label=Views] a").all_inner_texts()
    assert texts[2 : 2 + len(views)] == views


def test_the_first_key_leads_past_the_head(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


# of each view its last state, which tells most
KINDS = {v.address.partition("?")[0].split("/")[1]: v for v in VIEWS if v.status == 200}


@pytest.fixture(scope="module")
def looking(browser: Browser, service: Served) -> Iterator[tuple[Visitor, Page]]:
    """Return a visitor who looks at one view after another."""
    with visiting(browser, service) as visitor:
        yield visitor, visitor.comes()


@pytest.mark.parametrize("view", KINDS.values(), ids=lambda v: v.address)
def test_every_stop_is_seen(looking: tuple[Visitor, Page], view: View) -> None:
    visitor, page = looking
    visitor.goes(page, view)
    stops = tabbed(page)
    assert len(stops) > 8
    assert [each for each in stops if not (each["visible"] and each["ring"])] == []
    assert [each for each in stops if not each["within"]] == []


def test_arrows_go_from_cell_to_cell_and_stop_at_the_edge(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    page.locator("[id='adversarial_training.evasion']").focus()
    for key, there in (
        ("ArrowRight", "adversarial_training.poisoning"),
        ("ArrowDown", "outlier_removal.poisoning"),
        ("ArrowLeft", "outlier_removal.evasion"),
        ("ArrowUp", "adversarial_training.evasion"),
    ):
        page.keyboard.press(key)
        assert at(page)["id"] == there
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    assert at(page)["id"] == "adversarial_training.discriminatory_behavior"
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    assert at(page)["id"].endswith(".discriminatory_behavior")
    stop = at(page)
    assert stop["visible"]
    assert stop["ring"]


def test_enter_opens_the_reasons(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    page.locator("[id='outlier_removal.poisoning']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/why/outlier_removal/poisoning")


def test_arrows_choose_in_a_group_and_the_place_is_kept(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if"))
    tabbed(page, "boundary_distance-as-is")
    for way in ("lower", "hold"):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**boundary_distance={way}")
        settled(page)
        assert at(page)["id"] == f"boundary_distance-{way}"
    assert at(page)["ring"]
    page.keyboard.press("Tab")
    assert at(page)["tag"] == "INPUT"  # the next group, not the top of the page


def test_a_place_in_what_is_renewed_is_kept(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if"))
    page.evaluate(
        """() => {
          const radio = document.getElementById('boundary_distance-hold');
          document.getElementById('watermarking.poisoning').focus();
          radio.checked = true;
          radio.dispatchEvent(new Event('change', {bubbles: true}));
        }"""
    )
    page.wait_for_url("**boundary_distance=hold")
    settled(page)
    expect(page.locator("[id='watermarking.poisoning']")).to_be_focused()


def test_the_assumptions_of_a_pair_open_by_key(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/RD1/P1"))
    page.locator("#assume > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#boundary_distance-hold")).to_be_attached()
    tabbed(page, "boundary_distance-as-is")
