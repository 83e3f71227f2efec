"""Generated data whose settings are the framework's factors.

Each record has a class and is in one of two groups, by default of about equal size. Its attributes
are normal with standard deviation 1:

- *stable* attributes around a centre that is the class's, in every record;
- *spurious* attributes around one as clear, but in three records of ten around another class's: the
  correlation breaks there;
- the remaining attributes, which are noise, around 0.

*Rare* records are drawn otherwise, from many small sub-populations: four records close around a
centre of their own (standard deviation 1/2), with a class of their own. Neither says anything about
other records, so that only remembering helps.

At last some labels are flipped, and all attributes are standardised. Each step draws from a random
stream of its own, so that `label_noise`, say, changes nothing but labels.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..settings import setting
from ._dataset import MIN_RECORDS, Dataset, checked, require_size, standardised

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Draw", "Knobs", "draw", "synthetic"]

_BREAKS: Final = 0.3  # of the records are centred by another class in spurious attributes
_RARE: Final = 4  # records in a rare sub-population
_FAR: Final = 1.5  # standard deviations from the origin, in each attribute
_STABLE: Final = 2.0  # distance of a class from the origin, in standard deviations
_SPURIOUS: Final = 2.0  # the same: as clear as the stable attributes, where it holds
_SHIFT: Final = 1.4  # between the groups' centres of a class, at a gap of 1
_TILT: Final = 2.0  # of the groups' log odds between the first and the last class, at a gap of 1


@dataclass(frozen=True)
class Knobs:
    """What can be set; each setting but the last four stands for a factor.

    Attributes
    ----------
    records : int
        D1, training set size: records in all; a model is trained on a fixed share of them.
    tail_length : float
        D2, tail length: the share of records that are rare, 0 to 1.
    attributes : int
        D3, attribute count: attributes in all.
    stable_attributes : int
        D4, stable attribute priority: attributes whose relation to the class always holds. The
        more there are, the more there is to gain from preferring them.
    spurious_attributes : int
        D4 the other way: attributes whose relation to the class breaks for a share of the records.
    subgroup_gap : float
        O2.2, subgroup distinguishability: how much the two groups of the sensitive attribute
        ``group`` differ, in the share of each class and in the centres of the stable and spurious
        attributes, 0 (not at all) to 1. The group is no attribute; with a gap the attributes tell
        something about it.
    group_share : float
        The share of records in group 1, 0.02 to 0.5: about half, or a minority that a model may
        neglect. Attributes and labels stay as they are but for the groups' gap.
    label_noise : float
        The share of records whose label is flipped to another class, 0 to 0.5.
    classes : int
        Classes; equally frequent but for the groups' gap.
    seed : int
        Where the random streams start.
    """

    records: int = setting(1000, "records in all", least=MIN_RECORDS, most=1_000_000)
    tail_length: float = setting(0.1, "share of rare records", least=0, most=1)
    attributes: int = setting(30, "attributes in all", least=1, most=10_000)
    stable_attributes: int = setting(
        5, "attributes whose relation to the class always holds", least=0, most=10_000
    )
    spurious_attributes: int = setting(
        5, "attributes whose relation to the class breaks in three of ten", least=0, most=10_000
    )
    subgroup_gap: float = setting(
        0.5, "how far the two groups differ, from 0 to 1", least=0, most=1
    )
    group_share: float = setting(0.5, "share of records in group 1", least=0.02, most=0.5)
    label_noise: float = setting(0.1, "share of flipped labels", least=0, most=0.5)
    classes: int = setting(2, "classes", least=2, most=100)
    seed: int = setting(0, "which data set is drawn", least=0, most=2**63 - 1)


class Draw(NamedTuple):
    """Generated records with what is known about each, before any standardising.

    Attributes
    ----------
    x : array of float64, shape (records, attributes)
        Stable attributes first, then spurious ones, then noise.
    y : array of int64, shape (records,)
        Labels as given, flipped ones included.
    group : array of int64, shape (records,)
        0 or 1.
    rare, broken, flipped : array of bool, shape (records,)
        Which records are of a rare sub-population, have spurious attributes centred by another
        class, have a flipped label.
    """

    x: NDArray[np.float64]
    y: NDArray[np.int64]
    group: NDArray[np.int64]
    rare: NDArray[np.bool_]
    broken: NDArray[np.bool_]
    flipped: NDArray[np.bool_]


def synthetic(settings: Knobs) -> Dataset:
    """Generate a data set; the same for the same settings.

    Raises
    ------
    InputError
        If the settings leave too few records of a class, or more than fit.
    """
    require_size("synthetic", settings.records, settings.attributes)
    drawn = draw(settings)
    return checked(
        "synthetic",
        standardised(drawn.x),
        drawn.y,
        drawn.group[:, None],
        labels=[str(each) for each in range(settings.classes)],
        sensitive=("group",),
        settings=asdict(settings),
        remedy="give at least {} of each class: raise data.records, or lower data.classes",
    )


def draw(settings: Knobs) -> Draw:
    """Generate records, and tell which of them are special and how."""
    n, k, gap = settings.records, settings.classes, settings.subgroup_gap
    stable, spurious = settings.stable_attributes, settings.spurious_attributes
    streams = np.random.default_rng(settings.seed).spawn(7)
    structure, members, noise, breaks, tail, labels, sizes = streams

    group = members.integers(2, size=n)
    group[sizes.random(n) < 1 - 2 * settings.group_share] = 0
    true = _classes(members, group, k, gap)
    centre = np.zeros((k, 2, settings.attributes))
    centre[..., :stable] = _centres(structure, k, stable, _STABLE, gap)
    centre[..., stable : stable + spurious] = _centres(structure, k, spurious, _SPURIOUS, gap)

    x = noise.standard_normal((n, settings.attributes))
    broken = breaks.random(n) < _BREAKS
    seeming = np.where(broken, _another(breaks, true, k), true)
    x[:, :stable] += centre[true, group, :stable]
    x[:, stable:] += centre[seeming, group, stable:]

    rare = _some(tail, n, settings.tail_length)
    places = np.flatnonzero(rare)
    population = np.arange(len(places)) // _RARE
    count = len(places) // _RARE + 1
    far = tail.standard_normal((count, settings.attributes)) * _FAR
    x[places] = far[population] + noise.standard_normal((len(places), settings.attributes)) / 2
    true[places] = tail.integers(k, size=count)[population]

    flipped = _some(labels, n, settings.label_noise)
    y = np.where(flipped, _another(labels, true, k), true)
    return Draw(x, y, group, rare, broken & ~rare, flipped)


def _classes(
    rng: np.random.Generator, group: NDArray[np.int64], k: int, gap: float
) -> NDArray[np.int64]:
    """Draw a class for each record: the first ones are likelier in one group than in the other."""
    tilt = np.linspace(-0.5, 0.5, k) * _TILT * gap
    odds = np.exp(np.stack([-tilt, tilt]))
    share = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    return np.asarray((rng.random((len(group), 1)) > share[group]).sum(axis=1), np.int64)


def _centres(
    rng: np.random.Generator, k: int, attributes: int, distance: float, gap: float
) -> NDArray[np.float64]:
    """Return the centres of each class in each group, shape (classes, 2, attributes)."""
    towards = rng.standard_normal((k, attributes))
    towards -= towards.mean(axis=0)  # so that two classes lie on opposite sides
    length = np.linalg.norm(towards, axis=1, keepdims=True)
    towards /= np.where(length > 0, length, 1)
    # one group looks more like the last class than it is, the other less: a rule that suits both
    # on average errs in opposite ways
    apart = towards[-1] * (_SHIFT * gap / 2)
    return np.stack([towards * distance - apart, towards * distance + apart], axis=1)


def _another(rng: np.random.Generator, true: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Draw a class other than the true one for each record."""
    return (true + rng.integers(1, k, size=len(true))) % k


def _some(rng: np.random.Generator, n: int, share: float) -> NDArray[np.bool_]:
    """Choose a share of the records."""
    chosen = np.zeros(n, np.bool_)
    chosen[rng.permutation(n)[: round(share * n)]] = True
    return chosen
