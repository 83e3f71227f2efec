"""Pages fit a phone, the dark and paper; and who cannot see them can use them (axe-core)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from reading import violations
from served import Served
from served_pages import visiting
from visiting import DARK_PHONE, DESKTOP, LIGHT_DESK, PHONE, VIEWS, View, Visitor

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.interactions import matrix

PAPER: ViewportSize = {"width": 1032, "height": 700}
"""A4, landscape, less its margins."""


Visit = tuple[Visitor, Page]


def name(view: View) -> str:
    """Return what a view is called in its address: ``why`` of ``/why/RD1/P1``."""
    first, second, *_ = [*view.address.partition("?")[0].split("/")[1:], ""]
    return f"{first}/{second}" if first == "learn" else first


GOOD_LAST = sorted(VIEWS, key=lambda view: view.status == 200)
RICHEST = {name(view): view for view in GOOD_LAST}.values()
"""Of each view its last state, which tells most; of one that is not there its refusal."""
ON_PHONE = sorted({*RICHEST, *{view.status: view for view in VIEWS}.values()})
"""All states are looked at at a desk; on a phone each view is, and each kind of refusal."""


@pytest.fixture(scope="module")
def desk(browser: Browser, service: Served) -> Iterator[Visit]:
    """Return a visitor at a desk, in the light."""
    with visiting(browser, service) as visitor:
        yield visitor, visitor.comes(**LIGHT_DESK)


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: view.address)
def page(request: pytest.FixtureRequest, desk: Visit) -> Page:
    """Open a view, once for all that is asked of it; each test sets size and colours anew."""
    visitor, page = desk
    visitor.goes(page, request.param)
    return page


@pytest.fixture(scope="module")
def phone(browser: Browser, service: Served) -> Iterator[Visit]:
    """Return a visitor with a phone, in the dark."""
    with visiting(browser, service) as visitor:
        yield visitor, visitor.comes(**DARK_PHONE)


def on_screen(page: Page, scheme: Literal["light", "dark"] = "light", opened: str = "*") -> None:
    """Show it on a desk again; open the details that a selector names, and close the others."""
    page.set_viewport_size(DESKTOP["viewport"])
    page.emulate_media(media="screen", color_scheme=scheme)
    page.evaluate(
        "(opened) => document.querySelectorAll('details')"
        ".forEach((each) => { each.open = each.matches(opened) })",
        opened,
    )


def test_axe_finds_nothing_wrong_in_the_light_on_a_desk(page: Page) -> None:
    on_screen(page)
    assert violations(page) == []


@pytest.mark.parametrize("view", ON_PHONE, ids=lambda view: view.address)
def test_axe_finds_nothing_wrong_in_the_dark_on_a_phone(phone: Visit, view: View) -> None:
    visitor, page = phone
    visitor.goes(page, view)
    assert violations(page) == []


def test_what_is_faint_is_found_among_all_that_looks_alike(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    verbs = page.locator("table.matrix td a .verb")
    verbs.last.evaluate(
        "each => { each.style.color = '#777'; each.style.backgroundColor = '#888' }"
    )
    (found,) = violations(page)
    assert found.startswith("color-contrast")
    assert page.locator("table.matrix td a .verb:not([data-alike])").count() < verbs.count() / 10


SEEN = """() => [...document.querySelectorAll(
    '.cell, .verdict, .badge, .legend li, .box text, .sign text, .label')]
  .flatMap((each) => {
    const ink = getComputedStyle(each), grounds = [];
    const box = each.parentNode.querySelector(':scope > rect, :scope > circle');
    for (let at = each; at && !grounds.length; at = at.parentElement) {
      const style = getComputedStyle(at);
      const image = style.backgroundImage.match(/(rgb|color)\\([^)]*\\)/g);
      if (each instanceof SVGElement && box) grounds.push(getComputedStyle(box).fill);
      else if (image) grounds.push(...image);
      else if (style.backgroundColor !== 'rgba(0, 0, 0, 0)') grounds.push(style.backgroundColor);
    }
    const colour = each instanceof SVGElement ? ink.fill : ink.color;
    return grounds.map((ground) => [each.getAttribute('class') ?? each.tagName, colour, ground]);
  })"""
"""What axe-core leaves out, since it is of signs only, on stripes, or drawn."""


def light(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG has it."""
    scale = 1 if colour.startswith("color") else 255
    parts = [float(each) / scale for each in re.findall(r"[0-9.]+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_sign_stands_out_from_what_it_is_on(
    page: Page, scheme: Literal["light", "dark"]
) -> None:
    on_screen(page, scheme)
    faint = []
    for kind, ink, ground in {tuple(each) for each in page.evaluate(SEEN)}:
        low, high = sorted((light(ink), light(ground)))
        if (high + 0.05) / (low + 0.05) < 4.5:
            faint.append((kind, ink, ground, round((high + 0.05) / (low + 0.05), 2)))
    assert faint == []


def test_signs_are_found_to_be_looked_at(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    assert len({tuple(each) for each in page.evaluate(SEEN)}) > 5


WIDER = """(width) => [...document.querySelectorAll('main *, header *, footer *')]
  .filter((each) => each.getBoundingClientRect().right > width + 1 && !each.closest('nav'))
  .map((each) => `${each.tagName}.${each.className?.baseVal ?? each.className}`).slice(0, 5)"""


CUT = """() => [...document.querySelectorAll('table.matrix a')].flatMap((a) => {
  const within = a.closest('td, th').getBoundingClientRect(), cut = [];
  const walk = document.createTreeWalker(a, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    const text = range.getBoundingClientRect();
    if (!text.width || walk.currentNode.parentElement.closest('.tip')) continue;
    if (text.left < within.left - 1 || text.right > within.right + 1
        || text.top < within.top - 1 || text.bottom > within.bottom + 1)
      cut.push(`${a.id || a.textContent} ${walk.currentNode.textContent}`);
  }
  return cut;
})"""


CROWDED = """() => [...document.querySelectorAll('.choice')].flatMap((choice) => {
  const [name, control] = choice.children, range = document.createRange();
  range.selectNodeContents(name);
  const text = range.getBoundingClientRect(), other = control.getBoundingClientRect();
  return text.right > other.left && text.bottom > other.top && text.top < other.bottom
    ? [name.textContent] : [];
})"""


WIDTHS = (1600, 1280, 1170, 1100, 1000, 768, 600, 390, 320)
FEW = (1100, 600, 320)
"""For further states of a view."""


def test_every_width_is_enough(page: Page, request: pytest.FixtureRequest) -> None:
    on_screen(page, opened="#assume")
    for width in WIDTHS if request.node.callspec.params["page"] in RICHEST else FEW:
        page.set_viewport_size({"width": width, "height": 860})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, page.evaluate(WIDER, width)
        assert page.evaluate(CUT) == [], width
        assert page.evaluate(CROWDED) == [], width


def test_a_tap_on_a_cell_leads_to_its_reasons(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"), **PHONE)
    cell = page.locator("[id='explanations.attribute_inference']")
    cell.tap()
    page.wait_for_url("**/why/explanations/attribute_inference")
    expect(page.locator("svg.map.narrow")).to_be_visible()


def test_every_cell_is_large_enough_for_a_finger(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"), **PHONE)
    sizes = page.locator("table.matrix td a").evaluate_all(
        "all => all.map((a) => [a.offsetWidth, a.offsetHeight])"
    )
    assert all(width >= 24 and height >= 24 for width, height in sizes)  # WCAG 2.2, 2.5.8


def test_the_dark_is_dark_and_the_light_is_light(visitor: Visitor) -> None:
    bright = {}
    for scheme in ("light", "dark"):
        page = visitor.opens(View("/matrix"), color_scheme=scheme)
        ground, ink = page.evaluate(
            """() => ['backgroundColor', 'color'].map((which) =>
              getComputedStyle(document.body)[which].match(/[0-9]+/g).slice(0, 3)
                .reduce((sum, part) => sum + Number(part), 0) / 765)"""
        )
        bright[scheme] = (ground, ink)
    assert bright["light"][0] > 0.9 > 0.3 > bright["light"][1]
    assert bright["dark"][0] < 0.2 < 0.7 < bright["dark"][1]


PRESSED = """() => [...document.querySelectorAll(
    'nav[aria-label=Views], form, button, input, select, .menu, .skip, .tip')]
  .filter((each) => each.getClientRects().length).map((each) => each.outerHTML.slice(0, 80))"""


def test_paper_is_white_even_in_the_dark(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"), color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("body")).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_paper_has_what_is_said_and_fits_and_nothing_to_press(page: Page) -> None:
    on_screen(page, opened="#assume")
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(PRESSED) == []
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_paper_has_the_whole_matrix_and_all_reasons(visitor: Visitor, kb: KnowledgeBase) -> None:
    page = visitor.comes(viewport=PAPER)
    page.emulate_media(media="print")
    visitor.goes(page, View("/matrix"))
    pairs = sum(map(len, matrix(kb)))
    expect(page.locator("table.matrix td a")).to_have_count(pairs)
    expect(page.locator("table.matrix td a .verb").last).to_be_visible()
    visitor.goes(page, View("/why/RD1/P1"))
    drawings = page.locator("svg.map.wide, svg.map.narrow")
    expect(drawings.filter(visible=True)).to_have_count(1)
    expect(page.locator("table.paths")).to_be_visible()
