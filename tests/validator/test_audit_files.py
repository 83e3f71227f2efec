"""Files of predictions: the same numbers in every format, and clear refusals in bounded memory."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictions import Arrays, simulated, write_csv

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Columns, _predictions, audit
from crosscurrent.validator.audits._predictions import read
from crosscurrent.validator.audits._sources import opened

Write = Callable[[Path, Arrays], None]


def plain(records: int = 300) -> Arrays:
    made = simulated(records=records, leak=0.5)
    return {name: made[name] for name in ("label", "score", "member")}


def refusal(kb: KnowledgeBase, *files: Any, **columns: Any) -> str:
    with pytest.raises(InputError) as refused:
        audit(kb, *files, columns=Columns(**columns), resamples=100)
    assert len(str(refused.value)) < 6000
    return str(refused.value)


def test_every_format_gives_the_same_numbers(kb: KnowledgeBase, tmp_path: Path) -> None:
    made = plain()
    write_csv(tmp_path / "a.csv", made)
    np.savez(tmp_path / "a.npz", allow_pickle=False, **made)
    pq.write_table(pa.table(made), tmp_path / "a.parquet")
    found = [
        audit(kb, given, resamples=100)["measured"]
        for given in (tmp_path / "a.csv", tmp_path / "a.npz", tmp_path / "a.parquet", made)
    ]
    assert all(each == found[0] for each in found)


def test_all_problems_are_told_at_once_with_row_and_column(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    made = {name: each.astype(object) for name, each in plain().items()}
    made["score"][:4] = "nan", "inf", 1.5, "high"
    made["score"][50:80] = -1
    made["label"][5], made["member"][6] = "", "maybe"
    told = refusal(kb, write_csv(tmp_path / "a.csv", made))
    for line, column in ((2, "score"), (3, "score"), (4, "score"), (5, "score"), (7, "label")):
        assert f"a.csv:{line}, column '{column}'" in told
    assert "a.csv:8, column 'member': maybe" in told
    assert "… and 26 more in column 'score'" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: made.update(label=np.zeros(300)), "always 0; a model of a single class"),
        (lambda made: made.update(label=np.arange(300) % 3), "there are 3 classes"),
        (lambda made: made.update(group=np.arange(300)), "300 different values"),
        (lambda made: made.update(score=made["score"] * 3), "probability from 0 to 1"),
        (lambda made: made.pop("label"), "no column for the true class"),
        (lambda made: made.pop("score"), "--score, --probabilities or --predicted"),
        (lambda made: made.update(p_0=made["score"], p_1=made["score"]), "leave one of them out"),
        (lambda made: made.update(score=made["score"][:9]), "label 300, score 9"),
        (lambda made: made.update(score=np.zeros((300, 2, 2))), "shape (300, 2, 2)"),
        (lambda made: made.update(score=[[1], [2, 3]]), "score has rows of different lengths"),
        (lambda made: made.update(score=np.zeros(300, complex)), "holds complex128"),
        (
            lambda made: made.update(reference_1=made["score"]),
            "give that of the record's true class",
        ),
        (
            lambda made: made.update(label=np.where(made["label"] > 0, "good", "bad")),
            "--positive bad or --positive good",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_be_audited_is_refused_with_what_to_do(
    kb: KnowledgeBase, change: Callable[[Arrays], Any], message: str
) -> None:
    made = plain()
    change(made)
    assert message in refusal(kb, made)


def test_probabilities_add_up_to_one(kb: KnowledgeBase) -> None:
    made = plain()
    score = made.pop("score")
    both = np.stack([1 - score, score], axis=1)
    both[7] *= 1.1
    told = refusal(kb, {**made, "probabilities": both})
    assert "record 8" in told
    assert "1.1: the probabilities of the classes should add up to 1" in told


def test_two_files_are_of_the_same_records(kb: KnowledgeBase) -> None:
    made = plain()
    turned = {name: each[::-1] for name, each in made.items()}
    assert "the same order, or ids" in refusal(kb, made, turned)
    fewer = {name: each[:200] for name, each in made.items()}
    assert "300 records, and arrays 200" in refusal(kb, made, fewer)
    ids = np.arange(300)
    assert "has none" in refusal(kb, {**made, "id": ids}, made)
    assert "(id 299)" in refusal(kb, {**made, "id": ids}, {**made, "id": [*ids[:-1], 999]})
    assert "is there twice" in refusal(kb, {**made, "id": ids // 2})
    assert "the runs 1, and" in refusal(kb, {**made, "run": ids * 0 + 1}, made)


def test_problems_of_two_files_name_the_columns_of_the_user(kb: KnowledgeBase) -> None:
    made = plain()
    made = {"y": made["label"], "score": made["score"], "group_sex": made["label"]}
    names = {"label": "y", "id": "nr"}
    turned = {**made, "y": made["y"][::-1]}
    assert "column 'y'" in refusal(kb, made, turned, label="y")
    assert "column 'group_sex'" in refusal(
        kb, made, {**made, "group_sex": made["y"][::-1]}, label="y"
    )
    nr = np.arange(300)
    told = refusal(kb, {**made, "nr": nr // 2}, **names)
    assert "record 2, column 'nr': 0: is there twice" in told
    told = refusal(kb, {**made, "nr": nr}, {**made, "nr": nr + 1}, **names)
    assert "(nr 0)" in told


def test_sensitive_attributes_of_like_names_are_two(kb: KnowledgeBase) -> None:
    made = plain(2000)
    draw = np.random.default_rng(0)
    made |= {name: draw.integers(0, 2, 2000) for name in ("sex", "group_sex")}
    document = audit(kb, made, columns=Columns(groups=("group_sex", "sex")), resamples=100)
    found = [
        each["attribute"]
        for each in document["measured"]
        if each["subject"] == "discriminatory_behavior"
    ]
    assert found == ["group_sex", "sex"]
    document = audit(kb, made, resamples=100)
    assert {each["attribute"] for each in document["measured"]} == {None, "sex"}
    made |= {"group": made["sex"], "group_group": made["group_sex"]}
    document = audit(kb, made, made, resamples=100)
    assert {each["attribute"] for each in document["measured"]} == {
        None,
        "group_sex",
        "group",
        "group_group",
    }


@pytest.mark.parametrize("column", ["label", "id", "run", "group", "member"])
@pytest.mark.parametrize("write", ["csv", "npz", "parquet", "arrays"])
def test_long_texts_are_refused_in_every_format(
    kb: KnowledgeBase, tmp_path: Path, column: str, write: str
) -> None:
    made = {**plain(), "id": np.arange(300), "run": np.zeros(300), "group": np.zeros(300)}
    made[column] = made[column].astype(str).astype(object)
    made[column][7] = "x" * 2000
    file = tmp_path / f"a.{write}"
    if write == "csv":
        write_csv(file, made)
    elif write == "npz":
        np.savez(file, allow_pickle=False, **(made | {column: made[column].astype(str)}))
    elif write == "parquet":
        pq.write_table(pa.table(made), file)
    told = refusal(kb, made if write == "arrays" else file)
    assert f"column '{column}' has texts of 2,000 characters" in told


def test_one_long_text_does_not_widen_the_others(kb: KnowledgeBase) -> None:
    """As an array of texts, each as wide as the longest, these took 24 GB."""
    made = plain(60_000)
    made["comment"] = np.array([*["x"] * 59_999, "x" * 100_000], dtype=object)
    made["group"] = np.array(["a", "b"] * 30_000, dtype=object)
    made["group"][0] = "x" * 200
    tracemalloc.start()
    try:
        predictions = read(opened(made), Columns())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert predictions.groups["group"].names == ("a", "b", "x" * 200)
    assert most < 40e6


def test_records_times_classes_are_bounded(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_predictions, "MOST_CELLS", 599)
    assert "300 records of 2 classes; records times classes are at most 599" in refusal(kb, plain())


def test_probabilities_of_classes_that_are_long_numbers_are_found(kb: KnowledgeBase) -> None:
    made = plain()
    both = np.stack([1 - made["score"], made["score"]], axis=1)
    names = np.array([10000001.0, 10000002.0])
    named = {
        "label": names[made["label"]],
        "member": made["member"],
        "probabilities": both,
        "classes": names,
    }
    assert audit(kb, named, resamples=100)["classes"] == ["10000001", "10000002"]


def test_names_that_are_not_there_are_suggested(kb: KnowledgeBase) -> None:
    assert "did you mean score?" in refusal(kb, plain(), score="scores")
    assert "did you mean member?" in refusal(kb, plain(), groups=("membr",))
    assert "no column begins with" in refusal(kb, plain(), references="shadow")


def _pickled(file: Path) -> None:
    np.savez(file, label=np.arange(3), score=np.array([{}, {}, {}], dtype=object))


def _pickle_beside(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("label.pkl", pickle.dumps(print))


def _bomb(file: Path) -> None:
    """Write what says that it unpacks to three GiB; unpacking them takes no test."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("label.npy", b"")
        archive.infolist()[0].file_size = 3 << 30


