"""``matrix``: what is expected of every defense for every risk, without the reasons."""

from __future__ import annotations

from typing import Any

from crosscurrent.knowledge import KnowledgeBase

from ...answers import predictions
from ...answers.document_types import Overview
from ..tool import Arguments, Tool

__all__ = ["TOOL", "MatrixArguments"]


class MatrixArguments(Arguments):
    """Nothing: it is about all defenses and risks."""


def _answer(kb: KnowledgeBase, asked: MatrixArguments) -> Overview:
    del asked
    return predictions.overview(kb)


def _told(kb: KnowledgeBase, document: Any) -> str:
    """Return a line for each defense: the risks that it is expected to raise, and to lower."""
    lines = []
    for defense in dict.fromkeys(cell["defense"] for cell in document["cells"]):
        own = [cell for cell in document["cells"] if cell["defense"] == defense]
        told = [
            f"{verb} {', '.join(kb.risks[cell['risk']].name.lower() for cell in moved)}"
            for verb, effect in (("raises", "increase"), ("lowers", "decrease"))
            if (moved := [cell for cell in own if cell["expect"] == effect])
        ]
        lines.append(f"{kb.defenses[defense].name} {'; '.join(told) or 'has no clear effect'}.")
    return "\n".join(lines)


TOOL = Tool(
    "matrix",
    "All defenses against all risks",
    "What is expected of every defense for every risk, in short: direction, likelihood and grade"
    " of each pair. Ask predict for the reasons of one.",
    MatrixArguments,
    Overview,
    _answer,
    _told,
    "ask predict about one defense at a time",
)
