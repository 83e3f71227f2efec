"""Membership inference by the likelihood-ratio attack, adaptive (LiRA; Carlini et al. 2022).

Where a defense releases something beside the answers, such as explanations (Shokri, Strobel and
Zick 2021), the online attack looks at that too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from ..arms.given_records import open_to_doubt
from ..arms.membership_ratios import (
    likelihood_ratio,
    likelihood_ratios,
    relative_ratio,
    relative_ratios,
)
from ..arms.metrics import AttackOutput, Metric, auc, tpr_at_fpr
from ..arms.splits import DataSplit, TargetModel
from ..arms.targets import check_targets, chosen_targets
from ..settings import setting
from ._attack import AWARE, Attack, AttackerResources
from ._membership_scores import confidences, spreads, weighed
from ._paired_guesses import paired_guesses
from ._shadows import apart, check_halves, check_shadow_model, own_shadows

if TYPE_CHECKING:
    from ..arms.changes import Change
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["MembershipInference"]

LEAST_IN_CELL = 40
"""Judged records of a group and class, for it to be looked at alone: the largest of many AUCs is
otherwise that of the smallest cell."""


def _auc(scores: str) -> Callable[[AttackOutput], float]:
    def judge(got: AttackOutput) -> float:
        pairs = zip(got[scores], got["member"], strict=True)
        return float(np.mean([auc(score, member) for score, member in pairs]))

    return judge


def _pairs(got: AttackOutput) -> int:
    return int((got["member"].sum(1) * (~got["member"]).sum(1)).sum())


def _tpr(fpr: float) -> Callable[[AttackOutput], float]:
    """Judge by one threshold for all models: far more non-members than those of one are at hand."""

    def judge(got: AttackOutput) -> float:
        return tpr_at_fpr(got["online"].ravel(), got["member"].ravel(), fpr)

    return judge


def _auc_of(targeted: bool) -> Callable[[AttackOutput], float]:
    """Judge by the targeted records alone, or by the others.

    A model that was trained on all of them, or on none, says nothing.
    """

    def judge(got: AttackOutput) -> float:
        some = _some(got, targeted)
        told = some["member"].any(1) & ~some["member"].all(1)
        if not told.any():
            return 0.5
        return _auc("online")({name: some[name][told] for name in some})

    return judge


def _some(got: AttackOutput, targeted: bool) -> AttackOutput:
    chosen = got["target"] == targeted
    return {name: got[name][:, chosen] for name in ("online", "member")}


def _worst_subgroup(got: AttackOutput) -> float:
    """Return the AUC in the group and class that pays most (Chang and Shokri 2021).

    Cells without enough records are left out; which, depends on the data alone.
    """
    cells, member = got["cell"], got["member"]
    sizes = np.bincount(cells)
    large = np.flatnonzero(sizes >= min(LEAST_IN_CELL, sizes.max()))
    inside = [cells == cell for cell in large]
    told = [
        _auc("online")({name: got[name][:, each] for name in ("online", "member")})
        for each in inside
        if (member[:, each].any(1) & ~member[:, each].all(1)).all()
    ]
    return max(told, default=_auc("online")(got))


@dataclass(frozen=True)
class MembershipInference(Attack):
    """Trains shadow models like the target model, with its defense, and compares likelihoods.

    What is released beside the answers counts in the online attack, through the spread of each
    record's numbers, and as much as it helps to attack the shadow models: with few of them, a
    further statistic that counts as much as the answers makes the attack weaker. The offline attack
    has no models that were trained on a record, so it cannot weigh and sees the answers alone.

    Told beside LiRA are, from the same models, RMIA (Zarifzadeh et al. 2024, Low-Cost High-Power
    Membership Inference Attacks), the threshold on the loss (Yeom et al. 2018, Privacy Risk in
    Machine Learning), and LiRA in the worst group, of the first sensitive attribute, and class: an
    average over all records says nothing of who pays.

    A record counts as a member of the models whose owners were given it, whatever a defense has
    removed or drawn again: so the same records are judged in both arms, and what a defense takes
    out is protected by it.

    Records that all of the models are trained on, or none, such as outliers that each owner would
    remove, are not judged: shadow models tell nothing about them, and equal scores for as many
    non-members would change the AUC whatever the others give away.

    For an audit of privacy it guesses which of two records the deployed model was trained on, for
    pairs that shadow models find about as vulnerable (`_paired_guesses`).

    Records that a defense or an adversary has marked are judged by themselves, beside the others:
    of a few among many an average says nothing.

    Each of the models is attacked in turn with the others as its shadow models, and the mean over
    all counts: the same expected value as attacking one, with less noise.

    An adversary with records of its own alone, none of them the victim's, is weaker: its shadow
    models are trained on halves of these, without a defense, and none of them on a record that is
    judged. Then the deployed model is attacked, and told are its training records from the test
    records. The attack is the offline one, which is a likelihood ratio too, for members whose
    confidence is one standard deviation higher. If another adversary hands on approximations of the
    victim's records, each is taken for the judged record that it is closest to: shadow models that
    were trained on it stand in for models that were trained on that record, and the log ratio of
    the online attack is added. The offline attack alone would get weaker the better approximations
    are, since models that were trained on them count as if they had not seen the record; the online
    one alone would be lost where they are bad.
    """

    risk: ClassVar[str] = "membership_inference"
    uses: ClassVar[tuple[str, ...]] = ("auxiliary_data_quality", "architecture_similarity")
    sees: ClassVar[frozenset[Change]] = frozenset({"the model", "explanations"})
    adversary: ClassVar[Mapping[str, str]] = AWARE
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("auc", "AUC of online LiRA", "higher", 0.02, _auc("online"), _pairs, 0.5, 1.0),
        Metric(
            "auc_offline", "AUC of offline LiRA", "higher", 0.02, _auc("offline"), _pairs, 0.5, 1.0
        ),
        Metric(
            "tpr_at_1_percent_fpr",
            "TPR at 1 % FPR of online LiRA (at no false positive below 100 non-members)",
            "higher",
            0.01,
            _tpr(0.01),
            lambda got: int(got["member"].sum()),
            0.0,
            1.0,
        ),
        Metric(
            "tpr_at_01_percent_fpr",
            "TPR at 0.1 % FPR of online LiRA (at no false positive below 1000 non-members)",
            "higher",
            0.01,
            _tpr(0.001),
            lambda got: int(got["member"].sum()),
            0.0,
            1.0,
        ),
        Metric("auc_rmia", "AUC of RMIA", "higher", 0.02, _auc("rmia"), _pairs, 0.5, 1.0),
        Metric(
            "auc_loss_threshold",
            "AUC of a threshold on the loss, without shadow models",
            "higher",
            0.02,
            _auc("confidence"),
            _pairs,
            0.5,
            1.0,
        ),
        Metric(
            "auc_worst_subgroup",
            "AUC of online LiRA in the worst group and class",
            "higher",
            0.02,
            _worst_subgroup,
            _pairs,
            0.5,
            1.0,
        ),
        Metric(
            "paired_guesses",
            "share of the surest guesses right, which of two records is a member",
            "higher",
            0.02,
            lambda got: float(got["guesses"].mean()) if got["guesses"].size else 0.5,
            lambda got: len(got["guesses"]),
            0.5,
            1.0,
        ),
    )
    about_targets: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "auc_targets",
            "AUC of online LiRA on the targeted records",
            "higher",
            0.02,
            _auc_of(True),
            lambda got: _pairs(_some(got, True)),
            0.5,
            1.0,
        ),
        Metric(
            "auc_others",
            "AUC of online LiRA on the other records",
            "higher",
            0.02,
            _auc_of(False),
            lambda got: _pairs(_some(got, False)),
            0.5,
            1.0,
        ),
    )
    audit: ClassVar[str] = "paired_guesses"

    shadows: int = setting(
        16, "shadow models for each target model, an even number", least=4, most=4096
    )
    own_records: bool = setting(
        False, "whether shadow models are trained on none of the target model's records"
    )
    shadow_model: str = setting(
        "", "architecture of shadow models, with own records; empty: the target model's"
    )

    target_records: int = setting(
        0, "records that are judged by themselves, as targeted; 0: none", least=0, most=1_000_000
    )

    @classmethod
    def targeting(cls, count: int) -> Mapping[str, str]:
        """Return that so many records are judged by themselves."""
        return {"target_records": str(count)}

    @property
    def reported(self) -> tuple[Metric, ...]:
        """All, and those about targets if there are any.

        But no audit where no shadow model was trained on a judged record: none is a fair coin.
        """
        audited = not self.own_records
        found = [each for each in self.metrics if audited or each.id != self.audit]
        return (*found, *(self.about_targets if self.target_records else ()))

    @property
    def models(self) -> int:
        """The target model, and its shadow models unless they are the adversary's own."""
        return 1 if self.own_records else 1 + self.shadows

    @property
    def own_models(self) -> int:
        """The shadow models if they are the adversary's own."""
        return self.shadows if self.own_records else 0

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the number of shadow models is odd, or there are no such models.

        And if targets are too few or too many, or shadow models know no judged record.
        """
        if self.target_records:
            check_targets("attack.target_records", self.target_records, data)
        if self.target_records and self.own_records:
            raise InputError(
                "attack.target_records goes with attack.own_records=false: no other shadow model is"
                " trained on a targeted record"
            )
        check_halves(self.shadows)
        check_shadow_model(self.shadow_model, data, own=self.own_records)

    def second_settings(self, knowledge: str, architecture: Architecture) -> Mapping[str, str]:
        """Leave the adversary with records of its own, or not knowing the architecture either."""
        return apart(knowledge, architecture)

    def judged(self, *, provable: bool) -> Metric:
        """Return the AUC, on targets if there are any, or with own records, what is told surely.

        That is what was published of such an adversary with reconstructed records (Duddu et al.
        2026, section 5.4): a few records are told by them, and most are not.
        """
        del provable
        if self.target_records:
            return self.about_targets[0]
        return self.metrics[2 if self.own_records else 0]

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return scores against each model that is attacked: (models, records).

        Of all candidates that some of the models are trained on and others are not; or if the
        adversary has but records of its own, of the deployed model's training records and the test
        records.
        """
        if self.own_records:
            return self._mount_apart(targets, resources)
        found: list[AttackOutput] = []
        for target in targets:
            split = target.split
            rows, member = open_to_doubt(split)
            x, y = split.pool.x[rows], split.pool.y[rows]
            logits = target.logits(x, split.pool.z[rows])
            phi = confidences(logits, y).cpu().numpy()
            inside = member.cpu().numpy()
            online, offline = likelihood_ratios(phi, inside)
            beside = target.revealed(x)
            if beside is not None:
                online = weighed([phi, spreads(beside, logits, y)], inside)
            found.append(
                {
                    "online": online,
                    "offline": offline,
                    "rmia": relative_ratios(phi, inside),
                    "confidence": phi,
                    "member": inside,
                    "cell": _cells(split, rows),
                    "target": torch.isin(rows, chosen_targets(split, self.target_records))
                    .cpu()
                    .numpy(),
                    "guesses": paired_guesses(online[0], inside[0], phi[1:], inside[1:]),
                }
            )
        return found

    def _mount_apart(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        inside = [self._halves(target) for target in targets]
        parts = [
            [target.split.auxiliary[row] for row in rows]
            for target, rows in zip(targets, inside, strict=True)
        ]
        shadows = own_shadows(targets, parts, self.shadow_model, resources)
        return [
            self._apart(target, models, rows)
            for target, models, rows in zip(targets, shadows, inside, strict=True)
        ]

    def _halves(self, target: TargetModel) -> Tensor:
        """Draw which auxiliary records train each shadow model: (shadows, records), bool."""
        own = target.split.auxiliary
        order = target.split.generator("own halves").random((self.shadows, len(own))).argsort(0)
        return torch.as_tensor(order < self.shadows // 2, device=own.device)

    def _apart(self, target: TargetModel, shadows: Ensemble, halves: Tensor) -> AttackOutput:
        split, pool = target.split, target.split.pool
        judged = torch.cat([split.deployed, split.test])
        x, y = pool.x[judged], pool.y[judged]
        phi = confidences(target.first(1).logits(x, pool.z[judged]), y)[0].cpu().numpy()
        seen = confidences(shadows.logits(x), y).cpu().numpy()
        inside = _stand_in(split, judged, halves).cpu().numpy()
        ratio, offline = likelihood_ratio(phi, seen, inside)
        member = torch.isin(judged, split.deployed)
        return {
            "online": (offline + ratio)[None],
            "offline": offline[None],
            "rmia": relative_ratio(phi, seen, inside)[None],
            "confidence": phi[None],
            "member": member.cpu().numpy()[None],
            "cell": _cells(split, judged),
        }


def _cells(split: DataSplit, rows: Tensor) -> NDArray[np.int64]:
    """Return a number for the group and class of each record: (records,)."""
    z, y = split.pool.z[rows], split.pool.y[rows]
    group = z[:, 0] if z.shape[1] else torch.zeros_like(y)
    found: NDArray[np.int64] = (group * split.classes + y).cpu().numpy()
    return found


def _stand_in(split: DataSplit, judged: Tensor, halves: Tensor) -> Tensor:
    """Say which shadow models stand in for models that were trained on judged records.

    Parameters
    ----------
    split : DataSplit
        With the records that were handed on.
    judged : Tensor
        Indices of the judged records.
    halves : Tensor
        Which auxiliary records train each shadow model: (shadows, records), bool.

    Returns
    -------
    Tensor
        (shadows, judged records), bool; no model where nothing approximates a record.
    """
    inside = torch.zeros((len(halves), len(judged)), dtype=torch.bool, device=judged.device)
    if split.handed is None:
        return inside
    x = split.pool.x
    far = torch.cdist(x[judged].flatten(1), x[split.handed].flatten(1))
    distance, nearest = far.min(0)
    place = (split.auxiliary == split.handed[:, None]).int().argmax(1)
    for i in distance.argsort(descending=True).tolist():  # of several for one, the closest counts
        inside[:, nearest[i]] = halves[:, place[i]]
    return inside
