"""Measurement of a grid: every defense against every risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..requests import GridRequest, Protocol, Request, by_protocol, followed, pair_request
from ._plan import Plan, Report, setup_of
from ._prior import GridPrior, PairPrior, pair_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.document_types import ProtocolVersion
    from ..experiments.experiment import Experiment
    from ..experiments.grids import Cell, Grid
    from ..experiments.sweeps import SweepListener
    from ..results.store import Store
    from ..run.executors import Executor

__all__ = ["GridPlan"]

Pair = tuple[str, str]


@dataclass(frozen=True)
class GridPlan(Plan):
    """A grid to be measured.

    Attributes
    ----------
    grid : Grid
        What will be run.
    known : mapping
        What is known of each pair beforehand, by defense and risk.
    commands : mapping
        The command line that gives its result alone, by defense and risk.
    knowledge : str
        Digest of the knowledge base that says so.
    protocol : Protocol or None
        The protocol, if what was asked for is what that says.
    """

    kind: ClassVar[str] = "grid"
    request_type: ClassVar[type[Request]] = GridRequest

    grid: Grid
    known: Mapping[Pair, PairPrior]
    commands: Mapping[Pair, str]
    knowledge: str
    protocol: Protocol | None = None

    @classmethod
    def prepare(
        cls, kb: KnowledgeBase, request: GridRequest, executor: Executor, knowledge: Sequence[str]
    ) -> GridPlan:
        """Check a request and set up what it asks for."""
        from ..experiments.grids import grid

        asked = by_protocol(request)
        planned = grid(kb, settings=asked.settings, plugins=not request.protocol, **setup_of(asked))
        known = {
            _pair(cell): pair_prior(kb, *_pair(cell), _planned(cell)) for cell in planned.cells
        }
        commands = {
            _pair(cell): pair_request(asked, *_pair(cell), settings=cell.settings).again(knowledge)
            for cell in planned.cells
        }
        # a correction for many tests is over all cells, so that those of plug-ins are another table
        protocol = followed(asked) if planned.built_in else None
        return cls(request, executor, planned, known, commands, kb.digest, protocol)

    @property
    def pairs(self) -> list[Pair]:
        """Defense and risk of each cell."""
        return [_pair(cell) for cell in self.grid.cells]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Defense and risk of each cell, ready for JSON."""
        return [{"defense": defense, "risk": risk} for defense, risk in self.pairs]

    def planned(self) -> list[Experiment]:
        """Return the experiments of all cells that can be measured."""
        return [each.experiment for each in self.grid.cells if not isinstance(each.experiment, str)]

    def run(self, store: Store, listener: SweepListener | None = None) -> Report:
        """Measure; the report is that of ``validate --all``."""
        from ..experiments.grid_documents import grid_document
        from ..experiments.sweeps import Asked, sweep

        told = [
            {
                **self.known[pair],
                "published": tuple(self.known[pair]["published"]),
                "command": self.commands[pair],
            }
            for pair in self.pairs
        ]
        asked = [
            Asked(cell.experiment, known) for cell, known in zip(self.grid.cells, told, strict=True)
        ]
        outcomes = sweep(
            asked, store, listener, threads=self.request.threads, executor=self.executor
        )
        return Report(grid_document(self.grid, outcomes, told, self.knowledge, self._followed))

    @property
    def _followed(self) -> ProtocolVersion | None:
        known = self.protocol
        return None if known is None else {"version": known.version, "digest": known.digest}

    def subject(self) -> dict[str, Any]:
        """Return nothing: it is of all."""
        return {}

    def prior(self) -> GridPrior:
        """Return what is known of each pair."""
        return {
            "knowledge": self.knowledge,
            "cells": [
                {"defense": defense, "risk": risk, "known": known}
                for (defense, risk), known in self.known.items()
            ],
        }

    def with_prior(self, prior: GridPrior) -> GridPlan:
        """Return the same plan with what `prior` of another one says is known.

        Cells that the other one did not know of are left out.
        """
        known = {(cell["defense"], cell["risk"]): cell["known"] for cell in prior["cells"]}
        cells = tuple(cell for cell in self.grid.cells if _pair(cell) in known)
        grid = replace(self.grid, cells=cells)
        return replace(self, grid=grid, known=known, knowledge=prior["knowledge"])

    @classmethod
    def draw(cls, document: dict[str, Any], file: str) -> None:
        """Draw the cells as a heat map, measured beside predicted."""
        from ..plots.grid_plots import heat_map

        heat_map(document, file)


def _planned(cell: Cell) -> Experiment | None:
    return None if isinstance(cell.experiment, str) else cell.experiment


def _pair(cell: Cell) -> Pair:
    return cell.defense, cell.risk
