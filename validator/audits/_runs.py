"""Runs of the models that are audited: the same records in either arm, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._problems import Problems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._levels import Levels
    from ._oracles import Oracle
    from ._predictions import Predictions

__all__ = ["Run", "Runs", "paired"]


@dataclass(frozen=True, eq=False)
class Run:
    """What a model of one training run says of records.

    Attributes
    ----------
    label, predicted : array of int64
        Places of classes: (records,).
    probability : array of float64 or None
        (records, classes).
    member : array of bool or None
        (records,).
    groups : mapping from str to array of int64
        Place of each record's group, by attribute; -1 where it has none: (records,).
    reference : array of float64 or None
        The probability that each reference model gives the true class: (models, records).
    inside : array of bool or None
        Which reference model was trained on which record: (models, records).
    unit : array of int64
        Which record of the bootstrap each row is: (records,). The same record of other runs, and
        of the other arm, is the same one.
    oracle : Oracle or None
        The model, if it may be asked about further records.
    """

    label: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float64] | None
    member: NDArray[np.bool_] | None
    groups: Mapping[str, NDArray[np.int64]]
    reference: NDArray[np.float64] | None
    inside: NDArray[np.bool_] | None
    unit: NDArray[np.int64]
    oracle: Oracle | None = None


@dataclass(frozen=True, eq=False)
class Runs:
    """All runs of one model, or of the model before and after a change.

    Attributes
    ----------
    arms : tuple of tuple of Run
        One or two arms, each with the same runs.
    names : tuple of str
        Of the runs.
    classes : tuple of str
        Of two, the positive one last.
    favourable : int or None
        The place of the favourable answer.
    groups : mapping from str to tuple of str
        Names of the groups, by attribute.
    units : int
        How many different records there are.
    """

    arms: tuple[tuple[Run, ...], ...]
    names: tuple[str, ...]
    classes: tuple[str, ...]
    favourable: int | None
    groups: Mapping[str, tuple[str, ...]]
    units: int


def paired(before: Predictions, after: Predictions | None = None) -> Runs:
    """Put the runs of one or two files side by side, the records of each in the same order.

    Raises
    ------
    InputError
        The files are not of the same runs, records, labels or groups.
    """
    files = (before,) if after is None else (before, after)
    if after is not None:
        _require_alike(before, after)
    groups = {
        name: tuple(dict.fromkeys(each for file in files for each in file.groups[name].names))
        for name in before.groups
    }
    names = before.runs.names
    rows = [_rows(before, after, name) for name in names]
    units = _units(before, [each[0] for each in rows])
    arms = tuple(
        tuple(
            _run(file, groups, run[arm], unit, before.classes)
            for run, unit in zip(rows, units, strict=True)
        )
        for arm, file in enumerate(files)
    )
    favourable = before.favourable
    return Runs(
        arms,
        names,
        before.classes,
        None if favourable is None else before.classes.index(favourable),
        groups,
        int(max(each.max() for each in units)) + 1,
    )


def _require_alike(before: Predictions, after: Predictions) -> None:
    """Make sure that two files are of the same classes, attributes and runs."""
    for what, ours, theirs in (
        ("classes", before.classes, after.classes),
        ("sensitive attributes", tuple(before.groups), tuple(after.groups)),
        ("runs", before.runs.names, after.runs.names),
    ):
        if set(ours) != set(theirs):
            told = [", ".join(map(clip, each[:8])) or "none" for each in (ours, theirs)]
            raise InputError(
                f"{before.name} has the {what} {told[0]}, and {after.name} {told[1]}; what is"
                " compared"
                " should be the same records of the same runs"
            )
    if (before.ids is None) != (after.ids is None):
        with_ids, without = (before, after) if after.ids is None else (after, before)
        raise InputError(
            f"{with_ids.name} has ids of records, and {without.name} has none; give both, or"
            " neither"
            " if the records are in the same order"
        )


def _rows(before: Predictions, after: Predictions | None, run: str) -> tuple[NDArray[np.intp], ...]:
    """Return where the records of a run are in each file, in the same order."""
    ours = np.flatnonzero(before.runs.codes == before.runs.names.index(run))
    where = f" of run {clip(run)}" * bool(run)
    if before.ids is not None:
        ours = _by_id(before, before.ids, ours, where)
    if after is None:
        return (ours,)
    theirs = np.flatnonzero(after.runs.codes == after.runs.names.index(run))
    if after.ids is not None and before.ids is not None:
        theirs = _by_id(after, after.ids, theirs, where)
        these, those = before.ids.at(ours), after.ids.at(theirs)
        _require_same(before, after, set(these) - set(those), where)
        _require_same(after, before, set(those) - set(these), where)
    elif len(ours) != len(theirs):
        raise InputError(
            f"{before.name} has {len(ours):,} records{where}, and {after.name} {len(theirs):,};"
            f" give the same records in the same order, or a column {clip(after.columns.id)}"
        )
    problems = Problems(after.name, lambda row: after.place(int(theirs[row])))
    same = np.array([*(after.classes.index(each) for each in before.classes)])
    advice = (
        f"is another one than in {before.name}; give the same records in the same order, or ids"
    )
    problems.rows(same[before.label[ours]] != after.label[theirs], after.columns.label, advice)
    for column, (name, their) in zip(after.columns.groups, after.groups.items(), strict=True):
        our = before.groups[name]
        problems.rows(our.codes[ours] != their.of(our.names)[theirs], column, advice)
    problems.over()
    return ours, theirs


def _by_id(file: Predictions, ids: Levels, rows: NDArray[np.intp], where: str) -> NDArray[np.intp]:
    """Return a run's rows in the order of their ids, each of which is there once."""
    ordered = rows[np.argsort(ids.codes[rows], kind="stable")]
    codes = ids.codes[ordered]
    twice = np.flatnonzero(np.diff(codes, prepend=-1) == 0)
    problems = Problems(file.name, lambda place: file.place(int(ordered[twice[place]])))
    named = np.array(ids.at(ordered[twice]), dtype=object)
    advice = f"is there twice{where}; name each record once"
    problems.rows(np.ones(len(twice), dtype=bool), file.columns.id, advice, named)
    problems.over()
    return ordered


