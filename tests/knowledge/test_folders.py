"""Folders of knowledge files: what cannot be read in one is named and never waited for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.knowledge import BrokenKnowledge, Problem, _files, load
from crosscurrent.knowledge._files import read_folder


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    (tmp_path / "just.yaml").write_bytes(b"#" * (2 * 1024 * 1024))
    sources, problems = read_folder(str(tmp_path))
    assert [len(source.data) for source in sources] == [2 * 1024 * 1024]
    assert list(map(str, problems)) == [
        f"{tmp_path}/big.yaml: larger than 2 MiB; split it into several files"
    ]


def test_a_folder_larger_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "MAX_TOTAL", 10)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(b"# 3456")
    assert read_folder(str(tmp_path), "mine") == (
        [],
        [Problem("mine", 0, 0, "", "holds more than 0 MiB of .yaml files; remove some")],
    )


def test_a_folder_of_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "MAX_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text("risks: []\n")
    assert list(map(str, read_folder(str(tmp_path), "mine")[1])) == [
        "mine: holds more than 2 .yaml files; merge some"
    ]


def broken(*folders: Path) -> list[str]:
    with pytest.raises(BrokenKnowledge) as caught:
        load(map(str, folders), cached=False)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("risks: []\n")
    assert broken(file) == [f"{file}: is a file; give the folder that holds the knowledge files"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    assert broken(folder) == [f"{folder}: can't be read as a folder: No such file or directory"]


def test_a_name_that_no_folder_can_have_is_named_without_what_cannot_be_printed() -> None:
    with pytest.raises(BrokenKnowledge) as caught:
        load(["a\0\x1b[31m\nb"], cached=False)
    (problem,) = caught.value.problems
    assert str(problem) == "a��[31m�b: can't be read as a folder: embedded null byte"


def test_a_folder_without_knowledge_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".hidden.yaml").write_text("x")
    assert broken(tmp_path) == [
        f"{tmp_path}: holds no .yaml file; put at least one knowledge file in it"
    ]


def test_what_is_not_a_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "nowhere.yml").symlink_to(tmp_path / "gone")
    assert broken(tmp_path) == [
        f"{tmp_path}/folder.yaml: is not a file; remove or rename it",
        f"{tmp_path}/nowhere.yml: can't be read: No such file or directory",
        f"{tmp_path}/pipe.yaml: is not a file; remove or rename it",
    ]


def test_a_pipe_put_in_the_place_of_a_file_is_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular = os.stat(__file__)
    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(os, "stat", lambda _: regular)
    sources, problems = read_folder(str(tmp_path))
    assert [source.data for source in sources] == [b""]
    assert problems == []


def test_a_file_that_cannot_be_read_is_named_beside_what_is_wrong_in_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("risks: []\n")
    (tmp_path / "b.yaml").write_text("risk: []\n")

    def refuse(path: str, *args: Any, **options: Any) -> Any:
        if path == f"{tmp_path}/a.yaml":
            raise PermissionError(13, "Permission denied", path)
        return open(path, *args, **options)

    monkeypatch.setattr(_files, "open", refuse, raising=False)
    assert broken(tmp_path) == [
        f"{tmp_path}/a.yaml: can't be read: Permission denied",
        f"{tmp_path}/b.yaml:1:1 risk: unknown section (did you mean risks?)",
    ]


def test_a_file_name_that_a_terminal_might_obey_is_blanked_out(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n.yaml").write_text("risk: []\n")
    (tmp_path / os.fsdecode(b"b\xff.yaml")).write_text("risk: []\n")
    assert broken(tmp_path) == [
        f"{tmp_path}/a�[31m�.yaml:1:1 risk: unknown section (did you mean risks?)",
        f"{tmp_path}/b�.yaml:1:1 risk: unknown section (did you mean risks?)",
    ]


def test_the_ending_of_a_knowledge_file_may_be_written_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "A.YAML").write_text("risk: []\n")
    (tmp_path / "b.Yml").write_text("risk: []\n")
    assert [line.partition(":")[0] for line in broken(tmp_path)] == [
        f"{tmp_path}/A.YAML",
        f"{tmp_path}/b.Yml",
    ]


def test_problems_of_all_folders_come_in_one_report(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.yaml").write_text(
        "correlations:\n- {subject: evason, factor: D2, sign: 1, sources: [duddu2024sok]}\n"
    )
    assert broken(tmp_path / "one", tmp_path / "two", tmp_path / "three") == [
        f"{tmp_path}/one: holds no .yaml file; put at least one knowledge file in it",
        f"{tmp_path}/three: can't be read as a folder: No such file or directory",
        f"{tmp_path}/two/a.yaml:2:4 correlations[0].subject: no defense or risk 'evason'"
        " (did you mean evasion?)",
        f"{tmp_path}/two/a.yaml:2:33 correlations[0].sign: should be '+', '-', '0' or '?', not 1",
    ]
