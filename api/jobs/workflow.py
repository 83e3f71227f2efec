"""Workflow of a job: steps, each of which keeps one message of the training process.

A step that is kept is never done again. Should the worker be lost, another one goes through the
kept steps, hands the results in them to a new process, and goes on from there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Set
from typing import Any

from dbos import DBOS
from sqlalchemy.exc import DBAPIError

from .database import WORKFLOW
from .settings import JobSettings
from .training_process import TrainingProcess

__all__ = ["MOST_DEATHS", "RefusedHere", "TrainingEnded", "define"]

MOST_DEATHS = 5
"""As often as the process that trains may die before the job fails."""

_log = logging.getLogger("crosscurrent.worker")


class RefusedHere(Exception):
    """What passed the checks of the server is refused where it should run."""


class TrainingEnded(Exception):
    """The process that trains ended too often."""


def define(settings: JobSettings, device: str) -> Set[str]:
    """Make the workflow known to DBOS, before it is launched; return which jobs are running."""
    running: set[str] = set()

    @DBOS.workflow(name=WORKFLOW)
    async def validation(request: dict[str, Any], beforehand: dict[str, Any]) -> dict[str, Any]:
        training = TrainingProcess({"request": request, "beforehand": beforehand}, settings, device)
        deaths = 0
        running.add(DBOS.workflow_id or "")
        try:
            while True:
                message = await DBOS.run_step_async(
                    {"name": "message", "preemptible": True}, training.next
                )
                training.remember(message.get("results", []))
                event = message["event"]
                if event == "verdict":
                    document: dict[str, Any] = message["document"]
                    return document
                if event == "refused":
                    raise RefusedHere(message["error"])
                if event == "interrupted":
                    training.stop()
                    deaths += 1
                    if deaths == MOST_DEATHS:
                        raise TrainingEnded(f"{message['error']} ({deaths} times)")
        except DBAPIError as error:
            # a step that cannot be kept is no failure of the job: it goes on when it can be
            _log.error("cannot keep what was done: %s", error.orig)
            os._exit(1)
        finally:
            running.discard(DBOS.workflow_id or "")
            training.stop()

    return running
