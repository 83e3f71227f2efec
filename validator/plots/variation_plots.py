"""A picture of a variation: the effect against the factor, and the susceptibility that it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..results.outcomes import INVALID
from ..results.repeats import repeats
from .figures import BLUE, INK, ORANGE, QUIET, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["variation_plot"]

_EFFECT, _CLAIM = "#5b5b5b", "#00795a"
_ARMS = {
    "baseline": (BLUE, "without the defense", "o"),
    "defended": (ORANGE, "with the defense", "s"),
}
_PREDICTED = {"increase": "rises", "decrease": "falls", "no_change": "stays"}


def variation_plot(document: Mapping[str, Any], file: str) -> None:
    """Draw a variation.

    Parameters
    ----------
    document : mapping
        As `validator.experiments.variation_documents.variation_document` returns it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending, or no such folder.
    OSError
        The file cannot be written.
    """
    measured = [(i, cell) for i, cell in enumerate(document["cells"]) if "reason" not in cell]
    with drawing(file, ncols=2, figsize=(9.4, 4.3), layout="constrained") as (figure, axes):
        for each in axes:
            each.set_xticks(range(len(document["cells"])), _labels(document))
            each.set_xlim(-0.5, len(document["cells"]) - 0.5)
            each.set_xlabel(_named(document["vary"]))
        if measured:
            _effects(axes[0], measured)
            _levels(axes[1], measured, document["trend"]["defended"])
        names = [document[key].replace("_", " ") for key in ("defense", "risk")]
        title = f"{names[0].capitalize()} → {names[1]}, by {document['vary']['name'].lower()}"
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
        figure.supxlabel(_legend(document), x=0.01, ha="left", fontsize=8, color=QUIET)


def _effects(axes: Axes, measured: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    smallest = measured[0][1]["effect"]["smallest_effect"]
    axes.axhspan(-smallest, smallest, color="#000000", alpha=0.07, lw=0)
    axes.axhline(0, color=QUIET, lw=0.8)
    for place, cell in measured:
        effect = cell["effect"]
        seeds = effect["differences"]
        axes.plot([place + 0.12] * len(seeds), seeds, "_", color=_EFFECT, alpha=0.6, ms=8)
        axes.plot([place, place], [effect["low"], effect["high"]], color=INK, lw=2)
        void = cell["outcome"] in INVALID
        face = "#ffffff" if void or cell["effective_defense"] is False else INK
        axes.plot([place], [effect["estimate"]], "o", color=INK, mfc=face, ms=6)
        if void:
            _void(axes, place, effect["estimate"])
        axes.annotate(
            f"{effect['estimate']:+.3f}".replace("-", "−"),
            (place, effect["estimate"]),
            (-7, 4),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
    axes.set_ylabel("effect (up: more susceptible)")
    axes.set_title(
        "with − without; gray: below the smallest effect of interest",
        fontsize=9,
        color=QUIET,
        loc="left",
    )


def _void(axes: Axes, place: int, estimate: float) -> None:
    """Mark an effect that is evidence of nothing, as it is marked everywhere."""
    axes.annotate(
        "∅",
        (place, estimate),
        (7, 4),
        textcoords="offset points",
        fontsize=11,
        color=QUIET,
    )


def _direction(axes: Axes, expected: str) -> None:
    """Mark which way the risk was predicted to go; how far is not."""
    rise = {"increase": 0.16, "decrease": -0.16, "no_change": 0.0}[expected]
    middle = 0.5
    axes.annotate(
        "",
        (0.99, middle + rise / 2),
        (0.74, middle - rise / 2),
        xycoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "linestyle": "--", "color": _CLAIM, "lw": 1.5},
    )
    axes.set_title(
        f"predicted: the risk {_PREDICTED[expected]}",
        fontsize=9,
        color=_CLAIM,
        loc="right",
    )


def _levels(
    axes: Axes, measured: Sequence[tuple[int, Mapping[str, Any]]], found: Mapping[str, Any] | None
) -> None:
    places = [place for place, _ in measured]
    for shift, (arm, (colour, name, mark)) in zip((-0.05, 0.05), _ARMS.items(), strict=True):
        for place, cell in measured:
            seeds = cell[arm]
            axes.plot([place + shift] * len(seeds), seeds, "_", color=colour, alpha=0.6, ms=8)
        means = [fmean(cell[arm]) for _, cell in measured]
        axes.plot(
            [place + shift for place in places],
            means,
            f"-{mark}",
            color=colour,
            ms=5,
            lw=1.2,
            label=name,
        )
    effect = measured[0][1]["effect"]
    if effect["worse_when"] == "lower":
        axes.invert_yaxis()  # so that up is worse, as it is of effects
    axes.set_ylabel(f"{_wrapped(effect['name'])}\n(up: more susceptible)")
    axes.legend(fontsize=8, frameon=False)
    axes.set_title("means and seeds", fontsize=9, color=QUIET, loc="left")
    if found is not None and found["expected"] is not None:
        _direction(axes, found["expected"])


def _labels(document: Mapping[str, Any]) -> list[str]:
    """Name the values, each with what was measured of the factor there."""
    found = document["trend"]["factor"]
    values = [str(value) for value in document["vary"]["values"]]
    if found is None or not found["baseline"]:
        return values
    means = map(fmean, found["baseline"])
    return [f"{value}\n({mean:.3g})" for value, mean in zip(values, means, strict=True)]


def _named(vary: Mapping[str, Any]) -> str:
    return f"{vary['name'].lower()} ({vary['code']})" if vary["code"] else vary["name"].lower()


def _legend(document: Mapping[str, Any]) -> str:
    lines = [
        f"risk with the defense: {document['trend']['verdict']}: {document['trend']['reason']}"
    ]
    found = document["trend"]["factor"]
    if found is not None and found["baseline"]:
        lines.append(f"in brackets: {found['measure']}, without the defense")
    cells = [cell for cell in document["cells"] if "reason" not in cell]
    if cells:
        scale, level = cells[0]["scale"], cells[0]["effect"]["level"]
        model = "" if document["vary"]["setting"] == "model" else f", {scale['model']}"
        lines.append(
            f"{scale['dataset']}{model}, {repeats(cells[0])}, {level:.0%}"
            " intervals; hollow: the defense was not effective there"
            + "; ∅: evidence of nothing"
            * any(cell["outcome"] in INVALID for cell in cells)
        )
        lines += [
            f"∅ at {value}: {cell['outcome'].replace('_', ' ')}"
            + (f": {void}" if (void := cell.get("void")) else "")
            for value, cell in zip(document["vary"]["values"], document["cells"], strict=True)
            if cell.get("outcome") in INVALID
        ]
    return "\n".join(map(_folded, lines))


def _folded(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 130)


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 36)
