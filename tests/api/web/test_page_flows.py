"""User journeys, from a clean start to the answer, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from reading import violations
from served import Served
from served_pages import serving, visiting
from visiting import PHONE, View, Visitor, settled

TOGETHER = re.compile("Effective|No known conflict")


def pick(page: Page, identity: str) -> None:
    """Tick a box as with a mouse, and wait for the answer."""
    page.locator(f"label:has([id='{identity}'])").click()
    settled(page)


def test_choosing_defenses_shows_their_order_and_a_conflict_its_repair(visitor: Visitor) -> None:
    page = visitor.opens(View("/combine"))
    page.evaluate("window.stayed = true")
    pick(page, "d-adversarial_training-in")
    pick(page, "d-watermarking-post")
    expect(page.locator(".verdict .big")).to_contain_text("Effective")
    drawing = page.locator("svg.pipeline.wide")
    expect(drawing.locator(".sign.order text")).to_have_text(["1", "2"])
    pick(page, "d-watermarking-post")
    pick(page, "d-watermarking-pre")
    pick(page, "d-outlier_removal-in")
    expect(page.locator(".verdict .big")).to_contain_text("Conflict")
    expect(drawing.locator(".edge.conflict")).not_to_have_count(0)
    assert page.evaluate("window.stayed") is True
    # the link reproduces it, and a repair mends it
    other = visitor.opens(View(page.url.removeprefix(visitor.url)))
    assert other.locator("#result").inner_text() == page.locator("#result").inner_text()
    for identity in ("adversarial_training-in", "watermarking-pre", "outlier_removal-in"):
        expect(other.locator(f"[id='d-{identity}']")).to_be_checked()
    other.locator(".repairs a").first.click()
    expect(other.locator(".verdict .big")).to_contain_text(TOGETHER)
    expect(other.locator(".sign.order").first).to_be_attached()


def test_wishes_become_plans_that_lead_to_their_combination(
    visitor: Visitor, service: Served
) -> None:
    page = visitor.opens(View("/plan"))
    pick(page, "protect-evasion")
    pick(page, "protect-poisoning")
    asked = "/v1/plans?protect=evasion&protect=poisoning"
    plans = service.client.get(asked).json()["plans"]
    rows = page.locator("li.offer")
    expect(rows).to_have_count(len(plans))
    page.locator("summary", has_text="More wishes").click()
    pick(page, "avoid-membership_inference")
    fewer = service.client.get(f"{asked}&avoid=membership_inference").json()
    expect(rows).to_have_count(len(fewer["plans"] or fewer["near_misses"]))
    visitor.goes(page, View("/plan?protect=evasion&protect=poisoning"))
    rows.first.locator("h3 a").click()
    expect(page.locator("h1")).to_have_text("Can I combine these defenses, and in which order?")
    expect(page.locator(".verdict .big")).to_contain_text(TOGETHER)


def test_a_defense_in_place_breaks_chains(visitor: Visitor) -> None:
    page = visitor.opens(View("/collude"))
    page.locator("select[name=target]").select_option("membership_inference")
    settled(page)
    expect(page.locator("svg.route.wide")).to_have_count(5)
    expect(page.locator("svg.route.wide .sign.cut")).to_have_count(0)
    page.evaluate("window.stayed = true")
    page.locator("a.toggle", has_text="Differential privacy").first.click()
    settled(page)
    cut = page.locator("svg.route.wide:has(.sign.cut)")
    expect(cut).not_to_have_count(0)
    are = "is" if cut.count() == 1 else "are"
    expect(page.locator("main")).to_contain_text(f"{cut.count()} of 5 chains shown {are} broken")
    assert page.evaluate("window.stayed") is True
    assert "with=differential_privacy" in page.url
    expect(page.locator("input[value=differential_privacy]")).to_be_checked()
    shared = visitor.opens(View(page.url.removeprefix(visitor.url)))
    assert shared.locator("#result").inner_text() == page.locator("#result").inner_text()
    # and by the box in the form, out of place again
    page.locator("label:has(input[value=differential_privacy])").click()
    settled(page)
    expect(cut).to_have_count(0)


def test_from_a_cell_to_the_works_behind_it(visitor: Visitor) -> None:
    page = visitor.opens(View("/matrix"))
    page.locator("[id='differential_privacy.evasion']").click()
    page.locator("svg.map.wide a").first.click()
    assert "#path-" in page.url
    row = page.locator("tr:target")
    expect(row).to_be_in_viewport()
    work = row.locator(".sources a").first
    name = work.inner_text().split()[0]
    work.click()
    expect(page.locator("main")).to_contain_text(name)
    expect(page.locator("main")).to_contain_text("ifferential privacy")


@pytest.fixture(scope="module")
def measuring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a service with a worker."""
    pytest.importorskip("torch", reason="the extra 'validate' is not installed")
    with serving(tmp_path_factory, workers="cpu") as served:
        yield served


