"""Validate: start a measurement, and find what was measured."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from crosscurrent.api.jobs.errors import BeingAccepted, DifferentPayload, Unavailable
from crosscurrent.api.jobs.records import Job
from crosscurrent.knowledge.errors import InputError, clip, legible
from crosscurrent.validator.experiments.assignments import DEFAULT_DATASET, DEFAULT_MODEL
from crosscurrent.validator.extra import absent
from crosscurrent.validator.measurements import PLACEBO
from crosscurrent.validator.requests import GridRequest, PairRequest

from ...rest.pagination import decode_token, encode_token
from ...rest.problems import problem_of
from ...rest.service import Service, in_database_thread
from ..measurements.form import FIELDS, PREFILLED, Order, posted, prefilled
from ..measurements.history import STATES, VERDICTS, Filters, JobList, list_jobs
from ..measurements.subject import KINDS, at_stage, bare, risk_of
from ..measurements.summaries import JobOwner
from ..request import SAME_ORIGIN, PageRequest, PageRequestDep

__all__ = ["router"]

router = APIRouter()

_AGAIN = 0.25
"""Seconds until a form that is being checked already is asked about again."""
_TIMES = 240
_NO_MODEL = "package.module:Class"
_NO_DATA = "PATH"


class Choices(NamedTuple):
    """What the form lets one choose: ids, each with what it is called, or does, or both.

    Attributes
    ----------
    options : mapping
        By the name of an option: the values that it can have here.
    """

    defenses: Sequence[tuple[str, str]]
    risks: Sequence[tuple[str, str]]
    factors: Sequence[tuple[str, str, str]]
    together: Sequence[tuple[str, str]]
    attacks: Sequence[tuple[str, str]]
    options: Mapping[str, Sequence[tuple[str, str]]]
    own_data: bool


@router.get("/validate")
@in_database_thread
def validate(asked: PageRequestDep, owner: JobOwner) -> Response:
    """Show the form and what was measured."""
    filters, after = _filters(asked), asked.one("next")
    if absent():
        return _missing(asked)
    return _shown(asked, prefilled(asked), filters, _found(asked, owner, filters, after))


@router.post("/validate", dependencies=[SAME_ORIGIN])
async def start(asked: PageRequestDep, owner: JobOwner, request: Request) -> Response:
    """Start what the form asks for, or show it again with what is wrong."""
    order = Order(key=secrets.token_hex(16))
    try:
        order = posted(await request.body())
        job = await _accepted(asked.service, order, owner)
    except (InputError, Unavailable) as error:
        return await _refused(asked, owner, order, error)
    return Response(status_code=303, headers={"Location": asked.link(f"/validate/{job.id}")})


async def _accepted(service: Service, order: Order, owner: str) -> Job:
    """Submit a form; sent twice, the second one waits for what becomes of the first."""
    wanted = order.request()
    for _ in range(_TIMES):
        try:
            return await _submit(service, wanted, owner, order.key)
        except BeingAccepted:
            await asyncio.sleep(_AGAIN)
    return await _submit(service, wanted, owner, order.key)


@in_database_thread
def _submit(service: Service, wanted: Mapping[str, Any], owner: str, key: str) -> Job:
    return service.jobs().submit(wanted, owner, key)


@in_database_thread
def _refused(asked: PageRequest, owner: str, order: Order, error: Exception) -> Response:
    told = problem_of(asked.request, error)
    wrong = told.detail
    if isinstance(error, DifferentPayload):
        order = order._replace(key=secrets.token_hex(16))
        wrong = (
            "this form has started a measurement already, which is in the list; send it once more"
            " for another one"
        )
    if absent():
        return _missing(asked)
    found = None if isinstance(error, Unavailable) else _found(asked, owner, Filters())
    return _shown(asked, order, Filters(), found, wrong, told.status, told.headers)


def _found(asked: PageRequest, owner: str, filters: Filters, token: str | None = None) -> JobList:
    """Return a page of the list; tokens are those of the API."""
    what = f"validations {owner}"
    place = None if token is None else decode_token(what, token)
    jobs, results = asked.service.jobs(), asked.request.app.state.results
    found = list_jobs(jobs, results, owner, (asked.kb, asked.words), filters, place)
    return found._replace(next=None if found.next is None else encode_token(what, found.next))


def _missing(asked: PageRequest) -> Response:
    """Say what this service lacks, and what does the same on a command line."""
    order = prefilled(asked)
    pair = order.defense, order.risk
    return asked.render(
        "validate.html",
        view="validate",
        missing=absent(),
        wrong=None,
        command=(PairRequest(*pair) if all(pair) else GridRequest()).command_line(),
    )


def _shown(
    asked: PageRequest,
    order: Order,
    filters: Filters,
    found: JobList | None,
    wrong: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] = {},
) -> Response:
    unfinished = found is not None and any(not row.job.over for row in found.rows)
    return asked.render(
        "validate.html",
        status,
        headers,
        view="validate",
        missing=(),
        order=order,
        choices=_choices(asked),
        fields=FIELDS,
        kinds=KINDS,
        usual={"dataset": DEFAULT_DATASET, "model": DEFAULT_MODEL},
        states=STATES,
        verdicts=VERDICTS,
        filters=filters,
        filtered=any(filters),
        found=found,
        more=asked.link("/validate", {**filters._asdict(), "next": found and found.next}),
        unfinished=unfinished,
        wrong=wrong,
    )


def _filters(asked: PageRequest) -> Filters:
    """Return what the query lets through; what names nothing is told as a notice."""
    asked.expect(*Filters._fields, *PREFILLED, "next")
    kb, given = asked.kb, {name: asked.one(name) for name in Filters._fields}
    if given["defense"]:
        given["defense"] = bare(kb, given["defense"])
    if given["risk"]:
        given["risk"] = risk_of(kb, given["risk"])
    known: Mapping[str, Iterable[str]] = {
        "state": STATES,
        "kind": KINDS,
        "defense": [*kb.defenses, PLACEBO],
        "risk": kb.risks,
        "verdict": VERDICTS,
    }
    for name, value in given.items():
        if value is not None and value not in known[name]:
            asked.notices.append(
                f"There is no {name} “{legible(clip(value))}”; there are {', '.join(known[name])}"
            )
            given[name] = None
    return Filters(**given)


def _choices(asked: PageRequest) -> Choices:
    kb, words, settings = asked.kb, asked.words, asked.service.settings
    catalogue = asked.service.jobs().catalogue()
    defenses = [each["id"] for each in catalogue["defenses"]]
    order = {name: place for place, name in enumerate([*kb.defenses, PLACEBO])}
    defenses.sort(key=lambda name: (order.get(bare(kb, name), len(order)), name))
    risks = {each["id"] for each in catalogue["risks"]}
    measurable = set(defenses)
    return Choices(
        [(name, _titled(asked, name)) for name in defenses],
        [(name, _titled(asked, name)) for name in kb.risks if name in risks],
        [(each["id"], _titled(asked, each["id"]), each["about"]) for each in catalogue["factors"]],
        [(each, words.called(each)) for each in kb.variants if at_stage(kb, each) in measurable],
        [(each.id, each.name) for each in kb.attacks.values() if each.risk in risks],
        {
            "dataset": _listed(catalogue["datasets"], _NO_DATA),
            "model": _listed(catalogue["models"], _NO_MODEL),
            "device": [(each, "") for each in settings.for_jobs().devices],
        },
        settings.datasets is not None,
    )


def _listed(section: Sequence[dict[str, Any]], other: str) -> list[tuple[str, str]]:
    return [(each["id"], each["about"]) for each in section if each["id"] != other]


def _titled(asked: PageRequest, name: str) -> str:
    code = asked.words.code(name)
    return f"{asked.words.called(name)}{f' ({code})' if code else ''}"
