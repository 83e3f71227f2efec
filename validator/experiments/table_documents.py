"""Documents of grids, as the measured layer reads them: whatever it takes is there."""

from __future__ import annotations

import json
import re
import shlex
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crosscurrent.knowledge.errors import InputError

from ..results.documents import first_problem
from ..results.kinds import kind_of
from ..results.outcomes import Invalid

__all__ = ["DATASET", "slug", "table"]

DATASET: Final = "--dataset"
"""The option of a command that names the data set."""
_OF_ALL: Final = "tables"
"""Name of the file of the layer that says how each table was measured."""


def slug(name: str, joint: str = "_") -> str:
    """Return the name of a data set as it stands in the names of files and records."""
    return re.sub(r"[^a-z0-9]+", joint, name.lower()).strip(joint) or "data"


def table(name: str, content: bytes) -> dict[str, Any]:
    """Return the document of a measured grid.

    Parameters
    ----------
    name : str
        What messages call it.
    content : bytes
        As ``crosscurrent validate --all --json`` prints it.

    Raises
    ------
    InputError
        It is none, or a field that is read of it is missing or something else.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: should be JSON: {error}") from error
    if not isinstance(document, dict) or kind_of(document) != "grid":
        raise InputError(f"{name}: should be what crosscurrent validate --all --json prints")
    above: tuple[str | int, ...] = ()
    try:
        grid = _Grid.model_validate(document)
        for place, cell in enumerate(grid.cells):
            if "reason" not in cell:
                above = "cells", place
                read = _Cell.model_validate(cell)
                if grid.protocol and DATASET not in shlex.split(read.command)[:-1]:
                    raise InputError(
                        f"{name}: cells.{place}.command: should name the data set by {DATASET}"
                    )
    except ValidationError as error:
        raise InputError(f"{name}: {first_problem(error, *above)}") from None
    return document


def _file_of_its_own(dataset: str) -> str:
    if slug(dataset) == _OF_ALL:
        raise ValueError(f"its file would be {_OF_ALL}.yaml, which is that of all; rename it")
    return dataset


def _measured(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if all("reason" in each for each in cells):
        raise ValueError("no cell was measured")
    return cells


def _command(text: str) -> str:
    shlex.split(text)  # raises ValueError where a quotation does not end
    return text


class _Model(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False, strict=True)


_Values = Annotated[list[float], Field(min_length=2)]


class _Arms(_Model):
    baseline: _Values
    defended: _Values


class _Effect(_Model):
    metric: str
    name: str
    worse_when: Literal["higher", "lower"]
    estimate: float
    low: float
    high: float
    level: float
    q_value: float | None


class _Scale(_Model):
    dataset: str
    training_records: int
    model: str
    parameters: int


class _Software(_Model):
    system: str
    machine: str
    kernels: str
    python: str
    numpy: str
    torch: str


class _Cell(_Arms):
    """What is read of a cell that was measured."""

    kind: Literal["verdict"]
    id: str
    defense: str
    risk: str
    conjecture: str
    outcome: Literal["increase", "decrease", "no_change", "inconclusive"] | Invalid
    verdict: str
    effect: _Effect
    effective_defense: bool | None
    when: dict[str, str] | None = None
    near_threshold: bool
    seeds: list[int] = Field(min_length=1)
    draws: list[Any] = Field(min_length=1)
    metrics: dict[str, dict[str, _Arms]]
    utility: _Arms
    scale: _Scale
    software: _Software
    command: Annotated[str, AfterValidator(_command)]

    @model_validator(mode="after")
    def _judged(self) -> _Cell:
        if self.effect.metric not in self.metrics.get(self.risk, {}):
            raise ValueError(f"metrics.{self.risk}.{self.effect.metric}: should be there")
        return self


class _Protocol(_Model):
    digest: str


class _Grid(_Model):
    """What is read of a grid, without its cells."""

    cells: Annotated[list[dict[str, Any]], AfterValidator(_measured)]
    dataset: Annotated[str, AfterValidator(_file_of_its_own)]
    model: str
    seeds: list[int] = Field(min_length=1)
    draws: int = Field(ge=1)
    knowledge: str
    protocol: _Protocol | None = None
