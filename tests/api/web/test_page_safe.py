"""Nobody's text runs as script: not that of knowledge, and not that of an address."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hostile import CALLED, PAYLOADS, REPEATED
from playwright.sync_api import Browser, Page, expect
from served import Served
from served_pages import visiting
from visiting import VIEWS, View, Visitor

from crosscurrent.api.web.rendering import HEADERS

SET = "knowledge=hostile"
PAGES = (
    View(f"/?{SET}"),
    View(f"/what-if?{SET}"),
    View(f"/what-if?evil_factor=hold&evil_setting=raise&evil_adversary=strong&{SET}"),
    View(f"/why/evil_defense/evil_risk?{SET}"),
    View(f"/why/X3/X4?evil_factor=hold&evil_adversary=strong&{SET}"),
    View(f"/why/evil_defense/evasion?{SET}"),
    View(f"/combinations?{SET}"),
    View(f"/combine?{SET}"),
    View(f"/combine?defense=evil_defense@in&defense=watermarking@pre&{SET}"),
    View(f"/collusions?{SET}"),
    View(f"/collude?{SET}"),
    View(f"/collude?target=evil_risk&with=evil_defense&evil_adversary=strong&{SET}"),
    View(f"/collude?attack=evil_attack&attack=evil_risk&{SET}"),
    View(f"/collude?attack=evil_attack&{SET}"),
    View(f"/matrix?{SET}"),
    View(f"/?defense=evil_defense&{SET}"),
    View(f"/?risk=evil_risk&{SET}"),
    View(f"/?defense=evil_defense&risk=evil_risk&{SET}"),
    View(f"/search?q=evil&{SET}"),
    View(f"/learn/defenses?{SET}"),
    View(f"/learn/factors?{SET}"),
    View(f"/learn/adversary/evil_adversary?{SET}"),
    View(f"/learn/defenses/evil_defense?{SET}"),
    View(f"/learn/risks/evil_risk?{SET}"),
    View(f"/learn/factors/evil_factor?{SET}"),
    View(f"/learn/attacks/evil_attack?{SET}"),
    View(f"/learn/references/evil2026?{SET}"),
    View(f"/learn/references/lost2026?{SET}"),
    View(f"/plan?{SET}"),
    View(f"/plan?protect=evil_risk&{SET}"),
)
"""Views of what is hostile."""

ADDRESSES = tuple(
    View(template.format(quote(payload, safe="")), status)
    for payload in (REPEATED[:190], "\r\nSet-Cookie: a=b", "../../etc/passwd", "\x00", "é" * 60)
    for template, status in (
        ("/why/{}/P1", 404),
        ("/why/RD1/{}", 404),
        ("/{}", 404),
        ("/?knowledge={}", 404),
        ("/?{}=1", 200),
        ("/what-if?boundary_distance={}", 422),
        ("/what-if?model_knowledge={}", 422),
        ("/combine?defense={}", 422),
        ("/plan?protect={}", 422),
        ("/collude?target={}", 422),
        ("/collude?attack={}", 422),
        ("/learn/{}/P1", 404),
        ("/learn/risks/{}", 404),
        ("/sign-in?next={}", 200),
    )
)
"""Hostile addresses."""

FOUND = """() => ({
  ran: window.ran ?? null,
  scripts: [...document.scripts].map((each) => each.getAttribute('src')),
  handlers: [...document.querySelectorAll('*')].flatMap((each) => each.getAttributeNames()
    .filter((name) => /^on|^srcdoc$|^style$/i.test(name)).map((name) => `${each.tagName} ${name}`)),
  images: document.querySelectorAll('img, iframe, object, embed, base').length,
  addresses: [...document.querySelectorAll('[href], [action], [src], [formaction]')]
    .flatMap((each) => ['href', 'action', 'src', 'formaction'].map((at) => each.getAttribute(at)))
    .filter((value) => value && !/^(\\/(?!\\/)|#|https?:)/.test(value)),
})"""


def harmless(page: Page) -> None:
    """Check that nothing ran, nothing could, and nothing leads to script."""
    found = page.evaluate(FOUND)
    assert found["ran"] is None
    assert len(found["scripts"]) == 1
    assert found["scripts"][0].startswith("/static/")
    assert (found["handlers"], found["images"], found["addresses"]) == ([], 0, [])


def watched(visitor: Visitor) -> Page:
    """Return a page in which no dialog may open."""
    page = visitor.comes()
    page.on("dialog", lambda dialog: visitor.wrong.append(f"dialog: {dialog.message}"))
    return page


@pytest.fixture(scope="module")
def looking(browser: Browser, service: Served) -> Iterator[tuple[Visitor, Page]]:
    """Return a visitor who looks at one view after another."""
    with visiting(browser, service) as visitor:
        yield visitor, watched(visitor)


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.address)
def test_what_knowledge_says_is_text(looking: tuple[Visitor, Page], view: View) -> None:
    visitor, page = looking
    visitor.goes(page, view)
    harmless(page)
    whole = page.locator("main").text_content() or ""
    assert any(name in whole for name in CALLED.values())
    assert "49" not in page.locator("h1").inner_text()


def test_every_text_of_a_hostile_set_is_shown_as_it_is(visitor: Visitor) -> None:
    page = watched(visitor)
    visitor.goes(page, View(f"/why/evil_defense/evil_risk?{SET}"))
    harmless(page)
    assert page.title() == f"{CALLED['defense']} → {CALLED['risk']} · Crosscurrent"
    whole = " ".join(page.evaluate("document.querySelector('main').textContent").split())
    for text in (CALLED["factor"], REPEATED, *PAYLOADS):
        assert " ".join(text.split()) in whole
    page.locator("#assume > summary").click()
    page.locator("label:has(#evil_factor-hold)").click()
    page.wait_for_url("**evil_factor=hold**")
    expect(page.locator(".because")).to_contain_text(CALLED["factor"], ignore_case=True)
    harmless(page)


def test_hovering_and_focusing_run_nothing_either(visitor: Visitor) -> None:
    page = watched(visitor)
    visitor.goes(page, View(f"/matrix?{SET}"))
    cell = page.locator("[id='evil_defense.evil_risk']")
    cell.hover()
    cell.focus()
    harmless(page)
    cell.click()
    page.wait_for_url("**/why/evil_defense/evil_risk**")
    harmless(page)


def test_an_address_is_text(visitor: Visitor) -> None:
    page = watched(visitor)
    for view in ADDRESSES:
        if quote(PAYLOADS[0], safe="") not in view.address:
            continue  # what can't be markup is looked at below
        visitor.goes(page, view)
        harmless(page)


def test_every_page_comes_with_the_strictest_policy(service: Served) -> None:
    for view in (*VIEWS, *PAGES, *ADDRESSES):
        answer = service.client.get(view.address, headers={"Accept": "text/html"})
        assert answer.status_code == view.status, view
        for name, value in HEADERS.items():
            allowed = [value, "no-store"] if name == "Cache-Control" else [value]
            assert answer.headers[name] in allowed, (view, name)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "set-cookie" not in answer.headers


def test_the_policy_allows_only_our_own_script_and_style() -> None:
    policy = dict(
        each.strip().split(" ", 1) for each in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}


def test_a_source_may_only_lead_to_the_web(service: Served) -> None:
    text = "references:\n- {id: a2026, status: confirmed, url: 'javascript:alert(1)'}\n"
    answer = service.client.put("/v1/knowledge/refused", json={"files": {"a.yaml": text}})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "references[0].url"
