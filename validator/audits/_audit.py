"""Audits: what the predictions of models that exist show, before and after a change."""

from __future__ import annotations

import os
import platform
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.interactions import predict

from ..experiments.judgements import expectation, interval, judged, judgement
from ..experiments.validity import Void, at_an_end, of_no_use
from ..measurements import PLACEBO, pair_prior
from ..results.store import Store, address
from ..statistics.intervals import near_threshold, outcome
from . import _bootstrap
from ._predictions import Columns, Predictions, read
from ._runs import paired
from ._sources import opened
from .subjects import SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crosscurrent.knowledge import KnowledgeBase

    from ..statistics.intervals import Effect
    from . import document_types as shapes
    from ._bootstrap import Values
    from ._runs import Runs
    from .subjects import AuditMetric, Subject

    Given = str | os.PathLike[str] | Mapping[str, ArrayLike]

__all__ = ["audit"]

RULES: Final = 1
"""The version of the rules by which audits are judged, part of what one is kept under."""
RESAMPLES: Final = 1000
MOST_RESAMPLES: Final = 100_000
_SHOWN_BY: Final = {"group_fairness": "discriminatory_behavior"}
"""Defenses of which predictions show whether they are effective, and the risk that shows it."""
_NEEDS: Final = {
    "evasion": "the model itself, or its answers to records that an attacker alters",
    "poisoning": "models trained with and without poisoned records (crosscurrent validate)",
    "unauthorized_model_ownership": "the model's answers to an attacker's own records",
    "data_reconstruction": "the model itself",
    "distribution_inference": "models trained on data of different composition"
    " (crosscurrent validate)",
}
"""What the risks need that no predictions show."""


@dataclass(frozen=True)
class _Prior:
    """What is known of a defense beforehand.

    Attributes
    ----------
    kb : KnowledgeBase
        That is asked.
    defense, stage : str or None
        Id of the defense, ``placebo`` or None, and the stage that was named.
    """

    kb: KnowledgeBase
    defense: str | None
    stage: str | None

    @classmethod
    def of(cls, kb: KnowledgeBase, name: str | None) -> _Prior:
        if name is None or name.strip().casefold() == PLACEBO:
            return cls(kb, name and PLACEBO, None)
        record, stage = kb.staged(name)
        return cls(kb, record.id, stage)

    @property
    def name(self) -> str | None:
        """The defense as documents call it."""
        if self.defense is None or self.stage is None:
            return self.defense
        usual = self.kb.defenses[self.defense].usual_stage
        return self.defense if self.stage == usual else f"{self.defense}@{self.stage}"

    def expected(self, subject: Subject) -> tuple[str | None, str | None]:
        """Return the conjecture on a subject, and what is expected."""
        if self.defense == PLACEBO:
            return "no_change", "no_change"
        if self.defense is None or not subject.is_risk or subject.id not in self.kb.risks:
            return None, None
        prior = pair_prior(self.kb, self.defense, subject.id)
        conjecture = prior["conjecture"]
        return conjecture, expectation(conjecture, intended=prior.get("intended", False))

    def prediction(self, subject: Subject) -> shapes.Prediction | None:
        """Return what the knowledge base says of a subject."""
        known = self.defense is not None and self.defense != PLACEBO and subject.is_risk
        if self.defense is None or not known or subject.id not in self.kb.risks:
            return None
        found = predict(self.kb, self.defense, subject.id)
        answer = assess(self.kb, found)
        return {
            "expect": answer.expect,
            "likelihood": answer.likelihood,
            "grade": answer.grade,
            "published": list(found.published),
        }


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
    prior = _Prior.of(kb, defense)
    files = [read(opened(each), given) for each in (before, after) if each is not None]
    runs = paired(*files)
    asked = [each for kind in SUBJECTS for each in kind.all_of(runs, seed)]
    lacking = [(each, each.lacks()) for each in asked]
    subjects = [each for each, needs in lacking if needs is None]
    values = _bootstrap.measured(subjects, runs, count=resamples, seed=seed)
    judged_ = _Judge(prior, runs, subjects, values)
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


