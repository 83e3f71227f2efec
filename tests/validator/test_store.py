"""The store: found under exactly its recipe, written once, read without making anything."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import Recipe, keep, recipe, table

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.machine.cores import sharing
from crosscurrent.validator.results.store import Store, address, default_file

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
nested = st.recursive(
    plain | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
recipes = st.dictionaries(st.text(max_size=6), nested, min_size=1, max_size=5)


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
