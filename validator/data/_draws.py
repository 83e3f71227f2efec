"""Draws of a data set: other records of the same kind, to repeat a measurement on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ._dataset import Dataset
from ._lookup import SYNTHETIC, dataset
from ._subsets import disjoint

__all__ = ["draws"]


def draws(
    name: str, settings: Mapping[str, str | int | float] = MappingProxyType({}), count: int = 1
) -> tuple[Dataset, ...]:
    """Return several draws of a data set; the same for the same settings.

    Parameters
    ----------
    name, settings
        As `dataset` takes them.
    count : int
        How many. Of ``synthetic`` each is generated anew, under the seeds ``seed``, ``seed + 1``
        and so on. Of any other they are samples that share no record: ``sample``, ``sample + 1``
        and so on of as many ``records``, by default as many as there are for each.

    Raises
    ------
    InputError
        As `dataset` does, and if there are not enough records.
    """
    first = dataset(name, settings)
    if count == 1:
        return (first,)
    if name != SYNTHETIC:
        return disjoint(name, dataset(name), settings, count)
    seed = int(first.settings["seed"])
    return (first, *(dataset(name, {**settings, "seed": seed + i}) for i in range(1, count)))
