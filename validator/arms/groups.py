"""The sensitive attribute that a question is about, and the groups that fairness can answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ..data import Dataset

__all__ = ["attribute_column", "large_cells", "sensitive_column"]

_SHOWN = 6
"""Groups that a message lists."""


def attribute_column(data: Dataset, attribute: str, asker: str) -> int:
    """Return the column of a sensitive attribute.

    Parameters
    ----------
    data : Dataset
        With at least one sensitive attribute.
    attribute : str
        Its name; empty for the first.
    asker : str
        Who needs it, for the message.

    Raises
    ------
    InputError
        There is none, or not this one.
    """
    if not data.sensitive:
        raise InputError(
            f"{asker} needs a sensitive attribute, and {data.name} has none: use synthetic,"
            " diabetes, or a card that names sensitive columns"
        )
    if attribute and attribute not in data.sensitive:
        raise UnknownName("sensitive attribute", attribute, data.sensitive)
    return data.sensitive.index(attribute) if attribute else 0


def sensitive_column(data: Dataset, attribute: str, asker: str) -> int:
    """Return the column of a sensitive attribute that two outcomes are compared by.

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
    column = attribute_column(data, attribute, asker)
    if data.classes != 2:
        raise InputError(
            f"{asker} needs two classes, and {data.name} has {data.classes}: equalised odds are"
            " defined for a favourable and an unfavourable outcome"
        )
    return column


def large_cells(
    group: NDArray[Any], y: NDArray[Any], share: float, least: int
) -> NDArray[np.bool_]:
    """Return of which groups enough records of which class are judged: (groups, classes).

    Parameters
    ----------
    group, y : array of int
        Group and class, 0 or 1, of every record of the data set.
    share : float
        Of them that is judged, on average over seeds.
    least : int
        How many are enough.

    Raises
    ------
    InputError
        Of some class, fewer than two groups have enough: there is nothing to compare.
    """
    sizes = np.bincount(group * 2 + y, minlength=2 * (int(group.max()) + 1)).reshape(-1, 2)
    enough: NDArray[np.bool_] = sizes * share >= least
    if (enough.sum(0) < 2).any():
        listed = [f"{a} and {b} in group {i}" for i, (a, b) in enumerate(sizes[:_SHOWN].tolist())]
        more = f", and {len(sizes) - _SHOWN} groups more" if len(sizes) > _SHOWN else ""
        raise InputError(
            f"there are too few records to compare groups: of each class, two groups need"
            f" {int(np.ceil(least / share))} ({least} of them are judged); of the two classes there"
            f" are {', '.join(listed)}{more}"
        )
    return enough
