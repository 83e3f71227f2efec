"""A defense and a risk in a cell of a matrix: a few signs, and all of it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..text.wording import VERBS, strength
from .names import Words, is_measured, seen

__all__ = ["Cell", "Result", "cell"]


class Result(NamedTuple):
    """What a job measured for a defense and a risk: as its verdict says, and the job's id."""

    outcome: str
    verdict: str
    job: str


class Cell(NamedTuple):
    """What a cell shows.

    Attributes
    ----------
    defense, risk : str
        Ids.
    conjecture : str
        What is predicted.
    strength : int
        From 0 to 2: how well the model backs that.
    likely : str
        How likely the risk rises.
    opposed, intended, conditional : bool
        Whether the model leans against the conjecture; whether the defense is meant for the risk;
        whether what was published depends on the adversary.
    published, measured : sequence of str
        Effects that were seen, each once.
    spoken : str
        All of that in a sentence.
    before, was : str or None
        What was predicted without assumptions, and how likely that was, if that differs.
    because : sequence of str
        Which assumptions are at work.
    """

    defense: str
    risk: str
    conjecture: str
    strength: int
    likely: str
    opposed: bool
    intended: bool
    conditional: bool
    published: Sequence[str]
    measured: Sequence[str]
    spoken: str
    before: str | None = None
    was: str | None = None
    because: Sequence[str] = ()


def cell(
    words: Words,
    document: Mapping[str, Any],
    results: Sequence[Result] = (),
    before: Mapping[str, Any] | None = None,
    because: Sequence[str] = (),
) -> Cell:
    """Return the cell for the document of one defense and one risk.

    Parameters
    ----------
    words : Words
        The names.
    document : mapping
        The prediction.
    results : sequence of Result
        What was measured by jobs.
    before : mapping, optional
        The prediction without assumptions, where they change it.
    because : sequence of str
        Why they do.
    """
    published = seen(document, measured=False)
    measured = list(
        dict.fromkeys([*seen(document, measured=True), *(each.outcome for each in results)])
    )
    conditional = any(not is_measured(each) for each in document["exceptions"]) or any(
        each["when"] for each in document["observations"] if not is_measured(each)
    )
    likely = words.percent(document["probability_increase"])
    spoken = [
        f"{words.called(document['defense'])}, {words.inside(document['risk'])}:"
        f" predicted: {VERBS[document['conjecture']]}",
        f"{likely} likely to increase"
        + ", so the model leans against the conjecture" * document["opposed"],
        f"published: {_list(published)}"
        + ", depending on the adversary or with exceptions" * conditional,
    ]
    if measured:
        spoken.append(f"measured: {_list(measured)}")
    if document["intended"]:
        spoken.append("what the defense is meant for")
    was = None if before is None else words.percent(before["probability_increase"])
    if before is not None:
        spoken.append(f"without the assumptions: {VERBS[before['conjecture']]}, {was}")
    return Cell(
        document["defense"],
        document["risk"],
        document["conjecture"],
        strength(_backing(document)),
        likely,
        document["opposed"],
        document["intended"],
        conditional,
        published,
        measured,
        "; ".join(spoken),
        None if before is None else before["conjecture"],
        was,
        because,
    )


def _backing(document: Mapping[str, Any]) -> float | None:
    likely: float = document["probability_increase"]
    return {"increase": likely, "decrease": 1 - likely}.get(document["conjecture"])


def _list(effects: Sequence[str]) -> str:
    return " and ".join(VERBS[each] for each in effects) or "unexplored"
