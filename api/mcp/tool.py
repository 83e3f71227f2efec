"""What a tool is: a question, its arguments, the shape of its document, and its sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.knowledge import KnowledgeBase

__all__ = [
    "NAMES",
    "PAIRS",
    "Adversary",
    "Arguments",
    "AttackName",
    "Conditions",
    "DefenseName",
    "FactorName",
    "Names",
    "RiskName",
    "StagedDefense",
    "Tool",
]

NAMES: Final = "x-names"
"""In the schema of an argument, the section whose ids are shown as examples."""
PAIRS: Final = "x-pairs"
"""In the schema of an argument, the sections whose records are its keys, with their values."""
_LONGEST: Final = 200
_MOST: Final = 50

Document = Mapping[str, Any]


class Arguments(BaseModel):
    """Arguments of a tool; one that there is not, or one of another type, is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _named(section: str, meaning: str) -> Any:
    """Describe an argument that names a record."""
    return Field(
        min_length=1,
        max_length=_LONGEST,
        description=f"id, code or alias of {meaning}",
        json_schema_extra={NAMES: section},
    )


def _stated(meaning: str, *sections: str) -> Any:
    """Describe an argument whose keys are records, each with one of its values."""
    return Field(max_length=_MOST, description=meaning, json_schema_extra={PAIRS: list(sections)})


DefenseName = Annotated[str, _named("defenses", "a defense")]
StagedDefense = Annotated[
    str, _named("defenses", "a defense, which may be at a stage: DEFENSE@pre, @in or @post")
]
RiskName = Annotated[str, _named("risks", "a risk")]
FactorName = Annotated[str, _named("factors", "a factor")]
AttackName = Annotated[str, _named("attacks", "an attack")]
Adversary = Annotated[
    dict[str, str], _stated("what the adversary is, by characteristic", "adversary")
]
Conditions = Annotated[
    dict[str, str],
    _stated("conditions of models, data and attack, by condition", "conditions", "adversary"),
]
Names = Field(max_length=_MOST)
"""How many names a list of them may have."""


class Tool(NamedTuple):
    """One tool.

    Attributes
    ----------
    name : str
        As clients call it.
    title : str
        What it is about, in a few words.
    description : str
        What it answers and when to ask it, for whoever chooses among tools.
    arguments : type
        A class below `Arguments`.
    shape : type
        Of its document, or a union of several.
    answer : callable
        Returns the document, from a base and an instance of `arguments`.
    told : callable
        Says the document in sentences.
    less : str
        What to ask instead should a question take too much, as an instruction.
    measures : bool
        Whether it trains models and keeps results; all others only read.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    shape: Any
    answer: Callable[[KnowledgeBase, Any], Document]
    told: Callable[[KnowledgeBase, Any], str]
    less: str
    measures: bool = False
