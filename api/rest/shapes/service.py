"""Documents of the service itself: problems, health and knowledge sets."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

__all__ = ["Health", "KnowledgeSet", "KnowledgeSets", "KnowledgeVersion", "Problem"]


class Fault(TypedDict):
    """One thing wrong in a request."""

    field: str
    message: str


class KnowledgeProblem(TypedDict):
    """One thing wrong in one knowledge file; line and column from 1, 0 for the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    message: str


class Problem(TypedDict):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    state: NotRequired[str]
    suggestions: NotRequired[list[str]]
    errors: NotRequired[list[Fault]]
    problems: NotRequired[list[KnowledgeProblem]]


class Health(TypedDict):
    """Whether the service lives, or is ready to answer."""

    status: Literal["live", "ready"]


class KnowledgeVersion(TypedDict):
    """One version of a knowledge set; it never changes, but may be retired."""

    name: str
    version: int
    created: str
    owner: str | None
    files: list[str]
    retired: bool
    digest: str


class KnowledgeSets(TypedDict):
    """The versions of all knowledge sets, by name, newest first."""

    sets: list[KnowledgeVersion]
    next: str | None
    knowledge: str


class KnowledgeSet(KnowledgeVersion):
    """One version with its files, and which versions there are."""

    contents: dict[str, str]
    versions: list[int]
