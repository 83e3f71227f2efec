"""``crosscurrent kb diff``: what knowledge files change."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.api.answers.comparisons import diff
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import clip
from crosscurrent.predictor.differences import Differences, differences
from crosscurrent.predictor.interactions import Prediction

from ..text.names import percent
from ..text.terminal import Style, columns
from ._common import as_json, overlays, style
from ._predict import measured, published

__all__ = ["run"]

_SHOWN_SHIFTS = 5
_TIE = "\N{NO-BREAK SPACE}"  # keeps a factor and its arrow on one line


def run(arguments: Namespace) -> str:
    """Answer the question."""
    standing = overlays(arguments)
    before, after = load(standing), load([*standing, *arguments.folders])
    if arguments.json:
        return as_json(diff(before, after))
    return _describe(before, after, differences(before, after), style(arguments))


def _describe(before: KnowledgeBase, after: KnowledgeBase, result: Differences, look: Style) -> str:
    if result.before == result.after:
        return f"nothing changes: {result.after}"
    lines = [look.paint("Records", "bold"), ""]
    records = [
        [verb, section, name + _sign(kb, section, name)]
        for verb, kb, sections in (
            ("added", after, result.added),
            ("retracted", before, result.retracted),
        )
        for section, names in sections.items()
        for name in names
    ]
    records += [
        ["revised", section, f"{name}: {field} {_brief(old)} → {_brief(new)}"]
        for section, revised in result.revised.items()
        for name, changes in revised.items()
        for field, (old, new) in changes.items()
    ]
    lines.append(columns(records, look.width))
    lines += ["", look.paint("Predictions", "bold"), ""]
    rows = []
    for change in result.predictions:
        name = _pair(after, change.after) or _pair(before, change.before)
        rows.append([name, "before", *_answer(change.before, look)])
        rows.append(["", "after", *_answer(change.after, look)])
    lines.append(
        columns(rows, look.width) if rows else "  none changes in conjecture, paths or observations"
    )
    if result.shifted:
        count = len(result.shifted)
        lines += ["", f"  the probability alone moves for {count} more pairs, most for:"]
        shifts = [
            [
                _pair(after, new),
                f"{percent(old.probability_increase)} → {percent(new.probability_increase)}",
            ]
            for old, new in result.shifted[:_SHOWN_SHIFTS]
            if old and new
        ]
        lines.append(columns(shifts, look.width))
    lines += ["", f"{result.before[:19]} → {result.after[:19]}"]
    return look.finish("\n".join(lines).replace(_TIE, " "))


def _sign(kb: KnowledgeBase, section: str, name: str) -> str:
    return f" ({kb.correlations[name].sign})" if section == "correlations" else ""


def _brief(value: object) -> str:
    return "nothing" if value is None else clip(str(value), 40)


def _pair(kb: KnowledgeBase, prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
    return f"{defense.code or defense.id} → {risk.code or risk.id}"


def _answer(prediction: Prediction | None, look: Style) -> list[str]:
    if prediction is None:
        return ["not known", "", "", ""]
    arrows = {"+": look.glyph("increase"), "-": look.glyph("decrease")}
    paths = (
        f"{path.factor.code or path.factor.id}{_TIE}{arrows.get(path.effect, path.effect)}"
        for path in prediction.paths
    )
    return [
        look.effect(prediction.conjecture),
        percent(prediction.probability_increase),
        published(prediction, look)
        + (f"; measured {measured(prediction, look)}" if prediction.measured else ""),
        ", ".join(paths),
    ]
