"""Requests for pages: the knowledge asked, the assumptions made, and the site they come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from crosscurrent.knowledge.errors import InputError, clip, legible, suggest

from ..rest.lru_cache import LRUCache
from ..rest.middleware import OWNER
from ..rest.problems import ProblemError
from .deployment_links import MAX_LINK
from .names import Words
from .rendering import address, page, page_response

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..rest.service import Service

__all__ = [
    "NOTHING",
    "SAME_ORIGIN",
    "Assumptions",
    "PageRequest",
    "PageRequestDep",
    "page_cache",
    "page_request",
    "require_same_origin",
]

_LONGEST = 200
_LONGER = {"deployment": MAX_LINK}
"""Parameters that may be longer."""
_MOST = 60
KNOWLEDGE = "knowledge"
PageCache = LRUCache[tuple[Hashable, ...], bytes]
"""Bodies of pages by what they were made of."""
_KEPT = 32 * 1024 * 1024
"""Bytes of pages that are kept."""
_OWN_SITES = ("same-origin", "none")
"""Sites that browsers state for a request of one of our own pages, or of the user."""


class Assumptions(NamedTuple):
    """Assumptions of a query, as `api.answers.assumptions` takes them."""

    raise_: Sequence[str]
    lower: Sequence[str]
    hold: Sequence[str]
    adversary: Mapping[str, str]
    given: Mapping[str, str]

    @property
    def any(self) -> bool:
        """Whether anything is assumed."""
        return any(self)

    @property
    def chosen(self) -> dict[str, str]:
        """The same as the query says it: what is done to each factor, who attacks, and when."""
        ways = (("raise", self.raise_), ("lower", self.lower), ("hold", self.hold))
        return {name: way for way, names in ways for name in names} | self.stated

    @property
    def stated(self) -> dict[str, str]:
        """What is said of adversary and conditions."""
        return {**self.adversary, **self.given}

    def told(self, words: Words) -> str:
        """Say what is assumed in short; empty if nothing is."""
        ways = (("raised", self.raise_), ("lowered", self.lower), ("held", self.hold))
        parts = [f"{words.inside(name)} is {way}" for way, names in ways for name in names]
        parts += [
            f"{words.inside(name)} is {value.replace('_', ' ')}"
            for name, value in self.stated.items()
        ]
        return ", ".join(parts)


NOTHING = Assumptions((), (), (), {}, {})
"""No assumption."""


class PageRequest:
    """One request for a page.

    Parameters
    ----------
    request : Request
        The request.

    Attributes
    ----------
    kb : KnowledgeBase
        The knowledge base asked: the service's own, or the set that ``knowledge`` names.
    words : Words
        The names in it.
    notices : list of str
        Parts of the query that were left out, in words.

    Raises
    ------
    ProblemError
        If the query is too long, or there is no such set.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.service: Service = request.app.state.service
        query = request.query_params.multi_items()
        if len(query) > _MOST or any(
            len(v) > _LONGER.get(k, _LONGEST) or len(k) > _LONGEST for k, v in query
        ):
            raise ProblemError(
                422, f"the address is too long: {_MOST} parameters of {_LONGEST} characters"
            )
        self._query = [(name, value) for name, value in query if value]
        named = self.many(KNOWLEDGE)
        self.set = named[-1] if named else None
        self.kb: KnowledgeBase = self.service.knowledge(self.set)
        self.words = Words(self.kb)
        self.notices: list[str] = []

    def every(self, name: str) -> list[str]:
        """Return all values of a parameter that are not empty, as they come."""
        return [value for key, value in self._query if key == name]

    def many(self, name: str) -> list[str]:
        """Return all values of a parameter that are not empty, each once."""
        return list(dict.fromkeys(self.every(name)))

    def one(self, name: str) -> str | None:
        """Return the last value of a parameter, if it has one."""
        values = self.many(name)
        return values[-1] if values else None

    def expect(self, *known: str) -> None:
        """Say of which parameters there are no such; they are not taken."""
        names = {*known, KNOWLEDGE}
        for name in dict.fromkeys(key for key, _ in self._query if key not in names):
            close = suggest(name, names)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            self.notices.append(
                f"There is no “{legible(clip(name))}” here, so it was left out{hint}"
            )

    def assumptions(self, *others: str) -> Assumptions:
        """Return what the query assumes: ``FACTOR=hold`` and the like, ``CONDITION=VALUE``.

        A characteristic of the adversary is stated as a condition is.

        What names neither, nor one of `others`, is told as a notice.

        Raises
        ------
        InputError
            If something else is to be done to a factor than hold, raise or lower it, or it is to
            be done in two ways.
        """
        factors = {f.id: f.id for f in self.kb.factors.values() if f.role != "knowledge"}
        factors |= {f.code: f.id for f in self.kb.factors.values() if f.code and f.id in factors}
        factors |= self._otherwise_called(
            {*factors, *self.kb.adversary, *self.kb.conditions, *others, KNOWLEDGE}
        )
        self.expect(*factors, *self.kb.adversary, *self.kb.conditions, *others)
        done: dict[str, list[str]] = {"raise": [], "lower": [], "hold": []}
        adversary: dict[str, str] = {}
        given: dict[str, str] = {}
        for key, value in self._query:
            if key in factors:
                if value not in done:
                    raise InputError(
                        f"{key}={clip(value)}: a factor can be raised, lowered or held"
                        f" ({key}=raise, lower or hold)"
                    )
                if factors[key] not in done[value]:
                    done[value].append(factors[key])
            elif key in self.kb.adversary or key in self.kb.conditions:
                stated = adversary if key in self.kb.adversary else given
                if stated.setdefault(key, value) != value:
                    raise InputError(f"{key} is given twice: {stated[key]} and {clip(value)}")
        return Assumptions(done["raise"], done["lower"], done["hold"], adversary, given)

    def _otherwise_called(self, known: Collection[str]) -> dict[str, str]:
        """Return the ids of the factors that the query names in still another way."""
        found: dict[str, str] = {}
        for key, _ in self._query:
            if key not in known:
                with suppress(InputError):
                    factor = self.kb.factor(key)
                    found |= {key: factor.id} if factor.role != "knowledge" else {}
        return found

    def link(self, path: str, query: Any = ()) -> str:
        """Return the address of another view that asks the same knowledge."""
        pairs = query.items() if isinstance(query, Mapping) else query
        return address(path, [*pairs, (KNOWLEDGE, self.set)])

    def render(
        self, template: str, status: int = 200, headers: Mapping[str, str] = {}, **context: Any
    ) -> Response:
        """Return a page about what was asked."""
        return page_response(template, {**self.context(), **context}, status, headers)

    def kept(self, jobs: Sequence[str], make: Callable[[], Response]) -> Response:
        """Return a page as it was made for the same question before, or make it.

        Parameters
        ----------
        jobs : sequence of str
            The jobs whose results it shows.
        make : callable
            Makes it; of nothing but the question, the knowledge and these.
        """
        url = self.request.url
        signed_in = self.request.scope.get(OWNER)
        sets = self.service.sets.names()
        key = (self.kb.digest, url.path, url.query, signed_in, *sets, None, *jobs)
        pages: PageCache = self.request.app.state.pages
        body = pages.get(key)
        if body is None:
            made = make()
            if made.status_code != 200:
                return made
            body = bytes(made.body)
            pages.put(key, body)
        return page(body)

    def context(self) -> dict[str, Any]:
        """Return what all pages may show."""
        same = [(key, value) for key, value in self._query if key != KNOWLEDGE]
        path = self.request.url.path
        return {
            "path": path,
            "link": self.link,
            "words": self.words,
            "kb": self.kb,
            "digest": self.kb.digest,
            "set": self.set,
            "hidden": [(KNOWLEDGE, self.set)] if self.set else [],
            "sets": [
                (name, address(path, [*same, (KNOWLEDGE, name)]))
                for name in self.service.sets.names()
            ],
            "here": address(path, self._query),
            "own": address(path, same),
            "notices": self.notices,
            "signed_in": self.request.scope.get(OWNER),
        }


def page_cache() -> PageCache:
    """Return a place for pages, as many as have room."""
    return LRUCache(_KEPT, len)


def page_request(request: Request) -> PageRequest:
    """Return the page request of a request."""
    return PageRequest(request)


PageRequestDep = Annotated[PageRequest, Depends(page_request)]
"""The page request, for routes."""


async def require_same_origin(request: Request) -> None:
    """Refuse requests that a page of another site makes a browser send with our user's cookie.

    Programs say nothing of where they are, and pass.

    Raises
    ------
    ProblemError
        403, if the browser says that the request comes from another site.
    """
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    host = headers.get("host", "").lower()
    # a proxy may change the host, but not what the browser says of the site
    known = site in _OWN_SITES if site is not None else origin is None or _host(origin) == host
    if not known:
        raise ProblemError(
            403,
            "this was sent by a page of another site, so nothing was done; open the page here and"
            " send it from there",
            kind="cross-site",
        )


def _host(origin: str) -> str | None:
    """Return host and port of an origin; None for one that is none, such as ``null``."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


SAME_ORIGIN = Depends(require_same_origin)
"""For routes that change something: only our own pages may post to them."""
