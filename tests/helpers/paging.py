"""Pages of a service in this process, read as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import takewhile
from typing import NamedTuple

from asking import Asking

__all__ = ["Element", "Page", "read"]

_VOID = {"br", "hr", "img", "input", "link", "meta"}
_HIDDEN = {"script", "style", "title"}


class Element(NamedTuple):
    """An element with all the text in it."""

    tag: str
    attributes: dict[str, str]
    parts: list[str]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class Page(HTMLParser):
    """A page and its elements, in order."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__()
        self.status, self.source = status, text
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs}, [])
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {key: value or "" for key, value in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            closed = self._open.pop()
            assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        if not any(each.tag in _HIDDEN for each in self._open):
            for element in self._open:
                element.parts.append(data)

    @property
    def text(self) -> str:
        return self.all("main")[0].text

    def all(self, tag: str, *classes: str) -> list[Element]:
        return [e for e in self.elements if e.tag == tag and e.classes.issuperset(classes)]

    def by_id(self, identity: str) -> Element:
        (found,) = [e for e in self.elements if e.attributes.get("id") == identity]
        return found

    def within(self, outer: Element, tag: str) -> list[Element]:
        """Return the elements of a kind whose text begins inside another, by place in the page."""
        rest = iter(self.elements)
        next(each for each in rest if each is outer)
        inner = takewhile(lambda each: each.tag != outer.tag, rest)
        return [each for each in inner if each.tag == tag]

    def links(self) -> Iterator[tuple[str, str]]:
        """Return the address and the text of every link."""
        return ((e.attributes["href"], e.text) for e in self.all("a") if "href" in e.attributes)

    def chosen(self) -> dict[str, list[str]]:
        """Return what the form holds: selected options and checked boxes, by name."""
        found: dict[str, list[str]] = {}
        name = ""
        for element in self.elements:
            if element.tag == "select":
                name = element.attributes["name"]
            value = element.attributes.get("value")
            if element.tag == "option" and "selected" in element.attributes and value:
                found.setdefault(name, []).append(value)
            elif element.tag == "input" and "checked" in element.attributes and value:
                found.setdefault(element.attributes["name"], []).append(value)
        return found


def read(pages: Asking, address: str) -> Page:
    """Ask for a page."""
    answer = pages.get(address, headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"].startswith("text/html"), answer.text
    return Page(answer.text, answer.status_code)
