"""Signing in with a real browser where keys are asked for, and out again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from reading import violations
from served import Served
from served_pages import serving, visiting
from visiting import DARK_PHONE, LIGHT_DESK, View, Visitor

from crosscurrent.api.rest.keys import KeyFile


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """Run a service that asks for keys; return it with one."""
    keys = KeyFile(str(tmp_path_factory.mktemp("locked") / "keys.json"))
    secret = keys.add("anna")
    with serving(tmp_path_factory, "--keys", keys.path) as served:
        yield served, secret


@pytest.fixture
def stranger(browser: Browser, locked: tuple[Served, str]) -> Iterator[Visitor]:
    """Return a visitor of it."""
    with visiting(browser, locked[0]) as someone:
        yield someone


@pytest.mark.parametrize("script", [True, False])
def test_signing_in_leads_to_what_was_asked_for_and_out_to_the_door(
    stranger: Visitor, locked: tuple[Served, str], script: bool
) -> None:
    page = stranger.opens(View("/why/RD1/P1?boundary_distance=hold"), java_script_enabled=script)
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_label("Key").fill("no key of this service")
    stranger.expects(401)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("no key of this service")
    page.get_by_label("Key").fill(locked[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/why/RD1/P1?boundary_distance=hold")
    expect(page.locator("h1")).to_have_text("Adversarial training → Membership inference")
    (cookie,) = page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Lax")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out anna").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.reload()
    expect(page.locator("h1")).to_have_text("Sign in")
    assert page.context.cookies() == []


def test_a_live_form_goes_on_after_signing_in(
    stranger: Visitor, locked: tuple[Served, str]
) -> None:
    page = stranger.opens(View("/what-if"))
    page.get_by_label("Key").fill(locked[1])
    page.get_by_label("Key").press("Enter")
    page.wait_for_url("**/what-if")
    page.context.clear_cookies()  # the session ends while the page is open
    page.locator("label:has(#boundary_distance-hold)").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_label("Key").fill(locked[1])
    page.get_by_label("Key").press("Enter")
    page.wait_for_url("**/what-if?boundary_distance=hold")
    expect(page.locator("#changed")).to_contain_text("answers change")


@pytest.mark.parametrize("options", [LIGHT_DESK, DARK_PHONE], ids=["light desk", "dark phone"])
def test_axe_finds_nothing_wrong_at_the_door(stranger: Visitor, options: dict[str, object]) -> None:
    assert violations(stranger.opens(View("/sign-in"), **options)) == []
