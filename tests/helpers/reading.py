"""Readings of a page: the text it shows, and the violations that axe-core finds."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["shown", "violations"]

_RULES = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]  # fmt: skip
_OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _RULES}}

_ALIKE = """;(() => {
  const known = new Map(), looks = new Map();
  for (const each of document.querySelectorAll('html, body, body *')) {
    const style = getComputedStyle(each);
    const look = [
      looks.get(each.parentElement), each.tagName,
      [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
      ...['backgroundColor', 'backgroundImage', 'clipPath', 'color', 'display', 'filter', 'fill',
          'fontSize', 'fontWeight', 'opacity', 'position', 'textShadow', 'visibility']
        .map((name) => style[name]),
    ].join('|');
    each.toggleAttribute('data-alike', known.has(look));
    if (!known.has(look)) known.set(look, known.size);
    looks.set(each, known.get(look));
  }
  axe.configure({rules: [{id: 'color-contrast', selector: '*:not([data-alike])'}]});
})()"""
"""Of elements that look alike, as all do that they are in, axe-core takes the contrast of one.

That takes most of its time, and a matrix has hundreds of such cells; all else it looks at in each.
"""

_AXE = Axe(AXE_SCRIPT + _ALIKE)

_READ = """() => Object.fromEntries([...document.querySelectorAll('table.matrix td a')].map((a) => [
  a.id,
  {
    href: a.getAttribute('href'),
    classes: [...a.classList],
    glyph: a.querySelector('.glyph').textContent,
    verb: a.querySelector('.verb').innerText,
    was: a.querySelector('.was')?.innerText ?? null,
    differ: a.querySelector('.differ') !== null,
    likely: a.querySelector('.likely')?.textContent ?? '',
    grade: a.querySelector('.grade').textContent,
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
    found = _AXE.run(page, options=_OPTIONS).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {[node['target'] for node in each['nodes']][:8]}"
        f" {each['nodes'][0]['failureSummary']}"
        for each in found
    ]
