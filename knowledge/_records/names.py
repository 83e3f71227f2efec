"""Names of others: catalogues of risks and defenses, and which of their entries are ours."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, Literal
from urllib.parse import quote

from .fields import (
    DOTTED_ID,
    ID,
    NOTE,
    SOURCES,
    Links,
    Stage,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Catalogue", "CatalogueMapping", "Predicate"]

Predicate = Literal["exact", "close", "broader", "narrower", "related", "none"]


@record
class Catalogue(Strict):
    """A catalogue, standard or law that has names of its own for risks or defenses."""

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    edition: str = field(metadata=line("the edition that was read", limit=80))
    publisher: str = field(metadata=line("who publishes it", limit=120))
    url: str = field(metadata=text("where it is", limit=300, pattern=r"^https?://[^\s#]+$"))
    namespace: str | None = field(
        default=None,
        metadata=text(
            "address of an entry up to its id, if entries have pages of their own",
            limit=300,
            pattern=r"^https?://\S+$",
        ),
    )
    note: str | None = field(default=None, metadata=NOTE)

    def page(self, entry: str) -> str | None:
        """Return the address of an entry's own page, by its id; None if it has none."""
        return None if self.namespace is None else f"{self.namespace}{quote(entry)}"


@record
class CatalogueMapping(Strict):
    """How an entry of a catalogue relates to one of our risks or defenses, as in SKOS."""

    LINKS: ClassVar[Links] = {"subject": "defenses or risks", "catalogue": "catalogues"}

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    subject: str = field(metadata=text("our defense or risk", limit=80))
    catalogue: str = field(metadata=text("the catalogue", limit=80))
    predicate: Predicate = field(
        metadata=about(
            "what their entry is to ours: the same (exact), close, broader, narrower, only related;"
            " none: there is no entry for it"
        )
    )
    object: str | None = field(
        default=None, metadata=line("their entry's id, as the catalogue prints it", limit=120)
    )
    label: str | None = field(default=None, metadata=line("their entry's name", limit=200))
    stage: Stage | None = field(
        default=None, metadata=about("the stage of the defense, where that makes a difference")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    note: str | None = field(default=None, metadata=NOTE)
