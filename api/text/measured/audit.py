"""An audit in words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.validator.results.outcomes import PLACEBO

from ..names import decimal, lowered, named, percent, signed
from ..terminal import Style, columns, paragraph
from ..wording import NO_CHANGE, VOID, shown_as

if TYPE_CHECKING:
    from crosscurrent.validator.audits import document_types as shapes

__all__ = ["describe", "headline", "sentence"]

_OUTCOME = {
    "increase": "increase",
    "decrease": "decrease",
    "no_change": NO_CHANGE,
    "inconclusive": "inconclusive",
    **VOID,
}
_QUALITY = {**_OUTCOME, "increase": "worse", "decrease": "better"}
"""What is said of calibration and utility, which nobody is susceptible to."""
_EXPECTED = {
    "increase": "an increase was expected",
    "decrease": "a decrease was expected",
    "no_change": "no change was expected",
}
_SHOWN = 12


def describe(document: shapes.Audit, look: Style, *, here: bool = True) -> str:
    """Describe an audit, as `audit --json` gives it.

    And the commands that show it again, if it is kept `here`, where the reader can run them.
    """
    compared = len(document["models"]) > 1
    lines = [look.paint(paragraph(title(document), look.width), "bold"), ""]
    for each in document["measured"]:
        lines.append(f"  {_headed(each, look, compared=compared)}")
        lines.append(paragraph(f"{_capital(sentence(each))}.", look.width, "    "))
    lines += ["", columns(_metrics(document), look.width)]
    for each in document["measured"]:
        if parts := _parts(each, compared=compared):
            lines += ["", columns(parts, look.width)]
    if document["not_measured"]:
        lacking = [
            [f"{_named(each['subject'], each['attribute'])}", f"needs {each['needs']}"]
            for each in document["not_measured"]
        ]
        lines += ["", columns([["not measured", ""], *lacking], look.width)]
    told = [paragraph(note, look.width) for note in notes(document)]
    lines += ["", *told]
    if here:
        short = document["id"][:12]
        again = [
            ["again", f"crosscurrent results show {short}"],
            ["picture", f"crosscurrent results plot {short} audit.svg"],
        ]
        lines += ["", columns(again, look.width, indent="")]
    return look.finish("\n".join(lines))


def title(document: shapes.Audit) -> str:
    """Return what was audited."""
    files = " → ".join(_shown(each["file"]) for each in document["models"])
    by = f": {named(document['defense']).lower()}" if document["defense"] else ""
    return f"Audit of {files}{by}"


def headline(document: Mapping[str, Any]) -> list[str]:
    """Return verdicts, outcomes and what was audited, each in a few words, for a list."""
    counts = document["verdicts"] or {}
    told = [f"{counts[each]} {each}" for each in ("confirmed", "refuted") if counts.get(each)]
    verdict = ", ".join(told) or ("inconclusive" if counts else "–")
    moved = [
        f"{count} {outcome}"
        for outcome in ("increase", "decrease")
        if (count := sum(e["risk"] and e["outcome"] == outcome for e in document["measured"]))
    ]
    files = " → ".join(_shown(each["file"]) for each in document["models"])
    if len(document["models"]) == 1:
        return [verdict, "one model", f"audit of {files}"]
    by = f"{document['defense']}, " if document["defense"] else ""
    return [verdict, ", ".join(moved) or "no change", f"audit of {by}{files}"]


def _shown(file: str) -> str:
    """Return the name of a file without its folder; an address as it is."""
    return file if "://" in file else os.path.basename(file)


def sentence(document: shapes.Measured) -> str:
    """Say what was measured of one subject."""
    metric = document["metrics"][document["metric"]]
    before, after, change = metric["before"], metric["after"], metric["change"]
    name = lowered(metric["name"])
    if after is None or change is None:
        said = (
            f"{name} is {decimal(before['estimate'])} (95% interval {decimal(before['low'])} to"
            f" {decimal(before['high'])}"
        )
        if before["chance"] is not None:
            said += f"; chance: {decimal(before['chance'])}"
        return f"{said})"
    said = (
        f"{name} goes from {decimal(before['estimate'])} to {decimal(after['estimate'])}"
        f" ({signed(change['estimate'])}, {change['level']:.0%} interval {signed(change['low'])} to"
        f" {signed(change['high'])})"
    )
    if document["void"] is not None:
        said += f"; evidence of nothing: {document['void']}"
    if document["conjecture"] is not None:
        said += f"; {_predicted(document)}"
    if document["near_threshold"]:
        said += "; close to a threshold"
    return said


def _predicted(document: shapes.Measured) -> str:
    """Say what was expected, with how likely that is by the knowledge base."""
    expected, found = document["expected"], document["prediction"]
    if expected is None:
        told = "nothing was expected, as the factors disagree or none is known to matter"
    else:
        told = _EXPECTED[expected]
    if found is not None:
        likely = found["likelihood"]
        words = found["expect"].replace("_", " ")
        how = "" if likely is None else f", {percent(likely)} likely"
        told += f" (knowledge base: {words}{how}, {found['grade'].replace('_', ' ')})"
    return told


def _headed(document: shapes.Measured, look: Style, *, compared: bool) -> str:
    """Name a subject, with what came out of it."""
    name = _named(document["subject"], document["attribute"])
    if not compared:
        above = document["metrics"][document["metric"]]["before"]["above_chance"]
        if above is None:
            return name
        shown, word = ("increase", "above chance") if above else ("no_change", "not above chance")
        return f"{look.paint(f'{look.glyph(shown)} {name}: {word}', shown)}"
    outcome = document["outcome"] or "inconclusive"
    shown = shown_as(outcome)
    if document["risk"]:
        said = look.paint(f"{look.glyph(shown)} {name}: {_OUTCOME[outcome]}", shown)
    else:
        said = look.paint(f"{name}: {_QUALITY[outcome]}", shown)
    if document["verdict"] is not None:
        told = f"verdict: {document['verdict']}"
        said += f"; {told if document['expected'] else 'no conjecture to confirm or refute'}"
    return said


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _named(subject: str, attribute: str | None) -> str:
    return named(subject) + (f" ({attribute})" if attribute else "")


def _metrics(document: shapes.Audit) -> list[list[str]]:
    """Lay out everything that was measured, with intervals."""
    compared = len(document["models"]) > 1
    head = (
        ["measured", "before", "after", "change"] if compared else ["measured", "", "95% interval"]
    )
    rows = [head]
    for each in document["measured"]:
        for metric in each["metrics"].values():
            before, after, change = metric["before"], metric["after"], metric["change"]
            if after is None or change is None:
                rows.append(
                    [
                        metric["name"],
                        decimal(before["estimate"]),
                        f"{decimal(before['low'])} to {decimal(before['high'])}",
                    ]
                )
                continue
            rows.append(
                [
                    metric["name"],
                    decimal(before["estimate"]),
                    decimal(after["estimate"]),
                    f"{signed(change['estimate'])} ({signed(change['low'])} to"
                    f" {signed(change['high'])})",
                ]
            )
    return rows


def _parts(document: shapes.Measured, *, compared: bool) -> list[list[str]]:
    """Lay out classes or groups."""
    parts = document["parts"]
    if not parts:
        return []
    arms = ["before", "after"] if compared else ["before"]

    def over(numbers: list[float]) -> str:
        return " → ".join(map(decimal, numbers))

    if "class" in parts[0]:
        rows = [["class", "members", "others", "AUC of a threshold on the loss"]]
        rows += [
            [
                each["class"],
                f"{each['members']:,}",
                f"{each['others']:,}",
                over([each[arm] for arm in arms]),
            ]
            for each in parts
        ]
    else:
        rows = [[f"by {document['attribute']}", "records", "favourable answers", "accuracy"]]
        for each in parts:
            told = ["too few", ""]
            if not each["left_out"]:
                told = [
                    over([each[arm][key] for arm in arms])
                    for key in ("favourable_rate", "accuracy")
                ]
            rows.append([each["group"], f"{each['records']:,}", *told])
    if len(rows) > _SHOWN + 1:
        more = len(rows) - 1 - _SHOWN
        rows[_SHOWN + 1 :] = [[f"… {more} more", *[""] * (len(rows[0]) - 1)]]
    return rows


def notes(document: shapes.Audit) -> list[str]:
    """Return what the reader should know of how it was measured."""
    found = [scale(document), *_asked(document)]
    if any(each["members"] is None for each in document["models"]):
        found.append(
            "Membership is not known: all records are taken for ones that the model was not"
            " trained on."
        )
    if document["defense"] not in (None, PLACEBO):
        defense = named(str(document["defense"])).lower()
        if document["effective_defense"] is False:
            found.append(
                f"The gap between groups did not fall, so {defense} was not effective here, and"
                " this says"
                " nothing about one that is."
            )
        elif document["effective_defense"] is None:
            found.append(
                f"Predictions do not show whether {defense} was effective; that is taken as given."
            )
    told = dict.fromkeys(note for each in document["measured"] for note in each["notes"])
    found += [f"{_capital(note)}." for note in told]
    return found


def _asked(document: shapes.Audit) -> list[str]:
    """Say of each model that was asked what it is, and what it was asked about."""
    found = []
    for each in document["models"]:
        # audits that were kept earlier say nothing of models
        if (model := each.get("model")) is None:
            continue
        some = model["attributes"]
        found.append(
            f"{_shown(each['file'])}: {model['kind']}, asked about"
            f" {some:,} attribute{'s' * (some != 1)} of the records of {_shown(model['data'])}; its"
            f" outputs are {model['outputs']}."
        )
    return found


def scale(document: shapes.Audit) -> str:
    """Say of how much this is."""
    first = document["models"][0]
    count, runs = first["records"], len(document["runs"])
    each = f" in each of {runs} runs, on average" if runs > 1 else ""
    size = f"{count / max(runs, 1):,.0f} records{each}"
    if first["members"] is not None:
        size += f", {first['members'] / max(runs, 1):,.0f} of them trained on"
    resamples = document["settings"]["resamples"]
    one = "models" if len(document["models"]) > 1 else "model"
    if runs > 1:
        return (
            f"{size}. Intervals are the wider of that over records ({resamples:,}"
            " resamples) and that over runs."
        )
    told = (
        f"{size}. Intervals are over records ({resamples:,} resamples): they are about"
        f" {'these' if one == 'models' else 'this'} {one}, and not about another training run."
    )
    if any(each.get("model") is not None for each in document["models"]):
        return told
    return f"{told} A column run, with several runs, says how much of it is chance in training."
