"""Shapes of the documents of look-ups and overviews; those of predictions are the predictor's."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from crosscurrent.predictor.assessment import Expect, Grade

__all__ = ["Entry", "MappedEntry", "Overview", "OverviewCell", "Record", "Search", "Sources"]


class OverviewCell(TypedDict):
    """What is to be expected of one defense for one risk, without the reasons."""

    defense: str
    risk: str
    intended: bool
    expect: Expect
    likelihood: float | None
    grade: Grade


class Overview(TypedDict):
    """What is to be expected of every defense for every risk."""

    kind: Literal["overview"]
    cells: list[OverviewCell]
    knowledge: str


class MappedEntry(TypedDict):
    """What a catalogue of others calls a record; without a match there is no object."""

    id: str
    catalogue: str
    name: str
    edition: str
    url: str
    predicate: str
    object: str | None
    label: str | None
    page: str | None
    stage: str | None
    note: str | None
    sources: list[str]


class Record(TypedDict):
    """One record of the knowledge base; its fields are those of its section in knowledge files."""

    kind: Literal["record"]
    knowledge: str
    section: str
    record: dict[str, Any]
    correlations: list[dict[str, Any]]
    aliases: list[str]
    mappings: list[MappedEntry]


class Entry(TypedDict):
    """A record that a search found, in short."""

    section: str
    id: str
    code: str | None
    name: str
    meaning: str | None
    sources: list[str]


class Search(TypedDict):
    """The records that fit a text, the best first."""

    kind: Literal["search"]
    text: str
    found: int
    records: list[Entry]
    knowledge: str


class Sources(TypedDict):
    """References, as knowledge files have them, with their ids."""

    kind: Literal["sources"]
    references: list[dict[str, Any]]
    knowledge: str
