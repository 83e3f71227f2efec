"""A grid as a document: what came out of each cell, or why nothing did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .grids import Grid
from .verdicts import Verdict

if TYPE_CHECKING:
    from . import document_types as shapes

__all__ = ["as_published", "grid_document", "verdicts"]


def grid_document(
    planned: Grid,
    outcomes: Sequence[Verdict | str],
    known: Sequence[Mapping[str, Any]],
    knowledge: str,
) -> shapes.Grid:
    """Return what a grid shows, ready for JSON.

    Parameters
    ----------
    planned : Grid
        What was run.
    outcomes : sequence of Verdict or str
        One for each cell, or the reason why there is none.
    known : sequence of mapping
        What was known of each cell beforehand: its conjecture, what was published, its command.
    knowledge : str
        Digest of the knowledge base that the conjectures are of.

    Returns
    -------
    dict
        A cell is the whole document of its verdict, or has a ``reason``.
    """
    cells: list[shapes.Verdict | shapes.NotMeasured] = [
        outcome.document()
        if isinstance(outcome, Verdict)
        else {
            "defense": cell.defense,
            "risk": cell.risk,
            "conjecture": beforehand["conjecture"],
            "published": list(beforehand["published"]),
            "reason": outcome,
            "command": beforehand["command"],
        }
        for cell, outcome, beforehand in zip(planned.cells, outcomes, known, strict=True)
    ]
    return {
        "kind": "grid",
        "dataset": planned.dataset,
        "model": planned.model,
        "seeds": list(planned.seeds),
        "cells": cells,
        "counts": _counts(cells),
        "knowledge": knowledge,
    }


def verdicts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of the verdicts in a document, which may be one itself."""
    if "cells" not in document:
        return [document]
    return [cell for cell in document["cells"] if "reason" not in cell]


def as_published(cell: Mapping[str, Any]) -> bool | None:
    """Whether a verdict's outcome is the one that was published; None if that cannot be said.

    Works that saw both ways speak neither for an outcome nor against it.
    """
    published = [effect for effect in cell["published"] if effect != "mixed"]
    outcome = cell["outcome"]
    if len(published) != 1 or outcome == "inconclusive" or not cell["effective_defense"]:
        return None
    return bool(published[0] == outcome)


def _counts(cells: Sequence[shapes.Verdict | shapes.NotMeasured]) -> shapes.Counts:
    measured = [cell for cell in cells if "reason" not in cell]
    judged = Counter(cell["verdict"] for cell in measured)
    shown = Counter(as_published(cell) for cell in measured)
    return {
        "cells": len(cells),
        "confirmed": judged["confirmed"],
        "refuted": judged["refuted"],
        "inconclusive": judged["inconclusive"],
        "not_measured": len(cells) - len(measured),
        "as_published": shown[True],
        "unlike_published": shown[False],
    }
