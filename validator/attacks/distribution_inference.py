"""Distribution inference: with which share of a group the training records were drawn.

Ganju et al. 2018, Property Inference Attacks on Fully Connected Neural Networks; Suri and Evans
2022, Formalizing and Estimating Distribution Inference Risks.

If the records that the adversary draws its shadow models from were those of the attacked model, it
would recognise by its shadow models which records that one remembers, and so from which group more
were drawn, even where groups do not differ in anything. That is about the data set, not about its
distribution. So models are put into folds, which have no training record in common, and each is
attacked with the shadow models of the other folds. No model is trained on what all are asked about.

An adversary who trains shadow models of its own has one half of the records for that; the owners of
the models that are attacked have the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch

from crosscurrent.knowledge.errors import InputError

from ..arms.choices import chosen, left_out_losses, regression
from ..arms.groups import attribute_column
from ..arms.metrics import AttackOutput, Metric, auc
from ..arms.splits import TEST_SHARE, DataSplit, TargetModel
from ..settings import setting
from ._attack import AWARE, Attack, AttackerResources
from ._numbers import numbers
from ._shadows import apart, check_shadow_model, own_shadows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..arms.changes import Change
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["DistributionInference"]

FOLDS = 4
"""With fewer, what is particular to the records of one fold outweighs what its share of the group
changes; with more, models have fewer records."""

ATTACKED = 16
"""Models that an adversary with shadow models of its own attacks, half with either share."""

ASKED = 0.1
"""Of the records of the smaller side, the group or the others, that models are asked about."""

STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Inverse weights of the penalty to choose from, up to scikit-learn's default."""

LEAST = 10
"""Training records of a model."""


def _auc(got: AttackOutput) -> float:
    """Return the mean over folds: scores of different shadow models do not compare."""
    folds = (got["fold"] == fold for fold in np.unique(got["fold"]))
    return float(np.mean([auc(got["score"][each], got["high"][each]) for each in folds]))


def _pairs(got: AttackOutput) -> int:
    fold, high = got["fold"], got["high"]
    return sum(int(((fold == f) & high).sum() * ((fold == f) & ~high).sum()) for f in set(fold))


