"""Cells of the matrix that are shown, and the order of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError, clip, legible, suggest

from ..text.assessments import GRADES

if TYPE_CHECKING:
    from .matrix import PredictionCell
    from .names import Words

__all__ = ["NOTHING", "Offers", "Selection", "offers", "selected", "selection"]

Options = Sequence[tuple[str, str]]

_SHOWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "disagree": "where voices disagree",
        "published": "what was published",
        "measured": "what was measured",
        "unknown": "what is not known",
    }
)
_SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "raises": "fewest risks rise first",
        "lowers": "most risks fall first",
        "evidence": "best established first",
        "name": "by name",
    }
)
_WAYS: Final[Mapping[str, int]] = MappingProxyType({"decrease": -1, "increase": 1})


class Selection(NamedTuple):
    """What is asked for; empty where nothing is.

    Attributes
    ----------
    sort : str
        ``raises``, ``lowers``, ``evidence``, ``name``, or a risk's id.
    grade : str
        The only grade to show.
    show : str
        ``disagree``, ``published``, ``measured`` or ``unknown``.
    """

    sort: str = ""
    grade: str = ""
    show: str = ""

    @property
    def filtered(self) -> bool:
        """Whether some cells may be left out."""
        return bool(self.grade or self.show)


NOTHING: Final = Selection()
"""All cells, in the order of the knowledge."""


class Offers(NamedTuple):
    """Values to choose from, each with its text."""

    sort: Options
    grade: Options
    show: Options


def offers(words: Words) -> Offers:
    """Return what can be asked for."""
    risks = [(each, f"{words.both(each)}: lowered first") for each in words.kb.risks]
    return Offers(
        [("", "as listed"), *_SORTS.items(), *risks],
        [("", "any"), *GRADES.items()],
        [("", "all cells"), *_SHOWS.items()],
    )


def selection(offered: Offers, sort: str | None, grade: str | None, show: str | None) -> Selection:
    """Return what is asked for.

    Raises
    ------
    InputError
        If a value is not among those offered.
    """
    asked = Selection(sort or "", grade or "", show or "")
    for name, value, options in zip(Selection._fields, asked, offered, strict=True):
        known = [each for each, _ in options if each]
        if value and value not in known:
            close = suggest(value, known)
            hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(known)}"
            raise InputError(f"{name}={legible(clip(value))}: there is no such choice ({hint})")
    return asked


def selected(
    rows: Sequence[tuple[str, Sequence[PredictionCell]]], wish: Selection
) -> list[tuple[str, Sequence[PredictionCell | None]]]:
    """Return rows with the cells asked for, None in the place of others; none is empty."""
    kept = [
        (defense, [cell if _fits(cell, wish) else None for cell in cells])
        for defense, cells in _ordered(rows, wish.sort)
    ]
    return [(defense, cells) for defense, cells in kept if any(cells)]


def _fits(cell: PredictionCell, wish: Selection) -> bool:
    if wish.grade and cell.grade != wish.grade:
        return False
    return {
        "": True,
        "disagree": cell.disagree,
        "published": bool(cell.published),
        "measured": bool(cell.measured or cell.reference),
        "unknown": cell.grade == "none",
    }[wish.show]


def _ordered(
    rows: Sequence[tuple[str, Sequence[PredictionCell]]], sort: str
) -> Sequence[tuple[str, Sequence[PredictionCell]]]:
    """Return rows in an order; those that are alike in it stay as they are."""
    if not sort:
        return rows
    if sort == "name":
        return sorted(rows, key=lambda row: row[1][0].spoken)

    def rank(row: tuple[str, Sequence[PredictionCell]]) -> float:
        cells = row[1]
        if sort == "raises":
            return sum(cell.expect == "increase" for cell in cells)
        if sort == "lowers":
            return -sum(cell.expect == "decrease" for cell in cells)
        if sort == "evidence":
            return -sum(cell.strength for cell in cells)
        own = next(cell for cell in cells if cell.risk == sort)
        return _WAYS.get(own.expect, 0) * (1 + own.strength)

    return sorted(rows, key=rank)
