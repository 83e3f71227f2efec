"""Views of measurements: the form and the list, one measurement, and its files."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request, Response

from crosscurrent.api.jobs.errors import BeingAccepted, DifferentPayload, Unavailable
from crosscurrent.api.jobs.records import Job
from crosscurrent.knowledge.errors import InputError, clip, legible
from crosscurrent.validator.experiments.assignments import (
    DEFAULT_DATASET,
    DEFAULT_DRAWS,
    DEFAULT_MODEL,
    DEFAULT_SEEDS,
)
from crosscurrent.validator.extra import absent
from crosscurrent.validator.requests import GridRequest, PairRequest, from_json
from crosscurrent.validator.results.outcomes import PLACEBO

from ...rest.pagination import decode_token, encode_token
from ...rest.problems import problem_of
from ...rest.service import CHECKING, JobSeconds, Service, ServiceDep, in_database_thread
from ...text.wording import STATE_MARKS
from ..drawings.interval import Interval, intervals
from ..measurements.form import FIELDS, PREFILLED, MeasurementForm, again, posted, prefilled
from ..measurements.history import STATES, VERDICTS, Filters, JobList, list_jobs
from ..measurements.outcome import cell_outcomes, template_context
from ..measurements.progress import Progress, log_lines, progress
from ..measurements.subject import KINDS, at_stage, bare, circumstances, kind, risk_of, subject
from ..measurements.summaries import JobOwner
from ..request import SAME_ORIGIN, PageRequest, PageRequestDep

__all__ = ["router"]

router = APIRouter()

_AGAIN = 0.25
"""Seconds until a form that is being checked already is asked about again."""
_TIMES = 240
_NO_MODEL = "package.module:Class"
_NO_DATA = "PATH"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Pictures and reports bring their own styles, and run and load nothing."""


