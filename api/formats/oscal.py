"""An assessment of a deployment as OSCAL assessment results, version 1.2.3.

The format: https://pages.nist.gov/OSCAL-Reference/models/v1.2.3/assessment-results/json-reference/.
Each effect with evidence is an observation, whose evidence are the works behind it; each finding is
a finding with a risk. There is no assessment plan: the deployment file stands in for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from crosscurrent.predictor.deployments.findings import JOINT

from ..text import deployment_findings as points
from ..text import deployments as text
from ..text.names import lowered
from ._parts import NAMESPACE, effect_of, entries, identifier, moment, works_behind, works_of

if TYPE_CHECKING:
    from datetime import datetime

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.knowledge.deployments import Acceptance
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
    from crosscurrent.predictor.deployments.effects import Effect
    from crosscurrent.predictor.deployments.facts import InPlace
    from crosscurrent.predictor.deployments.findings import Finding

__all__ = ["VERSION", "oscal"]

VERSION: Final = "1.2.3"
"""The version of OSCAL that is written."""

_ATLAS: Final = "mitre_atlas"


def oscal(
    kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> dict[str, Any]:
    """Return the assessment results.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        What it answered.
    at : datetime
        When that was, with a time zone. What the file accepts counts up to its last day.
    version : str
        The version of Crosscurrent.
    """
    return {"assessment-results": _Results(kb, found, at, version).document()}


class _Results:
    """The results of one assessment, whose identifiers all go back to what was asked."""

    def __init__(
        self, kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
    ) -> None:
        self.kb, self.found, self.version = kb, found, version
        self.file = found.deployment.file
        self.when = moment(at)
        self.observed = [
            effect
            for outcome in found.risks
            for effect in outcome.effects
            if effect.answer.grade != "none"
        ]

    def document(self) -> dict[str, Any]:
        said = self.file.deployment
        return {
            "uuid": self.id("results", self.when),
            "metadata": {
                "title": f"Interactions of defenses: {said.name}",
                "last-modified": self.when,
                "version": self.when,
                "oscal-version": VERSION,
                "props": [
                    _prop("knowledge", self.found.knowledge),
                    _prop("deployment", self.file.digest),
                ],
            },
            "import-ap": {
                "href": f"#{self.id('deployment')}",
                "remarks": "No plan was written: the deployment file says what was assessed.",
            },
            "results": [self.result()],
            "back-matter": {"resources": list(self.resources())},
        }

    def result(self) -> dict[str, Any]:
        lists = {
            "observations": [self.observation(each) for each in self.observed],
            "risks": [self.risk(each) for each in self.found.findings],
            "findings": [self.finding(each) for each in self.found.findings],
        }
        return {
            "uuid": self.id("result", self.when),
            "title": text.heading(self.found),
            "description": (
                "What the defenses in place are expected to do to every risk, by what was published"
                " or measured of them and by the factors that they move."
            ),
            "start": self.when,
            "end": self.when,
            "local-definitions": {
                "components": [
                    self.system(),
                    *(self.defense(each) for each in self.found.deployment.defenses),
                ],
                "assessment-assets": self.assets(),
            },
            "reviewed-controls": {"control-selections": [self.reviewed()]},
            **{name: listed for name, listed in lists.items() if listed},
        }

    def id(self, *parts: str) -> str:
        return identifier("oscal", self.file.digest, self.found.knowledge, *parts)

    def origins(self) -> list[dict[str, Any]]:
        return [{"actors": [{"type": "tool", "actor-uuid": self.id("tool")}]}]

    def system(self) -> dict[str, Any]:
        said = self.file.deployment
        props = {"props": [_prop("owner", said.owner)]} if said.owner else {}
        return {
            "uuid": self.id("system"),
            "type": "this-system",
            "title": said.name,
            "description": said.purpose or said.name,
            **props,
            "status": {"state": "operational"},
        }

    def defense(self, each: InPlace) -> dict[str, Any]:
        record = self.kb.defenses[each.defense]
        settings = [_prop(f"setting-{name}", str(value)) for name, value in each.settings.items()]
        return {
            "uuid": self.id("defense", each.variant.id),
            "type": "software",
            "title": record.name,
            "description": record.meaning,
            "props": [_prop("defense", each.variant.id), *settings],
            "status": {"state": "operational"},
        }

    def assets(self) -> dict[str, Any]:
        tool = self.id("tool")
        return {
            "components": [
                {
                    "uuid": tool,
                    "type": "software",
                    "title": "crosscurrent",
                    "description": "Predicts what one defense of machine learning does to others.",
                    "props": [{"name": "version", "value": self.version}],
                    "status": {"state": "operational"},
                }
            ],
            "assessment-platforms": [
                {"uuid": self.id("platform"), "uses-components": [{"component-uuid": tool}]}
            ],
        }

    def reviewed(self) -> dict[str, Any]:
        """Return the defenses as controls; no catalogue of controls has them."""
        names = dict.fromkeys(_token(each.variant.id) for each in self.found.deployment.defenses)
        described = {"description": "The defenses in place, by their ids and stages."}
        if not names:
            return {**described, "include-all": {}}
        return {**described, "include-controls": [{"control-id": each} for each in names]}

    def observation(self, effect: Effect) -> dict[str, Any]:
        told, defense = text.told(self.kb, effect), self.kb.defenses[effect.defense.defense]
        parts = (told.headline, f"{told.established}." * bool(told.established), told.reason)
        answer = effect.answer
        likely = [] if answer.likelihood is None else [_prop("likelihood", str(answer.likelihood))]
        evidence = [
            {
                **({"href": f"#{self.id('work', work.id)}"} if work.address else {}),
                "description": f"{work.cited}: {work.says.replace('_', ' ')}",
            }
            for work in works_of(self.kb, effect)
        ]
        return {
            "uuid": self.observation_id(effect),
            "title": f"{defense.name} on {lowered(self.kb.risks[effect.risk].name)}",
            "description": " ".join(filter(None, parts)),
            "props": [
                _prop("expect", answer.expect),
                *likely,
                _prop("grade", answer.grade),
                _prop("command", told.command),
            ],
            "methods": ["TEST" if answer.grade == "measured_here" else "EXAMINE"],
            "types": ["mitigation" if answer.expect == "decrease" else "discovery"],
            "origins": self.origins(),
            "subjects": [
                {
                    "subject-uuid": self.id("defense", effect.defense.variant.id),
                    "type": "component",
                }
            ],
            **({"relevant-evidence": evidence} if evidence else {}),
            "collected": self.when,
        }

    def observation_id(self, effect: Effect) -> str:
        return self.id("observation", effect.defense.name, effect.risk)

    def finding(self, each: Finding) -> dict[str, Any]:
        return {
            "uuid": self.id("finding", each.id),
            "title": points.finding(self.kb, self.found, each),
            "description": self.described(each),
            "props": [_prop("finding", each.id), _prop("kind", each.kind)],
            "origins": self.origins(),
            "target": {
                "type": "objective-id",
                "target-id": _token(each.id),
                "status": {"state": "not-satisfied", "reason": "fail"},
            },
            **self.related(each),
            "related-risks": [{"risk-uuid": self.id("risk", each.id)}],
        }

    def risk(self, each: Finding) -> dict[str, Any]:
        sentence, accepted = (
            points.finding(self.kb, self.found, each),
            self.accepted(each),
        )
        deadline = {"deadline": f"{accepted.until}T23:59:59Z"} if accepted else {}
        return {
            "uuid": self.id("risk", each.id),
            "title": sentence,
            "description": self.described(each),
            "statement": self.kb.risks[each.risk].meaning if each.risk else f"{sentence}.",
            "props": [_prop("finding", each.id), *_acceptance(accepted)],
            "status": "deviation-approved" if accepted else "open",
            "origins": self.origins(),
            **self.threats(each),
            **self.characterized(each),
            **deadline,
            **self.remedies(each),
            **self.related(each),
        }

    def described(self, each: Finding) -> str:
        sentence = f"{points.finding(self.kb, self.found, each)}."
        if each.kind in JOINT:
            lines = "\n".join(f"- {line}" for line in points.together(self.kb, self.found))
            return f"{sentence}\n\n{lines}"
        return sentence

    def accepted(self, each: Finding) -> Acceptance | None:
        day = self.when[:10]
        for one in self.file.deployment.accepted:
            if one.finding == each.id and day <= one.until:
                return one
        return None

    def threats(self, each: Finding) -> dict[str, Any]:
        """Return the techniques of ATLAS that are the risk, or nearly."""
        listed = [
            {
                "system": self.kb.catalogues[_ATLAS].url,
                "id": f"{self.kb.catalogues[_ATLAS].url}/techniques/{quote(str(mapping.object))}",
            }
            for _, mapping in entries(self.kb, [each.risk] if each.risk else [], _ATLAS)
            if mapping.predicate in ("exact", "close")
        ]
        return {"threat-ids": listed} if listed else {}

    def characterized(self, each: Finding) -> dict[str, Any]:
        effect = effect_of(self.found, each)
        facets = []
        if effect is not None and effect.answer.likelihood is not None:
            facets.append(_facet("likelihood", str(effect.answer.likelihood)))
        if each.grade is not None:
            facets.append(_facet("grade", each.grade))
        if each.matters is not None:
            facets.append(_facet("impact", each.matters))
        if not facets:
            return {}
        return {"characterizations": [{"origin": self.origins()[0], "facets": facets}]}

    def remedies(self, each: Finding) -> dict[str, Any]:
        """Return what to do about an expected rise."""
        effect = effect_of(self.found, each)
        lines = text.advice(self.kb, effect) if effect is not None else []
        listed = [
            {
                "uuid": self.id("remedy", each.id, line),
                "lifecycle": "recommendation",
                "title": "What to do",
                "description": line,
            }
            for line in lines
        ]
        return {"remediations": listed} if listed else {}

    def related(self, each: Finding) -> dict[str, Any]:
        """Return the observations that a finding rests on."""
        effects: Iterable[Effect] = ()
        if each.kind == "rise":
            effects = filter(None, [effect_of(self.found, each)])
        elif each.kind == "unprotected":
            effects = (effect for effect in self.observed if effect.risk == each.risk)
        listed = [
            {"observation-uuid": self.observation_id(effect)}
            for effect in effects
            if effect.answer.grade != "none"
        ]
        return {"related-observations": listed} if listed else {}

    def resources(self) -> Iterator[dict[str, Any]]:
        """Yield the deployment file and the works behind the observations that have an address."""
        yield {
            "uuid": self.id("deployment"),
            "title": "Deployment file",
            "rlinks": [
                {
                    "href": quote(os.path.basename(self.file.name)),
                    "media-type": "application/yaml",
                    "hashes": [
                        {"algorithm": "SHA-256", "value": self.file.digest.partition(":")[2]}
                    ],
                }
            ],
        }
        for work in works_behind(self.kb, self.found):
            if work.address is not None:
                record = self.kb.references[work.id]
                yield {
                    "uuid": self.id("work", work.id),
                    "title": work.cited,
                    "citation": {"text": record.title or record.topic or work.cited},
                    "rlinks": [{"href": work.address}],
                }


def _acceptance(accepted: Acceptance | None) -> list[dict[str, str]]:
    if accepted is None:
        return []
    return [{**_prop("accepted-by", accepted.owner), "remarks": accepted.reason}]


def _facet(name: str, value: str) -> dict[str, str]:
    return {"name": name, "system": NAMESPACE, "value": value}


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": _token(name), "ns": NAMESPACE, "value": " ".join(value.split()) or "empty"}


def _token(name: str) -> str:
    """Return a name as a token, which has letters, digits, dots, hyphens and underscores only."""
    return re.sub(r"[^\w.-]", ".", name)
