"""Attribute inference from what a model answers, and from what is released beside it.

Song and Shmatikov 2020, Overlearning Reveals Sensitive Attributes; Duddu and Boutet 2022, Inferring
Sensitive Attributes from Model Explanations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch

from knowledge.errors import InputError

from ..groups import attribute_column
from ..knobs import knob
from ..metrics import Artifact, Metric, auc
from ..randomness import derive
from ..scenes import TEST_SHARE, Victim
from ._attack import Attack, Lab
from ._numbers import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data import Dataset

__all__ = ["AttributeInference"]

JUDGED = (1 - TEST_SHARE) / 2
"""Share of the records that the deployed model is trained on; the adversary has as many."""

LEAST = 15
"""Judged records of a group, on average over seeds, for it to be told apart from the others."""


def _auc(got: Artifact, scores: str) -> float:
    """Return how well each group is told apart from all others, on average over groups."""
    pairs = zip(got[scores].T, got["groups"], strict=True)
    return float(np.mean([auc(score, got["group"] == group) for score, group in pairs]))


def _pairs(got: Artifact) -> int:
    sizes = (got["group"][:, None] == got["groups"]).sum(0)
    return int((sizes * (len(got["group"]) - sizes)).min())


@dataclass(frozen=True)
class AttributeInference(Attack):
    """Tells the group of the deployed model's training records by what the model says of them.

    The adversary does not have the records' other attributes, but it knows their labels, and has
    the model's answers. It has asked the model about other records whose group it knows, and fits
    a logistic regression to those. What such a one tells from the label alone is no fault of the
    model's: only what is gained over it counts. Nothing is gained, and something may be lost, where
    the model answers otherwise about its training records than about others: a fairness defense may
    turn round what an answer says of the group. An adversary who knows that, here because it knows
    the groups of other training records, is told beside it.
    """

    risk: ClassVar[str] = "attribute_inference"
    uses: ClassVar[tuple[str, ...]] = ("auxiliary_data_quality",)
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "auc_gain",
            "gain in AUC over the label alone",
            "higher",
            0.02,
            lambda got: _auc(got, "with_model") - _auc(got, "without_model"),
            _pairs,
        ),
        Metric(
            "auc",
            "AUC of attribute inference",
            "higher",
            0.02,
            lambda got: _auc(got, "with_model"),
            _pairs,
        ),
        Metric(
            "auc_without_model",
            "AUC from the label alone, without the model",
            "higher",
            0.02,
            lambda got: _auc(got, "without_model"),
            _pairs,
        ),
        Metric(
            "auc_informed",
            "AUC if the groups of other training records are known",
            "higher",
            0.02,
            lambda got: _auc(got, "informed"),
            _pairs,
        ),
    )

    attribute: str = knob("", "sensitive attribute; empty: the first of the data set")

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without a sensitive attribute of two groups with enough records."""
        group = data.z[:, attribute_column(data, self.attribute, self.risk)]
        if len(_large(group)) < 2:
            sizes = ", ".join(map(str, np.bincount(group)))
            raise InputError(
                f"{self.risk} needs two groups of {int(np.ceil(LEAST / JUDGED))} records or more,"
                f" and the groups of {data.name} have {sizes}: use more records, or another"
                " attribute (--set attack.attribute=NAME)"
            )

    def settled(self, data: Dataset) -> Self:
        """Return it with the name of the attribute."""
        column = attribute_column(data, self.attribute, self.risk)
        return replace(self, attribute=data.sensitive[column])

    def judged(self, *, provable: bool) -> Metric:
        """Return the gain in AUC, named by its attribute."""
        del provable
        of = f", of {self.attribute}" if self.attribute else ""
        return replace(self.metrics[0], name=self.metrics[0].name + of)

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return a score of each training record for each group: (records, groups).

        That is how likely the record is in that group: with the model's answer, without it, and
        with it if the groups of most other training records are known.
        """
        return [self._mount(victim, lab) for victim in victims]

    def _mount(self, victim: Victim, lab: Lab) -> Artifact:
        scene, pool = victim.scene, victim.scene.pool
        column = lab.sensitive.index(self.attribute) if self.attribute else 0
        group = pool.z[:, column].cpu().numpy()
        everyone = torch.cat([scene.candidates, scene.test]).cpu().numpy()
        large = _large(group[everyone])
        # what became of the records under a defense is the owner's affair: the people are the same
        own, others = scene.auxiliary, scene.deployed
        rows = torch.cat([own, others])
        label = _labels(pool.y[rows], scene.classes)
        # who does without the model is handed nothing either: what is gained is gained over that
        plain = _labels(pool.y[torch.cat([scene.unused, others])], scene.classes)
        seen = victim.first(1).observed(pool.x[rows])[0]
        given = np.concatenate([numbers(seen, scene.classes), label], axis=1)
        known, wanted = (group[part.cpu().numpy()] for part in (own, others))
        seed = derive(scene.seed, "informed adversary") % 2**32
        return {
            "group": wanted,
            "groups": large,
            "with_model": _likelihoods(given, known, large),
            "without_model": _likelihoods(plain, group[scene.unused.cpu().numpy()], large),
            "informed": _informed(given[len(known) :], wanted, large, seed),
        }


def _labels(y: torch.Tensor, classes: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.eye(classes)[y.cpu().numpy()]
    return found


def _large(group: NDArray[Any]) -> NDArray[np.int64]:
    """Return the groups that enough records are in; that depends on the data alone."""
    return np.flatnonzero(np.bincount(group) * JUDGED >= LEAST)


def _likelihoods(
    given: NDArray[np.float64], known: NDArray[Any], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Fit to the first records, whose group is known, and return how likely the others' is."""
    model = _classifier().fit(given[: len(known)], known)
    found: NDArray[np.float64] = model.predict_proba(given[len(known) :])
    return found[:, np.searchsorted(model.classes_, groups)]


def _informed(
    given: NDArray[np.float64], group: NDArray[Any], groups: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Fit to four fifths of the training records in turn; return how likely the others' group is.

    One group against all others each time, so that small groups need not be in each part.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    parts = StratifiedKFold(5, shuffle=True, random_state=seed)
    found = [
        cross_val_predict(_classifier(), given, group == each, cv=parts, method="predict_proba")
        for each in groups
    ]
    return np.stack([likely[:, 1] for likely in found], axis=1)


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
