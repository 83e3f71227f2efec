"""A verdict in words."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from crosscurrent.validator.results.repeats import inconclusive, mean_of, unit

from ..names import lowered, named, signed, susceptibility
from ..terminal import Style, columns, paragraph
from ..wording import INTENDED, NO_CHANGE, SEEN, VOID, shown_as
from .data import data_rows, group_rows

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["describe", "facts", "reason", "scale", "sentence"]

_OUTCOME = {
    "increase": "increase",
    "decrease": "decrease",
    "no_change": NO_CHANGE,
    "inconclusive": "inconclusive",
    **VOID,
}
_EXPECTED = {
    "increase": "an increase was expected",
    "decrease": "a decrease was expected",
    "no_change": "no change was expected",
    "contested": "the factors disagree",
    "unknown": "no factor is known to matter",
}
_SHOWN = {
    "increase": "it rises",
    "decrease": "it falls",
    "no_change": "it does not change meaningfully",
    **{name: f"no conclusion, {said}" for name, said in VOID.items()},
}
_A = {"increase": "an increase", "decrease": "a decrease"}
_CLAIMED = {"+": "increase", "-": "decrease", "0": "stay", "?": "move"}

_MILDER = (
    " A milder setting of the defense (--set defense.NAME=VALUE) or more training records may leave"
    " a model of use."
)

_USEFUL = 0.5
"""Share of what a model is better than chance by, below which it is no longer of use."""


def describe(document: shapes.Verdict, look: Style, *, here: bool = True) -> str:
    """Describe a verdict, as `validate --json` gives it.

    And the commands that show it again, if it is kept `here`, where the reader can run them.
    """
    defense, risk = named(document["defense"]), named(document["risk"])
    shown = shown_as(document["outcome"])
    verdict = f"verdict: {document['verdict']}"
    if document["expected"] is None:
        verdict = "no conjecture to confirm or refute"
    lines = [
        look.paint(paragraph(f"{defense} → {risk.lower()}, measured", look.width), "bold"),
        "",
        f"  {look.paint(look.glyph(shown), shown)} {_OUTCOME[document['outcome']]}; {verdict}",
        paragraph(sentence(document), look.width, "  "),
        "",
        columns(facts(document), look.width),
        "",
        columns(_metrics(document), look.width),
        "",
        *_why(document, look),
        paragraph(scale(document), look.width),
    ]
    if here:
        again = [
            ["again", f"crosscurrent results show {document['id'][:12]}"],
            ["picture", f"crosscurrent results plot {document['id'][:12]} verdict.svg"],
        ]
        lines += ["", columns(again, look.width, indent="")]
    return look.finish("\n".join(lines))


def sentence(document: shapes.Verdict) -> str:
    """Say what came out in a sentence or two that a practitioner understands."""
    found = document["effect"]
    before, after = fmean(document["baseline"]), fmean(document["defended"])
    risk = named(document["risk"]).lower()
    expected = _EXPECTED[document["conjecture"]]
    if document["expected"] is None:
        expected += ", so nothing was expected"
    elif document["expected"] != document["conjecture"]:
        expected += f", but a decrease is {INTENDED}"
    text = (
        f"Susceptibility to {risk}: {_shown(document)}; {expected}. With the defense,"
        f" {lowered(found['name'])} goes from {before:.3f} to {after:.3f}"
        f" ({mean_of(document)}).{_published(document)}"
    )
    if void := document.get("void"):
        text += f" So this is evidence of nothing: {void}."
        return text + (_MILDER if document["outcome"] == "no_longer_useful" else "")
    did = document["effectiveness"]
    if document["effective_defense"] is False and did is not None:
        return (
            f"{text} But the defense was not effective here ({did['name']}: needed"
            f" {did['needed']}), so this says nothing about an effective one."
        )
    used = document["utility"]
    if used["kept"] < _USEFUL:
        text += (
            f" Beware: the defended model has lost most of its use (accuracy"
            f" {fmean(used['baseline']):.3f} to {fmean(used['defended']):.3f}; always answering the"
            f" most common class gives {used['chance']:.3f}), which may be all that this shows."
        )
    if document.get("near_threshold"):
        text += " This is close to a threshold: another machine may give another outcome."
    if document["outcome"] == "inconclusive":
        more, each = document["seeds_to_settle"], f"{unit(document)}s"
        return text + (
            f" About {more} {each} would probably settle it (--{each} {more}{_size(document)})."
            if more
            else f" The effect is about as large as the smallest one of interest: more {each} would"
            " hardly settle it."
        )
    return text


def _size(document: shapes.Verdict) -> str:
    """Return the option by which more draws of a table are as large as these, if it takes one."""
    scale = document["scale"]
    if unit(document) == "seed" or scale["dataset"] == "synthetic":
        return ""
    return f" --set data.records={scale['records']}"


def _shown(document: shapes.Verdict) -> str:
    """Say what came out, the sign apart from the size."""
    outcome, direction = document["outcome"], document["effect"].get("direction")
    said = inconclusive(document) if outcome == "inconclusive" else _SHOWN[outcome]
    if direction is not None and outcome == "no_change":
        return f"{said} ({_A[direction]}, smaller than the smallest effect of interest)"
    if direction is not None and outcome == "inconclusive":
        return f"{said} ({_A[direction]}, and it is open whether one that matters)"
    return said


def _published(document: shapes.Verdict) -> str:
    """Say whether this is what was published."""
    outcome = document["outcome"]
    if other := document.get("other_mechanism"):
        return f" What was published ({' and '.join(other)}) is about another mechanism.".replace(
            "_", " "
        )
    published = [effect for effect in document["published"] if effect != "mixed"]
    if len(published) != 1 or document["effective_defense"] is False or outcome not in SEEN:
        return ""
    same = "as" if published[0] == outcome else "unlike"
    effect = published[0].replace("_", " ")
    return f" That is {same} published ({effect})."


def facts(document: shapes.Verdict) -> list[list[str]]:
    """Return the effect and what it took: what each is about, and what came out."""
    found, used = document["effect"], document["utility"]
    cost = document["cost"]
    rows = [["plug-in", plugin(each)] for each in document.get("plugins", ())]
    rows += [
        [
            "effect",
            f"{susceptibility(found['estimate'])}, {found['level']:.0%} interval"
            f" {signed(found['low'])} to {signed(found['high'])}; smallest effect of interest"
            f" ±{found['smallest_effect']:g}",
        ]
    ]
    if (apart := document.get("between_draws")) is not None:
        rows.append(["draws", f"they differ by a standard deviation of {apart:.3f} beyond seeds"])
    did = document["effectiveness"]
    if did is not None:
        without = "" if did["baseline"] is None else f"{did['baseline']:.3f} without, "
        rows.append(
            [
                "effective",
                f"{'yes' if did['met'] else 'no'}: {did['name']} {without}{did['defended']:.3f}"
                f" with it; needed: {did['needed']}",
            ]
        )
    if privacy := document.get("privacy"):
        rows.append(["privacy", _privacy(privacy)])
    rows.append(
        [
            "utility",
            f"accuracy {fmean(used['baseline']):.3f} without, {fmean(used['defended']):.3f} with"
            f" ({signed(used['estimate'])}, {signed(used['low'])} to {signed(used['high'])})",
        ]
    )
    spent = f"{cost['defended_seconds']:.3f} s to train one model of those trained side by side"
    if cost["side_by_side"] and cost["baseline_seconds"]:
        spent += f", {cost['defended_seconds'] / cost['baseline_seconds']:.1f} × the time without"
    rows.append(["cost", spent])
    return [*rows, *group_rows(document), *data_rows(document["settings"])]


def plugin(found: shapes.Plugin) -> str:
    """Say where a defense or an attack comes from that is not built in."""
    of = f"{found['distribution']} {found['version']}" if found["distribution"] else found["path"]
    return f"{found['role']} {found['id'].replace('_', ' ')}, from {of}"


def _privacy(found: shapes.PrivacyAudit) -> str:
    """Say which ε was accounted for, and which one the models themselves show."""
    text = (
        f"ε {found['accounted']:.3g} accounted for, with delta {found['delta']:.1g}; at least"
        f" {found['lower_bound']:.3g} by {found['right']} right of {found['guesses']} guesses"
        f" ({found['level']:.0%} sure). Without the defense: at least"
        f" {found['baseline_lower_bound']:.3g}"
    )
    if found["lower_bound"] > found["accounted"]:
        text += (
            ". Training does not keep to its budget: look for a fault in clipping, noise or"
            " accounting"
        )
    return text


def _metrics(document: shapes.Verdict) -> list[list[str]]:
    """Lay out everything that was measured, by seed."""
    rows = [["measured", "without", "with", f"by {unit(document)}"]]
    for measured in document["metrics"].values():
        for metric, arms in measured.items():
            pairs = zip(arms["baseline"], arms["defended"], strict=True)
            rows.append(
                [
                    metric.replace("_", " "),
                    f"{fmean(arms['baseline']):.3f}",
                    f"{fmean(arms['defended']):.3f}",
                    " ".join(signed(after - before) for before, after in pairs),
                ]
            )
    return rows


def _why(document: shapes.Verdict, look: Style) -> list[str]:
    """Say of each factor on a path whether it moved as predicted, and the risk with it."""
    found = document["factors"]
    if not found:
        return []
    lines = [
        columns(
            [
                ["why", "each factor on a path, and whether it moved as predicted"],
                *(reason(factor, unit(document)) for factor in found),
            ],
            look.width,
        )
    ]
    if any(each["goes_with_risk"] for each in found):
        count, each = len(document["effect"]["differences"]), f"{unit(document)}s"
        lines.append(
            paragraph(
                f"By chance alone, a risk would move with a factor in all {count} {each} once in"
                f" {2**count:,}; and a risk that moves the same way in all {each} agrees with every"
                " factor that does so, whichever is the cause.",
                look.width,
                "  ",
            )
        )
    return [*lines, ""]


def reason(found: shapes.MechanismCheck, each: str = "seed") -> list[str]:
    """Return a factor on a path, whether it moved as predicted, and the risk with it.

    In how many of the seeds, or whatever `each` is one of.
    """
    code = f" ({found['code']})" if found["code"] else ""
    name = found["name"].lower() + code
    along, change = found["goes_with_risk"], found["change"]
    if along is None or change is None:
        return [name, f"not measurable here: {found['reason']}"]
    before, after = (_amount(fmean(found[arm])) for arm in ("baseline", "defended"))
    risk = ""
    if along["seeds"]:
        risk = f"; the risk moved the predicted way in {along['agree']} of {along['seeds']} {each}s"
    if along["low"] is not None and along["high"] is not None:
        risk += f", rank correlation {signed(along['low'])} to {signed(along['high'])}"
    return [name, f"{_move(found, change)}, {before} to {after}{risk}"]


def _move(found: shapes.MechanismCheck, change: shapes.Change) -> str:
    """Say how a factor moved beside what was predicted."""
    claimed = _CLAIMED[found["defense_sign"]]
    if found["moved"] == "inconclusive":
        low, high = (_amount(change[end]) for end in ("low", "high"))
        return f"unclear (should {claimed}; change {low} to {high})"
    if found["moved"] == "not_moved":
        return f"did not move (should {claimed})"
    if found["moved"] == "as_claimed" and found["defense_sign"] == "0":
        return "stayed as predicted"
    direction = "increased" if change["estimate"] > 0 else "decreased"
    as_predicted = found["moved"] == "as_claimed"
    return direction + (" as predicted" if as_predicted else " against the prediction")


def _amount(number: float) -> str:
    """Write a number with about as many digits as say something."""
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 3
    return f"{number:,.{digits}f}".replace("-", "−")


def scale(document: shapes.Verdict) -> str:
    """Say on what and with what something was measured."""
    found = document["scale"]
    why = found.get("one_by_one")
    return (
        f"This holds for models of this size on this data: {found['model']} with"
        f" {found['parameters']:,} parameters, {found['dataset']} with"
        f" {found['training_records']:,} training records (train accuracy"
        f" {found['train_accuracy']:.3f} without the defense)."
        + (f" Models were trained one after the other: {why}." if why else "")
    )
