"""The store: found under exactly its recipe, written once, shared by processes, never half."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.machine.cores import sharing
from crosscurrent.validator.results.store import Store, address, default_file

Recipe = dict[str, Any]

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
nested = st.recursive(
    plain | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
recipes = st.dictionaries(st.text(max_size=6), nested, min_size=1, max_size=5)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store that has no file yet."""
    return Store(str(tmp_path / "results.sqlite"))


def recipe(number: int) -> Recipe:
    return {"seed": number, "defense": None, "data": {"digest": "d" * 64}}


def keep(store: Store, *numbers: int, result: str = "first") -> list[str]:
    """Keep trials of these numbers, in one transaction."""
    kept = {address(recipe(n)): (recipe(n), {"n": n, "result": result}) for n in numbers}
    store.keep_trials(kept)
    return list(kept)


def table(store: Store, name: str) -> dict[str, tuple[Any, ...]]:
    """Return the rows of a table as they lie in the file, by address."""
    with closing(sqlite3.connect(store.file)) as database:
        return {row[0]: row for row in database.execute(f"SELECT * FROM {name}")}


def sound(file: str) -> bool:
    with closing(sqlite3.connect(file)) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone() == ("ok",))


# addresses


def changed(value: Any, draw: random.Random) -> Any:
    """Return a JSON value that differs in exactly one place, however deep."""
    if isinstance(value, dict) and value and draw.random() < 0.8:
        key = draw.choice(sorted(value))
        action = draw.choice(("change", "change", "rename", "drop"))
        if action == "change":
            return {**value, key: changed(value[key], draw)}
        rest = {k: v for k, v in value.items() if k != key}
        return rest if action == "drop" else {**rest, f"{key}'": value[key]}
    if isinstance(value, list) and value and draw.random() < 0.8:
        i = draw.randrange(len(value))
        return [*value[:i], changed(value[i], draw), *value[i + 1 :]]
    return {"was": value}