class Choices(NamedTuple):
    """Choices of the form: ids, each with its name or description or both.

    Attributes
    ----------
    options : mapping
        Values that an option can have here, by its name.
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
def validate(page: PageRequestDep, owner: JobOwner) -> Response:
    """Show the form and what was measured."""
    filters, after = _filters(page), page.one("next")
    if absent():
        return _not_installed(page)
    return _page(page, prefilled(page), filters, _job_list(page, owner, filters, after))


@router.post("/validate", dependencies=[SAME_ORIGIN, CHECKING])
async def start(
    page: PageRequestDep, owner: JobOwner, seconds: JobSeconds, request: Request
) -> Response:
    """Start what the form asks for, or show it again with what is wrong."""
    form = MeasurementForm(key=secrets.token_hex(16))
    try:
        form = posted(await request.body())
        job = await _submit_once(page.service, form, owner, seconds)
    except (InputError, Unavailable) as error:
        return await _refused(page, owner, form, error)
    return Response(status_code=303, headers={"Location": page.link(f"/validate/{job.id}")})


async def _submit_once(
    service: Service, form: MeasurementForm, owner: str, seconds: int | None
) -> Job:
    """Submit a form; sent twice, the second one waits for what becomes of the first."""
    wanted = form.request()
    for _ in range(_TIMES):
        try:
            return await _submit(service, wanted, owner, form.key, seconds)
        except BeingAccepted:
            await asyncio.sleep(_AGAIN)
    return await _submit(service, wanted, owner, form.key, seconds)


@in_database_thread
def _submit(
    service: Service, wanted: Mapping[str, Any], owner: str, key: str, seconds: int | None
) -> Job:
    return service.jobs().submit(wanted, owner, key, seconds)


@in_database_thread
def _refused(page: PageRequest, owner: str, form: MeasurementForm, error: Exception) -> Response:
    told = problem_of(page.request, error)
    wrong = told.detail
    if isinstance(error, DifferentPayload):
        form = form._replace(key=secrets.token_hex(16))
        wrong = (
            "this form has started a measurement already, which is in the list; send it once more"
            " for another one"
        )
    if absent():
        return _not_installed(page)
    found = None if isinstance(error, Unavailable) else _job_list(page, owner, Filters())
    return _page(page, form, Filters(), found, wrong, told.status, told.headers)


def _job_list(page: PageRequest, owner: str, filters: Filters, token: str | None = None) -> JobList:
    """Return a page of the list; tokens are those of the API."""
    what = f"validations {owner}"
    place = None if token is None else decode_token(what, token)
    jobs, results = page.service.jobs(), page.request.app.state.results
    found = list_jobs(jobs, results, owner, (page.kb, page.words), filters, place)
    return found._replace(next=None if found.next is None else encode_token(what, found.next))


def _not_installed(page: PageRequest) -> Response:
    """Show the parts that this service lacks, and the same request as a command line."""
    form = prefilled(page)
    pair = form.defense, form.risk
    return page.render(
        "validate.html",
        view="validate",
        missing=absent(),
        wrong=None,
        command=(PairRequest(*pair) if all(pair) else GridRequest()).command_line(),
    )


def _page(
    page: PageRequest,
    form: MeasurementForm,
    filters: Filters,
    found: JobList | None,
    wrong: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] = {},
) -> Response:
    unfinished = found is not None and any(not row.job.over for row in found.rows)
    return page.render(
        "validate.html",
        status,
        headers,
        view="validate",
        missing=(),
        form=form,
        choices=_choices(page),
        own=f"crosscurrent validate {form.defense or 'DEFENSE'} {form.risk or 'RISK'}",
        fields=FIELDS,
        kinds=KINDS,
        usual={"dataset": DEFAULT_DATASET, "model": DEFAULT_MODEL},
        states=STATES,
        verdicts=VERDICTS,
        filters=filters,
        filtered=any(filters),
        found=found,
        more=page.link("/validate", {**filters._asdict(), "next": found and found.next}),
        unfinished=unfinished,
        wrong=wrong,
    )


def _filters(page: PageRequest) -> Filters:
    """Return what the query lets through; what names nothing is told as a notice."""
    page.expect(*Filters._fields, *PREFILLED, "next")
    kb, given = page.kb, {name: page.one(name) for name in Filters._fields}
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
            page.notices.append(
                f"There is no {name} “{legible(clip(value))}”; there are {', '.join(known[name])}"
            )
            given[name] = None
    return Filters(**given)


def _choices(page: PageRequest) -> Choices:
    kb, words, settings = page.kb, page.words, page.service.settings
    catalogue = page.service.jobs().catalogue()
    defenses = [each["id"] for each in catalogue["defenses"] if "problem" not in each]
    rank = {name: place for place, name in enumerate([*kb.defenses, PLACEBO])}
    defenses.sort(key=lambda name: (rank.get(bare(kb, name), len(rank)), name))
    risks = [each["id"] for each in catalogue["risks"] if "problem" not in each]
    of_plugins = [name for name in risks if name not in kb.risks]
    measurable = set(defenses)
    return Choices(
        [(name, _titled(page, name)) for name in defenses],
        [
            (name, _risk_titled(page, name))
            for name in (*(each for each in kb.risks if each in risks), *of_plugins)
        ],
        [(each["id"], _titled(page, each["id"]), each["about"]) for each in catalogue["factors"]],
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


def _risk_titled(page: PageRequest, name: str) -> str:
    """Return the plain name of a risk, as elsewhere, with the formal one and the code."""
    more = ", ".join(filter(None, (page.words.formal(name).lower(), page.words.code(name))))
    return f"{page.words.plain(name)}{f' ({more})' if more else ''}"


def _titled(page: PageRequest, name: str) -> str:
    code = page.words.code(name)
    return f"{page.words.called(name)}{f' ({code})' if code else ''}"


@router.get("/validate/{identity}")
@in_database_thread
def measurement(page: PageRequestDep, owner: JobOwner, identity: str) -> Response:
    """Show a job as it is now."""
    page.expect()
    jobs, state = page.service.jobs(), page.request.app.state
    job = jobs.get(identity, owner)
    events = state.event_cache.of(jobs, job)
    document = jobs.result(identity, owner) if job.state == "succeeded" else None
    what = kind(job.request)
    far = progress(events)
    found, smallest, seeds = _intervals(
        job, far, document if document and "effect" in document else None
    )
    needed = (document or {}).get("seeds_to_settle")
    each = "draws" if job.request.get("draws", DEFAULT_DRAWS) > 1 else "seeds"
    return page.render(
        "measurement.html",
        view="validate",
        job=job,
        sign=STATE_MARKS[job.state],
        kind=what,
        kind_name=KINDS[what],
        subject=subject(page.words, page.kb, job.request),
        circumstances=circumstances(job.request),
        command=(document or {}).get("command") or from_json(job.request).command_line(),
        far=far,
        intervals=found,
        drawings=[
            intervals(found, smallest, seeds, towards=_towards(what), of=each, narrow=narrow)
            for narrow in (False, True)
        ],
        again=again(job.request),
        more=again(job.request, {each: needed}) if needed and _alike(job.request, each) else None,
        unit=each,
        needed=needed,
        log=log_lines(page.words, events),
        document=document,
        out=_outcome(page, what, far, document),
    )


@router.post("/validate/{identity}/cancel", dependencies=[SAME_ORIGIN])
@in_database_thread
def cancel(page: PageRequestDep, owner: JobOwner, identity: str) -> Response:
    """Cancel a job unless it has ended, and go back to it."""
    job = page.service.jobs().cancel(identity, owner)
    return Response(status_code=303, headers={"Location": page.link(f"/validate/{job.id}")})


def _intervals(
    job: Job, far: Progress, document: dict[str, Any] | None
) -> tuple[list[Interval], float, list[float]]:
    """Return the effect as it was after each batch, the last as the result has it."""
    drawn = job.request.get("draws", DEFAULT_DRAWS)
    of, name = (drawn, "draws") if drawn > 1 else (job.request.get("seeds", DEFAULT_SEEDS), "seeds")
    found = [
        Interval(f"after {each[name]} of {of} {name}", *_numbers(each)) for each in far.intervals
    ]
    if document is None:
        smallest = far.intervals[-1].get("smallest_effect", 0.0) if found else 0.0
        return found, smallest, []
    effect = document["effect"]
    count = len(effect["differences"])
    before = [each for each, seen in zip(found, far.intervals, strict=True) if seen[name] < count]
    last = Interval(f"all {count} {name}", *_numbers(effect), document["outcome"])
    return [*before, last], effect["smallest_effect"], effect["differences"]


def _alike(request: Mapping[str, Any], each: str) -> bool:
    """Whether more draws are as large as those there were; of a table its size may say so."""
    sized = any(text.startswith("data.records=") for text in request.get("settings", ()))
    return each == "seeds" or sized or request.get("dataset", DEFAULT_DATASET) == DEFAULT_DATASET


def _towards(what: str) -> tuple[str, str]:
    if what == "collusion":
        return "weaker attack", "stronger attack"
    return "less susceptible", "more susceptible"


def _numbers(effect: Any) -> tuple[float, float, float]:
    return effect["estimate"], effect["low"], effect["high"]


def _outcome(
    page: PageRequest, what: str, far: Progress, document: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what came out, or of a grid what has come out so far."""
    if document is not None:
        return template_context(what, page.kb, page.words, document)
    return {"rows": cell_outcomes(page.kb, page.words, far.cells) if what == "grid" else []}


