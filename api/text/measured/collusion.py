"""A measured collusion in words."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from crosscurrent.validator.results.repeats import inconclusive, mean_of, unit

from ..names import lowered, named, signed
from ..terminal import Style, columns, paragraph
from ..wording import NO_CHANGE, VOID
from .data import data_rows

if TYPE_CHECKING:
    from crosscurrent.validator.experiments import document_types as shapes

__all__ = ["collusion_sentence", "describe", "facts", "outcome", "scale", "shared_factor"]

_OUTCOME = {
    "increase": ("increase", "amplifies: the second attack is stronger with the first"),
    "decrease": ("decrease", "hinders: the second attack is weaker with the first"),
    "no_change": ("no_change", NO_CHANGE),
}
_EXPECTED = {
    "amplifies": "the first was expected to amplify the second",
    "hinders": "the first was not expected to amplify the second",
    "inconclusive": "the factors do not say what to expect",
    "unnecessary": "the second adversary has all that the first could give, so none was expected",
}


def describe(document: shapes.Collusion, look: Style, *, here: bool = True) -> str:
    """Describe a collusion, as `validate collude --json` gives it.

    And the commands that show it again, if it is kept `here`, where the reader can run them.
    """
    shown, said = outcome(document)
    heading = f"{named(document['first'])} → {named(document['second']).lower()}, measured"
    verdict = f"verdict: {document['verdict']}"
    if document["expected"] is None:
        verdict = "no conjecture to confirm or refute"
    lines = [
        look.paint(paragraph(heading, look.width), "bold"),
        "",
        f"  {look.paint(look.glyph(shown), shown)} {said}; {verdict}",
        paragraph(collusion_sentence(document), look.width, "  "),
        "",
        columns(facts(document), look.width),
        "",
        columns(_metrics(document), look.width),
        "",
    ]
    if document["factors"]:
        why = [
            ["why", "whether each shared factor moved"],
            *map(shared_factor, document["factors"]),
        ]
        lines += [columns(why, look.width), ""]
    lines.append(paragraph(scale(document), look.width))
    if here:
        short = document["id"][:12]
        again = [
            ["again", f"crosscurrent results show {short}"],
            ["picture", f"crosscurrent results plot {short} collusion.svg"],
        ]
        lines += ["", columns(again, look.width, indent="")]
    return look.finish("\n".join(lines))


def outcome(document: shapes.Collusion) -> tuple[str, str]:
    """Return what came out: the effect whose sign shows it, and the words."""
    found = document["outcome"]
    if found == "inconclusive":
        return "contested", inconclusive(document)
    return ("void", VOID[found]) if found in VOID else _OUTCOME[found]


def collusion_sentence(document: shapes.Collusion) -> str:
    """Say what came out in a sentence or two that a practitioner understands."""
    before, after = fmean(document["without"]), fmean(document["with"])
    judged = lowered(document["effect"]["name"])
    text = (
        f"By the second attack's {judged}: {before:.3f} without the first attack, {after:.3f} with"
        f" it ({mean_of(document)});"
        f" {_EXPECTED[document['conjecture']]}."
    )
    if document["published"]:
        text += f" Published: {', '.join(document['published'])}."
    if void := document.get("void"):
        text += f" So this is evidence of nothing: {void}."
    if not document["first_effective"]:
        text += (
            " But the first attack was not effective here, so there is no conclusion about a"
            f" collusion (needed: {document['first_effect']['needed']})."
        )
    elif document["outcome"] == "inconclusive":
        more = document["seeds_to_settle"]
        text += f" About {more} {unit(document)}s would probably settle it." if more else ""
    return text


def facts(document: shapes.Collusion) -> list[list[str]]:
    """Return the effect and what it took: what each is about, and what came out."""
    found, did, used = document["effect"], document["first_effect"], document["utility"]
    return [
        [
            "effect",
            f"{signed(found['estimate'])} towards a stronger attack, {found['level']:.0%} interval"
            f" {signed(found['low'])} to {signed(found['high'])}; smallest effect of interest"
            f" ±{found['smallest_effect']:g}",
        ],
        [
            "first",
            f"{'effective' if did['met'] else 'not effective'}: {did['name']}"
            f" {did['measured']:.3f}, and {did['in_vain']:.3f} without the attack",
        ],
        [
            "utility",
            f"accuracy {fmean(used['without']):.3f} without, {fmean(used['with']):.3f} with"
            f" ({signed(used['estimate'])}, {signed(used['low'])} to {signed(used['high'])})",
        ],
        *data_rows(document["settings"]),
    ]


def _metrics(document: shapes.Collusion) -> list[list[str]]:
    rows = [["measured", "without", "with", f"by {unit(document)}"]]
    judged = document["effect"]["metric"]
    for metric in sorted(document["metrics"], key=lambda each: (each != judged, each)):
        arms = document["metrics"][metric]
        pairs = zip(arms["without"], arms["with"], strict=True)
        rows.append(
            [
                metric.replace("_", " "),
                f"{fmean(arms['without']):.3f}",
                f"{fmean(arms['with']):.3f}",
                " ".join(signed(after - before) for before, after in pairs),
            ]
        )
    return rows


def shared_factor(found: shapes.SharedFactor) -> list[str]:
    """Return the name of a shared factor, and whether it moved."""
    code = f" ({found['code']})" if found["code"] else ""
    name = found["name"].lower() + code
    if found["moved"] == "not_measurable":
        return [name, f"not measurable here: {found['reason']}"]
    before, after = (fmean(found[arm]) for arm in ("without", "with"))
    return [name, f"{found['moved'].replace('_', ' ')}: {before:.4g} to {after:.4g}"]


def scale(document: shapes.Collusion) -> str:
    """Say on what and with what something was measured."""
    found = document["scale"]
    return (
        f"On {found['dataset']}: {found['training_records']} training records, {found['model']}"
        f" with {found['parameters']} parameters, {found['train_accuracy']:.3f} accurate on its"
        " training records."
    )
