"""The matrix: what each defense does to each risk."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from fastapi import APIRouter, Response

from crosscurrent.api.answers import predictions

from ..matrix import Cell, cell
from ..measurements.summaries import Known
from ..request import Page

__all__ = ["by_defense", "router"]

router = APIRouter()


def by_defense(cells: Iterable[Cell]) -> list[tuple[str, list[Cell]]]:
    """Return cells in rows."""
    return [(defense, list(row)) for defense, row in groupby(cells, key=lambda each: each.defense)]


@router.get("/")
def matrix(asked: Page, known: Known) -> Response:
    """Show all defenses and risks."""
    asked.expect()
    document = predictions.matrix(asked.kb)
    cells = [cell(asked.words, each, known.latest(each)) for each in document["predictions"]]
    return asked.render("matrix.html", view="matrix", rows=by_defense(cells))
