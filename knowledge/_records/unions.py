"""Types over several records."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from .collusions import Outcome, Prerequisite
from .interactions import Correlation

__all__ = ["Edge", "Record"]

Edge = Correlation | Outcome | Prerequisite
"""A signed, cited edge that ends in a factor."""


@runtime_checkable
class Record(Protocol):
    """Whatever has an id of its own."""

    @property
    def id(self) -> str:
        """Its identity, by which other records name it."""
