"""Plug-ins in documents: which distribution a defense or an attack comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..attacks import Attack
from ..defenses import Defense
from ..plugins import origin

if TYPE_CHECKING:
    from . import document_types as shapes

__all__ = ["plugin_documents"]


def plugin_documents(peers: Iterable[Defense | Attack | None]) -> list[shapes.Plugin]:
    """Return where those defenses and attacks come from that are not built in, ready for JSON."""
    found: dict[type, shapes.Plugin] = {}
    for each in peers:
        kind = type(each)
        if each is None or (place := origin(kind)) is None:
            continue
        found[kind] = {
            "role": "attack" if isinstance(each, Attack) else "defense",
            "id": each.risk if isinstance(each, Attack) else each.id,
            "path": place.path,
            "distribution": place.distribution,
            "version": place.version,
        }
    return list(found.values())
