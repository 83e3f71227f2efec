"""A measured combination in words."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from crosscurrent.validator.results.repeats import inconclusive, repeats

from ..names import signed
from ..terminal import Style, columns, paragraph
from ..wording import VOID
from .data import data_lines

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["combination_sentence", "describe", "kept", "outcome", "scale"]

_OUTCOME = {
    "effective": ("decrease", "effective: each defense works as well as alone"),
    "conflict": ("increase", "conflict: a defense works worse than alone"),
}
_KEPT = {"kept": "as good as alone", "drops": "worse than alone"}
_GLYPHS = {"kept": "decrease", "drops": "increase", "inconclusive": "contested"}


def describe(document: shapes.Combination, look: Style, *, here: bool = True) -> str:
    """Describe a combination, as `validate combine --json` gives it.

    And the commands that show it again, if it is kept `here`, where the reader can run them.
    """
    shown, said = outcome(document)
    heading = " + ".join(document["defenses"])
    lines = [
        look.paint(paragraph(f"{heading}, measured", look.width), "bold"),
        "",
        f"  {look.paint(look.glyph(shown), shown)} {said}",
        paragraph(combination_sentence(document), look.width, "  "),
    ]
    for order in document["orders"]:
        lines += ["", *_order(document, order, look)]
    lines += ["", *data_lines([document], look), paragraph(scale(document), look.width)]
    if here:
        short = document["id"][:12]
        again = [
            ["again", f"crosscurrent results show {short}"],
            ["picture", f"crosscurrent results plot {short} combination.svg"],
        ]
        lines += ["", columns(again, look.width, indent="")]
    return look.finish("\n".join(lines))


def outcome(document: shapes.Combination) -> tuple[str, str]:
    """Return what came out: the effect whose sign shows it, and the words."""
    found = document["outcome"]
    if found == "inconclusive":
        return "contested", f"{inconclusive(document)} for at least one defense"
    return ("void", VOID[found]) if found in VOID else _OUTCOME[found]


def kept(document: shapes.Combination) -> dict[str, str]:
    """Return what becomes of a defense among others, in words, by its outcome."""
    return {**_KEPT, "inconclusive": inconclusive(document)}


def combination_sentence(document: shapes.Combination) -> str:
    """Say what was expected, what that makes of the outcome, and what was published."""
    text = f"Predicted: {document['conjecture']}"
    if document["conflicts"]:
        pairs = "; ".join(
            f"{each['later']} mitigates {each['risk'].replace('_', ' ')}, which"
            f" {each['earlier']} uses"
            for each in document["conflicts"]
        )
        text += f" ({pairs})"
    text += f"; verdict: {document['verdict']}."
    if document["published"]:
        said = ", ".join(f"{each['name']} {each['outcome']}" for each in document["published"])
        text += f" Published: {said}."
    for name in _idle(document):
        text += (
            f" Alone, {name} was not effective here, so nothing can be said of what the"
            " others do to it."
        )
    return text


def _idle(document: shapes.Combination) -> list[str]:
    """Return the defenses that are not effective alone."""
    first = document["orders"][0]
    return [each["defense"] for each in first["constituents"] if not each["effective_alone"]]


def _order(document: shapes.Combination, order: shapes.Order, look: Style) -> list[str]:
    lines = []
    if len(document["orders"]) > 1:
        proposed = "proposed" if order["proposed"] else "not proposed"
        chain = " → ".join(order["order"])
        lines.append(
            look.paint(f"{chain} ({proposed}): {order['outcome'].replace('_', ' ')}", "bold")
        )
    if void := order.get("void"):
        lines.append(paragraph(f"Evidence of nothing: {void}.", look.width))
    if order["alike"]:
        same = "; ".join(" → ".join(each) for each in order["alike"])
        lines.append(paragraph(f"The same, as it is done here: {same}.", look.width))
    becomes = kept(document)
    rows = [["", "alone", "together", "drop", ""]]
    rows += [
        [
            each["defense"],
            f"{fmean(each['alone']):.3g}",
            f"{fmean(each['combined']):.3g}",
            _interval(each["drop"]),
            f"{look.glyph(_GLYPHS[each['outcome']])} {becomes[each['outcome']]}: {each['name']}",
        ]
        for each in order["constituents"]
    ]
    used = [fmean(document["accuracy"][name]) for name in document["defenses"]]
    alone = " or ".join(f"{each:.3f}" for each in used)
    baseline = fmean(document["accuracy"]["baseline"])
    return [
        *lines,
        columns(rows, look.width),
        paragraph(
            f"accuracy {baseline:.3f} without defense, {alone} with one,"
            f" {fmean(order['accuracy']):.3f} with all",
            look.width,
            "  ",
        ),
    ]


def _interval(found: shapes.Interval) -> str:
    estimate, low, high = (signed(found[key]) for key in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]"


def scale(document: shapes.Combination) -> str:
    """Say on what and with what something was measured."""
    found = document["scale"]
    return (
        f"{repeats(document)} on {found['dataset']}: {found['training_records']} training records,"
        f" {found['model']} with {found['parameters']} parameters. A drop counts if its 95 %"
        " interval excludes zero and it reaches the smallest effect of interest; all arms face the"
        " same attacks."
    )
