"""Predictions to audit: simulated models with a leak and a gap of known size, and real forests."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrays", "forest", "references", "simulated", "stacked", "write_csv"]

Arrays = dict[str, NDArray[Any]]


def simulated(
    seed: int = 0, *, records: int = 2000, leak: float = 0.0, gap: float = 0.0, told: float = 0.0
) -> Arrays:
    """Simulate a model.

    Parameters
    ----------
    seed : int
        Of what differs between trained models; the records are always the same.
    records : int
        How many; half of them are members.
    leak : float
        How much surer the model is of the true class of members, in its logit.
    gap : float
        By how much it favours the second group, in its logit.
    told : float
        How much further from 0 the logit of the second group is, which no threshold sees.
    """
    fixed, own = np.random.default_rng(7), np.random.default_rng([seed, 1])
    label = (fixed.random(records) < 0.5).astype(np.int64)
    group = (fixed.random(records) < 0.5).astype(np.int64)
    member = fixed.permutation(np.arange(records) % 2 == 0)
    side = 2 * label - 1
    logit = fixed.normal(size=records) + 1.3 * side + 0.2 * own.normal(size=records)
    logit += leak * member * side + gap * group
    logit *= 1 + told * group
    return {
        "label": label,
        "score": 1 / (1 + np.exp(-logit)),
        "member": member,
        "group_sex": np.where(group == 1, "male", "female"),
    }


def references(target: Arrays, models: int, seed: int = 3) -> Arrays:
    """Return simulated reference models, where half of them were trained on each record."""
    draw = np.random.default_rng(seed)
    count = len(target["label"])
    members = draw.random((models, count)).argsort(0) < models // 2
    side = 2 * target["label"] - 1
    base = np.random.default_rng(11).normal(size=count)
    seen = [
        1 / (1 + np.exp(-(side * base + 1.3 + 0.3 * draw.normal(size=count) + inside)))
        for inside in members
    ]
    logit = side * base + 1.3 + 0.3 * draw.normal(size=count) + target["member"]
    true = 1 / (1 + np.exp(-logit))
    return {
        **target,
        "score": np.where(side > 0, true, 1 - true),
        "references": np.stack(seen, axis=1),
        "reference_members": members.T,
    }


def forest(seed: int, leaf: int, records: int = 3000) -> Arrays:
    """Return the predictions of a random forest on made-up records; small leaves memorise."""
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    x, y = make_classification(records, 10, n_informative=6, flip_y=0.1, random_state=5)
    member = np.arange(records) % 2 == 0
    model = RandomForestClassifier(40, min_samples_leaf=leaf, random_state=seed)
    model.fit(x[member], y[member])
    return {
        "label": y,
        "score": model.predict_proba(x)[:, 1],
        "member": member,
    }


def stacked(*runs: Arrays) -> Arrays:
    """Return several runs in one, numbered from 1."""
    found = {name: np.concatenate([each[name] for each in runs]) for name in runs[0]}
    sizes = [len(each["label"]) for each in runs]
    return {**found, "run": np.repeat(np.arange(1, len(runs) + 1), sizes)}


def write_csv(file: Path, arrays: Arrays) -> Path:
    """Write arrays as the columns of a CSV file."""
    with open(file, "w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(arrays)
        writer.writerows(zip(*(each.tolist() for each in arrays.values()), strict=True))
    return file
