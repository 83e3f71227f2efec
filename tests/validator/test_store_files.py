"""Files of results: those of others are left alone, and a full disk loses nothing."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from stored import keep, recipe, sound, table

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.results.store import Store, address

USES: dict[str, Callable[[Store], object]] = {
    "trial": lambda store: store.trial(recipe(1)),
    "experiments": Store.experiments,
    "experiment": lambda store: store.experiment("3f"),
    "counts": Store.counts,
    "keep_trials": lambda store: keep(store, 1),
    "keep_experiment": lambda store: store.keep_experiment("a", {}, []),
    "prune": lambda store: store.prune([]),
}
every_use = pytest.mark.parametrize("use", USES.values(), ids=USES)


def foreign(file: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE photos (taken TEXT)")
        database.execute("INSERT INTO photos VALUES ('yesterday')")
        database.commit()


def newer(file: str) -> None:
    keep(Store(file), 1)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 2")
        database.commit()


def damaged(file: str) -> None:
    keep(Store(file), *range(200))
    content = bytearray(Path(file).read_bytes())
    content[100:] = bytes(len(content) - 100)
    Path(file).write_bytes(content)


@every_use
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda file: Path(file).write_text("Dear diary,\n" * 500), "not a file of results"),
        (lambda file: Path(file).write_bytes(bytes(range(256)) * 64), "not a file of results"),
        (foreign, "another program's database"),
        (newer, "another version of Crosscurrent"),
        (damaged, "not a file of results"),
    ],
    ids=["text", "bytes", "another program's", "newer", "damaged"],
)
def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(
    store: Store,
    make: Callable[[str], object],
    expected: str,
    use: Callable[[Store], object],
) -> None:
    make(store.file)
    before = Path(store.file).read_bytes()
    with pytest.raises(InputError) as caught:
        use(store)
    assert f"{store.file}: " in str(caught.value)
    assert expected in str(caught.value)
    assert "--store" in str(caught.value)
    assert Path(store.file).read_bytes() == before


@every_use
def test_a_folder_is_no_file_of_results(tmp_path: Path, use: Callable[[Store], object]) -> None:
    with pytest.raises((InputError, OSError)) as caught:
        use(Store(str(tmp_path)))
    assert str(tmp_path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store(str(tmp_path / "file" / "results.sqlite"))
    for use in (store.experiments, store.ready, lambda: keep(store, 1)):
        with pytest.raises(InputError, match=r"file is no folder; name another file \(--store\)"):
            use()


def test_what_is_no_file_is_refused_and_nothing_is_made_beside_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for use in USES.values():
        with pytest.raises(InputError, match=r"pipe: a device, not a file of results"):
            use(Store(str(tmp_path / "pipe")))
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_a_place_where_nothing_can_be_kept_is_found_out_beforehand() -> None:
    with pytest.raises(InputError, match=r"results cannot be kept there .*name another file"):
        Store("/proc/self/results.sqlite").ready()


def test_results_are_read_where_nothing_can_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, 1)
    with closing(sqlite3.connect(store.file)) as database:  # as a copy on a disc has it
        database.execute("PRAGMA journal_mode = DELETE")
    before = sorted(os.listdir(Path(store.file).parent))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert store.trial(recipe(1)) is not None
    assert store.counts() == (0, 1)
    assert sorted(os.listdir(Path(store.file).parent)) == before


def test_an_experiment_that_is_there_is_not_written_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep_experiment("a", {}, [])
    monkeypatch.setattr(Store, "_writing", None)
    store.keep_experiment("a", {}, [])


def test_a_file_of_another_program_is_told_by_its_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.sqlite")) as database:
        database.execute("CREATE TABLE songs (name)")
        database.execute("PRAGMA user_version = 1")
    for use in USES.values():
        with pytest.raises(InputError, match="another program's database"):
            use(Store(str(tmp_path / "theirs.sqlite")))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_an_unwritable_folder_is_an_error_with_its_place() -> None:
    """Even the superuser cannot make files there."""
    with pytest.raises(OSError, match="/proc/self/results") as caught:
        keep(Store("/proc/self/results.sqlite"), 1)
    assert caught.value.strerror


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for the superuser")
def test_a_read_only_folder_is_an_error_with_its_place(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError, match=r"results\.sqlite"):
            keep(Store(str(tmp_path / "results.sqlite")), 1)
    finally:
        tmp_path.chmod(0o700)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond this size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("spare", [0, 4096, 40_000])
def test_a_full_disk_is_an_error_and_nothing_kept_is_lost(store: Store, spare: int) -> None:
    keep(store, 1, 2, 3)
    before = table(store, "trials")
    size = Path(store.file).stat().st_size
    big = {address(recipe(n)): (recipe(n), {"n": n, "much": "x" * 3000}) for n in range(100, 200)}
    with (
        room_for(size + spare),
        pytest.raises(OSError, match="results cannot be read or written") as caught,
    ):
        store.keep_trials(big)
    assert caught.value.filename == store.file
    assert table(store, "trials") == before
    assert sound(store.file)
    store.keep_trials(big)  # there is room again
    assert store.counts() == (0, 103)


def test_a_disk_too_full_for_a_new_file_is_an_error_and_a_later_try_works(store: Store) -> None:
    with room_for(2048), pytest.raises(OSError, match="results cannot be"):
        keep(store, 1)
    keep(store, 1)
    assert store.counts() == (0, 1)
