"""Cards: what a user says about a data file of theirs, read as strictly as knowledge files.

A card stands beside the file ``records.csv`` as ``records.card.yaml``, or names it::

    file: records.csv          # relative to the card
    target: income             # the column to predict
    positive: '>50K'           # its value that becomes class 1, if it has two
    sensitive: [sex, race]     # not among the attributes unless keep_sensitive: true
    bins: {age: [25, 60]}      # where groups of a sensitive number begin
    columns: {zip: drop, level: categorical}    # the others are inferred
    missing: drop              # records with a missing value; by default an error
    na_values: ['', '?']       # the texts that stand for a missing value; by default pandas'
    pixel_max: 255             # of images that are whole numbers: what becomes 1
    channels: last             # of images: where the channels are, if that is not clear

The grammar is in docs/data-check.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from crosscurrent.knowledge._yaml import Node, parse
from crosscurrent.knowledge.errors import InputError, Problem, clip, legible, suggest

from ._files import reading, require_file
from ._tables import NA_VALUES, composed

__all__ = ["ENDING", "ENDINGS", "EXAMPLE", "Card", "read_card"]

ENDING: Final = ".card.yaml"
ENDINGS: Final = (ENDING, ".card.yml")
"""What the name of a card ends in, after that of the data file without its ending."""

EXAMPLE: Final = "target: NAME_OF_COLUMN, and sensitive: [COLUMN] if there is one"
"""The least that a card says."""

_MAX_BYTES: Final = 2 * 1024 * 1024
_PATH = tuple[str | int, ...]


@dataclass(frozen=True)
class Card:
    """What is said about a data file.

    Attributes
    ----------
    source : str
        The card, as problems name it.
    file : str or None
        The data file, relative to the card; None for the one beside it.
    name : str or None
        What to call the data set; None for the file's stem.
    target : str or None
        The column or array to predict.
    positive : str, int, float, bool or None
        The value of the target that becomes class 1.
    sensitive : tuple of str
        Columns with sensitive attributes.
    columns : mapping from str to str
        ``numeric``, ``categorical`` or ``drop``, by column.
    missing : str or mapping from str to str
        What to do about records with a missing value, for all columns or by column: ``error``,
        ``drop``, ``impute`` or ``category``.
    na_values : frozenset of str
        The texts that stand for a missing value.
    bins : mapping from str to tuple of float
        Where groups of numbers begin, by sensitive column, increasing.
    pixel_max : float or None
        The value of a pixel that becomes 1; None: told by the type of its numbers.
    channels : str or None
        ``first`` or ``last``: where the channels of images are; None: as their shape says.
    keep_sensitive : bool
        Whether sensitive attributes are attributes too.
    node : Node or None
        Where everything stands in the card.
    """

    source: str
    file: str | None = None
    name: str | None = None
    target: str | None = None
    positive: str | int | float | bool | None = None
    sensitive: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    missing: str | Mapping[str, str] = "error"
    na_values: frozenset[str] = NA_VALUES
    bins: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: MappingProxyType({}))
    pixel_max: float | None = None
    channels: str | None = None
    keep_sensitive: bool = False
    node: Node | None = field(default=None, repr=False, compare=False)

    def without(self, column: str) -> str:
        """Return what is done about a missing value of a column."""
        if isinstance(self.missing, str):
            return self.missing
        return self.missing.get(column, "error")

    def wrong(self, path: _PATH, message: str) -> InputError:
        """Return an error about what stands at a place of the card."""
        line, column = self.node.locate(path) if self.node is not None else (0, 0)
        return InputError(str(Problem(self.source, line, column, _field(path), message)))


def read_card(path: str) -> Card:
    """Read a card.

    Raises
    ------
    InputError
        If it is no readable file, or with every problem in it, each with its place.
    """
    require_file(path, _MAX_BYTES, "a card names columns, the records stand in another file")
    with reading(path, "text"), open(path, "rb") as file:
        data = file.read(_MAX_BYTES)
    shown = legible(path)
    with suppress(UnicodeDecodeError):  # the parser says where
        data = composed(data.decode()).encode()  # as columns are
    node, problems = parse(data, shown)
    if not problems:
        problems = list(_problems(node, shown))
    if problems or node is None:
        raise InputError("\n".join(map(str, sorted(problems))))
    said = {key: value for key, value in node.plain().items() if value is not None}
    said["sensitive"] = tuple(said.get("sensitive", ()))
    said["columns"] = MappingProxyType(said.get("columns", {}))
    if "na_values" in said:
        said["na_values"] = frozenset(said["na_values"])
    said["bins"] = MappingProxyType(
        {column: tuple(map(float, bounds)) for column, bounds in said.get("bins", {}).items()}
    )
    return Card(source=shown, node=node, **said)


def _problems(node: Node | None, file: str) -> list[Problem]:
    """Return what does not fit in a card that is sound YAML."""
    if node is None or not isinstance(node.value, dict):
        line, column = node.mark if node is not None else (1, 1)
        message = f"should be a card: keys with values, such as {EXAMPLE}"
        return [Problem(file, line, column, "", message)]
    found: list[Problem] = []

    def report(path: _PATH, message: str) -> None:
        found.append(Problem(file, *node.locate(path), _field(path), message))

    for key, inner in node.value.items():
        if key not in _SHOULD:
            report((key,), "unknown key" + _hint(key, _SHOULD))
        elif inner.value is not None and not _fits(key, inner.plain()):
            report((key,), f"should be {_SHOULD[key]}, not {_shown(inner)}")
    if found:
        return found
    said = node.plain()
    sensitive = said.get("sensitive") or []
    for column, kind in (said.get("columns") or {}).items():
        if kind not in _KINDS:
            report(("columns", column), f"should be one of {', '.join(_KINDS)}, not {_text(kind)}")
        elif column == said.get("target"):
            report(("columns", column), "is the target already; leave it out here")
        elif column in sensitive and kind == "drop":
            report(("columns", column), "is sensitive already, so not an attribute; leave it out")
    for column, bounds in (said.get("bins") or {}).items():
        if column not in sensitive:
            report(("bins", column), "is not sensitive; bins are the groups of a sensitive number")
        elif not _increase(bounds):
            report(("bins", column), "should be increasing numbers such as [25, 60]")
    if isinstance(said.get("missing"), dict):
        for column, policy in said["missing"].items():
            if policy not in _MISSING:
                known = ", ".join(_MISSING)
                report(("missing", column), f"should be one of {known}, not {_text(policy)}")
    for index, column in enumerate(sensitive):
        if column == said.get("target"):
            report(("sensitive", index), "is the target already; leave it out here")
        elif column in sensitive[:index]:
            report(("sensitive", index), f"{clip(column)!r} is given twice")
    return found


_KINDS: Final = ("numeric", "categorical", "drop")
_MISSING: Final = ("error", "drop", "impute", "category")
_CHANNELS: Final = ("first", "last")
_SHOULD: Final[Mapping[str, str]] = {
    "file": "the path of a data file",
    "name": "a text",
    "target": "the name of a column (a text; put digits in quotes)",
    "positive": "a value of the target",
    "sensitive": "a list of columns such as [sex] (texts; put digits in quotes)",
    "columns": f"columns with one of {', '.join(_KINDS)}, such as {{zip: drop}}",
    "missing": f"one of {', '.join(_MISSING)}, or columns with one of them such as {{age: impute}}",
    "keep_sensitive": "true or false",
    "na_values": "a list of texts such as ['', '?'] (put digits and words in quotes)",
    "bins": "sensitive columns with increasing numbers, such as {age: [25, 60]}",
    "pixel_max": "a number above 0",
    "channels": " or ".join(_CHANNELS),
}


def _fits(key: str, value: Any) -> bool:
    """Say whether a value is of the type that a key takes."""
    if key == "positive":
        return not isinstance(value, list | dict)
    if key == "sensitive":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if key == "na_values":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if key in ("columns", "bins"):
        return isinstance(value, dict)
    if key == "missing":
        return isinstance(value, dict) or value in _MISSING
    if key == "channels":
        return value in _CHANNELS
    if key == "pixel_max":
        return _is_number(value) and value > 0
    if key == "keep_sensitive":
        return isinstance(value, bool)
    return isinstance(value, str) and bool(value)


def _increase(bounds: Any) -> bool:
    """Say whether these are finite numbers, each greater than the one before."""
    return (
        isinstance(bounds, list)
        and bool(bounds)
        and all(map(_is_number, bounds))
        and all(low < high for low, high in pairwise(bounds))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _field(path: _PATH) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{clip(step)}" for step in path)
    return text.removeprefix(".")


def _hint(name: str, known: Mapping[str, str]) -> str:
    close = suggest(name, known)
    return f" (did you mean {' or '.join(close)}?)" if close else f" (known: {', '.join(known)})"


def _shown(node: Node) -> str:
    if isinstance(node.value, dict):
        return "a mapping"
    return "this list" if isinstance(node.value, list) else _text(node.value)


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return "a list or a mapping"
    return str(value).lower() if isinstance(value, bool) else clip(repr(value))
