"""Audits: what the predictions of models that exist show, before and after a change."""

from __future__ import annotations

import os
import platform
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError

from ..results.store import Store, address
from . import _bootstrap
from ._judge import Judge
from ._predictions import Columns, Predictions, read
from ._prior import Prior
from ._runs import paired
from ._sources import opened
from .subjects import SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crosscurrent.knowledge import KnowledgeBase

    from . import document_types as shapes
    from .subjects import Subject

    Given = str | os.PathLike[str] | Mapping[str, ArrayLike]

__all__ = ["audit"]

RULES: Final = 1
"""The version of the rules by which audits are judged, part of what one is kept under."""
RESAMPLES: Final = 1000
MOST_RESAMPLES: Final = 100_000
_NEEDS: Final = {
    "evasion": "the model itself, or its answers to records that an attacker alters",
    "poisoning": "models trained with and without poisoned records (crosscurrent validate)",
    "unauthorized_model_ownership": "the model's answers to an attacker's own records",
    "data_reconstruction": "the model itself",
    "distribution_inference": "models trained on data of different composition"
    " (crosscurrent validate)",
}
"""What the risks need that no predictions show."""


def audit(
    kb: KnowledgeBase,
    before: Given,
    after: Given | None = None,
    *,
    defense: str | None = None,
    columns: Columns | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    store: Store | None = None,
    knowledge: Sequence[str] = (),
) -> shapes.Audit:
    """Measure what predictions show of a model, or of what a change did to it.

    Parameters
    ----------
    kb : KnowledgeBase
        Of which it is known what is predicted.
    before, after : path or mapping of arrays
        CSV, Parquet or NPZ files, or arrays by name, of the same records in the same order, or
        with ids. Without `after`, one model is looked at.
    defense : str, optional
        What the change is, by id, code or alias, such as ``RD2@post``; or ``placebo``.
    columns : Columns, optional
        What the columns are called.
    resamples : int
        Of the bootstrap over records, 100 to `MOST_RESAMPLES`.
    seed : int
        Of all randomness, from 0.
    store : Store, optional
        Where the result is kept; by default nowhere.
    knowledge : sequence of str
        Folders of the user's own knowledge, which the command in the result names.

    Raises
    ------
    InputError
        Anything that cannot be read or compared, every problem with its place.
    """
    given = Columns() if columns is None else columns
    if not 100 <= resamples <= MOST_RESAMPLES:
        raise InputError(f"--resamples {resamples}: should be 100 to {MOST_RESAMPLES}")
    if seed < 0:
        raise InputError(f"--seed {seed}: should be 0 or more")
    if defense is not None and after is None:
        raise InputError(
            "--defense says what the change between two models is: give the predictions with it too"
        )
    prior = Prior.of(kb, defense)
    files = [read(opened(each), given) for each in (before, after) if each is not None]
    runs = paired(*files)
    asked = [each for kind in SUBJECTS for each in kind.all_of(runs, seed)]
    lacking = [(each, each.lacks()) for each in asked]
    subjects = [each for each, needs in lacking if needs is None]
    values = _bootstrap.measured(subjects, runs, count=resamples, seed=seed)
    judged_ = Judge(prior, runs, subjects, values)
    found = [judged_.measured(place) for place in range(len(subjects))]
    recipe = {
        "rules": RULES,
        "files": [each.digest for each in files],
        "columns": asdict(given),
        "resamples": resamples,
        "seed": seed,
        "defense": prior.name,
        "prior": [[each["conjecture"], each["expected"], each["prediction"]] for each in found],
    }
    verdicts = Counter(str(each["verdict"]) for each in found if each["expected"] is not None)
    document: shapes.Audit = {
        "id": address(recipe),
        "kind": "audit",
        "defense": prior.name,
        "effective_defense": judged_.effective,
        "models": [
            _model(arm, file) for arm, file in zip(("before", "after"), files, strict=False)
        ],
        "runs": list(runs.names) if runs.names != ("",) else [],
        "classes": list(runs.classes),
        "favourable": None if runs.favourable is None else runs.classes[runs.favourable],
        "measured": found,
        "not_measured": _lacking(lacking, kb),
        "verdicts": None if prior.defense is None else dict(sorted(verdicts.items())),
        "settings": {"resamples": resamples, "seed": seed, "columns": _changed(given)},
        "knowledge": kb.digest,
        "software": _software(),
        "command": _command(before, after, defense, given, resamples, seed, knowledge),
    }
    if store is not None:
        store.keep_experiment(document["id"], document, [])
    return document


def _lacking(
    asked: Sequence[tuple[Subject, str | None]], kb: KnowledgeBase
) -> list[shapes.Lacking]:
    """Return what was not measured: for want of columns, and since no predictions show it."""
    found: list[shapes.Lacking] = [
        {"subject": each.id, "attribute": each.attribute or None, "needs": needs}
        for each, needs in asked
        if needs is not None
    ]
    return found + [
        {"subject": risk, "attribute": None, "needs": _NEEDS[risk]}
        for risk in kb.risks
        if risk in _NEEDS
    ]


def _model(arm: Any, file: Predictions) -> shapes.AuditedModel:
    return {
        "arm": arm,
        "file": file.name,
        "digest": file.digest,
        "records": file.records,
        "members": None if file.member is None else int(file.member.sum()),
        "reference_models": 0 if file.reference is None else len(file.reference),
    }


def _changed(columns: Columns) -> dict[str, Any]:
    """Return the columns that are not called as by default."""
    default = Columns()
    return {
        each.name: list(value) if isinstance(value, tuple) else value
        for each in fields(Columns)
        if (value := getattr(columns, each.name)) != getattr(default, each.name)
    }


def _command(
    before: Given,
    after: Given | None,
    defense: str | None,
    columns: Columns,
    resamples: int,
    seed: int,
    knowledge: Sequence[str],
) -> str:
    """Return the command line that gives the result again; empty of arrays."""
    files = [each for each in (before, after) if each is not None]
    if any(isinstance(each, Mapping) for each in files):
        return ""
    words = ["crosscurrent", "audit", *(os.fspath(each) for each in files)]  # type: ignore[arg-type]
    if defense is not None:
        words += ["--defense", defense]
    for name, value in _changed(columns).items():
        flag = "--group" if name == "groups" else f"--{name}"
        for each in value if isinstance(value, list) else [value]:
            words += [flag, str(each)]
    for flag, number, default in (("--resamples", resamples, RESAMPLES), ("--seed", seed, 0)):
        words += [flag, str(number)] * (number != default)
    for folder in knowledge:
        words += ["--knowledge", folder]
    return shlex.join(words)


def _software() -> dict[str, str]:
    """Return the versions that a result was judged with."""
    import scipy
    import sklearn

    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
