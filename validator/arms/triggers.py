"""Backdoor triggers: a patch in the corner of an image, or extreme values of some attributes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from ..training.spec import Pool

__all__ = ["RARE", "owner_pattern", "stamped", "trigger", "unlikely_class"]

RARE = 0.05
"""At most this share of the records may look as if they had the trigger already."""

NOTHING: Mapping[str, Tensor] = MappingProxyType({})

MOST = 2000
"""Records that a class is chosen by: more hardly change the choice."""

NEAR = 0.1
"""An attribute this close to a bound, as a share of its range, looks as if it were there."""


def trigger(
    pool: Pool,
    draw: np.random.Generator,
    size: int,
    *,
    taken: Tensor | None = None,
    setting: str = "attack.size",
) -> tuple[Tensor, Tensor]:
    """Draw a trigger that hardly any record bears by itself.

    An attribute is set to the one of its bounds that fewer records are near. Which attributes of a
    table: at random among those that leave no more than `RARE` of the records looking as if they
    had the trigger; where none does, the one that leaves the fewest, and then those that add to it.

    Parameters
    ----------
    pool : Pool
        The records, and the bounds of their attributes.
    draw : numpy.random.Generator
        Which attributes of a table it sets.
    size : int
        Side of the patch in pixels, or number of attributes.
    taken : Tensor, optional
        Where other triggers are, which this one keeps clear of: an owner's patch is in another
        corner than an adversary's. An image has to be larger than both.
    setting : str
        What `size` is called, for the message.

    Returns
    -------
    mask : Tensor
        Where it is: shape of a record, bool.
    values : Tensor
        What it sets: shape of a record.

    Raises
    ------
    InputError
        More records than `RARE` would look the same with it.
    """
    reach = NEAR * (pool.high - pool.low)
    low, high = pool.x - pool.low <= reach, pool.high - pool.x <= reach
    up = high.sum(0) <= low.sum(0)
    near, values = torch.where(up, high, low), torch.where(up, pool.high, pool.low)
    mask = torch.zeros_like(pool.low, dtype=torch.bool)
    if mask.dim() == 3:
        start, end = slice(None, size), slice(-size, None)
        owners = ((start, start), (end, start), (start, end))
        corners = ((end, end),) if taken is None else owners
        free = (each for each in corners if taken is None or not taken[:, *each].any())
        mask[:, *next(free, corners[0])] = True
    else:
        _choose(mask, near, draw, size, mask if taken is None else taken)
    if taken is not None and (mask & taken).any():
        raise InputError(f"{setting}={size}: there is no room for two triggers: lower it")
    bears = float(near[:, mask].all(1).double().mean())
    if bears > RARE:
        raise InputError(
            f"{setting}={size}: {bears:.0%} of the records would look the same with such a"
            f" trigger, and at most {RARE:.0%} may: raise it"
        )
    return mask, values


def owner_pattern(
    pool: Pool, draw: np.random.Generator, size: int, kept: Mapping[str, Tensor] = NOTHING
) -> tuple[Tensor, Tensor]:
    """Draw the trigger of an owner, which is nowhere that an adversary's is, or another owner's.

    Parameters
    ----------
    pool, draw, size
        As of `trigger`.
    kept : mapping of str to Tensor, optional
        What a data split sets aside: where a trigger is in it has a name that ends in ``_mask``.

    Returns
    -------
    tuple of Tensor
        As of `trigger`.
    """
    taken = torch.zeros_like(pool.low, dtype=torch.bool)
    for name, mask in kept.items():
        if name.endswith("_mask"):
            taken = taken | mask
    return trigger(pool, draw, size, taken=taken, setting="defense.size")


def stamped(x: Tensor, mask: Tensor, values: Tensor) -> Tensor:
    """Return records with the trigger on them."""
    return torch.where(mask, values, x)


def unlikely_class(
    x: Tensor, y: Tensor, classes: int, draw: np.random.Generator, mask: Tensor, values: Tensor
) -> int:
    """Return the class that a pattern by itself speaks for least.

    To whoever never saw it the pattern is a change of attributes like any other, and extreme values
    of some may well be a sign of one class. A model that gives that class for it proves nothing. So
    the owner asks a logistic regression on plain records which class those of other classes are
    given least under the pattern; of several, the last, as the first is the adversary's.

    Parameters
    ----------
    x, y : Tensor
        Plain records of the owner's (records, *shape), and their classes (records,).
    classes : int
        Number of classes.
    draw : numpy.random.Generator
        Which records are looked at, if there are many.
    mask, values : Tensor
        As of `trigger`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = torch.as_tensor(draw.permutation(len(x))[:MOST], device=x.device)
    plain, label = x[rows], y[rows].cpu().numpy()
    if len(np.unique(label)) < 2:
        return classes - 1
    simple = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    simple.fit(plain.flatten(1).cpu().numpy(), label)
    given = simple.predict(stamped(plain, mask, values).flatten(1).cpu().numpy())
    shares = [float(np.mean(given[label != c] == c)) for c in range(classes)]
    return min(reversed(range(classes)), key=shares.__getitem__)


def _choose(
    mask: Tensor, near: Tensor, draw: np.random.Generator, size: int, taken: Tensor
) -> None:
    """Mark attributes, one after the other, such that few records are near all their values."""
    bears = torch.ones_like(near[:, 0])
    for _ in range(min(size, int((~taken).sum()))):
        share = (near & bears[:, None]).sum(0) / len(near)
        share[mask | taken] = torch.inf
        rare = (share <= RARE).nonzero()[:, 0].tolist()
        best = int(draw.choice(rare)) if rare else int(share.argmin())
        mask[best] = True
        bears &= near[:, best]
