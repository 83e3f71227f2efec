"""The sensitive attribute that a fairness question is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from .data import Dataset

__all__ = ["sensitive_column"]


def sensitive_column(data: Dataset, attribute: str, asker: str) -> int:
    """Return the column of a sensitive attribute.

    Parameters
    ----------
    data : Dataset
        With two classes and at least one sensitive attribute.
    attribute : str
        Its name; empty for the first.
    asker : str
        Who needs it, for the message.

    Raises
    ------
    InputError
        There is none, or not this one, or there are not two classes.
    """
    if not data.sensitive:
        raise InputError(
            f"{asker} needs a sensitive attribute, and {data.name} has none: use synthetic,"
            " diabetes, or a card that names sensitive columns"
        )
    if data.classes != 2:
        raise InputError(
            f"{asker} needs two classes, and {data.name} has {data.classes}: equalised odds are"
            " defined for a favourable and an unfavourable outcome"
        )
    if attribute and attribute not in data.sensitive:
        raise UnknownName("sensitive attribute", attribute, data.sensitive)
    return data.sensitive.index(attribute) if attribute else 0
