"""Measure how heavy pages are, and how long the service takes to make them.

``python benchmarks/pages.py [--repeats N] [--json]``. Every page is asked for over the loopback,
one after the other on one connection, so that what is timed is one visitor's wait without the
network.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from report import Section, table
from service import service
from timing import machine, seconds

PAGES = (
    "/",
    "/what-if",
    "/what-if?boundary_distance=hold&model_knowledge=whitebox",
    "/why/RD1/P1",
    "/why/RD1/P1?boundary_distance=hold",
    "/combinations",
    "/collusions",
    "/combine?defense=watermarking@pre&defense=outlier_removal@in",
    "/plan?protect=evasion&protect=membership_inference",
    "/collude?target=membership_inference&with=differential_privacy",
    "/learn",
    "/learn/factors/tail_length",
)
_PARTS = re.compile(r'<(?:script|link)\b[^>]*\b(?:src|href)="(/[^"]+)"')


class Weight(NamedTuple):
    """What one page costs: its own bytes, those of a first visit, and the wait for it."""

    page: str
    html_bytes: int
    first_visit_bytes: int
    requests: int
    median_ms: float


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Measure pages.")
    parser.add_argument("--repeats", type=int, default=200, help="how often each is asked for")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    with service() as (url, _):
        rows = tuple(weigh(url, page, arguments.repeats) for page in PAGES)
    notes = (
        f"uncompressed; {arguments.repeats} requests each over the loopback, one at a time",
        "first visit: with style, script and icon, which are kept for all pages",
    )
    if arguments.json:
        print(
            json.dumps({"machine": machine(), "pages": [row._asdict() for row in rows]}, indent=2)
        )
    else:
        print(f"{machine()}\n\n{table(Section('pages', 'Pages', notes, rows))}")
    return 0


def weigh(url: str, page: str, repeats: int) -> Weight:
    """Measure one page."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def ask(address: str) -> bytes:
        connection.request("GET", address, headers={"Accept": "text/html,*/*"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{address} is answered with {answer.status}")
        return body

    html = ask(page)
    parts = [ask(each) for each in dict.fromkeys(_PARTS.findall(html.decode()))]
    wait = seconds(lambda: ask(page), repeats) * 1000
    connection.close()
    whole = len(html) + sum(map(len, parts))
    return Weight(page, len(html), whole, 1 + len(parts), wait)


if __name__ == "__main__":
    sys.exit(main())
