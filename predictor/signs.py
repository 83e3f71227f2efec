"""The sign algebra that every question is answered with.

A sign says how one quantity moves when another rises: ``+`` with it, ``-`` against it, ``0`` not
at all, ``?`` unclear. Signs multiply along a path and combine across paths, as in qualitative
probabilistic networks (Wellman, 1990); the S&P 2024 guideline (section 4.4) is this algebra with a
rule for which paths count.

>>> multiply("-", "-"), combine(["+", "0"]), combine(["+", "-"])
('+', '+', '?')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

__all__ = ["NEGATED", "PRODUCT", "SIGNS", "SUM", "Sign", "add", "combine", "multiply", "negate"]

Sign = Literal["+", "-", "0", "?"]

SIGNS: Final[tuple[Sign, ...]] = ("+", "-", "0", "?")

NEGATED: Final[Mapping[Sign, Sign]] = {"+": "-", "-": "+", "0": "0", "?": "?"}

PRODUCT: Final[Mapping[Sign, Mapping[Sign, Sign]]] = {
    "+": {"+": "+", "-": "-", "0": "0", "?": "?"},
    "-": {"+": "-", "-": "+", "0": "0", "?": "?"},
    "0": {"+": "0", "-": "0", "0": "0", "?": "0"},
    "?": {"+": "?", "-": "?", "0": "0", "?": "?"},
}

SUM: Final[Mapping[Sign, Mapping[Sign, Sign]]] = {
    "+": {"+": "+", "-": "?", "0": "+", "?": "?"},
    "-": {"+": "?", "-": "-", "0": "-", "?": "?"},
    "0": {"+": "+", "-": "-", "0": "0", "?": "?"},
    "?": {"+": "?", "-": "?", "0": "?", "?": "?"},
}


def multiply(first: Sign, second: Sign) -> Sign:
    """Return the sign of a path made of two steps."""
    return PRODUCT[first][second]


def add(first: Sign, second: Sign) -> Sign:
    """Return the joint sign of two paths between the same ends."""
    return SUM[first][second]


def negate(sign: Sign) -> Sign:
    """Return the sign of the opposite move."""
    return NEGATED[sign]


def combine(signs: Iterable[Sign]) -> Sign:
    """Return the joint sign of any number of paths; ``0`` for none."""
    total: Sign = "0"
    for sign in signs:
        total = SUM[total][sign]
    return total
