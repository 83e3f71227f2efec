"""Take the pictures of the page that README.md shows, or of every view, to look at.

``python docs/screenshots.py`` writes those of README.md (``make screenshots``);
``python docs/screenshots.py --all FOLDER`` writes every view into a folder, on a desk and on a
phone, in the light and in the dark. Both start a service of their own and need Chromium. The views
are those of the tests, found with ``PYTHONPATH=tests/helpers``.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import browsers
from generate import DOCS, service
from PIL import Image
from visiting import DESKTOP, PHONE, VIEWS

from crosscurrent.api.web.deployment_links import packed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

IMAGES = DOCS / "images"
_COLOURS = 192
_MARGIN = 12


Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Picture(NamedTuple):
    """A picture: its file, the address, what it ends below, and the scheme of colours."""

    name: str
    address: str
    last: str
    scheme: Scheme = "light"


_CREDIT = (DOCS / "examples" / "deployments" / "credit.yaml").read_text(encoding="utf-8")

PICTURES = (
    Picture("page-matrix.png", "/matrix", ".legend"),
    Picture("page-why.png", "/why/RD1/P1?boundary_distance=hold", "table.paths"),
    Picture("page-assess.png", f"/assess?deployment={packed(_CREDIT)}", "main table"),
)


def take(browser: Browser, url: str) -> Iterator[Path]:
    """Take the pictures of README.md; yield each file."""
    for picture in PICTURES:
        page = _opened(browser, url, picture.address, picture.scheme, {**DESKTOP})
        end = page.locator(picture.last).bounding_box()
        assert end is not None
        bottom = end["y"] + end["height"] + _MARGIN
        clip: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": bottom}
        file = IMAGES / picture.name
        page.screenshot(path=file, full_page=True, clip=clip)
        _lighten(file)
        page.context.close()
        yield file


def take_all(browser: Browser, url: str, folder: Path) -> Iterator[Path]:
    """Take a picture of every view that needs no uploaded knowledge; yield each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for view in VIEWS:
        if "knowledge=" in view.address:
            continue
        name = re.sub(r"\W+", "-", view.address).strip("-") or "start"
        for size, options in (("desk", DESKTOP), ("phone", PHONE)):
            for scheme in SCHEMES:
                page = _opened(browser, url, view.address, scheme, options)
                file = folder / f"{name[:60]}-{size}-{scheme}.png"
                page.screenshot(path=file, full_page=True)
                page.context.close()
                yield file


def _opened(
    browser: Browser, url: str, address: str, scheme: Scheme, options: dict[str, Any]
) -> Page:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", **options)
    page = context.new_page()
    page.goto(f"http://{url}{address}")
    return page


def _lighten(file: Path) -> None:
    """Keep as few colours as one can't tell from all."""
    with Image.open(file) as whole:
        few = whole.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def main() -> int:
    """Take them, and say where they are."""
    parser = argparse.ArgumentParser(description="Take pictures of the page.")
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="of every view, into a folder")
    arguments = parser.parse_args()
    place = browsers.found()
    if place is None:
        print("no Chromium was found: python tests/helpers/browsers.py", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as data,
        service(data) as url,
        browsers.browser(place) as browser,
    ):
        for file in take_all(browser, url, arguments.all) if arguments.all else take(browser, url):
            print(f"{file} {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
