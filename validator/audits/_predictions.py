"""Predictions of one model: labels, answers, membership and groups, checked row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from ._columns import GROUP, Columns, is_group
from ._levels import Levels, canonical, levels, numbers_of
from ._limits import MOST_CELLS, MOST_CLASSES, MOST_GROUPS, MOST_RECORDS, MOST_RUNS, SUM
from ._problems import Problems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._oracles import Oracle
    from ._sources import Source

__all__ = ["ROLES", "Predictions", "read"]

_MEMBER: Final = {
    **dict.fromkeys(("1", "true", "yes", "train", "training", "member", "in"), True),
    **dict.fromkeys(("0", "false", "no", "test", "holdout", "nonmember", "out"), False),
}
_POSITIVE: Final = {("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes")}
"""Pairs of classes of which it is plain which one a score is of: the second."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of records, run after run.

    Attributes
    ----------
    name : str
        The file.
    digest : str
        Of its content.
    place : callable
        Names the place of a record.
    columns : Columns
        What the columns are called, with the sensitive attributes that there are, in the order of
        `groups`.
    classes : tuple of str
        Of two, the positive one last.
    favourable : str or None
        The answer that groups are compared by; None of more than two classes of which none was
        named.
    label : array of int64
        (records,).
    probability : array of float64 or None
        (records, classes).
    predicted : array of int64
        (records,).
    member : array of bool or None
        (records,).
    groups : dict from str to Levels
        By attribute.
    runs : Levels
        One run, if there is no such column.
    ids : Levels or None
        In the order of the alphabet.
    reference : array of float64 or None
        The probability that each reference model gives the true class: (models, records).
    inside : array of bool or None
        Which reference model was trained on which record: (models, records); None if that is not
        known, and then none should have been.
    oracle : Oracle or None
        The model, if it was asked and may be asked further.
    """

    name: str
    digest: str
    place: Callable[[int], str]
    columns: Columns
    classes: tuple[str, ...]
    favourable: str | None
    label: NDArray[np.int64]
    probability: NDArray[np.float64] | None
    predicted: NDArray[np.int64]
    member: NDArray[np.bool_] | None
    groups: dict[str, Levels]
    runs: Levels
    ids: Levels | None
    reference: NDArray[np.float64] | None
    inside: NDArray[np.bool_] | None
    oracle: Oracle | None = None

    @property
    def records(self) -> int:
        """How many rows there are, of all runs."""
        return len(self.label)


def read(source: Source, columns: Columns, *, answered: bool = True) -> Predictions:
    """Read and check predictions.

    Parameters
    ----------
    source : Source
        Where they are.
    columns : Columns
        What the columns are called.
    answered : bool
        Whether answers are there already; else the labels stand for them.

    Raises
    ------
    InputError
        A column that is needed is not there, or values are wrong: each, with its place.
    """
    return _Reader(source, columns, answered).read()


@dataclass
class _Reader:
    """Reads one source; what is wrong is gathered and told at the end."""

    source: Source
    columns: Columns
    answered: bool
    problems: Problems = field(init=False)

    def __post_init__(self) -> None:
        self.problems = Problems(self.source.name, self.source.place)

    def read(self) -> Predictions:
        named, source = self._named(), self.source
        if not source.records:
            raise InputError(
                f"{source.name}: no records; give the predictions of a model, row by row"
            )
        if source.records > MOST_RECORDS:
            raise InputError(
                f"{source.name}: {source.records:,} records; at most {MOST_RECORDS:,} are read, so"
                " give a random sample"
            )
        values = source.read([name for names in named.values() for name in names])
        label = self._levels(values, self.columns.label, "label", MOST_CLASSES)
        likely = {
            name: self._unit(values, name) for name in (*named["score"], *named["probabilities"])
        }
        member = self._member(values, named["member"], self.columns.member)
        groups = {
            attribute: self._levels(values, name, "sensitive attribute", MOST_GROUPS, missing=True)
            for attribute, name in self._attributes(named["groups"]).items()
        }
        classes = self._classes(label, named["probabilities"], bool(named["score"]))
        if source.records * len(classes) > MOST_CELLS:
            raise InputError(
                f"{source.name}: {source.records:,} records of {len(classes):,} classes; records"
                f" times classes are at most {MOST_CELLS:,}, so give a random sample"
            )
        codes = label.of(classes)
        self.problems.rows(
            (label.codes >= 0) & (codes < 0),
            self.columns.label,
            f"is no class that there is a probability of ({', '.join(map(clip, classes[:8]))})",
        )
        probability = self._probability(likely, named, classes)
        self.problems.over()  # what follows rests on these
        found = Predictions(
            source.name,
            source.digest,
            source.place,
            replace(self.columns, groups=tuple(named["groups"])),
            classes,
            self._favourable(classes),
            codes,
            probability,
            self._predicted(values, named, classes, probability),
            member,
            groups,
            self._runs(values, named["run"]),
            self._ids(values, named["id"]),
            *self._references(values, named["references"]),
        )
        self._not_a_score(found, named)
        self.problems.over()
        return found

    def _named(self) -> dict[str, list[str]]:
        """Return which columns there are for each role."""
        there, given = self.source.columns, self.columns
        default = Columns()

        def one(role: str) -> list[str]:
            name: str = getattr(given, role)
            if name not in there and (name != getattr(default, role) or role == "label"):
                raise InputError(
                    f"{self.source.name}: no column for {ROLES[role]}:"
                    f" {UnknownName('column', name, there)}; name it with --{role} COLUMN"
                )
            return [name] if name in there else []

        def many(role: str) -> list[str]:
            start: str = getattr(given, role)
            found = [name for name in there if name.startswith(start) and name != start]
            if not found and start != getattr(default, role):
                raise InputError(
                    f"{self.source.name}: no column begins with {clip(start)!r};"
                    f" --{role} takes what the names of {ROLES[role]} begin with"
                )
            return found

        for name in given.groups:
            if name not in there:
                raise InputError(f"{self.source.name}: {UnknownName('column', name, there)}")
        groups = given.groups or tuple(name for name in there if is_group(name))
        roles = {role: one(role) for role in ("label", "member", "run", "id")}
        roles |= {"references": many("references"), "groups": list(dict.fromkeys(groups))}
        if not self.answered:
            return {**roles, "score": [], "probabilities": [], "predicted": roles["label"]}
        roles |= {"score": one("score"), "predicted": one("predicted")}
        roles["probabilities"] = many("probabilities")
        if roles["score"] and roles["probabilities"]:
            first = roles["probabilities"][0]
            raise InputError(
                f"{self.source.name}: there is a score ({clip(roles['score'][0])}) and there are"
                f" probabilities ({clip(first)}, …); leave one of them out"
            )
        if not (roles["score"] or roles["probabilities"] or roles["predicted"]):
            raise InputError(
                f"{self.source.name}: no column {clip(given.score)} (probability of the positive"
                f" class), none that begins with {clip(given.probabilities)} (one for each class),"
                f" and no column {clip(given.predicted)}; name the one that holds the model's"
                " answer"
                f" with --score, --probabilities or --predicted"
            )
        return roles

    def _attributes(self, columns: list[str]) -> dict[str, str]:
        """Return the column of each sensitive attribute, by the attribute's name."""
        short = [name.removeprefix(GROUP) for name in columns]
        plain = not self.columns.groups and len(set(short)) == len(columns)
        return dict(zip(short if plain else columns, columns, strict=True))

    def _levels(
        self,
        values: dict[str, NDArray[Any]],
        name: str,
        what: str,
        most: int,
        *,
        missing: bool = False,
    ) -> Levels:
        """Return a column of few values."""
        found = levels(values[name])
        if not missing:
            self.problems.rows(
                found.codes < 0, name, "is missing; fill it in, or leave the record out"
            )
        if len(found.names) > most:
            self.problems.column(
                name,
                f"has {len(found.names):,} different values, and a {what} has at most {most:,};"
                " is it"
                " another column, or a number that should be put into bins?",
            )
        return found

    def _classes(self, label: Levels, probabilities: list[str], scored: bool) -> tuple[str, ...]:
        """Return the classes in order, of two the positive one last."""
        start, positive = len(self.columns.probabilities), self.columns.positive
        classes = label.names
        if probabilities:
            named = np.array([name[start:] for name in probabilities], dtype=object)
            classes = levels(named).names
            if len(classes) < len(probabilities):
                self.problems.column(
                    f"{self.columns.probabilities}…",
                    "two columns are of the same class; remove one",
                )
            if len(classes) == 1:
                self.problems.column(
                    probabilities[0],
                    "is the probability of the only class; give one for each class",
                )
        if len(set(label.names)) < 2:
            self.problems.column(
                self.columns.label,
                f"is always {clip(label.names[0]) if label.names else 'missing'}; a model of a"
                " single"
                " class tells nothing apart",
            )
        if scored and len(classes) > 2:
            self.problems.column(
                self.columns.score,
                f"is one number, and there are {len(classes)} classes; give the probability of"
                " each,"
                f" in columns {self.columns.probabilities}CLASS",
            )
        self.problems.over()
        if positive is not None:
            wanted = canonical(positive)
            if wanted not in classes:
                raise InputError(f"{self.source.name}: {UnknownName('class', positive, classes)}")
            if len(classes) == 2 and classes[0] == wanted:
                return classes[::-1]
        elif scored and tuple(each.casefold() for each in classes) not in _POSITIVE:
            raise InputError(
                f"{self.source.name}: which class is {clip(self.columns.score)} the probability of?"
                f" --positive {' or --positive '.join(map(clip, classes))}"
            )
        return classes

    def _favourable(self, classes: tuple[str, ...]) -> str | None:
        if self.columns.positive is not None:
            return canonical(self.columns.positive)
        return classes[-1] if len(classes) == 2 else None

    def _probability(
        self,
        likely: dict[str, NDArray[np.float64]],
        named: dict[str, list[str]],
        classes: tuple[str, ...],
    ) -> NDArray[np.float64] | None:
        if named["score"]:
            score = likely[named["score"][0]]
            return np.stack([1 - score, score], axis=1)
        if not named["probabilities"]:
            return None
        start = len(self.columns.probabilities)
        column = {canonical(name[start:]): name for name in named["probabilities"]}
        found = np.stack([likely[column[each]] for each in classes], axis=1)
        total = found.sum(1)
        self.problems.rows(
            np.isfinite(total) & (np.abs(total - 1) > SUM),
            f"{self.columns.probabilities}…",
            "the probabilities of the classes should add up to 1",
            total,
        )
        return found

    def _unit(self, values: dict[str, NDArray[Any]], name: str) -> NDArray[np.float64]:
        """Return a column of numbers from 0 to 1."""
        found = self._numbers(values[name], name)
        with np.errstate(invalid="ignore"):
            wrong = np.isfinite(found) & ((found < 0) | (found > 1))
        self.problems.rows(
            wrong, name, "should be a probability from 0 to 1 (of a logit, the sigmoid)", found
        )
        return found

    def _numbers(self, column: NDArray[Any], name: str) -> NDArray[np.float64]:
        """Return a column as numbers; what is none is a problem, and NaN."""
        if column.dtype.kind == "f":
            self.problems.rows(
                ~np.isfinite(column), name, "should be a number, and is missing or infinite", column
            )
            return np.asarray(column, np.float64)
        found = numbers_of(column)
        missing = np.array([each is None for each in column])
        self.problems.rows(missing, name, "is missing; fill it in, or leave the record out")
        self.problems.rows(~missing & ~np.isfinite(found), name, "should be a number", column)
        return found

    def _predicted(
        self,
        values: dict[str, NDArray[Any]],
        named: dict[str, list[str]],
        classes: tuple[str, ...],
        probability: NDArray[np.float64] | None,
    ) -> NDArray[np.int64]:
        if probability is not None and not named["predicted"]:
            return np.asarray(probability.argmax(1), np.int64)
        (name,) = named["predicted"]
        found = levels(values[name])
        codes = found.of(classes)
        told = ", ".join(map(clip, classes[:8]))
        self.problems.rows(codes < 0, name, f"should be one of the classes ({told})", values[name])
        return codes

    def _member(
        self, values: dict[str, NDArray[Any]], named: list[str], name: str
    ) -> NDArray[np.bool_] | None:
        if not named:
            return None
        found = levels(values[name])
        known = np.array(
            [*(_MEMBER.get(each.casefold(), -1) for each in found.names), -1], np.int64
        )
        told = known[found.codes]
        self.problems.rows(
            told < 0, name, "should be true or false, 1 or 0, train or test", values[name]
        )
        return np.asarray(told == 1)

    def _runs(self, values: dict[str, NDArray[Any]], named: list[str]) -> Levels:
        if not named:
            return Levels(("",), np.zeros(self.source.records, np.int64))
        return self._levels(values, self.columns.run, "run", MOST_RUNS)

    def _ids(self, values: dict[str, NDArray[Any]], named: list[str]) -> Levels | None:
        if not named:
            return None
        found = levels(values[self.columns.id])
        self.problems.rows(found.codes < 0, self.columns.id, "is missing; fill it in")
        names = tuple(sorted(found.names))
        return Levels(names, found.of(names))

    def _references(
        self, values: dict[str, NDArray[Any]], named: list[str]
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_] | None]:
        models = [name for name in named if not name.endswith("_member")]
        if not models:
            return None, None
        likely = np.stack([self._unit(values, name) for name in models])
        beside = [f"{name}_member" for name in models]
        there = [name for name in beside if name in named]
        if not there:
            return likely, None
        for name in beside:
            if name not in there:
                self.problems.column(
                    name,
                    f"is not there, but {clip(there[0])} is; give one for each reference model",
                )
        self.problems.over()
        inside = [self._member(values, [name], name) for name in beside]
        return likely, np.stack([each for each in inside if each is not None])

    def _not_a_score(self, found: Predictions, named: dict[str, list[str]]) -> None:
        """Refuse references that say how likely the positive class is, not the true one."""
        if found.reference is None or found.probability is None or not named["score"]:
            return
        score, ours = found.probability[:, 1], true_class(found.probability, found.label)
        theirs = found.reference.mean(0)
        if np.abs(theirs - score).mean() < 0.5 * np.abs(theirs - ours).mean():
            self.problems.column(
                f"{self.columns.references}…",
                "looks like the probability of the positive class; give that of the record's true"
                f" class: 1 − it where {clip(self.columns.label)} is {clip(found.classes[0])}",
            )


def true_class(probability: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of each record's true class: (records,)."""
    return probability[np.arange(len(label)), label]


ROLES: Final = {
    "label": "the true class",
    "score": "the probability of the positive class",
    "probabilities": "the classes' probabilities",
    "predicted": "the class that is answered",
    "member": "membership",
    "run": "the run",
    "id": "the record",
    "references": "reference models",
}
"""What columns are of, by the name of their option."""
