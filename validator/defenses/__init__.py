"""Defenses, one module each; adding one is adding a file."""

from ._defense import STAGES, Defense, EffectivenessMetric, Stage, defenses

__all__ = ["STAGES", "Defense", "EffectivenessMetric", "Stage", "defenses"]
