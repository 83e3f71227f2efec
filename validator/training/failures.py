"""Failures of a user's own code, and how they are told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from crosscurrent.knowledge.errors import InputError

from ..imports import said

__all__ = ["failed", "quiet"]


def failed(name: str, error: BaseException) -> InputError:
    """Return what to raise where the forward pass of a user's own model failed."""
    if isinstance(error, InputError):
        return error
    return InputError(f"model {name}: its forward pass failed: {said(error)}")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to oneself what torch logs of a failure that is told anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)
