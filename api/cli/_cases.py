"""Published results of the user's own, as ``crosscurrent backtest --cases`` judges by them."""

from __future__ import annotations

import os

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError, legible
from crosscurrent.predictor.cases import cases_backtest, read_cases
from crosscurrent.predictor.documents import cases_backtest_document

from ..text.names import percent
from ..text.terminal import Style, columns, paragraph
from ._common import as_json, with_knowledge_line
from ._voices import LEGEND, promises, voices

__all__ = ["on_cases"]

_MAX_BYTES = 8 * 1024 * 1024
_DIRECTIONS = ("increase", "decrease")
_OPEN = ("no_change", "mixed", "depends")


def on_cases(kb: KnowledgeBase, path: str, look: Style, *, as_document: bool) -> str:
    """Judge by the published results in a file."""
    rows, ignored = read_cases(_text(path), path)
    result = cases_backtest(kb, rows)
    if as_document:
        return as_json(cases_backtest_document(kb, result, ignored))
    table = [[look.paint(cell, "dim") for cell in ["line", "", "", "seen", "expected", ""]]]
    for line, case in result.cases:
        says = case.says["assessment_conditions_stated"]
        rise = case.rise["assessment_conditions_stated"]
        right = says == case.observed or (case.observed in _OPEN and says in _OPEN)
        defense, risk = kb.defenses[case.defense], kb.risks[case.risk]
        at = f"@{case.stage}" if case.stage else ""
        table.append(
            [
                str(line),
                f"{defense.code or defense.id}{at}-{risk.code or risk.id}",
                "right" if right else "wrong" if says in _DIRECTIONS else "open",
                look.effect(case.observed),
                f"{look.effect(says)}, {percent(rise)} likely to increase",
                case.work or "no such work to hold out",
            ]
        )
    heading = f"Cases of {path}, each with its work held out ({len(result.cases)})"
    lines = [look.paint(heading, "bold"), "", columns(table, look.width), ""]
    lines += [voices(result.scores, look), "", promises(result.reliability, look), ""]
    lines.append(paragraph(LEGEND, look.width))
    for each in result.unasked:
        asked = f"line {each.line} cannot be asked: {each.defense} → {each.risk}: {each.reason}"
        lines.append(paragraph(asked, look.width))
    if ignored:
        lines.append(paragraph(f"columns that are not read: {', '.join(ignored)}", look.width))
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _text(path: str) -> str:
    """Return what a file holds."""
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise InputError(f"{legible(path)}: more than 8 MiB; give a part of it")
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{legible(path)}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{legible(path)}: not UTF-8 at byte {error.start}") from None
