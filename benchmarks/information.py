"""Measure whether attacks get weaker where the adversary is told more, and what they cost.

``python benchmarks/information.py [--seeds N] [--records N] [--attributes N] [--attack RISK]``. The
same models are attacked without and with explanations released beside their answers. Explanations
leave a model as it is, and an adversary may disregard them: on average it should never be weaker.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import fmean
from time import perf_counter
from typing import NamedTuple

import torch
from report import Section, table
from timing import machine

from crosscurrent.validator.arms.splits import TEST_SHARE
from crosscurrent.validator.attacks import Attack, attacks
from crosscurrent.validator.data import Dataset, dataset
from crosscurrent.validator.defenses.explanations import Explanations
from crosscurrent.validator.experiments.experiment import Training
from crosscurrent.validator.statistics.intervals import effect
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Schedule
from crosscurrent.validator.trials.trial import Trial, TrialContext, run

__all__ = ["ATTACKS", "Gain", "gain"]

ATTACKS = {
    "attribute_inference": ("auc",),
    "distribution_inference": ("auc",),
    "unauthorized_model_ownership": ("fidelity",),
    "membership_inference": ("auc",),
    "data_reconstruction": ("reconstruction_error",),
}
"""Attacks that look at explanations, and the metrics that say how much each gets."""


class Gain(NamedTuple):
    """What an attack gets without and with explanations, and how long a trial of either takes."""

    attack: str
    metric: str
    released: str
    without: float
    told: float
    gain: float
    low: float
    high: float
    weaker_seeds: int
    without_s: float
    told_s: float


def gain(
    attack: Attack, data: Dataset, seeds: Sequence[int], explained: Explanations, model: str
) -> list[Gain]:
    """Attack the same models without and with explanations, seed by seed."""
    attack.check(data)
    attack = attack.settled(data)
    records = (data.records - round(TEST_SHARE * data.records)) // 2
    schedule = Schedule(records=records, **vars(Training()))
    found = architecture(model, data.shape, data.classes, batch=schedule.batch)
    context = TrialContext(data, found, schedule, torch.device("cpu"))
    arms, seconds = [], []
    for arm in (None, explained):
        start = perf_counter()
        arms.append([run(context, [Trial(arm, (attack,), seed)])[0] for seed in seeds])
        seconds.append((perf_counter() - start) / len(seeds))
    rows = []
    for name in ATTACKS[attack.risk]:
        metric = next(each for each in attack.metrics if each.id == name)
        before, after = ([each.metrics[attack.risk][name] for each in arm] for arm in arms)
        more = [metric.worsening(*pair) for pair in zip(before, after, strict=True)]
        change = effect(more)
        rows.append(
            Gain(
                attack.risk,
                name,
                explained.attribution,
                fmean(before),
                fmean(after),
                change.estimate,
                change.low,
                change.high,
                sum(each < 0 for each in more),
                *seconds,
            )
        )
    return rows


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--attributes", type=int, default=30)
    parser.add_argument("--model", default="mlp-m")
    parser.add_argument("--attack", choices=[*ATTACKS], action="append")
    parser.add_argument(
        "--shares", type=float, nargs=2, metavar=("LOW", "HIGH"), help="of distribution inference"
    )
    parser.add_argument(
        "--attribution", default="integrated_gradients", help="attribution method that is released"
    )
    asked = parser.parse_args()
    start = perf_counter()
    data = dataset("synthetic", {"records": asked.records, "attributes": asked.attributes})
    rows = []
    for risk in asked.attack or ATTACKS:
        kind = attacks()[risk]
        shares = dict(zip(("low", "high"), asked.shares or (), strict=False))
        attack = kind(**shares) if risk == "distribution_inference" else kind()
        rows += gain(
            attack,
            data,
            range(asked.seeds),
            Explanations(attribution=asked.attribution),
            asked.model,
        )
    notes = (
        machine(),
        f"{asked.records} records, {asked.attributes} attributes, {asked.seeds} seeds;"
        f" {perf_counter() - start:.0f} s in all",
        "gain: towards a stronger attack, with its 95 % interval",
    )
    print(table(Section("information", "Attacks that are told more", notes, tuple(rows))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
