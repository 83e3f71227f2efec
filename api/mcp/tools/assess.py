"""``assess``: what to expect of a whole deployment."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import (
    MAX_BYTES,
    DeploymentFile,
    read_deployment_text,
)
from crosscurrent.predictor.deployments.document_types import DeploymentAssessment

from ...answers import deployments
from ...text.deployments import EXPECT
from ...text.names import percent
from ..tool import Arguments, Tool

__all__ = ["TOOL", "AssessArguments"]


_WAYS: Final = MappingProxyType({"decrease": "to fall", "no_change": "not to change"})


class AssessArguments(Arguments):
    """What `crosscurrent assess` takes."""

    deployment: str = Field(
        min_length=1,
        max_length=MAX_BYTES,
        description="content of a deployment file, YAML or JSON: deployment: 1, name, and what is"
        " known of data, model, offered (what answers show), adversaries, defenses and risks",
    )


def _file(asked: AssessArguments) -> DeploymentFile:
    return deployments.without_results(read_deployment_text(asked.deployment.encode()))


def _answer(kb: KnowledgeBase, asked: AssessArguments) -> DeploymentAssessment:
    return deployments.deployment(kb, _file(asked))


def _told(kb: KnowledgeBase, document: Any) -> str:
    subject = document["deployment"]
    many = len(document["findings"])
    lines = [f"{subject['name']}: {many} finding{'s' * (many != 1)}."]
    for each in document["risks"]:
        known = [EXPECT[each["expect"]]]
        if each["leading"] and each["likelihood"] is not None:
            way = _WAYS.get(each["expect"], "to rise")
            known.append(f"{percent(each['likelihood'])} likely {way} by {each['leading']}")
        lines.append(f"{kb.risks[each['risk']].name}: {', '.join(known)}.")
    lines += [f"Finding {each['id']}" for each in document["findings"]]
    lines += [f"Not stated: {each['field']}" for each in document["unstated"]]
    return "\n".join(lines)


TOOL = Tool(
    "assess",
    "What to expect of a whole deployment",
    "All of a deployment at once: what its defenses together let expect of every risk, whether they"
    " go together, which attacks help which, what is not stated, what to measure next, and which"
    " sets of defenses are better.",
    AssessArguments,
    DeploymentAssessment,
    _answer,
    _told,
    "describe fewer defenses and adversaries",
)
