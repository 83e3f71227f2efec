r"""Outlier removal in training: the model is fitted again on a trusted few, with a new last layer.

As in Def\Con (Duddu, Zhang and Asokan 2025), where that takes out what poisoned records taught.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ..arms.splits import DataSplit
from ..arms.trusted_records import fitted, trusted
from ..settings import setting
from ..training.layers import weighted_layers
from ..training.randomness import derive
from ._defense import Defense, Stage

if TYPE_CHECKING:
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["OutlierRemoval"]


@dataclass(frozen=True)
class OutlierRemoval(Defense):
    """Fine-tunes the trained model on trusted records, with a new last layer.

    All layers learn: what a backdoor taught the earlier ones would serve the new last one too.
    """

    id: ClassVar[str] = "outlier_removal"
    stage: ClassVar[Stage] = "in"
    protects_against: ClassVar[str | None] = "poisoning"

    trusted: float = setting(
        0.3, "share of the training records that are trusted", least=0.001, most=1.0
    )
    epochs: int = setting(30, "passes over these records", least=1, most=100_000)
    learning_rate: float = setting(0.01, "step of an update, by Adam", least=1e-9, most=100.0)

    def check_model(self, architecture: Architecture) -> None:
        """Raise `InputError` without a last layer that can be replaced."""
        weighted_layers(architecture, self.id)

    def postprocess(self, models: Ensemble, split: DataSplit) -> Ensemble:
        """Fit every model again on its own trusted records."""
        sound = trusted(split, self.trusted)
        seeds = [derive(split.seed, "last layer", i) for i in range(len(sound))]
        last = weighted_layers(models.architecture, self.id)[-1]
        fresh = models.fresh(models.architecture, seeds, models.device).parameters
        mixed = {
            name: fresh[name] if name.startswith(f"{last}.") else old
            for name, old in models.parameters.items()
        }
        return fitted(
            replace(models, parameters=mixed),
            split,
            sound,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
        )
