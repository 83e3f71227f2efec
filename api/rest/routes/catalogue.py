"""Records of the knowledge base: lists by section, and single ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from crosscurrent.api.answers import catalogue
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError, UnknownName

from ..pagination import LARGEST, paginate
from ..problems import ProblemError
from ..responses import answered
from ..service import SMALLER, KnowledgeQuery, ResponderDep

__all__ = ["SECTIONS", "router"]

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "factors": "factor",
        "defenses": "defense",
        "risks": "risk",
        "attacks": "attack",
        "correlations": "correlation",
        "references": "reference",
        "catalogues": "catalogue",
        "mappings": "mapping",
        "standards": "standard",
        "requirements": "requirement",
    }
)
"""The sections of the knowledge base that are resources, and what a record of each is called."""

router = APIRouter(prefix="/v1")

Name = Annotated[str, Path(max_length=200, description="id, code or alias")]


class RecordListQuery(KnowledgeQuery):
    """Query for a page of records."""

    limit: int = Field(100, ge=1, le=LARGEST, description="records on a page")
    next: str | None = Field(None, max_length=200, description="token of the page, from the last")


def _resource(section: str, one: str) -> None:
    """Add the two routes of a section."""

    @router.get(
        f"/{section}",
        operation_id=f"list_{section}",
        summary=f"The {section} that are known",
        tags=[section],
        responses=answered(None, f"A page of {section}, and the token of the next."),
    )
    async def listed(
        responder: ResponderDep, query: Annotated[RecordListQuery, Query()]
    ) -> Response:
        def page(kb: KnowledgeBase) -> dict[str, Any]:
            document = catalogue.section(kb, section)
            what = f"{section} {kb.digest}"
            document[section], token = paginate(document[section], what, query.limit, query.next)
            return {**document, "next": token}

        parameters = {"section": section, "limit": query.limit, "next": query.next}
        return await responder.built(
            query.knowledge, catalogue.section, parameters, page, less="ask for fewer (limit)"
        )

    @router.get(
        f"/{section}/{{name}}",
        operation_id=f"get_{one}",
        summary=f"One {one}, with its correlations, and what catalogues call it",
        tags=[section],
        responses=answered(None, f"The {one}."),
    )
    async def single(
        responder: ResponderDep,
        name: Name,
        query: Annotated[KnowledgeQuery, Query()],
    ) -> Response:
        try:
            return await responder.answer(
                query.knowledge, catalogue.record, less=SMALLER, name=name, within=section
            )
        except UnknownName:
            raise
        except InputError as error:  # it names a record of another kind
            raise ProblemError(404, str(error), kind="unknown-name") from error


for _section, _one in SECTIONS.items():
    _resource(_section, _one)
