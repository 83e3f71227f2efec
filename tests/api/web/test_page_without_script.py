"""Pages are whole without a script, and with one that is late."""

from __future__ import annotations

from playwright.sync_api import Route, expect
from reading import shown
from visiting import VIEWS, View, Visitor


def test_a_form_works_by_its_button(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if"), java_script_enabled=False)
    page.locator("label:has(#boundary_distance-hold)").click()
    page.locator("#a-model_knowledge").select_option("whitebox")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**boundary_distance=hold**")
    expect(page.locator("#changed")).to_contain_text("answers change")
    expect(page.locator("#boundary_distance-hold")).to_be_checked()
    same = visitor.opens(View("/what-if?boundary_distance=hold&model_knowledge=whitebox"))
    assert shown(page) == shown(same)
    page.get_by_role("link", name="Reset").click()
    page.wait_for_url("**/what-if")


def test_every_view_shows_the_same_without_script(visitor: Visitor) -> None:
    without, having = visitor.comes(java_script_enabled=False), visitor.comes()
    for view in VIEWS:
        visitor.goes(without, view)
        visitor.goes(having, view)
        if view.status not in (404,):  # these name their request
            assert without.locator("main").inner_text() == having.locator("main").inner_text()


def test_links_and_forms_work_while_the_script_is_still_on_its_way(visitor: Visitor) -> None:
    page = visitor.comes()
    held: list[Route] = []
    page.route("**/page.js", lambda route: held.append(route))  # it stays unanswered
    page.goto("/what-if", wait_until="commit")
    page.locator("label:has(#boundary_distance-hold)").click()
    page.get_by_role("button", name="Show").click(no_wait_after=True)
    page.wait_for_url("**/what-if?*boundary_distance=hold*", wait_until="commit")
    expect(page.locator("#changed")).to_contain_text("answers change")
    page.locator("[id='adversarial_training.membership_inference']").click(no_wait_after=True)
    page.wait_for_url("**/why/adversarial_training/*", wait_until="commit")
    expect(page.locator("h1")).to_have_text("Adversarial training → Membership inference")
    assert held


def test_an_answer_that_does_not_come_leads_to_the_address_itself(visitor: Visitor) -> None:
    page = visitor.opens(View("/what-if"))
    refused = iter([True])
    page.route(
        "**/what-if?*",
        lambda route: route.abort("blockedbyclient") if next(refused, False) else route.continue_(),
    )
    with page.expect_event("load"):
        page.locator("label:has(#boundary_distance-hold)").click()
    expect(page.locator("#changed")).to_contain_text("answers change")
    visitor.wrong = [each for each in visitor.wrong if "ERR_BLOCKED_BY_CLIENT" not in each]
