"""Readings of a page: the text it shows, and the violations that axe-core finds."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["shown", "violations"]

_RULES = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]  # fmt: skip
_OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _RULES}}

_READ = """() => Object.fromEntries([...document.querySelectorAll('table.matrix td a')].map((a) => [
  a.id,
  {
    href: a.getAttribute('href'),
    classes: [...a.classList],
    glyph: a.querySelector('.glyph').textContent,
    verb: a.querySelector('.verb').innerText,
    was: a.querySelector('.was')?.innerText ?? null,
    likely: a.querySelector('.likely').innerText,
    badges: [...a.querySelectorAll('.badge')].map((b) => [b.className, b.innerText]),
    hidden: a.querySelector('.shown').getAttribute('aria-hidden'),
    spoken: a.querySelector('.tip').textContent,
  },
]))"""


def shown(page: Page) -> dict[str, dict[str, Any]]:
    """Return what each cell of a matrix shows."""
    found: dict[str, dict[str, Any]] = page.evaluate(_READ)
    return found


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong, each with the elements."""
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {[node['target'] for node in each['nodes']][:8]}"
        f" {each['nodes'][0]['failureSummary']}"
        for each in found
    ]