class _Judge:
    """Judges what was measured against what was expected."""

    def __init__(
        self,
        prior: _Prior,
        runs: Runs,
        subjects: Sequence[Subject],
        values: Sequence[Sequence[Mapping[str, Values]]],
    ) -> None:
        self._prior, self._runs = prior, runs
        self._subjects, self._values = subjects, values
        self._compared = len(runs.arms) > 1
        self._void = self._no_use()
        self.effective = self._effective()

    def measured(self, place: int) -> shapes.Measured:
        """Return the document of one subject."""
        subject, arms = self._subjects[place], self._values[place]
        metric = subject.metrics[0]
        conjecture, expected = self._prior.expected(subject)
        found = None
        shown = void = verdict = None
        if self._compared:
            found = self._effect(place)
            shown = outcome(found, metric.smallest_effect)
            void = self._voided(subject, metric, arms, shown, expected)
            if conjecture is not None:
                sound = void is None and self.effective is not False
                # an expectation is one of the three that `expectation` returns
                verdict = judgement(expected, shown, sound=sound)  # type: ignore[arg-type]
        return {
            "subject": subject.id,
            "risk": subject.is_risk,
            "attribute": subject.attribute or None,
            "metric": metric.id,
            "conjecture": conjecture,
            "expected": expected,
            "prediction": self._prior.prediction(subject),
            "outcome": void.outcome if void else shown,
            "void": void and void.reason,
            "verdict": verdict,
            "effect": None if found is None else judged(metric, found),
            "near_threshold": None
            if found is None
            else near_threshold(found, metric.smallest_effect),
            "metrics": {
                each.id: self._metric(subject, each, arms, judged_=each == metric)
                for each in subject.metrics
            },
            "parts": subject.parts(),
            "notes": subject.notes(),
        }

    def _effect(self, place: int) -> Effect:
        """Return by how much worse what is judged is after the change."""
        metric = self._subjects[place].metrics[0]
        before, after = (arm[metric.id] for arm in self._values[place])
        change = after - before
        return _bootstrap.interval(change if metric.worse_when == "higher" else -change)

    def _metric(
        self,
        subject: Subject,
        metric: AuditMetric,
        arms: Sequence[Mapping[str, Values]],
        *,
        judged_: bool,
    ) -> shapes.AuditedMetric:
        levels = []
        for arm, runs in zip(arms, self._runs.arms, strict=True):
            chance = None
            if judged_:
                by_run = [subject.chance(run) for run in runs]
                known = [each for each in by_run if each is not None]
                chance = float(np.mean(known)) if known else None
            levels.append(_level(arm[metric.id], metric, chance))
        change = None
        if self._compared:
            change = interval(_bootstrap.interval(arms[1][metric.id] - arms[0][metric.id]))
        return {
            "name": metric.name,
            "worse_when": metric.worse_when,
            "before": levels[0],
            "after": levels[1] if self._compared else None,
            "change": change,
        }

    def _voided(
        self,
        subject: Subject,
        metric: AuditMetric,
        arms: Sequence[Mapping[str, Values]],
        shown: str,
        expected: str | None,
    ) -> Void | None:
        """Return why what is shown of a risk is evidence of nothing; None if it is evidence."""
        if not subject.is_risk:
            return None
        if self._void is not None:
            return self._void
        if shown != "no_change":
            return None
        before, after = (float(arm[metric.id].by_run.mean()) for arm in arms)
        return at_an_end(metric, before, after, expected=expected, change="the change")

    def _no_use(self) -> Void | None:
        """Return why the models are no use to compare, by the utility."""
        for subject, arms in zip(self._subjects, self._values, strict=True):
            if subject.id == "utility" and self._compared:
                counts = np.bincount(
                    np.concatenate([run.label for run in self._runs.arms[0]]),
                    minlength=len(self._runs.classes),
                )
                chances = (float(counts.max() / counts.sum()), 1 / int((counts > 0).sum()))
                names = zip(("accuracy", "balanced_accuracy"), chances, strict=True)
                before, after = arms
                return of_no_use(
                    [
                        (float(before[n].by_run.mean()), float(after[n].by_run.mean()), by_chance)
                        for n, by_chance in names
                    ]
                )
        return None

    def _effective(self) -> bool | None:
        """Whether the defense is effective by any attribute; None if predictions do not show it."""
        risk = _SHOWN_BY.get(self._prior.defense or "")
        shown = [
            outcome(self._effect(place), subject.metrics[0].smallest_effect)
            for place, subject in enumerate(self._subjects)
            if subject.id == risk and self._compared
        ]
        return "decrease" in shown if shown else None


def _level(found: Values, metric: AuditMetric, chance: float | None) -> shapes.Level:
    """Return a metric of one arm, ready for JSON."""
    level = _bootstrap.interval(found)
    above = None
    if chance is not None:
        # a gap is never negative, so its interval never holds 0: `chance` is of shuffled groups
        at = level.low if chance == metric.floor else level.estimate
        above = at > chance
    return {
        "estimate": level.estimate,
        "low": max(level.low, metric.least),
        "high": min(level.high, metric.most),
        "by_run": list(level.differences),
        "chance": chance,
        "above_chance": above,
    }


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