def shuffled(value: Any, draw: random.Random) -> Any:
    """Return the same JSON value with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = draw.sample(sorted(value), len(value))
        return {key: shuffled(value[key], draw) for key in keys}
    return [shuffled(each, draw) for each in value] if isinstance(value, list) else value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(given_=recipes, draw=st.randoms(use_true_random=False))
def test_a_result_is_found_under_exactly_its_recipe(
    store: Store, given_: Recipe, draw: random.Random
) -> None:
    result = {"metrics": {"evasion": {"robust_accuracy": 0.25}}, "reading": None}
    other = changed(given_, draw)
    store.keep_trials({address(given_): (given_, result)})
    assert store.trial(given_) == result
    assert store.trial(shuffled(given_, draw)) == result
    assert store.trial(json.loads(json.dumps(given_))) == result
    with closing(sqlite3.connect(store.file)) as database:  # examples share the file
        database.execute("DELETE FROM trials WHERE address <> ?", [address(given_)])
        database.commit()
    assert store.trial(other) is None


@given(one=recipes, other=recipes)
def test_addresses_are_equal_just_for_equal_recipes(one: Recipe, other: Recipe) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (address(one) == address(other)) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({"a": {"b": 1}}, {"a.b": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": [[1], 2]}, {"a": [1, [2]]}),
        ({"a": 0.1}, {"a": 0.1 + 2**-56}),
        ({"a": "é"}, {"a": "e\u0301"}),
    ],
)
def test_what_merely_looks_alike_has_another_address(one: Recipe, other: Recipe) -> None:
    assert address(one) != address(other)


def test_an_address_is_the_same_in_another_process_with_other_hashes() -> None:
    script = (
        "from crosscurrent.validator.results.store import address;"
        " print(address({'b': {'z': 1, 'a': 2}, 'a': 0}))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {address({"a": 0, "b": {"a": 2, "z": 1}})}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_recipe_that_json_cannot_tell_apart_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        address({"a": number})


# written once


def test_the_first_result_of_an_address_stays(store: Store) -> None:
    keep(store, 1)
    before = table(store, "trials")
    keep(store, 1, 2, result="second")
    store.keep_experiment("e", {"id": "first"}, [])
    store.keep_experiment("e", {"id": "second"}, ["x"])
    after = table(store, "trials")
    assert {name: after[name] for name in before} == before
    assert store.trial(recipe(1)) == {"n": 1, "result": "first"}
    assert store.trial(recipe(2)) == {"n": 2, "result": "second"}
    assert store.experiment("e").document == {"id": "first"}
    assert store.counts() == (1, 2)


def test_what_was_kept_reads_back_as_it_was(store: Store) -> None:
    result = {"numbers": [0.1, 1e-300, -0.0, 3], "text": "ε → \u0000 é", "none": None}
    store.keep_trials({address(recipe(1)): (recipe(1), result)})
    store.keep_experiment("abc", result, [])
    assert json.dumps(store.trial(recipe(1)), sort_keys=True) == json.dumps(result, sort_keys=True)
    assert store.experiment("abc").document == result


def test_names_of_files_that_are_no_text_are_kept_like_any_other(store: Store) -> None:
    odd = {"data": {"name": os.fsdecode(b"b\xff")}}
    store.keep_trials({address(odd): (odd, odd)})
    store.keep_experiment("abc", odd, [])
    assert store.trial(odd) == store.experiment("abc").document == odd


def test_an_entry_of_several_that_cannot_be_written_leaves_none(store: Store) -> None:
    keep(store, 1)
    with pytest.raises(ValueError, match="JSON"):
        store.keep_trials(
            {
                address(recipe(2)): (recipe(2), {"n": 2}),
                address(recipe(3)): (recipe(3), {"n": float("nan")}),
            }
        )
    assert store.counts() == (0, 1)
    keep(store, 2)
    assert store.counts() == (0, 2)


def test_experiments_are_listed_oldest_first_and_say_when(store: Store) -> None:
    for name in ("cc", "aa", "bb"):
        store.keep_experiment(name, {"id": name}, [])
    found = store.experiments()
    assert [entry.written for entry in found] == sorted(entry.written for entry in found)
    assert {entry.address: entry.document for entry in found} == {
        name: {"id": name} for name in ("aa", "bb", "cc")
    }
    assert all(entry.written.endswith("+00:00") for entry in found)


# looked up


def test_an_experiment_is_found_by_any_unambiguous_beginning(store: Store) -> None:
    names = ["3f9a" + "0" * 60, "3f9b" + "0" * 60, "41" + "0" * 62]
    for name in names:
        store.keep_experiment(name, {"id": name}, [])
    assert store.experiment("3f9a").address == names[0]
    assert store.experiment("4").address == names[2]
    assert store.experiment(names[1]).address == names[1]
    with pytest.raises(InputError, match=r"'3f9' is the beginning of several.*3f9a.*3f9b"):
        store.experiment("3f9")
    with pytest.raises(UnknownName, match="unknown result '5'"):
        store.experiment("5")


@pytest.mark.parametrize("name", ["", "%", "_", "*", "3F9A", "' OR 1=1 --", "\x00", "x" * 5000])
def test_odd_names_find_nothing_and_are_told_so(store: Store, name: str) -> None:
    store.keep_experiment("3f9a" + "0" * 60, {}, [])
    with pytest.raises(UnknownName, match="3f9a") as caught:
        store.experiment(name)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


def test_where_nothing_was_kept_the_error_says_there_are_none(store: Store) -> None:
    with pytest.raises(UnknownName, match="there are none"):
        store.experiment("3f9a")


# reading makes nothing


def test_reading_a_missing_file_makes_no_file_and_no_folder(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "not" / "yet" / "results.sqlite"))
    assert store.trial(recipe(1)) is None
    assert store.experiments() == []
    assert store.counts() == (0, 0)
    assert store.prune([]) == (0, 0)
    with pytest.raises(UnknownName):
        store.experiment("a")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_made_when_something_is_first_written(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "not" / "yet" / "results.sqlite"))
    keep(store, 1)
    assert store.counts() == (0, 1)


def test_a_file_of_no_bytes_is_as_good_as_none(store: Store) -> None:
    Path(store.file).touch()
    assert store.experiments() == []
    keep(store, 1)
    assert store.counts() == (0, 1)


def test_a_file_in_the_working_folder_needs_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keep(Store("here.sqlite"), 1)
    assert Store(str(tmp_path / "here.sqlite")).counts() == (0, 1)


def test_results_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    for variable in ("CROSSCURRENT_RESULTS", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert default_file() == "/home/someone/.local/share/crosscurrent/results.sqlite"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_file() == "/data/crosscurrent/results.sqlite"
    monkeypatch.setenv("CROSSCURRENT_RESULTS", "/mine.sqlite")
    assert default_file() == "/mine.sqlite"


# files that are not ours


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


# several processes


CHILD = """\
import sys
from crosscurrent.validator.results.store import Store, address
file, first, count, size = sys.argv[1], *map(int, sys.argv[2:])
store = Store(file)
def recipe(n):
    return {"seed": n, "defense": None, "data": {"digest": "d" * 64}}
print("ready", flush=True)
sys.stdin.readline()
for start in range(first, first + count, size):
    found = {address(recipe(n)): (recipe(n), {"n": n, "much": "x" * 500})
             for n in range(start, start + size)}
    store.keep_trials(found)
    print("kept", start, flush=True)
