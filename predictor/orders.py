r"""In which order defenses of one stage can be applied, if some must not follow others.

`spoils[i]` is the set, as a bit mask, of the defenses that must not come after ``i``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from .budget import spend

__all__ = ["acyclic", "orders", "unspoiled"]


def orders(spoils: Sequence[int], limit: int) -> tuple[list[tuple[int, ...]], bool]:
    r"""Return orders in which no defense is spoiled by one after it, best ones first.

    Where no order is free of that altogether, orders in which no *neighbour* spoils the one
    before it will do: the rule of Def\Con (TMLR 2025, steps M2.1 and M2.2) looks at consecutive
    pairs only.

    Parameters
    ----------
    spoils : sequence of int
        For each defense, the mask of those that spoil it when they come later.
    limit : int
        How many orders to return at most.

    Returns
    -------
    tuple
        The orders, as positions in `spoils`, in lexical order; and whether no pair at all is
        spoiled in them. No orders if there is none of either kind.
    """
    free = list(islice(_strict(spoils), limit))
    if free:
        return free, True
    return list(islice(_neighbours(spoils), limit)), False


def unspoiled(spoils: Sequence[int]) -> tuple[int, ...] | None:
    """Return the first order in which no defense is spoiled by any later one; None if none is."""
    return next(_strict(spoils), None)


def _strict(spoils: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the topological orders: whoever spoils another goes first."""
    order: list[int] = []

    def place(left: int) -> Iterator[tuple[int, ...]]:
        spend()
        if not left:
            yield tuple(order)
            return
        for each in range(len(spoils)):
            bit = 1 << each
            if left & bit and not spoils[each] & (left ^ bit):
                order.append(each)
                yield from place(left ^ bit)
                order.pop()

    # a cycle leaves no defense that may go first in some rest, whatever went before it
    return place((1 << len(spoils)) - 1) if acyclic(spoils) else iter(())


def acyclic(spoils: Sequence[int]) -> bool:
    """Say whether some order spoils no defense at all."""
    left = (1 << len(spoils)) - 1
    while left:
        ready = sum(
            1 << each
            for each in range(len(spoils))
            if left >> each & 1 and not spoils[each] & left & ~(1 << each)
        )
        if not ready:
            return False
        left &= ~ready
    return True


def _neighbours(spoils: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the orders without a spoiled neighbour, never entering a dead end twice."""
    order: list[int] = []
    dead: set[int] = set()

    def place(left: int, last: int) -> Iterator[tuple[int, ...]]:
        spend()
        if not left:
            yield tuple(order)
            return
        state = left * (len(spoils) + 1) + last + 1
        if state in dead:
            return
        fruitful = False
        for each in range(len(spoils)):
            bit = 1 << each
            if left & bit and not (order and spoils[last] & bit):
                order.append(each)
                for found in place(left ^ bit, each):
                    fruitful = True
                    yield found
                order.pop()
        if not fruitful:
            dead.add(state)

    return place((1 << len(spoils)) - 1, -1)
