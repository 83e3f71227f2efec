"""The sign algebra that every question is answered with.

A sign says how one quantity moves when another rises: ``+`` with it, ``-`` against it, ``0`` not
at all, ``?`` unclear. Signs multiply along a path and combine across paths, as in qualitative
probabilistic networks (Wellman, 1990); the S&P 2024 guideline (section 4.4) is this algebra with a
rule for which paths count.

>>> multiply("-", "-"), add("+", "0"), add("+", "-")
('+', '+', '?')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["EFFECT", "SIGNS", "Effect", "Sign", "add", "multiply"]

Sign = Literal["+", "-", "0", "?"]
Effect = Literal["increase", "decrease", "none", "unclear"]

SIGNS: Final[tuple[Sign, ...]] = ("+", "-", "0", "?")

EFFECT: Final[Mapping[Sign, Effect]] = {
    "+": "increase",
    "-": "decrease",
    "0": "none",
    "?": "unclear",
}
"""What the sign of a path says of the risk, in words."""

_PRODUCT: Final[dict[Sign, dict[Sign, Sign]]] = {
    "+": {"+": "+", "-": "-", "0": "0", "?": "?"},
    "-": {"+": "-", "-": "+", "0": "0", "?": "?"},
    "0": {"+": "0", "-": "0", "0": "0", "?": "0"},
    "?": {"+": "?", "-": "?", "0": "0", "?": "?"},
}

_SUM: Final[dict[Sign, dict[Sign, Sign]]] = {
    "+": {"+": "+", "-": "?", "0": "+", "?": "?"},
    "-": {"+": "?", "-": "-", "0": "-", "?": "?"},
    "0": {"+": "+", "-": "-", "0": "0", "?": "?"},
    "?": {"+": "?", "-": "?", "0": "?", "?": "?"},
}


def multiply(first: Sign, second: Sign) -> Sign:
    """Return the sign of a path made of two steps."""
    return _PRODUCT[first][second]


def add(first: Sign, second: Sign) -> Sign:
    """Return the joint sign of two paths between the same ends; ``0`` is that of no path."""
    return _SUM[first][second]
