"""Standards, laws and frameworks, and what each of their requirements asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    ALIASES,
    DOTTED_ID,
    ID,
    NOTE,
    SOURCES,
    Links,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Asks", "Binding", "Requirement", "Standard", "Wanted"]

Binding = Literal["law", "standard", "framework"]
Asks = Literal["defenses", "measurement", "documentation", "nothing"]


@record
class Standard(Strict):
    """A standard, law or framework whose requirements are records."""

    LINKS: ClassVar[Links] = {"catalogue": "catalogues"}

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    edition: str = field(metadata=line("the edition that was read", limit=80))
    publisher: str = field(metadata=line("who publishes it", limit=120))
    url: str = field(metadata=text("where it is", limit=300, pattern=r"^https?://[^\s#]+$"))
    license: str = field(metadata=line("on which terms its text may be used", limit=200))
    binding: Binding = field(
        metadata=about(
            "law: who falls under it must; standard: whoever claims it must; framework: advice"
        )
    )
    levels: tuple[str, ...] = field(
        default=(),
        metadata=many("its levels, the least demanding first; each asks for those before it too"),
    )
    catalogue: str | None = field(
        default=None,
        metadata=text("the catalogue whose entries its requirements are", limit=80),
    )
    aliases: tuple[str, ...] = field(default=(), metadata=ALIASES)
    note: str | None = field(default=None, metadata=NOTE)


@record
class Wanted(Strict):
    """One defense that a requirement asks for; any of those named will do."""

    LINKS: ClassVar[Links] = {
        "any_of.*": "defenses or variants",
        "instead.*": "defenses or variants",
    }

    any_of: tuple[str, ...] = field(
        metadata=many(
            "defenses of which one is asked for, the usual reading first; one without a stage is"
            " at its usual stage",
            least=1,
        )
    )
    instead: tuple[str, ...] = field(
        default=(),
        metadata=many(
            "further defenses that might do; only proposed where those asked for do not go together"
        ),
    )


@record
class Requirement(Strict):
    """A requirement of a standard: what it asks for, among what is known here."""

    LINKS: ClassVar[Links] = {"standard": "standards", "risks.*": "risks"}
    NESTED: ClassVar[Mapping[str, type]] = {"defenses": Wanted}

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    standard: str = field(metadata=text("the standard", limit=80))
    number: str = field(metadata=line("its number, as the standard prints it", limit=80))
    level: str | None = field(
        default=None, metadata=line("the lowest level that asks for it", limit=20)
    )
    summary: str = field(metadata=text("what it says, in our words", limit=400))
    asks: Asks = field(
        metadata=about(
            "what it asks of a model: defenses, a measurement of its risks, documentation of how"
            " its measures go together, or nothing that can be said here"
        )
    )
    defenses: tuple[Wanted, ...] = field(
        default=(), metadata=many("the defenses that it asks for, all of them")
    )
    risks: tuple[str, ...] = field(
        default=(),
        metadata=many("the risks that it wants low, or measured"),
    )
    why: str | None = field(
        default=None, metadata=text("why nothing can be said of it here", limit=400)
    )
    basis: Literal["read", "inferred"] = field(
        metadata=about(
            "whether the text itself names what it asks for (read), or that is our interpretation"
        )
    )
    interpretation: str | None = field(
        default=None, metadata=text("what of this is our reading, and not its text", limit=600)
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    note: str | None = field(default=None, metadata=NOTE)
