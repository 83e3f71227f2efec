"""Conformance tests for authors of defenses and attacks; needs the extra ``validate``.

>>> from crosscurrent.testing import check_defense
>>> check_defense(MyDefense)  # doctest: +SKIP

Both are meant for a test of the author's own. They train a few small models, which takes seconds,
and say nothing about how good a defense or an attack is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .validator.extra import require

if TYPE_CHECKING:
    from .validator.attacks import Attack
    from .validator.defenses import Defense

__all__ = ["check_attack", "check_defense"]


def check_defense(
    kind: type[Defense],
    *,
    settings: Mapping[str, object] | None = None,
    dataset: str = "synthetic",
    model: str = "mlp-s",
) -> None:
    """Check that a defense can be measured, and that its results can be believed.

    The same seed gives the same result, alone as beside others; no global random numbers are
    drawn; models do not depend on test records; an answer depends neither on the other records nor
    on the other models that are asked; settings are declared, and unknown ones refused; results
    are finite, and can be written as a document.

    Parameters
    ----------
    kind : type of Defense
        The class.
    settings : mapping from str to object, optional
        Values of settings, such as ``{"defense.epsilon": 50, "data.records": 500}``, where the
        small set-up does not do.
    dataset, model : str
        As ``crosscurrent validate`` takes them.

    Raises
    ------
    AssertionError
        Something does not hold; the message lists all that does not.
    MissingExtra
        The extra ``validate`` is not installed.
    Exception
        Whatever the defense itself raises.
    """
    require()
    from .validator.conformance import defense_problems

    _assert(kind, defense_problems(kind, settings=_texts(settings), data=dataset, model=model))


def check_attack(
    kind: type[Attack],
    *,
    settings: Mapping[str, object] | None = None,
    dataset: str = "synthetic",
    model: str = "mlp-s",
) -> None:
    """Check that an attack can be measured, and that its results can be believed.

    The same seed gives the same result, alone as beside others; no global random numbers are
    drawn; nothing that models are trained on comes from test records; what is got from one target
    model does not depend on the others, and leaves it as it was; settings are declared, and unknown
    ones refused; results are arrays and finite, and can be written as a document.

    Parameters
    ----------
    kind : type of Attack
        The class.
    settings, dataset, model
        As `check_defense` takes them.

    Raises
    ------
    AssertionError
        Something does not hold; the message lists all that does not.
    MissingExtra
        The extra ``validate`` is not installed.
    Exception
        Whatever the attack itself raises.
    """
    require()
    from .validator.conformance import attack_problems

    _assert(kind, attack_problems(kind, settings=_texts(settings), data=dataset, model=model))


def _texts(settings: Mapping[str, object] | None) -> list[str]:
    """Write settings as ``group.name=value``."""
    given = (settings or {}).items()
    return [
        f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in given
    ]


def _assert(kind: type, problems: list[str]) -> None:
    if problems:
        raise AssertionError("\n- ".join([f"{kind.__name__} does not conform:", *problems]))
