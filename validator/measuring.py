"""Measuring: the trials of an experiment, run or remembered, and their verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Protocol, Unpack

from .experiments import Experiment
from .sharing import sharing
from .store import Store, address
from .trials import Result, Trial, run
from .verdicts import Known, Verdict, judge

__all__ = ["Watcher", "conclude", "measure"]

_SIDE_BY_SIDE = 64
"""Models trained in one go: more are hardly faster, and fewer lose less if the run is killed."""


class Watcher(Protocol):
    """Is told how far an experiment is."""

    def start(self, trials: int, remembered: int, work: int) -> None:
        """`work` models × updates are ahead, for all trials but those `remembered`."""

    def advance(self, work: int) -> None:
        """So much more was done."""

    def finished(self, trials: int) -> None:
        """So many more trials are finished and kept."""


def measure(
    planned: Experiment,
    conjecture: str,
    store: Store,
    watcher: Watcher | None = None,
    *,
    threads: int | None = None,
    **known: Unpack[Known],
) -> Verdict:
    """Run what was not run before, keep every result, and judge.

    Parameters
    ----------
    planned : Experiment
        From `experiment`.
    conjecture : str
        What the factors say: ``increase``, ``decrease``, ``no_change`` (of a placebo),
        ``contested`` or ``unknown``.
    store : Store
        Where results are kept and looked up.
    watcher : Watcher, optional
        Is told how far it is.
    threads : int, optional
        By default the cores, shared with other runs that keep results in the same place.
    **known
        What is known beforehand besides.
    """
    trials = planned.trials()
    recipes = [planned.bench.recipe(trial) for trial in trials]
    results = _known(store, recipes)
    if len(results) == len(trials):
        if watcher:
            watcher.start(len(trials), len(trials), 0)
    else:
        store.ready()
        with sharing(store.marks, threads) as cores:
            results = _known(store, recipes)  # nothing is removed from now on
            ahead = [i for i in range(len(trials)) if i not in results]
            if watcher:
                work = planned.work([trials[i] for i in ahead])
                watcher.start(len(trials), len(results), work)
            for batch in _batches(trials, ahead):
                cores.take()
                found = run(
                    planned.bench,
                    [trials[i] for i in batch],
                    watcher.advance if watcher else lambda _: None,
                )
                kept = {
                    address(recipes[i]): (recipes[i], dataclasses.asdict(result))
                    for i, result in zip(batch, found, strict=True)
                }
                store.keep_trials(kept)
                results.update(zip(batch, found, strict=True))
                if watcher:
                    watcher.finished(len(batch))
    ordered = [results[i] for i in range(len(trials))]
    return conclude(planned, conjecture, store, ordered, **known)


def conclude(
    planned: Experiment,
    conjecture: str,
    store: Store,
    results: Sequence[Result],
    **known: Unpack[Known],
) -> Verdict:
    """Judge an experiment and keep that.

    Parameters
    ----------
    planned : Experiment
        What was run.
    conjecture : str
        What the factors say.
    store : Store
        Where it is kept.
    results : sequence of Result
        Of all its trials, in their order.
    **known
        What is known beforehand besides.
    """
    verdict = judge(planned, conjecture, results[0::2], results[1::2], **known)
    addresses = [address(planned.bench.recipe(trial)) for trial in planned.trials()]
    store.keep_experiment(verdict.address, verdict.document(), addresses)
    return verdict


def _known(store: Store, recipes: Sequence[dict[str, Any]]) -> dict[int, Result]:
    """Return the results of the trials that were run before, by their place."""
    found = ((i, store.trial(recipe)) for i, recipe in enumerate(recipes))
    return {i: Result(**result) for i, result in found if result is not None}


def _batches(trials: Sequence[Trial], ahead: Sequence[int]) -> list[list[int]]:
    """Put trials together that are trained in one go, both arms of a seed always."""
    batches: list[list[int]] = []
    size = 0
    for _, pair in groupby(ahead, key=lambda i: trials[i].seed):
        chosen = list(pair)
        models = sum(trials[i].models for i in chosen)
        if not batches or size + models > _SIDE_BY_SIDE:
            batches.append([])
            size = 0
        batches[-1] += chosen
        size += models
    return batches
