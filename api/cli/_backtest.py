"""``crosscurrent backtest``: how good the conjectures are."""

from __future__ import annotations

from argparse import Namespace

from knowledge import KnowledgeBase
from predictor.backtest import LEVEL, Backtest, Bin, Estimate, Score, backtest

from ._common import as_json, knowledge, style
from ._text import Style, columns, paragraph, percent

__all__ = ["run"]

_NAMES = {
    "guideline": "guideline, with dominance",
    "guideline_unknown_wrong": "guideline, unknown counted wrong",
    "guideline_unanimity_only": "guideline, unanimity only",
    "dominant_factors_alone": "dominant factors alone",
    "calibrated_model": "calibrated model, leave one out",
    "always_increase": "baseline: always increase",
}
_SCOPES = {"all": "All explored pairs", "unintended": "Unintended pairs alone"}
_CAUTION = (
    "Signs and observations come from the same literature, so agreement is consistency, not proof."
    " An interval around a perfect score says nothing about the next pair: resampling can't draw a"
    " mistake that was never made."
)


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    result = backtest(kb, seed=arguments.seed, resamples=arguments.resamples)
    if arguments.json:
        from predictor.documents import backtest_document

        return as_json(backtest_document(result))
    look = style(arguments)
    lines: list[str] = []
    for scope, title in _SCOPES.items():
        scores = result.scores[scope]  # type: ignore[index]
        lines += [look.paint(f"{title} ({scores[0].cells})", "bold"), "", _scores(scores, look), ""]
    for scope, title in _SCOPES.items():
        heading = f"Reliability of the calibrated model: {title.lower()}"
        rows = result.reliability[scope]  # type: ignore[index]
        lines += [look.paint(heading, "bold"), "", _reliability(rows, look), ""]
    lines += [look.paint("Every explored pair", "bold"), "", _cells(kb, result, look), ""]
    if result.disputed:
        pairs = ", ".join(f"{p.defense} → {p.risk}" for p in result.disputed)
        lines += [f"Not scored, since their observations disagree: {pairs}", ""]
    lines.append(
        f"[ ] {LEVEL:.0%} bootstrap interval, {result.resamples} resamples, seed {result.seed};"
        f" knowledge {result.knowledge[:19]}"
    )
    lines.append(paragraph(_CAUTION, look.width))
    return look.finish("\n".join(lines))


def _scores(scores: tuple[Score, ...], look: Style) -> str:
    head = ["", "right", "wrong", "contested", "unknown", "increases", "decreases"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for score in scores:
        counts = (score.right, score.wrong, score.contested, score.unknown)
        directions = (score.increases, score.decreases)
        rows.append(
            [
                f"{_NAMES[score.method]:<33}",
                *(f"{count:>3}" for count in counts),
                *(f"{right}/{decided} of {cells}" for right, decided, cells in directions),
            ]
        )
    counted = columns(rows)
    head = ["", "accuracy of decided", "balanced accuracy", "accuracy of all", "Brier score"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for score in scores:
        shares = (score.accuracy, score.balanced_accuracy, score.accuracy_of_all)
        name = f"{_NAMES[score.method]:<33}"
        rows.append([name, *map(_share, shares), _number(score.brier)])
    return f"{counted}\n\n{columns(rows)}"


def _reliability(rows: tuple[Bin, ...], look: Style) -> str:
    head = ["promised", "pairs", "mean promise", "came true"]
    table = [[look.paint(cell, "dim") for cell in head]]
    for row in rows:
        if row.mean_probability is None or row.share_increased is None:
            figures = ["-", "-"]
        else:
            figures = [
                percent(row.mean_probability),
                f"{row.share_increased:.0%}".replace("%", " %"),
            ]
        table.append(
            [f"{row.low * 100:.0f} to {row.high * 100:.0f} %", f"{row.cells:>3}", *figures]
        )
    return columns(table)


def _cells(kb: KnowledgeBase, result: Backtest, look: Style) -> str:
    head = ["", "pair", "conjecture", "basis", "P(increase)", "observed", ""]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for cell in result.cells:
        prediction = cell.prediction
        defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
        judged = cell.answers["guideline"]
        verdict = judged if judged in ("contested", "unknown") else (
            "right" if judged == cell.observed else "wrong"
        )  # fmt: skip
        model = "" if cell.answers["calibrated_model"] == cell.observed else ", model wrong"
        purpose = ", its purpose" if prediction.intended else ""
        rows.append(
            [
                f"{defense.code or defense.id}-{risk.code or risk.id}",
                f"{defense.name} → {risk.name.lower()}",
                look.effect(prediction.conjecture),
                prediction.basis,
                f"{percent(prediction.probability_increase):>5}",
                look.effect(cell.observed),
                verdict + model + purpose,
            ]
        )
    return columns(rows)


def _share(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.1%} [{estimate.low * 100:.0f}, {estimate.high * 100:.0f}]".replace(
        "%", " %"
    )


def _number(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
