"""Tail length (D2): how many records can only be known by heart."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, NotMeasurable, Subject

__all__ = ["TailLength"]

MEMORIZED = 0.25
"""By so much likelier is the true class of a memorized record, with the record than without it."""
_LEAST = 5
"""Models that it takes: two with and two without each record, among four shadow models."""


class TailLength(Measure):
    """Counts records whose own presence decides whether the models get them right.

    What a record's presence does is the mean probability of its class by the models trained on it,
    less that by the models that were not; above 0.25 it counts as memorized (Feldman and Zhang
    2020, What Neural Networks Memorize and Why, section 3, with their threshold). The share of such
    records among all that could train the models, 0 to 1. Higher: a longer tail.
    """

    factor: ClassVar[str] = "tail_length"
    name: ClassVar[str] = "share of records that are memorized"
    smallest_change: ClassVar[float] = 0.02

    def measure(self, subject: Subject) -> float:
        """Return the share, over the deployed model and its shadow models."""
        split, target = subject.split, subject.target
        if len(target.models) < _LEAST:
            raise NotMeasurable(
                "takes four or more shadow models, which only some attacks train (such as"
                " membership_inference)"
            )
        rows = split.candidates
        inside = torch.stack([torch.isin(rows, each) for each in split.training]).double()
        answers = target.logits(split.pool.x[rows], split.pool.z[rows]).softmax(-1).double()
        true = split.pool.y[rows][None, :, None].expand(len(answers), -1, 1)
        sure = answers.gather(2, true)[..., 0]
        seen, unseen = inside.sum(0), (1 - inside).sum(0)
        known = (seen > 0) & (unseen > 0)
        if not known.any():
            raise NotMeasurable("no record trains some of the models and not the others")
        gain = (sure * inside).sum(0) / seen - (sure * (1 - inside)).sum(0) / unseen
        return float((gain[known] >= MEMORIZED).double().mean())
