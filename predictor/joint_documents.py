"""The answers about several defenses or several attacks as JSON documents.

The same contract as `predictor.documents`, in the shapes of `predictor.joint_document_types`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .budget import spend

if TYPE_CHECKING:
    from crosscurrent.knowledge import Collusion, Combination, PublishedAttack, Variant

    from . import backtest_document_types as backtests
    from . import joint_document_types as shapes
    from .chains import Breaker, Chain, Chains
    from .collusion import Adversaries, Colluded, Link
    from .collusion_backtest import CollusionBacktest
    from .conflict_backtest import ConflictBacktest, ConflictScore
    from .conflicts import Combined, Conflict, Repair
    from .exclusions import Exclusion
    from .expectations import Expected
    from .plans import NearMiss, Plan, Plans
    from .tensions import Tension

__all__ = [
    "adversaries_document",
    "chain_document",
    "chains_document",
    "collusion_backtest_document",
    "collusion_document",
    "collusion_matrix_document",
    "collusions_document",
    "combination_document",
    "combinations_document",
    "conflict_backtest_document",
    "conflict_document",
    "exclusion_document",
    "expected_document",
    "link_document",
    "near_miss_document",
    "plan_document",
    "plans_document",
    "published_attack_document",
    "published_attacks_document",
    "sequence_document",
]


def combination_document(
    combined: Combined, tensions: Iterable[Tension] = ()
) -> shapes.Combination:
    """Return the document for a set of defenses, with tensions where they were asked for."""
    spend()
    return {
        "kind": "predicted_combination",
        "defenses": _ids(combined.defenses),
        "outcome": combined.outcome,
        "grounds": list(combined.grounds),
        "rests_on": [each.id for each in combined.judged.records],
        "trainable": combined.trainable,
        "exclusions": [exclusion_document(each) for each in combined.exclusions],
        "effective": combined.effective,
        "orders": [_ids(order) for order in combined.orders],
        "more_orders": combined.more_orders,
        "conflicts": [conflict_document(each) for each in combined.conflicts],
        "avoid": [conflict_document(each) for each in combined.avoid],
        "overlooked": [conflict_document(each) for each in combined.overlooked],
        "repairs": [_repair(each) for each in combined.repairs],
        "repairs_cut": combined.repairs_cut,
        "tensions": [
            {
                "one": each.one,
                "other": each.other,
                "mechanism": each.mechanism,
                "subject": each.subject,
            }
            for each in tensions
        ],
        "observations": [_combination(each) for each in combined.observations],
        "measured_otherwise": [each.id for each in combined.measured_otherwise],
        "knowledge": combined.knowledge,
    }


def collusion_document(
    answer: Colluded, breaking: Iterable[Breaker], assumed: Adversaries
) -> shapes.Collusion:
    """Return the document for one attack that may help another, asked for by itself."""
    return {**link_document(answer, breaking), "adversaries": adversaries_document(assumed)}


def link_document(answer: Colluded, breaking: Iterable[Breaker] = ()) -> shapes.CollusionLink:
    """Return the document for two attacks among others, with what breaks the link."""
    spend()
    return {
        "first": answer.first.id,
        "second": answer.second.id,
        "kind": answer.kind,
        "verdict": answer.verdict,
        "potential": answer.potential,
        "holds": answer.holds,
        "factors": [_link(link) for link in answer.factors],
        "shortfalls": [
            {
                "adversary": each.adversary,
                "characteristic": each.characteristic,
                "value": each.value,
                "least": each.least,
                "standing": each.standing,
            }
            for each in answer.shortfalls
        ],
        "contradicted": answer.contradicted,
        "observations": [_collusion(each) for each in answer.observations],
        "breakers": [_breaker(each) for each in breaking],
        "knowledge": answer.knowledge,
    }


def combinations_document(answers: Iterable[Combined], knowledge: str) -> shapes.Combinations:
    """Return the document of several sets of defenses."""
    return {
        "kind": "predicted_combinations",
        "combinations": [combination_document(each) for each in answers],
        "knowledge": knowledge,
    }


def collusions_document(
    answers: Iterable[Colluded], knowledge: str, assumed: Adversaries
) -> shapes.Collusions:
    """Return the document of pairs of attacks, with what is assumed of the adversaries."""
    return {
        "kind": "predicted_collusions",
        "adversaries": adversaries_document(assumed),
        "collusions": [link_document(each) for each in answers],
        "knowledge": knowledge,
    }


def collusion_matrix_document(
    answers: Iterable[Colluded], knowledge: str
) -> shapes.CollusionMatrix:
    """Return the document of every attack with every other, whoever the adversaries are."""
    return {
        "kind": "predicted_collusions",
        "collusions": [link_document(each) for each in answers],
        "knowledge": knowledge,
    }


def sequence_document(
    links: Sequence[Colluded], breaking: Iterable[Iterable[Breaker]], assumed: Adversaries
) -> shapes.CollusionSequence:
    """Return the document of three or more attacks, link by link."""
    return {
        "kind": "collusion_sequence",
        "attacks": [links[0].first.id, *(link.second.id for link in links)],
        "amplifies": all(link.holds for link in links),
        "adversaries": adversaries_document(assumed),
        "links": list(map(link_document, links, breaking)),
        "knowledge": links[0].knowledge,
    }


def adversaries_document(assumed: Adversaries) -> shapes.Adversaries:
    """Return what is assumed of both adversaries, in order."""
    return {
        "first": dict(sorted(assumed.first.items())),
        "second": dict(sorted(assumed.second.items())),
    }


def chains_document(
    found: Chains, assumed: Adversaries, breaking: Iterable[Iterable[Iterable[Breaker]]]
) -> shapes.Chains:
    """Return the document of chains to a target, with what breaks each link of each."""
    return {
        "kind": "attack_chains",
        "target": found.target.id,
        "first": found.first.id if found.first else None,
        "adversaries": adversaries_document(assumed),
        "chains": [
            chain_document(chain, links)
            for chain, links in zip(found.chains, breaking, strict=True)
        ],
        "found": found.found,
        "complete": found.complete,
        "obstacle": found.obstacle,
        "knowledge": found.knowledge,
    }


def plans_document(answer: Plans) -> shapes.Plans:
    """Return the document of a plan."""
    return {
        "kind": "plans",
        "protect": list(answer.wish.protect),
        "avoid": list(answer.wish.avoid),
        "have": _ids(answer.wish.have),
        "max": answer.wish.most,
        "plans": [plan_document(each, answer.wish.protect) for each in answer.plans],
        "complete": answer.complete,
        "blocked": [
            {"wish": each.wish, "value": each.value, "plans": each.plans} for each in answer.blocked
        ],
        "near_misses": [
            near_miss_document(each, answer.wish.protect) for each in answer.near_misses
        ],
        "left_out": list(answer.left_out),
        "knowledge": answer.knowledge,
    }


def published_attacks_document(
    attack: str | None,
    adversary: Mapping[str, str],
    found: Iterable[PublishedAttack],
    knowledge: str,
) -> shapes.PublishedAttacks:
    """Return the document of the published attacks within an adversary's reach."""
    return {
        "kind": "published_attacks",
        "attack": attack,
        "adversary": dict(adversary),
        "attacks": [published_attack_document(each) for each in found],
        "knowledge": knowledge,
    }


