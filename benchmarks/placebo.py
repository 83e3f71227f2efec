"""Measure how often a defense that does nothing is seen to do something, by risk.

``python benchmarks/placebo.py [--draws N] [--seeds N] [--block N] [--cells N] [--first N]``. A
placebo trains the same models from other initial parameters. It is measured on many draws of the
generator; a cell takes some of these at random and is judged as the protocol judges one. A signed
outcome is a false alarm. Then twice the smallest effect of interest is added to each difference:
how often is such an effect found? Results are kept, so that a run which was interrupted goes on.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
from report import Section, table
from scipy.stats import false_discovery_control
from timing import machine

from crosscurrent.knowledge import load
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.experiments.draws import per_unit
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.measuring import whole
from crosscurrent.validator.results.store import Store, default_file
from crosscurrent.validator.run.engine import finish
from crosscurrent.validator.statistics.intervals import Effect, effect, outcome
from crosscurrent.validator.trials.effectiveness import worsening

__all__ = ["Cells", "judged"]

DISCOVERIES = 0.05


class Cells(NamedTuple):
    """What placebo cells of a risk show."""

    risk: str
    smallest: float
    sd_of_draws: float
    cells: int
    signed: int
    signed_corrected: int
    no_change: int
    open: int
    planted_found: float


def judged(
    risk: str,
    differences: Sequence[float],
    smallest: float,
    resolution: float,
    block: int,
    cells: int,
    draw: np.random.Generator,
) -> tuple[Cells, list[Effect]]:
    """Judge cells of some of the draws each, without and with a planted effect.

    Parameters
    ----------
    risk : str
        What it is called.
    differences : sequence of float
        One for each draw.
    smallest : float
        The smallest effect of interest.
    resolution : float
        The smallest step of a difference.
    block, cells : int
        Draws in a cell, and cells.
    draw : numpy.random.Generator
        Chooses them.
    """
    values = np.asarray(differences)
    chosen = [draw.choice(values, size=block, replace=False) for _ in range(cells)]
    found = [effect(each.tolist(), resolution=resolution) for each in chosen]
    planted = [effect((each + 2 * smallest).tolist(), resolution=resolution) for each in chosen]
    shown = Counter(outcome(each, smallest) for each in found)
    hits = sum(outcome(each, smallest) == "increase" for each in planted)
    row = Cells(
        risk,
        smallest,
        float(values.std(ddof=1)),
        cells,
        shown["increase"] + shown["decrease"],
        0,
        shown["no_change"],
        shown["inconclusive"],
        100 * hits / cells,
    )
    return row, found


def _differences(planned: Experiment, store: Store) -> tuple[list[float], float, float]:
    """Measure what a placebo does, draw by draw; return that, what matters, and the resolution."""
    (found,) = finish([planned], store)
    results = whole(found)
    arms = [per_unit(planned, results[i::2]) for i in (0, 1)]
    attack = planned.attack
    metric = attack.judged(provable=False)
    counted = min(each.counted[attack.risk][metric.id] for arm in arms for each in arm)
    seen = worsening(attack.risk, metric, *arms)
    return list(seen.differences), metric.smallest_effect, 1 / max(1, counted)


def main() -> int:
    """Run and print; the exit status is 1 if more than 5 % of cells are false alarms."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--block", type=int, default=8, help="draws in a cell")
    parser.add_argument("--cells", type=int, default=50, help="of each risk")
    parser.add_argument("--first", type=int, default=1000, help="seed of the first draw")
    parser.add_argument("--set", action="append", default=[], metavar="GROUP.NAME=VALUE")
    parser.add_argument("--risk", action="append", choices=[*attacks()])
    parser.add_argument("--store", default=default_file())
    asked = parser.parse_args()
    start = perf_counter()
    kb, store = load(), Store(asked.store)
    rows: list[Cells] = []
    effects: list[Effect] = []
    matters: list[float] = []
    for risk in asked.risk or attacks():
        planned = experiment(
            kb, "placebo", risk, seeds=asked.seeds, draws=asked.draws,
            settings=[f"data.seed={asked.first}", *asked.set],
        )  # fmt: skip
        differences, smallest, resolution = _differences(planned, store)
        draw = np.random.default_rng([asked.first, len(rows)])
        row, found = judged(risk, differences, smallest, resolution, asked.block, asked.cells, draw)
        rows.append(row)
        effects += found
        matters += [smallest] * len(found)
        print(f"{risk}: {perf_counter() - start:.0f} s", flush=True)
    corrected = false_discovery_control([each.p_value for each in effects])
    kept = [
        q <= DISCOVERIES and outcome(each, smallest) in ("increase", "decrease")
        for each, smallest, q in zip(effects, matters, corrected, strict=True)
    ]
    per = asked.cells
    rows = [
        row._replace(signed_corrected=sum(kept[i * per : (i + 1) * per]))
        for i, row in enumerate(rows)
    ]
    signed, false = sum(row.signed for row in rows), sum(kept)
    notes = (
        machine(),
        f"{asked.draws} draws from data.seed={asked.first} on, {asked.seeds} seeds each; a cell"
        f" takes {asked.block} of them; {perf_counter() - start:.0f} s in all",
        f"false alarms: {signed} of {len(effects)} cells, {false} after correction"
        f" (false discovery rate {DISCOVERIES:.0%} over all)",
        "planted found: cells in percent in which twice the smallest effect of interest is found",
    )
    print(table(Section("placebo", "A defense that does nothing", notes, tuple(rows))))
    return int(false > DISCOVERIES * len(effects))


if __name__ == "__main__":
    raise SystemExit(main())
