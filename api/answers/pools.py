"""Pools: measured effects over several data sets or models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.results.outcomes import PLACEBO

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.results import pool_types as shapes
    from crosscurrent.validator.results.pools import Over, Study

__all__ = ["pools"]


def pools(
    kb: KnowledgeBase,
    studies: Iterable[Study],
    defense: str | None = None,
    risk: str | None = None,
    over: Over = "data",
) -> shapes.Pools:
    """Pool results of one defense, one risk, or all, cell by cell.

    Parameters
    ----------
    kb : KnowledgeBase
        For the names, and their order.
    studies : iterable of Study
        The results, the latest last.
    defense, risk : str, optional
        Ids, codes or aliases; a defense at a stage is that stage alone.
    over : str
        What the results of a pool differ in: ``data`` or ``model``.

    Raises
    ------
    UnknownName
        There is no such defense or risk.
    """
    from crosscurrent.validator.results.pool_documents import pool_documents
    from crosscurrent.validator.results.pools import OVER
    from crosscurrent.validator.results.pools import pools as pooled

    if over not in OVER:
        raise InputError(f"over: should be {' or '.join(OVER)}, not {over!r}")
    wanted = None if defense is None else _named(kb, defense)
    of = None if risk is None else kb.risk(risk).id
    chosen = [
        each
        for each in studies
        if (wanted is None or _is(kb, each.defense, wanted)) and of in (None, each.risk)
    ]
    found = pool_documents(pooled(chosen, over))
    order = {name: place for place, name in enumerate((*kb.defenses, PLACEBO, *kb.risks))}
    last = len(order)
    found.sort(
        key=lambda each: (
            order.get(each["defense"].partition("@")[0], last),
            each["defense"],
            order.get(each["risk"], last),
        )
    )
    return {
        "kind": "pools",
        "over": over,
        "defense": wanted and "@".join(filter(None, wanted)),
        "risk": of,
        "pools": found,
        "knowledge": kb.digest,
    }


def _named(kb: KnowledgeBase, name: str) -> tuple[str, str | None]:
    """Return the id of a defense, and the stage that is asked for; None: each."""
    if name == PLACEBO:
        return name, None
    found, stage = kb.staged(name)
    return found.id, stage


def _is(kb: KnowledgeBase, measured: str, wanted: tuple[str, str | None]) -> bool:
    """Whether a result's defense is the one that is asked for: it names no stage that is usual."""
    who, _, stage = measured.partition("@")
    if not stage and who in kb.defenses:
        stage = kb.defenses[who].usual_stage or ""
    return who == wanted[0] and wanted[1] in (None, stage)
