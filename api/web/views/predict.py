"""Predictions: one pair with its paths and sources, and the matrix under assumptions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fastapi import APIRouter, Response

from crosscurrent.api.answers import assumptions, predictions
from crosscurrent.api.answers.reference_pools import reference_pools
from crosscurrent.knowledge.errors import InputError

from ...text import assessments
from ...text.measured import pools as pooled
from ...text.presets import presets
from ...text.wording import basis
from ..drawings.forest import forest
from ..drawings.path_map import path_map
from ..matrix import PredictionCell, prediction_cell
from ..measurements.summaries import Finding, Findings, OwnFindings
from ..names import is_measured, seen_how
from ..request import NOTHING, Assumptions, PageRequest, PageRequestDep
from .matrices import by_defense

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.validator.results import pool_types as pool_shapes

    from ..drawings.shapes import Drawing

__all__ = ["router"]

router = APIRouter()


@router.get("/why/{defense}/{risk}")
def why(page: PageRequestDep, findings: OwnFindings, defense: str, risk: str) -> Response:
    """Show one prediction, as it is or under assumptions."""
    before = predictions.prediction(page.kb, defense, risk)
    wrong, assumed = None, NOTHING
    change: shapes.Change = {
        "risk": before["risk"],
        "before": before,
        "after": before,
        "changed": False,
        "because": [],
    }
    try:
        assumed = page.assumptions()
        if assumed.any:
            found = assumptions.what_if(page.kb, defense, risk, **assumed._asdict())
            change = found["predictions"][0]
    except InputError as error:
        wrong = str(error)
    document, words = change["after"], page.words
    was = before if change["changed"] else None
    left = {each["factor"] for each in document["paths"]}
    pair = (before["defense"], before["risk"])
    stage = before["stage"]
    asked = (f"{pair[0]}@{stage}" if stage else pair[0], pair[1])
    return page.render(
        "why.html",
        422 if wrong else 200,
        view="matrix",
        document=document,
        cell=prediction_cell(
            words,
            document,
            findings.latest(before),
            was,
            [each["text"] for each in change["because"]],
        ),
        defense=page.kb.defenses[pair[0]],
        risk=page.kb.risks[pair[1]],
        answer=_told(page.kb, document),
        before=was,
        stage=stage,
        held=[each for each in before["paths"] if each["factor"] not in left],
        holding=assumed.hold,
        because=change["because"],
        maps=[path_map(words, document, before, narrow=narrow) for narrow in (False, True)],
        is_measured=is_measured,
        seen_how=seen_how,
        measured=findings.of(*pair),
        forests=_forests(findings.of(*pair)),
        reference=_reference(page.kb, pair, stage),
        experiments=page.kb.experiments_on(*pair),
        chosen=assumed.chosen,
        any=assumed.any,
        action=page.link(f"/why/{asked[0]}/{asked[1]}"),
        told=assumed.told(words),
        command=_command(asked, assumed),
        wrong=wrong,
    )


class Told(NamedTuple):
    """The assessment in sentences, and what each voice says."""

    headline: str
    established: str
    setting: str
    reason: str
    advice: list[str]
    voices: list[tuple[str, str, bool]]


def _told(kb: KnowledgeBase, document: shapes.Prediction) -> Told:
    rests_on = basis(
        document["basis"],
        [each["effect"] for each in document["paths"] if not each["conditional"]],
        conditional=any(each["conditional"] for each in document["paths"]),
    )
    return Told(
        assessments.headline(kb, document),
        assessments.established(kb, document),
        assessments.setting_told(kb, document),
        assessments.reason(kb, document),
        assessments.advised(kb, document),
        [
            (name, f"{says}: {rests_on}" if name == "guideline" else says, disagrees)
            for name, says, disagrees in assessments.voiced(document["assessment"])
        ],
    )


class Forest(NamedTuple):
    """Measured effects over data sets: drawings for a desktop and a phone, and the same in words.

    `differing` has the settings that tell it from others of the pair; empty if it is the only one.
    """

    pool: pool_shapes.Pool
    drawings: Sequence[Drawing]
    differing: str
    sentences: Sequence[str]


def _reference(kb: KnowledgeBase, pair: tuple[str, str], stage: str | None) -> list[Forest]:
    """Return what our own tables show of a pair, which are of defenses at their usual stage."""
    usual = stage in (None, kb.defenses[pair[0]].usual_stage)
    return _drawn(reference_pools(kb, *pair) if usual else [])


def _drawn(found: Sequence[pool_shapes.Pool]) -> list[Forest]:
    return [
        Forest(
            pool,
            [forest(pool, narrow=narrow) for narrow in (False, True)],
            ", ".join(pool["differing"]),
            pooled.sentences(pool),
        )
        for pool in found
        if len(pool["studies"]) + len(pool["left_out"]) > 1
    ]


def _forests(found: Sequence[Finding]) -> list[Forest]:
    """Return what was measured over several data sets; of one result there is nothing to pool."""
    if len(found) < 2:
        return []
    from crosscurrent.validator.results.pool_documents import pool_documents
    from crosscurrent.validator.results.pools import pools

    oldest_first = [each.study for each in reversed(found)]
    return _drawn(pool_documents(pools(oldest_first)))


def _command(pair: tuple[str, str], assumed: Assumptions) -> str:
    """Return the command line that asks the same."""
    words = ["crosscurrent", "what-if" if assumed.any else "predict", *pair]
    ways = (("--raise", assumed.raise_), ("--lower", assumed.lower), ("--hold", assumed.hold))
    words += [word for way, names in ways for name in names for word in (way, name)]
    for option, said in (("--adversary", assumed.adversary), ("--given", assumed.given)):
        words += [word for stated in said.items() for word in (option, "=".join(stated))]
    return shlex.join(words)


@router.get("/what-if")
def what_if(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show all defenses and risks, with what the assumptions change."""
    wrong, assumed = None, NOTHING
    try:
        assumed = page.assumptions()
        cells = list(_cells(page, findings, assumed))
    except InputError as error:  # what was chosen stays, so that it can be corrected
        wrong = str(error)
        cells = list(_cells(page, findings, NOTHING))
    changed = [each for each in cells if each.before is not None]
    return page.render(
        "what_if.html",
        422 if wrong else 200,
        view="what_if",
        rows=by_defense(cells),
        chosen=assumed.chosen,
        any=assumed.any,
        told=assumed.told(page.words),
        changed=changed,
        presets=presets(page.kb),
        setting=_setting(page, NOTHING if wrong else assumed),
        wrong=wrong,
    )


