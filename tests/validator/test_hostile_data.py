"""Hostile data files: refused with what to do, before anything large is made of them."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_files import CARD, altered, arrays, refused, rows, text, written

from crosscurrent.validator.data import _arrays, _csv, _parquet

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Let no test take more than 64 MiB."""
    tracemalloc.start()
    yield
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 * MIB


def zipped(folder: Path, members: dict[str, bytes]) -> str:
    """Write an archive as an NPZ file."""
    path = Path(arrays(folder))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def header(shape: str, kind: str = "<f8") -> bytes:
    """Return the beginning of an array of a shape."""
    told = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}".encode()
    told += b" " * (-(len(told) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told


SOUND = {"y.npy": header("(50,)") + bytes(400), "z.npy": header("(50, 1)") + bytes(400)}


def test_a_zip_bomb_is_refused_by_what_it_says_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = header("(50, 100000)") + bytes(40_000_000)
    path = zipped(tmp_path, {**SOUND, "x.npy": bomb})
    del bomb
    assert Path(path).stat().st_size < MIB
    tracemalloc.reset_peak()
    monkeypatch.setattr(_arrays, "free_bytes", lambda: 20 * MIB)
    assert "39 MiB once it is unpacked, and 20 MiB are free" in refused(path)
    monkeypatch.setattr(_arrays, "MAX_BYTES", 15 * MIB)
    assert "give fewer records, or save them as float32" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 8 * MIB


@pytest.mark.parametrize(
    "shape", ["(1000000000000,)", "(50, 99999999999)", "(2**62, 2**62)", "(-1, -5)", "(50, True)"]
)
def test_an_array_that_is_not_as_large_as_it_says_is_refused(tmp_path: Path, shape: str) -> None:
    path = zipped(tmp_path, {**SOUND, "x.npy": header(shape) + bytes(800)})
    assert "a.npz" in refused(path)


@pytest.mark.parametrize("version", [(3, 0), (9, 1)])
def test_an_array_whose_header_is_of_another_version_is_refused(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    told = header("(1000000000000,)")
    size = int.from_bytes(told[8:10], "little").to_bytes(4, "little")
    other = told[:6] + bytes(version) + size + told[10:] + bytes(800)
    message = refused(zipped(tmp_path, {**SOUND, "x.npy": other}))
    assert f"a.npz: x is an array of NPY version {version[0]}.{version[1]}" in message


@pytest.mark.parametrize("name", ["x", "y", "z"])
def test_python_objects_are_not_unpickled(tmp_path: Path, name: str) -> None:
    objects = np.array([print] * 50, object)
    given: dict[str, Any] = {name: objects}
    message = refused(arrays(tmp_path, **given))
    assert f"{name} holds Python objects, which are not read" in message
    assert f"{name}.astype(str)" in message


def test_a_member_outside_the_archive_is_no_array(tmp_path: Path) -> None:
    members = {f"../{name}": content for name, content in SOUND.items()}
    assert "has no array 'x'" in refused(zipped(tmp_path, {**members, "/x.npy": b""}))


def test_a_parquet_bomb_is_refused_by_what_it_says_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    many = pa.table({"x": pa.array(np.zeros(3_000_000, np.int8)), "income": ["a"] * 3_000_000})
    path = tmp_path / "t.parquet"
    pq.write_table(many, path)
    (tmp_path / "t.card.yaml").write_text("target: income\n")
    assert path.stat().st_size < MIB
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    monkeypatch.setattr(_parquet, "free_bytes", lambda: 16 * MIB)
    assert "and at most 16 MiB are for it; leave out columns or records" in refused(str(path))
    monkeypatch.setattr(_parquet, "MAX_BYTES", 16 * MIB)
    assert "3000000 records in 2 columns take more than" in refused(str(path))
    assert tracemalloc.get_traced_memory()[1] - before < 4 * MIB


@pytest.mark.parametrize("end", ["", " ", "e\u0301"], ids=["as it is", "a blank", "not composed"])
def test_long_texts_of_a_parquet_file_are_in_memory_once(tmp_path: Path, end: str) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    long = pa.array(["x" * MIB + end, "y" * MIB + end] * 300).dictionary_encode()
    table = {"note": long, "income": ["a", "b"] * 300, "age": list(range(600))}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    (tmp_path / "t.card.yaml").write_text("target: income\ncolumns: {note: drop}\n")
    del table, long
    tracemalloc.reset_peak()
    assert _parquet.read_parquet(str(tmp_path / "t.parquet")).columns["note"][0][0] == "x"


ONE_VALUE: dict[str, Any] = {
    "texts": ["a"],
    "numbers as texts": ["1"],
    "truth values": [True],
    "large whole numbers": [2**60],
    "nothing": [None],
}


@pytest.mark.parametrize("kind", ONE_VALUE)
def test_many_records_in_a_few_bytes_count_as_what_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path, records = tmp_path / "t.parquet", 200_000
    pq.write_table(pa.table({"x": pa.array(ONE_VALUE[kind] * records)}), path)
    (tmp_path / "t.card.yaml").write_text("target: x\n")
    assert path.stat().st_size < 16_384
    told = _parquet.bytes_taken(pq.read_metadata(path), 1)
    before = pa.total_allocated_bytes()
    tracemalloc.reset_peak()
    start, _ = tracemalloc.get_traced_memory()
    _parquet.read_parquet(str(path))
    assert tracemalloc.get_traced_memory()[1] - start + pa.total_allocated_bytes() - before < told
    monkeypatch.setattr(_parquet, "free_bytes", lambda: told - 1)
    assert "once it is unpacked" in refused(str(path))


def test_texts_that_differ_count_as_what_they_take(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [f"{i:x}" for i in range(200_000)]}), path)
    told = _parquet.bytes_taken(pq.read_metadata(path), 1)
    tracemalloc.reset_peak()
    start, _ = tracemalloc.get_traced_memory()
    _parquet.read_parquet(str(path))
    assert tracemalloc.get_traced_memory()[1] - start < told


HUGE = {
    "one long line": "x" * (3 * MIB),
    "many columns": ",".join(map(str, range(20_000))) + "\n",
    "many semicolons": ";".join(map(str, range(20_000))) + "\n",
    "a long quote": '"' + "x" * (3 * MIB),
    "a long name": "x" * (2 * MIB) + ",y\n1,2\n",
}


@pytest.mark.parametrize("case", HUGE)
def test_a_huge_first_line_is_refused(tmp_path: Path, case: str) -> None:
    assert "at most 10,000 of them in 1 MiB" in refused(written(tmp_path, HUGE[case]))


def test_a_text_file_that_does_not_fit_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_csv, "free_bytes", lambda: 1000)
    message = refused(written(tmp_path, text(rows())))
    assert "as texts, and 1 MiB are free; save it as Parquet or NPZ, or give fewer" in message


