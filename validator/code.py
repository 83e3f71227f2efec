"""Which version of the measuring code a result comes from."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["code_version"]

_SHARED = (
    "batches",
    "ensembles",
    "groups",
    "metrics",
    "models",
    "per_example",
    "pgd",
    "programs",
    "randomness",
    "scenes",
    "training",
    "trials",
    "triggers",
    "attacks/_attack",
    "defenses/_defense",
)
"""Modules that every result depends on."""


def code_version(peers: Iterable[object]) -> str:
    """Return a digest of the code that these attacks and defenses are measured by.

    Adding another attack or defense leaves it as it was, so that earlier results stay valid.
    """
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in _SHARED]
    files += sorted({Path(sys.modules[type(each).__module__].__file__ or "") for each in peers})
    return hashlib.sha256("".join(map(_digest, files)).encode()).hexdigest()[:16]


@cache
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
