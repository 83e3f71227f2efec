"""Cards: what a user says about a data file of theirs, read as strictly as knowledge files.

A card stands beside the file ``records.csv`` as ``records.card.yaml``, or names it::

    file: records.csv          # relative to the card
    target: income             # the column to predict
    positive: '>50K'           # its value that becomes class 1, if it has two
    sensitive: [sex, race]     # not among the attributes unless keep_sensitive: true
    columns: {zip: drop, level: categorical}    # the others are inferred
    missing: drop              # records with a missing value; by default an error
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from crosscurrent.knowledge._yaml import Node, parse
from crosscurrent.knowledge.errors import InputError, Problem, clip, legible, suggest

from ._files import reading, require_file

__all__ = ["ENDING", "EXAMPLE", "Card", "read_card"]

ENDING: Final = ".card.yaml"

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
    missing : str
        ``error`` or ``drop``: what to do about records with a missing value.
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
    missing: str = "error"
    keep_sensitive: bool = False
    node: Node | None = field(default=None, repr=False, compare=False)

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
    node, problems = parse(data, shown)
    if not problems:
        problems = list(_problems(node, shown))
    if problems or node is None:
        raise InputError("\n".join(map(str, sorted(problems))))
    said = {key: value for key, value in node.plain().items() if value is not None}
    said["sensitive"] = tuple(said.get("sensitive", ()))
    said["columns"] = MappingProxyType(said.get("columns", {}))
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
    for index, column in enumerate(sensitive):
        if column == said.get("target"):
            report(("sensitive", index), "is the target already; leave it out here")
        elif column in sensitive[:index]:
            report(("sensitive", index), f"{clip(column)!r} is given twice")
    return found


_KINDS: Final = ("numeric", "categorical", "drop")
_MISSING: Final = ("error", "drop")
_SHOULD: Final[Mapping[str, str]] = {
    "file": "the path of a data file",
    "name": "a text",
    "target": "the name of a column (a text; put digits in quotes)",
    "positive": "a value of the target",
    "sensitive": "a list of columns such as [sex] (texts; put digits in quotes)",
    "columns": f"columns with one of {', '.join(_KINDS)}, such as {{zip: drop}}",
    "missing": " or ".join(_MISSING),
    "keep_sensitive": "true or false",
}


def _fits(key: str, value: Any) -> bool:
    """Say whether a value is of the type that a key takes."""
    if key == "positive":
        return not isinstance(value, list | dict)
    if key == "sensitive":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if key == "columns":
        return isinstance(value, dict)
    if key == "missing":
        return value in _MISSING
    if key == "keep_sensitive":
        return isinstance(value, bool)
    return isinstance(value, str) and bool(value)


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
