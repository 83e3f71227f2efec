"""Measure how the accuracy of private training depends on how it is set.

``python benchmarks/private_training.py [--epsilon E] [--records N] [--epochs N...] ...``. What
suits training without noise seldom suits training with it. Each setting is tried on the same few
draws and seeds, and what is measured is the accuracy of the private models on test records. No
attack is mounted: a setting chosen from this table is not chosen by what it does to a risk.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from statistics import fmean, stdev
from time import perf_counter
from typing import NamedTuple

from report import Section, ended, table
from timing import machine

from crosscurrent.validator.defenses.differential_privacy import DifferentialPrivacy
from crosscurrent.validator.experiments.experiment import ExperimentSetup, ground
from crosscurrent.validator.trials.trial import Trial, run

__all__ = ["Accuracy", "accuracy"]


class Accuracy(NamedTuple):
    """The accuracy of private models, one setting a row; the first row is without privacy."""

    epochs: int
    batch_size: int
    learning_rate: str
    clip: str
    noise: str
    accuracy: str
    spread: str


def accuracy(setup: ExperimentSetup, defense: DifferentialPrivacy | None) -> Accuracy:
    """Train a model on each draw under each seed; return the mean of their accuracy."""
    contexts = setup.contexts("poisson")
    reached = [
        each.accuracy
        for context in contexts
        for each in run(context, [Trial(defense, (), seed) for seed in setup.seeds])
    ]
    plain = contexts[0].schedule
    schedule = defense.schedule(plain) if defense else plain
    return Accuracy(
        schedule.epochs,
        schedule.batch,
        f"{schedule.learning_rate:g}",
        f"{defense.clip:g}" if defense else "none",
        f"{defense.noise_multiplier(schedule):.2f}" if defense else "none",
        f"{fmean(reached):.3f}",
        f"{stdev(reached):.3f}",
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epsilon", type=float, default=1.0)
    parser.add_argument("--records", type=int, default=4000)
    parser.add_argument("--draws", type=int, default=2, help="from data.seed 0 on")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--model", default="mlp-m")
    parser.add_argument("--epochs", type=int, nargs="+", default=[20])
    parser.add_argument("--batch-size", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--learning-rate", type=float, nargs="+", default=[0.003, 0.01, 0.03])
    parser.add_argument("--clip", type=float, nargs="+", default=[0.1, 0.3, 1.0])
    asked = parser.parse_args()
    start = perf_counter()
    setup = ground(
        {"training": {}, "data": {"records": str(asked.records)}},
        draws=asked.draws,
        seeds=asked.seeds,
        model=asked.model,
    )
    tried = product(asked.epochs, asked.batch_size, asked.learning_rate, asked.clip)
    arms: list[DifferentialPrivacy | None] = [
        None,
        *(
            DifferentialPrivacy(
                epsilon=asked.epsilon, clip=clip, epochs=epochs, batch_size=size, learning_rate=rate
            )
            for epochs, size, rate, clip in tried
        ),
    ]
    rows = [accuracy(setup, arm) for arm in arms]
    notes = (
        machine(),
        f"ε {asked.epsilon:g}; {asked.records} records, {asked.draws} draws, {asked.seeds} seeds;"
        f" {perf_counter() - start:.0f} s in all",
        "spread: the standard deviation of the accuracy over draws and seeds",
    )
    print(table(Section("private_training", "Settings of private training", notes, tuple(rows))))


if __name__ == "__main__":
    sys.exit(ended(main))
