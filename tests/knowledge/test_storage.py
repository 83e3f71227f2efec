"""Promises of written files: all of the new content or all of the old, and nothing beside it."""

import stat
from pathlib import Path

import pytest

from crosscurrent.knowledge.storage import data_folder, write_atomic


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_as_a_whole(tmp_path: Path, durable: bool) -> None:
    file = tmp_path / "file"
    for content in (b"old\r\n", b"new\n"):
        write_atomic(str(file), content, mode=0o600, durable=durable)
        assert file.read_bytes() == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    write_atomic(str(file), b"old")
    monkeypatch.setattr(f"crosscurrent.knowledge.storage.os.{fails}", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(str(file), b"new", durable=True)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_data_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == str(tmp_path / "crosscurrent")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert data_folder() == str(tmp_path / "home" / ".local" / "share" / "crosscurrent")
