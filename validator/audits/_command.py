"""The command line that gives an audit again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from ._columns import Columns
from .models import ModelSettings

if TYPE_CHECKING:
    from ._data import Data

__all__ = ["FLAGS", "RESAMPLES", "changed", "command"]

RESAMPLES: Final = 1000
"""Of the bootstrap over records, by default."""
FLAGS: Final = {
    "groups": "group",
    "attributes": "attribute",
    "classes": "class",
    "architecture": "model",
}
"""Options that are not called as the field is."""


def changed(given: Columns | ModelSettings) -> dict[str, Any]:
    """Return the fields that are not as by default."""
    default = type(given)()
    return {
        each.name: list(value) if isinstance(value, tuple) else value
        for each in fields(given)
        if (value := getattr(given, each.name)) != getattr(default, each.name)
    }


def command(
    named: Sequence[Any],
    *,
    data: Data,
    defense: str | None,
    columns: Columns,
    settings: ModelSettings,
    resamples: int,
    seed: int,
    knowledge: Sequence[str],
) -> str:
    """Return the command line that gives the result again; empty of arrays and objects."""
    words = data.words()
    if not all(isinstance(each, str | os.PathLike) for each in named) or bool(data) > bool(words):
        return ""
    words = ["crosscurrent", "audit", *(os.fspath(each) for each in named), *words]
    if defense is not None:
        words += ["--defense", defense]
    for name, value in (changed(columns) | changed(settings)).items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{FLAGS.get(name, name)}", str(each)]
    for flag, number, default in (("--resamples", resamples, RESAMPLES), ("--seed", seed, 0)):
        words += [flag, str(number)] * (number != default)
    for folder in knowledge:
        words += ["--knowledge", folder]
    return shlex.join(words)
