"""Checks of deployments as SARIF 2.1.0, the format of static analysis that code hosts show.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ..text.checks import RULES, Rule, Said, acceptance, unused

if TYPE_CHECKING:
    from crosscurrent.predictor.deployments import check_document_types as shapes

__all__ = ["SCHEMA", "sarif"]

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
"""The schema that documents name."""

_FINGERPRINT: Final = "crosscurrentFinding/v1"
_KINDS: Final[tuple[str, ...]] = tuple(RULES)
_LEVELS: Final[Mapping[str, str]] = {
    "fails": "error",
    "expired": "error",
    "accepted": "warning",
    "passes": "note",
}
"""How severe a finding is, by its state."""


def sarif(
    document: shapes.DeploymentCheck, said: Mapping[str, Said], version: str
) -> dict[str, Any]:
    """Return a check as a SARIF log with one run.

    A finding is a result: an error if it fails, a note if the policy lets it pass, and a suppressed
    warning if it is accepted. What is gone since the earlier assessment is a result that passes
    and is absent. Acceptances that name no finding are notifications.

    Parameters
    ----------
    document : document of a check
        See `predictor.deployments.check_documents.check_document`.
    said : mapping from str to Said
        Sentences by the id of the finding, see `text.checks.said`.
    version : str
        The version of Crosscurrent.
    """
    place = _location(document["deployment"]["file"])
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Crosscurrent",
                        "version": version,
                        "semanticVersion": version,
                        "rules": [_rule(kind, rule) for kind, rule in RULES.items()],
                    }
                },
                "automationDetails": {"id": f"crosscurrent/{document['deployment']['name']}/"},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "exitCode": 0 if document["passes"] else 1,
                        "toolExecutionNotifications": [
                            {
                                "level": "warning",
                                "message": {"text": unused(each)},
                                "locations": [_at(place, each["line"], each["column"])],
                            }
                            for each in document["unused"]
                        ],
                    }
                ],
                "artifacts": [{"location": place, "roles": ["analysisTarget"]}],
                "results": [*_results(document, said, place), *_absent(document, place)],
                "columnKind": "unicodeCodePoints",
                "properties": {
                    "knowledge": document["knowledge"],
                    "policy": document["policy"],
                    "today": document["today"],
                },
            }
        ],
    }


def _rule(kind: str, rule: Rule) -> dict[str, Any]:
    return {
        "id": kind,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.short}."},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": f"{rule.meaning} {rule.to_do}"},
        "defaultConfiguration": {"level": "error"},
    }


def _location(file: str) -> dict[str, Any]:
    """Return where a file lies: below the root of the sources, if it was named so."""
    uri = quote(file.replace(os.sep, "/"))
    if os.path.isabs(file):
        return {"uri": f"file://{uri if uri.startswith('/') else f'/{uri}'}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _at(place: Mapping[str, Any], line: int, column: int) -> dict[str, Any]:
    region = {"startLine": line, "startColumn": column}
    return {"physicalLocation": {"artifactLocation": place, "region": region}}


def _results(
    document: shapes.DeploymentCheck, said: Mapping[str, Said], place: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    changes = document["changes"]
    for each in document["findings"]:
        words = said[each["id"]]
        text = f"{words.sentence}\n{words.to_do}" if words.to_do else words.sentence
        result: dict[str, Any] = {
            "ruleId": each["kind"],
            "ruleIndex": _KINDS.index(each["kind"]),
            "level": _LEVELS[each["state"]],
            "message": {"text": text},
            "locations": [_at(place, each["line"], each["column"])],
            "partialFingerprints": {_FINGERPRINT: each["id"]},
            "properties": {
                "state": each["state"],
                "risk": each["risk"],
                "defenses": each["defenses"],
                "grade": each["grade"],
                "matters": each["matters"],
            },
        }
        if each["state"] == "accepted":
            result["suppressions"] = [
                {"kind": "external", "state": "accepted", "justification": acceptance(each)}
            ]
        if changes is not None:
            result["baselineState"] = "new" if each["id"] in changes["new"] else "unchanged"
        yield result


def _absent(document: shapes.DeploymentCheck, place: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    changes = document["changes"]
    for each in changes["gone"] if changes is not None else ():
        result: dict[str, Any] = {
            "ruleId": each["kind"],
            "kind": "pass",
            "level": "none",
            "message": {"text": f"No longer found: {each['id']}."},
            "locations": [_at(place, 1, 1)],
            "partialFingerprints": {_FINGERPRINT: each["id"]},
            "baselineState": "absent",
        }
        if each["kind"] in _KINDS:
            result["ruleIndex"] = _KINDS.index(each["kind"])
        yield result
