"""Budgets: how much one question may compute before it is given up.

Some questions are exponential in what they are about: orders of defenses that spoil each other,
sets of defenses that cover risks, chains of attacks. Whoever answers strangers bounds them::

    with Budget(steps=100_000):
        combine(kb, names)

A budget holds for all that is computed within its block by the same thread or task; without one
there is no bound. What is computed is the same with a budget as without.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Self

from crosscurrent.knowledge.errors import InputError

__all__ = ["Budget", "TooCostly", "spend"]


class TooCostly(InputError):
    """A question that takes more than its budget; what was found until then is lost."""


class Budget:
    """How much one question may compute; a context manager.

    Parameters
    ----------
    steps : int, optional
        As many steps as may be taken: predictions made, orders, sets and chains looked at. Without
        it any number.
    expired : callable, optional
        Says whether to give up, such as after some seconds; asked at every step.

    Raises
    ------
    TooCostly
        By what is computed within the block, as soon as the budget is used up.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> from crosscurrent.predictor.interactions import matrix
    >>> with Budget(steps=100):
    ...     matrix(load())
    Traceback (most recent call last):
    crosscurrent.predictor.budget.TooCostly: the question takes more than its budget: ask for less
    """

    def __init__(self, steps: int | None = None, expired: Callable[[], bool] | None = None) -> None:
        self._left, self._expired = steps, expired
        self._token: Token[Budget | None] | None = None

    def spend(self, steps: int = 1) -> None:
        """Take note of steps that are about to be taken; raise `TooCostly` if that is too much."""
        if self._left is not None:
            self._left -= steps
            if self._left < 0:
                raise TooCostly(_USED_UP)
        if self._expired is not None and self._expired():
            raise TooCostly(_USED_UP)

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
            self._token = None


_USED_UP = "the question takes more than its budget: ask for less"
_CURRENT: ContextVar[Budget | None] = ContextVar("budget", default=None)


def spend(steps: int = 1) -> None:
    """Take note of steps of the question that is being answered, if there is a budget for it."""
    budget = _CURRENT.get()
    if budget is not None:
        budget.spend(steps)
