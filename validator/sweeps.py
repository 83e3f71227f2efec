"""Sweeps: many experiments measured as one, so that nothing is trained twice.

Trials of the same models under several attacks are run as one (`validator.pooling`), and arms that
learn by the same schedule share their baselines. Yet each trial is kept under its own recipe, as if
its experiment had been measured alone: whichever is measured first, the other finds it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from knowledge.errors import InputError

from .experiments import Experiment
from .measuring import Watcher, conclude
from .members import Schedule
from .pooling import Pooled, pooled
from .sharing import Cores, sharing
from .store import Store, address
from .trials import Bench, Result, Trial, run
from .tryouts import said
from .verdicts import Verdict

__all__ = ["Asked", "Onlooker", "sweep"]


class Asked(NamedTuple):
    """An experiment, or why there can be none; and what is known beforehand, as `measure` takes."""

    experiment: Experiment | str
    known: Mapping[str, Any]


class Onlooker(Watcher, Protocol):
    """Is told how far a sweep is, and how each of its experiments stands."""

    def stands(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """So many seeds of an experiment are finished.

        What it shows, or why it could not be measured, is told once it is over.
        """


@dataclass(eq=False)
class _Need:
    """A trial that is needed, by which experiments, and what came out."""

    bench: Bench
    trial: Trial
    recipe: dict[str, Any]
    places: list[int]
    found: Result | str | None


def sweep(
    asked: Sequence[Asked],
    store: Store,
    onlooker: Onlooker | None = None,
    *,
    threads: int | None = None,
) -> list[Verdict | str]:
    """Measure experiments that share data, model and training; judge and keep each.

    What was measured before is not run again, and what was finished is kept should this be killed.

    Parameters
    ----------
    asked : sequence of Asked
        The experiments, and reasons for those that there can be none of.
    store : Store
        Where results are kept and looked up.
    onlooker : Onlooker, optional
        Is told how far it is.
    threads : int, optional
        By default the cores, shared with other runs that keep results in the same place.

    Returns
    -------
    list of Verdict or str
        One for each experiment; or the reason why it could not be measured, such as training that
        diverged, which leaves the others as they are.
    """
    return _Sweep(asked, store, onlooker).done(threads)


class _Sweep:
    def __init__(self, asked: Sequence[Asked], store: Store, onlooker: Onlooker | None) -> None:
        self._asked, self._store, self._onlooker = asked, store, onlooker
        self._over: dict[int, Verdict | str] = {}
        self._told: dict[int, int] = {}
        self._needs: dict[str, _Need] = {}
        self._mine: list[list[_Need]] = []
        for place, (experiment, _) in enumerate(asked):
            mine = []
            if isinstance(experiment, Experiment):
                mine = [self._need(experiment.bench, trial) for trial in experiment.trials()]
            for need in mine:
                need.places.append(place)
            self._mine.append(mine)

    def _need(self, bench: Bench, trial: Trial) -> _Need:
        recipe = bench.recipe(trial)
        return self._needs.setdefault(address(recipe), _Need(bench, trial, recipe, [], None))

    def done(self, threads: int | None) -> list[Verdict | str]:
        """Do all that is to be done."""
        self._look_up()
        if all(need.found for need in self._needs.values()):
            self._start()
            self._settle()
        else:
            self._store.ready()
            with sharing(self._store.marks, threads) as cores:
                self._look_up()  # nothing is removed from now on
                self._start()
                self._settle()
                self._run(cores)
        return [self._over[place] for place in range(len(self._asked))]

    def _look_up(self) -> None:
        for need in self._needs.values():
            known = need.found or self._store.trial(need.recipe)
            need.found = Result(**known) if isinstance(known, dict) else known

    def _start(self) -> None:
        if self._onlooker:
            batches = list(self._batches())
            work = sum(bench.work([each.trial for each in pieces]) for bench, pieces in batches)
            ahead = sum(len(each.parts) for _, pieces in batches for each in pieces)
            self._onlooker.start(len(self._needs), len(self._needs) - ahead, work)

    def _batches(self) -> Iterator[tuple[Bench, list[Pooled]]]:
        """Yield what is still needed; all arms of a seed together, so that their times compare."""
        by: dict[tuple[Schedule, int], list[_Need]] = {}
        for need in self._needs.values():
            by.setdefault((need.bench.schedule, need.trial.seed), []).append(need)
        for needs in by.values():
            ahead = [
                need.trial
                for need in needs
                if need.found is None and not all(place in self._over for place in need.places)
            ]
            if ahead:
                yield needs[0].bench, pooled(ahead)

    def _run(self, cores: Cores) -> None:
        for bench, pieces in self._batches():
            cores.take()
            found = dict(self._tried(bench, pieces))
            kept: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
            for name, need in self._needs.items():
                if need.bench.schedule == bench.schedule and need.trial in found:
                    need.found = found[need.trial]
                    if isinstance(need.found, Result):
                        kept[name] = need.recipe, dataclasses.asdict(need.found)
            self._store.keep_trials(kept)
            if self._onlooker:
                self._onlooker.finished(len(kept))
            self._settle()

    def _tried(self, bench: Bench, pieces: list[Pooled]) -> Iterator[tuple[Trial, Result | str]]:
        """Run trials; if that fails, find out whose fault it is by running fewer at once."""
        told = self._onlooker.advance if self._onlooker else lambda _: None
        try:
            parts = [piece.parts for piece in pieces]
            results = run(bench, [piece.trial for piece in pieces], told, parts)
        except Exception as error:  # noqa: BLE001 - whatever it is, other cells are not to blame
            smaller = list(_smaller(pieces))
            for few in smaller:
                yield from self._tried(bench, few)
            if not smaller:
                reason = str(error) if isinstance(error, InputError) else f"failed: {said(error)}"
                yield pieces[0].trial, reason
            return
        yield from zip((part for each in parts for part in each), results, strict=True)

    def _settle(self) -> None:
        """Judge each experiment whose trials are all there, and tell how the others stand."""
        for place, (experiment, known) in enumerate(self._asked):
            if place in self._over:
                continue
            found = [need.found for need in self._mine[place]]
            results = [each for each in found if isinstance(each, Result)]
            shown: Verdict | str | None
            if isinstance(experiment, str):
                shown = experiment
            elif len(results) == len(found):
                shown = conclude(experiment, store=self._store, results=results, **known)
            else:
                shown = next((each for each in found if isinstance(each, str)), None)
            if shown is not None:
                self._over[place] = shown
            seeds = sum(None not in found[i : i + 2] for i in range(0, len(found), 2))
            if self._onlooker and (shown is not None or seeds != self._told.get(place)):
                self._told[place] = seeds
                self._onlooker.stands(place, seeds, shown)


def _smaller(pieces: list[Pooled]) -> Iterator[list[Pooled]]:
    """Take apart what failed together; nothing if it is a single trial."""
    if len(pieces) > 1:
        yield from ([piece] for piece in pieces)
    elif len(pieces[0].parts) > 1:
        yield from ([Pooled(part, (part,))] for part in pieces[0].parts)
