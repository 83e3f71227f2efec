"""Look-up of defenses and attacks: built in, of installed plug-ins, or by import path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from crosscurrent.knowledge.entry_points import EntryPoint, entry_points
from crosscurrent.knowledge.errors import InputError, clip

from .. import defenses as built_in_defenses
from ..attacks import Attack, attacks
from ..imports import by_path, offered
from ..package_code import package_code
from ._checks import check_attack_class, check_defense_class

__all__ = [
    "Installed",
    "Origin",
    "attack_ids",
    "attack_kind",
    "called",
    "defense_ids",
    "defense_kind",
    "defense_kinds",
    "installed_attacks",
    "installed_defenses",
    "loaded",
    "origin",
]

_AnyDefense = built_in_defenses.Defense
Kind = TypeVar("Kind", bound=type)

DEFENSES: Final = "crosscurrent.defenses"
ATTACKS: Final = "crosscurrent.attacks"


class Origin(NamedTuple):
    """Where a plug-in's class comes from.

    Attributes
    ----------
    path : str
        ``package.module:Class``.
    distribution, version : str or None
        What was installed; None if it was named by its import path.
    """

    path: str
    distribution: str | None
    version: str | None


class Installed(NamedTuple):
    """What installed distributions offer under one name.

    Attributes
    ----------
    kind : type or None
        The class, if it can be used.
    problem : str
        Why it cannot be; else empty.
    """

    kind: type[Any] | None
    problem: str


_origins: dict[type, Origin] = {}
_called: dict[type, str] = {}


def origin(kind: type) -> Origin | None:
    """Return where a class comes from; None if it is built in."""
    return _origins.get(kind)


def loaded() -> list[type]:
    """Return the classes of plug-ins that were looked up in this process."""
    return list(_origins)


def called(kind: type) -> str:
    """Return what messages call a class: its entry point, or its path."""
    return _called.get(kind, f"plug-in {kind.__module__}:{kind.__qualname__}")


def defense_ids() -> list[str]:
    """Return the ids of all defenses, those of plug-ins last; nothing of these is imported."""
    ours = _built_in()
    return [*ours, *(name for name in entry_points(DEFENSES) if name not in ours)]


def attack_ids() -> list[str]:
    """Return the risks of all attacks, those of plug-ins last; nothing of these is imported."""
    return [*attacks(), *(name for name in entry_points(ATTACKS) if name not in attacks())]


def defense_kinds(identity: str) -> list[type[_AnyDefense]]:
    """Return the classes of a defense of `defense_ids`, one for each of its stages.

    Raises
    ------
    InputError
        A plug-in cannot be used; the message names the distribution and the entry point.
    """
    ours = [each for each in built_in_defenses.defenses().values() if each.id == identity]
    return list(ours) or [defense_kind(identity)]


def defense_kind(name: str) -> type[_AnyDefense]:
    """Return the class of a defense.

    Parameters
    ----------
    name : str
        As results call it: an id, or of a built-in one an id and a stage; or an import path,
        ``package.module:Class``.

    Raises
    ------
    InputError
        There is none, or it cannot be used; the message says why.
    """
    ours = built_in_defenses.defenses()
    return ours[name] if name in ours else _found(name, "defense", DEFENSES, check_defense_class)


def attack_kind(risk: str) -> type[Attack]:
    """Return the class of the attack behind a risk, or of an import path.

    Raises
    ------
    InputError
        There is none, or it cannot be used; the message says why.
    """
    ours = attacks()
    return ours[risk] if risk in ours else _found(risk, "attack", ATTACKS, check_attack_class)


def installed_defenses() -> dict[str, Installed]:
    """Return what installed plug-ins offer as defenses, by name: classes, or what is wrong."""
    return _installed(DEFENSES, _built_in(), defense_kind)


def installed_attacks() -> dict[str, Installed]:
    """Return what installed plug-ins offer as attacks, by risk: classes, or what is wrong."""
    return _installed(ATTACKS, list(attacks()), attack_kind)


def _built_in() -> list[str]:
    """Return the ids of the built-in defenses."""
    return list(dict.fromkeys(each.id for each in built_in_defenses.defenses().values()))


def _installed(
    group: str, taken: Sequence[str], look_up: Callable[[str], type[Any]]
) -> dict[str, Installed]:
    found = {}
    for name, offers in entry_points(group).items():
        if name in taken:
            said = " and ".join(map(str, offers))
            found[name] = Installed(None, f"{said}: {clip(name)} is built in, and is used")
            continue
        try:
            found[name] = Installed(look_up(name), "")
        except InputError as error:
            found[name] = Installed(None, str(error))
    return found


def _found(name: str, what: str, group: str, check: Callable[[Any, str], Kind]) -> Kind:
    if ":" in name:
        return _at(name, f"{what} {clip(name)}", check)
    entry = offered(group, name)
    if entry is None:
        raise InputError(f"{clip(name)}: no such {what} is built in or installed")
    return _loaded(entry, check)


def _at(path: str, about: str, check: Callable[[Any, str], Kind]) -> Kind:
    kind = check(by_path(path, about, here=True), about)
    _keep(kind, None)
    return kind


def _loaded(entry: EntryPoint, check: Callable[[Any, str], Kind]) -> Kind:
    kind = check(by_path(entry.value, str(entry)), str(entry))
    own = _identity(kind)
    if own != entry.name:
        raise InputError(f"{entry}: is called {own}; give the entry point that name")
    _keep(kind, entry)
    return kind


def _identity(kind: type[Any]) -> str:
    identity: str = kind.risk if issubclass(kind, Attack) else kind.id
    return identity


def _keep(kind: type, entry: EntryPoint | None) -> None:
    """Note where a class comes from, and its code as it is now."""
    package_code(kind.__module__)
    place = f"{kind.__module__}:{kind.__qualname__}"
    if entry is not None:
        _origins[kind] = Origin(place, entry.distribution, entry.version)
        _called[kind] = str(entry)
    else:
        _origins.setdefault(kind, Origin(place, None, None))
