"""Checks of deployments: the assessment as a gate, and what changed since the accepted one."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError, clip, legible
from crosscurrent.predictor.deployments.assessment import assess_deployment
from crosscurrent.predictor.deployments.gate import Check, judge

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.knowledge.deployment_files import DeploymentFile
    from crosscurrent.predictor.deployments import check_document_types as shapes

__all__ = ["MAX_BYTES", "accepted_file", "check", "day", "earlier", "keep"]

MAX_BYTES = 16 * 1024 * 1024
"""As large as an earlier assessment may be."""

_MOST = 3


def check(kb: KnowledgeBase, file: DeploymentFile, today: str) -> Check:
    """Check a deployment file on a day; raises what `assess_deployment` does."""
    return judge(assess_deployment(kb, file), today)


def day(given: str | date | None = None) -> str:
    """Return a day as ``2027-06-30``: the given one, or today, in UTC.

    Raises
    ------
    InputError
        If it is no day of the calendar.
    """
    if isinstance(given, datetime):
        return given.date().isoformat()
    if isinstance(given, date):
        return given.isoformat()
    if given is None:
        return datetime.now(UTC).date().isoformat()
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise InputError(f"{clip(given)}: not a day; write it as 2027-06-30") from None


def accepted_file(deployment: str) -> str:
    """Return where the accepted assessment of a deployment file is kept: beside it."""
    return f"{os.path.splitext(deployment)[0]}.accepted.json"


def earlier(path: str) -> shapes.Earlier:
    """Read an earlier assessment or check, as ``--json`` printed it.

    Raises
    ------
    InputError
        If it cannot be read, or is neither.
    """
    name = legible(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{name}: can't be read ({reason}); crosscurrent check DEPLOYMENT --accept writes one"
        ) from error
    if len(content) > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES // 1024**2} MiB, so no assessment")
    from pydantic import TypeAdapter, ValidationError  # which takes a while to import

    from crosscurrent.predictor.deployments.check_document_types import Earlier

    try:
        found = TypeAdapter(Earlier).validate_json(content)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, each['loc'])) or 'content'}: {clip(each['msg'], 200)}"
            for each in error.errors(include_url=False, include_input=False)[:_MOST]
        ]
        raise InputError(
            f"{name}: not what crosscurrent assess or check printed with --json"
            f" ({'; '.join(wrong)}); name another file, or remove it and write it anew with"
            " crosscurrent check DEPLOYMENT --accept"
        ) from error
    told: shapes.Earlier = _legible(found)
    return told


def _legible(value: Any) -> Any:
    """Blank out what a terminal might obey in every text, as no deployment file holds any."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, dict):
        return {_legible(key): _legible(each) for key, each in value.items()}
    return [_legible(each) for each in value] if isinstance(value, list) else value


def keep(document: shapes.DeploymentCheck, path: str) -> None:
    """Keep a check as the accepted one, without what had changed; in full or not at all.

    Raises
    ------
    InputError
        The folder is not there.
    OSError
        It cannot be written.
    """
    from crosscurrent.validator.results.files import write_whole

    kept: shapes.DeploymentCheck = {**document, "changes": None}
    write_whole(path, (json.dumps(kept, indent=2, ensure_ascii=False) + "\n").encode())
