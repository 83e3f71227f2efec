"""Checks of deployments as JUnit XML, which build servers show as tests.

The shape is that of the schema of Jenkins' xUnit plug-in, ``junit-10.xsd``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crosscurrent.knowledge.errors import legible

from ..text.checks import RULES, Said, acceptance

if TYPE_CHECKING:
    from crosscurrent.predictor.deployments import check_document_types as shapes

__all__ = ["junit"]

_OF_RISKS: Final = frozenset({"rise", "unprotected", "chain"})


def junit(document: shapes.DeploymentCheck, said: Mapping[str, Said]) -> str:
    """Return a check as test suites: one for each kind of findings.

    A finding is a test that fails, that is skipped if it is accepted, or that passes if the policy
    lets it pass. A risk that matters and of which nothing of the kind was found is a test that
    passes, and so are the defenses together.

    Parameters
    ----------
    document : document of a check
        See `predictor.deployments.check_documents.check_document`.
    said : mapping from str to Said
        Sentences by the id of the finding, see `text.checks.said`.
    """
    root = Element("testsuites", name=legible(document["deployment"]["name"]))
    total = failed = 0
    for kind in RULES:
        suite = SubElement(root, "testsuite", name=RULES[kind].short)
        found = [each for each in document["findings"] if each["kind"] == kind]
        for each in found:
            _case(suite, document, each, said[each["id"]])
        for name in _silent(document, kind, found):
            SubElement(suite, "testcase", classname=f"crosscurrent.{kind}", name=name)
        failures, skipped = (len(suite.findall(f"*/{tag}")) for tag in ("failure", "skipped"))
        suite.attrib |= {
            "tests": str(len(suite)),
            "failures": str(failures),
            "errors": "0",
            "skipped": str(skipped),
        }
        total += len(suite)
        failed += failures
    root.attrib |= {"tests": str(total), "failures": str(failed), "errors": "0"}
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _case(
    suite: Element, document: shapes.DeploymentCheck, each: shapes.CheckedFinding, words: Said
) -> None:
    kind = each["kind"]
    case = SubElement(suite, "testcase", classname=f"crosscurrent.{kind}", name=each["id"])
    where = f"{document['deployment']['file']}:{each['line']}:{each['column']}"
    lines = [where, words.sentence, words.to_do]
    if each["state"] == "accepted":
        SubElement(case, "skipped", message=legible(acceptance(each)))
    elif each["state"] == "passes":
        SubElement(case, "system-out").text = _lines(*lines, "The policy lets it pass.")
    else:
        failure = SubElement(case, "failure", type=kind, message=legible(words.sentence))
        failure.text = _lines(*lines, acceptance(each))


def _lines(*told: str) -> str:
    """Return what is told, a line each, of characters that XML can carry."""
    return "\n".join(legible(each) for each in told if each)


def _silent(
    document: shapes.DeploymentCheck, kind: str, found: list[shapes.CheckedFinding]
) -> list[str]:
    """Return what a kind of findings could have been about, and is not."""
    if kind not in _OF_RISKS:
        return [] if found else ["defenses in place"]
    about = {each["risk"] for each in found}
    return [
        each["risk"]
        for each in document["risks"]
        if each["matters"] is not None and each["risk"] not in about
    ]
