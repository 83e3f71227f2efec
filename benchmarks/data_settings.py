"""Measure what the settings of the synthetic data do to the factors of models trained on it.

``python benchmarks/data_settings.py [--seeds N] [--json]``. For each setting,
undefended models are trained at two values of it, all others at their defaults, and all factors
are measured: the one that the setting stands for should move, and how far the others move beside
it is told as it is.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from statistics import fmean
from time import perf_counter
from typing import NamedTuple

import torch
from report import Section, table
from timing import machine

from crosscurrent.validator.arms.splits import TEST_SHARE
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.data import dataset
from crosscurrent.validator.experiments.experiment import Training
from crosscurrent.validator.measures import measures
from crosscurrent.validator.statistics.intervals import effect, outcome
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Schedule
from crosscurrent.validator.trials.trial import Result, Trial, TrialContext, run

__all__ = ["TURNS", "Figure", "Turn", "figures"]

SHADOWS = 4
"""Shadow models beside each model: the fewest by which memorization is measured."""


class Turn(NamedTuple):
    """A setting, two values of it, and the factor that it stands for with its direction.

    Both texts are empty where a setting stands for no factor.
    """

    setting: str
    low: float
    high: float
    factor: str
    sign: str


TURNS = (
    Turn("records", 500, 2000, "training_set_size", "+"),
    Turn("tail_length", 0.0, 0.3, "tail_length", "+"),
    Turn("attributes", 15, 60, "attribute_count", "+"),
    Turn("stable_attributes", 1, 20, "stable_attribute_priority", "+"),
    Turn("spurious_attributes", 2, 10, "stable_attribute_priority", "-"),
    Turn("subgroup_gap", 0.0, 1.0, "subgroup_distinguishability", "+"),
    Turn("group_share", 0.1, 0.5, "", ""),
    Turn("label_noise", 0.0, 0.3, "", ""),
)


class Figure(NamedTuple):
    """What turning one setting does to one factor: means, the paired change, its interval."""

    setting: str
    turned: str
    factor: str
    before: float
    after: float
    change: float
    low: float
    high: float
    moved: str
    meant: str


def figures(turn: Turn, seeds: Sequence[int], *, model: str = "mlp-m") -> list[Figure]:
    """Measure all factors at both values of a setting; a seed shares data and split streams."""
    before, after = (
        [_measured(turn.setting, value, seed, model) for seed in seeds]
        for value in (turn.low, turn.high)
    )
    found = []
    for factor, kind in measures().items():
        if not all(factor in each.factors for each in (*before, *after)):
            continue
        was, now = ([each.factors[factor] for each in arm] for arm in (before, after))
        change = effect([b - a for a, b in zip(was, now, strict=True)])
        found.append(
            Figure(
                turn.setting,
                f"{turn.low:g} to {turn.high:g}",
                factor,
                fmean(was),
                fmean(now),
                change.estimate,
                change.low,
                change.high,
                outcome(change, kind().matters(fmean(was))),
                turn.sign if factor == turn.factor else "",
            )
        )
    return found


def _measured(setting: str, value: float, seed: int, model: str) -> Result:
    """Train a model and its shadow models on data of one value of a setting."""
    data = dataset("synthetic", {setting: value, "seed": seed})
    records = (data.records - round(TEST_SHARE * data.records)) // 2
    schedule = Schedule(records=records, **vars(Training()))
    found = architecture(model, data.shape, data.classes, batch=schedule.batch)
    context = TrialContext(data, found, schedule, torch.device("cpu"))
    (result,) = run(context, [Trial(None, (MembershipInference(shadows=SHADOWS),), seed)])
    return result


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Measure what the settings do to the factors.")
    parser.add_argument("--seeds", type=int, default=5, help="data sets and splits for each")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    arguments = parser.parse_args()
    start = perf_counter()
    rows = [each for turn in TURNS for each in figures(turn, range(arguments.seeds))]
    if arguments.json:
        print(json.dumps({"machine": machine(), "settings": [each._asdict() for each in rows]}))
        return 0
    notes = (
        machine(),
        f"{arguments.seeds} paired seeds, 95 % intervals; {perf_counter() - start:.0f} s in all",
        "meant: the direction in which the setting is meant to move the factor",
    )
    print(
        table(Section("settings", "Settings of the synthetic data and factors", notes, tuple(rows)))
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
