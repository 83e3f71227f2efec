"""What the owner of each model was given, where a defense trains the model on less."""

from __future__ import annotations

from torch import Tensor

from .scenes import Scene

__all__ = ["given_to", "keeping_given"]


def keeping_given(scene: Scene) -> Scene:
    """Return the scene with the records of each model noted, before a defense leaves some out."""
    return scene.keeping(**{_name(i): records for i, records in enumerate(scene.training)})


def given_to(scene: Scene, model: int) -> Tensor:
    """Return the indices of the records that a model's owner was given, if noted, or trains on."""
    return scene.kept.get(_name(model), scene.training[model])


def _name(model: int) -> str:
    return f"given_{model}"
