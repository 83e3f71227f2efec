"""Published attacks within an adversary's reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, PublishedAttack

__all__ = ["within_reach"]

_WHITEBOX: Final = "whitebox"


def within_reach(
    kb: KnowledgeBase, attack: str | None, adversary: Mapping[str, str]
) -> tuple[PublishedAttack, ...]:
    """Return the published attacks that need no more than an adversary has.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    attack : str or None
        Only attacks of this kind, by id; None for all.
    adversary : mapping from str to str
        Values by characteristic, checked already; what is not stated counts as met. An attack
        with variants is within reach if, in each respect, its least demanding variant is.
        White-box access shows every output in full, whatever output is stated.

    Returns
    -------
    tuple of PublishedAttack
        In the order of the catalogue.
    """
    if adversary.get("model_knowledge") == _WHITEBOX:
        adversary = {key: value for key, value in adversary.items() if key != "output"}
    ranks = {
        key: {value: rank for rank, value in enumerate(each.values)}
        for key, each in kb.adversary.items()
    }

    def fits(published: PublishedAttack) -> bool:
        needed: dict[str, list[str]] = {}
        for key, value in _needs(published):
            needed.setdefault(key, []).append(value)
        return all(
            min(ranks[key][need] for need in needed[key]) <= ranks[key][value]
            for key, value in adversary.items()
            if key in needed
        )

    return tuple(
        each
        for each in kb.published_attacks.values()
        if attack in (None, each.attack) and fits(each)
    )


def _needs(published: PublishedAttack) -> Iterator[tuple[str, str]]:
    """Yield every value that some variant of a published attack takes."""
    yield "capability", published.capability
    yield "optimization", published.optimization
    for value in published.interaction:
        yield "interaction", value
    for compound, further, values in (
        ("model_knowledge", "output", published.model_knowledge),
        ("data_knowledge", "blindness", published.data_knowledge),
    ):
        for text in values:
            value, dot, rest = text.partition(".")
            yield compound, value
            if dot and value != _WHITEBOX:
                yield further, rest
