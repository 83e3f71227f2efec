"""Adversaries: what they can be, and what published attacks take of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from .fields import (
    DOTTED_ID,
    ID,
    NOTE,
    SOURCES,
    STATED_IN,
    Links,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Characteristic", "Condition", "PublishedAttack"]


@record
class Characteristic(Strict):
    """Something an adversary can be, know or do, with its possible values."""

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    ordered: bool = field(metadata=about("whether values run from weak to strong"))
    values: tuple[str, ...] = field(metadata=many("possible values", least=2))
    meaning: str = field(metadata=text("what it is, in a sentence or two"))
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)


@record
class Condition(Strict):
    """Something about models, data or attack that an effect may depend on, with its values."""

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    ordered: bool = field(metadata=about("whether values run from weak to strong"))
    values: tuple[str, ...] = field(metadata=many("possible values", least=2))
    meaning: str = field(metadata=text("what it is, in a sentence or two"))
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)


@record
class PublishedAttack(Strict):
    """One published attack and the adversary that it takes; several values: it has variants."""

    LINKS: ClassVar[Links] = {"attack": "attacks"}

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    attack: str = field(metadata=text("the attack it is an instance of", limit=80))
    title: str = field(metadata=line("title of the work", limit=400))
    year: int = field(metadata=about("year published", ge=1900, le=2100))
    venue: str = field(metadata=line("where published", limit=200))
    setting: tuple[str, ...] = field(metadata=many("kinds of model and of training", least=1))
    adversary: tuple[str, ...] = field(metadata=many("who the adversary is", least=1))
    capability: str = field(metadata=text("value on the scale of that name", limit=80))
    optimization: str = field(metadata=text("value on the scale of that name", limit=80))
    model_knowledge: tuple[str, ...] = field(
        metadata=many("values of model_knowledge, each with an optional .output", least=1)
    )
    interaction: tuple[str, ...] = field(metadata=many("values of that scale", least=1))
    data_knowledge: tuple[str, ...] = field(
        metadata=many("values of data_knowledge, each with an optional .blindness", least=1)
    )
    backdoor: bool = field(default=False, metadata=about("whether poisoning plants a backdoor"))
    included: bool = field(
        default=True, metadata=about("whether the survey counts it in its final version")
    )
    printed: Mapping[str, str] | None = field(
        default=None, metadata=about("what the source has, by field, where that differs")
    )
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)
