"""A grid of verdicts as a table: defenses down, risks across."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from crosscurrent.knowledge import load
from crosscurrent.validator.results.repeats import inconclusive, repeats

from ..names import knowledge_line, signed
from ..terminal import Style, columns, padded, paragraph
from ..wording import NO_CHANGE, VERDICT_MARKS, shown_as
from .data import data_lines

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["NOT_MEASURED", "Pair", "counted", "describe", "mark", "table"]

_CELL = 9
NOT_MEASURED = "n/a"
"""What stands for the verdict of a cell that has none."""
_PLAIN = {"confirmed": "Y", "refuted": "N", "inconclusive": "-"}

Pair = tuple[str, str]


def describe(document: shapes.Grid, look: Style, *, here: bool = True) -> str:
    """Describe a grid, as `validate --all --json` gives it.

    And the commands for more of it, if it is kept `here`, where the reader can run them.
    """
    cells = {(cell["defense"], cell["risk"]): cell for cell in document["cells"]}
    lines = [
        look.paint(
            paragraph(
                f"Every defense against every risk, measured: {document['dataset']},"
                f" {document['model']}, {repeats(document)}",
                look.width,
            ),
            "bold",
        ),
        "",
        *table(
            cells,
            lambda pair: [_signs(cells[pair], look), _number(cells[pair])],
            look,
        ),
        "",
        columns(_legend(document, look), look.width),
        "",
        paragraph(counted(document["counts"]), look.width),
        *_reasons(document["cells"], look),
        "",
        *data_lines(document["cells"], look),
    ]
    if here:
        more = [
            ["one cell", "crosscurrent results list, then results show RESULT"],
            ["report", "crosscurrent results report grid.html"],
            ["picture", "the same command with --plot grid.svg"],
        ]
        lines += [columns(more, look.width, indent=""), ""]
    if rules := document.get("protocol"):
        lines.append(f"protocol {rules['version']}, digest {rules['digest'][:16]}")
    lines.append(knowledge_line(document["knowledge"]))
    return look.finish("\n".join(lines))


def counted(counts: shapes.Counts) -> str:
    """Say how many cells came out how."""
    said = ""
    if "with_outcome" in counts:
        said = (
            f" {counts['with_outcome']} cells have an outcome that is evidence; in"
            f" {counts['cannot_change']} nothing can change by construction, in"
            f" {counts['nothing_to_move']} nothing could move, in {counts['no_longer_useful']} the"
            f" defended model is no longer of use, and in {counts['ineffective']} the defense was"
            f" not effective. Of {counts['signed']} increases and decreases"
            f" {counts['signed_after_correction']} are left if the false discovery rate over all"
            " effects that were tested is held at 5 % (Benjamini and Hochberg)."
        )
    other = ""
    if count := counts.get("another_mechanism"):
        other = f" What was published for {count} more is about another mechanism."
    return (
        f"Of {counts['cells']} cells the prediction was confirmed in {counts['confirmed']} and"
        f" refuted in {counts['refuted']}; {counts['inconclusive']} are inconclusive and"
        f" {counts['not_measured']} not measured. Where one effect was published, the defense"
        f" was effective and there is an outcome, {counts['as_published']} came out as"
        f" published and {counts['unlike_published']} unlike it.{other}{said}"
    )


def table(pairs: Iterable[Pair], said: Callable[[Pair], list[str]], look: Style) -> list[str]:
    """Lay cells out with their heads, and say what the heads stand for.

    Parameters
    ----------
    pairs : iterable of tuple of str
        Defense and risk of each cell.
    said : callable
        From a pair to the lines of its cell, each up to 8 wide; colour codes take no width.
    look : Style
        How to write.
    """
    kb = load()
    known = list(pairs)
    rows, heads = (list(dict.fromkeys(each)) for each in zip(*known, strict=True))
    code = {
        **{name: found.code or name for name, found in kb.defenses.items()},
        **{name: found.code or name for name, found in kb.risks.items()},
    }
    names = [f"{code.get(row, row)} {row.replace('_', ' ')}" for row in rows]
    explained = list(heads)
    if max(map(len, names)) + 1 + _CELL * len(heads) > look.width:
        names = [code.get(row, row)[:20] for row in rows]
        explained = [*rows, *heads]
    side = max(map(len, names)) + 1
    top = "".join(f"{code.get(head, head)[: _CELL - 1]:^{_CELL}}" for head in heads)
    lines = [look.paint(" " * side + top.rstrip(), "bold")]
    for name, row in zip(names, rows, strict=True):
        cells = [said((row, head)) for head in heads]
        for i in range(max(map(len, cells))):
            start = padded(name if i == 0 else "", side)
            texts = (padded(f" {cell[i]}" if i < len(cell) else "", _CELL) for cell in cells)
            lines.append((start + "".join(texts)).rstrip())
        if not lines[-1]:
            lines.pop()
    meant = "; ".join(f"{code.get(each, each)} {each.replace('_', ' ')}" for each in explained)
    return [*lines, "", paragraph(meant, look.width, "  ")]


def mark(cell: shapes.Verdict, look: Style) -> str:
    """Return the sign for a verdict."""
    if cell["effective_defense"] is False and not cell.get("void"):
        return "!"
    return (VERDICT_MARKS if look.unicode else _PLAIN)[cell["verdict"]]


def _signs(cell: shapes.Verdict | shapes.NotMeasured, look: Style) -> str:
    predicted = look.glyph(cell["conjecture"])
    published = "".join(map(look.glyph, cell["published"]))
    if len(published) != 1:
        published = look.glyph("contested" if published else "unexplored")
    if "reason" in cell:
        return f"{predicted}{published} {NOT_MEASURED}"
    shown = shown_as(cell["outcome"])
    measured = look.paint(look.glyph(shown), shown)
    return f"{predicted}{published}{measured} {mark(cell, look)}"


def _number(cell: shapes.Verdict | shapes.NotMeasured) -> str:
    if "reason" in cell:
        return ""
    return signed(cell["effect"]["estimate"])


def _legend(document: shapes.Grid, look: Style) -> list[list[str]]:
    signs = {name: look.glyph(name) for name in ("increase", "decrease", "no_change")}
    open_, unknown, silent = map(look.glyph, ("contested", "unknown", "unexplored"))
    marks = VERDICT_MARKS if look.unicode else _PLAIN
    example = f"{signs['increase']}{silent}{signs['decrease']} {marks['refuted']}"
    return [
        [example, "predicted, published and measured effect on the risk; then the verdict. Below:"
         " the measured effect in the unit of the risk's metric, + is more susceptible"],
        ["", f"{signs['increase']} more susceptible, {signs['decrease']} less susceptible,"
         f" {signs['no_change']} {NO_CHANGE}, {unknown} unknown, {silent} nothing"
         " published"],
        [open_, "predicted: factors disagree; published: both; measured:"
         f" {inconclusive(document)}"],
        [marks["confirmed"], f"prediction confirmed; {marks['refuted']} refuted;"
         f" {marks['inconclusive']} inconclusive, or nothing was predicted"],
        [look.glyph("void"), "evidence of nothing: nothing could move, the defended model is no"
         " longer of use, or nothing can change by construction"],
        ["!", "the defense was not effective here, so this says nothing about it"],
        [NOT_MEASURED, "not measured"],
    ]  # fmt: skip


def _reasons(cells: Iterable[shapes.Verdict | shapes.NotMeasured], look: Style) -> list[str]:
    """Say once why cells were not measured."""
    because: dict[str, list[str]] = {}
    for cell in cells:
        if "reason" in cell:
            pair = f"{cell['defense']} {cell['risk']}"
            because.setdefault(cell["reason"], []).append(pair)
    if not because:
        return []
    told = [
        paragraph(f"{', '.join(pairs)}: {reason}", look.width, "  ")
        for reason, pairs in because.items()
    ]
    return ["", "Not measured:", *told]
