"""The works that everything is taken from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import ID, NOTE, Links, Strict, about, line, many, record, text

__all__ = ["MeasuredTable", "Reference"]


@record
class MeasuredTable(Strict):
    """How a table of measurements was made, so that it can be made again."""

    dataset: str = field(metadata=line("data set", limit=80))
    model: str = field(metadata=line("architecture", limit=80))
    draws: int = field(metadata=about("draws of the data", ge=1))
    seeds: int = field(metadata=about("paired seeds in each draw", ge=1))
    command: str = field(metadata=line("command that measures it", limit=2000))
    document: str = field(
        metadata=text("SHA-256 of the document that it was taken from", pattern=r"^[0-9a-f]{64}$")
    )
    knowledge: str = field(
        metadata=text("digest of the knowledge that it was judged with", limit=80)
    )
    protocol: str | None = field(
        default=None,
        metadata=line("digest of the protocol; absent: it followed none", limit=200),
    )
    machine: str = field(
        metadata=line("system, processor and versions that it was measured with", limit=400)
    )
    cells: int = field(metadata=about("cells that were measured", ge=0))
    observed: int = field(
        metadata=about("of these, cells that are evidence of an effect, or of none", ge=0)
    )


@record
class Reference(Strict):
    """A cited work, and how sure we are that it is the one meant."""

    LINKS: ClassVar[Links] = {"cited_as.**": "references"}
    NESTED: ClassVar[Mapping[str, type]] = {"tables": MeasuredTable}

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    status: Literal["confirmed", "deduced", "unresolved"] = field(
        metadata=about("confirmed: a source ties it; deduced: worked out; unresolved: unknown")
    )
    authors: str | None = field(default=None, metadata=line("family names", limit=400))
    title: str | None = field(default=None, metadata=line("title", limit=400))
    venue: str | None = field(default=None, metadata=line("where published", limit=200))
    year: int | None = field(default=None, metadata=about("year published", ge=1900, le=2100))
    arxiv: str | None = field(default=None, metadata=text("arXiv identifier", limit=40))
    doi: str | None = field(default=None, metadata=text("DOI", limit=200))
    url: str | None = field(
        default=None, metadata=text("address", limit=400, pattern=r"^https?://\S+$")
    )
    number: int | None = field(
        default=None, metadata=about("its number in the S&P 2024 paper, camera-ready", ge=1)
    )
    preprint_number: int | None = field(
        default=None, metadata=about("its number in that paper's first preprint", ge=1)
    )
    cited_as: Mapping[str, int] | None = field(
        default=None, metadata=about("its number in other papers, by the id of their reference")
    )
    preprint_number_interpolated: bool = field(
        default=False, metadata=about("that number was worked out from its neighbours")
    )
    confidence: Literal["high", "medium", "low"] | None = field(
        default=None, metadata=about("how sure a deduction is")
    )
    basis: tuple[
        Literal[
            "alphabetical_order",
            "companion_page",
            "experiment_code",
            "same_group",
            "subject_fit",
            "talk",
            "text",
        ],
        ...,
    ] = field(default=(), metadata=many("what the identification rests on"))
    identifier: Literal["seen", "title_and_venue_seen", "from_memory"] | None = field(
        default=None, metadata=about("whether arXiv id, DOI or address were seen in a source")
    )
    author_bound: str | None = field(
        default=None, metadata=text("where its author must fall, if unresolved", limit=200)
    )
    topic: str | None = field(
        default=None, metadata=text("what it must be about, if unresolved", limit=200)
    )
    candidates: tuple[str, ...] = field(default=(), metadata=many("other works that it could be"))
    tables: tuple[MeasuredTable, ...] = field(
        default=(), metadata=many("tables of measurements that it is made of")
    )
    note: str | None = field(default=None, metadata=NOTE)
