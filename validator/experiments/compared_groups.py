"""The groups that an attack compares, by name, and those that it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import UnknownName

from ..arms.groups import attribute_column, large_cells
from ..attacks import attribute_inference as inference
from ..attacks import discriminatory_behavior as fairness
from ..attacks.distribution_inference import DistributionInference

if TYPE_CHECKING:
    from ..attacks import Attack
    from ..data import Dataset
    from . import document_types as shapes

__all__ = ["compared_groups", "numbered_group"]


def compared_groups(attack: Attack, data: Dataset) -> shapes.ComparedGroups | None:
    """Return which groups an attack compares; None if it compares none.

    Parameters
    ----------
    attack : Attack
        Settled on the data.
    data : Dataset
        What is learned.
    """
    if isinstance(attack, fairness.DiscriminatoryBehavior):
        column = data.sensitive.index(attack.attribute)
        large = large_cells(data.z[:, column], data.y, fairness.JUDGED, attack.least).any(1)
    elif isinstance(attack, inference.AttributeInference):
        column = data.sensitive.index(attack.attribute)
        large = np.bincount(data.z[:, column]) * inference.JUDGED >= inference.LEAST
    elif isinstance(attack, DistributionInference):
        return _one_of(data, attack.column, attack.group)
    else:
        return None
    sizes = np.bincount(data.z[:, column])
    compared, left_out = (
        [_group(data, column, code) for code in np.flatnonzero(each & (sizes > 0)).tolist()]
        for each in (large, ~large)
    )
    return {"attribute": data.sensitive[column], "compared": compared, "left_out": left_out}


def numbered_group(given: Mapping[str, str], data: Dataset, risk: str) -> dict[str, str]:
    """Return an attack's settings with the number of a group in place of its name.

    Parameters
    ----------
    given : mapping of str to str
        As they were written. A whole number is the number of a group.
    data : Dataset
        What is learned.
    risk : str
        Whose attack it is, for the message.

    Raises
    ------
    UnknownName
        There is no group of that name.
    """
    settings = dict(given)
    name = settings.get("group", "")
    if risk != DistributionInference.risk or not name or name.lstrip("+-").isdecimal():
        return settings
    column = attribute_column(data, settings.get("attribute", ""), risk)
    names = _names(data, column)
    if name not in names:
        raise UnknownName(f"group by {data.sensitive[column]}", name, names)
    return settings | {"group": str(names.index(name))}


def _one_of(data: Dataset, column: int, code: int) -> shapes.ComparedGroups:
    """Return a group and all others."""
    chosen = _group(data, column, code)
    others = data.records - chosen["records"]
    return {
        "attribute": data.sensitive[column],
        "compared": [chosen, {"name": "all others", "records": others}],
        "left_out": [],
    }


def _group(data: Dataset, column: int, code: int) -> shapes.GroupSize:
    return {
        "name": _names(data, column)[code],
        "records": int((data.z[:, column] == code).sum()),
    }


def _names(data: Dataset, column: int) -> list[str]:
    """Return what the groups are called; by their numbers where nobody has named them."""
    told = data.settings.get("groups", {}).get(data.sensitive[column])
    return told or [str(code) for code in range(int(data.z[:, column].max()) + 1)]
