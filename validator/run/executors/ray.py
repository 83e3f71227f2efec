"""Ray executor: the machines of a Ray cluster that is there already."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import ClassVar

from crosscurrent.knowledge.errors import InputError, clip

from ._executor import Executor, ExecutorOption

__all__ = ["RayOption"]


class RayOption(ExecutorOption):
    """Chooses a Ray cluster; Ray itself is imported only then."""

    forms: ClassVar[tuple[str, ...]] = ("ray", "ray:HOST:PORT")

    @classmethod
    def named(cls, detail: str, option: str) -> Executor:
        """Return the executor of the cluster at an address, or at ``$RAY_ADDRESS``.

        Whether that cluster is there shows when it is needed.
        """
        if find_spec("ray") is None:
            raise InputError(f"{option}: Ray is not installed: pip install 'crosscurrent[ray]'")
        address = detail or os.environ.get("RAY_ADDRESS") or "auto"
        if address != "auto" and not _is_address(address):
            where = option if detail else f"RAY_ADDRESS={clip(address)}"
            raise InputError(
                f"{where}: should be HOST:PORT, the address that ray start --head prints, as in"
                " --executor ray:192.0.2.7:6379"
            )
        from ._ray_cluster import RayCluster

        return RayCluster(address)


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(colon and host and "/" not in host and port.isdecimal() and len(port) < 6)
