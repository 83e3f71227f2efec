"""Data checks: they say what is read, and agree with what measurements do with the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from data_files import CARD, altered, arrays, rows, text, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.attacks.discriminatory_behavior import JUDGED, DiscriminatoryBehavior
from crosscurrent.validator.data import check, dataset
from crosscurrent.validator.data._check import SMALL
from crosscurrent.validator.data._profiles import profile
from crosscurrent.validator.data._suspicions import determines
from crosscurrent.validator.data._tables import Table
from crosscurrent.validator.data.check_types import DataCheck


def checked(folder: Path, table: list[list[str]], card: str | None = CARD) -> DataCheck:
    return check(written(folder, text(table), card))


def codes(found: DataCheck, which: Literal["warnings", "notes"] = "warnings") -> set[str]:
    return {each["code"] for each in found[which]}


def test_a_check_says_what_is_read(tmp_path: Path) -> None:
    found = checked(
        tmp_path, altered("age", lambda i, old: "NA" if i == 9 else old), CARD + "missing: drop\n"
    )
    assert found["usable"]
    assert found["problems"] == []
    assert found["read"] == {
        "format": "CSV",
        "encoding": "UTF-8",
        "byte_order_mark": False,
        "separator": ",",
    }
    assert found["records"] == {"read": 60, "used": 59, "dropped": 1, "duplicates": 0}
    columns = {each["name"]: each for each in found["columns"]}
    assert [*columns] == rows()[0]
    age = columns["age"]
    assert (age["role"], age["type"], age["becomes"]) == ("attribute", "whole numbers", "number")
    assert (age["values"], age["missing"], age["taken_for_missing"]) == (59, 1, {"NA": 1})
    assert (age["different"], age["least"], age["greatest"]) == (40, 20, 59)
    job = columns["job"]
    assert (job["type"], job["becomes"], job["attributes"]) == ("texts", "levels", 3)
    assert sorted(job["examples"]) == ["a", "b", "c"]
    unit = columns["unit"]
    assert (unit["attributes"], unit["why"]) == (0, "it never changes")
    assert (columns["sex"]["role"], columns["income"]["role"]) == ("sensitive", "target")
    assert found["target"] == {
        "column": "income",
        "classes": [{"name": "low", "records": 44}, {"name": "high", "records": 15}],
    }
    (sex,) = found["sensitive"]
    assert (sex["column"], sex["kept"]) == ("sex", False)
    assert [(each["name"], each["records"]) for each in sex["groups"]] == [("f", 30), ("m", 29)]
    data = dataset(str(tmp_path / "t.csv"))
    cells = [[int(((data.z[:, 0] == g) & (data.y == c)).sum()) for c in (0, 1)] for g in (0, 1)]
    assert [each["classes"] for each in sex["groups"]] == cells
    assert found["data"] is not None
    assert (found["data"]["digest"], found["data"]["shape"]) == (data.digest, [5])
    assert {"dropped", "constant"} == codes(found, "notes")
    json.dumps(found)


def test_a_group_is_small_where_fairness_leaves_it_out() -> None:
    least = DiscriminatoryBehavior().least
    assert SMALL * JUDGED >= least > (SMALL - 1) * JUDGED


WARNED = {
    "row_number": altered("age", lambda i, _: str(i)),
    "identifier": altered("age", lambda i, _: str((i * 7919) % 104729)),
    "determines_target": altered("age", lambda i, _: str(30 + i % 9) if i % 4 else str(60 + i % 3)),
    "high_cardinality": altered("job", lambda i, _: f"job {i % 50}", 300),
    "looks_missing": altered("job", lambda i, old: "unknown" if i % 5 == 0 else old),
    "spellings": altered("job", lambda i, old: old.upper() if i % 5 == 0 else old),
    "sentinel": altered("age", lambda i, old: "-999" if i % 20 == 0 else old),
    "leading_zeros": altered("age", lambda _, old: f"0{old}"),
    "large_numbers": altered("age", lambda i, _: str(2**60 + i % 9)),
    "form": altered("job", lambda i, _: f"2024-01-0{1 + i % 3}"),
    "small_groups": rows(),
}


@pytest.mark.parametrize("code", WARNED)
def test_what_is_striking_is_told(tmp_path: Path, code: str) -> None:
    found = checked(tmp_path, WARNED[code])
    assert code in codes(found)
    assert found["usable"]
    plain = checked(tmp_path, altered("age", lambda i, _: str(20 + i * i % 37), 300))
    assert codes(plain) == {"small_groups"}  # none of the one group is of class high


def test_points_beside_decimal_commas_are_told(tmp_path: Path) -> None:
    table = altered("age", lambda i, _: f"{1 + i % 9}.{i * 13 % 1000:03}")
    assert "points" not in codes(checked(tmp_path, table))
    for row in table[1:]:
        row[1] = row[1].replace(".", ",")
    found = check(written(tmp_path, text(table, ";")))
    assert found["usable"]
    assert "points" in codes(found)


@pytest.mark.parametrize(
    ("first", "likely"), [("7", True), ("1.234", True), ("0.500", False), ("2.5", False)]
)
def test_points_between_semicolons_are_told(tmp_path: Path, first: str, likely: bool) -> None:
    def spelled(i: int, _: str) -> str:
        return first if i == 0 else f"{i}" if i % 3 else f"{1 + i % 9}.{i * 13 % 1000:03}"

    table = altered("age", spelled)
    assert "points" not in codes(checked(tmp_path, table))
    found = check(written(tmp_path, text(table, ";")))
    assert found["usable"]
    assert ("points" in codes(found)) == likely


def test_duplicates_are_counted_over_what_is_used(tmp_path: Path) -> None:
    table = [[*row[:1], "1", *row[2:]] for row in rows(240)]
    table[0] = rows()[0]
    found = checked(tmp_path, table)
    used = [tuple(row) for row in table[1:]]
    assert found["records"]["duplicates"] == len(used) - len(set(used)) > 0
    assert "duplicates" in codes(found)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    table = altered("age", lambda i, old: "unknown" if i == 3 else old)
    for i, row in enumerate(table[1:]):
        row[1] = f"2024-03-{i % 28 + 1:02}"
    found = checked(tmp_path, table)
    assert not found["usable"]
    assert found["data"] is None
    problems = "\n".join(found["problems"])
    assert "column 'age': 'unknown' is not a number" in problems
    assert "column 'hours': '2024-03-01' looks like a date" in problems
    columns = {each["name"]: each for each in found["columns"]}
    assert (columns["age"]["becomes"], columns["job"]["becomes"]) == (None, "levels")
    assert columns["hours"]["type"] == "dates"
    assert found["target"] is not None


@pytest.mark.parametrize("column", ["income", "sex"])
@pytest.mark.parametrize("holed", ["", "?"])
def test_records_that_are_dropped_have_no_class_and_no_group(
    tmp_path: Path, column: str, holed: str
) -> None:
    table = altered(column, lambda i, old: "" if i % 10 == 0 else old)
    for row in table[1::2]:
        row[2] = holed or row[2]  # in the second case too few records are left
    table[4][0] = "unknown"
    found = checked(tmp_path, table, CARD + "missing: drop\n")
    assert not found["usable"]
    (groups,) = found["sensitive"]
    assert found["target"] is not None
    told = [*found["target"]["classes"], *groups["groups"]]
    assert {each["name"] for each in told} == {"high", "low", "f", "m"}
    if not holed:
        assert sum(each["records"] for each in groups["groups"]) == 54


def test_without_a_card_columns_are_told_all_the_same(tmp_path: Path) -> None:
    found = checked(tmp_path, rows(), None)
    assert not found["usable"]
    assert found["card"] is None
    assert "no card beside it; write" in found["problems"][0]
    assert {each["role"] for each in found["columns"]} == {"attribute"}


@pytest.mark.parametrize("card", ["target: incme\n", "target: income\nsensitive: [sx]\n"])
def test_a_card_that_names_no_column_is_a_problem(tmp_path: Path, card: str) -> None:
    found = checked(tmp_path, rows(), card)
    assert "did you mean" in found["problems"][0]
    assert len(found["columns"]) == 6


def test_images_are_told_by_their_shape(tmp_path: Path) -> None:
    found = check(arrays(tmp_path))
    assert found["usable"]
    assert found["read"] == {"format": "NPZ", "shape": [50, 4, 4], "type": "uint8"}
    assert found["data"] is not None
    assert found["data"]["shape"] == [1, 4, 4]
    assert [each["name"] for each in found["columns"]] == ["y", "sex"]
    assert "pixel_max" in codes(found, "notes")


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "gone.csv"), "digits"):
        with pytest.raises(InputError):
            check(path)
    with pytest.raises(InputError, match="comes with Crosscurrent"):
        check("digits")


def test_how_far_a_column_determines_the_target() -> None:
    y = np.arange(200) % 4 // 3
    drawn = np.random.default_rng(0)

    def share(values: np.ndarray[Any, Any]) -> float:
        found = profile(Table("t", {"x": values}, str), "x")
        return determines(found, np.arange(200), y)

    assert share(y.astype(float)) == 1
    assert share(drawn.normal(size=200)) < 0.2
    assert share(y * 10 + drawn.random(200)) > 0.8
    assert share(np.array([f"id {i}" for i in range(200)], object)) < 0


VALUES = st.sampled_from(
    [
        *("", "?", "None", "NA", "n/a", "nan", "inf", "1", "1.0", "01", "1,5", "1,000", "12%"),
        *(
            "$5",
            "2024-01-02",
            "12:30",
            "true",
            "True",
            "-999",
            "é",
            "e\u0301",
            "a" * 99,
            str(2**63),
        ),
        *("unknown", "-", ".", "high", "low", "0", "-1", "1e999", " x ", "\u202e", "\x1b[31m"),
    ]
)
CARDS = st.sampled_from(
    [
        *(CARD, CARD + "missing: drop\n", CARD + "missing: impute\n", CARD + "missing: category\n"),
        *("target: income\n", "target: age\n", CARD + "keep_sensitive: true\nmissing: drop\n"),
        CARD + "na_values: ['']\n",
        "target: income\nsensitive: [age]\nbins: {age: [25, 40]}\nmissing: category\n",
        "target: income\nsensitive: [age, job]\nmissing: {age: category, job: drop}\n",
        CARD + "columns: {age: categorical, hours: drop}\nmissing: category\n",
    ]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5), VALUES), max_size=6),
    whole=st.lists(
        st.tuples(st.integers(0, 5), st.lists(VALUES, min_size=1, max_size=4)), max_size=2
    ),
    separator=st.sampled_from([";", "\t", "|"]),
    card=CARDS,
)
def test_a_check_agrees_with_what_is_measured_on(
    tmp_path: Path,
    damage: list[tuple[int, int, str]],
    whole: list[tuple[int, list[str]]],
    separator: str,
    card: str,
) -> None:
    table = rows()
    for column, values in whole:
        for i, row in enumerate(table[1:]):
            row[column] = values[i % len(values)]
    for line, column, value in damage:
        table[line][column] = value
    path = written(tmp_path, text(table, separator), card)
    found = check(path)
    try:
        data = dataset(path)
    except InputError as error:
        told = str(error)
        assert not found["usable"]
        assert found["problems"][0] == told
        assert found["data"] is None
    else:
        assert found["usable"], found["problems"]
        assert found["data"] is not None
        assert found["data"]["digest"] == data.digest
        assert sum(each["attributes"] for each in found["columns"]) == data.shape[0]
        notes = [each for each in data.settings["notes"] if each["code"] != "row_number"]
        assert found["notes"] == notes
        target = found["target"]
        assert target is not None
        sizes = [each["records"] for each in target["classes"]]
        assert sizes == np.bincount(data.y).tolist()
        for place, each in enumerate(found["sensitive"]):
            counted = [group["records"] for group in each["groups"]]
            assert counted == np.bincount(data.z[:, place], minlength=len(counted)).tolist()
        assert np.isfinite(data.x).all()
    json.dumps(found)
