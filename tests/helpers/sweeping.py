"""A small sweep of several tasks, watched, for tests of executors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.sweeps import Asked, sweep
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.executors import Executor

QUICK = ("data.records=300", "training.epochs=1", "training.batch_size=32")
KNOWN = {"conjecture": "increase", "published": ("increase",)}
SEEDS = 2


def small(kb: KnowledgeBase, defense: str, risk: str, **more: Any) -> Experiment:
    """Return an experiment that is measured in a moment."""
    given = {"model": "mlp-s", "seeds": SEEDS, "settings": [*QUICK, "attack.steps=1"], **more}
    return experiment(kb, defense, risk, **given)


def several(kb: KnowledgeBase, **more: Any) -> list[Experiment]:
    """Return experiments that learn by different schedules, so that there are two tasks or more."""
    return [small(kb, defense, "R1", **more) for defense in ("watermarking", "PD1")]


class Watch:
    """Counts what is trained, and calls back."""

    def __init__(
        self,
        advanced: Callable[[], object] = lambda: None,
        finished: Callable[[], object] = lambda: None,
    ) -> None:
        self._advanced, self._finished = advanced, finished
        self.ahead = self.kept = self.done = self.work = 0

    def start(self, trials: int, remembered: int, work: int) -> None:
        self.ahead, self.work = trials - remembered, work

    def on_work(self, work: int) -> None:
        self.done += work
        self._advanced()

    def on_trials(self, trials: int) -> None:
        self.kept += trials
        self._finished()

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None: ...


def table(
    planned: Sequence[Experiment],
    store: Store,
    executor: Executor,
    watch: Watch | None = None,
    threads: int | None = None,
) -> list[Any]:
    """Return what each shows, but for what it took."""
    asked = [Asked(each, KNOWN) for each in planned]
    found = sweep(asked, store, watch, executor=executor, threads=threads)
    return [told(each) for each in found]


def told(verdict: Verdict | str) -> Any:
    """Return a verdict's document without how long it took."""
    if isinstance(verdict, str):
        return verdict
    return {key: value for key, value in verdict.document().items() if key != "cost"}
