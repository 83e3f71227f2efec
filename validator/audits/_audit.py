"""Audits: what models that exist, or their predictions, show before and after a change."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError

from ..results.store import Store, address
from . import _bootstrap
from ._asked import Asked, asked
from ._columns import Columns
from ._command import FLAGS, RESAMPLES, changed, command
from ._data import Data
from ._judge import Judge
from ._predictions import Predictions, read
from ._prior import Prior
from ._runs import paired
from ._sources import opened, require_ending
from .models import ModelSettings, is_model, opened_model
from .subjects import SUBJECTS, AsksModel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crosscurrent.knowledge import KnowledgeBase

    from . import document_types as shapes
    from .subjects import Subject

    Given = str | os.PathLike[str] | Mapping[str, ArrayLike] | Any

__all__ = ["audit"]

RULES: Final = 1
"""The version of the rules by which audits are judged, part of what one is kept under."""
MOST_RESAMPLES: Final = 100_000
_NEEDS: Final = {
    "poisoning": "models trained with and without poisoned records (crosscurrent validate)",
    "data_reconstruction": "records that are rebuilt from the model (crosscurrent validate)",
    "distribution_inference": "models trained on data of different composition"
    " (crosscurrent validate)",
}
"""What the risks need that no predictions show."""


def audit(
    kb: KnowledgeBase,
    before: Given,
    after: Given | None = None,
    *,
    data: Data | None = None,
    defense: str | None = None,
    columns: Columns | None = None,
    settings: ModelSettings | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    store: Store | None = None,
    knowledge: Sequence[str] = (),
) -> shapes.Audit:
    """Measure what a model, or its predictions, show; or what a change did to it.

    Parameters
    ----------
    kb : KnowledgeBase
        Of which it is known what is predicted.
    before, after : path, mapping of arrays, or model
        CSV, Parquet or NPZ files of predictions, or arrays by name, of the same records in the same
        order, or with ids; or models, as `models.opened_model` takes them. Without `after`, one
        model is looked at.
    data : Data, optional
        Records that models are asked about.
    defense : str, optional
        What the change is, by id, code or alias, such as ``RD2@post``; or ``placebo``.
    columns : Columns, optional
        What the columns are called.
    settings : ModelSettings, optional
        With which models are loaded and asked.
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
    models = ModelSettings() if settings is None else settings
    records = Data() if data is None else data
    named = [each for each in (before, after) if each is not None]
    answers = _asked(named, records, given, models)
    files = [
        read(opened(each), given) if answer is None else answer.predictions
        for each, answer in zip(named, answers, strict=True)
    ]
    runs = paired(*files)
    every = [each for kind in SUBJECTS for each in kind.all_of(runs, seed)]
    lacking = [(each, each.lacks()) for each in every]
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
    if any(answers):
        # not of predictions alone: of these, recipes stay as they were
        recipe["settings"] = asdict(models)
        recipe["models"] = [None if each is None else each.oracle.model.digest for each in answers]
        # objects have no digest, and may answer alike what is in the data alone
        recipe["attacked"] = [
            each["metrics"]
            for each, subject in zip(found, subjects, strict=True)
            if isinstance(subject, AsksModel)
        ]
    verdicts = Counter(str(each["verdict"]) for each in found if each["expected"] is not None)
    document: shapes.Audit = {
        "id": address(recipe),
        "kind": "audit",
        "defense": prior.name,
        "effective_defense": judged_.effective,
        "models": [
            _model(arm, file, answer)
            for arm, file, answer in zip(("before", "after"), files, answers, strict=False)
        ],
        "runs": list(runs.names) if runs.names != ("",) else [],
        "classes": list(runs.classes),
        "favourable": None if runs.favourable is None else runs.classes[runs.favourable],
        "measured": found,
        "not_measured": _lacking(lacking, kb),
        "verdicts": None if prior.defense is None else dict(sorted(verdicts.items())),
        "settings": {
            "resamples": resamples,
            "seed": seed,
            "columns": changed(given),
            **({"models": changed(models)} if any(answers) else {}),
        },
        "knowledge": kb.digest,
        "software": _software(),
        "command": command(
            named,
            data=records,
            defense=defense,
            columns=given,
            settings=models,
            resamples=resamples,
            seed=seed,
            knowledge=knowledge,
        ),
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


def _asked(
    named: Sequence[Given], data: Data, columns: Columns, settings: ModelSettings
) -> list[Asked | None]:
    """Return the answers of each model; None of predictions."""
    which = [is_model(each) for each in named]
    for each, model in zip(named, which, strict=True):
        if not model and not isinstance(each, Mapping):
            require_ending(os.fspath(each))
    if not any(which):
        options = [*data.words()[:1], *(f"--{FLAGS.get(e, e)}" for e in changed(settings))]
        if data or options:
            raise InputError(
                f"{options[0] if options else 'data'} is about models, and a file of predictions"
                " was given; name a model in its place, or leave that out"
            )
        return [None] * len(named)
    settings.check()
    source = data.opened(columns)
    return [
        asked(opened_model(each, settings), source, columns, settings) if model else None
        for each, model in zip(named, which, strict=True)
    ]


def _model(arm: Any, file: Predictions, answer: Asked | None) -> shapes.AuditedModel:
    return {
        "arm": arm,
        "file": file.name,
        "digest": file.digest,
        "records": file.records,
        "members": None if file.member is None else int(file.member.sum()),
        "reference_models": 0 if file.reference is None else len(file.reference),
        "model": None if answer is None else answer.document(),
    }


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
