"""The process that trains for a job, asked as a worker asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["told_by_training"]


def told_by_training(
    request: Mapping[str, Any], settings: Any, device: str = "cpu", **beforehand: Any
) -> list[Any]:
    """Return all messages of a process that is to measure a placebo against evasion.

    Parameters
    ----------
    request : mapping
        What is asked for, as a job keeps it.
    settings : JobSettings
        Of the service.
    device : str
        Where it is to train.
    **beforehand
        More of what was found out when the job was accepted.
    """
    known = {"conjecture": "no_change", "published": []}
    asked = {
        "request": request,
        "settings": settings.document(),
        "device": device,
        "results": [],
        "beforehand": {"defense": "placebo", "risk": "evasion", "known": known, **beforehand},
    }
    with subprocess.Popen(
        [sys.executable, "-m", "crosscurrent.api.jobs.training_main"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asked) + "\n")
        child.stdin.flush()  # closed, it would say that the worker has ended
        return [json.loads(line) for line in child.stdout]
