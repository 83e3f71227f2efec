"""Grids: every defense against every risk that can be measured, set up; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, Unpack

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.predictor.interactions import matrix

from ..attacks import Attack, attacks
from ..defenses import Defense, defenses
from ..plugins import attack_ids, attack_kind, defense_ids, defense_kind, faults_named
from ..settings import configured
from .assignments import COMMON, PEERS, grouped, owned
from .experiment import Experiment, ExperimentSetup, SetupOptions, ground

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Cell", "Grid", "grid"]

T = TypeVar("T")


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
        By defense, then by risk, in the order of the knowledge base; plug-ins that it does not know
        come last.
    """

    dataset: str
    model: str
    seeds: tuple[int, ...]
    draws: int
    cells: tuple[Cell, ...]

    @property
    def built_in(self) -> bool:
        """Whether no plug-in takes part."""
        return all(each.defense in defenses() and each.risk in attacks() for each in self.cells)


def grid(
    kb: KnowledgeBase,
    *,
    settings: Sequence[str] = (),
    plugins: bool = True,
    **on: Unpack[SetupOptions],
) -> Grid:
    """Set a grid up.

    Its rows are those of the matrix of predictions: neither a placebo is one, nor a built-in
    defense of which nothing is predicted; and the defenses of installed plug-ins. What does not
    work for one cell, such as data without sensitive attributes, is the reason of that cell, and
    not an error; what is wrong with a plug-in is the reason of all its cells.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names, and their order.
    settings : sequence of str
        ``training.name=value`` and ``data.name=value``, which hold for all cells, and
        ``defense.ID.name=value`` and ``attack.ID.name=value``, which say whose they are; the ids
        may be codes. ``training.ID.name=value`` and ``data.ID.name=value`` hold for the cells of
        one risk alone, instead of those for all: not every attack works at the same scale.
    plugins : bool
        Whether installed plug-ins have rows and columns.
    **on
        On what, and with what: as `validator.experiments.experiment.ground` takes it.

    Raises
    ------
    InputError
        Anything that works for no cell, before any training starts.
    """
    names = {group: _names(kb, group, plugins=plugins) for group in PEERS}
    common, own = owned(settings, partial(_peer, kb, names), "with --all", apart=COMMON)
    given = grouped(common)
    rows: dict[str, Defense | str] = {}
    for name, kind in _usable(names["defense"], defense_kind).items():
        values = own.get(("defense", name), {})
        rows[name] = kind if isinstance(kind, str) else configured(kind, values, f"defense.{name}")
    columns: dict[str, type[Attack] | str] = _usable(names["attack"], attack_kind)
    for name, attack in columns.items():
        if not isinstance(attack, str):
            configured(attack, own.get(("attack", name), {}), f"attack.{name}")
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
        for risk, attack in columns.items():
            mine = [
                f"{group}.{key}={value}"
                for group, peer in (
                    *zip(PEERS, (defense, risk), strict=True),
                    *((group, risk) for group in COMMON),
                )
                for key, value in own.get((group, peer), {}).items()
            ]
            guarded = None if isinstance(arm, str) else arm.protects_against
            if guarded not in (None, risk):
                mine += [
                    f"attack.{guarded}.{key}={value}"
                    for key, value in by_attack.get(str(guarded), {}).items()
                ]
            named = {text.partition("=")[0] for text in mine}
            shared = [text for text in common if text.partition("=")[0] not in named]
            planned = _planned(apart.get(risk, setup), arm, attack, by_attack)
            cells.append(Cell(defense, risk, (*shared, *mine), planned))
    if not any(isinstance(cell.experiment, Experiment) for cell in cells):
        raise InputError(f"nothing can be measured: {cells[0].experiment}")
    return Grid(
        setup.data.name, setup.architecture.name, setup.seeds, len(setup.draws), tuple(cells)
    )


def _peer(kb: KnowledgeBase, names: Mapping[str, Sequence[str]], group: str, name: str) -> str:
    """Return the id of a defense or risk of the grid."""
    known = names[group if group in PEERS else "attack"]
    if name in known:  # a plug-in may be called as the knowledge base calls something else too
        return name
    try:
        found = kb.defense(name).id if group == "defense" else kb.risk(name).id
    except InputError:
        found = name
    if found in known:
        return found
    raise UnknownName(f"{'risk' if group in COMMON else group} of the grid", name, known)


def _names(kb: KnowledgeBase, group: str, *, plugins: bool) -> list[str]:
    """Return the ids of the grid's defenses, or of its risks, that can be measured."""
    defense = group == "defense"
    measurable: list[str] = [*defenses(), *defense_ids()] if defense else attack_ids()
    built_in = {*defenses(), *attacks()}
    known = [row[0].defense for row in matrix(kb)] if defense else list(kb.risks)
    known = [name for name in known if name in measurable and (plugins or name in built_in)]
    of_plugins = [name for name in measurable if name not in built_in]
    return [*known, *(name for name in of_plugins if plugins and name not in known)]


def _usable(names: Sequence[str], kind: Callable[[str], type[T]]) -> dict[str, type[T] | str]:
    """Return the class of each; or what is wrong with it, of a plug-in that cannot be used."""
    found: dict[str, type[T] | str] = {}
    for name in names:
        try:
            found[name] = kind(name)
        except InputError as error:
            found[name] = str(error)
    return found


def _planned(
    setup: ExperimentSetup,
    arm: Defense | str,
    attack: type[Attack] | str,
    given: Mapping[str, Mapping[str, str]],
) -> Experiment | str:
    """Set a cell up; return why it cannot be measured where it cannot."""
    if isinstance(arm, str):
        return arm
    if isinstance(attack, str):
        return attack
    try:
        with faults_named():
            return setup.experiment(arm, attack, given)
    except InputError as error:
        return str(error)
