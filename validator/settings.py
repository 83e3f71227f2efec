"""Settings of defenses, attacks and training: typed, bounded, set as ``group.name=value``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, field, fields
from typing import Any, TypeVar

from crosscurrent.knowledge.errors import InputError, clip, suggest

__all__ = ["configured", "described", "setting", "settings_of"]

T = TypeVar("T")


def setting(
    default: Any,
    meaning: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field that users may set.

    Parameters
    ----------
    default : bool, int, float or str
        Its type is the type that a user's value is read as.
    meaning : str
        In a few words, with the unit.
    least, most : float
        Smallest and largest value that is accepted.
    choices : tuple of str
        The texts that are accepted; empty: any.
    """
    return field(
        default=default,
        metadata={"meaning": meaning, "least": least, "most": most, "choices": choices},
    )


def configured(kind: type[T], values: Mapping[str, str], group: str) -> T:
    """Make an instance with some of its settings set.

    Parameters
    ----------
    kind : type
        A dataclass with settings.
    values : mapping of str to str
        What the user gave, by name.
    group : str
        What messages call it, such as ``defense``.

    Raises
    ------
    InputError
        Unknown name, wrong type, or out of range.
    """
    known = _settings(kind)
    chosen = {}
    for name, text in values.items():
        if name not in known:
            close = suggest(name, known)
            hint = f"did you mean {' or '.join(f'{group}.{each}' for each in close)}?"
            have = ", ".join(known) or "none"
            raise InputError(
                f"--set {group}.{clip(name)}: there is no such setting"
                f" ({hint if close else f'there are: {have}'})"
            )
        chosen[name] = _read(known[name], text, f"{group}.{name}")
    return kind(**chosen)


def settings_of(thing: object) -> dict[str, Any]:
    """Return the values of all settings, ready for JSON."""
    return {name: getattr(thing, name) for name in _settings(type(thing))}


def described(kind: type[Any]) -> list[tuple[str, Any, str]]:
    """Return name, default and meaning of each setting."""
    return [(n, each.default, each.metadata["meaning"]) for n, each in _settings(kind).items()]


def _settings(kind: type[Any]) -> dict[str, Field[Any]]:
    return {each.name: each for each in fields(kind) if "meaning" in each.metadata}


def _read(about: Field[Any], text: str, name: str) -> Any:
    kind: type[Any] = type(about.default)
    if kind is str:
        choices = about.metadata["choices"]
        if choices and text not in choices:
            raise InputError(f"--set {name}={clip(text)}: should be one of {', '.join(choices)}")
        return text
    if kind is bool:
        if text not in ("true", "false"):
            raise InputError(f"--set {name}={clip(text)}: should be true or false")
        return text == "true"
    least, most = about.metadata["least"], about.metadata["most"]
    whole = kind is int
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        what = "a whole number" if whole else "a number"
        bounds = [f"at least {least:g}"] * (least > -math.inf) + [f"at most {most:g}"] * (
            most < math.inf
        )
        raise InputError(f"--set {name}={clip(text)}: should be {', '.join([what, *bounds])}")
    return value
