"""Attribute inference from what a model answers, and from what is released beside it.

Song and Shmatikov 2020, Overlearning Reveals Sensitive Attributes; Duddu and Boutet 2022, Inferring
Sensitive Attributes from Model Explanations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from ..arms.choices import chosen, forest, left_out_losses, regression
from ..arms.given_records import given_to
from ..arms.groups import attribute_column
from ..arms.metrics import AttackOutput, Metric, auc
from ..arms.splits import TEST_SHARE, DataSplit, TargetModel
from ..arms.targets import check_targets, chosen_targets
from ..settings import setting
from ..training.randomness import derive
from ._attack import AWARE, Attack, AttackerResources
from ._numbers import numbers
from ._shadows import check_halves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..arms.changes import Change
    from ..data import Dataset

__all__ = ["AttributeInference"]

JUDGED = (1 - TEST_SHARE) / 2
"""Share of the records that the deployed model is trained on; the adversary has as many."""

LEAST = 15
"""Judged records of a group, on average over seeds, for it to be told apart from the others."""


def _auc(got: AttackOutput, scores: str) -> float:
    """Return how well each group is told apart from all others, on average over groups."""
    pairs = zip(got[scores].T, got["groups"], strict=True)
    return float(np.mean([auc(score, got["group"] == group) for score, group in pairs]))


def _gain_of_targets(got: AttackOutput) -> float:
    """Return the gain in AUC on the targeted records, 0 where they are all of one group."""
    some = got["target"]
    few: AttackOutput = {name: got[name][some] for name in ("group", "with_model", "without_model")}
    both = [(few["group"] == each).any() and (few["group"] != each).any() for each in got["groups"]]
    if not any(both):
        return 0.0
    few = {
        "group": few["group"],
        "groups": got["groups"][both],
        "with_model": few["with_model"][:, both],
        "without_model": few["without_model"][:, both],
    }
    return _auc(few, "with_model") - _auc(few, "without_model")


def _pairs(got: AttackOutput) -> int:
    sizes = (got["group"][:, None] == got["groups"]).sum(0)
    return int((sizes * (len(got["group"]) - sizes)).min())


@dataclass(frozen=True)
class AttributeInference(Attack):
    """Infers the sensitive group of training records from the model's answers.

    The adversary does not have the records' other attributes, but it knows their labels, and has
    the model's answers. It has other records, whose group it knows, and shadow models with the
    victim's defense, each trained on half of those: it fits a classifier to what a shadow model
    says of records that it was trained on. Trying that on records that were left out of the fit, it
    chooses between a logistic regression and a random forest, and whether to heed what is released
    beside the answers, or the model at all (`choices`). What is told from the label alone is no
    fault of the model's: only what is gained over it counts.

    Told beside that are an adversary unaware of training, which fits to what the attacked model
    says of records that it was not trained on: a model may answer otherwise about its training
    records, and a fairness defense turn round what an answer says of the group. And an informed
    one, which knows the groups of other training records.
    """

    risk: ClassVar[str] = "attribute_inference"
    uses: ClassVar[tuple[str, ...]] = ("auxiliary_data_quality",)
    sees: ClassVar[frozenset[Change]] = frozenset({"the model", "explanations"})
    adversary: ClassVar[Mapping[str, str]] = AWARE
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "auc_gain",
            "gain in AUC over the label alone",
            "higher",
            0.02,
            lambda got: _auc(got, "with_model") - _auc(got, "without_model"),
            _pairs,
            0.0,
        ),
        Metric(
            "auc",
            "AUC of attribute inference",
            "higher",
            0.02,
            lambda got: _auc(got, "with_model"),
            _pairs,
            0.5,
            1.0,
        ),
        Metric(
            "auc_without_model",
            "AUC from the label alone, without the model",
            "higher",
            0.02,
            lambda got: _auc(got, "without_model"),
            _pairs,
            0.5,
            1.0,
        ),
        Metric(
            "auc_unaware",
            "AUC of an adversary that takes training records for any others",
            "higher",
            0.02,
            lambda got: _auc(got, "unaware"),
            _pairs,
            0.5,
            1.0,
        ),
        Metric(
            "auc_informed",
            "AUC if the groups of other training records are known",
            "higher",
            0.02,
            lambda got: _auc(got, "informed"),
            _pairs,
            0.5,
            1.0,
        ),
    )

    about_targets: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "auc_gain_targets",
            "gain in AUC over the label alone on the targeted records",
            "higher",
            0.02,
            _gain_of_targets,
            lambda got: int(got["target"].sum()),
            0.0,
        ),
    )

    attribute: str = setting("", "sensitive attribute; empty: the first of the data set")
    shadows: int = setting(
        16, "shadow models for each target model, an even number", least=2, most=4096
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
        """All, and the one about targets if there are any."""
        return (*self.metrics, *(self.about_targets if self.target_records else ()))

    @property
    def models(self) -> int:
        """The target model and its shadow models."""
        return 1 + self.shadows

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without a sensitive attribute of two groups with enough records.

        And if the number of shadow models is odd, or targets are too few or too many.
        """
        if self.target_records:
            check_targets("attack.target_records", self.target_records, data)
        check_halves(self.shadows)
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
        """Return the gain in AUC, on targets if there are any, named by its attribute."""
        del provable
        of = f", of {self.attribute}" if self.attribute else ""
        usual = self.about_targets[0] if self.target_records else self.metrics[0]
        return replace(usual, name=usual.name + of)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return a score of each training record for each group: (records, groups).

        That is how likely the record is in that group: with the model's answer, without it, with it
        to an adversary that has no shadow models, and with it if the groups of most other training
        records are known.
        """
        return [self._mount(target, resources) for target in targets]

    def _mount(self, target: TargetModel, resources: AttackerResources) -> AttackOutput:
        split, pool = target.split, target.split.pool
        column = resources.sensitive.index(self.attribute) if self.attribute else 0
        group = pool.z[:, column].cpu().numpy()
        everyone = torch.cat([split.candidates, split.test]).cpu().numpy()
        large = _large(group[everyone])
        # what became of the records under a defense is the owner's affair: the people are the same
        own, others = split.auxiliary, split.deployed
        known, wanted = (group[part.cpu().numpy()] for part in (own, others))
        one_hot = np.eye(split.classes)
        label, asked = (one_hot[pool.y[part].cpu().numpy()] for part in (own, others))
        seen = numbers(target.observed(pool.x[own]), split.classes)
        answers = numbers(target.first(1).observed(pool.x[others])[0], split.classes)
        # of each shadow model, the adversary's own records that this one was given
        inside = torch.stack(
            [torch.isin(own, given_to(split, i)) for i in range(1, len(target.models))]
        ).numpy(force=True)
        model, row = np.nonzero(inside)
        handed = np.flatnonzero(_among(own, split.handed))
        # approximations of the deployed model's own records take the place of a shadow model's
        model = np.concatenate([1 + model, np.zeros_like(handed)])
        row = np.concatenate([row, handed])
        shadowed = np.concatenate([label[row], seen[model, row]], axis=1)
        told = np.concatenate([asked, answers], axis=1)
        # who does without the model is handed nothing either: what is gained is gained over that
        before = split.unused.cpu().numpy()
        without = _likelihoods(
            regression(), one_hot[pool.y.cpu().numpy()[before]], group[before], asked, large
        )
        with_model, way = without, self._way(split, shadowed, known, row)
        if way is not None:
            make, columns = way
            fitted = shadowed[:, :columns], known[row]
            with_model = _likelihoods(make(), *fitted, told[:, :columns], large)
        seed = derive(split.seed, "informed adversary") % 2**32
        return {
            "group": wanted,
            "groups": large,
            "target": torch.isin(others, chosen_targets(split, self.target_records)).cpu().numpy(),
            "with_model": with_model,
            "without_model": without,
            "unaware": _likelihoods(
                regression(), np.concatenate([label, seen[0]], axis=1), known, told, large
            ),
            "informed": _informed(told, wanted, large, seed),
        }

    def _way(
        self,
        split: DataSplit,
        shadowed: NDArray[np.float64],
        known: NDArray[Any],
        row: NDArray[np.intp],
    ) -> tuple[Callable[[], Any], int] | None:
        """Return what to fit to how many columns, or None: the label alone tells as much.

        Parameters
        ----------
        split : DataSplit
            Whose randomness says which half of each group's records is fitted to first; the other
            half tries it.
        shadowed : array of float
            Labels, answers of shadow models, and what is released beside them: (cases, columns).
        known : array of int
            Group of each of the adversary's records.
        row : array of int
            Which of these records a case is about: (cases,).
        """
        draw = split.generator("records to choose by")
        half = np.empty(len(known), dtype=np.intp)
        half[np.lexsort((draw.permutation(len(known)), known))] = np.arange(len(known)) % 2
        grown = partial(forest, derive(split.seed, "forest"))
        widths = dict.fromkeys((2 * split.classes, shadowed.shape[1]))
        steps: list[list[tuple[Callable[[], Any], int]]] = [
            [(regression, split.classes)],
        ]
        steps += [[(regression, width), (grown, width)] for width in widths]

        def losses(way: tuple[Callable[[], Any], int]) -> NDArray[np.float64]:
            make, columns = way
            return left_out_losses(make, shadowed[:, :columns], known[row], row, half[row])

        best = chosen(steps, losses)
        return best if best[1] > split.classes else None


def _among(records: Tensor, some: Tensor | None) -> NDArray[np.bool_]:
    found = torch.zeros_like(records, dtype=torch.bool)
    return (found if some is None else torch.isin(records, some)).cpu().numpy()


def _large(group: NDArray[Any]) -> NDArray[np.int64]:
    """Return the groups that enough records are in; that depends on the data alone."""
    return np.flatnonzero(np.bincount(group) * JUDGED >= LEAST)


def _likelihoods(
    model: Any,
    fitted: NDArray[np.float64],
    known: NDArray[Any],
    asked: NDArray[np.float64],
    groups: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Fit to records whose group is known, and return how likely the others' is."""
    model.fit(fitted, known)
    found: NDArray[np.float64] = model.predict_proba(asked)
    return found[:, np.searchsorted(model.classes_, groups)]


def _informed(
    told: NDArray[np.float64], group: NDArray[Any], groups: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Fit to four fifths of the training records in turn; return how likely the others' group is.

    One group against all others each time, so that small groups need not be in each part.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    parts = StratifiedKFold(5, shuffle=True, random_state=seed)
    found = [
        cross_val_predict(regression(), told, group == each, cv=parts, method="predict_proba")
        for each in groups
    ]
    return np.stack([likely[:, 1] for likely in found], axis=1)
