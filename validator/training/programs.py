"""Batched programs, traced once and replayed.

What `torch.func` does to a function it does again at every call, and for small models that takes
longer than the arithmetic. The traced program is the list of tensor operations that came out of it,
without those that change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

__all__ = ["Program", "staged", "traced"]

Program = Callable[..., Sequence[Tensor]]
"""From tensors to tensors."""

_aten = torch.ops.aten
_RESHAPES = frozenset({_aten.expand.default, _aten.view.default, _aten._unsafe_view.default})
"""Operations that return their argument if it has the wanted shape already."""


_Traced = tuple[GraphModule, GraphModule]
_SHARED: dict[Hashable, dict[tuple[object, ...], _Traced]] = {}
"""Programs of functions that were given a key, the oldest first."""
_MOST = 200
"""As many keys as are kept."""


def traced(function: Program, key: Hashable | None = None) -> Program:
    """Return a function that replays the operations of this one.

    Parameters
    ----------
    function : callable
        From tensors to a sequence of tensors. Which operations it does depends on nothing but the
        shapes and types of its arguments; it is traced again for others.
    key : hashable, optional
        Functions with the same key do the same operations: one of them is traced for all.

    Returns
    -------
    callable
        Gives the same results, bit for bit, without gradients.
    """
    return staged(function, 0, key)()


def staged(function: Program, fixed: int, key: Hashable | None = None) -> Callable[..., Program]:
    """Return a function in two stages: what its first arguments decide is done only once.

    Parameters
    ----------
    function : callable
        As for `traced`.
    fixed : int
        How many of its arguments are given first.
    key : hashable, optional
        As for `traced`.

    Returns
    -------
    callable
        From the first arguments to a function of the others, which gives the same results as
        `function`, bit for bit, while the first arguments keep their values.
    """
    programs = {} if key is None else _shared((key, fixed))

    def prepare(*first: Tensor) -> Program:
        known = _kinds(first)
        ready: dict[tuple[object, ...], tuple[GraphModule, Sequence[Tensor]]] = {}

        @torch.no_grad()
        def run(*others: Tensor) -> Sequence[Tensor]:
            kinds = _kinds(others)
            if kinds not in ready:
                asked = (*known, *kinds)
                if asked not in programs:
                    programs[asked] = _split(_trace(function, (*first, *others)), fixed)
                before, after = programs[asked]
                ready[kinds] = after, before(*first)
            program, decided = ready[kinds]
            return cast("Sequence[Tensor]", program(*decided, *others))

        return run

    return prepare


def _shared(key: Hashable) -> dict[tuple[object, ...], _Traced]:
    """Return the programs of a key; those of the oldest are forgotten where there are many."""
    if key not in _SHARED and len(_SHARED) >= _MOST:
        del _SHARED[next(iter(_SHARED))]
    return _SHARED.setdefault(key, {})


def _kinds(tensors: Sequence[Tensor]) -> tuple[object, ...]:
    """Return what a program is traced for."""
    return tuple((each.shape, each.dtype, each.device) for each in tensors)


def _trace(function: Program, arguments: Sequence[Tensor]) -> GraphModule:
    """Return the operations of a function, without those that change nothing."""
    # without data it takes half the time; a model's own constants are data all the same
    tracing = make_fx(function, tracing_mode="fake", _allow_non_fake_inputs=True)
    module: GraphModule = tracing(*arguments)
    graph = module.graph
    pure = _pure(graph)
    for node in list(graph.nodes):
        if node.op == "call_function" and (same := _unchanged(node, pure=pure)) is not None:
            node.replace_all_uses_with(same)
    graph.eliminate_dead_code()
    return module


def _unchanged(node: Node, *, pure: bool) -> Node | None:
    """Return what this operation returns as it is, if it does; a product with 1, say."""
    source = node.args[0] if node.args else None
    if not isinstance(source, Node):
        return None
    if node.target in _RESHAPES:
        return source if source.meta["val"].shape == node.meta["val"].shape else None
    if pure and node.target is _aten.mul.Scalar:
        return source if node.args[1] == 1 else None
    if node.target is _aten.transpose.int and source.target is node.target:
        there, back = (set(cast("tuple[int, int]", each.args[1:])) for each in (source, node))
        return cast("Node", source.args[0]) if there == back else None
    return None


def _pure(graph: Graph) -> bool:
    """Whether no operation writes into its argument, which would tell a copy from the original."""
    schemas = (getattr(node.target, "_schema", None) for node in graph.nodes)
    return not any(schema is not None and schema.is_mutable for schema in schemas)


def _split(module: GraphModule, fixed: int) -> tuple[GraphModule, GraphModule]:
    """Cut a program into what its first arguments decide, and what takes the others too."""
    graph = module.graph
    constants = {
        str(node.target): getattr(module, str(node.target))
        for node in graph.nodes
        if node.op == "get_attr"
    }
    early: dict[Node, Node] = {}
    before, after = Graph(), Graph()
    arguments = [node for node in graph.nodes if node.op == "placeholder"]
    pure = _pure(graph)
    for node in graph.nodes:
        decided = (
            node in arguments[:fixed] if node.op == "placeholder" else pure and node.op != "output"
        )
        if decided and all(each in early for each in node.all_input_nodes):
            early[node] = before.node_copy(node, early.__getitem__)
    handed = [node for node in early if any(user not in early for user in node.users)]
    before.output(tuple(early[node] for node in handed))
    late = {node: after.placeholder(f"given_{i}") for i, node in enumerate(handed)}
    for node in graph.nodes:
        if node not in early:
            late[node] = after.node_copy(node, late.__getitem__)
    return GraphModule(constants, before), GraphModule(constants, after)
