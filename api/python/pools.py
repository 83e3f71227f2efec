"""``pool``: measured effects over data sets or models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from crosscurrent.validator.results.pool_rows import Row, rows

from ..answers import pools as engine
from ..text.measured.pools import describe, title
from ..text.names import signed
from .answer import Answer, Folder, Knowledge, knowledge_base
from .tables import PLAIN, Cell, Table, marked

if TYPE_CHECKING:
    from crosscurrent.validator.results import pool_types as shapes

__all__ = ["PoolsAnswer", "pool"]


@dataclass(frozen=True, repr=False)
class PoolsAnswer(Answer):
    """Measured effects over several data sets or models, cell by cell.

    Attributes
    ----------
    document : dict
        As ``crosscurrent results pool --json`` prints it.
    """

    columns: ClassVar = (
        "defense", "risk", "differing", "counted", "left_out", "estimate", "low", "high",
        "predicted_low", "predicted_high", "tau", "i_squared", "outcome",
    )  # fmt: skip

    document: shapes.Pools

    @property
    def pools(self) -> Sequence[shapes.Pool]:
        """The cells, in the order of the knowledge base."""
        return self.document["pools"]

    def to_dict(self) -> shapes.Pools:
        """Return the document of ``crosscurrent results pool --json``."""
        return self.document.copy()

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.pools:
            effect: Mapping[str, Any] = each["effect"] or {}
            reach: Mapping[str, Any] = each["prediction"] or {}
            apart: Mapping[str, Any] = each["heterogeneity"] or {}
            yield (
                each["defense"],
                each["risk"],
                ", ".join(each["differing"]),
                len(each["studies"]),
                len(each["left_out"]),
                *map(effect.get, ("estimate", "low", "high")),
                *map(reach.get, ("low", "high")),
                *map(apart.get, ("tau", "i_squared")),
                each["outcome"],
            )

    def _heading(self) -> str:
        if len(self.pools) == 1:
            return title(self.pools[0])
        many = "data sets" if self.document["over"] == "data" else "models"
        return f"{len(self.pools)} cells over {many}"

    def _tables(self) -> Sequence[Table]:
        return [
            Table(title(each), ("", "effect", "interval", ""), _lines(each)) for each in self.pools
        ]

    def __str__(self) -> str:
        return describe(self.document, PLAIN)


def pool(
    defense: str | None = None,
    risk: str | None = None,
    *,
    over: Literal["data", "model"] = "data",
    store: Folder | None = None,
    documents: Iterable[Mapping[str, Any]] | None = None,
    knowledge: Knowledge = None,
) -> PoolsAnswer:
    """Pool measured effects: their mean over data sets, and how much these differ.

    Parameters
    ----------
    defense, risk : str, optional
        Ids, codes or aliases; by default all that was measured.
    over : str
        What the pooled results differ in: ``data``, or ``model`` on the same data.
    store : path, optional
        The file that results are kept in, by default the command line's.
    documents : iterable of mapping, optional
        Results to pool instead, the latest last: as ``to_dict()`` of what `validate` returns, or
        as ``crosscurrent validate --json`` prints them, grids too.
    knowledge : KnowledgeBase, folder or folders, optional
        A loaded base, or a user's own on top of the built-in knowledge, which is the default.

    Raises
    ------
    MissingExtra
        If the extra ``audit``, which ``validate`` holds too, is not installed.
    UnknownName
        If there is no such defense or risk.
    InputError
        If ``over`` is something else, or a document is no result.
    """
    from crosscurrent.validator.extra import require

    require("audit")
    from crosscurrent.validator.results.documents import checked, verdicts_of
    from crosscurrent.validator.results.pools import study
    from crosscurrent.validator.results.store import Store, default_file

    kb = knowledge_base(knowledge)
    if documents is None:
        kept = Store(default_file() if store is None else os.fspath(store))
        found = [each for entry in kept.experiments() for each in verdicts_of(entry.document)]
    else:
        found = checked(list(documents), "documents")
    return PoolsAnswer(kb, engine.pools(kb, map(study, found), defense, risk, over))


def _lines(found: shapes.Pool) -> list[Sequence[Cell]]:
    """Return each result, the mean, and where another would lie."""
    return [(each.name, *_numbers(each.found), _says(each, found)) for each in rows(found)]


def _says(row: Row, found: shapes.Pool) -> Cell:
    """Return what is in the last column: what a row shows, or why it does not count."""
    if row.kind == "left":
        return f"left out: {row.found['reason']}"
    if row.kind == "prediction":
        return ""
    return marked(str(found["outcome"] if row.kind == "mean" else row.found["outcome"]))


def _numbers(found: Mapping[str, Any]) -> tuple[str, str]:
    estimate = signed(found["estimate"]) if "estimate" in found else ""
    return estimate, f"{signed(found['low'])} to {signed(found['high'])}"
