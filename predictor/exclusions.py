"""Exclusions: defenses that cannot be trained together as they are, and why not.

A variant records what it does in training and to answers (its procedures), and a procedure records
beside which others it cannot be carried out. Whatever follows from the two is an exclusion; so is
one defense at two stages, of which nobody could tell which one works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from crosscurrent.knowledge import Exclusion as Record
    from crosscurrent.knowledge import KnowledgeBase, Variant

__all__ = ["Exclusion", "exclusions", "trainable"]


class Exclusion(NamedTuple):
    """Two defenses that cannot be trained together as they are.

    Attributes
    ----------
    one, other : Variant
        The defenses, in the order of their stages.
    kind : {'procedures', 'one_defense'}
        Whether something that each does excludes the other, or they are one defense at two stages.
    procedures : tuple of str
        Ids of what the one and what the other does; empty for one defense at two stages.
    record : knowledge.Exclusion or None
        What is known of these two procedures: reason, remedy, basis and sources.
    """

    one: Variant
    other: Variant
    kind: Literal["procedures", "one_defense"]
    procedures: tuple[str, ...] = ()
    record: Record | None = None


def exclusions(kb: KnowledgeBase, defenses: Sequence[Variant]) -> Iterator[Exclusion]:
    """Yield why defenses cannot be trained together as they are; nothing if they can.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known of their procedures.
    defenses : sequence of Variant
        Two or more, each once. Which order they come in does not matter.
    """
    for one, other in combinations(defenses, 2):
        if one.defense == other.defense:
            yield Exclusion(one, other, "one_defense")
            continue
        for mine in one.procedures:
            for its in other.procedures:
                record = kb.excluded(mine, its)
                if record is not None:
                    yield Exclusion(one, other, "procedures", (mine, its), record)


def trainable(kb: KnowledgeBase, defenses: Sequence[Variant]) -> bool:
    """Say whether defenses can be trained together as they are."""
    return not any(True for _ in exclusions(kb, defenses))
