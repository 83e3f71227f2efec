"""Guards: the attack by which a defense shows whether it is effective."""

from __future__ import annotations

from collections.abc import Mapping

from crosscurrent.knowledge.errors import InputError, clip

from ..attacks import Attack
from ..defenses import Defense
from ..settings import configured

__all__ = ["guard"]


def guard(
    defense: Defense, kind: type[Attack], given: Mapping[str, str], attack: str, owner: str
) -> Attack:
    """Set up the attack that a defense protects against, so that it tries what is defended.

    Parameters
    ----------
    defense : Defense
        One that protects against an attack.
    kind : type of Attack
        That attack.
    given : mapping of str to str
        Settings of that attack, by name.
    attack, owner : str
        What settings of the attack and of the defense begin with, as messages write them.

    Raises
    ------
    InputError
        A setting does not work, or is not what the defense needs it to be.
    """
    needed = defense.guard_settings()
    for name, value in needed.items():
        if given.get(name, value) != value:
            raise InputError(
                f"--set {attack}.{name}={clip(given[name])}: {defense.name()} is set to {value},"
                f" and would not be judged by its own effectiveness; set {owner}.{name} to the same"
            )
    return configured(kind, {**needed, **given}, attack)
