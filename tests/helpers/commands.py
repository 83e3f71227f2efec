"""The command run in this process: what it printed and how it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["COMMAND", "OVERLAY", "PAPERS", "Answer", "Ask", "process"]

PAPERS = ("--knowledge", "papers")
"""Asks the three papers alone, which the literature cannot change."""

COMMAND = Path(sys.executable).with_name("crosscurrent")


OVERLAY = """\
references:
  - {id: me2026, status: confirmed, title: Our audit, year: 2026}
correlations:
  - {subject: FD1, factor: D2, sign: '+', sources: [me2026]}
"""


class Answer(NamedTuple):
    """What one command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Ask = Callable[..., Answer]


def process(*words: str, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **kwargs.pop("env", {})}
    return subprocess.run(
        [str(COMMAND), *words], env=environment, timeout=60, check=False, **kwargs
    )