def _setting(page: PageRequest, assumed: Assumptions) -> list[str]:
    """Say what the assumed setting does to each risk by itself; it is so with any defense."""
    defense = next(iter(page.kb.defenses), None)
    if defense is None or not assumed.any:
        return []
    found = assumptions.what_if(page.kb, defense, **assumed._asdict())["predictions"]
    told = (assessments.setting_told(page.kb, each["after"]) for each in found)
    return [each for each in told if each]


def _answer(document: shapes.Prediction) -> tuple[str, str, str]:
    """Return what a cell answers: what is expected, how likely that is, and its grade."""
    answer = document["assessment"]
    return answer["expect"], assessments.expected(document), answer["grade"]


def _cells(page: PageRequest, findings: Findings, assumed: Assumptions) -> Iterator[PredictionCell]:
    rows = predictions.matrix(page.kb)["predictions"]
    if not assumed.any:
        yield from (prediction_cell(page.words, each, findings.latest(each)) for each in rows)
        return
    for defense in dict.fromkeys(each["defense"] for each in rows):
        answer = assumptions.what_if(page.kb, defense, **assumed._asdict())
        for each in answer["predictions"]:
            yield _changed(page, findings, each)


def _changed(page: PageRequest, findings: Findings, each: shapes.Change) -> PredictionCell:
    because = [reason["text"] for reason in each["because"]]
    before = each["before"] if _answer(each["before"]) != _answer(each["after"]) else None
    return prediction_cell(
        page.words, each["after"], findings.latest(each["after"]), before, because
    )
