"""One pair at several values of a factor, in words."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from ._text import Style, columns, knowledge_line, paragraph, percent, signed

__all__ = ["describe"]

_WHAT = {
    "baseline": "risk without the defense",
    "defended": "risk with the defense",
    "effect": "the defense's effect",
}
_OUTCOME = {
    "increase": "rises",
    "decrease": "falls",
    "no_change": "no change that matters",
    "inconclusive": "the seeds cannot tell",
}


def describe(document: Mapping[str, Any], look: Style, *, here: bool = True) -> str:
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
        *([paragraph(_scale(vary, measured), look.width)] if measured else []),
        "",
        columns(_values(document, look), look.width),
        *_reasons(document, look),
        "",
        *_trend(document, look),
        *_scenarios(document, look),
        paragraph(f"The risk with the defense: {trend['verdict']}: {trend['reason']}.", look.width),
        paragraph(
            "What is known of factors are directions, never sizes; and how the defense's effect"
            " changes does not follow from them, as a factor moves the risk without it too.",
            look.width,
        ),
    ]
    if here:
        more = [
            ["one value", "crosscurrent results list, then results show RESULT"],
            ["picture", "the same command with --plot factor.svg"],
        ]
        lines += ["", columns(more, look.width, indent="")]
    return look.finish("\n".join([*lines, "", knowledge_line(document["knowledge"])]))


def _scale(vary: Mapping[str, Any], measured: list[Mapping[str, Any]]) -> str:
    scales = [cell["scale"] for cell in measured]
    training = list(dict.fromkeys(f"{scale['training_records']:,}" for scale in scales))
    model = "" if vary["setting"] == "model" else f", {scales[0]['model']}"
    return (
        f"{scales[0]['dataset']}{model}, {' / '.join(training)} training records,"
        f" {len(measured[0]['seeds'])} paired seeds; {vary['setting']} set to each value"
    )


def _values(document: Mapping[str, Any], look: Style) -> list[list[str]]:
    """Lay out what came out at each value."""
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
        shown = "contested" if cell["outcome"] == "inconclusive" else cell["outcome"]
        said = cell["outcome"].replace("_", " ")
        ineffective = " !" if cell["effective_defense"] is False else ""
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


def _reasons(document: Mapping[str, Any], look: Style) -> list[str]:
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
            f" without, + is more susceptible; ±{effect['smallest_effect']:g} matters."
        )
    if any(cell["effective_defense"] is False for cell in measured):
        told.append(
            "!: the defense did not do its own work there, so its effect says nothing about an"
            " effective one."
        )
    values = document["vary"]["values"]
    for value, cell in zip(values, document["cells"], strict=True):
        if "reason" in cell:
            told.append(f"{value} was not measured: {cell['reason']}.")
    return [paragraph(" ".join(told), look.width, "  ")]


def _trend(document: Mapping[str, Any], look: Style) -> list[str]:
    """Lay out how effect and risk change from the lowest value to the highest."""
    trend, values = document["trend"], document["vary"]["values"]
    if trend["effect"] is None:
        return []
    rows = [[f"from {values[0]} to {values[-1]}", "change", "interval", "measured", "predicted"]]
    for name, what in _WHAT.items():
        found = trend[name]
        expected = found["expected"] and _OUTCOME[found["expected"]]
        judged = f"{expected}: {found['verdict']}" if expected else "nothing"
        shown = "contested" if found["outcome"] == "inconclusive" else found["outcome"]
        rows.append(
            [
                what,
                signed(found["estimate"]),
                f"{signed(found['low'])} to {signed(found['high'])}",
                f"{look.paint(look.glyph(shown), shown)} {_OUTCOME[found['outcome']]}",
                judged,
            ]
        )
    return [columns(rows, look.width), ""]


def _scenarios(document: Mapping[str, Any], look: Style) -> list[str]:
    """Hold what what-if answers with the factor raised and lowered against what was measured."""
    if document["scenario"] is None:
        return ["  what-if: nothing changes under a placebo", ""]
    values, trend = document["vary"]["values"], document["trend"]
    lines = []
    ends = {"raise": (values[-1], values[0]), "lower": (values[0], values[-1])}
    for verb, found in document["scenario"].items():
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
        lines.append(paragraph(text, look.width, "  "))
    return [*lines, ""]


def _amount(number: float) -> str:
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 3
    return f"{number:,.{digits}f}".replace("-", "−")
