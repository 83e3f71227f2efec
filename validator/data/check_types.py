"""Document of a data check, as ``crosscurrent data check --json`` prints it."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, final

from ._notes import NoteDocument

__all__ = [
    "Becomes",
    "Class",
    "Column",
    "DataCheck",
    "Group",
    "Records",
    "Result",
    "Sensitive",
    "Target",
]

Becomes = Literal["number", "levels", "classes", "groups"]


@final
class Column(TypedDict):
    """A column, and what became of it.

    ``type`` is what its values are: ``numbers``, ``whole numbers``, ``texts``, ``true or false``,
    or what looks_like says; ``stored`` what the file calls it. ``values`` are there, ``missing``
    are not; ``taken_for_missing`` counts the texts among these. ``becomes`` is None where the
    column is left out, or where that cannot be said; ``why`` says it then.
    """

    name: str
    role: Literal["target", "sensitive", "attribute", "left_out"]
    type: str
    stored: str | None
    values: int
    missing: int
    taken_for_missing: dict[str, int]
    different: int
    examples: list[str]
    least: float | None
    greatest: float | None
    becomes: Becomes | None
    attributes: int
    why: str | None


@final
class Class(TypedDict):
    """A class, and how many records are of it."""

    name: str
    records: int


@final
class Target(TypedDict):
    """What is predicted; the last of two classes is class 1."""

    column: str
    classes: list[Class]


@final
class Group(TypedDict):
    """A group, how many records are of it, and how many of each class.

    ``small``: of a class it has fewer than fairness measures by default.
    """

    name: str
    records: int
    classes: list[int]
    small: bool


@final
class Sensitive(TypedDict):
    """A sensitive attribute; ``kept``: models see it too."""

    column: str
    kept: bool
    groups: list[Group]


@final
class Records(TypedDict):
    """How many records there are, are used, and are equal to an earlier one in all that is used."""

    read: int
    used: int
    dropped: int
    duplicates: int | None


@final
class Result(TypedDict):
    """The data set that models are trained on."""

    name: str
    shape: list[int]
    classes: int
    digest: str


@final
class DataCheck(TypedDict):
    """What was understood of a data file and its card.

    ``problems`` are why it cannot be measured on as it is. ``notes`` are what was done to the data,
    ``warnings`` what is striking in it.
    """

    kind: Literal["data_check"]
    usable: bool
    file: str
    card: str | None
    read: dict[str, Any]
    records: Records
    columns: list[Column]
    target: Target | None
    sensitive: list[Sensitive]
    notes: list[NoteDocument]
    warnings: list[NoteDocument]
    problems: list[str]
    data: Result | None
