"""Assessments of deployments, with what was measured of them before."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crosscurrent.knowledge import load
from crosscurrent.knowledge.deployment_files import read_deployment_text
from crosscurrent.knowledge.errors import BrokenDeployment, InputError, Problem, legible
from crosscurrent.predictor.deployments.assessment import DeploymentAssessment, assess_deployment
from crosscurrent.predictor.deployments.documents import deployment_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.knowledge.deployment_files import DeploymentFile
    from crosscurrent.predictor.deployments import document_types as shapes

__all__ = [
    "assess",
    "assess_sent",
    "deployment",
    "evidence_folders",
    "informed",
    "without_results",
]


def assess(kb: KnowledgeBase, file: DeploymentFile) -> DeploymentAssessment:
    """Assess a deployment file; raises what `assess_deployment` does."""
    return assess_deployment(kb, file)


def assess_sent(kb: KnowledgeBase, data: bytes, name: str) -> DeploymentAssessment:
    """Assess a deployment that somebody sent; it may name no results of the machine it is from.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    data : bytes
        The file's content, YAML or JSON.
    name : str
        What problems call it.

    Raises
    ------
    BrokenDeployment
        If anything in it is wrong; it carries every problem.
    """
    file = read_deployment_text(data, name)
    problems: list[Problem] = []
    try:
        without_results(file)
    except BrokenDeployment as error:
        problems += error.problems
    try:
        found = assess(kb, file)
    except BrokenDeployment as error:
        problems += error.problems
    if problems:
        raise BrokenDeployment(problems)
    return found


def deployment(kb: KnowledgeBase, file: DeploymentFile) -> shapes.DeploymentAssessment:
    """Answer for a deployment file."""
    return deployment_document(kb, assess(kb, file))


def evidence_folders(file: DeploymentFile) -> list[str]:
    """Return the folders of evidence that a deployment file names, relative to where it lies."""
    beside = os.path.dirname(file.path)
    return [
        os.path.join(beside, each.evidence)
        for each in file.deployment.results
        if each.evidence is not None
    ]


def informed(
    file: DeploymentFile, overlays: Iterable[str], store: str | None = None
) -> KnowledgeBase:
    """Load the built-in knowledge, the overlays, and what the deployment says was measured.

    Parameters
    ----------
    file : DeploymentFile
        Its results are folders of evidence or ids of stored results.
    overlays : iterable of str
        See `knowledge.load`.
    store : str, optional
        The file that results are kept in, by default the command line's.

    Raises
    ------
    BrokenDeployment
        If a result is not there.
    BrokenKnowledge
        If anything is wrong in a folder of evidence or an overlay.
    """
    _require_evidence(file)
    layers: list[str | Mapping[str, bytes]] = [*overlays, *evidence_folders(file)]
    ids = [
        (f"results[{index}].result", each.result)
        for index, each in enumerate(file.deployment.results)
        if each.result is not None
    ]
    return load([*layers, *_stored(file, ids, store)] if ids else layers)


def _require_evidence(file: DeploymentFile) -> None:
    """Raise `BrokenDeployment` unless every folder of evidence is one."""
    message = "there is no folder {}; name one that crosscurrent results export wrote"
    fields = [
        f"results[{index}].evidence"
        for index, each in enumerate(file.deployment.results)
        if each.evidence is not None
    ]
    problems = [
        file.problem(field, message.format(legible(folder)))
        for field, folder in zip(fields, evidence_folders(file), strict=True)
        if not os.path.isdir(folder)
    ]
    if problems:
        raise BrokenDeployment(problems)


def _stored(
    file: DeploymentFile, ids: Iterable[tuple[str, str]], store: str | None
) -> list[Mapping[str, bytes]]:
    """Return stored results as knowledge files."""
    import yaml

    from crosscurrent.validator.results.evidence import records
    from crosscurrent.validator.results.store import Store, default_file

    kept = Store(store or default_file())
    found: list[Mapping[str, bytes]] = []
    problems = []
    for field, name in ids:
        try:
            document = kept.experiment(name).document
        except InputError as error:
            problems.append(file.problem(field, str(error)))
            continue
        if rows := records(document):
            text = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)
            found.append({f"{name}.yaml": text.encode()})
        else:
            message = "shows nothing that could be evidence; crosscurrent results show tells why"
            problems.append(file.problem(field, message))
    if problems:
        raise BrokenDeployment(problems)
    return found


def without_results(file: DeploymentFile) -> DeploymentFile:
    """Return a deployment file that names no results of the machine it came from.

    Raises
    ------
    BrokenDeployment
        If it names any: a service reads no files of others.
    """
    message = "are on your own machine: assess there, or upload the evidence as a knowledge set"
    if file.deployment.results:
        raise BrokenDeployment([file.problem("results", message)])
    return file
