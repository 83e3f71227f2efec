"""Choice of an executor by a text, such as ``processes:4``."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from ...machine.cores import cores

if TYPE_CHECKING:
    from .serial import Executor

__all__ = ["chosen"]

_NAMES = ("here", "processes", "ray")


def chosen(text: str) -> Executor:
    """Return the executor that a text names.

    Parameters
    ----------
    text : str
        ``here``; ``processes`` or ``processes:N``, by default one for each core; ``ray`` or
        ``ray:HOST:PORT``, by default the cluster at ``$RAY_ADDRESS`` or on this machine. Whether
        that cluster is there shows when it is needed.

    Raises
    ------
    InputError
        It names none, or one that cannot be used here.
    """
    name, colon, rest = text.partition(":")
    if name not in _NAMES:
        raise UnknownName("executor", name, _NAMES)
    if colon and (name == "here" or not rest):
        raise InputError(
            f"--executor {clip(text)}: should be here, processes, processes:N, ray or ray:HOST:PORT"
        )
    if name == "here":
        from .serial import SerialExecutor

        return SerialExecutor()
    if name == "processes":
        from .processes import Processes

        return Processes(_count(text, rest) if colon else cores())
    if find_spec("ray") is None:
        raise InputError(
            f"--executor {clip(text)}: Ray is not installed: pip install 'crosscurrent[ray]'"
        )
    address = rest or os.environ.get("RAY_ADDRESS") or "auto"
    if address != "auto" and not _is_address(address):
        where = f"--executor {clip(text)}" if colon else f"RAY_ADDRESS={clip(address)}"
        raise InputError(
            f"{where}: should be HOST:PORT, the address that ray start --head prints, as in"
            " --executor ray:192.0.2.7:6379"
        )
    from .ray_cluster import RayCluster

    return RayCluster(address)


def _count(text: str, number: str) -> int:
    most = cores()
    if not number.isdecimal() or not 1 <= int(number[:9]) <= most:
        raise InputError(
            f"--executor {clip(text)}: should be processes:N with N from 1 to {most}, the cores"
            " there are here"
        )
    return int(number)


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(colon and host and "/" not in host and port.isdecimal() and len(port) < 6)
