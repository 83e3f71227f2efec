"""The page of a pair: map and table show the very paths of the document, with their sources."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from served import Served
from visiting import PHONE, View, Visitor

from crosscurrent.knowledge import KnowledgeBase

SIGNS = {"+": "+", "-": "−", "0": "0", "?": "?"}

PAIRS = (
    "adversarial_training/membership_inference",
    "adversarial_training/data_reconstruction",
    "outlier_removal/unauthorized_model_ownership",
    "differential_privacy/evasion",
)

READ = """(kind) => {
  const all = (what) => [...document.querySelectorAll(`svg.drawing.${kind} ${what}`)];
  const text = (node) => [...node.querySelectorAll('text')].map((t) => t.textContent);
  return {
    boxes: all('.box.factor').map((b) => [b.parentNode.getAttribute('href'), text(b),
                                          [...b.classList]]),
    ends: all('.box:not(.factor)').map((b) => [text(b).join(' '), [...b.classList]]),
    edges: all('.edge').map((e) => [...e.classList]),
    signs: all('.sign').map((s) => [s.textContent.trim(), [...s.classList]]),
    faint: all('.edge.losing').map((e) => Number(getComputedStyle(e).opacity)),
    bold: all('.edge.decisive').map((e) => parseFloat(getComputedStyle(e).strokeWidth)),
  };
}"""


def drawn(page: Page, kind: str) -> dict[str, Any]:
    """Return the parts of a drawing."""
    found: dict[str, Any] = page.evaluate(READ, kind)
    return found


@pytest.mark.parametrize("pair", PAIRS)
def test_the_map_has_the_paths_of_the_document(
    visitor: Visitor, service: Served, pair: str
) -> None:
    document = service.client.get(f"/v1/predictions/{pair}").json()
    page = visitor.opens(View(f"/why/{pair}"))
    paths, others = document["paths"], document["modifiers"]
    factors = list(dict.fromkeys(each["factor"] for each in [*paths, *others]))
    for kind in ("wide", "narrow"):
        found = drawn(page, kind)
        assert [href for href, *_ in found["boxes"]] == [f"#path-{each}" for each in factors]
        assert len(found["ends"]) == 2
        assert document["conjecture"] in found["ends"][1][1]
        both = [SIGNS[each[sign]] for each in paths for sign in ("defense_sign", "risk_sign")]
        assert [sign for sign, _ in found["signs"]] == [
            *both,
            *(SIGNS[each["risk_sign"]] for each in others),
        ]
        decided = document["conjecture"] in ("increase", "decrease")
        for number, path in enumerate(paths):
            weight = "decisive" if path["decisive"] else "losing" if decided else "open"
            for part in found["edges"][2 * number : 2 * number + 2]:
                assert part == ["edge", path["effect"], weight]
        assert all(each == ["edge", "apart"] for each in found["edges"][2 * len(paths) :])
        assert all(opacity <= 0.5 for opacity in found["faint"])
        assert all(width >= 4 for width in found["bold"])


def test_a_box_of_the_map_leads_to_the_words_for_it(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/RD1/P2"))
    box = page.locator("svg.wide a").first
    target = box.get_attribute("href")
    assert target is not None
    box.click()
    expect(page.locator(target)).to_be_in_viewport()
    assert page.url.endswith(target)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_table_says_the_same_in_words_with_every_source(
    visitor: Visitor, service: Served, kb: KnowledgeBase, pair: str
) -> None:
    document = service.client.get(f"/v1/predictions/{pair}").json()
    page = visitor.opens(View(f"/why/{pair}"))
    rows = page.locator("table.paths tbody tr")
    expect(rows).to_have_count(len(document["paths"]))
    for row, path in zip(rows.all(), document["paths"], strict=True):
        expect(row).to_have_id(f"path-{path['factor']}")
        expect(row).to_contain_text(kb.factors[path["factor"]].name)
        expect(row).to_contain_text(path["effect"])
        assert ("decides" in row.inner_text()) is path["decisive"]
        links = row.locator(".sources a").evaluate_all(
            "all => all.map((a) => a.getAttribute('href'))"
        )
        works = [each.partition("#")[0] for each in path["sources"]]
        assert links == [f"/learn/references/{each}" for each in works]
    for each in document["observations"]:
        told = page.locator("ul.seen li", has_text=each["effect"].replace("_", " "))
        assert told.count() >= 1


def test_the_verdict_is_a_sentence(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/PD1/R1?knowledge=papers"))
    expect(page.locator(".verdict .big")).to_have_text("▲ Differential privacy increases evasion.")
    expect(page.locator(".verdict")).to_contain_text("69 % likely; disputed")
    expect(page.locator("table.voices")).to_contain_text("increase (2 works)")
    visitor.goes(page, View("/why/PD1/P2"))
    expect(page.locator(".verdict .big")).to_contain_text("It is what the defense is meant for.")


def test_any_name_of_a_pair_leads_to_it(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/rd1/P1"))
    by_code = page.locator("main").inner_text()
    visitor.goes(page, View("/why/adversarial_training/membership_inference"))
    assert page.locator("main").inner_text() == by_code


def test_a_name_that_is_close_is_offered(visitor: Visitor) -> None:
    page = visitor.opens(View("/why/adversarial_trainin/P1", 404))
    expect(page.locator("main")).to_contain_text("adversarial_training")
    expect(page).to_have_title("There is no such page · Crosscurrent")


def test_what_is_held_stays_in_the_map_and_the_prediction_before_is_told(
    visitor: Visitor, service: Served
) -> None:
    before = service.client.get("/v1/predictions/RD1/P1").json()
    page = visitor.opens(View("/why/RD1/P1?boundary_distance=hold"))
    held = page.locator("svg.wide .box.held")
    expect(held).to_have_count(1)
    expect(held).to_contain_text("does not count")
    expect(page.locator("svg.wide .box.factor")).to_have_count(
        len({each["factor"] for each in [*before["paths"], *before["modifiers"]]})
    )
    expect(page.locator(".because")).to_have_count(1)
    expect(page.locator("table.paths #path-boundary_distance")).to_contain_text("does not count")


def test_a_phone_gets_the_narrow_drawing_and_a_desk_the_wide_one(visitor: Visitor) -> None:
    for options, there, gone in (({}, "wide", "narrow"), (PHONE, "narrow", "wide")):
        page = visitor.opens(View("/why/RD1/P1"), **options)
        expect(page.locator(f"svg.drawing.map.{there}")).to_be_visible()
        expect(page.locator(f"svg.drawing.map.{gone}")).to_be_hidden()


def test_experiments_on_a_pair_are_told_with_their_sources(
    visitor: Visitor, kb: KnowledgeBase
) -> None:
    each = next(x for x in kb.experiments.values() if x.defense and x.risk)
    page = visitor.opens(View(f"/why/{each.defense}/{each.risk}"))
    item = page.locator("ul.seen li", has_text="An experiment:").first
    expect(item).to_contain_text(each.finding)
    expect(item.locator(".sources a").first).to_be_visible()