@dataclass(frozen=True)
class DistributionInference(Attack):
    """Distinguishes two shares of a group in the training data from the model's answers.

    The adversary has shadow models of either share, trained with the victim's defense, and fits a
    logistic regression to what they say, on average, of the records of each side (the group, or
    the others) in each class. Trying that on shadow models left out of the fit, it chooses how
    strongly to regularise, and whether to heed what is released beside the answers (`choices`):
    of a few dozen models, averages of many numbers fit any share. All models are attacked, and the
    mean counts.

    The owner's records, too, are drawn with one of the shares, and are fewer than otherwise.

    An adversary who trains its shadow models itself, on records of its own and without a defense,
    attacks each model with shadow models made for it. Their scores do not compare, so what counts
    then is of how many models the share is told.
    """

    risk: ClassVar[str] = "distribution_inference"
    uses: ClassVar[tuple[str, ...]] = ("auxiliary_data_quality", "architecture_similarity")
    sees: ClassVar[frozenset[Change]] = frozenset({"the model", "explanations"})
    adversary: ClassVar[Mapping[str, str]] = AWARE
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric("auc", "AUC of telling the shares apart", "higher", 0.05, _auc, _pairs, 0.5, 1.0),
        Metric(
            "attack_accuracy",
            "share of models of which the adversary tells the share",
            "higher",
            0.05,
            lambda got: float(np.mean((got["score"] > 0) == got["high"])),
            lambda got: len(got["high"]),
            0.5,
            1.0,
        ),
        Metric(
            "auc_of_loss_test",
            "AUC of the loss test, which takes no shadow models",
            "higher",
            0.05,
            lambda got: auc(got["loss_gap"], got["high"]),
            lambda got: int(got["high"].sum() * (~got["high"]).sum()),
            0.5,
            1.0,
        ),
    )

    attribute: str = setting("", "sensitive attribute; empty: the first of the data set")
    group: int = setting(0, "index of the group", least=0, most=1_000_000)
    low: float = setting(
        0.1, "smaller share of the group in the training data", least=0.0, most=1.0
    )
    high: float = setting(
        0.9, "larger share of the group in the training data", least=0.0, most=1.0
    )
    shadows: int = setting(
        40, "shadow models for each target model, a multiple of 8", least=8, most=4096
    )
    own_records: bool = setting(
        False, "whether the adversary trains shadow models itself, on records of its own"
    )
    shadow_model: str = setting(
        "", "architecture of shadow models, with own records; empty: the target model's"
    )
    column: int = 0
    """Of the attribute; no setting, but settled by the data."""

    @property
    def models(self) -> int:
        """The models that are attacked, all of which are each other's shadow models if shared."""
        return ATTACKED if self.own_records else 1 + self.shadows

    @property
    def targeted(self) -> int:
        """How many of these are attacked by themselves."""
        return ATTACKED if self.own_records else 1

    @property
    def own_models(self) -> int:
        """The shadow models of all of them if they are the adversary's own."""
        return ATTACKED * self.shadows if self.own_records else 0

    @property
    def _parts(self) -> int:
        """Of the records, with none in common."""
        return 2 if self.own_records else FOLDS

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without a group and others with enough records for all folds."""
        column = attribute_column(data, self.attribute, self.risk)
        if self.low >= self.high:
            raise InputError(
                f"attack.low={self.low:g}, attack.high={self.high:g}: the smaller share should be"
                " below the larger"
            )
        if self.shadows % (2 * FOLDS):
            raise InputError(
                f"attack.shadows={self.shadows}: should be a multiple of {2 * FOLDS}, since each of"
                f" {FOLDS} folds has as many of either share"
            )
        inside = data.z[:, column] == self.group
        if not inside.any():
            raise InputError(
                f"attack.group={self.group}: {data.sensitive[column]} has groups 0 to"
                f" {int(data.z[:, column].max())}"
            )
        sizes = [round((1 - TEST_SHARE) * int(side.sum())) for side in (inside, ~inside)]
        asked = _asked(sizes)
        check_shadow_model(self.shadow_model, data, own=self.own_records)
        if self._records([(size - asked) // self._parts for size in sizes]) < LEAST:
            raise InputError(
                f"{self.risk}: too few records: {data.name} has {int(inside.sum())} in group"
                f" {self.group} and {int((~inside).sum())} others, and a model would be trained on"
                f" fewer than {LEAST}; use more records, or other shares (--set attack.low,"
                " attack.high)"
            )

    def settled(self, data: Dataset) -> Self:
        """Return it with the name of the attribute."""
        column = attribute_column(data, self.attribute, self.risk)
        return replace(self, attribute=data.sensitive[column], column=column)

    def second_settings(self, knowledge: str, architecture: Architecture) -> Mapping[str, str]:
        """Leave the adversary with records of its own, or not knowing the architecture either."""
        return apart(knowledge, architecture)

    def poison_data(self, split: DataSplit) -> DataSplit:
        """Draw the training records of all models anew, with one share or the other.

        A coin decides which the deployed model gets; of the shadow models of a fold, half get
        either. All models have as many records, drawn without replacement from their fold.

        If the adversary has records of its own, these are the second of two folds, and half of the
        models that are attacked get either share.
        """
        draw = split.generator("shares")
        candidates = split.candidates.cpu().numpy()
        inside = split.pool.z[split.candidates, self.column].cpu().numpy() == self.group
        sides = [draw.permutation(candidates[side]) for side in (inside, ~inside)]
        asked = _asked([len(side) for side in sides])
        parts = self._parts
        folds = [[side[asked + fold :: parts] for side in sides] for fold in range(parts)]
        records = min(self._records([len(side) for side in fold]) for fold in folds)

        others = np.arange(len(split.training) - 1)
        coin = draw.integers(2, size=1)
        if self.own_records:
            fold, rest = np.zeros(len(split.training), np.int64), coin + 1 + others
        else:
            fold, rest = np.concatenate([[0], others % FOLDS]), others // FOLDS
        high = np.concatenate([coin, rest % 2]).astype(bool)
        training = []
        for place, larger in zip(fold, high, strict=True):
            count = round((self.high if larger else self.low) * records)
            sizes = zip(folds[place], (count, records - count), strict=True)
            rows = np.concatenate([draw.permutation(side)[:size] for side, size in sizes])
            training.append(torch.as_tensor(np.sort(rows), device=split.candidates.device))

        def kept(values: NDArray[Any]) -> torch.Tensor:
            return torch.as_tensor(values, device=split.candidates.device)

        return replace(
            split,
            deployed=training[0],
            training=tuple(training),
            owned=kept(np.concatenate(folds[1])) if self.own_records else split.owned,
            kept=MappingProxyType(
                {
                    **split.kept,
                    "share_asked": kept(np.concatenate([side[:asked] for side in sides])),
                    "share_fold": kept(fold),
                    "share_high": kept(high),
                }
            ),
        )

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return what is told of each model, which are in one fold, and what is true: (models,).

        The score is above 0 for the larger share. The gap in loss is by how much more is lost on
        records of the others than on those of the group.
        """
        shadows: Sequence[Ensemble | None] = [None] * len(targets)
        if self.own_records:
            parts = [self._drawn(target) for target in targets]
            shadows = own_shadows(targets, parts, self.shadow_model, resources)
        return [self._mount(*each) for each in zip(targets, shadows, strict=True)]

    def targets(self, target: TargetModel) -> list[TargetModel]:
        """Return each model of an adversary's who has records of its own."""
        if not self.own_records:
            return [target]
        found = []
        for place in range(len(target.models)):
            one = target.alone(place)
            own = {
                name: one.split.kept[name][place : place + 1]
                for name in ("share_fold", "share_high")
            }
            found.append(replace(one, split=one.split.keeping(**own)))
        return found

    def judged(self, *, provable: bool) -> Metric:
        """Return the AUC, or of how many models the share is told if scores do not compare."""
        del provable
        return self.metrics[1 if self.own_records else 0]

    def _drawn(self, target: TargetModel) -> list[torch.Tensor]:
        """Draw the records of shadow models from the adversary's own, half with either share."""
        split = target.split
        draw = split.generator("own shares")
        own = split.auxiliary.cpu().numpy()
        inside = split.pool.z[split.auxiliary, self.column].cpu().numpy() == self.group
        records = len(split.deployed)
        found = []
        for i in range(self.shadows):
            count = round((self.high if i % 2 else self.low) * records)
            sizes = zip((own[inside], own[~inside]), (count, records - count), strict=True)
            rows = np.concatenate([draw.permutation(side)[:size] for side, size in sizes])
            found.append(torch.as_tensor(rows, device=split.deployed.device))
        return found

    def _mount(self, target: TargetModel, shadows: Ensemble | None) -> AttackOutput:
        split, pool = target.split, target.split.pool
        asked = split.kept["share_asked"]
        fold, high = (
            split.kept[name][: len(target.models)].cpu().numpy()
            for name in ("share_fold", "share_high")
        )
        y = pool.y[asked].cpu().numpy()
        inside = pool.z[asked, self.column].cpu().numpy() == self.group
        observed = target.observed(pool.x[asked])
        if shadows is not None:  # they release nothing beside their answers
            answers = shadows.logits(pool.x[asked]).softmax(-1)
            observed = torch.cat([observed[..., : split.classes], answers])
        seen = numbers(observed, split.classes)
        means = [
            seen[:, cell].mean(1)
            for side in (inside, ~inside)
            for label in range(split.classes)
            if (cell := side & (y == label)).any()
        ]
        logs = seen[..., : split.classes]
        loss = np.logaddexp.reduce(logs, axis=-1) - logs[:, np.arange(len(y)), y]
        given = np.stack(means, axis=-1)
        gap = loss[:, ~inside].mean(1) - loss[:, inside].mean(1)
        if shadows is None:
            score = _scores(given, split.classes, high, fold)
        else:
            place = np.arange(len(shadows))
            score = _score(given[1:], split.classes, place % 2 == 1, place // 2 % FOLDS, given[:1])
        return {
            "score": score,
            "loss_gap": gap[: len(high)],
            "high": high,
            "fold": fold,
        }

    def _records(self, sizes: Sequence[int]) -> int:
        """Return how many records can be drawn with either share, of so many of each side."""
        shares = [(share, 1 - share) for share in (self.low, self.high)]
        pairs = [pair for both in shares for pair in zip(sizes, both, strict=True)]
        return min(int(size / share) for size, share in pairs if share > 0)


def _asked(sizes: Sequence[int]) -> int:
    """Return how many records of each side models are asked about."""
    return max(1, round(ASKED * min(sizes)))


def _scores(
    given: NDArray[np.float64],
    classes: int,
    high: NDArray[np.bool_],
    fold: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Score the models of each fold by the models of the others."""
    scores = np.empty(len(given))
    for place in np.unique(fold):
        own = fold == place
        scores[own] = _score(given[~own], classes, high[~own], fold[~own], given[own])
    return scores


def _score(
    known: NDArray[np.float64],
    classes: int,
    high: NDArray[np.bool_],
    part: NDArray[np.int64],
    asked: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit to models whose share is known, and return log odds of the larger one for others.

    Parameters
    ----------
    known, asked : array of float
        Of each model the means of what it says, of the classes first: (models, numbers, cells).
    classes : int
        Number of classes.
    high : array of bool
        Which of the known models have the larger share.
    part : array of int
        Parts of the known models that are left out in turn to choose by.
    """
    widths = dict.fromkeys((classes, known.shape[1]))
    steps = [[(width, strength) for strength in STRENGTHS] for width in widths]
    unit = np.arange(len(known))

    def flat(means: NDArray[np.float64], width: int) -> NDArray[np.float64]:
        return means[:, :width].reshape(len(means), -1)

    def losses(way: tuple[int, float]) -> NDArray[np.float64]:
        width, strength = way
        return left_out_losses(_fitting(strength), flat(known, width), high, unit, part)

    width, strength = chosen(steps, losses)
    model = _fitting(strength)().fit(flat(known, width), high)
    found: NDArray[np.float64] = model.decision_function(flat(asked, width))
    return found


def _fitting(strength: float) -> Callable[[], Any]:
    # the deployed model must not make the share that it has seem likelier
    return partial(regression, strength=strength, balanced=True)
