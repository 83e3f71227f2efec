"""Matrices: defenses against risks, defenses with defenses, attacks with attacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import collusions as collusion_answers
from crosscurrent.api.answers import combinations as combination_answers
from crosscurrent.api.answers import predictions

from ...text.combinations import outcome_words, why_not
from ...text.wording import STAGES, TOGETHER
from ..matrix import PredictionCell, attack_pair, by_first, prediction_cell
from ..measurements.summaries import Findings, OwnFindings
from ..names import Words, is_measured
from ..request import PageRequest, PageRequestDep

__all__ = ["DefensePair", "by_defense", "router"]

router = APIRouter()


def by_defense(cells: Iterable[PredictionCell]) -> list[tuple[str, list[PredictionCell]]]:
    """Return cells in rows."""
    return [(defense, list(row)) for defense, row in groupby(cells, key=lambda each: each.defense)]


@router.get("/")
def matrix(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show all defenses and risks."""
    return page.kept(findings.jobs, lambda: _matrix(page, findings))


def _matrix(page: PageRequest, findings: Findings) -> Response:
    page.expect()
    document = predictions.matrix(page.kb)
    cells = [
        prediction_cell(page.words, each, findings.latest(each)) for each in document["predictions"]
    ]
    return page.render("matrix.html", view="matrix", rows=by_defense(cells))


class DefensePair(NamedTuple):
    """Content of a cell for two defenses, each at a stage.

    Attributes
    ----------
    defenses : tuple of str
        Their ids.
    outcome : str
        What is to be expected of them together.
    published, measured : sequence of str
        Outcomes that were seen, each once.
    spoken : str
        All of that in a sentence.
    """

    defenses: tuple[str, str]
    outcome: str
    published: Sequence[str]
    measured: Sequence[str]
    spoken: str


@router.get("/combinations")
def combinations(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show all pairs; each is there once, in the row of the one that comes first."""
    return page.kept(findings.jobs, lambda: _combinations(page, findings))


def _combinations(page: PageRequest, findings: Findings) -> Response:
    page.expect()
    document = combination_answers.combinations(page.kb)
    pairs = {
        frozenset(each["defenses"]): _pair(page.words, each, findings)
        for each in document["combinations"]
    }
    variants = list(page.kb.variants.values())
    rows = [
        [pairs.get(frozenset((one.id, other.id))) if j > i else None
         for j, other in enumerate(variants) if j > 0]
        for i, one in enumerate(variants)
    ]  # fmt: skip
    heads = [
        (page.link(f"/learn/defenses/{each.defense}"), page.words.called(each.defense),
         STAGES[each.stage])
        for each in variants
    ]  # fmt: skip
    return page.render("combinations.html", view="matrix", rows=rows, heads=heads)


def _pair(words: Words, document: Mapping[str, Any], findings: Findings) -> DefensePair:
    outcomes: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for each in document["observations"]:
        outcomes[is_measured(each)][each["outcome"]] = None
    if (own := findings.of_defenses(document["defenses"])) is not None:
        outcomes[True][own.outcome] = None
    published, measured = list(outcomes[False]), list(outcomes[True])
    one, other = document["defenses"]
    said = outcome_words(document["outcome"], document["grounds"])
    spoken = [f"{words.called(one)} and {words.inside(other)}: {said}"]
    spoken += [why_not(each["reason"]) for each in document["exclusions"]]
    if len(document["orders"]) == 1 and document["trainable"]:
        first, second = document["orders"][0]
        spoken.append(f"{words.inside(first)} first, then {words.inside(second)}")
    spoken += [
        f"{words.inside(each['later'])} takes away {words.inside(each['risk'])},"
        f" which {words.inside(each['earlier'])} uses"
        for each in document["conflicts"]
    ]
    spoken.append(f"published: {' and '.join(TOGETHER[o] for o in published) or 'nothing'}")
    if measured:
        spoken.append(f"measured: {' and '.join(TOGETHER[o] for o in measured)}")
    return DefensePair((one, other), document["outcome"], published, measured, "; ".join(spoken))


@router.get("/collusions")
def collusions(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show every attack against every other, whoever the adversaries are."""
    return page.kept(findings.jobs, lambda: _collusions(page, findings))


def _collusions(page: PageRequest, findings: Findings) -> Response:
    page.expect()
    pairs = []
    for each in collusion_answers.collusions(page.kb)["collusions"]:
        own = findings.of_attacks(each["first"], each["second"])
        pairs.append(attack_pair(page.words, each, own and own.outcome))
    rows = by_first(pairs)
    return page.render("collusions.html", view="matrix", rows=rows)