def published_attack_document(each: PublishedAttack) -> shapes.PublishedAttack:
    """Return the document of a published attack."""
    return {
        "id": each.id,
        "attack": each.attack,
        "title": each.title,
        "year": each.year,
        "venue": each.venue,
        "setting": list(each.setting),
        "adversary": list(each.adversary),
        "capability": each.capability,
        "optimization": each.optimization,
        "model_knowledge": list(each.model_knowledge),
        "interaction": list(each.interaction),
        "data_knowledge": list(each.data_knowledge),
        "backdoor": each.backdoor,
        "included": each.included,
        "printed": dict(each.printed or {}),
    }


def conflict_backtest_document(result: ConflictBacktest) -> backtests.ConflictBacktest:
    """Return how good the verdicts on combinations are."""
    return {
        "scores": {
            name: [_conflict_score(score) for score in scores]
            for name, scores in result.scores.items()
        },
        "agreement": {"same": result.agreement[0], "of": result.agreement[1]},
        "cells": [
            {
                "id": cell.record.id,
                "code": cell.record.code,
                "defenses": list(cell.record.defenses),
                "status": cell.record.status,
                "measured": cell.measured,
                "measured_after_tuning": cell.tuned,
                "answers": dict(cell.answers),
            }
            for cell in result.cells
        ],
    }


def collusion_backtest_document(result: CollusionBacktest) -> backtests.CollusionBacktest:
    """Return how good the verdicts on collusion are."""
    return {
        "scores": [
            {
                "pairs": score.pairs,
                "method": score.method,
                "right": score.right,
                "cells": score.cells,
            }
            for score in result.scores
        ],
        "agreement": {"same": result.agreement[0], "of": result.agreement[1]},
        "contradicted": [
            {"first": each.first.id, "second": each.second.id, "verdict": each.verdict}
            for each in result.contradicted
        ],
    }


def _conflict_score(score: ConflictScore) -> backtests.ConflictScore:
    return {
        "method": score.method,
        "cells": score.cells,
        "right": score.right,
        "effective_right": score.effective_right,
        "effective": score.effective,
        "conflict_right": score.conflict_right,
        "conflict": score.conflict,
        "accuracy": score.accuracy,
        "balanced_accuracy": score.balanced_accuracy,
    }


def _ids(variants: Iterable[Variant]) -> list[str]:
    return [variant.id for variant in variants]


