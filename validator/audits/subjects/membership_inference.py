"""Membership inference from predictions: thresholds, RMIA and LiRA.

Yeom et al. 2018, Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting; Song
and Mittal 2021, Systematic Evaluation of Privacy Risks of Machine Learning Models; Carlini et al.
2022, Membership Inference Attacks From First Principles; Zarifzadeh et al. 2024, Low-Cost
High-Power Membership Inference Attacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...arms.membership_ratios import likelihood_ratio, relative_ratio
from ...statistics.weighted import RankedScores, mean
from ._subject import AuditMetric, Statistics, Subject, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["MembershipInference"]

LEAST: Final = 50
"""Members, and as many others: of fewer, rates and areas are chance."""
LEAST_IN_CLASS: Final = 40
"""Members of a class, and as many others, for it to count as the worst one."""
LEAST_MODELS: Final = 2
"""Reference models that LiRA takes, to know how confidences vary."""
_BOTH: Final = 0.9
"""Share of records with reference models on both sides that the online attack takes."""
_CLIP: Final = 1e-12
"""Probabilities below this are not told apart."""
_ROUNDED: Final = 0.1
"""Share of true-class probabilities of exactly 0 or 1 that is told."""
_FPRS: Final = (0.01, 0.001)


@dataclass(frozen=True)
class MembershipInference(Subject):
    """Tells the records that a model was trained on from others, by what it answers.

    Judged is RMIA. With reference models it compares what the model and they say of a record
    (Zarifzadeh et al. 2024, equations 4 and 5). Without, a record's likelihood under reference
    models is taken to be the same for all records of its class, and its score is the share of these
    of which the model is less sure: a threshold for each class.

    Told beside are the threshold on the loss (Yeom et al. 2018), which is one on the confidence,
    for all classes and in the class that pays most; that on the modified entropy with a threshold
    for each class (Song and Mittal 2021, section 4.2); LiRA where there are reference models; and
    by how much more often answers are right on members.
    """

    id: ClassVar[str] = "membership_inference"
    is_risk: ClassVar[bool] = True

    def lacks(self) -> str | None:
        """Return what it needs and is not there."""
        for run in self.every_run:
            if run.member is None:
                return (
                    "membership: a column member (--member) that says of each record whether the"
                    " model was trained on it"
                )
            inside = int(run.member.sum())
            if min(inside, len(run.member) - inside) < LEAST:
                return (
                    f"{LEAST} records that the model was trained on, and {LEAST} others; there are"
                    f" {inside:,} and {len(run.member) - inside:,}"
                )
        return None

    @cached_property
    def _answers(self) -> bool:
        """Whether there are probabilities, and not predicted classes alone."""
        return all(run.probability is not None for run in self.every_run)

    @cached_property
    def _models(self) -> int:
        """How many reference models there are, in each arm and run."""
        return min(0 if run.reference is None else len(run.reference) for run in self.every_run)

    @cached_property
    def _online(self) -> bool:
        """Whether reference models were trained on records and on others."""
        for run in self.every_run:
            if run.inside is None:
                return False
            both = run.inside.any(0) & ~run.inside.all(0)
            if both.mean() < _BOTH:
                return False
        return True

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        gap = AuditMetric(
            "accuracy_gap",
            "accuracy on members less that on others",
            "higher",
            0.02,
            0.0,
            least=-1.0,
        )
        if not self._answers:
            return (gap,)
        how = (
            f"with {self._models} reference models" if self._models else "without reference models"
        )
        found = [
            _area("auc_rmia", f"AUC of RMIA {how}"),
            AuditMetric("tpr_at_1_percent_fpr", "TPR at 1 % FPR of RMIA", "higher", 0.01, 0.0, 1.0),
            AuditMetric(
                "tpr_at_01_percent_fpr", "TPR at 0.1 % FPR of RMIA", "higher", 0.01, 0.0, 1.0
            ),
        ]
        if self._models >= LEAST_MODELS:
            kind = "online" if self._online else "offline"
            found.append(_area(f"auc_lira_{kind}", f"AUC of {kind} LiRA"))
        found += [
            _area("auc_loss", "AUC of a threshold on the loss"),
            _area("auc_modified_entropy", "AUC of a threshold on the modified entropy, by class"),
        ]
        if self._classes:
            found.append(
                _area("auc_loss_worst_class", "AUC of a threshold on the loss, worst class")
            )
        return (*found, gap)

    @cached_property
    def _classes(self) -> list[int]:
        """Classes with enough records on both sides, in each arm and run."""
        count = len(self.runs.classes)
        enough = np.ones(count, dtype=bool)
        for run in self.every_run:
            for side in (known(run.member), ~known(run.member)):
                enough &= np.bincount(run.label[side], minlength=count) >= LEAST_IN_CLASS
        return [int(each) for each in np.flatnonzero(enough)]

    def scores(self, run: Run) -> dict[str, NDArray[np.float64]]:
        """Return the scores of each attack, higher for members: (records,) each."""
        probability = known(run.probability)
        phi = _confidence(probability, run.label)
        found = {
            "loss": phi,
            "modified_entropy": _share_in_class(
                -_modified_entropy(probability, run.label), run.label
            ),
        }
        if not self._models:
            return {"rmia": _share_in_class(phi, run.label), **found}
        likely = known(run.reference)
        seen = _log_odds(likely, 1 - likely)
        inside = np.zeros(seen.shape, dtype=bool) if run.inside is None else run.inside
        found["rmia"] = relative_ratio(phi, seen, inside)
        if self._models >= LEAST_MODELS:
            online, offline = likelihood_ratio(phi, seen, inside)
            found["lira"] = online if self._online else offline
        return found

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        member = known(run.member)
        right = (run.predicted == run.label).astype(np.float64)
        inside, outside = np.flatnonzero(member), np.flatnonzero(~member)

        def gap(weights: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
            return mean(weights[:, inside], right[inside]) - mean(
                weights[:, outside], right[outside]
            )

        if not self._answers:
            return lambda weights: {"accuracy_gap": gap(weights)}
        scores = self.scores(run)
        ranked = {name: RankedScores(each, member) for name, each in scores.items()}
        kind = "online" if self._online else "offline"
        called = {name: f"auc_{name}" for name in ranked} | {"lira": f"auc_lira_{kind}"}
        rows = [np.flatnonzero(run.label == each) for each in self._classes]
        by_class = [(each, RankedScores(scores["loss"][each], member[each])) for each in rows]

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            found = {"accuracy_gap": gap(weights)}
            for name, each in ranked.items():
                fprs = _FPRS if name == "rmia" else ()
                found[called[name]], *rates = each.measured(weights, fprs)
                if rates:
                    found["tpr_at_1_percent_fpr"], found["tpr_at_01_percent_fpr"] = rates
            if by_class:
                areas = [each.measured(weights[:, some])[0] for some, each in by_class]
                found["auc_loss_worst_class"] = np.max(areas, axis=0)
            return found

        return measured

    def parts(self) -> list[dict[str, Any]]:
        """Return the AUC of a threshold on the loss in each class with enough records."""
        if not self._answers:
            return []
        found = []
        for each in self._classes:
            areas = [
                float(np.mean([self._area_in_class(run, each) for run in arm]))
                for arm in self.runs.arms
            ]
            run = self.runs.arms[0][0]
            here = known(run.member)[run.label == each]
            found.append(
                {
                    "class": self.runs.classes[each],
                    "members": int(here.sum()),
                    "others": int((~here).sum()),
                    "metric": "auc_loss",
                    "before": areas[0],
                    "after": areas[1] if len(areas) > 1 else None,
                }
            )
        return found

    def _area_in_class(self, run: Run, place: int) -> float:
        rows = np.flatnonzero(run.label == place)
        phi = _confidence(known(run.probability)[rows], run.label[rows])
        (area,) = RankedScores(phi, known(run.member)[rows]).measured(np.ones((1, len(rows))))
        return float(area[0])

    def notes(self) -> list[str]:
        """Return what a reader should know of how it was measured."""
        if not self._answers:
            return [
                *super().notes(),
                "only predicted classes are there: with scores or probabilities, RMIA and"
                " thresholds"
                " on the loss see far more",
            ]
        found = super().notes()
        rounded = max(_share_rounded(run) for run in self.every_run)
        if rounded > _ROUNDED:
            found.append(
                f"{rounded:.0%} of the true classes' probabilities are exactly 0 or 1: scores"
                " that are"
                " rounded or saturated hide leaks; give them with all their digits"
            )
        if not self._models:
            found.append(
                "without reference models (columns reference_…) attacks are weaker than those of an"
                " adversary who trains some: what is seen is a lower bound"
            )
        elif any(run.inside is None for run in self.every_run):
            found.append(
                "reference models are taken not to have been trained on these records; columns"
                " reference_…_member would say on which they were"
            )
        if self._models and any(
            run.reference is not None and len(run.reference) != self._models
            for run in self.every_run
        ):
            found.append("the two files have different numbers of reference models")
        return found


def _area(identity: str, name: str) -> AuditMetric:
    return AuditMetric(identity, name, "higher", 0.02, 0.5, 1.0)


def _confidence(probability: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return log p / (1 − p) for the probability p of the true class (Carlini et al., eq. 3)."""
    rows = np.arange(len(label))
    others = probability.copy()
    others[rows, label] = 0.0
    return _log_odds(probability[rows, label], others.sum(1))


def _log_odds(likely: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.log(likely.clip(min=_CLIP)) - np.log(others.clip(min=_CLIP))
    return odds


def _modified_entropy(
    probability: NDArray[np.float64], label: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how unsure the model is of the true class (Song and Mittal 2021, equation 8)."""
    rows = np.arange(len(label))
    found = -probability * np.log((1 - probability).clip(min=_CLIP))
    true = probability[rows, label]
    found[rows, label] = -(1 - true) * np.log(true.clip(min=_CLIP))
    total: NDArray[np.float64] = found.sum(1)
    return total


def _share_in_class(score: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of the records of its class whose score each record's reaches."""
    found = np.empty(len(score))
    for each in np.unique(label):
        here = label == each
        ordered = np.sort(score[here])
        found[here] = np.searchsorted(ordered, score[here], side="right") / len(ordered)
    return found


def _share_rounded(run: Run) -> float:
    true = known(run.probability)[np.arange(len(run.label)), run.label]
    return float(((true == 0) | (true == 1)).mean())
