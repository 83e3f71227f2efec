"""Discovery of peers: the modules of a folder, so that adding one touches no other file."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from .code_version import note

__all__ = ["peers"]

T = TypeVar("T")


def peers(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Return what the modules of a package define below a base class, by module name.

    Each module defines exactly one, and is named as that one's ``id``.
    """
    found: dict[str, type[T]] = {}
    for each in pkgutil.iter_modules(package.__path__):
        if each.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{each.name}")
        (kind,) = (
            thing
            for thing in vars(module).values()
            if isinstance(thing, type)
            and issubclass(thing, base)
            and thing.__module__ == module.__name__
        )
        note(str(module.__file__))
        found[each.name] = kind
    return found
