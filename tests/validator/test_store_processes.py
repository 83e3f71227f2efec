"""The store shared by processes: nothing is lost, and nothing half, when they are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stored import keep, recipe, sound, table

from crosscurrent.validator.results.store import Store

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
