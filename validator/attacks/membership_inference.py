"""Membership inference by the likelihood-ratio attack, adaptive (LiRA; Carlini et al. 2022).

Where a defense releases something beside the answers, such as explanations (Shokri, Strobel and
Zick 2021), the online attack looks at that too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from knowledge.errors import InputError

from ..knobs import knob
from ..metrics import Artifact, Metric, auc, tpr_at_fpr
from ..scenes import Victim
from ._attack import Attack, Lab

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["MembershipInference", "confidences", "likelihood_ratios", "spreads", "weighed"]


def _auc(scores: str) -> Callable[[Artifact], float]:
    def judge(got: Artifact) -> float:
        pairs = zip(got[scores], got["member"], strict=True)
        return float(np.mean([auc(score, member) for score, member in pairs]))

    return judge


def _pairs(got: Artifact) -> int:
    return int((got["member"].sum(1) * (~got["member"]).sum(1)).sum())


def _tpr(got: Artifact) -> float:
    pairs = zip(got["online"], got["member"], strict=True)
    return float(np.mean([tpr_at_fpr(score, member, 0.01) for score, member in pairs]))


@dataclass(frozen=True)
class MembershipInference(Attack):
    """Trains shadow models like the victim, with its defense, and compares likelihoods.

    What is released beside the answers counts in the online attack, through the spread of each
    record's numbers, and as much as it helps to attack the shadow models: with few of them, a
    further statistic that counts as much as the answers makes the attack weaker. The offline attack
    has no models that were trained on a record, so it cannot weigh and sees the answers alone.

    Records that all of the models are trained on, or none, such as outliers that each owner would
    remove, are not judged: shadow models tell nothing about them, and equal scores for as many
    non-members would change the AUC whatever the others give away.

    Each of the models is attacked in turn with the others as its shadow models, and the mean over
    all counts: the same expected value as attacking one, with less noise.
    """

    risk: ClassVar[str] = "membership_inference"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("auc", "AUC of online LiRA", "higher", 0.02, _auc("online"), _pairs),
        Metric("auc_offline", "AUC of offline LiRA", "higher", 0.02, _auc("offline"), _pairs),
        Metric(
            "tpr_at_1_percent_fpr",
            "TPR at 1 % FPR of online LiRA (at no false positive below 100 non-members)",
            "higher",
            0.01,
            _tpr,
            lambda got: int(got["member"].sum()),
        ),
    )

    shadows: int = knob(16, "shadow models for each victim, an even number", least=4, most=4096)

    @property
    def models(self) -> int:
        """The victim and its shadow models."""
        return 1 + self.shadows

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the number of shadow models is odd."""
        del data
        if self.shadows % 2:
            raise InputError(
                f"attack.shadows={self.shadows}: should be even, since each record trains half"
            )

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return scores against each model: (models, records).

        Of all candidates that some of the models are trained on and others are not.
        """
        del lab
        found: list[Artifact] = []
        for victim in victims:
            scene = victim.scene
            member = torch.stack([torch.isin(scene.candidates, t) for t in scene.training])
            open_to_doubt = member.any(0) & ~member.all(0)
            rows, member = scene.candidates[open_to_doubt], member[:, open_to_doubt]
            x, y = scene.pool.x[rows], scene.pool.y[rows]
            logits = victim.logits(x, scene.pool.z[rows])
            phi = confidences(logits, y).cpu().numpy()
            inside = member.cpu().numpy()
            online, offline = likelihood_ratios(phi, inside)
            beside = victim.revealed(x)
            if beside is not None:
                online = weighed([phi, spreads(beside, logits, y)], inside)
            found.append({"online": online, "offline": offline, "member": inside})
        return found


def confidences(logits: Tensor, y: Tensor) -> Tensor:
    """Return log p / (1 − p) for the probability p of the true class (Carlini et al., eq. 3).

    Parameters
    ----------
    logits : Tensor
        (models, records, classes).
    y : Tensor
        (records,).

    Returns
    -------
    Tensor
        (models, records), float64.
    """
    wide = logits.double()
    index = y[None, :, None].expand(len(wide), -1, 1)
    true = wide.gather(2, index)[..., 0]
    others = wide.scatter(2, index, -torch.inf).logsumexp(2)
    return true - others


def spreads(beside: Tensor, logits: Tensor, y: Tensor) -> NDArray[np.float64]:
    """Return the standard deviation of what is released with each answer, negative if it is wrong.

    Attributions of a sure answer vary little (Shokri, Strobel and Zick 2021, section 4). They speak
    for the predicted class; those of another class than the true one speak against that.

    Parameters
    ----------
    beside : Tensor
        (models, records, numbers).
    logits : Tensor
        (models, records, classes).
    y : Tensor
        (records,).

    Returns
    -------
    array of float
        (models, records).
    """
    spread = beside.double().std(-1, correction=0)
    return torch.where(logits.argmax(-1) == y, spread, -spread).cpu().numpy()


def weighed(
    statistics: Sequence[NDArray[np.float64]], member: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Score all records against each model by several statistics, weighed by what they tell.

    For each model that is attacked, its shadow models are attacked with one another first; a
    logistic regression of membership on the log ratios of the statistics gives their weights.

    Parameters
    ----------
    statistics : sequence of array of float
        (models, records) each.
    member : array of bool
        Which model was trained on which record: (models, records).

    Returns
    -------
    array of float
        Log odds of membership: (models, records).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    ratios = np.stack([likelihood_ratios(each, member)[0] for each in statistics], axis=-1)
    scores = np.empty(member.shape)
    for target in range(len(member)):
        others = np.arange(len(member)) != target
        known = [likelihood_ratios(each[others], member[others])[0] for each in statistics]
        weights = make_pipeline(StandardScaler(), LogisticRegression())
        weights.fit(np.stack(known, axis=-1).reshape(-1, len(statistics)), member[others].ravel())
        scores[target] = weights.decision_function(ratios[target])
    return scores


def likelihood_ratios(
    phi: NDArray[np.float64], member: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score all records against each model, with the other models as its shadow models.

    Means are taken for each record. Variances are pooled over records, since few shadow models
    say little about one record's (Carlini et al. 2022, section VI-A). The mean of n models is
    itself uncertain, so what a further one says is predicted with 1 + 1 / n times the variance.
    The paper, with many shadow models, does without; but here a record's models are fewer by the
    one that is attacked just on the side that this one is on, and without the factor members
    would look like others.

    Parameters
    ----------
    phi : array of float
        Confidences: (models, records).
    member : array of bool
        Which model was trained on which record: (models, records).

    Returns
    -------
    online : array of float
        Log of the ratio of the likelihoods of being in and being out: (models, records). The
        factors are left out of the likelihoods' normalisation, where they would tell on which
        side a record's models are fewer. 0 where the other models are all on one side.
    offline : array of float
        Standard deviations above the mean of being out, which orders records as the one-sided
        test of the paper does: (models, records).
    """
    online, offline = np.empty_like(phi), np.empty_like(phi)
    for target in range(len(phi)):
        others = np.arange(len(phi)) != target
        seen, inside = phi[others], member[others]
        z_in, spread_in = _standardised(phi[target], seen, inside)
        z_out, spread_out = _standardised(phi[target], seen, ~inside)
        ratio = (z_out**2 - z_in**2) / 2 + np.log(spread_out / spread_in)
        # what all other models are on one side of has no side to compare with: nothing is known
        both = inside.any(0) & ~inside.all(0)
        online[target] = np.where(both, ratio, 0.0)
        offline[target] = z_out
    return online, offline


def _standardised(
    value: NDArray[np.float64], phi: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Return how far values are from what chosen models predict, in standard deviations.

    And one standard deviation: that around each record's mean, over all records.
    """
    counts = chosen.sum(0)
    known = np.maximum(counts, 1)
    mean = np.where(chosen, phi, 0.0).sum(0) / known
    squares = np.where(chosen, (phi - mean) ** 2, 0.0).sum()
    freedom = max(1, int((counts - 1).clip(min=0).sum()))
    spread = float(np.sqrt(squares / freedom)) + 1e-12
    return (value - mean) / (spread * np.sqrt(1 + 1 / known)), spread
