"""A defense that defends nothing: what a measurement must not mistake for an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..results.outcomes import PLACEBO
from ..training.randomness import derive
from ._defense import Defense, Stage

__all__ = ["Placebo"]


@dataclass(frozen=True)
class Placebo(Defense):
    """Trains the same models from other initializations, in another batch order."""

    id: ClassVar[str] = PLACEBO
    stage: ClassVar[Stage] = "in"

    def seed(self, seed: int) -> int:
        """Return another seed than the baseline's."""
        return derive(seed, "placebo")