def conflict_document(conflict: Conflict) -> shapes.Conflict:
    """Return the document of what one defense uses and a later one mitigates."""
    return {
        "earlier": conflict.earlier.id,
        "later": conflict.later.id,
        "risk": conflict.risk,
        "inferred": conflict.inferred,
    }


def exclusion_document(excluded: Exclusion) -> shapes.Exclusion:
    """Return the document of two defenses that cannot be trained together."""
    record = excluded.record
    return {
        "one": excluded.one.id,
        "other": excluded.other.id,
        "kind": excluded.kind,
        "procedures": list(excluded.procedures),
        "reason": record.reason if record else None,
        "remedy": record.remedy if record else None,
        "basis": record.basis if record else None,
        "sources": list(record.sources) if record else [],
    }


def _repair(repair: Repair) -> shapes.Repair:
    return {
        "changes": [
            {"kind": kind, "defense": old.id, "by": new.id if new else None}
            for kind, old, new in repair.changes
        ],
        "defenses": _ids(repair.defenses),
        "uncovered": list(repair.uncovered),
    }


def _combination(record: Combination) -> shapes.CombinationSeen:
    return {
        "id": record.id,
        "code": record.code,
        "defenses": list(record.defenses),
        "outcome": record.outcome,
        "tuned_outcome": record.tuned_outcome,
        "works_if": record.works_if,
        "cost": record.cost,
        "status": record.status,
        "identified": record.identified,
        "datasets": list(record.datasets),
        "sources": list(record.sources or record.stated_in),
        "note": record.note,
        "provenance": record.provenance,
    }


def _link(link: Link) -> shapes.Link:
    return {
        "factor": link.factor.id,
        "code": link.factor.code,
        "first_sign": link.moved_by.sign,
        "second_sign": link.depends.sign,
        "satisfied": link.satisfied == "met",
        "partly": link.satisfied == "partly",
        "sources": list(link.sources),
        "notes": [edge.note for edge in (link.moved_by, link.depends) if edge.note],
    }


def _collusion(record: Collusion) -> shapes.CollusionSeen:
    return {
        "id": record.id,
        "effect": record.effect,
        "status": record.status,
        "predicted": record.predicted,
        "factors": list(record.factors),
        "sources": list(record.sources),
        "note": record.note,
        "provenance": record.provenance,
    }


def chain_document(chain: Chain, breaking: Iterable[Iterable[Breaker]]) -> shapes.Chain:
    """Return the part of a document that is one chain, with what breaks each link."""
    return {
        "attacks": [attack.id for attack in chain.attacks],
        "unproven": chain.unproven,
        "reduced": chain.reduced,
        "links": [
            link_document(link, found) for link, found in zip(chain.links, breaking, strict=True)
        ],
    }


def _breaker(breaker: Breaker) -> shapes.Breaker:
    return {
        "defense": breaker.defense.id,
        "how": breaker.how,
        "factors": list(breaker.factors),
        "helps": list(breaker.helps),
        "whole": breaker.whole,
        "backfires": breaker.backfires,
        "ground": breaker.ground.ground if breaker.ground else None,
        "raises": [expected_document(each) for each in breaker.raises],
    }


def near_miss_document(near: NearMiss, protect: Iterable[str]) -> shapes.NearMiss:
    """Return the part of a document that is a set which misses a wish."""
    return {
        "misses": [
            {"wish": each.wish, "value": each.value, "instead": each.instead}
            for each in near.misses
        ],
        "plan": plan_document(near.plan, protect),
    }


def plan_document(plan: Plan, protect: Iterable[str]) -> shapes.Plan:
    """Return the part of a document that is one set of defenses."""
    wanted = set(protect)
    document: shapes.Plan = {
        "defenses": sorted(_ids(plan.order)),
        "order": _ids(plan.order),
        "outcome": plan.outcome,
        "alternatives": [_ids(each) for each in plan.alternatives],
        "observed": [_combination(each) for each in plan.observed],
        "covers": [expected_document(each) for each in plan.covers],
        "raises": [{**expected_document(e), "protected": e.risk in wanted} for e in plan.raises],
        "lowers": [expected_document(each) for each in plan.lowers],
        "open": [expected_document(each) for each in plan.open],
    }
    if plan.more_alternatives:
        document["more_alternatives"] = True
    return document


def expected_document(each: Expected) -> shapes.Expected:
    """Return the document of what is to be expected of one defense for one risk."""
    return {
        "risk": each.risk,
        "defense": each.defense,
        "effect": each.effect,
        "ground": each.ground,
        "intended": each.intended,
        "probability_increase": each.probability_increase,
        "measured": list(each.measured),
        "measured_reference": list(each.measured_reference),
        "expect": each.assessment.expect,
        "likelihood": each.assessment.likelihood,
        "grade": each.assessment.grade,
    }
