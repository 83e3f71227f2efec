"""Defenses, one module each; adding one is adding a file."""

from ._defense import STAGES, Defense, Reading, Stage, defenses

__all__ = ["STAGES", "Defense", "Reading", "Stage", "defenses"]
