"""Defenses, one module each; adding one is adding a file."""

from ._defense import Defense, Reading, defenses

__all__ = ["Defense", "Reading", "defenses"]
