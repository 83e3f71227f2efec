"""Matrices: defenses against risks, defenses with defenses, attacks with attacks; and as files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import collusions as collusion_answers
from crosscurrent.api.answers import combinations as combination_answers
from crosscurrent.api.answers import predictions
from crosscurrent.knowledge.errors import InputError, clip, legible
from crosscurrent.predictor.collusion import collude_all
from crosscurrent.predictor.conflicts import combine_all
from crosscurrent.predictor.interactions import matrix as predict_all

from ...rest.problems import ProblemError
from ...text.combinations import outcome_seen, outcome_words, seen_together, why_not
from ...text.matrix_picture import matrix_svg
from ...text.matrix_tables import collusions_csv, combinations_csv, predictions_csv
from ...text.wording import STAGES
from .. import selection
from ..matrix import PredictionCell, attack_pair, by_first, prediction_cell
from ..measurements.summaries import Findings, OwnFindings
from ..names import Words, is_measured
from ..rendering import HEADERS
from ..request import PageRequest, PageRequestDep

__all__ = ["DefensePair", "by_defense", "router"]

router = APIRouter()


def by_defense(cells: Iterable[PredictionCell]) -> list[tuple[str, list[PredictionCell]]]:
    """Return cells in rows."""
    return [(defense, list(row)) for defense, row in groupby(cells, key=lambda each: each.defense)]


@router.get("/matrix")
def matrix(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show all defenses and risks, or those that are asked for, in the order asked for."""
    return page.kept(findings.jobs, lambda: _matrix(page, findings))


def _matrix(page: PageRequest, findings: Findings) -> Response:
    page.expect("sort", "grade", "show")
    document = predictions.matrix(page.kb)
    cells = [
        prediction_cell(page.words, each, findings.latest(each)) for each in document["predictions"]
    ]
    rows: Sequence[tuple[str, Sequence[PredictionCell | None]]] = by_defense(cells)
    offers = selection.offers(page.words)
    wish, wrong = selection.NOTHING, None
    try:
        wish = selection.selection(offers, *map(page.one, ("sort", "grade", "show")))
        rows = selection.selected(by_defense(cells), wish)
    except InputError as error:
        wrong = str(error)
    return page.render(
        "matrix.html",
        422 if wrong else 200,
        view="matrix",
        rows=rows,
        wish=wish,
        wrong=wrong,
        orders=offers.sort,
        grades=offers.grade,
        shows=offers.show,
        shown=sum(cell is not None for _, row in rows for cell in row),
        total=len(cells),
    )


@router.get("/{name}.csv")
def as_csv(page: PageRequestDep, name: str) -> Response:
    """Return a matrix as the command line writes it: ``matrix``, ``combinations``, ``collusions``.

    Raises
    ------
    ProblemError
        404, if there is no such matrix.
    """
    page.expect()
    kb = page.kb
    if name == "matrix":
        text = predictions_csv(kb, (each for row in predict_all(kb) for each in row))
    elif name == "combinations":
        text = combinations_csv(combine_all(kb))
    elif name == "collusions":
        text = collusions_csv(each for row in collude_all(kb) for each in row if each is not None)
    else:
        raise ProblemError(404, f"there is no table {legible(clip(name))}")
    return _download(f"{name}.csv", text, "text/csv")


@router.get("/matrix.svg")
def as_picture(page: PageRequestDep) -> Response:
    """Return the matrix of defenses and risks as a picture for a slide."""
    page.expect()
    text = matrix_svg(page.kb, predict_all(page.kb), own=page.set is not None)
    return _download("matrix.svg", text, "image/svg+xml")


def _download(name: str, text: str, media: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="crosscurrent-{name}"'}
    return Response(text, headers={**HEADERS, **disposition}, media_type=media)


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
         STAGES[each.stage], page.words.code(each.defense))
        for each in variants
    ]  # fmt: skip
    return page.render("combinations.html", view="matrix", rows=rows, heads=heads)


def _pair(words: Words, document: Mapping[str, Any], findings: Findings) -> DefensePair:
    outcomes: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for each in document["observations"]:
        seen = (each["outcome"], each["tuned_outcome"])
        outcomes[is_measured(each)][outcome_seen(*seen)] = seen_together(*seen)
    if (own := findings.of_defenses(document["defenses"])) is not None:
        outcomes[True][own.outcome] = seen_together(own.outcome, None)
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
    spoken.append(f"published: {' and '.join(outcomes[False].values()) or 'nothing'}")
    if measured:
        spoken.append(f"measured: {' and '.join(outcomes[True].values())}")
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
