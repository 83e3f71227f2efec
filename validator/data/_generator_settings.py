"""Settings of the generator of synthetic data, read from a user's settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from crosscurrent.knowledge.errors import InputError, clip, suggest

from ._dataset import MAX_BYTES
from ._synthetic import Knobs

__all__ = ["RANGES", "generator_settings", "value_of"]

RANGES: Final[Mapping[str, tuple[int | float, int | float]]] = {
    each.name: tuple(map(type(each.default), (each.metadata["least"], each.metadata["most"])))
    for each in fields(Knobs)
}
"""The least and the greatest value of each setting; whole numbers where these are."""


def generator_settings(settings: Mapping[str, str | int | float]) -> Knobs:
    """Read settings.

    Parameters
    ----------
    settings : mapping
        Numbers, or texts that hold one, by setting.

    Raises
    ------
    InputError
        If a setting is unknown, a value is no number or out of range, or settings do not fit
        together.
    """
    chosen = Knobs(**{name: _value(name, value) for name, value in settings.items()})
    named = chosen.stable_attributes + chosen.spurious_attributes
    if named > chosen.attributes:
        raise InputError(
            f"synthetic: stable_attributes and spurious_attributes are {named} together, more than "
            f"the {chosen.attributes} attributes: lower them or raise attributes"
        )
    if chosen.records * chosen.attributes * 4 > MAX_BYTES:
        raise InputError(
            f"synthetic: {chosen.records} records of {chosen.attributes} attributes take more than "
            f"{MAX_BYTES >> 30} GiB: lower records or attributes"
        )
    return chosen


def _value(name: str, given: str | int | float) -> Any:
    """Convert one setting."""
    if name not in RANGES:
        close = suggest(name, RANGES)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(RANGES)}"
        raise InputError(f"synthetic: unknown setting {clip(name)!r} ({hint})")
    return value_of("synthetic", name, given, *RANGES[name])


def value_of(
    source: str, name: str, given: str | int | float, low: int | float, high: int | float
) -> int | float:
    """Return a setting as a number.

    Parameters
    ----------
    source, name : str
        The data set and the setting, for messages.
    given : str, int or float
        A number, or a text that holds one.
    low, high : int or float
        The least and the greatest value; a whole number is wanted where `low` is one.

    Raises
    ------
    InputError
        If it is no number or out of range.
    """
    whole = isinstance(low, int)
    try:
        value = int(given) if whole else float(given)
        exact = isinstance(given, str) or value == given
    except (TypeError, ValueError, OverflowError):
        value, exact = math.nan, False
    if isinstance(given, bool) or not exact or not low <= value <= high:
        kind = "whole number" if whole else "number"
        raise InputError(
            f"{clip(source)}: {name} should be a {kind} from {low} to {high}, not"
            f" {clip(str(given))!r}"
        )
    return value
