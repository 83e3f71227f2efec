"""View of the knowledge base: a page for each record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response

from crosscurrent.api.answers import catalogue, predictions
from crosscurrent.api.answers import collusions as joint
from crosscurrent.knowledge.errors import InputError, UnknownName

from ...rest.problems import ProblemError
from ...text.names import named
from ...text.wording import SECTIONS
from ...text.works import external_links, full_citation
from ..drawings.edge_map import edge_map
from ..matrix import attack_pair, prediction_cell
from ..records import EdgeRow, citations, edge_rows
from ..request import PageRequest, PageRequestDep

if TYPE_CHECKING:
    from crosscurrent.knowledge import (
        Attack,
        Characteristic,
        Condition,
        Defense,
        Factor,
        KnowledgeBase,
        Reference,
        Risk,
    )

    from ..drawings.shapes import Drawing

__all__ = ["router"]

router = APIRouter()


@router.get("/learn")
def learn(page: PageRequestDep) -> Response:
    """Show which kinds of records there are."""
    page.expect()
    listed = [(section, *told) for section, told in _SECTIONS.items()]
    return page.render("learn.html", view="learn", sections=listed)


@router.get("/about")
def about(page: PageRequestDep) -> Response:
    """Say what answers rest on, and what they do not say."""
    page.expect()
    return page.render("about.html", view="learn")


@router.get("/learn/{section}")
def records_of(page: PageRequestDep, section: str) -> Response:
    """Show all records of one kind.

    Raises
    ------
    UnknownName
        If there is no such kind.
    """
    page.expect()
    if section not in _SECTIONS:
        raise UnknownName("section", section, list(_SECTIONS))
    title, about = _SECTIONS[section]
    works = sorted(
        page.kb.references.values() if section == "references" else (),
        key=lambda each: (not each.authors, (each.authors or each.id).casefold(), each.year or 0),
    )
    return page.render(
        "learn/section.html",
        view="learn",
        section=section,
        title=title,
        about=about,
        works=[(each, full_citation(each)) for each in works],
    )


@router.get("/learn/{section}/{name}")
def record(page: PageRequestDep, section: str, name: str) -> Response:
    """Show one record, by id, code or alias, with all that it is tied to."""
    page.expect()
    if section not in _PAGES:
        raise UnknownName("section", section, list(_PAGES))
    try:
        found = _found(page.kb, section, name)
    except UnknownName:
        raise
    except InputError as error:  # the name of something else
        raise ProblemError(404, str(error)) from error
    template, gather = _PAGES[section]
    return page.render(
        f"learn/{template}.html",
        view="learn",
        record=found,
        section=section,
        title=_SECTIONS[section][0],
        **gather(page, found),
    )


def _found(kb: KnowledgeBase, section: str, name: str) -> Any:
    """Return a record by id, or by code where records of the section have one."""
    singular = section.removesuffix("s")
    if section not in ("references", "adversary", "conditions"):
        return getattr(kb, singular)(name)
    records = getattr(kb, section)
    if name not in records:
        raise UnknownName(singular, name, list(records))
    return records[name]


def _scale(page: PageRequest, found: Characteristic | Condition) -> dict[str, Any]:
    own = found.id
    seen = [
        each
        for each in page.kb.observations.values()
        if own in (each.when or {}) or any(own in (but.when or {}) for but in each.exceptions)
    ]
    return {"pairs": list(dict.fromkeys((each.defense, each.risk) for each in seen))}


def _factor(page: PageRequest, found: Factor) -> dict[str, Any]:
    kb = page.kb
    edges = catalogue.edges(kb, found)
    moving = edge_rows(kb, [each for each in edges if each.subject in kb.defenses], factors=False)
    following = edge_rows(kb, [each for each in edges if each.subject in kb.risks], factors=False)
    outcomes = [each for each in kb.outcomes.values() if each.factor == found.id]
    needed = [each for each in kb.prerequisites.values() if each.factor == found.id]
    before, after = (edge_rows(kb, each, factors=False) for each in (outcomes, needed))
    credited = [
        (each, mark)
        for each in kb.observations.values()
        for mark in each.evidence
        if mark.factor == found.id and not each.measured
    ]
    return {
        "moving": moving,
        "following": following,
        "before": before,
        "after": after,
        "maps": _maps(page, found, moving, following),
        "attack_maps": _maps(page, found, before, after),
        "credited": credited,
    }


def _defense(page: PageRequest, found: Defense) -> dict[str, Any]:
    answers = predictions.predictions(page.kb, found.id)["predictions"]
    return {
        "moved": edge_rows(page.kb, catalogue.edges(page.kb, found), factors=True),
        "variants": page.kb.stages(found.id).values(),
        "cells": [prediction_cell(page.words, each) for each in answers],
    }


def _risk(page: PageRequest, found: Risk) -> dict[str, Any]:
    kb = page.kb
    answers = [predictions.prediction(kb, each, found.id) for each in kb.defenses]
    stakes = [
        (variant, kind, stake)
        for variant in kb.variants.values()
        for kind in ("mitigates", "uses")
        for stake in getattr(variant, kind)
        if stake.risk == found.id
    ]
    return {
        "needed": edge_rows(kb, catalogue.edges(kb, found), factors=True),
        "attacks": [each for each in kb.attacks.values() if each.risk == found.id],
        "meant": [each for each in kb.defenses.values() if found.id in each.protects_against],
        "stakes": stakes,
        "cells": [prediction_cell(page.words, each) for each in answers],
    }


def _attack(page: PageRequest, found: Attack) -> dict[str, Any]:
    kb = page.kb
    needed = edge_rows(kb, kb.prerequisites_of(found.id).values(), factors=True)
    given = edge_rows(kb, kb.outcomes_of(found.id).values(), factors=True)
    pairs = [attack_pair(page.words, each) for each in joint.collusions(kb)["collusions"]]
    return {
        "needed": needed,
        "given": given,
        "maps": _maps(page, found, needed, given),
        "helping": [each for each in pairs if each.first == found.id],
        "helped": [each for each in pairs if each.second == found.id],
        "published": [each for each in kb.published_attacks.values() if each.attack == found.id],
    }


def _reference(page: PageRequest, found: Reference) -> dict[str, Any]:
    return {
        "citation": full_citation(found),
        "outside": external_links(found),
        "sections": {each: SECTIONS.get(each, named(each)) for each in page.kb.sections},
        "cited_by": citations(page.kb, page.words, found.id),
    }


def _maps(
    page: PageRequest, found: Factor | Attack, before: Sequence[EdgeRow], after: Sequence[EdgeRow]
) -> list[Drawing | None]:
    return [
        edge_map(found.name, found.code or "", before, after, page.link, narrow=narrow)
        for narrow in (False, True)
    ]


_PAGES: Mapping[str, tuple[str, Callable[[PageRequest, Any], dict[str, Any]]]] = {
    "factors": ("factor", _factor),
    "defenses": ("defense", _defense),
    "risks": ("risk", _risk),
    "attacks": ("attack", _attack),
    "adversary": ("scale", _scale),
    "conditions": ("scale", _scale),
    "references": ("reference", _reference),
}

_SECTIONS: Mapping[str, tuple[str, str]] = {
    "defenses": ("Defenses", "What is done to a model or its data to make a risk smaller."),
    "risks": ("Risks", "What may go wrong with a model, and what each defense does to it."),
    "factors": (
        "Factors",
        "Properties of data, model and training that defenses move and risks depend on.",
    ),
    "attacks": ("Attacks", "Steps that may help, or need help from, another one."),
    "adversary": ("Adversary scales", "What an adversary knows, sees and can do."),
    "conditions": ("Conditions", "What an effect may depend on beside the adversary."),
    "references": ("References", "The works that all of this is from."),
}
