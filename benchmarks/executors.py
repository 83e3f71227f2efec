"""Executors: how a grid grows with its seeds, and what processes and a Ray cluster save.

``python benchmarks/executors.py [--seeds N ...] [--all] [--dataset D]``. A part of the grid, or all
of it, is measured with nothing known, under more and more seeds in one process, and under the most
of them wherever it can be run. All give the same verdicts, or the run aborts. The Ray cluster is
started on this machine, a node for each core. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from time import perf_counter
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from report import Section, table
from timing import machine

from crosscurrent.knowledge import load
from crosscurrent.validator.experiments.experiment import Experiment
from crosscurrent.validator.experiments.grids import grid
from crosscurrent.validator.experiments.sweeps import Asked, sweep
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.machine.cores import cores
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.executors import chosen

DEFENSES = ("watermarking", "differential_privacy")
"""Defenses of the smaller grid: their arms learn by different schedules."""
RISKS = ("evasion", "poisoning", "membership_inference", "attribute_inference")
"""Its risks: the others take longer, and nothing else."""


class Growth(NamedTuple):
    """What a grid takes under so many seeds."""

    seeds: int
    trials: int
    seconds: float
    seconds_a_seed: float


class Way(NamedTuple):
    """What the same grid takes elsewhere, the start of processes included."""

    way: str
    seconds: float
    times_faster: float


class Disagreement(Exception):
    """Two ways did not give the same."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 5, 10])
    parser.add_argument("--all", action="store_true", help="every cell of the grid")
    asked = parser.parse_args()
    print(machine(), flush=True)
    growth = []
    for seeds in sorted(asked.seeds):
        planned = cells(asked.dataset, seeds, whole=asked.all)
        seconds, trials, expected = measured(planned, "here")
        growth.append(Growth(seeds, trials, seconds, seconds / seeds))
    title = f"{len(planned)} cells by seeds, one process"
    print(table(Section("growth", title, (), tuple(growth))), flush=True)
    ways = [Way("one process", seconds, 1.0)]
    for way, text in elsewhere():
        taken, _, found = measured(planned, text)
        if found != expected:
            raise Disagreement(way)
        ways.append(Way(way, taken, seconds / taken))
    title = f"{len(planned)} cells, {seeds} seeds"
    notes = ("seconds with the start of processes; Ray: without the start of the cluster",)
    print(table(Section("ways", title, notes, tuple(ways))))
    return 0


def cells(dataset: str, seeds: int, *, whole: bool) -> list[Experiment]:
    """Return the cells of the grid that can be measured."""
    return [
        cell.experiment
        for cell in grid(load(), data=dataset, seeds=seeds).cells
        if isinstance(cell.experiment, Experiment)
        and (whole or (cell.defense in DEFENSES and cell.risk in RISKS))
    ]


def elsewhere() -> Iterator[tuple[str, str]]:
    """Yield the other ways, and what chooses them."""
    count = cores()
    yield f"{count} processes", f"processes:{count}"
    if find_spec("ray") is None:
        print("Ray is not installed: pip install 'crosscurrent[ray]'", file=sys.stderr)
        return
    with _cluster(count) as address:
        yield f"Ray, {count} nodes of 1 CPU", f"ray:{address}"


@contextmanager
def _cluster(count: int) -> Iterator[str]:
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    from ray.cluster_utils import Cluster

    # 127.0.0.1 Ray would take for the machine's own address
    node: dict[str, Any] = {
        "num_cpus": 1,
        "object_store_memory": 100 << 20,
        "node_ip_address": "127.0.0.2",
    }
    found = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(count - 1):
            found.add_node(**node)
        found.wait_for_nodes()
        yield found.address
    finally:
        found.shutdown()


def measured(planned: Sequence[Experiment], text: str) -> tuple[float, int, list[Any]]:
    """Return the seconds that experiments take, the trials there were, and what they show."""
    questions = [Asked(each, {"conjecture": "unknown"}) for each in planned]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"{folder}/results.sqlite")
        start = perf_counter()
        verdicts = sweep(questions, store, executor=chosen(text))
        return perf_counter() - start, store.counts()[1], list(map(_told, verdicts))


def _told(verdict: Verdict | str) -> Any:
    if isinstance(verdict, str):
        return verdict
    return {key: value for key, value in verdict.document().items() if key != "cost"}


if __name__ == "__main__":
    sys.exit(main())
