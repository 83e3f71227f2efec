"""Checks of a plug-in's class before anything is measured with it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any, Final

from crosscurrent.knowledge.errors import InputError, clip

from ..arms.metrics import Metric
from ..attacks import Attack, attacks
from ..defenses import STAGES, defenses
from ..imports import FAILURES, said
from ..package_code import package_root
from ._base import Defense

__all__ = ["check_attack_class", "check_defense_class"]

_ID: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST: Final = 60
_HERE: Final = "crosscurrent.validator.plugins"


def check_defense_class(found: Any, about: str) -> type[Defense]:
    """Return a defense's class, or raise `InputError` that says what is wrong with it.

    Parameters
    ----------
    found : object
        What an entry point or an import path led to.
    about : str
        What messages call it.
    """
    if not (isinstance(found, type) and issubclass(found, Defense)):
        raise _not_below("Defense", found, about)
    _check_id(found, "id", {kind.id for kind in defenses().values()}, about)
    stage = getattr(found, "stage", None)
    if stage not in STAGES:
        raise InputError(
            f"{about}: stage should be one of {', '.join(STAGES)}, and is {clip(repr(stage))}"
        )
    _check_settings(found, about)
    return found


def check_attack_class(found: Any, about: str) -> type[Attack]:
    """Return an attack's class, or raise `InputError` that says what is wrong with it.

    Parameters
    ----------
    found : object
        What an entry point or an import path led to.
    about : str
        What messages call it.
    """
    if not (isinstance(found, type) and issubclass(found, Attack)):
        raise _not_below("Attack", found, about)
    if inspect.isabstract(found):
        raise InputError(f"{about}: should define {', '.join(sorted(found.__abstractmethods__))}")
    _check_id(found, "risk", {*attacks()}, about)
    metrics = getattr(found, "metrics", ())
    sound = isinstance(metrics, tuple) and all(isinstance(each, Metric) for each in metrics)
    if not (metrics and sound):
        raise InputError(f"{about}: metrics should be a tuple of Metric, with at least one")
    if len({each.id for each in metrics}) < len(metrics):
        raise InputError(f"{about}: metrics should have an id of their own each")
    _check_settings(found, about)
    return found


def _not_below(base: str, found: Any, about: str) -> InputError:
    named = f"the class {found.__name__}" if isinstance(found, type) else None
    what = named or f"of the type {type(found).__name__}"
    return InputError(f"{about}: should be a class below {_HERE}.{base}, and is {clip(what)}")


def _check_id(kind: type[Any], attribute: str, built_in: set[str], about: str) -> None:
    own = getattr(kind, attribute, None)
    if not isinstance(own, str) or not _ID.fullmatch(own) or len(own) > _LONGEST:
        raise InputError(
            f"{about}: {attribute} should be a name of small letters, digits and underscores, such"
            f" as label_smoothing, and is {clip(repr(own))}"
        )
    if own in built_in:
        raise InputError(f"{about}: {own} is built in; give it another {attribute}")


def _check_settings(kind: type[Any], about: str) -> None:
    """Refuse fields that no recipe would name, and classes of which no instance can be made."""
    if package_root(kind.__module__) is None:
        raise InputError(
            f"{about}: is in no file, so that a change of it could not be noticed; write it into a"
            " module"
        )
    declared = {each.name: each for each in dataclasses.fields(kind)}
    lost = [
        name
        for part in kind.__mro__
        for name, value in vars(part).items()
        if isinstance(value, dataclasses.Field)
    ]
    if lost:
        raise InputError(
            f"{about}: {lost[0]} is no field yet: write @dataclass(frozen=True) above the class"
        )
    for name, each in declared.items():
        if "meaning" not in each.metadata or type(each.default) not in (bool, int, float, str):
            raise InputError(
                f"{about}: field {name} should be declared as {name}: float = setting(1.0, 'what it"
                " is'), with a default that is a bool, int, float or str"
            )
    try:
        hash(kind())
    except FAILURES as error:
        raise InputError(f"{about}: cannot be made with its defaults: {said(error)}") from error
