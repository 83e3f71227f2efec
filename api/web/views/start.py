"""The first page: one defense, one risk, or both, in a few lines; and search over everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import predictions
from crosscurrent.knowledge.errors import InputError

from ...text import assessments
from ..found import found
from ..matrix import PredictionCell, prediction_cell
from ..measurements.summaries import Findings, OwnFindings
from ..request import PageRequest, PageRequestDep

__all__ = ["AnswerGroup", "router"]

router = APIRouter()

_GROUPS: Final = (
    ("intended", "What it is meant for"),
    ("increase", "Rises"),
    ("decrease", "Falls"),
    ("depends", "It depends, or works disagree"),
    ("no_change", "Stays as it is"),
    ("unknown", "Not known"),
)
EXAMPLES: Final = (
    ("differential_privacy", "discriminatory_behavior"),
    ("adversarial_training", "membership_inference"),
    ("explanations", "unauthorized_model_ownership"),
)
"""Pairs to begin with."""


class AnswerGroup(NamedTuple):
    """Cells of which the same is expected, the best established first."""

    title: str
    cells: Sequence[PredictionCell]


@router.get("/")
def start(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Ask for a defense and a risk, and answer for what was chosen."""
    return page.kept(findings.jobs, lambda: _start(page, findings))


def _start(page: PageRequest, findings: Findings) -> Response:
    page.expect("defense", "risk")
    kb, wrong, answer = page.kb, None, None
    chosen = {"defense": page.one("defense") or "", "risk": page.one("risk") or ""}
    cells: list[PredictionCell] = []
    try:
        if chosen["defense"]:
            chosen["defense"] = kb.defense(chosen["defense"]).id
        if chosen["risk"]:
            chosen["risk"] = kb.risk(chosen["risk"]).id
        documents = [
            predictions.prediction(kb, defense, risk)
            for defense in ([chosen["defense"]] if chosen["defense"] else kb.defenses)
            for risk in ([chosen["risk"]] if chosen["risk"] else kb.risks)
            if any(chosen.values())
        ]
        cells = [prediction_cell(page.words, each, findings.latest(each)) for each in documents]
        if all(chosen.values()):
            (document,) = documents
            answer = [
                assessments.headline(kb, document),
                assessments.established(kb, document),
                assessments.reason(kb, document),
            ]
    except InputError as error:
        wrong = str(error)
    return page.render(
        "start.html",
        422 if wrong else 200,
        view="start",
        chosen=chosen,
        wrong=wrong,
        cells=cells,
        answer=answer,
        groups=_groups(cells),
        examples=[pair for pair in EXAMPLES if pair[0] in kb.defenses and pair[1] in kb.risks],
    )


def _groups(cells: Sequence[PredictionCell]) -> list[AnswerGroup]:
    """Return cells by what is expected, those that a defense is meant for apart."""
    of: dict[str, list[PredictionCell]] = {}
    for cell in sorted(cells, key=lambda each: -each.strength):
        of.setdefault("intended" if cell.intended else cell.expect, []).append(cell)
    return [AnswerGroup(title, of[kind]) for kind, title in _GROUPS if kind in of]


@router.get("/search")
def search(page: PageRequestDep) -> Response:
    """Show all records that have the words asked for."""
    page.expect("q")
    return _searched(page, (page.one("q") or "").strip())


def _searched(page: PageRequest, asked: str) -> Response:
    hits = found(page.words, asked) if asked else []
    return page.render("search.html", view="learn", asked=asked, hits=hits)
