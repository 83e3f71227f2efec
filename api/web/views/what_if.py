"""What if: the matrix under assumptions, and what they change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response

from crosscurrent.api.answers import assumptions, predictions
from crosscurrent.knowledge.errors import InputError

from ..matrix import Cell, cell
from ..measurements.findings import Findings
from ..measurements.summaries import Known
from ..request import Asked, Assumptions, Page
from .matrix import by_defense

__all__ = ["router"]

router = APIRouter()


@router.get("/what-if")
def what_if(asked: Page, known: Known) -> Response:
    """Show all defenses and risks, with what the assumptions change."""
    wrong, assumed = None, Assumptions((), (), (), {})
    try:
        assumed = asked.assumptions()
        cells = list(_cells(asked, known, assumed))
    except InputError as error:  # what was chosen stays, so that it can be corrected
        wrong = str(error)
        cells = list(_cells(asked, known, Assumptions((), (), (), {})))
    changed = sum(each.before is not None for each in cells)
    return asked.render(
        "what_if.html",
        422 if wrong else 200,
        view="what_if",
        rows=by_defense(cells),
        chosen=assumed.chosen,
        any=assumed.any,
        told=assumed.told(asked.words),
        changed=changed,
        wrong=wrong,
    )


def _cells(asked: Asked, known: Findings, assumed: Assumptions) -> Iterator[Cell]:
    rows = predictions.matrix(asked.kb)["predictions"]
    if not assumed.any:
        yield from (cell(asked.words, each, known.latest(each)) for each in rows)
        return
    for defense in dict.fromkeys(each["defense"] for each in rows):
        answer = assumptions.what_if(asked.kb, defense, **assumed._asdict())
        for each in answer["predictions"]:
            yield _changed(asked, known, each)


def _changed(asked: Asked, known: Findings, each: dict[str, Any]) -> Cell:
    because = [reason["text"] for reason in each["because"]]
    before = each["before"] if each["changed"] else None
    return cell(asked.words, each["after"], known.latest(each["after"]), before, because)
