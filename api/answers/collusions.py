"""Collusions: pairs and sequences of attacks, and chains to a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor import joint_documents as documents
from crosscurrent.predictor.chains import Chains, breakers, chains_to
from crosscurrent.predictor.collusion import Adversaries, Colluded, adversaries, collude_all
from crosscurrent.predictor.collusion import collude as judge

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import joint_document_types as shapes

__all__ = ["CHAINS", "chains", "collude", "collusions", "links", "pairs", "search"]

CHAINS = 5
"""How many chains are listed unless more are asked for."""


def collude(
    kb: KnowledgeBase, attacks: Sequence[str] = (), adversary: Mapping[str, str] | None = None
) -> shapes.Collusions | shapes.Collusion | shapes.CollusionSequence:
    """Answer for no attack (all pairs), one (against all others), two, or a longer sequence.

    Raises
    ------
    UnknownName
        If there is no such attack or characteristic.
    InputError
        If an attack is given twice.
    """
    assumed = adversaries(kb, adversary or {})
    if len(attacks) < 2:
        answers = pairs(kb, attacks[0] if attacks else None, assumed)
        return documents.collusions_document(answers, kb.digest, assumed)
    answers = links(kb, attacks, assumed)
    if len(answers) == 1:
        return documents.collusion_document(answers[0], breakers(kb, answers[0]), assumed)
    breaking = [breakers(kb, each) for each in answers]
    return documents.sequence_document(answers, breaking, assumed)


def chains(
    kb: KnowledgeBase,
    target: str,
    first: str | None = None,
    adversary: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> shapes.Chains:
    """Answer with the chains of attacks that end in one, those best shown first."""
    assumed = adversaries(kb, adversary or {})
    found = search(kb, target, first, assumed, limit)
    breaking = [[breakers(kb, link) for link in chain.links] for chain in found.chains]
    return documents.chains_document(found, assumed, breaking)


def collusions(kb: KnowledgeBase) -> shapes.CollusionMatrix:
    """Answer for every attack against every other, whoever the adversaries are."""
    answers = [answer for row in collude_all(kb) for answer in row if answer is not None]
    return documents.collusion_matrix_document(answers, kb.digest)


def pairs(kb: KnowledgeBase, attack: str | None, assumed: Adversaries) -> list[Colluded]:
    """Judge one attack, or every one, against all others."""
    chosen = list(kb.attacks) if attack is None else [kb.attack(attack).id]
    return [judge(kb, a, b, assumed) for a in chosen for b in kb.attacks if a != b]


def links(kb: KnowledgeBase, names: Sequence[str], assumed: Adversaries) -> list[Colluded]:
    """Judge a sequence of attacks link by link; raise `InputError` if one is given twice."""
    attacks = [kb.attack(name).id for name in names]
    if len(set(attacks)) < len(attacks):
        raise InputError("an attack is given twice: collusion takes different attacks")
    return [judge(kb, a, b, assumed) for a, b in pairwise(attacks)]


def search(
    kb: KnowledgeBase, target: str, first: str | None, assumed: Adversaries, limit: int | None
) -> Chains:
    """Find chains of attacks to a target."""
    return chains_to(kb, target, first=first, assumed=assumed, limit=limit or CHAINS)
