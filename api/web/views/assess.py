"""View of assessments: a deployment file, held by the link, and what it lets expect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup

from crosscurrent import __version__
from crosscurrent.api.answers.deployments import assess_sent
from crosscurrent.knowledge.errors import BrokenDeployment, InputError, Problem
from crosscurrent.predictor.budget import TooCostly
from crosscurrent.predictor.deployments.assessment import DeploymentAssessment
from crosscurrent.predictor.deployments.documents import deployment_document

from ...reports.deployments import deployment_body, deployment_report
from ...rest.knowledge_sets import now
from ...rest.problems import ProblemError
from ...rest.routes.assessments import ASSESSMENT_LESS, REPORT_HEADERS
from ...text.deployments import heading
from ..deployment_links import packed, unpacked
from ..request import SAME_ORIGIN, PageRequest, PageRequestDep

__all__ = ["router"]

router = APIRouter()

_FOLDER: Final = Path(__file__).parents[1] / "deployments"
_FILE: Final = "deployment.yaml"
_DOWNLOADED: Final = {"Cache-Control": "private, no-cache", **REPORT_HEADERS}


class _Shown(NamedTuple):
    """What the page shows: the text, and its assessment or what is wrong with it."""

    text: str = ""
    found: DeploymentAssessment | None = None
    wrong: str = ""
    problems: Sequence[Problem] = ()


@router.get("/assess")
def assess(page: PageRequestDep) -> Response:
    """Show the assessment of the deployment that the link holds, and the form to change it."""
    page.expect("deployment")
    token = page.one("deployment")
    return _page(page, _assessed(page, token) if token else _Shown(), token)


@router.post("/assess", dependencies=[SAME_ORIGIN])
async def enter(page: PageRequestDep, request: Request) -> Response:
    """Go to the link that holds what was entered, or show it again if no link can."""
    given = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    text = given.get("text", [""])[0].replace("\r\n", "\n")
    if not text.strip():
        return Response(status_code=303, headers={"Location": page.link("/assess")})
    try:
        token = packed(text)
    except InputError as error:
        return await run_in_threadpool(_page, page, _Shown(text, wrong=str(error)), None)
    address = page.link("/assess", {"deployment": token})
    return Response(status_code=303, headers={"Location": address})


@router.get("/assess/report")
def report(page: PageRequestDep) -> Response:
    """Return the report as a page by itself, to be kept."""
    found = _required(page)
    content = deployment_report(page.kb, found, made_on=now()[:10], version=__version__)
    headers = {**_DOWNLOADED, "Content-Disposition": 'attachment; filename="assessment.html"'}
    return Response(content, headers=headers, media_type="text/html")


@router.get("/assess/document")
def document(page: PageRequestDep) -> Response:
    """Return the document that the API answers with, to be kept."""
    content = json.dumps(deployment_document(page.kb, _required(page)), ensure_ascii=False)
    headers = {**_DOWNLOADED, "Content-Disposition": 'attachment; filename="assessment.json"'}
    return Response(content, headers=headers, media_type="application/json")


def _required(page: PageRequest) -> DeploymentAssessment:
    token = page.one("deployment")
    if token is None:
        raise ProblemError(422, "give the deployment, as the link of its assessment does")
    return assess_sent(page.kb, unpacked(token).encode(), _FILE)


def _assessed(page: PageRequest, token: str) -> _Shown:
    """Assess what a link holds; whatever is wrong is told beside the text."""
    text = ""
    try:
        text = unpacked(token)
        return _Shown(text, assess_sent(page.kb, text.encode(), _FILE))
    except BrokenDeployment as error:
        many = len(error.problems)
        wrong = f"{many} problem{'s' * (many != 1)} in the deployment: nothing was assessed"
        return _Shown(text, wrong=wrong, problems=error.problems)
    except TooCostly as error:
        return _Shown(text, wrong=f"{error}: {ASSESSMENT_LESS}")
    except InputError as error:
        return _Shown(text, wrong=str(error))


def _page(page: PageRequest, shown: _Shown, token: str | None) -> Response:
    found = shown.found
    query = {"deployment": token}
    body = deployment_body(page.kb, found, made_on=now()[:10], version=__version__) if found else ""
    return page.render(
        "assess.html",
        422 if shown.wrong else 200,
        view="assess",
        shown=shown,
        body=Markup(body),  # noqa: S704 - escaped by the template that it was made from
        heading=heading(found) if found else "",
        saved=[
            ("Download the report", page.link("/assess/report", query)),
            ("JSON", page.link("/assess/document", query)),
        ],
        examples=[
            (name, page.link("/assess", {"deployment": each})) for name, each in _examples().items()
        ],
    )


@cache
def _examples() -> Mapping[str, str]:
    """Return deployments to begin with, as links hold them, by name."""
    found = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        text = path.read_text("utf-8")
        name = next(line for line in text.splitlines() if line.startswith("name: "))
        found[name.removeprefix("name: ")] = packed(text)
    return found
