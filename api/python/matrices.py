"""``matrix``: all defenses against all risks, or all pairs of defenses or of attacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from crosscurrent.knowledge.errors import UnknownName

from .answer import Answer, Knowledge, knowledge_base

if TYPE_CHECKING:
    from .collusions import CollusionsAnswer
    from .combinations import CombinationsAnswer
    from .predictions import MatrixAnswer

__all__ = ["matrix"]

_PAIRS = ("interactions", "combinations", "collusions")


@overload
def matrix(
    pairs: Literal["interactions"] = "interactions", *, knowledge: Knowledge = None
) -> MatrixAnswer: ...
@overload
def matrix(
    pairs: Literal["combinations"], *, knowledge: Knowledge = None
) -> CombinationsAnswer: ...
@overload
def matrix(pairs: Literal["collusions"], *, knowledge: Knowledge = None) -> CollusionsAnswer: ...
def matrix(
    pairs: Literal["interactions", "combinations", "collusions"] = "interactions",
    *,
    knowledge: Knowledge = None,
) -> Answer:
    """Answer for all pairs at once.

    Parameters
    ----------
    pairs : str
        ``interactions`` (every defense against every risk), ``combinations`` (every two defenses)
        or ``collusions`` (every attack against every other).
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    UnknownName
        If there is no such matrix.
    """
    kb = knowledge_base(knowledge)
    if pairs == "interactions":
        from .predictions import interaction_matrix

        return interaction_matrix(kb)
    if pairs == "combinations":
        from .combinations import combination_matrix

        return combination_matrix(kb)
    if pairs == "collusions":
        from .collusions import collusion_matrix

        return collusion_matrix(kb)
    raise UnknownName("matrix", pairs, _PAIRS)
