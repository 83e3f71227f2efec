"""Adversaries and conditions, written as ``KEY=VALUE``."""

from __future__ import annotations

from collections.abc import Iterable

from crosscurrent.knowledge.errors import InputError

__all__ = ["adversary_pairs"]


def adversary_pairs(
    texts: Iterable[str], option: str = "--adversary", example: str = "model_knowledge=whitebox"
) -> dict[str, str]:
    """Read what an option that may be repeated says of an adversary, each key once.

    Raises
    ------
    InputError
        If a text is not ``KEY=VALUE``, or a key has two values.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise InputError(f"{option} {text!r} should be KEY=VALUE, such as {example}")
        if pairs.setdefault(key, value) != value:
            raise InputError(f"{option} gives {key} twice: {pairs[key]} and {value}")
    return pairs
