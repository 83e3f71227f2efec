r"""Tensions: two defenses that pull against each other without a conflict by Def\Con's rule.

Def\Con misses some conflicts. The factor graph offers two mechanisms: both defenses move a factor,
in opposite ways; or one is expected to raise a risk that the other is meant for. Neither foretells
the known conflicts well (see `predictor.conflict_backtest`), so tensions are hints, shown only on
request, and no verdict rests on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .expectations import expected
from .signs import multiply

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Variant

__all__ = ["MECHANISMS", "Mechanism", "Tension", "tensions"]

Mechanism = Literal["opposed_factor", "opposed_active_factor", "undermined_risk"]

MECHANISMS: Final[tuple[Mechanism, ...]] = (
    "opposed_factor",
    "opposed_active_factor",
    "undermined_risk",
)


class Tension(NamedTuple):
    """One hint.

    Attributes
    ----------
    one, other : str
        Ids of the variants.
    mechanism : str
        ``opposed_factor`` (a factor moved both ways), ``opposed_active_factor`` (and attacks
        exploit it) or ``undermined_risk`` (`one` is expected to raise what `other` is meant for).
    subject : str
        Id of the factor or the risk.
    """

    one: str
    other: str
    mechanism: Mechanism
    subject: str


def tensions(kb: KnowledgeBase, defenses: Sequence[Variant]) -> tuple[Tension, ...]:
    """Return where these defenses pull against each other."""
    found: list[Tension] = []
    for a, b in combinations(defenses, 2):
        others = kb.edges(b.defense, b.stage)
        for name, edge in kb.edges(a.defense, a.stage).items():
            if name not in others or edge.when or others[name].when:
                continue  # what they do to it under some condition is no tension of the two
            if multiply(edge.sign, others[name].sign) == "-":
                active = kb.factors[name].role == "active"
                mechanism: Mechanism = "opposed_active_factor" if active else "opposed_factor"
                found.append(Tension(a.id, b.id, mechanism, name))
    found += [
        Tension(a.id, b.id, "undermined_risk", risk)
        for a, b in permutations(defenses, 2)
        for risk in kb.defenses[b.defense].protects_against
        if expected(kb, a.defense, risk).effect == "increase"
        and risk not in kb.defenses[a.defense].protects_against
    ]
    return tuple(found)