def test_a_text_file_takes_no_more_memory_than_it_is_bound_by(tmp_path: Path) -> None:
    header = ",".join(f"c{i}" for i in range(8)) + "\n"
    path = written(tmp_path, header + "10,11,12,13,14,15,16,17\n" * 20_000)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    _csv.read_csv(path)
    most = tracemalloc.get_traced_memory()[1] - before
    assert most <= Path(path).stat().st_size * _csv._IN_MEMORY


@pytest.mark.parametrize("place", [0, 1, 7])
def test_a_nul_character_is_refused_where_it_is(tmp_path: Path, place: int) -> None:
    table = rows()
    table[place][2] += "\0"
    message = refused(written(tmp_path, text(table)))
    assert f"t.csv:{place + 1}: a NUL character" in message


def test_links_are_followed_to_files_only(tmp_path: Path) -> None:
    links = {"loop": "loop.csv", "zero": "/dev/zero", "folder": str(tmp_path), "gone": "nothing"}
    said = {"loop": "can't be read", "zero": "is not a file", "folder": "is a folder"}
    for name, target in links.items():
        (tmp_path / f"{name}.csv").symlink_to(target)
        (tmp_path / f"{name}.card.yaml").write_text(CARD)
        assert said.get(name, "no such file") in refused(str(tmp_path / f"{name}.csv"))
    (tmp_path / "t.card.yaml").symlink_to("/dev/zero")
    assert "is not a file" in refused(written(tmp_path, text(rows()), card=None))


@pytest.mark.parametrize("value", ["inf", "-inf", "1e999", "-1e400"])
def test_numbers_that_are_not_finite_are_named(tmp_path: Path, value: str) -> None:
    table = altered("age", lambda i, old: value if i == 6 else old)
    message = refused(written(tmp_path, text(table)))
    assert "t.csv:8, column 'age'" in message
    assert "is not a finite number; correct it or leave it empty" in message


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows(0), "0 records; give at least 40"),
        (rows(1), "1 records; give at least 40"),
        (altered("income", lambda *_: "high"), "all records are of one class"),
        (altered("sex", lambda *_: "f"), "all records are in one group by 'sex'"),
        (altered("income", lambda i, _: "high" if i else "low"), "class 'low' has 1 of 60"),
        (altered("age", lambda *_: ""), "a value is missing, as in 60 of 60 records"),
    ],
    ids=["no record", "one record", "one class", "one group", "rare class", "empty column"],
)
def test_degenerate_tables_are_refused(
    tmp_path: Path, table: list[list[str]], message: str
) -> None:
    assert message in refused(written(tmp_path, text(table)))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    for content in (b"\0" * 1000, bytes(range(256)) * 20, stream.getvalue(), b"PK\x03\x04" * 9):
        for name in ("t.csv", "t.parquet", "t.npz"):
            assert name in refused(written(tmp_path, content, CARD, name))
