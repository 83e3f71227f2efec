"""``search_knowledge``: defenses, risks, factors, attacks and works that fit a text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase

from ...answers import lookups
from ...answers.document_types import Search
from ..tool import Arguments, Tool

__all__ = ["TOOL", "SearchArguments"]

Section = Literal["defenses", "risks", "factors", "attacks", "references"]


class SearchArguments(Arguments):
    """A text, and where it is looked for."""

    text: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="words of a name, code, alias or meaning, or of a work's authors and title;"
        " each has to begin a word"
    )
    sections: Annotated[list[Section], Field(max_length=len(lookups.SECTIONS))] = Field(
        [], description="where to look; by default everywhere"
    )
    limit: int = Field(lookups.LISTED, ge=1, le=100, description="records to list")


def _answer(kb: KnowledgeBase, asked: SearchArguments) -> Search:
    return lookups.search(kb, asked.text, asked.sections, asked.limit)


def _told(kb: KnowledgeBase, document: Any) -> str:
    del kb
    listed, found = document["records"], document["found"]
    head = f"{found} record{'s fit' if found != 1 else ' fits'}"
    head += f", the first {len(listed)}:" if len(listed) < found else ":" if found else "."
    named = (f"{each['id']} ({each['section']}): {each['name']}" for each in listed)
    return "\n".join([head, *named])


TOOL = Tool(
    "search_knowledge",
    "Search the knowledge base",
    "Find what a defense, risk, factor, attack or cited work is called here. Other tools take the"
    " ids, and show_record tells all of one.",
    SearchArguments,
    Search,
    _answer,
    _told,
    "search fewer sections",
)