def _require_same(one: Predictions, other: Predictions, lacking: set[str], where: str) -> None:
    """Make sure that no record of one file is lacking in the other."""
    if lacking:
        told = ", ".join(map(clip, sorted(lacking)[:5])) + ", …" * (len(lacking) > 5)
        raise InputError(
            f"{len(lacking):,} records{where} are in {one.name} and not in {other.name}"
            f" ({clip(one.columns.id)} {told});"
            " leave them out, as only the same records are compared"
        )


def _units(before: Predictions, rows: Sequence[NDArray[np.intp]]) -> list[NDArray[np.int64]]:
    """Return which record each row is, by its id, or by its place in a run."""
    if before.ids is None:
        return [np.arange(len(each), dtype=np.int64) for each in rows]
    return [before.ids.codes[each] for each in rows]


def _run(
    file: Predictions,
    groups: Mapping[str, tuple[str, ...]],
    rows: NDArray[np.intp],
    unit: NDArray[np.int64],
    classes: tuple[str, ...],
) -> Run:
    order = [file.classes.index(each) for each in classes]
    place = np.argsort(order)

    def some(values: Any) -> Any:
        return None if values is None else values[..., rows]

    return Run(
        label=place[file.label[rows]],
        predicted=place[file.predicted[rows]],
        probability=None if file.probability is None else file.probability[rows][:, order],
        member=some(file.member),
        groups={name: of.of(groups[name])[rows] for name, of in file.groups.items()},
        reference=some(file.reference),
        inside=some(file.inside),
        unit=unit,
        oracle=None if file.oracle is None else file.oracle.of(rows, order),
    )
