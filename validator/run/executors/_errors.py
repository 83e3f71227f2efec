"""Errors of the machines that should run trials."""

from __future__ import annotations

from crosscurrent.knowledge.errors import InputError

__all__ = ["Unreachable"]


class Unreachable(InputError):
    """The machines that should run trials cannot be used; no trial is to blame for that."""
