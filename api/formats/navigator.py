"""What a defense does to techniques of MITRE ATLAS, as a layer of the Navigator.

The format, version 4.5:
https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md. The
ATLAS Navigator is a fork of it, with a domain of its own:
https://github.com/mitre-atlas/atlas-navigator-data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.documents import prediction_document
from crosscurrent.predictor.interactions import predict_all, settled

from ..text import assessments
from ..text.names import at_stage, cite, lowered
from ..text.wording import PREDICATES
from ._parts import entries

if TYPE_CHECKING:
    from crosscurrent.knowledge import CatalogueMapping, KnowledgeBase
    from crosscurrent.predictor import document_types as shapes

__all__ = ["CATALOGUE", "navigator"]

CATALOGUE: Final = "mitre_atlas"
"""The catalogue whose entries are the techniques."""

_TECHNIQUE: Final = re.compile(r"AML\.T[0-9]{4}(\.[0-9]{3})?")
_RISES: Final = "#d6604d"
_NEITHER: Final = "#f7f7f7"
_FALLS: Final = "#4393c3"


class _Said(NamedTuple):
    """What is expected of a risk that a technique stands for."""

    mapping: CatalogueMapping
    risk: str
    document: shapes.Prediction


def navigator(kb: KnowledgeBase, defense: str) -> dict[str, Any]:
    """Return the layer of a defense: a score for each technique that one of our risks maps to.

    The score is how likely what is expected is, in percent: positive if that is an increase of the
    risk, negative if it is a decrease, and 0 if it is no change. Where it depends, or is unknown,
    there is none. A technique that several risks map to has the score of the risk that is nearest.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense : str
        As `predictor.interactions.predict` takes it.

    Raises
    ------
    UnknownName
        If there is no such defense.
    InputError
        If it has no variant at that stage, or nothing is known of ATLAS.
    """
    catalogue = kb.catalogues.get(CATALOGUE)
    if catalogue is None:
        raise InputError(
            f"this knowledge has no catalogue {CATALOGUE}: a layer is of its techniques"
        )
    known, stage = settled(kb, defense)
    asked = f"{known}@{stage}" if stage else known
    documents = {
        each.risk: prediction_document(kb, each, advice=False) for each in predict_all(kb, asked)
    }
    techniques: dict[str, list[_Said]] = {}
    for risk, mapping in entries(kb, documents, CATALOGUE):
        if _TECHNIQUE.fullmatch(str(mapping.object)):
            said = _Said(mapping, risk, documents[risk])
            techniques.setdefault(str(mapping.object), []).append(said)
    name = f"{kb.defenses[known].name}{at_stage(stage)}"
    return {
        "name": name,
        "versions": {"navigator": "5.0.0", "layer": "4.5"},
        "domain": "atlas-atlas",
        "description": (
            f"What {lowered(name)}{',' * bool(stage)} is expected to do to the risks behind"
            " techniques, if it is effective. Scores: how likely, in percent; positive if the risk"
            " rises, negative if it falls."
        ),
        "sorting": 3,
        "hideDisabled": False,
        "techniques": [_technique(kb, *each) for each in sorted(techniques.items())],
        "gradient": {"colors": [_FALLS, _NEITHER, _RISES], "minValue": -100, "maxValue": 100},
        "legendItems": [
            {"label": "the risk rises (score above 0)", "color": _RISES},
            {"label": "no change (score 0)", "color": _NEITHER},
            {"label": "the risk falls (score below 0)", "color": _FALLS},
        ],
        "metadata": [
            {"name": "defense", "value": asked},
            {"name": "atlas_data_version", "value": catalogue.edition},
            {"name": "knowledge", "value": kb.digest},
        ],
    }


def _technique(kb: KnowledgeBase, technique: str, all_said: Sequence[_Said]) -> dict[str, Any]:
    order = list(PREDICATES)
    nearest, *others = sorted(all_said, key=lambda each: order.index(each.mapping.predicate))
    sentences = [assessments.spoken(kb, each.document) for each in (nearest, *others)]
    score = _score(nearest.document)
    metadata: list[dict[str, str]] = []
    for each in (nearest, *others):
        works = dict.fromkeys(
            work
            for voice in each.document["assessment"]["voices"]
            if voice["voice"] == "published"
            for works in voice["works"].values()
            for work in works
        )
        answer = each.document["assessment"]
        told = {
            "technique": PREDICATES[each.mapping.predicate],
            "expect": answer["expect"],
            "grade": answer["grade"],
            "works": cite(kb, works),
        }
        metadata += [
            {"name": f"{each.risk}: {name}", "value": value}
            for name, value in told.items()
            if value
        ]
    return {
        "techniqueID": technique,
        **({} if score is None else {"score": score}),
        "comment": "\n".join(sentences),
        "enabled": True,
        "metadata": metadata,
        "showSubtechniques": False,
    }


def _score(document: shapes.Prediction) -> int | None:
    answer = document["assessment"]
    if answer["expect"] == "no_change":
        return 0
    if answer["expect"] not in ("increase", "decrease") or answer["likelihood"] is None:
        return None
    percent = round(answer["likelihood"] * 100)
    return percent if answer["expect"] == "increase" else -percent
