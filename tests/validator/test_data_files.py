"""A user's own data: read as its card says, or refused with what, where and what to do."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_files import CARD, arrays, refused, rows, text, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import _dataset as limits
from crosscurrent.validator.data import check, dataset

ADULT = (
    "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male,"
    " 2174, 0, 40, United-States, <=50K"
)


def changed(line: int, column: str, value: str) -> str:
    """Return the table with one value replaced; the header is line 1."""
    table = rows()
    table[line - 1][table[0].index(column)] = value
    return text(table)


def test_a_table_is_encoded_as_its_card_says(tmp_path: Path) -> None:
    data = dataset(written(tmp_path, text(rows())))
    assert (data.name, data.classes, data.sensitive) == ("t", 2, ("sex",))
    assert data.shape == (5,)  # age, hours, and one for each job
    assert np.allclose(data.x[:, :2].mean(axis=0), 0, atol=1e-6)
    assert (data.x[:, 2:].sum(axis=1) == 1).all()
    assert data.y.tolist() == [int(i % 4 == 0) for i in range(60)]
    assert data.z[:, 0].tolist() == [i % 2 for i in range(60)]
    assert data.settings["classes"] == ["low", "high"]
    assert data.settings["groups"] == {"sex": ["f", "m"]}
    assert data.settings["constant"] == ["unit"]
    assert (data.low == data.x.min(axis=0)).all()
    json.dumps(dict(data.settings))


def test_a_card_may_name_its_file_and_the_data(tmp_path: Path) -> None:
    path = written(tmp_path, text(rows()))
    (tmp_path / "cards").mkdir()
    card = tmp_path / "cards" / "mine.yaml"
    card.write_text(f"file: ../t.csv\nname: people\n{CARD}", encoding="utf-8")
    assert dataset(str(card)).name == "people"
    assert dataset(str(card)).digest == dataset(path).digest
    assert dataset(str(tmp_path / "t.card.yaml")).digest == dataset(path).digest


def test_declared_kinds_are_obeyed(tmp_path: Path) -> None:
    card = CARD + "columns: {age: categorical, job: drop}\nkeep_sensitive: true\n"
    data = dataset(written(tmp_path, text(rows()), card))
    assert data.shape == (40 + 1 + 2,)  # each age, hours, each sex


def test_a_numeric_sensitive_attribute_is_split_at_its_median_and_says_so(tmp_path: Path) -> None:
    data = dataset(written(tmp_path, text(rows()), "target: income\nsensitive: [age, sex]\n"))
    assert data.settings["groups"]["age"] == ["up to 34", "above 34"]
    assert data.z[:, 0].tolist() == [int(20 + i % 40 > 34) for i in range(60)]


def test_records_with_missing_values_are_dropped_only_if_asked_to(tmp_path: Path) -> None:
    holed = changed(5, "age", "?")
    message = refused(written(tmp_path, holed))
    assert "t.csv:5, column 'age': a value is missing" in message
    assert "missing: drop" in message
    data = dataset(written(tmp_path, holed, CARD + "missing: drop\n"))
    assert (data.records, data.settings["records_dropped"]) == (59, 1)
    assert dataset(written(tmp_path, holed, CARD + "columns: {age: drop}\n")).records == 60


def test_csv_and_parquet_hold_the_same_data(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    header, *body = rows()
    columns: dict[str, Any] = dict(zip(header, map(list, zip(*body, strict=True)), strict=True))
    columns["age"] = [int(each) for each in columns["age"]]
    columns["hours"] = [float(each) for each in columns["hours"]]
    columns["job"] = pa.array(columns["job"]).dictionary_encode()
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    (tmp_path / "p.card.yaml").write_text(CARD, encoding="utf-8")
    found = dataset(str(tmp_path / "p.parquet"))
    assert found.digest == dataset(written(tmp_path, text(rows()))).digest


def test_parquet_columns_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = {"t": [i % 2 == 0 for i in range(50)], "x": list(range(50)), "l": [[1]] * 50}
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table(table), path)
    card = path.with_suffix(".card.yaml")
    card.write_text("target: t\npositive: true\n", encoding="utf-8")
    assert "column 'l': list<" in refused(str(path))
    card.write_text("target: t\npositive: true\ncolumns: {l: drop}\n", encoding="utf-8")
    assert dataset(str(path)).y[0] == 1
    pq.write_table(pa.table({**table, "x": [float("inf"), *range(49)]}), path)
    assert "row 1, column 'x': inf is not a finite number" in refused(str(path))
    pq.write_table(pa.table([[1], [2]], names=["x", "x"]), path)
    assert "2 columns are named 'x'" in refused(str(path))
    path.write_bytes(path.read_bytes()[:-20])
    assert "not sound Parquet" in refused(str(path))


CARDS = {
    "": "t.card.yaml:1:1: should be a card",
    "[]": "should be a card",
    "target: income\nsensitiv: [sex]\n": "t.card.yaml:2:1 sensitiv: unknown key (did you mean sens",
    "target: income\ntarget: sex\n": "already given on line 1",
    "target: &a income\n": "anchor",
    "sensitive: [sex]\n": "target is missing",
    "target: incme\n": "t.card.yaml:1:1 target: .*no column 'incme' (did you mean income?)",
    "target: income\nsensitive: [sx]\n": ":2:13 sensitive[0]: .*no column 'sx'",
    "target: income\nsensitive: sex\n": "should be a list",
    "target: income\nsensitive: [income]\n": "is the target already",
    "target: income\nsensitive: [sex, sex]\n": "given twice",
    "target: income\nsensitive: [unit]\n": "all records are in one group by 'unit'",
    "target: income\ncolumns: {jb: drop}\n": "columns.jb: .*no column 'jb'",
    "target: income\ncolumns: {job: text}\n": "should be one of numeric, categorical, drop, not",
    "target: income\ncolumns: {income: drop}\n": "is the target already",
    "target: income\nsensitive: [sex]\ncolumns: {sex: drop}\n": "is sensitive already",
    "target: income\ncolumns: {job: numeric}\n": "t.csv:2, column 'job': 'a' is not a number",
    "target: income\npositive: hgh\n": "did you mean high",
    "target: job\npositive: a\n": "has 3 values, not two",
    "target: income\nmissing: ignore\n": "should be one of error, drop, impute, category",
    "target: income\nkeep_sensitive: 'true'\n": "should be true or false",
    "target: 7\n": "should be the name of a column",
    "target: unit\n": "all records are of one class",
    "target: hours\n": "has 1 of 60 records",
    "file: other.csv\ntarget: income\n": "file: is not",
    "target: income\ncolumns: {age: drop, hours: drop, job: drop, sex: drop}\n": "no attribute",
}


@pytest.mark.parametrize("card", CARDS)
def test_a_card_that_does_not_fit_is_refused_with_its_place(tmp_path: Path, card: str) -> None:
    message = refused(written(tmp_path, text(rows()), card))
    for part in CARDS[card].split(".*"):
        assert part in message


TABLES: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "empty; the first line names the columns"),
    "only a header": (text(rows()[:1]), "0 records; give at least 40"),
    "few records": (text(rows(39)), "39 records; give at least 40"),
    "a short line": (text(rows()) + "1,2\n", "t.csv:62: 2 values, but the first line names 6"),
    "a name twice": (changed(1, "age", "hours"), "2 columns are named 'hours'"),
    "no name": (changed(1, "age", ""), "column 1 has no name"),
    "infinity": (changed(9, "age", "inf"), "t.csv:9, column 'age': inf is not a finite number"),
    "an open quote": (changed(9, "age", '"'), "not sound CSV"),
    "another encoding": (
        "é".join(text(rows()).split("kg")).encode("latin-1"),
        "t.csv:2: not UTF-8",
    ),
    "a rare class": (changed(2, "income", "middle"), "class 'middle' has 1 of 60"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_csv_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    data, message = TABLES[case]
    card = "target: income\n" if case == "a rare class" else CARD
    assert message in refused(written(tmp_path, data, card))


def test_a_column_with_too_many_levels_names_what_made_it_a_text(tmp_path: Path) -> None:
    table = rows(150)
    table[7][1] = "5O"
    message = refused(written(tmp_path, text(table)))
    assert "t.csv:8, column 'hours': '5O' is not a number, but 149 of 150 values are" in message
    table = [[*row[:2], f"{row[2]}{i}", *row[3:]] for i, row in enumerate(rows(150))]
    table[0][2] = "job"
    message = refused(written(tmp_path, text(table)))
    assert "150 different values" in message
    assert "such as 'a1' at" in message


def test_data_that_would_not_fit_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 1000)
    assert "60 records of 5 attributes take more" in refused(written(tmp_path, text(rows())))


def test_paths_that_are_no_data_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, text(rows()), card=None)
    assert "no card beside it; write" in refused(path)
    assert "(did you mean t.csv?)" in refused(str(tmp_path / "tt.csv"))
    assert "is a folder" in refused(str(tmp_path))
    assert "should end in .csv" in refused(written(tmp_path, "x", None, "t.txt"))
    card = tmp_path / "alone.card.yaml"
    card.write_text("target: t\n", encoding="utf-8")
    assert "name the data file" in refused(str(card))
    card.write_text("file: gone.csv\ntarget: t\n", encoding="utf-8")
    assert "gone.csv: no such file" in refused(str(card))
    card.write_text("file: t.xlsx\ntarget: t\n", encoding="utf-8")
    assert "file: should end in .csv" in refused(str(card))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        assert "is not a file" in refused(str(tmp_path / "pipe.csv"))


def test_npz_holds_images_or_tables(tmp_path: Path) -> None:
    grey = dataset(arrays(tmp_path))
    assert (grey.shape, grey.image, grey.classes, grey.sensitive) == ((1, 4, 4), True, 3, ("sex",))
    assert grey.x[49, 0, 0, 0] == np.float32(245 / 255)
    assert (grey.low.max(), grey.high.min()) == (0, 1)
    assert dataset(arrays(tmp_path, x=np.full((50, 3, 2, 5), 0.5))).shape == (3, 2, 5)
    table = np.arange(100.0).reshape(50, 2)
    found = dataset(
        arrays(tmp_path, "target: t\ncolumns: {'x[1]': drop}\n", x=table, t=["a", "b"] * 25)
    )
    assert (found.shape, found.image, found.sensitive) == ((1,), False, ())
    assert found.settings["classes"] == ["a", "b"]


NPZ: dict[str, tuple[dict[str, Any], str]] = {
    "nothing as NaN": (
        {"x": np.full((50, 2, 2), np.nan)},
        "record 1 has pixels that are NaN or infinite",
    ),
    "bright": ({"x": np.full((50, 2, 2), 2.0)}, "scale x"),
    "channels last": ({"x": np.zeros((50, 4, 4, 3))}, "channels last"),
    "flat": ({"x": np.zeros(50)}, "x has the shape (50,)"),
    "scalar": ({"x": np.float32(1)}, "x has the shape ()"),
    "short y": ({"y": np.arange(9)}, "y (9,)"),
    "deep y": ({"y": np.zeros((50, 2))}, "one value for each record"),
    "texts as x": ({"x": np.array([["a"]] * 50)}, "save it as numbers"),
    "objects": ({"y": np.array([{}] * 50, object)}, "y holds Python objects"),
    "missing y": (
        {"y": np.r_[np.nan, np.arange(49) % 2]},
        "record 1, column 'y': a value is missing",
    ),
    "wide z": ({"z": np.zeros((50, 2))}, "names 1 columns, but z in"),
    "one group": ({"z": np.zeros((50, 1))}, "one group by 'sex'"),
    "infinite": ({"x": np.r_[[[np.inf]], np.zeros((49, 1))]}, "column 'x[0]': inf is not a finite"),
}


@pytest.mark.parametrize("case", NPZ)
def test_arrays_that_cannot_be_used_are_refused(tmp_path: Path, case: str) -> None:
    given, message = NPZ[case]
    assert message in refused(arrays(tmp_path, **given))


def test_a_card_that_does_not_fit_an_npz_is_refused(tmp_path: Path) -> None:
    assert "no array 'yy' (there are y)" in refused(arrays(tmp_path, "target: yy\n"))
    assert "columns: is for tables" in refused(arrays(tmp_path, "columns: {a: drop}\n"))
    assert "is the target already" in refused(arrays(tmp_path, "sensitive: ['y']\n"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-30],
        lambda b: b[: len(b) // 2],
        lambda b: b[:0],
        lambda b: b[:90] + b"x" * 40 + b[130:],
    ],
)
def test_a_damaged_npz_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = Path(arrays(tmp_path))
    path.write_bytes(damage(path.read_bytes()))
    assert "not sound NPZ" in refused(str(path))


def test_an_npz_of_something_else_is_refused(tmp_path: Path) -> None:
    path = arrays(tmp_path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    os.replace(tmp_path / "one.npy", path)
    assert "not sound NPZ" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", "text")
        archive.writestr("y.npy", "text")
        archive.writestr("z.npy", "text")
    refused(path)


def adult(folder: Path, lines: int = 60) -> Path:
    """Write files in the format of UCI Adult."""
    changes = {
        "39,": [f"{20 + i % 30}," for i in range(lines)],
        "Male": ["Male", "Female"] * lines,
        "White": ["White", "Black", "Other"] * lines,
        "<=50K": ["<=50K", ">50K", "<=50K"] * lines,
        "State-gov": ["State-gov", "Private", "?", "Private"] * lines,
    }
    body = []
    for i in range(lines):
        line = ADULT
        for old, new in changes.items():
            line = line.replace(old, new[i])
        body.append(line)
    (folder / "adult.data").write_text("\n".join(body) + "\n\n", encoding="utf-8")
    labelled = "".join(f"{line}.\n" for line in body[:20])
    (folder / "adult.test").write_text("|1x3 Cross validator\n" + labelled, encoding="utf-8")
    return folder / "adult.data"


def test_uci_adult_is_read_as_published(tmp_path: Path) -> None:
    data = dataset(str(adult(tmp_path)))
    assert (data.name, data.records, data.sensitive) == ("adult", 60, ("sex", "race"))
    assert data.settings["records_dropped"] == 20
    assert data.settings["classes"] == ["<=50K", ">50K"]
    assert data.settings["groups"]["race"] == ["Black", "Other", "White"]
    assert data.shape == (3,)  # age and two kinds of work; all else is constant here
    (tmp_path / "adult.test").unlink()
    assert dataset(str(tmp_path / "adult.data")).records == 45


def test_a_broken_line_of_uci_adult_is_named(tmp_path: Path) -> None:
    path = adult(tmp_path)
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound + "1, 2, 3\n", encoding="utf-8")
    assert "adult.data:62: 3 values, not the 15" in refused(str(path))
    path.write_text(sound.replace(">50K", "rich", 1), encoding="utf-8")
    assert "adult.data:2: the last value should be" in refused(str(path))
    path.write_text(sound.replace("20,", "old,", 1), encoding="utf-8")
    assert "adult.data:1, column 'age': 'old' is not a number" in refused(str(path))
    path.write_text("", encoding="utf-8")
    (tmp_path / "adult.test").unlink()
    assert "0 records" in refused(str(path))


FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
ODD = st.sampled_from(
    [
        *("", "?", "nan", "inf", "-nan", "1e999", "1_0", "0x1", "9" * 400, '"', "\0", "\x1b[31m"),
        *("\u202e", "é🙂", "٣", "a" * 3000, "\r", "\n", ",", ";", "[", "{", "*a", "&a", "- ", ": "),
        *("true", "age"),
    ]
)


@FUZZ
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 5), ODD | st.text(max_size=5)), max_size=5
    )
)
def test_any_csv_is_read_or_explained(tmp_path: Path, damage: list[tuple[int, int, str]]) -> None:
    table = rows()
    for line, column, value in damage:
        table[line][column] = value
    data = text(table).encode("utf-8", "surrogatepass")
    with suppress(InputError):
        check(written(tmp_path, data, CARD + "missing: drop\n"))
    with suppress(InputError):
        assert np.isfinite(dataset(written(tmp_path, data, CARD + "missing: drop\n")).x).all()


KEYS = st.sampled_from(
    [
        "file",
        "name",
        "target",
        "positive",
        "sensitive",
        "columns",
        "missing",
        "keep_sensitive",
        "na_values",
        "bins",
        "pixel_max",
        "channels",
        "odd",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ODD
    | st.sampled_from(
        [
            "age",
            "sex",
            "job",
            "income",
            "drop",
            "numeric",
            "t.csv",
            "high",
            "error",
            "impute",
            "category",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["age", "sex", "job", "odd"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@FUZZ
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_card_is_obeyed_or_explained(tmp_path: Path, card: dict[str, Any]) -> None:
    with suppress(InputError):
        said = json.dumps({"target": "income"} | card)  # JSON is YAML
        check(written(tmp_path, text(rows()), said))
        assert np.isfinite(dataset(written(tmp_path, text(rows()), said)).x).all()


@FUZZ
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_any_npz_is_read_or_explained(tmp_path: Path, place: int, noise: bytes) -> None:
    path = Path(arrays(tmp_path))
    data = bytearray(path.read_bytes())
    data[place : place + len(noise)] = noise
    path.write_bytes(data)
    with suppress(InputError):
        check(str(path))
    with suppress(InputError):
        assert np.isfinite(dataset(str(path)).x).all()
