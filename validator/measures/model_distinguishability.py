"""Model distinguishability (O2.3): how differently a derived copy and the model behave."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from torch import Tensor

from ..training.ensembles import Ensemble
from ._measure import Measure, NotMeasurable, Subject
from ._pruning import pruning

__all__ = ["ModelDistinguishability"]


class ModelDistinguishability(Measure):
    """Compares a derived copy with the model, on the scale of independent models.

    The copy is the deployed model without the smaller half of its parameters, as one who took it
    would prune it (Lukas et al. 2021, Deep Neural Network Fingerprinting by Conferrable Adversarial
    Examples); the independent models are the shadow models, trained on other halves of the records.
    The number is the mean total variation between the answers of the copy and the model, on the
    test records, which no model has seen, over that between an independent model and the model: 0,
    a copy answers like the model and others do not; 1, a copy is as different as a model of someone
    else. Higher: a model and what is derived from it are more distinguishable.
    """

    factor: ClassVar[str] = "model_distinguishability"
    name: ClassVar[str] = "difference of a derived copy, as a share of an independent model's"
    smallest_change: ClassVar[float] = 0.05

    def measure(self, subject: Subject) -> float:
        """Return the ratio of the deployed model."""
        models = subject.target.models
        if len(models) < 2:
            raise NotMeasurable(
                "takes independent models, the shadow models that only some attacks train (such as"
                " membership_inference)"
            )
        parameters, pruned = pruning(subject.model)
        # all at once: what a defense keeps for a model, it finds by the model's place
        every = _answers(subject, models)
        mine, others = every[:1], every[1:]
        copy = _answers(subject, pruned(parameters - parameters // 2))
        apart = float((others - mine).abs().sum(-1).mean())
        if apart == 0:
            raise NotMeasurable("independent models answer exactly alike")
        return float((copy - mine).abs().sum(-1).mean()) / apart


def _answers(subject: Subject, models: Ensemble) -> Tensor:
    """Return what models answer to the test records: (models, records, classes)."""
    split = subject.split
    asked = replace(subject.target, models=models)
    logits = asked.logits(split.pool.x[split.test], split.pool.z[split.test])
    return logits.softmax(-1).double()
