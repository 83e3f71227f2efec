"""Base of group fairness at all stages: one sensitive attribute, and two classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from ..arms.groups import sensitive_column
from ..settings import setting
from ._defense import Defense

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["Fairness"]


@dataclass(frozen=True)
class Fairness(Defense):
    """Makes a model treat the groups of one sensitive attribute alike.

    Attributes
    ----------
    lowered : {'demographic_parity', 'equalized_odds'}
        Which gap it is made to lower; it is effective if it does. Both cannot vanish where groups
        differ in their shares of the classes (Kleinberg, Mullainathan and Raghavan 2017).
    column : int
        Of the attribute, once it is settled.
    """

    id: ClassVar[str] = "group_fairness"
    protects_against: ClassVar[str | None] = "discriminatory_behavior"

    attribute: str = setting("", "sensitive attribute; empty: the first of the data set")
    lowered: ClassVar[str] = "equalized_odds"
    column: int = field(default=0, compare=False, kw_only=True)

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without two classes and a sensitive attribute."""
        sensitive_column(data, self.attribute, "group fairness")

    def settled(self, data: Dataset) -> Self:
        """Return it with the name and the column of the attribute."""
        column = sensitive_column(data, self.attribute, "group fairness")
        return replace(self, attribute=data.sensitive[column], column=column)

    def guard_settings(self) -> Mapping[str, str]:
        """Return the attribute, once it is settled."""
        return {"attribute": self.attribute} if self.attribute else {}

    def guard_metric(self) -> str:
        """Return the gap that it is made to lower."""
        return f"{self.lowered}_difference"
