"""Phrases that the command line and the page share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

__all__ = ["FOLLOW", "MOVE", "OPPOSED", "TENSIONS", "basis"]

MOVE: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "raised", "-": "lowered", "0": "left alone", "?": "moved either way"}
)
"""What happens to a factor, by sign."""

FOLLOW: Final[Mapping[str, str]] = MappingProxyType(
    {"+": "rises with it", "-": "falls with it", "0": "ignores it", "?": "may follow it"}
)
"""What a risk does as a factor rises, by sign."""

OPPOSED: Final = "the model leans against the conjecture: take it as open"


TENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "opposed_factor": "they move {subject} in opposite ways",
        "opposed_active_factor": "they move {subject} in opposite ways, and attacks exploit it",
        "undermined_risk": (
            "the first is expected to raise {subject}, which the second is meant for"
        ),
    }
)
"""How two defenses pull against each other, by mechanism."""


def basis(rests_on: str, effects: Sequence[str], unclear: str) -> str:
    """Say what a conjecture rests on.

    Parameters
    ----------
    rests_on : str
        ``unanimous``, ``dominant``, ``contested`` or ``none``.
    effects : sequence of str
        The effect of each path.
    unclear : str
        How an effect is called of which the direction is not known.
    """
    if rests_on == "unanimous":
        return "all common factors agree"
    if rests_on == "dominant":
        return "the factors disagree, and the dominant ones decide"
    if rests_on == "contested":
        if all(effect == unclear for effect in effects):
            return "the direction is not known for any common factor"
        return "the factors disagree, and no dominant one settles it"
    if effects:
        return "the common factors are known to have no effect"
    return "no evidence: defense and risk share no factor"
