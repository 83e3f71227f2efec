"""One pair at several values of a factor, in words."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from ._text import Style, columns, knowledge_line, paragraph, percent

__all__ = ["describe"]

_WHAT = {
    "effect": "the defense's effect",
    "baseline": "the risk without it",
    "defended": "the risk with it",
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
        columns(_scenario(document), look.width),
        "",
        paragraph(f"Verdict on the effect: {trend['verdict']}: {trend['reason']}.", look.width),
    ]
    if measured:
        lines.append(paragraph(_caution(document), look.width))
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
                _signed(effect["estimate"]),
                f"{_signed(effect['low'])} to {_signed(effect['high'])}",
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
                _signed(found["estimate"]),
                f"{_signed(found['low'])} to {_signed(found['high'])}",
                f"{look.paint(look.glyph(shown), shown)} {_OUTCOME[found['outcome']]}",
                judged,
            ]
        )
    return [columns(rows, look.width), ""]


def _scenario(document: Mapping[str, Any]) -> list[list[str]]:
    """Say what what-if answers with the factor raised and lowered."""
    scenario = document["scenario"]
    if scenario is None:
        return [["what-if", "nothing changes under a placebo"]]
    rows = []
    for verb, found in scenario.items():
        before, after = found["before"], found["after"]
        odds = " to ".join(percent(each["probability_increase"]) for each in (before, after))
        name = document["vary"]["factor"]
        because = "; ".join(each["text"] for each in found["because"])
        said = f"{after['conjecture']} as before" if not found["changed"] else (
            f"{before['conjecture']}, then {after['conjecture']}; P(rise) {odds}"
        )  # fmt: skip
        why = because or "nothing is known of how this risk depends on it"
        rows.append([f"what-if --{verb} {name}", f"{said} ({why})"])
    return rows


def _caution(document: Mapping[str, Any]) -> str:
    if document["trend"]["effect"] is None or document["trend"]["effect"]["expected"] is None:
        return "Predictions are of directions, never of sizes; of this one there is none."
    return "Predictions are of directions, never of sizes: how steep it should be is not predicted."


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("-", "−")


def _amount(number: float) -> str:
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 3
    return f"{number:,.{digits}f}".replace("-", "−")
