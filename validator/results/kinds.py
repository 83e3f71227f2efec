"""Kinds of measurement documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["Kind", "kind_of"]

Kind = Literal["verdict", "grid", "variation", "combination", "collusion", "audit"]


def kind_of(document: Mapping[str, Any]) -> Kind:
    """Return what a document is of.

    Parameters
    ----------
    document : mapping
        As ``crosscurrent validate --json`` or ``crosscurrent audit --json`` gives it.

    Returns
    -------
    str
        ``verdict`` (a defense and a risk), ``grid`` (all of them), ``variation`` (one pair by a
        factor), ``combination`` (of defenses), ``collusion`` (of attacks), or ``audit`` (of
        predictions)
    """
    kind: Kind | None = document.get("kind")
    if kind is not None:
        return kind
    # stored by a version that named none: only combinations and collusions ever did
    if "vary" in document:
        return "variation"
    return "grid" if "cells" in document else "verdict"
