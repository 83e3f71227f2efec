"""The page of assessments, whose link is its state; the report on screen, paper and by keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from deployment_texts import HOSTILE_DEPLOYMENT, TRIAGE
from hostile import PAYLOADS
from playwright.sync_api import Browser, Page, expect
from reading import violations
from served import Served
from visiting import DARK_PHONE, DESKTOP, LIGHT_DESK, View, Visitor

from crosscurrent import __version__
from crosscurrent.api.answers.deployments import assess_sent
from crosscurrent.api.reports.deployments import deployment_report
from crosscurrent.api.web.deployment_links import MAX_LINK, packed, unpacked
from crosscurrent.knowledge import InputError, KnowledgeBase

ASKED = {"Accept": "text/html"}
SHORT = "deployment: 1\nname: Shop\ndefenses:\n- defense: adversarial_training\n"


def link(text: str, path: str = "/assess") -> str:
    return f"{path}?deployment={packed(text)}"


def entered(page: str) -> str:
    """Return the text in the form."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


# the link


@pytest.mark.parametrize("text", ["", SHORT, TRIAGE, HOSTILE_DEPLOYMENT, "ü → 中\n\ttab \\ \"'"])
def test_a_link_holds_any_text(text: str) -> None:
    assert unpacked(packed(text)) == text
    assert re.fullmatch(r"[A-Za-z0-9_-]*", packed(text))


def test_a_text_that_is_too_long_for_a_link_is_refused() -> None:
    text = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4000))
    with pytest.raises(InputError, match=f"too long for a link .*{MAX_LINK:,} at most"):
        packed(text)


@pytest.mark.parametrize("cut", [slice(0, -9), slice(4, None), slice(0, 3)])
def test_a_damaged_link_is_refused(cut: slice) -> None:
    with pytest.raises(InputError, match="the link is damaged"):
        unpacked(packed(TRIAGE)[cut])


def test_a_link_that_swells_is_refused() -> None:
    with pytest.raises(InputError, match="the link is damaged"):
        unpacked(packed("#" * 1_000_000))


# the page, as it is sent


def test_what_is_entered_is_in_the_link_and_is_shown_to_be_edited(service: Served) -> None:
    client = service.client
    answer = client.post("/assess", data={"text": TRIAGE.replace("\n", "\r\n")}, headers=ASKED)
    assert answer.status_code == 303
    assert answer.headers["location"] == link(TRIAGE)
    page = client.get(answer.headers["location"], headers=ASKED)
    assert page.status_code == 200
    assert entered(page.text) == TRIAGE
    assert "<h1>Patient triage</h1>" in page.text


def test_a_broken_file_is_told_with_its_places_and_kept(service: Served) -> None:
    text = f"{SHORT}- defense: adverserial_training\n- defense: nothing_such\n"
    page = service.client.get(link(text), headers=ASKED)
    assert page.status_code == 422
    assert entered(page.text) == text
    assert "2 problems in the deployment: nothing was assessed" in page.text
    for line in (5, 6):
        assert f"Line {line}, column 3: <code>defenses[{line - 4}].defense</code>" in page.text
    assert "did you mean adversarial_training" in page.text


def test_what_no_link_can_hold_is_told_and_kept(service: Served) -> None:
    noise = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4000))
    text = f"{SHORT}# {noise}\n"
    page = service.client.post("/assess", data={"text": text}, headers=ASKED)
    assert page.status_code == 422
    assert "too long for a link" in page.text
    assert entered(page.text) == text


def test_a_damaged_link_is_told_beside_the_form(service: Served) -> None:
    page = service.client.get(link(TRIAGE)[:-9], headers=ASKED)
    assert page.status_code == 422
    assert "The link is damaged" in page.text
    assert entered(page.text) == ""


