"""Plain names of risks and attacks: what most people call them, beside the formal terms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crosscurrent.knowledge import Attack, Risk

__all__ = ["PLAIN", "formal", "plain"]

PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "evasion": "Adversarial examples",
        "poisoning": "Data poisoning",
        "unauthorized_model_ownership": "Model stealing",
        "model_extraction": "Model stealing",
        "distribution_inference": "Property inference",
        "discriminatory_behavior": "Unfairness",
    }
)
"""Plain names by id; the command line takes each of them as a name of its risk."""


def plain(record: Attack | Risk) -> str:
    """Return the plain name of a risk or an attack: its formal one where that is plain enough."""
    return PLAIN.get(record.id, record.name)


def formal(record: Attack | Risk) -> str:
    """Return the formal name of a risk or an attack; empty where the plain one has it."""
    return "" if record.name.casefold() in plain(record).casefold() else record.name
