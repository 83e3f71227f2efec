"""Experiments with made-up results, so that verdicts need no training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.arms.metrics import Metric
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.experiments import document_types
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.mechanisms import Claim
from crosscurrent.validator.experiments.verdicts import Verdict, judge
from crosscurrent.validator.trials.trial import Result

DIFFERENCES: dict[str, tuple[float, ...]] = {
    "increase": (0.10, 0.11, 0.12, 0.11),
    "decrease": (-0.10, -0.11, -0.12, -0.11),
    "no_change": (0.001, -0.001, 0.002, -0.002),
    "inconclusive": (0.3, -0.25, 0.1, -0.1),
}
"""How much more susceptible the defended model is, seed by seed, by the outcome that shows."""

MIDDLE = 0.6
"""What is judged is of the baseline: neither the floor nor the ceiling of any metric."""


@cache
def planned(
    kb: KnowledgeBase, defense: str, risk: str, data: str, seeds: int, draws: int = 1
) -> Experiment:
    """Set up a small experiment, which is never run."""
    return experiment(
        kb,
        defense,
        risk,
        data=data,
        model="mlp-s",
        seeds=seeds,
        draws=draws,
        settings=["training.epochs=1"],
    )


def verdict(
    kb: KnowledgeBase,
    defense: str = "watermarking",
    risk: str = "membership_inference",
    *,
    conjecture: str = "increase",
    shows: str | Sequence[float] = "increase",
    reading: float | None = None,
    guard: str | Sequence[float] = "decrease",
    data: str = "digits",
    intended: bool = False,
    published: tuple[str, ...] = (),
    accuracy: float = 0.9,
    learned: float = 0.9,
    balanced: tuple[float, float] | None = None,
    level: float = MIDDLE,
    blind: float = 0.0,
    draws: int = 1,
    run: str = "one",
    claims: Sequence[Claim] = (),
) -> Verdict:
    """Judge made-up results.

    Parameters
    ----------
    shows : str or sequence of float
        An outcome, or the differences that the judged metric has.
    reading : float, optional
        What the defense reads of its own work.
    guard : str or sequence of float
        The same as `shows` for the attack that tells whether the defense is effective.
    accuracy : float
        Of the defended models.
    learned : float
        The accuracy of the others.
    balanced : pair of float, optional
        The balanced accuracy of the baseline and of the defended models.
    level : float
        What is judged is of the baseline.
    blind : float
        Share of records at which the attack sees nothing in the defended arm.
    draws : int
        Of the data; `shows` has the differences of each one's seeds, draw by draw.
    run : str
        In which the defended models were trained; the others in ``one``.
    claims : sequence of Claim
        What is claimed of factors, which were not measured.
    """
    found = DIFFERENCES[shows] if isinstance(shows, str) else tuple(shows)
    kept_off = DIFFERENCES[guard] if isinstance(guard, str) else tuple(guard)
    setup = planned(kb, defense, risk, data, len(found) // draws, draws)
    chosen = {setup.attack: setup.attack.judged(provable=setup.defense.provable)}
    by = {setup.attack: found}
    if setup.guard is not None:
        chosen[setup.guard] = setup.guard.judged(provable=False)
        by[setup.guard] = kept_off
    readings = {} if reading is None else {setup.defense.name(): reading}
    baseline = [
        replace(
            _result(chosen, dict.fromkeys(by, 0.0), {}, level),
            accuracy=learned,
            balanced_accuracy=balanced and balanced[0],
        )
        for _ in found
    ]
    defended = [
        replace(
            _result(
                chosen, {attack: each[i] for attack, each in by.items()}, readings, level, blind
            ),
            accuracy=accuracy,
            balanced_accuracy=balanced and balanced[1],
            run=run,
        )
        for i in range(len(found))
    ]
    return judge(
        setup,
        conjecture,
        baseline,
        defended,
        intended=intended,
        published=published,
        claims=claims,
    )


def document(kb: KnowledgeBase, *words: str, **how: Any) -> document_types.Verdict:
    """Return the document of a verdict about made-up results."""
    return verdict(kb, *words, **how).document()


def _result(
    chosen: dict[Attack, Metric],
    worse: dict[Attack, float],
    readings: dict[str, float],
    level: float,
    blind: float = 0.0,
) -> Result:
    def value(attack: Attack, metric: Metric) -> float:
        if metric is attack.blind:
            return blind
        change = worse[attack] if metric.id == chosen[attack].id else 0.0
        return level + (change if metric.worse_when == "higher" else -change)

    return Result(
        metrics={
            attack.risk: {metric.id: value(attack, metric) for metric in attack.metrics}
            for attack in chosen
        },
        counted={attack.risk: {metric.id: 100 for metric in attack.metrics} for attack in chosen},
        accuracy=0.9,
        train_accuracy=0.95,
        readings=readings,
        seconds=0.01,
        run="one",
    )
