"""Outcomes on the page: the context of the template of each kind of document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from crosscurrent.api.text.measured import (
    collusion as _collusion,
)
from crosscurrent.api.text.measured import (
    combination as _combination,
)
from crosscurrent.api.text.measured import describe
from crosscurrent.api.text.measured import (
    grid as _grid,
)
from crosscurrent.api.text.measured import (
    variation as _variation,
)
from crosscurrent.api.text.measured import (
    verdict as _verdict,
)
from crosscurrent.api.text.names import signed
from crosscurrent.api.text.terminal import Style
from crosscurrent.validator.results.repeats import labels, repeats, unit

from ...text.wording import VERBS, VERDICT_MARKS, VOID
from ..names import Words
from .subject import bare

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["CellOutcome", "cell_outcomes", "template_context"]

_LOOK = Style(colour=False, unicode=True)
_UNSHOWN = "not measured"


class CellOutcome(NamedTuple):
    """Outcome for one defense and one risk of many.

    Attributes
    ----------
    defense, risk : str
        Ids, the defense without its stage.
    outcome : str
        As the result has it; empty if there is none.
    strength : int
        From 0 to 2: how many times the smallest effect of interest it is, 2 or 5; 0 where the
        defense was not effective, as the prediction is of one that does.
    mark : str
        The sign for the verdict.
    number : str
        The effect, if it is known.
    spoken : str
        All of that in words.
    """

    defense: str
    risk: str
    outcome: str
    strength: int
    mark: str
    number: str
    spoken: str


def cell_outcomes(
    kb: KnowledgeBase, words: Words, cells: Iterable[Mapping[str, Any]]
) -> list[tuple[str, list[CellOutcome | None]]]:
    """Return what came out of cells in rows of defenses; None for a risk that is not among them.

    Parameters
    ----------
    kb : KnowledgeBase
        For the order.
    words : Words
        The names.
    cells : iterable of mapping
        As the document of a grid has them, or its events.
    """
    found = {(bare(kb, each["defense"]), each["risk"]): each for each in cells}
    known = {defense for defense, _ in found}
    rows = [each for each in kb.defenses if each in known]
    rows += sorted(known - {*rows})
    return [
        (
            defense,
            [
                _outcome(words, defense, risk, found[defense, risk])
                if (defense, risk) in found
                else None
                for risk in kb.risks
            ],
        )
        for defense in rows
    ]


def _outcome(words: Words, defense: str, risk: str, cell: Mapping[str, Any]) -> CellOutcome:
    name = f"{words.called(defense)}, {words.inside(risk)}"
    if "reason" in cell:
        return CellOutcome(defense, risk, "", 0, "", "", f"{name}: {_UNSHOWN}: {cell['reason']}")
    outcome, verdict = cell["outcome"], cell["verdict"]
    spoken = f"{name}: {VERBS[outcome]}; verdict: {verdict}"
    if "effect" not in cell:
        return CellOutcome(defense, risk, outcome, 0, VERDICT_MARKS[verdict], "", spoken)
    found = cell["effect"]
    times = abs(found["estimate"]) / found["smallest_effect"]
    void = cell["outcome"] in VOID
    idle = cell["effective_defense"] is False and not void
    spoken += (
        f"; effect {signed(found['estimate'])} ({signed(found['low'])} to {signed(found['high'])})"
        f"; predicted: {VERBS[cell['conjecture']]}"
        f"{'; the defense was not effective here' if idle else ''}"
    )
    return CellOutcome(
        defense, risk, outcome, 0 if idle or void else int(times >= 2) + int(times >= 5),
        "!" if idle else VERDICT_MARKS[verdict], signed(found["estimate"]), spoken,
    )  # fmt: skip


def template_context(kind: str, kb: KnowledgeBase, words: Words, document: Any) -> dict[str, Any]:
    """Return what the template of a kind of document shows besides the document itself."""
    if kind == "grid":
        return _of_grid(kb, words, document)
    if kind not in _OF:
        return {"text": describe(document, _LOOK, here=False)}
    return _OF[kind](document)


def _of_verdict(document: shapes.Verdict) -> dict[str, Any]:
    return {
        "said": _verdict.sentence(document),
        "facts": _verdict.facts(document),
        "scale": _verdict.scale(document),
        "seeds": _seeds(document, "baseline", "defended"),
        "numbers": [
            row for metrics in document["metrics"].values()
            for row in _numbers(metrics, "baseline", "defended")
        ],
        "reasons": [_verdict.reason(each, unit(document)) for each in document["factors"]],
        "unit": unit(document),
        "repeats": repeats(document),
        "arms": ("without", "with the defense"),
    }  # fmt: skip


def _of_collusion(document: shapes.Collusion) -> dict[str, Any]:
    sign, heading = _collusion.outcome(document)
    return {
        "sign": sign,
        "heading": heading,
        "said": _collusion.collusion_sentence(document),
        "facts": _collusion.facts(document),
        "scale": _collusion.scale(document),
        "seeds": _seeds(document, "without", "with"),
        "numbers": _numbers(document["metrics"], "without", "with"),
        "reasons": [_collusion.shared_factor(each) for each in document["factors"]],
        "unit": unit(document),
        "repeats": repeats(document),
        "arms": ("without the first", "with it"),
    }


def _of_grid(kb: KnowledgeBase, words: Words, document: shapes.Grid) -> dict[str, Any]:
    return {
        "said": _grid.counted(document["counts"]),
        "rows": cell_outcomes(kb, words, document["cells"]),
        "left_out": [
            (words.called(each["defense"]), words.inside(each["risk"]), each["reason"])
            for each in document["cells"]
            if "reason" in each
        ],
    }


def _of_combination(document: shapes.Combination) -> dict[str, Any]:
    sign, heading = _combination.outcome(document)
    return {
        "sign": sign,
        "heading": heading,
        "said": _combination.combination_sentence(document),
        "scale": _combination.scale(document),
        "becomes": _combination.kept(document),
        "mean": fmean,
    }


def _of_variation(document: shapes.Variation) -> dict[str, Any]:
    measured = [each for each in document["cells"] if "reason" not in each]
    return {
        "at_values": _variation.values(document, _LOOK),
        "trends": _variation.trends(document, _LOOK),
        "notes": [_variation.notes(document), *_variation.scenarios(document), _variation.CAUTION],
        "scale": _variation.setting(document["vary"], measured) if measured else "",
    }


_OF: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "verdict": _of_verdict,
    "variation": _of_variation,
    "combination": _of_combination,
    "collusion": _of_collusion,
}


def _seeds(document: Mapping[str, Any], one: str, other: str) -> list[tuple[str, str, str, str]]:
    """Return each seed or draw: its number, what is judged in both arms, and the effect."""
    return [
        (str(seed), f"{before:.3f}", f"{after:.3f}", signed(difference))
        for seed, before, after, difference in zip(
            labels(document), document[one], document[other],
            document["effect"]["differences"], strict=True,
        )
    ]  # fmt: skip


def _numbers(
    metrics: Mapping[str, Mapping[str, Any]], one: str, other: str
) -> list[tuple[str, str, str]]:
    """Return everything that was measured: what, and its mean in both arms."""
    return [
        (name.replace("_", " "), f"{fmean(arms[one]):.3f}", f"{fmean(arms[other]):.3f}")
        for name, arms in metrics.items()
    ]
