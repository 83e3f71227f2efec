"""Measure what defenses do to what they protect against, by their strength.

``python benchmarks/strengths.py [--draws K] [--seeds N] [--set GROUP.NAME=VALUE]…``. Strengths of a
protocol are chosen by this table alone: a defense should be effective by its own measure, on the
data of each risk. What it does to any other risk is not told.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from report import Section, ended, table

import crosscurrent
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments.assignments import parted
from crosscurrent.validator.settings import settings_of

__all__ = ["Reading", "readings"]

_STRENGTH = {
    "adversarial_training": "epsilon",
    "group_fairness": "strength",
    "watermarking": "repeats",
    "data_watermarking": "share",
}
"""The setting of a defense that says how strong it is."""
_FACTORS = (1, 2, 4, 8)
_MOST_RISKS = "most risks"
_DATA = {
    _MOST_RISKS: {"data.records": "4000"},
    "data_reconstruction": {"data.records": "4000", "data.attributes": "12"},
    "distribution_inference": {"data.records": "1000"},
}
"""The data of each risk, as the protocol has them; only the last trains its models otherwise."""


class Reading(NamedTuple):
    """What a defense does by its own measure, at one strength on the data of one risk."""

    defense: str
    strength: str
    data_of: str
    measure: str
    without: str
    with_it: str
    effective: str
    accuracy: str


def readings(
    defense: str, factor: int, settings: Mapping[str, str], draws: int, seeds: int, store: Path
) -> Iterator[Reading]:
    """Measure a defense at its default strength times a factor, on the data of each risk."""
    kind = defenses()[defense]
    name = _STRENGTH[defense]
    strength = settings_of(kind())[name] * factor
    for of, data in _DATA.items():
        judged = "distribution_inference" if of == "distribution_inference" else None
        report: Any = crosscurrent.validate(
            defense,
            judged or kind.protects_against or "discriminatory_behavior",
            draws=draws,
            seeds=seeds,
            settings={**settings, **data, f"defense.{name}": strength},
            store=store,
            knowledge="literature",
        ).to_dict()
        shown = report["effectiveness"]
        yield Reading(
            defense,
            f"{name}={strength:g}",
            of,
            shown["metric"],
            "" if shown["baseline"] is None else f"{shown['baseline']:.3f}",
            f"{shown['defended']:.3f}",
            "yes" if shown["met"] else "no",
            f"{fmean(report['utility']['defended']):.3f}",
        )


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--defense", action="append", choices=_STRENGTH)
    parser.add_argument("--set", action="append", default=[], metavar="GROUP.NAME=VALUE")
    given = parser.parse_args()
    found: list[Reading] = []
    with TemporaryDirectory() as folder:
        for defense in given.defense or _STRENGTH:
            guard = defenses()[defense].protects_against
            mounted = [
                (group, name, value)
                for group, name, value in map(parted, given.set)
                if group != "attack" or name.startswith(f"{guard}.")
            ]
            settings = {f"{group}.{name}": value for group, name, value in mounted}
            for factor in _FACTORS:
                store = Path(folder) / "results.sqlite"
                found += readings(defense, factor, settings, given.draws, given.seeds, store)
    title = f"Defenses by their own measure, {given.draws} draws, {given.seeds} seeds"
    print(table(Section("strengths", title, tuple(given.set), tuple(found))))


if __name__ == "__main__":
    sys.exit(ended(main))
