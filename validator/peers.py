"""Discovery of peers: the modules of a folder, so that adding one touches no other file."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from .code_version import note

__all__ = ["names", "peer", "peers"]

T = TypeVar("T")


def names(package: ModuleType) -> list[str]:
    """Return the names of a package's peers, without importing them."""
    modules = (each.name for each in pkgutil.iter_modules(package.__path__))
    return [name for name in modules if not name.startswith("_")]


def peer(package: ModuleType, base: type[T], name: str) -> type[T]:
    """Import one peer: the only class below a base class that its module defines."""
    module = importlib.import_module(f"{package.__name__}.{name}")
    (kind,) = (
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and thing.__module__ == module.__name__
    )
    note(str(module.__file__))
    return kind


def peers(package: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Import all peers; return their classes by module name, which is the ``id`` of each."""
    return {name: peer(package, base, name) for name in names(package)}
