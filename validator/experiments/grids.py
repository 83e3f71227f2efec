"""Grids: every defense against every risk that can be measured, set up; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.predictor.interactions import matrix

from ..attacks import attacks
from ..defenses import Defense, defenses
from ..settings import configured
from .assignments import COMMON, PEERS, grouped, owned
from .experiment import Experiment, SetupOptions, ground

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Cell", "Grid", "grid"]


@dataclass(frozen=True, eq=False)
class Cell:
    """One defense against one risk.

    Attributes
    ----------
    defense, risk : str
        Ids.
    settings : tuple of str
        As the experiment alone takes them.
    experiment : Experiment or str
        What will be run, or the reason why it cannot be.
    """

    defense: str
    risk: str
    settings: tuple[str, ...]
    experiment: Experiment | str


@dataclass(frozen=True, eq=False)
class Grid:
    """Every defense against every risk, on the same data, with the same model and seeds.

    Attributes
    ----------
    dataset, model : str
        Their names.
    seeds : tuple of int
        Each gives one trial of either arm on each draw.
    draws : int
        How many draws of the data set there are.
    cells : tuple of Cell
        By defense, then by risk, in the order of the knowledge base.
    """

    dataset: str
    model: str
    seeds: tuple[int, ...]
    draws: int
    cells: tuple[Cell, ...]


def grid(
    kb: KnowledgeBase,
    *,
    settings: Sequence[str] = (),
    **on: Unpack[SetupOptions],
) -> Grid:
    """Set a grid up.

    Its rows are those of the matrix of predictions: neither a placebo is one, nor a defense of
    which nothing is predicted. What does not work for one cell, such as data without sensitive
    attributes, is the reason of that cell, and not an error.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names, and their order.
    settings : sequence of str
        ``training.name=value`` and ``data.name=value``, which hold for all cells, and
        ``defense.ID.name=value`` and ``attack.ID.name=value``, which say whose they are; the ids
        may be codes. ``training.ID.name=value`` and ``data.ID.name=value`` hold for the cells of
        one risk alone, instead of those for all: not every attack works at the same scale.
    **on
        On what, and with what: as `validator.experiments.experiment.ground` takes it.

    Raises
    ------
    InputError
        Anything that works for no cell, before any training starts.
    """
    common, own = owned(settings, partial(_peer, kb), "with --all", apart=COMMON)
    given = grouped(common)
    rows: dict[str, Defense] = {}
    for name in _names(kb, "defense"):
        values = own.get(("defense", name), {})
        rows[name] = configured(defenses()[name], values, f"defense.{name}")
    columns = _names(kb, "attack")
    for name in columns:
        configured(attacks()[name], own.get(("attack", name), {}), f"attack.{name}")
    setup = ground(given, **on)

    apart = {
        risk: ground(
            given | {group: {**given[group], **own.get((group, risk), {})} for group in COMMON},
            **on,
        )
        for risk in columns
        if any((group, risk) in own for group in COMMON)
    }
    by_attack = {name: values for (group, name), values in own.items() if group == "attack"}
    cells = []
    for defense, arm in rows.items():
        for risk in columns:
            mine = [
                f"{group}.{key}={value}"
                for group, peer in (
                    *zip(PEERS, (defense, risk), strict=True),
                    *((group, risk) for group in COMMON),
                )
                for key, value in own.get((group, peer), {}).items()
            ]
            if arm.protects_against not in (None, risk):
                mine += [
                    f"attack.{arm.protects_against}.{key}={value}"
                    for key, value in by_attack.get(str(arm.protects_against), {}).items()
                ]
            named = {text.partition("=")[0] for text in mine}
            shared = [text for text in common if text.partition("=")[0] not in named]
            planned: Experiment | str
            try:
                planned = apart.get(risk, setup).experiment(arm, risk, by_attack)
            except InputError as error:
                planned = str(error)
            cells.append(Cell(defense, risk, (*shared, *mine), planned))
    if not any(isinstance(cell.experiment, Experiment) for cell in cells):
        raise InputError(f"nothing can be measured: {cells[0].experiment}")
    return Grid(
        setup.data.name, setup.architecture.name, setup.seeds, len(setup.draws), tuple(cells)
    )


def _peer(kb: KnowledgeBase, group: str, name: str) -> str:
    """Return the id of a defense or risk of the grid."""
    names = _names(kb, group)
    try:
        found = kb.defense(name).id if group == "defense" else kb.risk(name).id
    except InputError:
        found = name
    if found in names:
        return found
    raise UnknownName(f"{'risk' if group in COMMON else group} of the grid", name, names)


def _names(kb: KnowledgeBase, group: str) -> list[str]:
    """Return the ids of the grid's defenses, or of its risks, that can be measured."""
    if group == "defense":
        return [row[0].defense for row in matrix(kb) if row[0].defense in defenses()]
    return [name for name in kb.risks if name in attacks()]
