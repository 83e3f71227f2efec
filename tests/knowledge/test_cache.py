"""Compiled knowledge is kept to save time; it is never stale and never makes anything fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from small_knowledge import SMALL

from crosscurrent.knowledge import KnowledgeBase, _cache, _load, load

CODE = Path(_cache.__file__).parent
KEYS = [f"{n:064x}" for n in range(40)]
WHOLE = _load._FOLDERS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache folder of the test's own, which is not there yet."""
    folder = tmp_path / "cache" / "inner"
    monkeypatch.setenv("CROSSCURRENT_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def small(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let a small base be all that is built in: reading it takes a moment."""
    folder = tmp_path_factory.mktemp("small")
    for source in SMALL:
        (folder / source.name.rpartition("/")[2]).write_bytes(source.data)
    built_in = dict.fromkeys(("all", "papers"), ((str(folder), "knowledge/small"),))
    monkeypatch.setattr(_load, "_FOLDERS", built_in)
    return folder


@pytest.fixture
def kb(small: Path) -> KnowledgeBase:
    """Return it as it is without the cache."""
    return load(cached=False)


@pytest.fixture
def whole(small: Path, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Have all built in that is; return it as it is without the cache."""
    monkeypatch.setattr(_load, "_FOLDERS", WHOLE)
    return load(cached=False)


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Return the folder of a small overlay."""
    folder = tmp_path / "overlay"
    folder.mkdir()
    write(folder, 2025)
    return folder


def write(overlay: Path, year: int) -> None:
    (overlay / "mine.yaml").write_text(
        f"references:\n- {{id: mine, status: confirmed, year: {year}}}\n"
    )


def entry(cache: Path) -> Path:
    (only,) = cache.iterdir()
    return only


def same(first: KnowledgeBase, second: KnowledgeBase) -> bool:
    return (first.digest, first.rows) == (second.digest, second.rows) and all(
        dict(getattr(first, section)) == dict(getattr(second, section)) for section in first.rows
    )


def forbid_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("compiled although there is an entry")

    monkeypatch.setattr("crosscurrent.knowledge._load._compile", refuse)


def test_the_second_load_comes_from_the_cache_and_equals_the_first(
    monkeypatch: pytest.MonkeyPatch, overlay: Path, whole: KnowledgeBase
) -> None:
    for folders in ([], [str(overlay)]):
        first = load(folders)
        with monkeypatch.context() as patch:
            forbid_compiling(patch)
            second = load(folders)
        assert second is not first
        assert same(first, second)
        assert [list(named) for named in first.rows.values()] == [
            list(named) for named in second.rows.values()
        ]
        assert same(first, load(folders, cached=False))
    assert same(load(), whole)


def test_a_load_without_cache_neither_reads_nor_writes_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cache, "fetch", lambda _: b"never")
    load(cached=False)
    assert not cache.exists()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "half written": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "only the stamp": lambda data: data[: _cache._HEAD],
    "part of the stamp": lambda data: data[:20],
    "garbled": lambda data: data[:5000] + b"\0" + data[5001:],
    "garbled stamp": lambda data: data[:40] + b"x" + data[41:],
    "longer": lambda data: data + b" ",
    "noise": lambda _: bytes(range(256)) * 20,
    "no stamp": lambda data: data[_cache._HEAD :],
    "another format": lambda _: b'{"rows": {}, "digest": "sha256:0"}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=[d.replace(" ", "-") for d in DAMAGE])
def test_a_damaged_entry_is_ignored_and_written_again(
    cache: Path,
    damage: Callable[[bytes], bytes],
    kb: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load()
    whole = entry(cache).read_bytes()
    entry(cache).write_bytes(damage(whole))
    assert same(load(), kb)
    assert entry(cache).read_bytes() == whole
    forbid_compiling(monkeypatch)
    assert same(load(), kb)


def test_a_folder_where_the_entry_should_be_costs_time_only(
    cache: Path, kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]
) -> None:
    load()
    place = entry(cache)
    place.unlink()
    place.mkdir()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    for _ in range(3):
        assert same(load(), kb)
    assert entry(cache).is_dir()
    assert capsys.readouterr().err.count("note: compiled knowledge can't be kept") == 3
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= before, "file descriptors are leaked"


def test_a_pipe_where_the_entry_should_be_is_never_waited_for(
    cache: Path, kb: KnowledgeBase
) -> None:
    load()
    place = entry(cache)
    place.unlink()
    os.mkfifo(place)
    assert same(load(), kb)
    assert place.is_file()


def test_a_link_where_the_entry_should_be_is_not_followed(
    cache: Path, tmp_path: Path, kb: KnowledgeBase
) -> None:
    load()
    place = entry(cache)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert _cache.fetch(place.name.removeprefix("crosscurrent-").removesuffix(".json")) is None
    assert same(load(), kb)
    assert not place.is_symlink()


def test_a_file_where_the_cache_folder_should_be_is_noted_and_the_answer_is_right(
    cache: Path, kb: KnowledgeBase, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.parent.mkdir()
    cache.write_text("mine")
    assert same(load(), kb)
    assert capsys.readouterr().err == (
        f"note: compiled knowledge can't be kept in {cache} (File exists), so every start is slow;"
        " set CROSSCURRENT_CACHE to a folder that can be written, or to 'off'\n"
    )
    assert cache.read_text() == "mine"


@pytest.mark.parametrize("fails", ["makedirs", "replace", "scandir"])
def test_a_cache_folder_that_cannot_be_used_is_noted_and_the_answer_is_right(
    cache: Path,
    fails: str,
    kb: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, fails, refuse)
    assert same(load(), kb)
    assert "(Permission denied)" in capsys.readouterr().err
    monkeypatch.undo()
    assert not list(cache.rglob("*.tmp"))


def test_a_full_disk_is_noted_and_leaves_nothing_behind(
    cache: Path,
    kb: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(content: bytes) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_cache, "_stamp", refuse)
    assert same(load(), kb)
    assert "(No space left on device)" in capsys.readouterr().err
    assert list(cache.iterdir()) == []


def test_off_writes_nothing_and_reads_nothing(
    cache: Path, tmp_path: Path, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSCURRENT_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert same(load(), kb)
    assert sorted(tmp_path.iterdir()) == before
    assert _cache.folder() is None


def test_the_cache_lies_where_the_user_keeps_such_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSCURRENT_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert _cache.folder() == str(tmp_path / "xdg" / "crosscurrent")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for relative in ("", "xdg"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert _cache.folder() == str(tmp_path / "home" / ".cache" / "crosscurrent")


def test_a_user_without_a_home_gets_an_answer_and_no_folder_named_tilde(
    tmp_path: Path, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSCURRENT_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert same(load(), kb)
    assert not (tmp_path / "~").exists()


def test_a_change_to_an_overlay_is_never_missed(overlay: Path, cache: Path) -> None:
    times = os.stat(overlay / "mine.yaml")
    for year in (2025, 2026, 2025, 2027):
        write(overlay, year)
        os.utime(overlay / "mine.yaml", (times.st_atime, times.st_mtime))
        assert load([str(overlay)]).references["mine"].year == year
    assert len(list(cache.iterdir())) == 3
    (overlay / "more.yaml").write_text("references:\n- {id: mine, action: retract}\n")
    assert "mine" not in load([str(overlay)]).references
    (overlay / "more.yaml").unlink()
    assert load([str(overlay)]).references["mine"].year == 2027


def test_the_order_and_the_limits_of_overlays_are_never_missed(tmp_path: Path) -> None:
    for name, year in [("one", 2021), ("two", 2022)]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(
            f"references:\n- {{id: duddu2024sok, action: revise, year: {year}}}\n"
        )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    years = [load(f).references["duddu2024sok"].year for f in ([one, two], [two, one], [], [one])]
    assert years == [2022, 2021, 2024, 2021]


@pytest.mark.parametrize("changed", ["_reader.py", "_records/subjects.py"])
def test_a_change_to_the_code_is_never_missed(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    code = tmp_path / "code"
    shutil.copytree(
        CODE, code, ignore=shutil.ignore_patterns("papers", "literature", "__pycache__")
    )
    monkeypatch.setattr("crosscurrent.knowledge._load._CODE", str(code))
    load()
    load()
    assert len(list(cache.iterdir())) == 1
    with (code / changed).open("a") as file:
        file.write("# changed")
    load()
    assert len(list(cache.iterdir())) == 2


def test_broken_knowledge_is_not_kept(overlay: Path, cache: Path) -> None:
    (overlay / "mine.yaml").write_text("risk: []\n")
    with pytest.raises(ValueError, match="unknown section"):
        load([str(overlay)])
    assert not cache.exists()


COMPILE = """
import sys
from crosscurrent.knowledge import load
print("ready", flush=True)
sys.stdin.readline()
print(load().digest)
"""


def test_processes_that_compile_at_once_all_answer_and_leave_a_sound_entry(
    cache: Path, whole: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", COMPILE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        out, err = child.communicate(timeout=120)
        assert (out.strip(), err, child.returncode) == (whole.digest, "", 0)
    assert entry(cache).suffix == ".json"
    forbid_compiling(monkeypatch)
    assert same(load(), whole)


def test_threads_that_compile_at_once_all_answer_without_a_word(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytes(range(256)) * 4000
    start = threading.Barrier(8)
    read: list[bytes | None] = []

    def work() -> None:
        start.wait()
        for _ in range(5):
            _cache.store(KEYS[0], content)
            read.append(_cache.fetch(KEYS[0]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capsys.readouterr().err == ""
    assert read == [content] * 40
    assert [path.suffix for path in cache.iterdir()] == [".json"]


def test_no_temporary_file_is_left(cache: Path, overlay: Path) -> None:
    for folders in ([], [str(overlay)], []):
        load(folders)
    assert {path.suffix for path in cache.iterdir()} == {".json"}


def test_what_a_killed_writer_left_is_cleared_away_after_an_hour(cache: Path) -> None:
    _cache.store(KEYS[0], b"x")
    old = cache / f"crosscurrent-{KEYS[1]}.json.0123456789abcdef.tmp"
    new = cache / f"crosscurrent-{KEYS[1]}.json.fedcba9876543210.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    _cache.store(KEYS[2], b"x")
    assert not old.exists()
    assert new.exists()


def test_sixteen_entries_are_kept_the_newest_and_nothing_of_others_is_deleted(cache: Path) -> None:
    cache.mkdir(parents=True)
    others = [
        *("notes.json", "crosscurrent-notes.json", "crosscurrent.yaml", "x.tmp"),
        *("crosscurrent-results.tmp", f"my-crosscurrent-{KEYS[0]}.json"),
        *(f"crosscurrent-{KEYS[0]}.json.bak", f"crosscurrent-{KEYS[0][:-1]}.json"),
    ]
    for name in others:
        (cache / name).write_text("mine")
        os.utime(cache / name, (0, 0))
    (cache / "crosscurrent-folder").mkdir()
    for n, key in enumerate(KEYS):
        _cache.store(key, key.encode())
        os.utime(cache / f"crosscurrent-{key}.json", (n + 1, n + 1))
    _cache.store("f" * 64, b"x")
    kept = {path.name for path in cache.iterdir()} - {*others, "crosscurrent-folder"}
    assert kept == {f"crosscurrent-{key}.json" for key in ("f" * 64, *KEYS[-15:])}
    assert all((cache / name).read_text() == "mine" for name in others)
    assert (cache / "crosscurrent-folder").is_dir()


def test_an_entry_that_another_process_clears_away_first_is_no_trouble(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _cache.store(KEYS[0], b"x")
    scandir = os.scandir

    class Vanishing:
        def __enter__(self) -> list[os.DirEntry[str]]:
            with scandir(cache) as files:
                found = list(files)
            (cache / f"crosscurrent-{KEYS[0]}.json").unlink(missing_ok=True)
            return found

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", lambda _: Vanishing())
    _cache.store(KEYS[1], b"y")
    assert capsys.readouterr().err == ""
    assert _cache.fetch(KEYS[1]) == b"y"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners here")
def test_an_entry_of_another_user_is_not_believed(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cache.store(KEYS[0], b"x")
    assert _cache.fetch(KEYS[0]) == b"x"
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert _cache.fetch(KEYS[0]) is None
    assert same(load(), kb)


def test_the_folder_is_made_for_its_user_alone(cache: Path) -> None:
    load()
    assert cache.stat().st_mode & 0o077 == 0
