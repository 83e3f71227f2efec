"""Pooled effects: what a defense does to a risk, over several data sets or models.

A result becomes a `Study`, studies that can be compared become a `Pool`. Nothing is pooled that is
evidence of nothing, and nothing that shares data with another result; both are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from ..statistics.intervals import LEVEL, Effect, Outcome, outcome
from ..statistics.random_effects import Summary, standard_error, summarised
from .outcomes import INVALID, PLACEBO, sound
from .repeats import draws_of

__all__ = ["OVER", "Left", "Over", "Pool", "Study", "common", "pools", "study"]

Over = Literal["data", "model"]
"""What the results of a pool differ in."""
OVER: Final[tuple[Over, ...]] = get_args(Over)

_GENERATED: Final = "synthetic"
"""The data set whose records a seed makes: under other seeds it shares none."""
_FREE: Final[Mapping[str, frozenset[str]]] = {
    "data": frozenset(),
    "training": frozenset({"records", "sampling"}),  # by the size of the data, and the defense
    "defense": frozenset({"attribute"}),  # a part of a data set: never the same in two
    "attack": frozenset({"attribute"}),
}
"""Settings by which no results are told apart, by group."""
_DIGEST: Final = len("sha256:") + 12
"""Characters that tell data sets apart."""
_SAME: Final[Mapping[Over, str]] = {
    "data": "of a data set of the same name",
    "model": "of the same model",
}
_NO_ERROR: Final = 1e-9
"""Standard error, in the smallest effect of interest, that is none: no weight follows from it."""


@dataclass(frozen=True)
class Study:
    """A result of one defense and one risk, with all that pooling needs of it.

    Attributes
    ----------
    result : str
        Its id.
    defense, risk, conjecture, outcome : str
        As the result has them; the defense with its stage if that is not the usual one.
    metric, name, worse_when : str
        In what the effect is, and which way is worse.
    smallest : float
        The smallest effect of interest, in that unit.
    estimate, low, high : float
        The effect, towards more susceptible, with its interval.
    count : int
        Of how many differences it is.
    dataset, model : str
        On what, and with what.
    digest : str
        Where the digest of the records of the first draw begins; empty: it is not known.
    draws, seeds : int
        How many draws of the data, and seeds on each.
    settings : mapping of str to mapping
        Of ``data``, ``training``, ``defense`` and ``attack``, by name.
    generated : frozenset of int or None
        The seeds that generated the data; None of a data set that is given.
    unsound : str
        Why it is evidence of nothing; empty if it is.
    """

    result: str
    defense: str
    risk: str
    conjecture: str
    outcome: str
    metric: str
    name: str
    worse_when: Literal["higher", "lower"]
    smallest: float
    estimate: float
    low: float
    high: float
    count: int
    dataset: str
    model: str
    digest: str
    draws: int
    seeds: int
    settings: Mapping[str, Mapping[str, Any]]
    generated: frozenset[int] | None
    unsound: str

    @cached_property
    def error(self) -> float:
        """Standard error that the interval stands for, 0 or more."""
        return standard_error(self.low, self.high, self.estimate, self.count, LEVEL)

    def shares_data(self, other: Study) -> bool:
        """Whether both may have records in common: then they are no two data sets.

        Data sets of one name may, since a sample of a table has another digest than the table.
        """
        if self.dataset != other.dataset:
            return False
        return (
            self.generated is None
            or other.generated is None
            or bool(self.generated & other.generated)
        )


class Left(NamedTuple):
    """A study that is not pooled, and why."""

    study: Study
    reason: str


@dataclass(frozen=True)
class Pool:
    """Studies that compare, and their mean effect.

    Attributes
    ----------
    over : str
        What they differ in: ``data`` or ``model``.
    studies : tuple of Study
        Those that count: no two of the same data set, or model.
    left : tuple of Left
        Those that do not.
    summary : Summary or None
        The mean effect, and how much the studies differ; None of fewer than two.
    """

    over: Over
    studies: tuple[Study, ...]
    left: tuple[Left, ...]
    summary: Summary | None

    @property
    def all(self) -> tuple[Study, ...]:
        """Every study, those that count first."""
        return (*self.studies, *(each.study for each in self.left))

    @property
    def outcome(self) -> Outcome | None:
        """What the interval of the mean shows; of one study what that shows, of none None."""
        if self.summary is None:
            return cast("Outcome", self.studies[0].outcome) if self.studies else None
        found = self.summary
        smallest = self.studies[0].smallest
        return outcome(Effect(found.estimate, found.low, found.high, ()), smallest)


def study(document: Mapping[str, Any]) -> Study:
    """Return a result as pooling sees it.

    Parameters
    ----------
    document : mapping
        Of one defense and one risk, as ``crosscurrent validate --json`` gives it.
    """
    effect, scale, settings = (document[key] for key in ("effect", "scale", "settings"))
    return Study(
        result=document["id"],
        defense=document["defense"],
        risk=document["risk"],
        conjecture=document["conjecture"],
        outcome=document["outcome"],
        metric=effect["metric"],
        name=effect["name"],
        worse_when=effect["worse_when"],
        smallest=effect["smallest_effect"],
        estimate=effect["estimate"],
        low=effect["low"],
        high=effect["high"],
        count=len(effect["differences"]),
        dataset=scale["dataset"],
        model=scale["model"],
        digest=_digest(document),
        draws=draws_of(document),
        seeds=len(document["seeds"]),
        settings={name: dict(settings[name]) for name in ("data", "training", "defense", "attack")},
        generated=_generated(document),
        unsound=_unsound(document),
    )


def pools(studies: Iterable[Study], over: Over = "data") -> list[Pool]:
    """Pool studies cell by cell.

    Studies compare if they are of the same defense and risk, judged by the same metric in the same
    direction, by the same adversary (the same settings of the attack), of a defense and a training
    that are set the same, and with the same model; over models, on the same data instead. A data
    set counts once: where there are several results, the one with the most draws does, then the one
    with the most seeds, then the latest. Generated data are the same if a seed is.

    Parameters
    ----------
    studies : iterable of Study
        The latest last; a result that is there twice is one.
    over : str
        ``data`` or ``model``.

    Returns
    -------
    list of Pool
        In the order in which their first study comes.
    """
    cells: dict[object, list[Study]] = {}
    for each in {one.result: one for one in studies}.values():
        cell = each.defense, each.risk, frozenset(common(each, over).items())
        cells.setdefault(cell, []).append(each)
    return [_pool(each, over) for each in cells.values()]


def common(found: Study, over: Over) -> dict[str, Any]:
    """Return what results of a defense and a risk have in common that compare, by name."""
    same: dict[str, Any] = {"model": found.model}
    if over == "model":
        same = {"dataset": found.dataset} | ({"digest": found.digest} if found.digest else {})
    groups = ("training", "defense", "attack") if over == "data" else tuple(found.settings)
    own = {
        f"{group}.{name}": value
        for group in groups
        for name, value in found.settings[group].items()
        if name not in _FREE[group]
    }
    judged = {
        "metric": found.metric,
        "worse_when": found.worse_when,
        "smallest_effect": found.smallest,
    }
    return {**same, **judged, **own}


def _generated(document: Mapping[str, Any]) -> frozenset[int] | None:
    if document["scale"]["dataset"] != _GENERATED:
        return None
    drawn = document.get("draws")
    made = [each["settings"] for each in drawn] if isinstance(drawn, list) else []
    seeds = [each.get("seed") for each in made or [document["settings"]["data"]]]
    return frozenset(seeds) if all(isinstance(seed, int) for seed in seeds) else None


def _digest(document: Mapping[str, Any]) -> str:
    drawn = document.get("draws")
    first: Mapping[str, Any] = drawn[0] if isinstance(drawn, list) and drawn else {}
    return str(first.get("digest", ""))[:_DIGEST]


def _unsound(document: Mapping[str, Any]) -> str:
    """Say why a result is evidence of nothing; a placebo has nothing to be effective at."""
    if document["outcome"] in INVALID:
        said = document["outcome"].replace("_", " ")
        return f"{said}: {void}" if (void := document.get("void")) else said
    if sound(document) or document["defense"] == PLACEBO:
        return ""
    if (did := document["effectiveness"]) is None:
        return "whether the defense was effective is not known"
    return f"the defense was not effective: {did['name']}, needed {did['needed']}"


def _pool(found: Sequence[Study], over: Over) -> Pool:
    left: list[Left] = []
    counted: list[Study] = []
    latest_first = list(reversed(found))
    for each in sorted(latest_first, key=lambda one: (-one.draws, -one.seeds)):
        if each.unsound:
            left.append(Left(each, each.unsound))
        elif each.error < _NO_ERROR * each.smallest:
            left.append(Left(each, "all differences are the same, so that no error is known"))
        elif (same := next((one for one in counted if _again(each, one, over)), None)) is not None:
            as_ = f"as result {same.result[:12]}, which counts instead"
            left.append(Left(each, f"{_SAME[over]} {as_}"))
        else:
            counted.append(each)
    place = {id(each): i for i, each in enumerate(found)}
    studies = tuple(sorted(counted, key=lambda one: place[id(one)]))
    left.sort(key=lambda one: place[id(one.study)])
    summary = None
    if len(studies) > 1:
        summary = summarised([e.estimate for e in studies], [e.error for e in studies])
    return Pool(over, studies, tuple(left), summary)


def _again(one: Study, other: Study, over: Over) -> bool:
    return one.shares_data(other) if over == "data" else one.model == other.model
