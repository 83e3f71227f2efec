"""Rendering of templates: escaped, under a strict content security policy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crosscurrent import __version__
from crosscurrent.api.text.names import condition, signed

from ..text.assessments import CELL_GRADES
from ..text.combinations import (
    after_tuning,
    at_what_cost,
    grounds_of,
    outcome_seen,
    outcome_words,
    why_not,
)
from ..text.conditions import grouped
from ..text.wording import (
    FOLLOW,
    GLYPHS,
    INTENDED,
    MOVE,
    OTHERWISE,
    OUT_OF_REACH,
    OUTCOME_SHADES,
    OUTCOMES,
    PREDICATES,
    RISK_VERBS,
    STAGES,
    TENSIONS,
    VERBS,
)
from .assets import ASSETS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "HEADERS",
    "VIEWS",
    "address",
    "anonymous_context",
    "page",
    "page_response",
    "render_template",
    "sentence",
]

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every page: it runs our script only, and asks nobody but us."""

VIEWS: Sequence[tuple[str, str, str]] = (
    ("/matrix", "matrix", "Matrix"),
    ("/assess", "assess", "Assess"),
    ("/what-if", "what_if", "What if"),
    ("/combine", "combine", "Combine"),
    ("/plan", "plan", "Plan"),
    ("/collude", "collude", "Collude"),
    ("/validate", "validate", "Validate"),
    ("/learn", "learn", "Learn"),
)
"""Path, name in templates and title of each view."""


def address(path: str, query: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()) -> str:
    """Return an address on this service, with what is not empty in the query."""
    pairs = query.items() if isinstance(query, Mapping) else query
    text = urlencode([(k, v) for k, v in pairs if v not in (None, "")], doseq=True, safe="@=")
    # what begins with two slashes would be the address of another host
    here = f"/{quote(path.lstrip('/'))}"
    return f"{here}?{text}" if text else here


def page_response(
    template: str, context: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] = {}
) -> Response:
    """Return a page."""
    return page(render_template(template, context), status, headers)


def page(body: str | bytes, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """Return a page whose text is there already."""
    return Response(body, status, {**HEADERS, **headers}, media_type="text/html")


def render_template(template: str, context: Mapping[str, Any]) -> str:
    """Return the text of a page; whatever names and notes say is text in it."""
    return _environment().get_template(template).render(context)


def anonymous_context() -> dict[str, Any]:
    """Return the context that all pages share, for a request of which nothing is known."""
    return {
        "link": lambda path, query=(): address(path, query),
        "digest": None, "set": None, "sets": (), "own": "/", "here": "",
        "notices": (), "signed_in": None,
    }  # fmt: skip


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "signed": signed,
        "condition": condition,
        "condition_groups": grouped,
        "plain": _plain,
        "sentence": sentence,
    }
    made.globals |= {
        "version": __version__,
        "views": VIEWS,
        "assets": ASSETS,
        "glyphs": GLYPHS,
        "verbs": VERBS,
        "cell_grades": CELL_GRADES,
        "risk_verbs": RISK_VERBS,
        "stages": STAGES,
        "predicates": PREDICATES,
        "moves": MOVE,
        "follows": FOLLOW,
        "otherwise": OTHERWISE,
        "intended": INTENDED,
        "out_of_reach": OUT_OF_REACH,
        "mechanisms": TENSIONS,
        "outcomes": OUTCOMES,
        "outcome_shades": OUTCOME_SHADES,
        "after_tuning": after_tuning,
        "at_what_cost": at_what_cost,
        "outcome_seen": outcome_seen,
        "outcome_words": outcome_words,
        "grounds_of": grounds_of,
        "why_not": why_not,
        "icon": Markup(ASSETS["icon.svg"].content.decode()),  # noqa: S704 - our own file
    }
    return made


def sentence(text: str) -> str:
    """Let a text begin with a capital, and keep those in it."""
    return text[:1].upper() + text[1:]


def _plain(identity: str) -> str:
    return identity.replace("_", " ")
