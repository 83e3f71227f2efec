"""Pooled effects: what a defense does to a risk, over several data sets or models.

A result becomes a `Study`, studies that can be compared become a `Pool`. Nothing is pooled that is
evidence of nothing, and nothing that shares data with another result; both are listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast, get_args

from ..statistics.intervals import LEVEL, Effect, Outcome, outcome
from ..statistics.random_effects import Summary, standard_error, summarised
from .outcomes import INVALID
from .repeats import draws_of

if TYPE_CHECKING:
    from . import pool_types as shapes

__all__ = ["OVER", "Left", "Over", "Pool", "Study", "pool_documents", "pools", "study"]

Over = Literal["data", "model"]
"""What the results of a pool differ in."""
OVER: Final[tuple[Over, ...]] = get_args(Over)

_GENERATED: Final = "synthetic"
"""The data set whose records a seed makes: under other seeds it shares none."""
_OF_THE_DATA: Final = frozenset({"attribute"})
"""Settings that name a part of a data set: they are never the same in two."""
_OF_THE_RUN: Final = frozenset({"records", "sampling"})
"""Training settings that follow from the size of the data and from the defense."""
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
        """Whether both may have records in common: then they are no two data sets."""
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
    cells: dict[str, list[Study]] = {}
    for each in {one.result: one for one in studies}.values():
        cells.setdefault(_cell(each, over), []).append(each)
    return [_pool(each, over) for each in cells.values()]


def _generated(document: Mapping[str, Any]) -> frozenset[int] | None:
    if document["scale"]["dataset"] != _GENERATED:
        return None
    drawn = document.get("draws")
    made = [each["settings"] for each in drawn] if isinstance(drawn, list) else []
    seeds = [each.get("seed") for each in made or [document["settings"]["data"]]]
    return frozenset(seeds) if all(isinstance(seed, int) for seed in seeds) else None


def _unsound(document: Mapping[str, Any]) -> str:
    if document["outcome"] in INVALID:
        said = document["outcome"].replace("_", " ")
        return f"{said}: {void}" if (void := document.get("void")) else said
    if document["effective_defense"] is False:
        did = document["effectiveness"]
        return f"the defense was not effective: {did['name']}, needed {did['needed']}"
    return ""


def _cell(found: Study, over: Over) -> str:
    """Return what studies have in common that compare."""
    same = {name: _settings(found, name) for name in ("training", "defense", "attack")}
    of = found.model if over == "data" else [found.dataset, found.settings["data"]]
    judged = [found.metric, found.worse_when, found.smallest]
    return json.dumps([found.defense, found.risk, *judged, same, of], sort_keys=True)


def _settings(found: Study, name: str) -> dict[str, Any]:
    """Return the settings that are to be the same."""
    free = {"training": _OF_THE_RUN, "data": frozenset[str]()}.get(name, _OF_THE_DATA)
    return {key: value for key, value in found.settings[name].items() if key not in free}


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
            what = "data" if over == "data" else "model"
            left.append(
                Left(each, f"of the same {what} as result {same.result[:12]}, which counts instead")
            )
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


def pool_documents(found: Sequence[Pool]) -> list[shapes.Pool]:
    """Return pools, ready for JSON; each says by which settings it differs from its pair's others.

    Parameters
    ----------
    found : sequence of Pool
        As `pools` returns them.
    """
    pairs: dict[tuple[str, str], list[Pool]] = {}
    for each in found:
        pairs.setdefault(_pair(each), []).append(each)
    return [_document(each, _differing(each, pairs[_pair(each)])) for each in found]


def _pair(found: Pool) -> tuple[str, str]:
    return found.all[0].defense, found.all[0].risk


def _differing(found: Pool, of_the_pair: Sequence[Pool]) -> list[str]:
    """Return the settings of a pool that are not those of all others of the pair."""
    others = [_common(each.all[0], each.over) for each in of_the_pair if each is not found]
    return [
        f"{name}={value}"
        for name, value in _common(found.all[0], found.over).items()
        if any(each.get(name, value) != value for each in others)
    ]


def _common(found: Study, over: Over) -> dict[str, Any]:
    """Return what the studies of a pool have in common, by name."""
    same = {"model": found.model} if over == "data" else {"dataset": found.dataset}
    groups = ("training", "defense", "attack") if over == "data" else tuple(found.settings)
    own = {
        f"{group}.{name}": value
        for group in groups
        for name, value in _settings(found, group).items()
    }
    return {**same, "metric": found.metric, **own}


def _document(found: Pool, differing: list[str]) -> shapes.Pool:
    first, summary = found.all[0], found.summary
    weights = summary.weights if summary else (1.0,) * len(found.studies)
    labels = _labels(found)
    return {
        "over": found.over,
        "defense": first.defense,
        "risk": first.risk,
        "conjecture": (found.studies or found.all)[-1].conjecture,
        "metric": first.metric,
        "name": first.name,
        "worse_when": first.worse_when,
        "smallest_effect": first.smallest,
        "common": _common(first, found.over),
        "differing": differing,
        "studies": [
            {**_study(each, label), "standard_error": each.error, "weight": weight}
            for each, label, weight in zip(found.studies, labels, weights, strict=False)
        ],
        "left_out": [
            {**_study(each.study, label), "reason": each.reason}
            for each, label in zip(found.left, labels[len(found.studies) :], strict=True)
        ],
        "effect": _effect(found),
        "prediction": _prediction(summary),
        "heterogeneity": _heterogeneity(summary),
        "outcome": found.outcome,
    }


def _effect(found: Pool) -> shapes.PooledEffect | None:
    of = found.summary or next(iter(found.studies), None)
    if of is None:
        return None
    return {
        "estimate": of.estimate,
        "low": of.low,
        "high": of.high,
        "level": LEVEL,
        "standard_error": of.error,
    }


def _prediction(found: Summary | None) -> shapes.Range | None:
    if found is None or found.prediction is None:
        return None
    return {"low": found.prediction[0], "high": found.prediction[1]}


def _heterogeneity(found: Summary | None) -> shapes.Heterogeneity | None:
    if found is None:
        return None
    of = found.heterogeneity
    return {
        "tau": of.tau_squared**0.5,
        "tau_squared": of.tau_squared,
        "i_squared": of.i_squared,
        "q": of.q,
        "degrees_of_freedom": len(found.weights) - 1,
        "p_value": of.p_value,
    }


def _study(found: Study, label: str) -> shapes.Result:
    return {
        "result": found.result,
        "label": label,
        "dataset": found.dataset,
        "model": found.model,
        "data": dict(found.settings["data"]),
        "draws": found.draws,
        "seeds": found.seeds,
        "outcome": found.outcome,
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
    }


def _labels(found: Pool) -> list[str]:
    """Return what tells the studies of a pool apart: names, and data settings that differ."""
    if found.over == "model":
        return [each.model for each in found.all]
    return [_label(each, [e for e in found.all if e.dataset == each.dataset]) for each in found.all]


def _label(found: Study, of_that_name: Sequence[Study]) -> str:
    own = found.settings["data"]
    differing = [
        f"{name}={value}"
        for name, value in own.items()
        if any(each.settings["data"].get(name) != value for each in of_that_name)
    ]
    return " ".join([found.dataset, *differing])
