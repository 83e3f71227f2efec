"""The tools, in the order in which they are listed; a new one is a module and its place here."""

from __future__ import annotations

from typing import Final

from ..tool import Tool
from . import (
    assess,
    attack_chains,
    collude,
    combine,
    matrix,
    plan,
    predict,
    published_attacks,
    search_knowledge,
    show_record,
    sources,
    what_if,
)

__all__ = ["TOOLS"]

TOOLS: Final[tuple[Tool, ...]] = (
    predict.TOOL,
    what_if.TOOL,
    matrix.TOOL,
    combine.TOOL,
    plan.TOOL,
    assess.TOOL,
    collude.TOOL,
    attack_chains.TOOL,
    published_attacks.TOOL,
    search_knowledge.TOOL,
    show_record.TOOL,
    sources.TOOL,
)
