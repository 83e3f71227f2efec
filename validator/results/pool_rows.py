"""Rows of a forest plot of pooled effects, whoever draws it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NamedTuple

__all__ = ["COUNTED", "Kind", "Row", "limits", "rows"]

Kind = Literal["study", "mean", "prediction", "left"]
COUNTED: Final[tuple[Kind, ...]] = ("study", "mean", "prediction")
"""All but what is left out."""


class Row(NamedTuple):
    """A row: its name, an interval, and what that is of.

    Attributes
    ----------
    name : str
        The label of a result, ``mean``, or ``another such``.
    found : mapping
        Its part of the document; a prediction has no ``estimate``.
    kind : str
        ``study``, ``mean``, ``prediction``, or ``left``: a result that is left out.
    """

    name: str
    found: Mapping[str, Any]
    kind: Kind


def rows(pool: Mapping[str, Any], kinds: Collection[Kind] = (*COUNTED, "left")) -> list[Row]:
    """Return the rows of a pool's document, of these kinds, from the top.

    Of one result that counts there is no mean.
    """
    found = [Row(each["label"], each, "study") for each in pool["studies"]]
    if pool["effect"] is not None and pool["heterogeneity"] is not None:
        found.append(Row("mean", pool["effect"], "mean"))
    if pool["prediction"] is not None:
        found.append(Row("another such", pool["prediction"], "prediction"))
    found += [Row(each["label"], each, "left") for each in pool["left_out"]]
    return [each for each in found if each.kind in kinds]


def limits(pool: Mapping[str, Any], kinds: Collection[Kind] = COUNTED) -> tuple[float, float]:
    """Return between which effects the rows of these kinds lie, and the smallest of interest.

    What is left out lies within only where nothing counts.
    """
    shown = rows(pool, kinds) or rows(pool)
    ends = [each.found[end] for each in shown for end in ("low", "high")]
    smallest = pool["smallest_effect"]
    return min(*ends, -smallest), max(*ends, smallest)
