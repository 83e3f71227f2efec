"""Data as people have it: read as its owner means it, or asked about, and never without a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from data_files import CARD, altered, arrays, refused, rows, text, written

from crosscurrent.validator.data import Dataset, dataset


def notes(data: Dataset) -> str:
    """Return what is told of the data with every result."""
    return "; ".join(each["message"] for each in data.settings["notes"])


def read(folder: Path, table: list[list[str]], card: str = CARD, separator: str = ",") -> Dataset:
    return dataset(written(folder, text(table, separator), card))


def test_what_is_read_as_it_stands_needs_no_word(tmp_path: Path) -> None:
    table = [[*row[:3], *row[4:]] for row in rows()]  # without the column that never changes
    assert read(tmp_path, table).settings["notes"] == []
    assert notes(read(tmp_path, rows())) == "unit is left out, as it never changes"


MARKS = ["None", "N/A", "n/a", "<NA>", "#N/A", "NaN", "null", "NA", "?", ""]


@pytest.mark.parametrize("mark", MARKS)
def test_what_pandas_takes_for_missing_is_missing(tmp_path: Path, mark: str) -> None:
    pandas = pytest.importorskip("pandas")
    holed = altered("age", lambda i, old: mark if i in (3, 7) else old)
    message = refused(written(tmp_path, text(holed)))
    assert "t.csv:5, column 'age': a value is missing, as in 2 of 60 records" in message
    assert not mark or mark in message
    data = read(tmp_path, holed, CARD + "missing: drop\n")
    taken = pandas.read_csv(tmp_path / "t.csv", na_values=["?"])["age"]
    assert data.records == taken.notna().sum() == 58
    assert data.shape == (5,)  # age is one number still
    assert "2 of 60 records dropped, as age" in notes(data)


@pytest.mark.parametrize("mark", ["Null", "NaT", "nil", "missing", "unknown", "-", "."])
def test_a_text_among_numbers_is_asked_about(tmp_path: Path, mark: str) -> None:
    table = altered("age", lambda i, old: mark if i == 3 else old)
    message = refused(written(tmp_path, text(table)))
    assert f"t.csv:5, column 'age': '{mark}' is not a number, but 59 of 60 values are" in message
    listed = read(tmp_path, table, f"{CARD}missing: drop\nna_values: ['', '{mark}']\n")
    assert listed.records == 59
    levels = read(tmp_path, table, f"{CARD}columns: {{age: categorical}}\n")
    assert levels.shape == (41 + 1 + 3,)


LOOKS = {
    "percentage": lambda _, old: f"{old}%",
    "comma before three digits": lambda _, old: f'"{old},000"',
    "amount of money": lambda _, old: f"${old}",
    "a date": lambda _, old: f"2024-03-{int(old) % 28 + 1:02}",
    "marks between its digits": lambda _, old: f"1_{int(old):03}",
    "a number with a unit": lambda _, old: f"{old} kg",
    "a time of day": lambda _, old: f"12:{old}",
}


@pytest.mark.parametrize("form", LOOKS)
def test_what_looks_like_numbers_or_dates_is_asked_about(tmp_path: Path, form: str) -> None:
    message = refused(written(tmp_path, text(altered("age", LOOKS[form]))))
    assert re.search(rf"t.csv:2, column 'age': .* looks like .*{form}, as do 60 of 60", message)
    assert "columns: {age: categorical}" in message


def test_few_numbers_among_texts_are_levels_and_it_is_told(tmp_path: Path) -> None:
    data = read(tmp_path, altered("job", lambda i, _: "3+" if i % 3 == 0 else str(i % 3)))
    assert data.shape == (5,)
    assert "job is read as levels, as '3+' is no number" in notes(data)


def test_a_mark_in_target_or_group_is_no_class_and_no_group(tmp_path: Path) -> None:
    for column in ("income", "sex"):
        table = altered(column, lambda i, old: "None" if i % 10 == 0 else old)
        assert f"column '{column}': a value is missing" in refused(written(tmp_path, text(table)))
        for policy in ("drop", "impute"):  # a fact of that kind is never made up
            data = read(tmp_path, table, f"{CARD}missing: {policy}\n")
            assert (data.records, data.classes) == (54, 2)
            assert data.settings["groups"] == {"sex": ["f", "m"]}
            assert f"6 of 60 records dropped, as {column} ('None') has no value" in notes(data)


def test_a_level_that_looks_missing_is_one_if_the_card_says_so(tmp_path: Path) -> None:
    table = altered("job", lambda _, old: "NA" if old == "a" else old)
    assert "'NA' is taken for one" in refused(written(tmp_path, text(table)))
    data = read(tmp_path, table, CARD + "na_values: ['']\n")
    assert (data.records, data.shape) == (60, (5,))


def test_a_number_may_stand_for_a_missing_value(tmp_path: Path) -> None:
    card = "target: 't'\nna_values: ['', '-999']\nmissing: drop\n"
    ages = [-999 if i % 10 == 0 else 20 + i % 40 for i in range(60)]
    listed = [["age", "t"], *([str(age), "ab"[i % 2]] for i, age in enumerate(ages))]
    found = read(tmp_path, listed, card)
    assert (found.records, found.shape) == (54, (1,))
    assert "dropped, as age ('-999') has no value" in notes(found)
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for kind in (pa.int64(), pa.float32()):
        columns = {"age": pa.array(ages).cast(kind), "t": ["a", "b"] * 30}
        pq.write_table(pa.table(columns), tmp_path / "t.parquet")
        assert dataset(str(tmp_path / "t.parquet")).digest == found.digest
    x, y = np.array(ages)[:, None], np.array(["a", "b"] * 30)
    made = dataset(arrays(tmp_path, card, x=x, t=y))
    assert (made.records, notes(made)) == (54, notes(found).replace("age", "x[0]"))


def test_missing_values_are_imputed_or_a_category_as_the_card_says(tmp_path: Path) -> None:
    table = altered("age", lambda i, old: "" if i % 6 == 0 else old)
    for row in table[1::5]:
        row[2] = "?"
    ages = np.array([float(row[0] or "nan") for row in table[1:]])
    median = np.where(np.isnan(ages), np.nanmedian(ages), ages)
    expected = (median - median.mean()) / median.std()

    imputed = read(tmp_path, table, CARD + "missing: impute\n")
    assert (imputed.records, imputed.shape) == (60, (5,))
    assert np.allclose(imputed.x[:, 0], expected, atol=1e-5)
    assert "age is imputed by its median in 10 records" in notes(imputed)
    assert "job is imputed by its most common level, " in notes(imputed)
    assert (imputed.x[:, 2:].sum(axis=1) == 1).all()

    category = read(tmp_path, table, CARD + "missing: category\n")
    assert category.shape == (2 + 1 + 4,)  # age and whether it is missing, hours, jobs and none
    assert np.allclose(category.x[:, 0], expected, atol=1e-5)
    assert (np.unique(category.x[:, 1]).size, category.x[0, 1] > 0) == (2, True)
    assert category.x[::5, -1].tolist() == [1] * 12
    assert "job is missing in 12 records, a level of its own" in notes(category)

    both = read(tmp_path, table, CARD + "missing: {age: impute, job: drop}\n")
    assert (both.records, both.shape) == (48, (5,))
    message = refused(written(tmp_path, text(table), CARD + "missing: {age: impute}\n"))
    assert "column 'job': a value is missing, as in 12 of 60 records" in message


def test_a_missing_group_may_be_a_group(tmp_path: Path) -> None:
    table = altered("sex", lambda i, old: "" if i % 10 == 0 else old)
    data = read(tmp_path, table, CARD + "missing: category\n")
    assert data.settings["groups"] == {"sex": ["f", "m", "(missing)"]}
    assert np.bincount(data.z[:, 0]).tolist() == [24, 30, 6]
    ages = altered("age", lambda i, old: "" if i % 10 == 0 else old)
    card = "target: income\nsensitive: [age]\nbins: {age: [30, 40]}\nmissing: category\n"
    found = read(tmp_path, ages, card)
    assert found.settings["groups"]["age"][-1] == "(missing)"
    assert (found.z[:, 0] == 3).sum() == 6


def test_ages_are_grouped_by_the_bins_that_the_card_names(tmp_path: Path) -> None:
    card = "target: income\nsensitive: [age]\nbins: {age: [25, 40]}\n"
    data = read(tmp_path, rows(), card)
    assert data.settings["groups"]["age"] == ["below 25", "25 to below 40", "from 40"]
    ages = np.array([20 + i % 40 for i in range(60)])
    assert data.z[:, 0].tolist() == np.digitize(ages, [25, 40]).tolist()
    assert "median" not in notes(data)
    split = read(tmp_path, rows(), "target: income\nsensitive: [age]\n")
    assert "groups by age are up to 34 and above 34, its median" in notes(split)
    empty = read(tmp_path, rows(), "target: income\nsensitive: [age]\nbins: {age: [5, 40]}\n")
    assert empty.settings["groups"]["age"] == ["5 to below 40", "from 40"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("bins: {hours: [2]}", "bins.hours: is not sensitive"),
        ("bins: {sex: [2, 1]}", "bins.sex: should be increasing numbers"),
        ("bins: {sex: []}", "bins.sex: should be increasing numbers"),
        ("bins: {sex: [1]}", "column 'sex': 'f' is not a number"),
        ("bins: [1]", "bins: should be sensitive columns with increasing numbers"),
        ("na_values: '?'", "na_values: should be a list of texts"),
        ("missing: {age: ignore}", "missing.age: should be one of error, drop, impute, category"),
        ("missing: {agee: drop}", "missing.agee: .* no column 'agee' (did you mean age?)"),
        ("pixel_max: 0", "pixel_max: should be a number above 0"),
        ("channels: middle", "channels: should be first or last"),
    ],
)
def test_a_card_that_asks_for_what_is_not_is_refused(
    tmp_path: Path, more: str, message: str
) -> None:
    found = refused(written(tmp_path, text(rows()), CARD + more + "\n"))
    for part in message.split(".* "):
        assert part in found


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "ver")])
def test_other_separators_are_read_also_with_quotes(
    tmp_path: Path, separator: str, name: str
) -> None:
    plain = read(tmp_path, rows())
    found = read(tmp_path, rows(), separator=separator)
    assert found.digest == plain.digest
    assert f"values are separated by {name}" in notes(found)
    quoted = [[f'"{each}"' for each in row] for row in rows()]
    assert read(tmp_path, quoted, separator=separator).digest == plain.digest
    hinted = f"sep={separator}\n" + text(rows(), separator)  # as Excel writes
    assert dataset(written(tmp_path, hinted)).digest == plain.digest


def test_the_ending_may_say_tabs(tmp_path: Path) -> None:
    found = dataset(written(tmp_path, text(rows(), "\t"), CARD, "t.TSV"))
    assert found.digest == read(tmp_path, rows()).digest


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_read(tmp_path: Path, encoding: str) -> None:
    data = dataset(written(tmp_path, text(rows()).encode(encoding)))
    assert data.digest == read(tmp_path, rows()).digest


def test_a_file_that_is_not_utf_8_says_where_and_how_to_convert_it(tmp_path: Path) -> None:
    table = altered("job", lambda i, old: "é" if i == 4 else old)
    message = refused(written(tmp_path, text(table).encode("latin-1")))
    assert "t.csv:6: not UTF-8 (byte 0xe9); save it as UTF-8" in message
    assert "iconv -f WINDOWS-1252" in message
    for encoding in ("UTF-16", "UTF-32"):
        broken = text(rows()).encode(encoding)[:-1]
        assert f"not sound {encoding}" in refused(written(tmp_path, broken))


def test_decimal_commas_are_read_unless_they_may_be_thousands(tmp_path: Path) -> None:
    plain = read(tmp_path, altered("hours", lambda i, _: f"{i / 8:.2f}"))
    commas = altered("hours", lambda i, _: f"{i / 8:.2f}".replace(".", ","))
    found = read(tmp_path, commas, separator=";")
    assert found.digest == plain.digest
    assert "commas in hours are taken for decimal points" in notes(found)
    small = altered("hours", lambda i, _: f"{i / 64:.3f}".replace(".", ","))  # no thousand is 0,016
    assert "decimal points" in notes(read(tmp_path, small, separator=";"))
    unclear = altered("hours", lambda i, _: f"{1 + i / 8:.3f}".replace(".", ","))
    assert "a comma before three digits" in refused(written(tmp_path, text(unclear, ";")))


@pytest.mark.parametrize("other", ["1.0", "1.", "1.00"])
def test_one_number_in_two_spellings_is_one_class(tmp_path: Path, other: str) -> None:
    def spelled(i: int, old: str) -> str:
        return "0" if old == "low" else (other if i % 8 else "1")

    data = read(tmp_path, altered("income", spelled), "target: income\npositive: 1\n")
    assert (data.classes, data.y.tolist()) == (2, [int(i % 4 == 0) for i in range(60)])
    assert data.settings["classes"] == ["0", "1"]
    assert f"{other} and 1 in income are taken for the same" in notes(data)
    kept = read(tmp_path, altered("job", lambda i, _: ["1", "01", "x"][i % 3]))
    assert kept.shape == (5,)  # a code with a zero before it is another one


def test_codes_above_2_53_stay_apart(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    codes = [2**53 + i % 2 for i in range(50)]
    table = {
        "t": codes,
        "x": [i % 7 for i in range(50)],
        "u": [2**64 - 1 - i % 3 for i in range(50)],
    }
    typed = pa.table({**table, "u": pa.array(table["u"], pa.uint64())})
    pq.write_table(typed, tmp_path / "t.parquet")
    card = "target: t\ncolumns: {u: categorical}\n"
    (tmp_path / "t.card.yaml").write_text(card)
    found = dataset(str(tmp_path / "t.parquet"))
    assert found.settings["classes"] == [str(2**53), str(2**53 + 1)]
    assert found.shape == (4,)
    for precision, scale in ((20, 0), (23, 3)):
        exact = [values.cast(pa.decimal128(precision, scale)) for values in typed.columns]
        pq.write_table(pa.table(exact, names=typed.column_names), tmp_path / "t.parquet")
        assert dataset(str(tmp_path / "t.parquet")).digest == found.digest
    listed = [[*table], *(list(map(str, row)) for row in zip(*table.values(), strict=True))]
    assert dataset(written(tmp_path, text(listed), card)).digest == found.digest
    made = dataset(
        arrays(tmp_path, "target: 'y'\n", y=np.array(codes), x=np.arange(100.0).reshape(50, 2))
    )
    assert made.settings["classes"] == found.settings["classes"]


def indexed(folder: Path) -> Path:
    """Write a filtered table as pandas does, with its index."""
    pandas = pytest.importorskip("pandas")
    header, *body = rows()
    frame = pandas.DataFrame(body, columns=header).sort_values("income")
    frame[frame.job != "a"].to_parquet(folder / "p.parquet")
    (folder / "p.card.yaml").write_text(CARD)
    return folder / "p.parquet"


def test_the_index_of_a_parquet_file_is_no_attribute(tmp_path: Path) -> None:
    found = dataset(str(indexed(tmp_path)))
    assert found.shape == (4,)
    assert "__index_level_0__ is left out, as the file calls it an index" in notes(found)
    asked = CARD + "columns: {__index_level_0__: numeric}\n"
    (tmp_path / "p.card.yaml").write_text(asked)
    assert dataset(str(tmp_path / "p.parquet")).shape == (5,)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_a_nameless_column_that_numbers_the_records_is_left_out(tmp_path: Path, name: str) -> None:
    table = [[name, *rows()[0]], *([str(i), *row] for i, row in enumerate(rows()[1:]))]
    found = read(tmp_path, table)
    assert found.digest == read(tmp_path, rows()).digest
    assert "Unnamed: 0 is left out, as it has no name and numbers the records" in notes(found)
    odd = [[name, *rows()[0]], *([f"{i % 9}", *row] for i, row in enumerate(rows()[1:]))]
    if name:
        assert read(tmp_path, odd).shape == (6,)
    else:
        assert "column 1 has no name" in refused(written(tmp_path, text(odd)))


def test_a_named_column_that_numbers_the_records_is_told(tmp_path: Path) -> None:
    data = read(tmp_path, altered("age", lambda i, _: str(i + 7)))
    assert data.shape == (5,)
    assert "age is an attribute, and seems to number the records" in notes(data)


def test_letters_that_look_the_same_are_the_same(tmp_path: Path) -> None:
    table = [["âge", *rows()[0][1:]], *altered("job", lambda _, old: old.replace("a", "é"))[1:]]
    composed, apart = (
        [[normalize(form, each) for each in row] for row in table] for form in ("NFC", "NFD")
    )
    card = CARD + "columns: {âge: drop}\n"
    mixed = [row if i % 2 else apart[i] for i, row in enumerate(composed)]
    found = {
        read(tmp_path, each, normalize(form, card)).digest
        for each in (composed, apart, mixed)
        for form in ("NFC", "NFD")
    }
    assert len(found) == 1


def test_a_card_may_end_in_yml_but_there_may_be_one_only(tmp_path: Path) -> None:
    path = written(tmp_path, text(rows()))
    digest = dataset(path).digest
    (tmp_path / "t.card.yaml").rename(tmp_path / "t.card.yml")
    assert dataset(path).digest == dataset(str(tmp_path / "t.card.yml")).digest == digest
    (tmp_path / "t.card.yaml").write_text(CARD)
    assert "two cards beside it" in refused(path)


TRUTHS = ["true false", "True False", "TRUE FALSE", "1 0"]


@pytest.mark.parametrize("words", TRUTHS)
def test_what_is_true_is_class_1_however_it_is_spelled(tmp_path: Path, words: str) -> None:
    yes, no = words.split()
    table = altered("income", lambda _, old: yes if old == "high" else no)
    data = read(tmp_path, table, "target: income\npositive: true\n")
    assert data.y.tolist() == [int(i % 4 == 0) for i in range(60)]


SMALL = np.arange(50)[:, None, None] % 2


@pytest.mark.parametrize(
    ("most", "kind"), [(1, np.uint8), (16, np.uint8), (15, np.int64), (100, np.int16)]
)
def test_the_scale_of_dark_whole_pixels_is_asked_for(tmp_path: Path, most: int, kind: Any) -> None:
    x = np.tile(SMALL * most, (1, 4, 4)).astype(kind)
    message = refused(arrays(tmp_path, "target: 'y'\n", x=x))
    assert f"whole numbers up to {most}, and 255 is usual; write pixel_max: {most}" in message
    data = dataset(arrays(tmp_path, f"pixel_max: {most}\n", x=x))
    assert (data.x.min(), data.x.max()) == (0, 1)
    assert f"pixels are divided by {most}" in notes(data)
    dark = dataset(arrays(tmp_path, "pixel_max: 255\n", x=x))
    assert dark.x.max() == np.float32(most / 255)


def test_pixels_of_other_types_are_read_by_their_scale(tmp_path: Path) -> None:
    usual = dataset(arrays(tmp_path, x=np.tile(SMALL * 255, (1, 4, 4)).astype(np.uint8)))
    for x, card in (
        (np.tile(SMALL, (1, 4, 4)).astype(bool), ""),
        (np.tile(SMALL, (1, 4, 4)).astype(np.float32), ""),
        (np.tile(SMALL * 255.0, (1, 4, 4)), "pixel_max: 255\n"),
        (np.tile(SMALL * 65535, (1, 4, 4)).astype(np.uint16), "pixel_max: 65535\n"),
    ):
        assert dataset(arrays(tmp_path, f"sensitive: [sex]\n{card}", x=x)).digest == usual.digest
    assert "whole numbers are divided by 255" in notes(usual)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_with_channels_last_are_asked_about(tmp_path: Path, channels: int) -> None:
    x = np.random.default_rng(0).random((50, 6, 5, channels))
    message = refused(arrays(tmp_path, x=x))
    assert (
        f"(50, 6, 5, {channels}), which looks like channels last; write channels: last" in message
    )
    found = dataset(arrays(tmp_path, "channels: last\n", x=x))
    assert found.shape == (channels, 6, 5)
    assert np.array_equal(found.x, x.transpose(0, 3, 1, 2).astype(np.float32))
    assert dataset(arrays(tmp_path, "channels: first\n", x=x)).shape == (6, 5, channels)


def reordered(_: int, old: str) -> str:
    return {"f": "women", "m": "men"}[old]


SAME: dict[str, Callable[[list[list[str]]], list[list[str]]]] = {
    "spaces around values": lambda t: [[f" {each} " for each in row] for row in t],
    "empty lines": lambda t: [row for each in t for row in (each, [""])],
    "quotes": lambda t: [[f'"{each}"' for each in row] for row in t],
    "plus signs": lambda t: [t[0], *([f"+{row[0]}", *row[1:]] for row in t[1:])],
    "exponents": lambda t: [t[0], *([f"{int(row[0]) * 10}e-1", *row[1:]] for row in t[1:])],
    "trailing zeros": lambda t: [t[0], *([f"{row[0]}.00", *row[1:]] for row in t[1:])],
}


@pytest.mark.parametrize("change", SAME)
def test_what_means_the_same_is_the_same_data(tmp_path: Path, change: str) -> None:
    assert read(tmp_path, SAME[change](rows())).digest == read(tmp_path, rows()).digest


def test_the_order_of_columns_and_the_names_of_levels_do_not_change_the_records(
    tmp_path: Path,
) -> None:
    one = read(tmp_path, rows())
    other = read(tmp_path, [row[::-1] for row in rows()])
    assert np.array_equal(np.sort(one.x, axis=1), np.sort(other.x, axis=1))
    assert np.array_equal(one.y, other.y)
    renamed = read(tmp_path, altered("sex", reordered))
    assert np.array_equal(renamed.z, 1 - one.z)  # men come before women