def _liar(file: Path) -> None:
    header = io.BytesIO()
    about = {"descr": "<f8", "fortran_order": False, "shape": (10**13,)}
    np.lib.format.write_array_header_1_0(header, about)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("label.npy", header.getvalue())


def _two_of_a_name(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("label.npy", b"")
        archive.writestr("lab_l.npy", b"")
    file.write_bytes(file.read_bytes().replace(b"lab_l", b"label"))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_pickled, "would have to be unpickled"),
        (_pickle_beside, "is no array"),
        (_bomb, "more than 2 GiB"),
        (_liar, "not as large as its header says"),
        (_two_of_a_name, "several columns are named 'label'"),
        (lambda file: file.write_bytes(b"PK\x03\x04 rubbish"), "not sound NPZ"),
    ],
    ids=["pickled", "pickle", "bomb", "liar", "twice", "rubbish"],
)
def test_hostile_npz_files_are_refused(
    kb: KnowledgeBase, tmp_path: Path, write: Callable[[Path], None], message: str
) -> None:
    write(tmp_path / "a.npz")
    assert message in refusal(kb, tmp_path / "a.npz")


def test_hostile_parquet_files_are_refused(kb: KnowledgeBase, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    many = pa.DictionaryArray.from_arrays(pa.array(np.zeros(3_000_000, np.int8)), pa.array(["x"]))
    pq.write_table(pa.table({"label": many, "score": many}), file)
    assert "at most 2,000,000 are read" in refusal(kb, file)
    schema = pa.schema([("label", pa.string()), ("score", pa.float64())])
    with pq.ParquetWriter(file, schema, store_schema=False) as writer:
        texts = pa.array(["x" * 1_000_000] * 20)
        writer.write_table(pa.table({"label": texts, "score": np.zeros(20)}, schema=schema))
    assert "texts of 1,000,000 characters" in refusal(kb, file)
    pq.write_table(pa.table({"label": [[1]], "score": [0.5]}), file)
    assert "'label' holds list" in refusal(kb, file)
    file.write_bytes(b"PAR1 rubbish PAR1")
    assert "not sound Parquet" in refusal(kb, file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("label,score\n", "no records"),
        ("label,score,score\n1,2,3\n", "columns are named 'score'"),
        ("label,score\n1\n", "1 values, but the first line names 2 columns"),
        ("label;score\n1;0.5\n", "is always 1"),
        (",".join(map(str, range(20_000))) + "\n", "at most 10,000 of them"),
        ("x" * 3_000_000, "at most 10,000 of them"),
    ],
    ids=["empty", "no-rows", "twice", "short", "semicolons", "many", "long"],
)
def test_bad_csv_files_are_refused(
    kb: KnowledgeBase, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert message in refusal(kb, tmp_path / "a.csv")


def test_other_files_are_refused(kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refusal(kb, tmp_path / "folder.csv")
    assert "no such file" in refusal(kb, tmp_path / "none.csv")
    (tmp_path / "model.txt").write_bytes(b"")
    assert "predictions are read from .csv, .parquet, .npz" in refusal(kb, tmp_path / "model.txt")


VALUES = st.one_of(
    st.sampled_from(["", "0", "1", "nan", "-inf", "1e999", "train", "�", "a,b", "0x1", "None"]),
    st.text(max_size=5).filter(str.isprintable),
    st.floats().map(repr),
)


@given(
    table=st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=1, max_size=6),
    head=st.permutations(["label", "score", "member", "group"]),
)
def test_whatever_is_in_a_table_is_measured_or_refused(
    kb: KnowledgeBase, table: list[list[str]], head: list[str]
) -> None:
    columns = zip(*table, strict=True)
    made = {name: np.array(each) for name, each in zip(head, columns, strict=True)}
    try:
        document = audit(kb, made, resamples=100)
    except InputError:
        pass
    else:
        assert document["measured"] == []  # there are too few for anything
