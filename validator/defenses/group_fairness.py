"""Group fairness by a penalty on the gap between groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..arms.groups import sensitive_column
from ..settings import setting
from ..training.spec import Schedule, TrainingHooks
from ._defense import Stage
from ._fairness import Fairness

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["GapPenalty", "GroupFairness"]


@dataclass(frozen=True)
class GapPenalty:
    """Penalises the squared distance of groups' mean scores from the mean over all.

    A score runs from −1 (surely the first class) to 1 (surely the second).

    Attributes
    ----------
    strength : float
        Factor of the penalty.
    column : int
        Of the sensitive attribute.
    groups : int
        How many groups it has.
    within_classes : bool
        Whether means are taken within each class (equalised odds) or over all records
        (demographic parity).
    """

    strength: float
    column: int
    groups: int
    within_classes: bool

    @property
    def operations(self) -> GapPenalty:
        """The penalty itself."""
        return self

    def __call__(
        self,
        forward: Callable[[Tensor], Tensor],
        x: Tensor,
        y: Tensor,
        z: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Return the penalty of one batch."""
        logits = forward(x)
        score = torch.tanh((logits[:, 1] - logits[:, 0]) / 2)
        groups = torch.arange(self.groups, device=z.device)
        member = (z[:, self.column, None] == groups).to(score.dtype)
        gap = score.new_zeros(())
        for chosen in [weight * (y == c) for c in (0, 1)] if self.within_classes else [weight]:
            shares = member * chosen[:, None]
            counts = shares.sum(0)
            means = (shares * score[:, None]).sum(0) / counts.clamp(min=1)
            overall = (chosen * score).sum() / chosen.sum().clamp(min=1)
            gap = gap + ((means - overall).square() * (counts > 0)).sum()
        return self.strength * gap


@dataclass(frozen=True)
class GroupFairness(Fairness):
    """Adds a penalty on the gap between groups to the loss, for two classes.

    By default the gap is that of demographic parity. Within classes there is next to no gap left
    to penalise on the training records of a model that memorises them, and nothing changes on
    others. Whether the defense was effective is judged by the gap that it penalises.
    """

    stage: ClassVar[Stage] = "in"

    strength: float = setting(2.0, "weight of the penalty", least=0.0, most=1e6)
    parity: str = setting(
        "demographic_parity",
        "fairness gap that is penalized",
        choices=("demographic_parity", "equalized_odds"),
    )

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return training with the penalty."""
        del schedule
        column = sensitive_column(data, self.attribute, "group fairness")
        groups = int(data.z[:, column].max()) + 1
        within = self.parity == "equalized_odds"
        return TrainingHooks(penalties=(GapPenalty(self.strength, column, groups, within),))

    def guard_metric(self) -> str:
        """Return the gap that is penalised."""
        return f"{self.parity}_difference"
