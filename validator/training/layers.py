"""The layers of a model that have weights, by name."""

from __future__ import annotations

from torch import nn

from crosscurrent.knowledge.errors import InputError

from .architectures import Architecture

__all__ = ["weighted_layers"]

_KINDS = (nn.Linear, nn.Conv1d, nn.Conv2d)


def weighted_layers(architecture: Architecture, asker: str) -> tuple[str, ...]:
    """Return the names of linear and convolutional layers, in the order that they are defined in.

    Parameters
    ----------
    architecture : Architecture
        One of ours, or a user's own.
    asker : str
        Which defense needs them, for the message.

    Returns
    -------
    tuple of str
        The last one gives the logits, the others feed hidden units.

    Raises
    ------
    InputError
        The last layer with parameters does not give a number for each class, or none is hidden.
    """
    parts = [
        (name, part)
        for name, part in architecture.build(0).named_modules()
        if any(True for _ in part.parameters(recurse=False))
    ]
    last = parts[-1][1]
    gives = isinstance(last, nn.Linear) and last.out_features == architecture.classes
    found = tuple(name for name, part in parts if isinstance(part, _KINDS))
    if not gives or len(found) < 2:
        raise InputError(
            f"{asker} needs hidden layers and a last linear layer with an output for each of the"
            f" {architecture.classes} classes, and model {architecture.name} is not built so: use"
            " mlp-m or cnn-m, or define that layer last"
        )
    return found
