"""Stable attribute priority (D4): what the model relies on, where the data says what is stable."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, NotMeasurable, Subject

__all__ = ["StableAttributePriority"]

_SHUFFLES = 5
"""How often each set of attributes is shuffled."""


class StableAttributePriority(Measure):
    """Compares how much the model relies on stable and on spurious attributes.

    The reliance on a set of attributes is how far the model's answers move, in total variation,
    when these attributes are exchanged between records (model reliance; Fisher et al. 2019, All
    Models are Wrong, but Many are Useful, section 3), on records that the model was not trained
    on. The number is the reliance on the stable ones as a share of both, 0 to 1. Higher: stable
    attributes come first.
    """

    factor: ClassVar[str] = "stable_attribute_priority"
    name: ClassVar[str] = "reliance on stable attributes, as a share of that on stable and spurious"
    smallest_change: ClassVar[float] = 0.02

    def measure(self, subject: Subject) -> float:
        """Return the share of the deployed model."""
        said = subject.data.settings
        stable, spurious = (said.get(f"{kind}_attributes") for kind in ("stable", "spurious"))
        if stable is None or spurious is None:
            raise NotMeasurable(
                "takes data that says which attributes are stable, as only synthetic does"
            )
        if not stable or not spurious:
            raise NotMeasurable("takes data with both stable and spurious attributes")
        by_stable = _reliance(subject, 0, stable)
        by_spurious = _reliance(subject, stable, stable + spurious)
        if by_stable + by_spurious == 0:
            raise NotMeasurable("the model relies on neither stable nor spurious attributes")
        return by_stable / (by_stable + by_spurious)


def _reliance(subject: Subject, start: int, stop: int) -> float:
    """Return the mean total variation between answers before and after columns are exchanged."""
    x = subject.split.pool.x[subject.split.unseen]
    draw = subject.split.generator("exchanged attributes")
    moved = []
    with torch.no_grad():
        plain = subject.logits(x).double().softmax(-1)
        for _ in range(_SHUFFLES):
            order = torch.as_tensor(draw.permutation(len(x)), device=x.device)
            other = torch.cat([x[:, :start], x[order, start:stop], x[:, stop:]], dim=1)
            answers = subject.logits(other).double().softmax(-1)
            moved.append((answers - plain).abs().sum(-1).mean() / 2)
    return float(torch.stack(moved).mean())
