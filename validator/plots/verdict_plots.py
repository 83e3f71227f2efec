"""A picture of a verdict: paired seeds, and the effect against the smallest effect of interest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..results.kinds import Kind, kind_of
from ..results.outcomes import INVALID
from ..results.repeats import repeats, unit
from .figures import BLUE, FORMATS, NO_CHANGE, ORANGE, QUIET, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FORMATS", "plot"]

_COLOURS: Mapping[str, str] = {
    "increase": ORANGE,
    "decrease": BLUE,
    "no_change": "#5b5b5b",
    "inconclusive": "#5b5b5b",
    **dict.fromkeys(INVALID, "#5b5b5b"),
}


class _Reading(NamedTuple):
    """Where a kind of document has what is drawn, and in which words."""

    subjects: tuple[str, str]
    arms: tuple[str, str]
    less: str
    more: str


_READINGS: Mapping[Kind, _Reading] = {
    "verdict": _Reading(
        ("defense", "risk"), ("baseline", "defended"), "less susceptible", "more susceptible"
    ),
    "collusion": _Reading(
        ("first", "second"), ("without", "with"), "weaker attack", "stronger attack"
    ),
}


def plot(document: Mapping[str, Any], file: str) -> None:
    """Draw a verdict: of a defense and a risk, or of two attacks.

    Parameters
    ----------
    document : mapping
        As `validator.experiments.verdicts.Verdict.document`, or that of a collusion, returns it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending.
    OSError
        The file cannot be written.
    """
    with drawing(
        file, ncols=2, figsize=(8.2, 3.9), width_ratios=(1, 1.25), layout="constrained"
    ) as (figure, (left, right)):
        _pairs(left, document)
        _effect(right, document)
        figure.suptitle(_title(document), x=0.01, ha="left", fontweight="bold", fontsize=11)
        figure.supxlabel(_scale(document), x=0.01, ha="left", fontsize=8, color=QUIET)


def _pairs(axes: Axes, document: Mapping[str, Any]) -> None:
    colour = _COLOURS[document["outcome"]]
    for before, after in zip(*(document[arm] for arm in _reading(document).arms), strict=True):
        axes.plot([0, 1], [before, after], "-o", color=colour, alpha=0.65, markersize=4, lw=1.2)
    axes.set_xticks([0, 1], ["without", "with"])
    axes.set_xlim(-0.25, 1.25)
    worse = document["effect"]["worse_when"]
    axes.set_ylabel(f"{_wrapped(document['effect']['name'])}\n({worse} is worse)")
    axes.set_title(f"{repeats(document)}", fontsize=9, color=QUIET, loc="left")


def _effect(axes: Axes, document: Mapping[str, Any]) -> None:
    found = document["effect"]
    colour, smallest = _COLOURS[document["outcome"]], found["smallest_effect"]
    seen = (found["low"], found["high"], -smallest, smallest, *found["differences"])
    least, most = min(seen), max(seen)
    room = 0.12 * (most - least)
    axes.axvspan(-smallest, smallest, color="#000000", alpha=0.07, lw=0)
    axes.axvline(0, color=QUIET, lw=0.8)
    ends = [found["low"], found["high"]]
    axes.plot(ends, [0, 0], color=colour, lw=2, solid_capstyle="butt")
    axes.plot(ends, [0, 0], "|", color=colour, markersize=16, markeredgewidth=2)
    axes.plot([found["estimate"]], [0], "o", color=colour, markersize=4)
    axes.plot(found["differences"], [-0.4] * len(found["differences"]), "|", color=colour, ms=9)
    axes.set_xlim(least - room, most + room)
    axes.set_ylim(-0.8, 0.8)
    axes.set_yticks([0, -0.4], ["mean", f"{unit(document)}s"])
    axes.tick_params("y", length=0)
    axes.spines["left"].set_visible(False)
    said = f"{found['estimate']:+.3f}  [{found['low']:+.3f}, {found['high']:+.3f}]"
    # beside the middle, the text would run out of the picture
    share = (found["estimate"] - least + room) / (most - least + 2 * room)
    axes.annotate(
        said.replace("-", "−"),
        (found["estimate"], 0.2),
        ha="left" if share < 0.3 else "right" if share > 0.7 else "center",
        fontsize=10,
        annotation_clip=False,
    )
    read = _reading(document)
    axes.set_xlabel(f"← {read.less}        effect        {read.more} →")
    axes.set_title(
        f"{found['level']:.0%} interval\n"
        f"gray: below the smallest effect of interest (±{smallest:g})",
        fontsize=9,
        color=QUIET,
        loc="left",
    )


def _title(document: Mapping[str, Any]) -> str:
    read = _reading(document)
    names = [document[key].replace("_", " ") for key in read.subjects]
    said: Mapping[str, str] = {
        "increase": read.more,
        "decrease": read.less,
        "no_change": NO_CHANGE,
        "inconclusive": "inconclusive",
        **{each: each.replace("_", " ") for each in INVALID},
    }
    return f"{names[0].capitalize()} → {names[1]}: {said[document['outcome']]}"


def _reading(document: Mapping[str, Any]) -> _Reading:
    return _READINGS[kind_of(document)]


def _scale(document: Mapping[str, Any]) -> str:
    scale = document["scale"]
    return (
        f"{scale['dataset']}, {scale['training_records']} training records,"
        f" {scale['model']} ({scale['parameters']} parameters); expected:"
        f" {(document['expected'] or 'nothing').replace('_', ' ')}; verdict: {document['verdict']}"
    )


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 34)
