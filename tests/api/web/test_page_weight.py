"""Pages are light, what they are made of is asked for once, and no link of theirs is dead."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from served import Served
from visiting import VIEWS, View

ASKED = {"Accept": "text/html"}
LARGEST = 100_000
LARGEST_OF_ALL = 180_000
"""In bytes: with the papers alone, and with the literature, which has 3.4 times as many pairs."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        address = found.get("src" if tag == "script" else "href")
        if tag in ("script", "link") and address:
            self.parts.append(address)
        elif tag == "a" and address:
            self.links.append(address)
        if found.get("id"):
            self.ids.append(str(found["id"]))


def read(text: str) -> _Links:
    """Return what a page is made of and where it leads."""
    parser = _Links()
    parser.feed(text)
    return parser


@pytest.mark.parametrize(
    ("address", "largest"),
    [
        ("/", LARGEST),
        ("/?defense=PD1", LARGEST),
        ("/matrix", LARGEST_OF_ALL),
        ("/what-if", LARGEST_OF_ALL),
        ("/why/RD1/P1", LARGEST),
        ("/matrix?knowledge=papers", LARGEST),
        ("/what-if?knowledge=papers", LARGEST),
    ],
)
def test_a_first_view_is_light(service: Served, address: str, largest: int) -> None:
    page = service.client.get(address, headers=ASKED)
    parts = read(page.text).parts
    assert len(parts) == 3  # icon, style and script
    answers = [page, *(service.client.get(each) for each in parts)]
    assert all(each.status_code == 200 for each in answers)
    assert sum(len(each.content) for each in answers) < largest


def test_what_a_page_is_made_of_is_kept_for_good_under_its_digest(service: Served) -> None:
    for address in read(service.client.get("/", headers=ASKED).text).parts:
        answer = service.client.get(address)
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        _, folder, digest, name = address.split("/")
        for other in (f"/{folder}/000000000000/{name}", f"/{folder}/{digest}/other.js"):
            refused = service.client.get(other)
            assert refused.status_code == 404
            assert "immutable" not in refused.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["..%2Fapp.py", "%2e%2e/app.py", "../../app.py", "%00", "a" * 300])
def test_no_other_file_can_be_asked_for(service: Served, name: str) -> None:
    assert service.client.get(f"/static/000000000000/{name}").status_code == 404


def test_no_id_is_there_twice(service: Served) -> None:
    for view in VIEWS:
        ids = read(service.client.get(view.address, headers=ASKED).text).ids
        assert len(ids) == len(set(ids)), view


def _first(address: str) -> str:
    return urlsplit(address).path.split("/")[1]


def _own(address: str) -> bool:
    """Whether it asks the service's own knowledge; others lack some of what has links."""
    return "knowledge=" not in address


def test_every_link_between_views_leads_somewhere(service: Served) -> None:
    known = {_first(each.address) for each in VIEWS if each.status == 200}
    waiting = [each for each in VIEWS if _own(each.address)]
    shown = {each.address for each in waiting}
    seen = set(shown)
    while waiting:
        view = waiting.pop()
        answer = service.client.get(view.address, headers=ASKED)
        assert answer.status_code == view.status, view
        # choices lead to further choices without end: of those, only what views show is followed
        if view.status != 200 or ("?" in view.address and view.address not in shown):
            continue
        page = read(answer.text)
        for link in page.links:
            address, _, target = link.partition("#")
            if not address:
                assert target in page.ids, (view, link)
            elif (
                address.startswith("/")
                and address not in seen
                and _first(address) in known
                and _own(address)
            ):
                seen.add(address)
                waiting.append(View(address))
    assert len(seen) > 100
