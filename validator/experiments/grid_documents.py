"""A grid as a document: what came out of each cell, or why nothing did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..results.outcomes import INVALID, conclusive
from .grids import Grid
from .verdicts import Verdict

if TYPE_CHECKING:
    from . import document_types as shapes

__all__ = ["FALSE_DISCOVERIES", "as_published", "grid_document", "verdicts"]


FALSE_DISCOVERIES = 0.05
"""Share of signed outcomes of a grid that may be false, in expectation."""


def grid_document(
    planned: Grid,
    outcomes: Sequence[Verdict | str],
    known: Sequence[Mapping[str, Any]],
    knowledge: str,
    protocol: shapes.ProtocolVersion | None = None,
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
    protocol : dict, optional
        Version and digest of the protocol that it was measured by.

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
    _correct(outcomes, cells)
    return {
        "kind": "grid",
        "dataset": planned.dataset,
        "model": planned.model,
        "seeds": list(planned.seeds),
        "draws": planned.draws,
        "cells": cells,
        "counts": _counts(cells),
        "knowledge": knowledge,
        "protocol": protocol,
    }


def _correct(
    outcomes: Sequence[Verdict | str], cells: Sequence[shapes.Verdict | shapes.NotMeasured]
) -> None:
    """Add to each effect that was tested its q-value: over all of them, by false discovery rate.

    Benjamini and Hochberg 1995, Controlling the False Discovery Rate. What could not be tested is
    no hypothesis of the family: where nothing can change, a model is of no use, or the defense was
    not effective. An attack at its floor or ceiling was tested: only the result tells that.
    """
    from scipy.stats import false_discovery_control

    family = [
        cell
        for verdict, cell in zip(outcomes, cells, strict=True)
        if isinstance(verdict, Verdict) and "reason" not in cell and _tested(verdict)
    ]
    if family:
        found = false_discovery_control([each["effect"]["p_value"] for each in family])
        for cell, q_value in zip(family, found.tolist(), strict=True):
            cell["effect"]["q_value"] = q_value


def _discovered(cell: shapes.Verdict) -> bool:
    q_value = cell["effect"]["q_value"]
    return q_value is not None and q_value <= FALSE_DISCOVERIES


def _tested(verdict: Verdict) -> bool:
    did = verdict.effectiveness
    return (did is None or did.met) and (verdict.void is None or verdict.void.saturated)


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
    if len(published) != 1 or not conclusive(cell):
        return None
    return bool(published[0] == cell["outcome"])


def _counts(cells: Sequence[shapes.Verdict | shapes.NotMeasured]) -> shapes.Counts:
    measured = [cell for cell in cells if "reason" not in cell]
    judged = Counter(cell["verdict"] for cell in measured)
    shown = Counter(as_published(cell) for cell in measured)
    outcomes = Counter(cell["outcome"] for cell in measured)
    settled = [cell for cell in measured if conclusive(cell)]
    signed = [cell for cell in settled if cell["outcome"] != "no_change"]
    return {
        "cells": len(cells),
        "confirmed": judged["confirmed"],
        "refuted": judged["refuted"],
        "inconclusive": judged["inconclusive"],
        "not_measured": len(cells) - len(measured),
        "as_published": shown[True],
        "unlike_published": shown[False],
        "another_mechanism": sum(bool(cell.get("other_mechanism")) for cell in settled),
        "nothing_to_move": outcomes["nothing_to_move"],
        "no_longer_useful": outcomes["no_longer_useful"],
        "cannot_change": outcomes["cannot_change"],
        "ineffective": sum(
            cell["outcome"] not in INVALID and cell["effective_defense"] is False
            for cell in measured
        ),
        "with_outcome": len(settled),
        "signed": len(signed),
        "signed_after_correction": sum(map(_discovered, signed)),
    }
