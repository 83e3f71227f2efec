"""Workflow of a job: steps, each of which keeps one message of the training process.

A step that is kept is never done again. Should the worker be lost, another one goes through the
kept steps, hands the results in them to a new process, and goes on from there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Set
from typing import Any, Never

from dbos import DBOS
from sqlalchemy.exc import SQLAlchemyError

from .blame import started_in_vain
from .database import WORKFLOW
from .settings import JobSettings
from .training_process import TrainingProcess

__all__ = ["MOST_DEATHS", "RefusedHere", "RequestAtFault", "TimeLimit", "TrainingEnded", "define"]

MOST_DEATHS = 5
"""As often as the process that trains may die, or memory may run out, before the job fails."""

_log = logging.getLogger("crosscurrent.worker")


class RefusedHere(Exception):
    """What passed the checks of the server is refused where it should run."""


class RequestAtFault(Exception):
    """Training raised an exception for which the request is to blame."""


class TrainingEnded(Exception):
    """The process that trains ended too often."""


class TimeLimit(Exception):
    """A job has taken all the time that one may take."""


def define(settings: JobSettings, device: str) -> Set[str]:
    """Make the workflow known to DBOS, before it is launched; return which jobs are running."""
    running: set[str] = set()

    @DBOS.workflow(name=WORKFLOW)
    async def validation(request: dict[str, Any], beforehand: dict[str, Any]) -> dict[str, Any]:
        identity, job = DBOS.workflow_id or "", {"request": request, "beforehand": beforehand}
        training = TrainingProcess(identity, job, settings, device)
        deaths = 0
        running.add(identity)
        try:
            while True:
                message = await DBOS.run_step_async(
                    {"name": "message", "preemptible": True}, training.next
                )
                training.remember(message)
                event = message["event"]
                if event == "verdict":
                    document: dict[str, Any] = message["document"]
                    return document
                if event in ("interrupted", "unfit"):
                    training.stop()
                    deaths += event == "interrupted" or bool(message.get("memory"))
                _require_hope(message, deaths)
                if training.unfit:
                    _leave(identity, training.unfit)
        except Exception as error:
            # a step that cannot be kept is no failure of the job: it goes on when it can be
            if isinstance(error, SQLAlchemyError) or started_in_vain(error):
                _leave(identity, f"cannot keep what was done: {error}")
            _log.error("job %s fails: %s", identity, error)
            raise
        finally:
            running.discard(identity)
            training.stop()

    return running


def _require_hope(message: dict[str, Any], deaths: int) -> None:
    """Raise what a job fails with, if a message says that nothing is to be hoped for."""
    event, said = message["event"], message.get("error", "")
    if deaths == MOST_DEATHS:
        raise TrainingEnded(f"{said} ({deaths} times)")
    if event == "refused":
        raise RefusedHere(said)
    if event == "raised":
        raise RequestAtFault(said)
    if event == "stopped":
        raise TimeLimit(
            f"its time is over: {said}; finished trials are kept on the machine that trained, so"
            " the same request, sent again (with another Idempotency-Key, if it had one), goes on"
            " from there"
        )


def _leave(identity: str, why: str) -> Never:
    """End this worker, whose job goes back into the queue."""
    _log.error("job %s goes back: %s", identity, why)
    os._exit(1)