@pytest.fixture
def measurer(browser: Browser, measuring: Served) -> Iterator[Visitor]:
    """Return a visitor of it."""
    with visiting(browser, measuring) as someone:
        yield someone


def result(measuring: Served, page: Page) -> dict[str, Any]:
    """Return the document of the measurement that a page is about."""
    identity = page.url.rpartition("/")[2]
    found: dict[str, Any] = measuring.client.get(f"/v1/validations/{identity}/result").json()
    return found


def test_a_measurement_runs_from_its_start_to_its_plot(
    measurer: Visitor, measuring: Served
) -> None:
    page = measurer.opens(View("/why/RD1/R1"))
    page.get_by_role("link", name="Measure it").click()
    expect(page.locator("form.start select[name=defense]")).to_have_value("adversarial_training")
    page.locator("select[name=model]").select_option("mlp-s")
    page.locator("summary", has_text="Settings").click()
    page.locator("#settings").fill("training.epochs=5\nattack.steps=5")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/validate/[0-9a-f]+$"))
    page.evaluate("window.stayed = true")
    expect(page.locator(".state.succeeded")).to_be_visible(timeout=120_000)
    assert page.evaluate("window.stayed") is True, "it is followed without a reload"
    document = result(measuring, page)
    told = page.locator("main").inner_text()
    assert document["verdict"] in told
    figures = [f"{document['effect'][each]:+.3f}".replace("-", "−")
               for each in ("estimate", "low", "high")]  # fmt: skip
    assert all(figure in told for figure in figures)
    expect(page.locator("svg.wide .interval.final")).not_to_have_count(0)
    plot = page.locator("img.plot")
    plot.scroll_into_view_if_needed()
    assert plot.evaluate("plot => plot.decode().then(() => plot.naturalWidth)") > 300
    assert violations(page) == []
    for name in ("Report", "Evidence"):
        address = page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert measuring.client.get(str(address)).status_code == 200
    # what was measured is beside what was predicted
    measurer.goes(page, View("/matrix"))
    cell = page.locator("[id='adversarial_training.evasion']")
    conclusive = document["outcome"] != "inconclusive" and document["effective_defense"]
    assert ("measured:" in cell.locator(".tip").inner_text()) is bool(conclusive)
    measurer.goes(page, View("/validate?defense=adversarial_training&state=succeeded"))
    expect(page.locator("table.past tbody tr")).to_have_count(1)
    measurer.goes(page, View("/validate?defense=differential_privacy"))
    expect(page.locator("table.past tbody tr")).to_have_count(0)


def test_a_measurement_is_cancelled_by_its_button_on_a_phone(measurer: Visitor) -> None:
    page = measurer.opens(View("/validate?defense=PD1&risk=P1"), **PHONE)
    page.locator("input[name=seeds]").fill("100")
    page.get_by_role("button", name="Start").tap()
    page.wait_for_url(re.compile(r"/validate/[0-9a-f]+$"))
    page.get_by_role("button", name="Cancel").tap()
    expect(page.locator("main")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_what_cannot_be_measured_is_said_and_nothing_is_lost(measurer: Visitor) -> None:
    page = measurer.opens(View("/validate?defense=RD1&risk=R1"))
    expect(page.locator("#factor")).to_be_hidden()
    page.locator("#what-variation").check()
    page.locator("#factor").select_option("training_set_size")
    page.locator("#values").fill("100, 200")
    page.locator("summary", has_text="Settings").click()
    page.locator("#settings").fill("training.epoch=5")
    measurer.expects(422)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".notice.wrong")).to_contain_text("epochs")
    expect(page.locator("#settings")).to_have_value("training.epoch=5")
    expect(page.locator("#factor")).to_have_value("training_set_size")
    expect(page.locator("#values")).to_have_value("100, 200")
    expect(page.locator("form.start select[name=defense]")).to_have_value("adversarial_training")
