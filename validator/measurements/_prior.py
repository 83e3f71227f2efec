"""Prior knowledge of measurements: the conjecture that is judged, and what was published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NotRequired, TypedDict

from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.collusion import collude
from crosscurrent.predictor.conflicts import combine, outcome_of
from crosscurrent.predictor.documents import what_if_document
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.scenarios import Scenario, scenario

from ..results.outcomes import PLACEBO

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.collusion_verdicts import SharedFactor
    from ..experiments.experiment import Experiment
    from ..experiments.mechanisms import Claim
    from ..experiments.variation_documents import Predicted

__all__ = [
    "CellPrior",
    "CollusionPrior",
    "CombinationPrior",
    "GridPrior",
    "PairPrior",
    "VariationPrior",
    "collusion_prior",
    "combination_prior",
    "pair_prior",
    "trend_prior",
]

_SIGNS = {"+": "increase", "-": "decrease"}


class PairPrior(TypedDict):
    """What is known of a defense and a risk beforehand.

    Attributes
    ----------
    conjecture : str
        ``increase``, ``decrease``, ``no_change`` (of a placebo), ``contested`` or ``unknown``.
    published : list of str
        The effects that were published.
    intended : bool
        Whether the defense is meant for this risk.
    other_mechanism : list of str
        The effects that were published of the same defense by another mechanism, such as a
        watermark that is made of other records, where none was published of this one.
    claims : list of Claim
        What the prediction says of factors.
    """

    conjecture: str
    published: list[str]
    other_mechanism: NotRequired[list[str]]
    intended: NotRequired[bool]
    claims: NotRequired[list[Claim]]


class CellPrior(TypedDict):
    """What is known of one cell of a grid beforehand."""

    defense: str
    risk: str
    known: PairPrior


class GridPrior(TypedDict):
    """What is known of each cell of a grid, and the digest of the knowledge that says so."""

    knowledge: str
    cells: list[CellPrior]


class VariationPrior(TypedDict):
    """What is known of a pair, the same at each value of a factor, and of the trend over them."""

    pair: PairPrior
    predicted: Predicted


class CombinationPrior(TypedDict):
    """What is known of a combination beforehand.

    Attributes
    ----------
    conjecture : str
        ``effective`` or ``conflict``.
    proposed : list of list of str
        The orders in which each defense should stay effective.
    conflicts : list of dict
        ``earlier`` and ``later`` defense, and the ``risk`` that one uses and the other mitigates.
    published : list of dict
        ``name`` and ``outcome`` of the combinations of the same defenses that were published.
    """

    conjecture: str
    proposed: list[list[str]]
    conflicts: list[dict[str, str]]
    published: list[dict[str, str]]


class CollusionPrior(TypedDict):
    """What is known of a collusion beforehand.

    Attributes
    ----------
    conjecture : str
        The verdict of `predictor.collusion.collude`.
    published : list of str
        The effects that were published; there is at most one.
    factors : list of SharedFactor
        The shared factors.
    """

    conjecture: str
    published: list[str]
    factors: list[SharedFactor]


def pair_prior(
    kb: KnowledgeBase, defense: str, risk: str, experiment: Experiment | None = None
) -> PairPrior:
    """Return what is known of a pair; under a placebo nothing changes.

    Of a plug-in that the knowledge base does not know, nothing is.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    defense, risk : str
        Ids.
    experiment : Experiment, optional
        What will be measured: what was published of other adversaries, other kinds of data or
        another mechanism is left out.
    """
    if defense == PLACEBO:
        return {"conjecture": "no_change", "published": []}
    if defense not in kb.defenses or risk not in kb.risks:  # a plug-in without knowledge files
        return {"conjecture": "unknown", "published": []}
    found = predict(kb, defense, risk)
    alike = any_mechanism = found
    if experiment is not None:
        conditions = experiment.defense.conditions
        alike = predict(kb, defense, risk, _measured(kb, experiment, conditions))
        any_mechanism = predict(kb, defense, risk, _measured(kb, experiment, {}))
    return {
        "conjecture": found.conjecture,
        "intended": found.intended,
        "published": list(alike.published),
        "other_mechanism": [] if alike.published else list(any_mechanism.published),
        "claims": [
            {
                "factor": path.factor.id,
                "code": path.factor.code,
                "name": path.factor.name,
                "defense_sign": path.push,
                "risk_sign": path.depends.sign,
            }
            for path in found.paths
        ],
    }


def _measured(kb: KnowledgeBase, experiment: Experiment, mechanism: Mapping[str, str]) -> Scenario:
    """Return of which adversary, kind of data and mechanism something is measured, as far as known.

    Knowledge of one's own may have other characteristics and conditions than the built-in one.
    """
    modality = "image" if experiment.context.data.image else "tabular"
    kind = {"modality": modality, **mechanism}
    return scenario(
        kb,
        adversary={
            k: v
            for k, v in experiment.attack.adversary.items()
            if k in kb.adversary and v in kb.adversary[k].values
        },
        given={
            k: v for k, v in kind.items() if k in kb.conditions and v in kb.conditions[k].values
        },
    )


def trend_prior(kb: KnowledgeBase, defense: str, risk: str, factor: str) -> Predicted:
    """Return what is predicted of a variation: directions, as no edge has a size.

    An edge says that the risk rises or falls with the factor. Of the defense's effect nothing
    follows from that, since the factor moves the risk of both arms.
    """
    edge = kb.edges(risk).get(factor) if risk in kb.risks else None
    # an edge under a condition says nothing of a setting of which that is not known
    direction = _SIGNS.get(edge.sign) if edge and edge.when is None else None
    if defense == PLACEBO or defense not in kb.defenses or risk not in kb.risks:
        return {
            "risk": direction,
            "effect": "no_change" if defense == PLACEBO else None,
            "scenario": None,
            "knowledge": kb.digest,
        }
    assumed = {
        "raise": scenario(kb, raise_=[factor]),
        "lower": scenario(kb, lower=[factor]),
    }
    changes = {
        verb: what_if_document(kb, defense, each, [what_if(kb, defense, risk, each)])
        for verb, each in assumed.items()
    }
    return {
        "risk": direction,
        "effect": None,
        "scenario": {verb: each["predictions"][0] for verb, each in changes.items()},
        "knowledge": kb.digest,
    }


def combination_prior(kb: KnowledgeBase, defenses: tuple[str, ...]) -> CombinationPrior:
    """Return what is known of defenses together."""
    answer = combine(kb, defenses)
    return {
        "conjecture": "effective" if answer.effective else "conflict",
        "proposed": [[variant.id for variant in order] for order in answer.orders],
        "conflicts": [
            {"earlier": each.earlier.id, "later": each.later.id, "risk": each.risk}
            for each in answer.conflicts
        ],
        "published": [
            {"name": each.code or each.id, "outcome": outcome_of(each)}
            for each in answer.published
            if {*each.defenses} == {variant.id for variant in answer.defenses}
        ],
    }


def collusion_prior(kb: KnowledgeBase, first: str, second: str) -> CollusionPrior:
    """Return what is known of two attacks, one after the other."""
    answer = collude(kb, first, second)
    return {
        "conjecture": answer.verdict,
        "published": [answer.published] if answer.published else [],
        "factors": [
            {
                "factor": link.factor.id,
                "code": link.factor.code,
                "name": link.factor.name,
                "first_sign": link.moved_by.sign,
                "second_sign": link.depends.sign,
            }
            for link in answer.factors
        ],
    }