store.keep_experiment(f"{first:064d}", {"first": first}, [])
"""


@contextmanager
def writers(store: Store, *lots: tuple[int, int, int]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes that each keep (first, count, at once), ready to begin together."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, store.file, *map(str, lot)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for lot in lots
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        yield children
    finally:
        for child in children:
            child.kill()
            child.communicate(timeout=60)


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


def test_processes_that_write_at_once_lose_nothing(store: Store) -> None:
    """They make the file together, and half of what each writes another one writes too."""
    lots = [(first, 40, 2) for first in (0, 20, 40, 60, 80)]
    with writers(store, *lots) as children:
        for child in children:
            begin(child)
        for child in children:
            _, trouble = child.communicate(timeout=120)
            assert (child.returncode, trouble) == (0, "")
    assert store.counts() == (5, 120)
    for n in range(120):
        assert store.trial(recipe(n)) == {"n": n, "much": "x" * 500}
    assert sound(store.file)


def test_making_the_file_at_the_same_moment_is_no_error(tmp_path: Path) -> None:
    for attempt in range(3):
        store = Store(str(tmp_path / str(attempt) / "results.sqlite"))
        with writers(store, *[(n, 1, 1) for n in range(6)]) as children:
            for child in children:
                begin(child)
            for child in children:
                _, trouble = child.communicate(timeout=120)
                assert (child.returncode, trouble) == (0, "")
        assert store.counts() == (6, 6)


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_killed_writer_leaves_whole_lots_and_all_that_it_said_it_kept(
    store: Store, after: int
) -> None:
    keep(store, 100_000)
    with writers(store, (0, 50_000, 5)) as (child,):
        begin(child)
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(after)]
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    starts = [int(line.split()[1]) for line in [*said, *rest.splitlines()]]
    assert sound(store.file)
    trials = store.counts()[1]
    assert trials % 5 == 1
    assert trials >= 5 * len(starts) + 1
    for n in (*range(starts[-1] + 5), 100_000):
        assert store.trial(recipe(n)) is not None
    keep(store, 200_000)  # no lock is left behind
    assert store.counts() == (0, trials + 1)


def test_a_writer_killed_within_a_transaction_leaves_no_half_entry(store: Store) -> None:
    """The transaction is larger than the cache, so parts of it are in the files already."""
    keep(store, 1, 2)
    before = table(store, "trials")
    script = (
        "import sys\n"
        "from crosscurrent.validator.results.store import Store\n"
        "with Store(sys.argv[1])._writing() as database:\n"
        "    for n in range(6000):\n"
        "        database.execute('INSERT INTO trials VALUES (?, ?, ?, ?)',\n"
        "                         [f'{n:064d}', '{}', 'x' * 1000, 'now'])\n"
        "    print('within', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, store.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"within\n"
        size = sum(each.stat().st_size for each in Path(store.file).parent.iterdir())
        assert size > 1_000_000  # there is something to undo
        assert store.trial(recipe(1)) == {"n": 1, "result": "first"}  # readers need not wait
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert table(store, "trials") == before
    assert sound(store.file)
    keep(store, 3)
    assert store.counts() == (0, 3)


# pruning


def test_prune_removes_just_the_trials_that_no_other_experiment_rests_on(store: Store) -> None:
    a, b, c, d, e = keep(store, 1, 2, 3, 4, 5)
    store.keep_experiment("one", {}, [a, b])
    store.keep_experiment("two", {}, [b, c])
    store.keep_experiment("three", {}, [d])
    before = table(store, "trials")
    assert store.prune(["one"]) == (1, 2)  # a, and e that none rested on
    assert table(store, "trials") == {name: before[name] for name in (b, c, d)}
    assert {entry.address for entry in store.experiments()} == {"two", "three"}
    assert e in before
    assert store.prune(["two", "three"]) == (2, 3)
    assert store.counts() == (0, 0)


def test_prune_waits_for_runs_whose_trials_rest_on_nothing_yet(store: Store) -> None:
    keep(store, 1)
    with sharing(store.marks), pytest.raises(InputError, match="1 measurement is running; prune"):
        store.prune([])
    assert store.counts() == (0, 1)
    assert store.prune([]) == (0, 1)


def test_prune_without_names_removes_trials_of_unfinished_runs_only(store: Store) -> None:
    a, _ = keep(store, 1, 2)
    store.keep_experiment("one", {"id": "one"}, [a])
    assert store.prune([]) == (0, 1)
    assert list(table(store, "trials")) == [a]
    assert store.experiment("one").document == {"id": "one"}
    assert store.prune([]) == (0, 0)
    assert store.prune(["none such"]) == (0, 0)


experiments_of_trials = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.integers(0, 9), max_size=5), max_size=6
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    experiments=experiments_of_trials,
    trials=st.sets(st.integers(0, 9)),
    chosen=st.sets(st.sampled_from("abcdef")),
)
def test_prune_keeps_what_remaining_experiments_rest_on(
    store: Store, experiments: Mapping[str, set[int]], trials: set[int], chosen: set[str]
) -> None:
    with suppress(FileNotFoundError):
        os.remove(store.file)
    used = set().union(*experiments.values())
    keep(store, *sorted(trials | used))
    for name, numbers in experiments.items():
        store.keep_experiment(name, {}, [address(recipe(n)) for n in sorted(numbers)])
    store.prune(sorted(chosen))
    left = {name: numbers for name, numbers in experiments.items() if name not in chosen}
    wanted = {address(recipe(n)) for numbers in left.values() for n in numbers}
    assert set(table(store, "trials")) == wanted
    assert {entry.address for entry in store.experiments()} == set(left)


def test_prune_gives_the_room_back(store: Store) -> None:
    found = {address(recipe(n)): (recipe(n), {"much": "x" * 5000}) for n in range(200)}
    store.keep_trials(found)
    store.prune([])
    assert Path(store.file).stat().st_size < 100_000
