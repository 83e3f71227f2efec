"""Effects over several data sets or models, in words: one cell as a forest plot, or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crosscurrent.knowledge import load
from crosscurrent.validator.results.pool_rows import COUNTED, Kind, Row, limits, rows

from ..names import knowledge_line, named, signed
from ..terminal import Style, columns, paragraph
from ..wording import shown_as

if TYPE_CHECKING:
    from crosscurrent.validator.results import pool_types as shapes

__all__ = ["METHOD", "counted", "describe", "heading", "left_out", "sentences", "title"]

_KINDS: Final = {"data": ("data set", "data sets"), "model": ("model", "models")}
_SHOWN: Final = {
    "increase": "it rises",
    "decrease": "it falls",
    "no_change": "it does not change meaningfully",
    "inconclusive": "inconclusive",
}
_WIDE = 30
"""Characters of a drawn interval."""
_SIGNS: Final = {
    True: {
        "line": "─",
        "low": "├",
        "high": "┤",
        "study": "●",
        "mean": "◆",
        "zero": "┊",
        "band": "╌",
    },
    False: {
        "line": "-",
        "low": "|",
        "high": "|",
        "study": "o",
        "mean": "#",
        "zero": ":",
        "band": ".",
    },
}
METHOD: Final = (
    "Random effects: the variance between results is Paule and Mandel's, the interval that of"
    " Hartung, Knapp, Sidik and Jonkman."
)
"""How a mean effect and its interval are estimated."""


def describe(document: shapes.Pools, look: Style) -> str:
    """Describe pools, as `results pool --json` gives them: one pair in full, several as a table."""
    found = document["pools"]
    one = document["defense"] is not None and document["risk"] is not None
    parts = [_forest(each, look) for each in found] if one else [_table(document, look)]
    lines = ["\n\n".join(parts), ""]
    if any(each["heterogeneity"] for each in found):
        said = METHOD if document["over"] == "data" else f"{METHOD} {_SHARED}"
        lines += [paragraph(said, look.width), ""]
    return look.finish("\n".join([*lines, knowledge_line(document["knowledge"])]))


_SHARED: Final = (
    "Models on one data set share its records, so the interval is about other models on these data."
)


def title(pool: shapes.Pool) -> str:
    """Name what was measured, and on how many."""
    count = len(pool["studies"])
    one, many = _KINDS[pool["over"]]
    pair = f"{named(pool['defense'])} → {named(pool['risk']).lower()}"
    return f"{pair}, over {count or 'no'} {one if count == 1 else many}"


def heading(pool: shapes.Pool) -> str:
    """Say what the studies have in common that names one."""
    common = pool["common"]
    return f"all with {common['model']}" if "model" in common else f"all on {common['dataset']}"


def sentences(pool: shapes.Pool) -> list[str]:
    """Say what the mean effect is, how much the studies differ, and what another would show."""
    effect, apart = pool["effect"], pool["heterogeneity"]
    one, many = _KINDS[pool["over"]]
    if effect is None:
        return [f"No result here is evidence of anything, so there is nothing to pool over {many}."]
    risk = named(pool["risk"]).lower()
    shown = _SHOWN[pool["outcome"] or "inconclusive"]
    interval = f"{signed(effect['low'])} to {signed(effect['high'])}"
    if apart is None:
        return [
            f"One {one} only: susceptibility to {risk}: {shown} there, effect"
            f" {signed(effect['estimate'])} ({interval}). How it differs between {many} is not"
            " known."
        ]
    count = len(pool["studies"])
    said = [
        f"Susceptibility to {risk}: {shown}, in the mean over such {many}. Mean effect"
        f" {signed(effect['estimate'])} ({effect['level']:.0%} interval {interval}, {count}"
        f" {many}); smallest effect of interest ±{pool['smallest_effect']:g}.",
        f"Between {many} the effect differs by a standard deviation of {apart['tau']:.3f} beyond"
        f" the errors of the results: {apart['i_squared']:.0%} of the variance (I²; Q ="
        f" {apart['q']:.1f} with {apart['degrees_of_freedom']} degrees of freedom, p"
        f" {_p_value(apart['p_value'])}).",
    ]
    reach = pool["prediction"]
    if reach is None:
        said.append(f"Two {many} do not tell where another one would lie.")
    else:
        both = reach["low"] < 0 < reach["high"]
        said.append(
            f"On another such {one} the effect lies between {signed(reach['low'])} and"
            f" {signed(reach['high'])} with a probability of 95 %"
            + (", so it may go either way there." if both else ".")
        )
    return said


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def left_out(pool: shapes.Pool) -> list[str]:
    """Say which results do not count, and why."""
    return [
        f"{each['label']}, result {each['result'][:12]}: {each['reason'].rstrip('.')}"
        for each in pool["left_out"]
    ]


def counted(document: shapes.Pools) -> str:
    """Say of how many cells there is a mean effect."""
    found = document["pools"]
    one, many = _KINDS[document["over"]]
    sizes = [len(each["studies"]) for each in found]
    out = sum(len(each["left_out"]) for each in found)
    return (
        f"Of {len(found)} cells {sum(size > 1 for size in sizes)} are measured on two or more"
        f" {many}, {sizes.count(1)} on one {one}, and {sizes.count(0)} on none that is evidence."
        f" Left out: {out}."
    )


def _forest(pool: shapes.Pool, look: Style) -> str:
    """Draw one cell: each study with its interval, and their mean."""
    own = ", ".join(pool["differing"])
    lines = [
        look.paint(paragraph(title(pool), look.width), "bold"),
        paragraph(f"{heading(pool)}{f'; {own}' if own else ''}", look.width),
        paragraph(f"{pool['name']}; {pool['worse_when']} is worse", look.width),
        "",
    ]
    if counted := rows(pool, COUNTED):
        lines += [columns(_drawn(pool, counted, look), look.width), ""]
    lines += [paragraph(text, look.width, "  ") for text in sentences(pool)]
    if pool["left_out"]:
        lines += ["", "  Left out:"]
        lines += [paragraph(each, look.width, "    ") for each in left_out(pool)]
    return "\n".join(lines)


def _drawn(pool: shapes.Pool, counted: list[Row], look: Style) -> list[list[str]]:
    """Return the lines of what counts, below a heading."""
    scale = _Scale(pool, look)
    lines = [
        [_KINDS[pool["over"]][0], "draws × seeds", "effect", "interval", "weight", scale.head()]
    ]
    for name, found, kind in counted:
        study = kind == "study"
        lines.append(
            [
                name,
                f"{found['draws']} × {found['seeds']}" if study else "",
                signed(found["estimate"]) if "estimate" in found else "",
                _interval(found),
                f"{found['weight']:.0%}" if study else "",
                scale.drawn(found, kind),
            ]
        )
    return lines


def _interval(found: Any) -> str:
    return f"{signed(found['low'])} to {signed(found['high'])}"


class _Scale:
    """From effects to places in a line of characters."""

    def __init__(self, pool: shapes.Pool, look: Style) -> None:
        self._signs = _SIGNS[look.unicode]
        self._smallest = pool["smallest_effect"]
        self._least, self._most = limits(pool, ("study", "mean"))

    def head(self) -> str:
        """Return what lies on either side."""
        return f"{'less':<{_WIDE // 2}}{'more susceptible':>{_WIDE - _WIDE // 2}}"

    def drawn(self, found: Any, kind: Kind) -> str:
        """Draw an interval, its ends cut where they lie outside, and its estimate."""
        text = [" "] * _WIDE
        for place in range(self._at(-self._smallest), self._at(self._smallest) + 1):
            text[place] = self._signs["band"]
        text[self._at(0.0)] = self._signs["zero"]
        low, high = self._at(found["low"]), self._at(found["high"])
        text[low : high + 1] = [self._signs["line"]] * (high - low + 1)
        text[low] = self._signs["low"] if found["low"] >= self._least else "<"
        text[high] = self._signs["high"] if found["high"] <= self._most else ">"
        if "estimate" in found:
            text[self._at(found["estimate"])] = self._signs[kind]
        return "".join(text).rstrip()

    def _at(self, value: float) -> int:
        inside = min(max(value, self._least), self._most)
        return round((inside - self._least) / (self._most - self._least) * (_WIDE - 1))


def _table(document: shapes.Pools, look: Style) -> str:
    """Lay all cells out, one a line, and say what the codes stand for."""
    one, many = _KINDS[document["over"]]
    kb = load()
    code = {name: each.code or name for name, each in kb.defenses.items()}
    code |= {name: each.code or name for name, each in kb.risks.items()}
    table = [["", many, "out", "mean effect", "on another such", "τ", "I²", ""]]
    named_here: dict[str, None] = {}
    for pool in document["pools"]:
        effect, apart, reach = pool["effect"], pool["heterogeneity"], pool["prediction"]
        who, at, stage = pool["defense"].partition("@")
        named_here |= dict.fromkeys((who, pool["risk"]))
        own = ", ".join(pool["differing"])
        table.append(
            [
                f"{code.get(who, who)}{at}{stage} → {code.get(pool['risk'], pool['risk'])}",
                str(len(pool["studies"])),
                str(len(pool["left_out"])),
                f"{signed(effect['estimate'])} ({_interval(effect)})" if effect else "",
                _interval(reach) if reach else "",
                f"{apart['tau']:.3f}" if apart else "",
                f"{apart['i_squared']:.0%}" if apart else "",
                f"{_outcome(pool, look)}{f'; {own}' if own else ''}",
            ]
        )
    filled = [column for column in zip(*table, strict=True) if any(column[1:])]
    told = {column[0] for column in filled}
    meanings = [
        f"{many}: those that count; out: results that do not.",
        "mean effect: with its interval, + is more susceptible, in the unit of the risk's metric;"
        f" of one {one} its own.",
        f"on another such: where the effect on another {one} lies with 95 %.",
        f"τ: standard deviation between {many}; I²: its share of the variance.",
    ]
    shown = [each for each in meanings if each.partition(":")[0] in told]
    meant = [
        f"{code[each]} {each.replace('_', ' ')}"
        for each in named_here
        if code.get(each, each) != each
    ]
    lines = [
        look.paint(f"Each defense and risk over {many}, measured", "bold"),
        "",
        columns(zip(*filled, strict=True), look.width),
        "",
        paragraph("; ".join(meant), look.width, "  "),
        "",
        paragraph(" ".join(shown), look.width, "  "),
        "",
        paragraph(counted(document), look.width),
        "",
        columns([["one cell", "crosscurrent results pool DEFENSE RISK"]], look.width, indent=""),
    ]
    return "\n".join(lines)


def _outcome(pool: shapes.Pool, look: Style) -> str:
    """Say what the mean effect shows, with its sign."""
    outcome = pool["outcome"]
    if outcome is None:
        return f"{look.paint(look.glyph('void'), 'void')} no evidence"
    shown = shown_as(outcome)
    return f"{look.paint(look.glyph(shown), shown)} {outcome.replace('_', ' ')}"
