"""Measure where the time of a grid goes, by defense, attack and phase, in one thread.

``python benchmarks/phases.py [--seeds N] [--set GROUP.NAME=VALUE]… [--json]``. What the grid's
trials are pooled into is run serially in this process, and CPU time is told apart: training of the
models, those that an adversary trains among them, each attack beside that, reading of factors, and
judging. Beside it stands how many floating-point operations a second plain training
does, as a share of what one batched matrix product of the same sizes does on this machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import process_time
from typing import Any, NamedTuple
from unittest import mock

import torch
from report import ended
from timing import machine

from crosscurrent.knowledge import load
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.experiments.experiment import Experiment
from crosscurrent.validator.experiments.grids import Grid, grid
from crosscurrent.validator.training import trainer
from crosscurrent.validator.training.architectures import Architecture
from crosscurrent.validator.training.spec import Pool, Schedule, TrainingRun
from crosscurrent.validator.trials import trial as trials
from crosscurrent.validator.trials.pooling import pooled

__all__ = ["Phase", "Rate", "phases", "rate"]

MODELS = 64
"""Models whose training is compared with a matrix product."""


class Phase(NamedTuple):
    """CPU seconds of one phase under one defense."""

    defense: str
    phase: str
    seconds: float
    share: float


class Rate(NamedTuple):
    """Floating-point operations that plain training does, and that the machine does batched."""

    model: str
    models: int
    training_gflops: float
    batched_gflops: float
    share: float


class _Clock:
    """CPU time by phase; an inner phase is not counted to the outer one."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._inner.append(0.0)
        start = process_time()
        yield
        taken = process_time() - start
        self.spent[name] += taken - self._inner.pop()
        self._inner[-1] += taken

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            with self.phase(name):
                return function(*given, **named)

        return timed


def phases(planned: Grid) -> list[Phase]:
    """Run all trials of a grid and return where the time goes, the longest phase first."""
    asked = [cell.experiment for cell in planned.cells]
    experiments = [each for each in asked if not isinstance(each, str)]
    spent: defaultdict[tuple[str, str], float] = defaultdict(float)
    for context, needed in _by_context(experiments):
        by: dict[str, list[trials.Trial]] = {}
        for piece in pooled(needed):
            name = piece.trial.defense.name() if piece.trial.defense else "no defense"
            by.setdefault(name, []).append(piece.trial)
        for name, mine in by.items():
            clock = _Clock()
            with _timed(clock), clock.phase("data, and all else"):
                trials.run(context, mine)
            for phase, seconds in clock.spent.items():
                spent[name, phase] += seconds
    total = sum(spent.values())
    longest = sorted(spent.items(), key=lambda item: -item[1])
    return [Phase(*key, taken, taken / total) for key, taken in longest]


def _by_context(
    experiments: Sequence[Experiment],
) -> Iterator[tuple[trials.TrialContext, list[trials.Trial]]]:
    """Yield what is trained on the same data in the same way, each trial once."""
    found: dict[str, tuple[trials.TrialContext, dict[trials.Trial, None]]] = {}
    for each in experiments:
        for context in each.contexts:
            key = f"{context.data.digest} {context.schedule}"
            found.setdefault(key, (context, {}))[1].update(dict.fromkeys(each.trials()))
    for context, needed in found.values():
        yield context, list(needed)


@contextmanager
def _timed(clock: _Clock) -> Iterator[None]:
    """Time the phases of `trials.run` while this lasts."""
    with (
        ExitStack() as stack,
        _patched(clock, trials, "train", "training"),
        _patched(clock, trials, "factors_of", "factors"),
        _patched(clock, trials, "_judged", "judging"),
    ):
        for risk, kind in attacks().items():
            stack.enter_context(_patched(clock, kind, "mount", f"attack: {risk}"))
        yield


def _patched(clock: _Clock, owner: Any, name: str, phase: str) -> AbstractContextManager[Any]:
    return mock.patch.object(owner, name, clock.around(phase, getattr(owner, name)))


def rate(model: Architecture, schedule: Schedule, seed: int = 0) -> Rate:
    """Compare plain training of a perceptron with batched matrix products of its sizes."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.rand((schedule.records, *model.shape), generator=draw)
    y = torch.randint(model.classes, (schedule.records,), generator=draw)
    pool = Pool(x, y, torch.zeros((len(x), 1), dtype=torch.int64), x.amin(0), x.amax(0))
    runs = [TrainingRun(i, torch.arange(schedule.records)) for i in range(MODELS)]
    trainer.train(model, pool, runs[:2], schedule)  # traces
    start = process_time()
    trainer.train(model, pool, runs, schedule)
    training = process_time() - start
    done = 6 * model.parameters * schedule.batch * schedule.updates * MODELS
    a = torch.rand((MODELS, 64, 64), generator=draw)
    products = 2000
    start = process_time()
    for _ in range(products):
        torch.bmm(a, a)
    batched = products * 2 * MODELS * 64**3 / (process_time() - start)
    return Rate(model.name, MODELS, done / training / 1e9, batched / 1e9, done / training / batched)


def _measured(settings: list[str], seeds: int) -> dict[str, Any]:
    planned = grid(load(), settings=settings, seeds=seeds)
    context = next(c.experiment for c in planned.cells if not isinstance(c.experiment, str)).context
    found = phases(planned)
    by_phase: defaultdict[str, float] = defaultdict(float)
    for each in found:
        by_phase[each.phase] += each.seconds
    return {
        "machine": machine(),
        "settings": settings,
        "seeds": seeds,
        "seconds": sum(by_phase.values()),
        "phases": dict(sorted(by_phase.items(), key=lambda item: -item[1])),
        "cells": [each._asdict() for each in found],
        "rate": rate(context.architecture, context.schedule)._asdict(),
    }


def main() -> None:
    """Run the benchmark and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="GROUP.NAME=VALUE")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    report = _measured(given.set, given.seeds)
    if given.json:
        print(json.dumps(report, indent=2))
        return
    total = report["seconds"]
    how = " ".join(given.set) or "as by default"
    print(f"{total:.0f} s of CPU for {given.seeds} seeds, {how}\n")
    for name, taken in report["phases"].items():
        print(f"{taken:8.1f} s  {taken / total:4.0%}  {name}")
    print()
    for each in report["cells"][:20]:
        print(f"{each['seconds']:8.1f} s  {each['share']:4.0%}  {each['defense']}: {each['phase']}")
    pace = report["rate"]
    print(
        f"\n{pace['model']}, {pace['models']} models at once: {pace['training_gflops']:.0f} GFLOP/s"
        f" in training, {pace['share']:.0%} of the {pace['batched_gflops']:.0f} of batched products"
    )


if __name__ == "__main__":
    sys.exit(ended(main))
