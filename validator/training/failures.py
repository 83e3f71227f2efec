"""Failures of a user's own code, and how they are told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from crosscurrent.knowledge.errors import InputError

__all__ = ["FAILURES", "failed", "quiet", "said"]

FAILURES = (Exception, SystemExit)
"""What a user's own code may raise."""


def failed(name: str, error: BaseException) -> InputError:
    """Return what to raise where the forward pass of a user's own model failed."""
    if isinstance(error, InputError):
        return error
    return InputError(f"model {name}: its forward pass failed: {said(error)}")


def said(error: BaseException) -> str:
    """Return the first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to oneself what torch logs of a failure that is told anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)