@router.get("/validate/{identity}/plot.{kind}", dependencies=[CHECKING])
@in_database_thread
def plot(
    service: ServiceDep, owner: JobOwner, identity: str, kind: Literal["svg", "png"]
) -> Response:
    """Return the picture."""
    media = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    content = service.jobs().picture(identity, owner, kind)
    return Response(content, headers=_HEADERS, media_type=media)


@router.get("/validate/{identity}/report", dependencies=[CHECKING])
@in_database_thread
def report(service: ServiceDep, owner: JobOwner, identity: str) -> Response:
    """Return the report as a page by itself."""
    content = service.jobs().page(identity, owner)
    policy = f"{_POLICY}; img-src data:"
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(content, headers=headers, media_type="text/html")


@router.get("/validate/{identity}/report.txt")
@in_database_thread
def report_text(service: ServiceDep, owner: JobOwner, identity: str) -> Response:
    """Return the report in words, as a command line prints it."""
    content = service.jobs().report(identity, owner)
    return Response(content, headers=_HEADERS, media_type="text/plain")


@router.get("/validate/{identity}/evidence", dependencies=[CHECKING])
@in_database_thread
def evidence(service: ServiceDep, owner: JobOwner, identity: str) -> Response:
    """Return knowledge files, as a request to put a knowledge set takes them."""
    found = service.jobs().evidence(identity, owner)
    return _saved({"files": {name: file.decode() for name, file in found.items()}}, identity)


@router.get("/validate/{identity}/result")
@in_database_thread
def result(service: ServiceDep, owner: JobOwner, identity: str) -> Response:
    """Return the document."""
    return _saved(service.jobs().result(identity, owner), identity, "result")


def _saved(document: Mapping[str, object], identity: str, what: str = "evidence") -> Response:
    content = json.dumps(document, indent=2, ensure_ascii=False)
    # it is the id of a job that was found, so it can stand in a header
    disposition = f'attachment; filename="{what}-{identity[:12]}.json"'
    headers = {**_HEADERS, "Content-Disposition": disposition}
    return Response(content, headers=headers, media_type="application/json")
