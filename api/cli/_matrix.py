"""``crosscurrent matrix``: every defense against every risk."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from api.pictures import matrix_svg, strength
from predictor.interactions import Prediction, matrix

from ._common import as_json, knowledge, style
from ._text import Style, percent

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = ["run"]

# backgrounds from weak to strong, with a text colour that stays readable on them
_HEAT = {
    "increase": ((223, 16), (215, 16), (208, 16)),
    "decrease": ((153, 16), (75, 16), (32, 231)),
    "contested": ((252, 16),) * 3,
    "unknown": ((254, 16),) * 3,
}
_FIELDS = (
    "defense", "risk", "intended", "conjecture", "basis", "probability_increase", "published",
    "decisive_factors",
)  # fmt: skip


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    rows = matrix(kb)
    if arguments.json or arguments.format == "json":
        from predictor.documents import matrix_document

        return as_json(matrix_document(rows, kb.digest))
    if arguments.format == "csv":
        return _csv(rows)
    if arguments.format == "svg":
        return matrix_svg(kb, rows)
    return _heat_map(kb, rows, style(arguments))


def _csv(rows: tuple[tuple[Prediction, ...], ...]) -> str:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in rows:
        for prediction in row:
            decisive = [
                path.factor.id
                for path in prediction.paths
                if path.decides(prediction.conjecture, prediction.basis)
            ]
            seen = [each.record.effect for each in prediction.observations]
            writer.writerow(
                (
                    prediction.defense,
                    prediction.risk,
                    str(prediction.intended).lower(),
                    prediction.conjecture,
                    prediction.basis,
                    prediction.probability_increase,
                    " ".join(seen),
                    " ".join(decisive),
                )
            )
    return stream.getvalue()


def _heat_map(kb: KnowledgeBase, rows: tuple[tuple[Prediction, ...], ...], look: Style) -> str:
    width = 8
    side = max(len(f"{d.code or ''} {d.name}") for d in kb.defenses.values()) + 2
    head = "".join(f"{risk.code or risk.id:^{width}}"[:width] for risk in kb.risks.values())
    lines = [look.paint(" " * side + head.rstrip(), "bold")]
    for defense, row in zip(kb.defenses.values(), rows, strict=True):
        name = f"{defense.code or '':<4}{defense.name}"
        cells = "".join(_cell(prediction, look, width) for prediction in row)
        lines.append(f"{name:<{side}}{cells.rstrip()}")
    names = [f"{risk.code} {risk.name.lower()}" for risk in kb.risks.values()]
    up, down = look.glyph("increase"), look.glyph("decrease")
    lines += [
        "",
        "  " + " · ".join(names[:4]),
        "  " + " · ".join(names[4:]),
        "",
        f"  {up} 94 {up}  conjecture, probability of an increase in %, published",
        f"  {up} the risk increases   {down} it decreases   {look.glyph('contested')} contested"
        f"   {look.glyph('unknown')} no common factor   {look.glyph('unexplored')} unexplored"
        "   [ ] the defense's purpose",
    ]
    return look.finish("\n".join(lines))


def _cell(prediction: Prediction, look: Style, width: int) -> str:
    seen = dict.fromkeys(each.record.effect for each in prediction.observations)
    observed = next(iter(seen)) if len(seen) == 1 else ("contested" if seen else "unexplored")
    likely = percent(prediction.probability_increase).removesuffix(" %")
    body = f"{look.glyph(prediction.conjecture)} {likely:>2} {look.glyph(observed)}"
    text = f"[{body}]" if prediction.intended else f" {body} "
    if look.colour:
        shade, ink = _HEAT[prediction.conjecture][strength(prediction)]
        text = f"\x1b[48;5;{shade};38;5;{ink}m{text}\x1b[0m"
    return text + " " * (width - len(body) - 2)
