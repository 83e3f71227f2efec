"""Measure what attacks get from models without a defense, and how good these are.

``python benchmarks/undefended.py [--draws K] [--seeds N] [--set GROUP.NAME=VALUE]… [--json]``.
Settings of a protocol are chosen by this table alone, in which no defense occurs: an attack should
be neither at its floor nor at its ceiling, and the model no worse than it could be.
"""

from __future__ import annotations

import argparse
import json
import sys
from statistics import fmean, stdev
from typing import NamedTuple

import torch
from report import Section, ended, table
from timing import machine

from crosscurrent.knowledge import load
from crosscurrent.validator.experiments.experiment import Experiment
from crosscurrent.validator.experiments.grids import grid
from crosscurrent.validator.trials.pooling import pooled
from crosscurrent.validator.trials.trial import Result, run

__all__ = ["Level", "levels"]


class Level(NamedTuple):
    """What an attack gets, by the metric that is judged: mean and spread over all models."""

    risk: str
    metric: str
    mean: float
    spread: float
    floor: float | None
    ceiling: float | None


def levels(settings: list[str], draws: int, seeds: int) -> tuple[list[Level], dict[str, float]]:
    """Mount all attacks on undefended models.

    Returns
    -------
    levels : list of Level
        One for each risk that can be measured.
    accuracy : dict of str to float
        Means on test and training records, of the models of most risks.
    """
    cells = grid(load(), settings=settings, draws=draws, seeds=seeds).cells
    one: dict[str, Experiment] = {}
    for cell in cells:
        if isinstance(cell.experiment, Experiment):
            one.setdefault(cell.risk, cell.experiment)
    found, common = [], next(iter(one.values()))
    accuracy = {}
    for risk, experiment in one.items():
        results = _undefended(experiment)
        metric = experiment.attack.judged(provable=False)
        values = [each.metrics[risk][metric.id] for each in results]
        found.append(
            Level(risk, metric.id, fmean(values), stdev(values), metric.floor, metric.ceiling)
        )
        if experiment is common:
            accuracy = {
                "accuracy": fmean(each.accuracy for each in results),
                "train_accuracy": fmean(each.train_accuracy for each in results),
            }
    return found, accuracy


def _undefended(experiment: Experiment) -> list[Result]:
    trials = [each.trial for each in pooled(t for t in experiment.trials() if t.defense is None)]
    return [result for context in experiment.contexts for result in run(context, trials)]


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="GROUP.NAME=VALUE")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found, accuracy = levels(given.set, given.draws, given.seeds)
    if given.json:
        rows = [each._asdict() for each in found]
        print(json.dumps({"machine": machine(), "levels": rows, **accuracy}, indent=2))
        return
    title = f"Attacks on models without a defense, {given.draws} draws, {given.seeds} seeds"
    print(table(Section("undefended", title, tuple(given.set), tuple(found))))
    print(
        f"accuracy {accuracy['accuracy']:.3f}, on training records {accuracy['train_accuracy']:.3f}"
    )


if __name__ == "__main__":
    sys.exit(ended(main))
