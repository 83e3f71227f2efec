"""View of a combination of defenses: conflicts, repairs and side effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Response

from crosscurrent.api.answers import combinations, predictions
from crosscurrent.knowledge.errors import InputError

from ...text.combinations import STAY, still_together
from ...text.wording import STAGES
from ..drawings.pipeline import pipeline
from ..matrix import prediction_cell
from ..measurements.summaries import OwnFindings
from ..names import is_measured
from ..request import PageRequest, PageRequestDep
from .matrices import by_defense

if TYPE_CHECKING:
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["EXAMPLES", "router"]

router = APIRouter()

EXAMPLES: Final = (
    (("watermarking@pre", "outlier_removal@in"), "a conflict, and its repairs"),
    (("adversarial_training@in", "watermarking@post"), "two that go together"),
    (
        ("watermarking@pre", "differential_privacy@in", "group_fairness@in"),
        "three, not to be trained together",
    ),
)
"""Combinations to begin with."""


@router.get("/combine")
def combine(page: PageRequestDep, findings: OwnFindings) -> Response:
    """Show the defenses that are chosen, together."""
    page.expect("defense")
    chosen, wrong, document = page.many("defense"), None, None
    try:
        if len(chosen) > 1:
            document = combinations.combination(page.kb, chosen, tensions=True)
            chosen = document["defenses"]
        else:
            chosen = [page.kb.variant(each).id for each in chosen]
    except InputError as error:
        wrong = str(error)
    return page.render(
        "combine.html",
        422 if wrong else 200,
        view="combine",
        chosen=chosen,
        wrong=wrong,
        document=document,
        is_measured=is_measured,
        found_by_job=findings.of_defenses(chosen),
        STAY=STAY,
        stay=_staying(document),
        columns=[
            (title, [v for v in page.kb.variants.values() if v.stage == stage])
            for stage, title in STAGES.items()
        ],
        examples=[each for each in EXAMPLES if all(d in page.kb.variants for d in each[0])],
        **_found(page, chosen, document),
    )


def _staying(document: shapes.Combination | None) -> list[Sequence[str]]:
    """Return the defenses that were seen to conflict and that a repair keeps together."""
    if document is None:
        return []
    repaired = [each["defenses"] for each in document["repairs"]]
    seen = ((each["defenses"], each["outcome"]) for each in document["observations"])
    return still_together(repaired, seen)


def _found(
    page: PageRequest, chosen: list[str], document: shapes.Combination | None
) -> dict[str, Any]:
    """Return the drawings, and what the chosen defenses do to all risks."""
    bare = {each.partition("@")[0] for each in chosen}
    cells = [
        prediction_cell(page.words, each)
        for defense in page.kb.defenses
        if defense in bare
        for each in predictions.predictions(page.kb, defense)["predictions"]
    ]
    drawings = [
        pipeline(page.words, document, page.link, narrow=narrow)
        for narrow in (False, True)
        if document is not None
    ]
    return {"rows": by_defense(cells), "drawings": drawings}
