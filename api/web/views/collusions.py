"""Attacks and attacks: which of them can amplify which."""

from __future__ import annotations

from fastapi import APIRouter, Response

from crosscurrent.api.answers import collusions as answers

from ..colluded import by_first, pairing
from ..measurements.summaries import Known
from ..request import Page

__all__ = ["router"]

router = APIRouter()


@router.get("/collusions")
def collusions(asked: Page, known: Known) -> Response:
    """Show every attack against every other, whoever the adversaries are."""
    asked.expect()
    documents = answers.collusions(asked.kb)["collusions"]
    rows = by_first(
        pairing(asked.words, each, known.of_attacks(each["first"], each["second"]))
        for each in documents
    )
    return asked.render("collusions.html", view="matrix", rows=rows)
