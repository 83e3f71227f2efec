"""A visitor with a browser, who remembers all that went wrong; and the addresses of all views."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deployment_texts import TRIAGE
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from crosscurrent.api.web.deployment_links import packed

__all__ = ["DARK_PHONE", "DESKTOP", "LIGHT_DESK", "PHONE", "VIEWS", "View", "Visitor", "settled"]

_PATIENCE = 60_000.0
expect.set_options(
    timeout=_PATIENCE / 2
)  # nothing waits so long, unless other tests take all cores

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}

LIGHT_DESK = {**DESKTOP, "color_scheme": "light"}
DARK_PHONE = {**PHONE, "color_scheme": "dark"}


class View(NamedTuple):
    """A page as it is asked for: its address, and the status it comes with."""

    address: str
    status: int = 200


VIEWS = (
    View("/?risk=discriminatory_behavior"),
    View("/?defense=PD1&risk=F"),
    View("/?defense=nothing", 422),
    View("/?defense=differential_privacy"),
    View("/"),
    View("/search?q=stealing"),
    View("/matrix"),
    View("/matrix?knowledge=team"),
    View("/matrix?sort=raises&show=disagree"),
    View("/matrix?sort=sideways", 422),
    View("/assess"),
    View(f"/assess?deployment={packed(TRIAGE)}"),
    View(f"/assess?deployment={packed(TRIAGE.replace('explanations', 'explantations'))}", 422),
    View("/what-if"),
    View("/what-if?boundary_distance=hold&training_set_size=lower&model_knowledge=whitebox"),
    View("/what-if?boundary_distance=sideways", 422),
    View("/why/RD1/P1"),
    View("/why/RD2/R3"),
    View("/why/RD1/P1?model_capacity=raise&tail_length=raise&boundary_distance=hold"),
    View("/why/PD1/R1?boundary_distance=sideways", 422),
    View("/combinations"),
    View("/combine"),
    View("/combine?defense=watermarking@pre&defense=outlier_removal@in"),
    View("/combine?defense=RD1&defense=PD1&defense=FD1&defense=RD3"),
    View("/combine?defense=RD1&defense=nothing", 422),
    View("/plan"),
    View("/plan?protect=evasion&protect=membership_inference&avoid=discriminatory_behavior"),
    View("/plan?protect=evasion&protect=poisoning"),
    View("/plan?protect=evasion&max=many", 422),
    View("/collusions"),
    View("/collude"),
    View("/collude?target=membership_inference&with=differential_privacy"),
    View("/collude?attack=poisoning&attack=membership_inference&model_knowledge=graybox"),
    View("/collude?attack=poisoning"),
    View("/collude?target=evasion&limit=many", 422),
    View("/learn"),
    View("/learn/factors"),
    View("/learn/risks"),
    View("/learn/references"),
    View("/learn/adversary"),
    View("/learn/conditions/records"),
    View("/about"),
    View("/learn/defenses/adversarial_training"),
    View("/learn/risks/membership_inference"),
    View("/learn/factors/tail_length"),
    View("/learn/attacks/model_extraction"),
    View("/learn/references/duddu2024sok"),
    View("/validate"),
    View("/validate?defense=adversarial_training&risk=evasion&state=succeeded"),
    View("/validate?combine=RD3@pre&combine=RD2@in"),
    View("/validate?defense=FD2&risk=P2&vary=D3%3D10,20"),
    View("/validate/none", 404),
    View("/sign-in"),
    View("/nowhere", 404),
    View("/plans", 404),
    View("/why/RD1/P9", 404),
)
"""Every view, in each of its states: what holds for all pages is tested for these."""


class Visitor:
    """Someone with a browser who visits one service.

    Parameters
    ----------
    browser : Browser
        The browser.
    url : str
        Where the service is.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self.url = browser, url
        self._contexts: list[BrowserContext] = []
        self._refused: list[tuple[int, str]] = []
        self.wrong: list[str] = []
        self.requests: list[str] = []
        self.expected: set[int] = set()

    def comes(self, **options: Any) -> Page:
        """Return a page in a browser that nobody has used before; by default, on a desktop."""
        context = self._browser.new_context(
            base_url=self.url, **{"reduced_motion": "reduce", **DESKTOP, **options}
        )
        context.set_default_timeout(_PATIENCE)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        return page

    def opens(self, view: View, **options: Any) -> Page:
        """Return a page that shows a view."""
        page = self.comes(**options)
        self.goes(page, view)
        return page

    def goes(self, page: Page, view: View) -> Response:
        """Go to a view, which comes with its status."""
        self.expects(view.status)
        answer = page.goto(view.address)
        assert answer is not None
        assert answer.status == view.status, view
        return answer

    def expects(self, status: int) -> None:
        """Expect that some requests are answered with this status."""
        self.expected.add(status)

    def leaves(self) -> None:
        """Close everything."""
        for context in self._contexts:
            context.close()

    def complaints(self) -> list[str]:
        """Return all that went wrong."""
        refused = [f"{s}: {url}" for s, url in self._refused if s not in self.expected]
        return [*self.wrong, *refused]

    def _console(self, message: ConsoleMessage) -> None:
        # that a request was refused is looked at by its status
        if message.type in ("error", "warning") and "the server responded" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up for a newer one
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._refused.append((response.status, response.url))


def settled(page: Page) -> None:
    """Wait until a change in a live form has been followed."""
    expect(page.locator("main:not([aria-busy])")).to_be_attached()
