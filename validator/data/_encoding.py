"""Encoding of a table and its card as records that a model can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from crosscurrent.knowledge.errors import clip, suggest

from ._cards import Card
from ._columns import groups, levels, numeric, too_many
from ._complete import complete
from ._dataset import Dataset, checked, require_size, standardised
from ._gaps import missing
from ._notes import Note
from ._pixels import pixels
from ._roles import numbers_rows, roles, without_index
from ._spelling import as_number, same_number
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Part = NDArray[np.float32] | tuple[NDArray[np.int64], int]
    """A standardised attribute; or the level of each record, and how many levels there are."""

__all__ = ["Encoded", "Kind", "Use", "attribute_parts", "classes_of", "encode", "encoded"]

Kind = Literal["number", "levels"]
"""What a column among the attributes becomes."""


@dataclass(frozen=True)
class Use:
    """What a column among the attributes became.

    Attributes
    ----------
    kind : Kind
        ``number`` or ``levels``.
    attributes : int
        How many attributes; 0 if it was left out as it never changes.
    """

    kind: Kind
    attributes: int


@dataclass(frozen=True)
class Encoded:
    """A data set, and how it came out of a table.

    Attributes
    ----------
    data : Dataset
        Ready to train on.
    kept : array of int, shape (records,)
        The indices of its records in the table.
    uses : dict from str to Use
        By column among the attributes.
    labels : list of str
        What the classes are.
    groups : dict from str to list of str
        What the groups are, by sensitive attribute.
    """

    data: Dataset
    kept: NDArray[np.intp]
    uses: dict[str, Use]
    labels: list[str]
    groups: dict[str, list[str]]


def encoded(table: Table, card: Card, name: str) -> Dataset:
    """Return the data set that `encode` makes."""
    return encode(table, card, name).data


def encode(table: Table, card: Card, name: str) -> Encoded:
    """Encode a table: standardised numbers, one attribute per level of a categorical column.

    Columns that are the same in every record are left out. Of a table with images, these are the
    attributes, from 0 to 1.

    Parameters
    ----------
    table : Table
        What was read.
    card : Card
        What each column is.
    name : str
        What to call the data set.

    Raises
    ------
    InputError
        If card and table do not fit, a value is missing or is no finite number where there should
        be one, or the data cannot be measured on.
    """
    table, _ = without_index(table, card)
    notes = list(table.notes)
    target, attributes = roles(table, card)
    before = len(table.columns[target])
    images = table.images
    used = table.columns if images is not None else {target, *attributes, *card.sensitive}
    table, kept = complete(table, card, used, notes)
    uses: dict[str, Use] = {}
    if images is None:
        notes += _numbering(table, attributes)
        x, uses = _attributes(table, card, attributes, notes)
    else:
        x = pixels(images, table.source, card, notes)
        x = x[kept] if len(kept) < len(x) else x
    y, labels = classes_of(table, card, notes)
    names: dict[str, list[str]] = {}
    z = np.zeros((len(y), len(card.sensitive)), np.int64)
    for place, attribute in enumerate(card.sensitive):
        kind, bins = card.columns.get(attribute), card.bins.get(attribute, ())
        z[:, place], names[attribute] = groups(table, attribute, kind, bins, notes)
    data = checked(
        name,
        x,
        y,
        z,
        labels=labels,
        sensitive=card.sensitive,
        bounds=None if images is None else (0, 1),
        source=table.source,
        settings={
            "target": card.target,
            "classes": labels,
            "groups": names,
            "columns": dict(card.columns),
            "constant": [column for column, use in uses.items() if not use.attributes],
            "missing": card.missing if isinstance(card.missing, str) else dict(card.missing),
            "records_dropped": before - len(kept),
            "keep_sensitive": card.keep_sensitive,
            "notes": [each.document() for each in dict.fromkeys(notes)],
        },
    )
    return Encoded(data, kept, uses, labels, names)


def attribute_parts(
    table: Table, card: Card, name: str, notes: list[Note]
) -> tuple[Kind, list[_Part]]:
    """Encode one column among the attributes.

    Returns
    -------
    tuple
        ``number`` or ``levels``, and what it becomes: nothing if it never changes, and two parts if
        it is a number of which the card makes missing values a category.

    Raises
    ------
    InputError
        If it is not what the card says, it is not clear what it is, or it has too many levels.
    """
    numbers = numeric(table, name, card.columns.get(name), notes)
    gap = missing(table.columns[name])
    policy = card.without(name)
    if numbers is not None:
        parts: list[_Part] = []
        if gap.all():
            return "number", parts
        if gap.any():
            numbers = np.where(gap, np.median(numbers[~gap]), numbers)
        if (numbers != numbers[0]).any():
            parts.append(standardised(numbers[:, None])[:, 0])
        if gap.any():
            _tell(name, gap, "its median", policy, notes)
            if policy == "category":
                parts.append(standardised(gap.astype(np.float64)[:, None])[:, 0])
        return "number", parts
    codes, found = levels(table, name, too_many(table, name), notes)
    if gap.any() and policy == "impute":
        common = int(np.bincount(codes[~gap]).argmax())
        codes, found = np.where(gap, common, codes), found[:-1]  # a gap is the last level
        _tell(name, gap, f"its most common level, {clip(found[common])},", policy, notes)
    elif gap.any():
        _tell(name, gap, "", policy, notes)
    return "levels", [(codes, len(found))] if len(found) > 1 else []


def _tell(name: str, gap: NDArray[np.bool_], by: str, policy: str, notes: list[Note]) -> None:
    """Note what missing values of a column became."""
    count, column = int(gap.sum()), clip(name)
    where = f"in {count:,} record{'s' * (count != 1)}"
    told = f"{column} is missing {where}, a level of its own"
    if by:
        told = f"{column} is imputed by {by} {where}"
        told += ", with an attribute that says so" if policy == "category" else ""
    notes.append(Note(policy, name, told))


def _attributes(
    table: Table, card: Card, names: Sequence[str], notes: list[Note]
) -> tuple[NDArray[np.float32], dict[str, Use]]:
    """Return the encoded attributes, and what each column became."""
    records = len(next(iter(table.columns.values())))
    parts: list[_Part] = []
    uses: dict[str, Use] = {}
    width = 0
    for name in names:
        kind, found = attribute_parts(table, card, name, notes)
        count = sum(part[1] if isinstance(part, tuple) else 1 for part in found)
        uses[name] = Use(kind, count)
        parts += found
        width += count
        require_size(table.source, records, width)
    if constant := [name for name, use in uses.items() if not use.attributes]:
        told = f"{_some(constant)} left out, as {'it' if len(constant) == 1 else 'they'} never"
        notes.append(Note("constant", None, f"{told} change{'s' * (len(constant) == 1)}"))
    x = np.zeros((records, width), np.float32)
    place = 0
    for part in parts:
        if isinstance(part, tuple):
            codes, count = part
            x[np.arange(records), place + codes] = 1
        else:
            count = 1
            x[:, place] = part
        place += count
    return x, uses


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(clip, names[:3]))
    if len(names) > 3:
        shown += f" and {len(names) - 3} more columns"
    return f"{shown} {'is' if len(names) == 1 else 'are'}"


def _numbering(table: Table, attributes: Sequence[str]) -> list[Note]:
    """Tell of attributes that seem to number the records."""
    return [
        Note(
            "row_number",
            name,
            f"{clip(name)} is an attribute, and seems to number the records: drop it unless it"
            " means something",
        )
        for name in attributes
        if numbers_rows(table, name)
    ]


def classes_of(table: Table, card: Card, notes: list[Note]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the class of each record and what the classes are, the positive one last."""
    target = str(card.target)
    codes, labels = levels(table, target, "split it into classes, or name another target", notes)
    if card.positive is None or len(labels) < 2:  # a single class is refused later
        return codes, labels
    wanted = next((place for place, each in enumerate(labels) if _is(each, card.positive)), None)
    if wanted is None:
        close = suggest(str(card.positive), labels) or labels[:5]
        known = " or ".join(map(clip, close))
        message = f"no record has this value in {clip(target)!r} (did you mean {known}?)"
        raise card.wrong(("positive",), message)
    if len(labels) > 2:
        message = f"{clip(target)!r} has {len(labels)} values, not two; leave positive out"
        raise card.wrong(("positive",), message)
    others = labels[:wanted] + labels[wanted + 1 :]
    return np.asarray(codes == wanted, np.int64), [*others, labels[wanted]]


def _is(label: str, value: str | int | float | bool) -> bool:
    """Say whether a card's value is the one that a label stands for."""
    if isinstance(value, str):
        return same_number(label) == same_number(value)
    if isinstance(value, bool):
        return label.lower() == str(value).lower() or label == str(int(value))
    number = as_number(label)
    return number is not None and number == value