def test_nothing_entered_leads_to_the_examples(service: Served) -> None:
    answer = service.client.post("/assess", data={"text": " \n"}, headers=ASKED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/assess")
    page = service.client.get("/assess", headers=ASKED).text
    examples = re.findall(r'href="(/assess\?deployment=[^"]*)"', page)
    assert len(examples) == 3
    for each in examples:
        assert service.client.get(each, headers=ASKED).status_code == 200


def test_report_and_document_can_be_saved(service: Served) -> None:
    report = service.client.get(link(TRIAGE, "/assess/report"))
    assert report.headers["content-disposition"] == 'attachment; filename="assessment.html"'
    assert report.headers["content-security-policy"].startswith("default-src 'none';")
    document = service.client.get(link(TRIAGE, "/assess/document"))
    assert document.headers["content-disposition"] == 'attachment; filename="assessment.json"'
    sent = service.client.post(
        "/v1/assessments", content=TRIAGE, headers={"Content-Type": "application/yaml"}
    )
    assert document.json() == json.loads(sent.text)


def test_a_report_of_nothing_is_a_problem(service: Served) -> None:
    for path in ("/assess/report", "/assess/document", link("name: x", "/assess/report")):
        assert service.client.get(path, headers=ASKED).status_code == 422


def test_the_knowledge_that_is_asked_stays_in_the_links(service: Served) -> None:
    page = service.client.get(f"{link(SHORT)}&knowledge=team", headers=ASKED).text
    for path in ("report", "document"):
        assert re.search(rf"/assess/{path}\?deployment=[A-Za-z0-9_-]*&amp;knowledge=team", page)
    answer = service.client.post("/assess?knowledge=team", data={"text": SHORT}, headers=ASKED)
    assert answer.headers["location"] == f"{link(SHORT)}&knowledge=team"


def test_another_site_can_send_nothing(service: Served) -> None:
    headers = {**ASKED, "Sec-Fetch-Site": "cross-site"}
    answer = service.client.post("/assess", data={"text": SHORT}, headers=headers)
    assert answer.status_code == 403


# the page in a browser


def test_a_deployment_is_entered_assessed_and_changed_without_a_script(visitor: Visitor) -> None:
    page = visitor.opens(View("/assess"), java_script_enabled=False)
    page.get_by_label("The deployment, as YAML or JSON").fill(SHORT)
    page.get_by_role("button", name="Assess").click()
    page.wait_for_url("**/assess?deployment=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop")
    expect(page.locator("table.summary tbody tr")).to_have_count(8)
    page.get_by_label("Edit the deployment").fill(SHORT.replace("Shop", "Store"))
    page.get_by_role("button", name="Assess").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Store")
    page.get_by_role("link", name="Start again").click()
    page.wait_for_url("**/assess")


def test_the_link_can_be_copied(visitor: Visitor) -> None:
    page = visitor.opens(View(link(SHORT)), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Copy the link").click()
    expect(page.locator("#said")).to_have_text("The link is copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_nothing_of_a_file_runs(visitor: Visitor) -> None:
    page = visitor.opens(View(link(HOSTILE_DEPLOYMENT)))
    expect(page.locator(".system")).to_contain_text(" ".join(PAYLOADS))
    assert page.evaluate("window.ran") is None
    assert page.get_by_label("Edit the deployment").input_value() == HOSTILE_DEPLOYMENT


# the report, as a file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, kb: KnowledgeBase) -> str:
    """Return the address of a report on six defenses."""
    place: Path = tmp_path_factory.mktemp("report") / "report.html"
    found = assess_sent(kb, TRIAGE.encode(), "triage.yaml")
    place.write_text(
        deployment_report(kb, found, made_on="2026-11-29", version=__version__), encoding="utf-8"
    )
    return place.as_uri()


@pytest.fixture
def opened(browser: Browser, file: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return the report in a browser; it asks for nothing but itself."""
    options: dict[str, Any] = getattr(request, "param", LIGHT_DESK)
    context = browser.new_context(**options)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.goto(file)
    yield page
    assert {each.partition("#")[0] for each in asked} == {file}
    context.close()


@pytest.mark.parametrize(
    "opened", [LIGHT_DESK, DARK_PHONE, {**DESKTOP, "color_scheme": "dark"}], indirect=True
)
@pytest.mark.parametrize("unfolded", [False, True])
def test_axe_finds_nothing_wrong_in_a_report(opened: Page, unfolded: bool) -> None:
    opened.evaluate(
        "(open) => document.querySelectorAll('details').forEach((each) => each.open = open)",
        unfolded,
    )
    assert violations(opened) == []


def test_every_width_is_enough_for_a_report(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    for width in (1600, 1000, 768, 600, 390, 320):
        opened.set_viewport_size({"width": width, "height": 860})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("opened", [DARK_PHONE], indirect=True)
def test_on_a_phone_each_risk_is_a_card(opened: Page) -> None:
    row = opened.locator("table.summary tbody tr").first
    assert row.evaluate("(each) => getComputedStyle(each).display") == "block"
    labels = row.locator("td").evaluate_all(
        "all => all.map((each) => getComputedStyle(each, '::before').content)"
    )
    assert labels == ['"Expected"', '"How likely"', '"Certainty"', '"What to do"']


def pages(page: Page) -> int:
    """Return how many pages it has on paper."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def test_what_comes_before_the_details_prints_to_two_pages(opened: Page) -> None:
    assert pages(opened) <= 2
    opened.emulate_media(media="print")
    expect(opened.locator("#details")).to_be_hidden()
    expect(opened.locator("#sources")).to_be_hidden()
    for part in ("summary", "together", "chains", "unstated", "measure", "better", "provenance"):
        expect(opened.locator(f"#{part}")).to_be_visible()


def test_details_that_are_open_are_printed_with_their_sources(opened: Page) -> None:
    opened.locator("details.risk").nth(2).evaluate("(each) => { each.open = true }")
    assert pages(opened) > 2
    opened.emulate_media(media="print")
    expect(opened.locator("details.risk .effect").filter(visible=True)).to_have_count(6)
    expect(opened.locator("#sources")).to_be_visible()


def test_the_keyboard_leads_from_a_risk_to_its_details_and_to_a_work(opened: Page) -> None:
    for _ in range(3):
        opened.keyboard.press("Tab")
    focused = opened.locator(":focus")
    expect(focused).to_have_text("Poisoning")
    assert focused.evaluate("(each) => getComputedStyle(each).outlineStyle") == "solid"
    opened.keyboard.press("Enter")
    detail = opened.locator("#risk-poisoning")
    expect(detail).to_be_in_viewport()
    expect(detail.locator("h4").first).to_be_visible()
    opened.keyboard.press("Tab")
    work = opened.locator(":focus").get_attribute("href")
    assert work is not None
    opened.keyboard.press("Enter")
    expect(opened.locator(f"[id='{work[1:]}']")).to_be_in_viewport()
