"""What the formats share: identifiers, moments, and the works behind an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from ..text import deployment_findings as points
from ..text.names import cite
from ..text.works import external_links

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crosscurrent.knowledge import CatalogueMapping, KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect
    from crosscurrent.predictor.deployments.findings import Finding

__all__ = [
    "NAMESPACE",
    "Work",
    "effect_of",
    "entries",
    "identifier",
    "moment",
    "works_behind",
    "works_of",
]

NAMESPACE: Final = "urn:crosscurrent:formats"
"""The namespace of our identifiers and of our properties."""

_IDENTIFIERS: Final = uuid5(NAMESPACE_URL, NAMESPACE)


class Work(NamedTuple):
    """A work behind an answer.

    Attributes
    ----------
    id : str
        Id of the reference.
    says : str
        ``increase``, ``decrease``, ``no_change`` or ``mixed``.
    cited : str
        How it is cited.
    address : str or None
        Where it can be read, if that is known.
    """

    id: str
    says: str
    cited: str
    address: str | None


def identifier(*parts: str) -> str:
    """Return the UUID of what these parts tell apart: the same for the same parts (version 5)."""
    return str(uuid5(_IDENTIFIERS, json.dumps(parts)))


def moment(at: datetime) -> str:
    """Return a moment as RFC 3339 has it, in UTC and to the second.

    Parameters
    ----------
    at : datetime
        With a time zone.

    Raises
    ------
    ValueError
        If it has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is not one moment")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def works_of(kb: KnowledgeBase, effect: Effect) -> tuple[Work, ...]:
    """Return the works that say something of an effect under what is assumed, each once.

    Those that are most exactly about it come first. Measurements in reference models are no works.
    """
    found: dict[str, Work] = {}
    for tier in reversed(effect.answer.evidence.tiers):
        for each in tier:
            if each.work in kb.references and each.work not in found:
                places = external_links(kb.references[each.work])
                address = places[0][0] if places else None
                found[each.work] = Work(each.work, each.effect, cite(kb, [each.work]), address)
    return tuple(found.values())


def works_behind(kb: KnowledgeBase, found: DeploymentAssessment) -> tuple[Work, ...]:
    """Return the works behind all effects of an assessment, each once."""
    effects = (effect for outcome in found.risks for effect in outcome.effects)
    return tuple({work.id: work for each in effects for work in works_of(kb, each)}.values())


def effect_of(found: DeploymentAssessment, finding: Finding) -> Effect | None:
    """Return the effect that a finding of an expected rise is about; None of other findings."""
    return points.effect_of(found, finding) if finding.kind == "rise" else None


def entries(
    kb: KnowledgeBase, risks: Iterable[str], catalogue: str
) -> Iterator[tuple[str, CatalogueMapping]]:
    """Yield the entries of a catalogue for each risk, the nearest to it first."""
    nearest = ("exact", "close", "narrower", "broader", "related")
    for risk in risks:
        mapped = (
            each
            for each in kb.mappings_of(risk)
            if each.catalogue == catalogue and each.object is not None
        )
        for each in sorted(mapped, key=lambda one: nearest.index(one.predicate)):
            yield risk, each
