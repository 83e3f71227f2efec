"""``crosscurrent validate --all``: every defense against every risk."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError

from ._measurements import Measurement, running, setup
from ._reproducing import command

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments.experiment import Experiment
    from crosscurrent.validator.experiments.grids import Cell, Grid
    from crosscurrent.validator.experiments.sweeps import SweepListener
    from crosscurrent.validator.results.store import Store

__all__ = ["GridPlan", "plan_all"]

Pair = tuple[str, str]


@dataclass(frozen=True)
class GridPlan(Measurement):
    """A grid that was asked to be measured, checked; nothing is trained yet.

    Attributes
    ----------
    grid : Grid
        What will be run.
    known : dict
        What is known of each pair beforehand, by defense and risk.
    commands : dict
        The command line that asks for it alone, by defense and risk.
    knowledge : str
        Digest of the knowledge base that says so.
    """

    grid: Grid
    known: dict[Pair, dict[str, Any]]
    commands: dict[Pair, str]
    knowledge: str

    @property
    def pairs(self) -> list[Pair]:
        """Defense and risk of each cell."""
        return [_pair(cell) for cell in self.grid.cells]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Defense and risk of each cell, ready for JSON."""
        return [{"defense": defense, "risk": risk} for defense, risk in self.pairs]

    def measure(self, kept: Store, watcher: SweepListener) -> dict[str, Any]:
        """Measure; return the document that ``validate --all --json`` prints."""
        from crosscurrent.validator.experiments.grid_documents import grid_document
        from crosscurrent.validator.experiments.sweeps import Asked, sweep

        told = [{**self.known[pair], "command": self.commands[pair]} for pair in self.pairs]
        asked = [
            Asked(cell.experiment, beforehand)
            for cell, beforehand in zip(self.grid.cells, told, strict=True)
        ]
        outcomes = sweep(asked, kept, watcher, threads=self.threads, executor=self.executor)
        return grid_document(self.grid, outcomes, told, self.knowledge)

    def beforehand(self) -> dict[str, Any]:
        """Return what is known of each pair, ready for JSON."""
        cells = [
            {
                "defense": defense,
                "risk": risk,
                "known": {**known, "published": list(known["published"])},
            }
            for (defense, risk), known in self.known.items()
        ]
        known = {"knowledge": self.knowledge, "cells": cells}
        return {"defense": None, "risk": None, "known": known}

    def knowing(self, known: dict[str, Any]) -> GridPlan:
        """Return the same plan with what `beforehand` of another one says is known.

        Cells that the other one did not know of are left out.
        """
        told = {
            (cell["defense"], cell["risk"]): {
                **cell["known"],
                "published": tuple(cell["known"]["published"]),
            }
            for cell in known["cells"]
        }
        cells = tuple(cell for cell in self.grid.cells if _pair(cell) in told)
        grid = replace(self.grid, cells=cells)
        return replace(self, grid=grid, known=told, knowledge=known["knowledge"])

    def planned(self) -> list[Experiment]:
        """Return the experiments of all cells that can be measured."""
        return [each.experiment for each in self.grid.cells if not isinstance(each.experiment, str)]


def plan_all(arguments: Namespace, kb: KnowledgeBase) -> GridPlan:
    """Check what is asked for, of this knowledge.

    Raises
    ------
    InputError
        Anything that works for no cell, before any training starts.
    """
    from crosscurrent.validator.experiments.grids import grid

    from ._validate import known

    if arguments.defense is not None or arguments.risk is not None:
        raise InputError(
            "--all measures every defense against every risk: leave DEFENSE and RISK out, or --all"
        )
    how = running(arguments)
    planned = grid(kb, **setup(arguments))
    return GridPlan(
        **how,
        grid=planned,
        known={_pair(cell): known(kb, *_pair(cell)) for cell in planned.cells},
        commands={
            _pair(cell): command(arguments, _pair(cell), cell.settings) for cell in planned.cells
        },
        knowledge=kb.digest,
    )


def _pair(cell: Cell) -> Pair:
    return cell.defense, cell.risk
