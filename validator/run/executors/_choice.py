"""Choice of an executor by a text, such as ``processes:4``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from ...peers import names, peer, peers
from ._executor import Executor, ExecutorOption

__all__ = ["chosen"]


def chosen(text: str) -> Executor:
    """Return the executor that a text names.

    Parameters
    ----------
    text : str
        The name of an executor, alone or with a colon and what it takes: ``here``; ``processes``
        or ``processes:N``, by default one for each core; ``ray`` or ``ray:HOST:PORT``, by default
        the cluster at ``$RAY_ADDRESS`` or on this machine.

    Raises
    ------
    InputError
        It names none, or one that cannot be used here.
    """
    package = sys.modules[__package__]
    name, colon, detail = text.partition(":")
    if name not in names(package):
        raise UnknownName("executor", name, names(package))
    kind = peer(package, ExecutorOption, name)  # type: ignore[type-abstract]
    if colon and (not detail or len(kind.forms) == 1):
        *forms, last = (form for each in _all(package) for form in each.forms)
        raise InputError(f"--executor {clip(text)}: should be {', '.join(forms)} or {last}")
    return kind.named(detail, f"--executor {clip(text)}")


def _all(package: ModuleType) -> Iterable[type[ExecutorOption]]:
    return peers(package, ExecutorOption).values()  # type: ignore[type-abstract]
