"""Data sets that come with scikit-learn: small, real, and there without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from ._dataset import Dataset, checked, standardised

__all__ = ["EMBEDDED"]


class _Embedded(NamedTuple):
    """A line for a listing, and how to get the data set."""

    line: str
    load: Callable[[], Dataset]


def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    found = load_digits()
    images = found.images[:, None] / 16  # pixels are whole numbers from 0 to 16
    labels = [str(each) for each in found.target_names]
    return checked("digits", images, found.target, labels=labels, bounds=(0, 1))


def _breast_cancer() -> Dataset:
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    labels = [str(each) for each in found.target_names]
    return checked("breast_cancer", standardised(found.data), found.target, labels=labels)


def _diabetes() -> Dataset:
    from sklearn.datasets import load_diabetes

    found = load_diabetes(scaled=False)
    sex = found.feature_names.index("sex")
    return checked(
        "diabetes",
        standardised(np.delete(found.data, sex, axis=1)),
        found.target > np.median(found.target),
        (found.data[:, [sex]] - 1).astype(np.int64),  # coded 1 and 2
        labels=["up to the median", "above"],
        sensitive=("sex",),
    )


EMBEDDED: Final[Mapping[str, _Embedded]] = MappingProxyType(
    {
        "digits": _Embedded("handwritten digits: 1797 images of 8 by 8 in 10 classes", _digits),
        "breast_cancer": _Embedded(
            "tumors by 30 measures of their cells: 569 records in 2 classes", _breast_cancer
        ),
        "diabetes": _Embedded(
            "progress of diabetes above its median: 442 records, 9 attributes, by sex", _diabetes
        ),
    }
)
"""The data sets by name."""
