"""Validations as durable jobs: accepted once, run by any worker, ended exactly once."""

from __future__ import annotations

__all__: list[str] = []
