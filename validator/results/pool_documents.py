"""Documents of pooled effects, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..statistics.intervals import LEVEL
from ..statistics.random_effects import Summary
from .pools import Pool, Study, common

if TYPE_CHECKING:
    from . import pool_types as shapes

__all__ = ["pool_documents"]


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
    others = [common(each.all[0], each.over) for each in of_the_pair if each is not found]
    return [
        f"{name}={value}"
        for name, value in common(found.all[0], found.over).items()
        if any(each.get(name) != value for each in others)
    ]


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
        "common": common(first, found.over),
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
