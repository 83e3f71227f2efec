"""The browser that pages are tested in: it is found here, and nowhere else.

``python tests/helpers/browsers.py [FILE]`` installs one where none is found, if that can be done
without asking anybody, and writes into the file where it is. It always ends well: without a
browser, tests in one are skipped and say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["SKIPPED", "browser", "found"]

_STATED = "CROSSCURRENT_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ALONE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
"""It asks nobody but the page's own service."""

SKIPPED = (
    "no Chromium was found, so tests in a browser are skipped: install it (Debian: apt-get install"
    f" chromium; elsewhere: python -m playwright install chromium), or set {_STATED}=/path/to/it"
)


def found() -> str | None:
    """Return the Chromium to use, if there is one that starts.

    The one that ``CROSSCURRENT_CHROMIUM`` names, if it is set, and else the first of those on the
    path, and Playwright's own.
    """
    stated = os.environ.get(_STATED)
    if stated:
        return stated if _starts(stated) else None
    for name in _NAMES:
        place = which(name)
        if place and _starts(place):
            return place
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if _starts(own) else None


def _starts(place: str) -> bool:
    """Say whether it is a browser, not a hint where to get one, and lacks nothing."""
    try:
        done = subprocess.run([place, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@contextmanager
def browser(place: str) -> Iterator[Browser]:
    """Run a browser without a window; it is never downloaded here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=place, args=_ALONE)
        try:
            yield running
        finally:
            running.close()


def _install() -> None:
    """Install one as the system does, or else as Playwright does."""
    apt = which("apt-get")
    if apt and os.geteuid() == 0:
        steps = ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", "chromium"])
        if all(map(_done, steps)) and found():
            return
    _done([sys.executable, "-m", "playwright", "install", "chromium"])


def _done(command: list[str]) -> bool:
    surroundings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=surroundings, capture_output=True, timeout=900, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Find a browser or install one, and say which it is or what is missing."""
    place = found()
    if place is None and not os.environ.get(_STATED):
        print("installing Chromium, for tests in a browser ...", flush=True)
        _install()
        place = found()
    print(f"tests in a browser: {place}" if place else SKIPPED)
    if place and sys.argv[1:]:
        Path(sys.argv[1]).write_text(f"{place}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
