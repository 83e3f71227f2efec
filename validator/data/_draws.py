"""Draws of a data set: other records of the same kind, to repeat a measurement on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crosscurrent.knowledge.errors import InputError

from ..machine.memory import free_bytes, mib
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
    if name != SYNTHETIC and count > 1:
        return disjoint(name, dataset(name), settings, count)
    first = dataset(name, settings)
    if count == 1:
        return (first,)
    if (needed := count * first.x.nbytes) > (free := free_bytes() // 2):
        raise InputError(
            f"{name}: {count} draws of {first.records} records take {mib(needed)} MiB, and half of"
            f" what is free is {mib(free)} MiB: lower --draws or data.records"
        )
    seed = int(first.settings["seed"])
    return (first, *(dataset(name, {**settings, "seed": seed + i}) for i in range(1, count)))
