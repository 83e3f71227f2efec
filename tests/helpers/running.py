"""Tiny jobs, processes of workers, and waiting with an end."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, TypeVar

from crosscurrent.api.jobs.records import ENDED, Job
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.knowledge import load
from crosscurrent.validator.measurements import measure
from crosscurrent.validator.requests import from_json

__all__ = [
    "COLLUSION",
    "COMBINATION",
    "VARIATION",
    "below",
    "ended",
    "large",
    "tiny",
    "undisturbed",
    "until",
    "without_cost",
]

T = TypeVar("T")
PATIENCE = 120.0

_SMALL = {"dataset": "breast_cancer", "model": "mlp-s", "seeds": 2, "threads": 1}
COMBINATION: dict[str, Any] = {
    **_SMALL,
    "combine": ["RD3@pre", "explanations"],
    "settings": ["training.epochs=2", "defense.RD3@pre.triggers=10"],
}
COLLUSION: dict[str, Any] = {
    **_SMALL,
    "collude": ["poisoning", "model_extraction"],
    "settings": ["training.epochs=2", "second.queries=100"],
}
VARIATION: dict[str, Any] = {
    **_SMALL,
    "defense": "placebo",
    "risk": "evasion",
    "vary": "training_set_size=100,200",
    "settings": ["training.epochs=1"],
}
"""Requests of other kinds than a pair, likewise."""


def tiny(number: int = 0, **more: Any) -> dict[str, Any]:
    """Return a request that is measured in a moment; others share none of its trials."""
    return {
        "defense": "placebo",
        "risk": "evasion",
        "dataset": "breast_cancer",
        "model": "mlp-s",
        "seeds": 2,
        "threads": 1,
        "settings": [
            "training.epochs=1",
            "attack.steps=1",
            f"training.learning_rate={0.003 + number * 1e-6:.6f}",
        ],
        **more,
    }


def large(number: int = 0) -> dict[str, Any]:
    """Return a request of several batches, each of which is kept when it is finished."""
    few = tiny(number, risk="membership_inference")
    return {**few, "settings": [few["settings"][0], "attack.shadows=20", few["settings"][2]]}


def undisturbed(request: dict[str, Any], file: str) -> dict[str, Any]:
    """Return what a request gives when it is measured here, in one go."""
    return without_cost(measure(load(), from_json(request), store=file).document())


def without_cost(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "cost"}


def until(found: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Ask again and again; fail if there is no answer in time."""
    end = monotonic() + patience
    while monotonic() < end:
        answer = found()
        if answer:
            return answer
        sleep(0.05)
    raise AssertionError(f"waited {patience:.0f} s in vain: {what}")


def ended(jobs: Jobs, identity: str, owner: str = "ann") -> Job:
    """Wait until a job has ended."""

    def look() -> Job | None:
        job = jobs.get(identity, owner)
        return job if job.state in ENDED else None

    return until(look, f"{identity} should end")


def below(process: int) -> list[int]:
    """Return the processes that a process has started, those that were started by them last."""
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{process}/task")
    except FileNotFoundError:
        return found
    for task in tasks:
        try:
            with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as children:
                found += map(int, children.read().split())
        except OSError:
            continue
    return found + [each for child in found for each in below(child)]
