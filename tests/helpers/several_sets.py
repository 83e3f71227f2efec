"""Made-up results of one pair on several data sets, of which one does not count."""

from __future__ import annotations

import copy
from typing import Any

from outcomes import document

from crosscurrent.knowledge import KnowledgeBase

__all__ = ["NAMES", "results"]

_SHOWS = {
    "digits": (0.10, 0.13, 0.12, 0.11),
    "adult": (0.20, 0.25, 0.22, 0.21),
    "<b>credit</b>": (-0.02, 0.06, 0.02, 0.04),
    "void": (-0.3, -0.2, -0.25, -0.21),
}
NAMES = tuple(_SHOWS)[:-1]
"""The data sets that count."""


def results(kb: KnowledgeBase) -> list[dict[str, Any]]:
    """Return the documents: watermarking and membership inference."""
    found = []
    for number, (name, shows) in enumerate(_SHOWS.items()):
        made: Any = copy.deepcopy(document(kb, shows=shows, reading=1.0))
        made["id"] = f"{number:x}" * 64
        made["scale"]["dataset"] = name
        if name == "void":
            made |= {"outcome": "no_longer_useful", "void": "the model is of no use"}
        found.append(made)
    return found
