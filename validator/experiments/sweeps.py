"""Sweeps: many experiments measured as one, so that nothing is trained twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from crosscurrent.knowledge.errors import InputError

from ..imports import said
from ..results.store import Store
from ..run.engine import Found, ProgressListener, finish
from ..run.executors import Executor
from .experiment import Experiment
from .measuring import conclude, whole
from .verdicts import Verdict

__all__ = ["Asked", "SweepListener", "sweep"]


class Asked(NamedTuple):
    """An experiment, or why there can be none; and what is known beforehand, as `measure` takes."""

    experiment: Experiment | str
    known: Mapping[str, Any]


class SweepListener(ProgressListener, Protocol):
    """Is told how far a sweep is, and how each of its experiments stands."""

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """So many seeds of an experiment are finished.

        What it shows, or why it could not be measured, is told once it is over.
        """


def sweep(
    asked: Sequence[Asked],
    store: Store,
    listener: SweepListener | None = None,
    *,
    threads: int | None = None,
    executor: Executor | None = None,
) -> list[Verdict | str]:
    """Measure experiments; judge and keep each.

    What was measured before is not run again, and what was finished is kept should this be killed.

    Parameters
    ----------
    asked : sequence of Asked
        The experiments, and reasons for those that there can be none of.
    store : Store
        Where results are kept and looked up.
    listener : SweepListener, optional
        Is told how far it is.
    threads, executor
        As `validator.run.engine.finish` takes them.

    Returns
    -------
    list of Verdict or str
        One for each experiment; or the reason why it could not be measured, such as training that
        diverged, which leaves the others as they are.
    """
    over: dict[int, Verdict | str] = {}
    told: dict[int, int] = {}
    can = {
        place: each.experiment
        for place, each in enumerate(asked)
        if isinstance(each.experiment, Experiment)
    }
    order = {place: i for i, place in enumerate(can)}

    def settle(found: Callable[[int], Found]) -> None:
        """Judge each experiment whose trials are all there, and tell how the others stand."""
        for place, (experiment, known) in enumerate(asked):
            if place in over:
                continue
            shown: Verdict | str | None = None
            seeds = 0
            if isinstance(experiment, str):
                shown = experiment
            else:
                mine = found(order[place])
                seeds = sum(None not in mine[i : i + 2] for i in range(0, len(mine), 2))
                error = next((each for each in mine if isinstance(each, Exception)), None)
                if error is not None:
                    shown = (
                        str(error) if isinstance(error, InputError) else f"failed: {said(error)}"
                    )
                elif None not in mine:
                    shown = conclude(experiment, store=store, results=whole(mine), **known)
            if shown is not None:
                over[place] = shown
            if listener and (shown is not None or seeds != told.get(place)):
                told[place] = seeds
                listener.on_cell(place, seeds, shown)

    finish(list(can.values()), store, listener, threads=threads, executor=executor, settle=settle)
    return [over[place] for place in range(len(asked))]
