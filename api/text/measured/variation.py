"""One pair at several values of a factor, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from crosscurrent.validator.results.outcomes import PLACEBO
from crosscurrent.validator.results.repeats import inconclusive, repeats

from ..names import knowledge_line, percent, signed
from ..terminal import Style, columns, paragraph
from ..wording import NO_CHANGE, shown_as
from .data import data_lines

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["CAUTION", "describe", "notes", "scenarios", "setting", "trends", "values"]

CAUTION = (
    "The graph knows directions, not sizes. It does not predict how the defense's effect changes,"
    " because the factor also moves the risk without the defense."
)
_WHAT: Mapping[Literal["baseline", "defended", "effect"], str] = {
    "baseline": "risk without the defense",
    "defended": "risk with the defense",
    "effect": "the defense's effect",
}
_VERBS: Sequence[Literal["raise", "lower"]] = ("raise", "lower")
_OUTCOME = {
    "increase": "rises",
    "decrease": "falls",
    "no_change": NO_CHANGE,
}


def describe(document: shapes.Variation, look: Style, *, here: bool = True) -> str:
    """Describe a variation, as `validate --vary --json` gives it.

    And the commands for more of it, if it is kept `here`, where the reader can run them.
    """
    vary, trend = document["vary"], document["trend"]
    measured = [cell for cell in document["cells"] if "reason" not in cell]
    defense, risk = (document[key].replace("_", " ") for key in ("defense", "risk"))
    code = f" ({vary['code']})" if vary["code"] else ""
    heading = f"{defense.capitalize()} → {risk}, by {vary['name'].lower()}{code}, measured"
    lines = [
        look.paint(paragraph(heading, look.width), "bold"),
        *([paragraph(setting(vary, measured), look.width)] if measured else []),
        "",
        *data_lines(measured, look),
        columns(values(document, look), look.width),
        paragraph(notes(document), look.width, "  "),
        "",
        *([columns(found, look.width), ""] if (found := trends(document, look)) else []),
        *(paragraph(text, look.width, "  ") for text in scenarios(document)),
        "",
        paragraph(f"The risk with the defense: {trend['verdict']}: {trend['reason']}.", look.width),
        paragraph(CAUTION, look.width),
    ]
    if here:
        more = [
            ["one value", "crosscurrent results list, then results show RESULT"],
            ["picture", "the same command with --plot factor.svg"],
        ]
        lines += ["", columns(more, look.width, indent="")]
    return look.finish("\n".join([*lines, "", knowledge_line(document["knowledge"])]))


def setting(vary: shapes.Varied, measured: Sequence[shapes.Verdict]) -> str:
    """Say on what and with what it was measured, by the values that could be."""
    scales = [cell["scale"] for cell in measured]
    training = list(dict.fromkeys(f"{scale['training_records']:,}" for scale in scales))
    model = "" if vary["setting"] == "model" else f", {scales[0]['model']}"
    return (
        f"{scales[0]['dataset']}{model}, {' / '.join(training)} training records,"
        f" {repeats(measured[0])}; {vary['setting']} set to each value"
    )


def values(document: shapes.Variation, look: Style) -> list[list[str]]:
    """Lay out what came out at each value, under a head."""
    vary, factor = document["vary"], document["trend"]["factor"]
    rows = [[vary["setting"], "measured", "without", "with", "effect", "interval", "outcome"]]
    for place, (value, cell) in enumerate(zip(vary["values"], document["cells"], strict=True)):
        if "reason" in cell:
            rows.append([str(value), "", "", "", "", "", "not measured"])
            continue
        seen = "n/a"
        if factor is not None and factor["baseline"]:
            seen = _amount(fmean(factor["baseline"][place]))
        effect = cell["effect"]
        shown = shown_as(cell["outcome"])
        said = cell["outcome"].replace("_", " ")
        ineffective = " !" if cell["effective_defense"] is False and not cell.get("void") else ""
        rows.append(
            [
                str(value),
                seen,
                f"{fmean(cell['baseline']):.3f}",
                f"{fmean(cell['defended']):.3f}",
                signed(effect["estimate"]),
                f"{signed(effect['low'])} to {signed(effect['high'])}",
                f"{look.paint(look.glyph(shown), shown)} {said}{ineffective}",
            ]
        )
    return rows


def notes(document: shapes.Variation) -> str:
    """Say what the columns are, and why a value was not measured or does not count."""
    factor = document["trend"]["factor"]
    measured = [cell for cell in document["cells"] if "reason" not in cell]
    told = []
    if factor is not None and factor["baseline"]:
        told.append(f"measured: {factor['measure']}, without the defense.")
    elif factor is not None:
        told.append(f"The factor itself is not measurable here: {factor['reason']}.")
    if measured:
        effect = measured[0]["effect"]
        told.append(
            f"without, with: {effect['name']}; {effect['worse_when']} is worse. effect: with −"
            " without, + is more susceptible; smallest effect of interest"
            f" ±{effect['smallest_effect']:g}."
        )
    if any(cell["effective_defense"] is False and not cell.get("void") for cell in measured):
        told.append(
            "!: the defense was not effective there, so its effect says nothing about an"
            " effective one."
        )
    for value, cell in zip(document["vary"]["values"], document["cells"], strict=True):
        if "reason" in cell:
            told.append(f"{value} was not measured: {cell['reason']}.")
        elif void := cell.get("void"):
            told.append(f"At {value} the outcome is evidence of nothing: {void}.")
    return " ".join(told)


def trends(document: shapes.Variation, look: Style) -> list[list[str]]:
    """Lay out how effect and risk change from the lowest value to the highest, under a head."""
    trend, at = document["trend"], document["vary"]["values"]
    found_rows = [(what, row) for name, what in _WHAT.items() if (row := trend[name]) is not None]
    if not found_rows:
        return []
    cells = [cell for cell in document["cells"] if "reason" not in cell]
    said = {**_OUTCOME, "inconclusive": inconclusive(cells[0])}
    rows = [[f"from {at[0]} to {at[-1]}", "change", "interval", "measured", "predicted"]]
    for what, found in found_rows:
        expected = found["expected"] and _OUTCOME[found["expected"]]
        judged = f"{expected}: {found['verdict']}" if expected else "nothing"
        shown = shown_as(found["outcome"])
        rows.append(
            [
                what,
                signed(found["estimate"]),
                f"{signed(found['low'])} to {signed(found['high'])}",
                f"{look.paint(look.glyph(shown), shown)} {said[found['outcome']]}",
                judged,
            ]
        )
    return rows


def scenarios(document: shapes.Variation) -> list[str]:
    """Hold what what-if answers with the factor raised and lowered against what was measured."""
    if document["scenario"] is None:
        if document["defense"] != PLACEBO:
            return ["what-if: the knowledge base does not know this pair"]
        return ["what-if: nothing changes under a placebo"]
    at, trend = document["vary"]["values"], document["trend"]
    texts = []
    ends = {"raise": (at[-1], at[0]), "lower": (at[0], at[-1])}
    for verb in _VERBS:
        found = document["scenario"][verb]
        before, after = found["before"], found["after"]
        odds = " to ".join(percent(each["probability_increase"]) for each in (before, after))
        text = f"what-if --{verb} {document['vary']['factor']}: {before['conjecture']}"
        if not found["because"]:
            text += " as before: nothing is known of how this risk depends on it."
        else:
            text += f" before, {after['conjecture']} after, P(rise) {odds}."
        measured = trend[verb]
        if measured is not None:
            judged = f": {measured['verdict']}" if measured["expected"] else ""
            text += (
                f" Measured, with the defense at {ends[verb][0]} against none at {ends[verb][1]}:"
                f" {signed(measured['estimate'])} ({signed(measured['low'])} to"
                f" {signed(measured['high'])}), {measured['outcome'].replace('_', ' ')}{judged}."
            )
        texts.append(text)
    return texts


def _amount(number: float) -> str:
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 3
    return f"{number:,.{digits}f}".replace("-", "−")
