"""What all plans of measurements have in common, whatever they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from validator.store import Store
    from validator.trials import Result

__all__ = ["Measurement"]


class Measurement(Protocol):
    """What was asked to be measured, checked; nothing is trained yet."""

    def measure(self, kept: Store, watcher: Any) -> dict[str, Any]:
        """Measure; return the document that the question gives with ``--json``.

        Parameters
        ----------
        kept : Store
            Where results are kept and looked up.
        watcher : Watcher
            Is told how far it is; of a grid an `Onlooker`.
        """

    def beforehand(self) -> dict[str, Any]:
        """Return what it is about, and what is ``known`` of that beforehand, ready for JSON."""

    def knowing(self, known: dict[str, Any]) -> Self:
        """Return the same with what `beforehand` of another one says is known."""

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Which experiment each cell is, where it has cells, ready for JSON."""

    def recipes(self) -> list[dict[str, Any]]:
        """Return the recipes of all trials."""

    def interval(self, results: Mapping[int, Result]) -> dict[str, Any] | None:
        """Return the effect so far with its interval, where there is a single one.

        Parameters
        ----------
        results : mapping of int to Result
            Those that are finished, by the place of their recipe.
        """
