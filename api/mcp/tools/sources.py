"""``sources``: the works behind the ids that answers cite."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase

from ...answers import lookups
from ...answers.document_types import Sources
from ..tool import Arguments, Names, Tool

__all__ = ["TOOL", "SourceArguments"]

Identity = Annotated[str, Field(min_length=1, max_length=200)]


class SourceArguments(Arguments):
    """Ids of works."""

    ids: Annotated[list[Identity], Names] = Field(
        min_length=1,
        description="ids of works as answers cite them, such as song2019privacy; what follows a #"
        " is a place in one",
    )


def _answer(kb: KnowledgeBase, asked: SourceArguments) -> Sources:
    return lookups.sources(kb, asked.ids)


def _told(kb: KnowledgeBase, document: Any) -> str:
    """Return a line for each work, which says if it is not sure that this one is meant."""
    del kb
    lines = []
    for work in document["references"]:
        named = [work.get(key) for key in ("authors", "title", "venue", "year", "url")]
        known = ", ".join(str(each) for each in named if each) or f"about {work.get('topic')}"
        sure = "" if work["status"] == "confirmed" else f" ({work['status']})"
        lines.append(f"{work['id']}: {known}{sure}")
    return "\n".join(lines)


TOOL = Tool(
    "sources",
    "Cited works",
    "Authors, title, venue, year and address of the works that answers cite by id, and how sure it"
    " is that the work is the one meant.",
    SourceArguments,
    Sources,
    _answer,
    _told,
    "ask for fewer",
)
