"""Grids: the cost of a whole grid, and what sharing saves over measuring its cells one by one.

``python benchmarks/grid.py [--dataset D] [--seeds N] [--threads N]``. Both ways start with nothing
known and give the same verdicts, or the run aborts. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from report import Section, table
from timing import machine

from crosscurrent.knowledge import load
from crosscurrent.validator.experiments.experiment import Experiment
from crosscurrent.validator.experiments.grids import Grid, grid
from crosscurrent.validator.experiments.measuring import measure
from crosscurrent.validator.experiments.sweeps import Asked, sweep
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.trials.pooling import pooled


class Cost(NamedTuple):
    """What some cells cost when each is measured alone, and how many trials that ran."""

    of: str
    cells: int
    alone_s: float
    trials: int


class Total(NamedTuple):
    """Both ways."""

    way: str
    seconds: float
    trials_run: int
    models_attacked: int


class Disagreement(Exception):
    """Both ways did not give the same."""


def main() -> int:
    """Run both ways and print what they took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    print(machine())
    planned = grid(load(), data=asked.dataset, seeds=asked.seeds)
    cells = [
        (cell.defense, cell.risk, cell.experiment)
        for cell in planned.cells
        if isinstance(cell.experiment, Experiment)
    ]
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        questions = [Asked(each, {"conjecture": "unknown"}) for _, _, each in cells]
        verdicts = sweep(questions, Store(f"{folder}/grid.sqlite"), threads=asked.threads)
        whole = perf_counter() - start
        store, alone, run = Store(f"{folder}/alone.sqlite"), [], []
        for (_, _, each), verdict in zip(cells, verdicts, strict=True):
            before, start = store.counts()[1], perf_counter()
            own = measure(each, "unknown", store, threads=asked.threads)
            alone.append(perf_counter() - start)
            run.append(store.counts()[1] - before)
            if not isinstance(verdict, Verdict) or _told(own) != _told(verdict):
                raise Disagreement(f"{each.defense.id} {each.attack.risk}")
    by_cell = [
        Cost(f"{defense} {risk}", 1, seconds, trials)
        for (defense, risk, _), seconds, trials in zip(cells, alone, run, strict=True)
    ]
    notes = ("seconds of each cell measured alone, one after another, in one store",)
    print(table(Section("cells", "By cell", notes, tuple(by_cell))))
    for place, title in ((0, "By defense"), (1, "By risk")):
        print(table(Section("families", title, (), tuple(_families(by_cell, place)))))
    pieces = _pieces(planned)
    singles = {trial for _, _, each in cells for trial in each.trials()}
    ways = (
        Total("cell by cell", sum(alone), sum(run), sum(each.attacked for each in singles)),
        Total("as a grid", whole, len(pieces), sum(each.attacked for each in pieces)),
    )
    print(table(Section("totals", f"{len(cells)} cells, {asked.seeds} seeds", (), ways)))
    print(f"  the grid takes {sum(alone) / whole:.1f} times less")
    return 0


def _told(verdict: Verdict) -> dict[str, Any]:
    return {key: value for key, value in verdict.document().items() if key != "cost"}


def _families(rows: list[Cost], place: int) -> Iterator[Cost]:
    """Add up the cells of each defense (0) or risk (1)."""
    for name in dict.fromkeys(row.of.split()[place] for row in rows):
        mine = [row for row in rows if row.of.split()[place] == name]
        yield Cost(name, len(mine), sum(r.alone_s for r in mine), sum(r.trials for r in mine))


def _pieces(planned: Grid) -> list[Any]:
    """Return the trials that a grid runs."""
    by: dict[Any, list[Any]] = {}
    for cell in planned.cells:
        if isinstance(cell.experiment, Experiment):
            trials = cell.experiment.trials()
            by.setdefault(cell.experiment.context.schedule, []).extend(trials)
    return [piece.trial for trials in by.values() for piece in pooled(trials)]


if __name__ == "__main__":
    sys.exit(main())
