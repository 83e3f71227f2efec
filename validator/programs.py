"""Batched programs, traced once and replayed.

What `torch.func` does to a function it does again at every call, and for small models that takes
longer than the arithmetic. The traced program is the list of tensor operations that came out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

__all__ = ["Program", "traced"]

Program = Callable[..., Sequence[Tensor]]
"""From tensors to tensors."""


def traced(function: Program) -> Program:
    """Return a function that replays the operations of this one.

    Parameters
    ----------
    function : callable
        From tensors to a sequence of tensors. Which operations it does depends on nothing but the
        shapes and types of its arguments; it is traced again for others.

    Returns
    -------
    callable
        Gives the same results, bit for bit, without gradients.
    """
    programs: dict[tuple[object, ...], GraphModule] = {}

    def run(*arguments: Tensor) -> Sequence[Tensor]:
        key = tuple((each.shape, each.dtype) for each in arguments)
        with torch.no_grad():
            program = programs.get(key)
            if program is None:
                program = make_fx(function)(*arguments)
                program.graph.eliminate_dead_code()
                program.recompile()
                programs[key] = program
            found: Sequence[Tensor] = program(*arguments)
            return found

    return run
