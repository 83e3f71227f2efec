"""``crosscurrent backtest``: how good the conjectures are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from crosscurrent.api.answers.backtests import backtest, measure
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.assessment_backtest import AssessmentBacktest, Held
from crosscurrent.predictor.backtest import LEVEL, Backtest, Bin, Estimate, Scope, Score
from crosscurrent.predictor.collusion_backtest import CollusionBacktest
from crosscurrent.predictor.conflict_backtest import SETS, ConflictBacktest
from crosscurrent.predictor.likelihood import PRIOR_WORKS
from crosscurrent.predictor.measured_backtest import MeasuredBacktest

from ..text.names import percent
from ..text.terminal import Style, columns, paragraph
from ._arguments import add_knowledge_option, add_output_options, natural, positive
from ._cases import on_cases
from ._common import as_json, knowledge, style, with_knowledge_line
from ._voices import LEGEND, promises, voices

__all__ = ["add_arguments", "run"]

_NAMES = {
    "guideline": "guideline",
    "guideline_unknown_wrong": "  unknown counted wrong",
    "guideline_unanimity_only": "  unanimity only",
    "dominant_factors_alone": "  dominant factors alone",
    "calibrated_model": "model, pair held out",
    "calibrated_model_new_defense": "  whole defense held out",
    "calibrated_model_new_risk": "  whole risk held out",
    "base_rate": "baseline: base rate",
    "always_increase": "baseline: increase",
}
_LONGEST = max(map(len, _NAMES.values()))
_SCOPES: dict[Scope, str] = {
    "all": "All explored pairs",
    "unintended": "Pairs that the defense is not meant for",
    "independent": "Pairs whose paths share no source with their observations",
}
_SHORT: dict[Scope, str] = {
    "all": "all pairs",
    "unintended": "not meant for",
    "independent": "no shared source",
}
_CAUTION = (
    "Signs and observations come from the same literature, so agreement is consistency, not proof."
    " An interval around a perfect score says nothing about the next pair: resampling can't draw a"
    " mistake that was never made."
)


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Compare every conjecture with what was published or measured for that pair."
    )
    parser.epilog = "example: crosscurrent backtest --json"
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument("--seed", type=natural, default=0, help="seed of the bootstrap (default 0)")
    parser.add_argument(
        "--resamples", type=positive, default=2000, help="bootstrap resamples (default 2000)"
    )
    parser.add_argument(
        "--cases",
        metavar="FILE",
        help="judge by published results of your own instead: CSV with the columns defense, risk,"
        " observed (increase, decrease, no_change or mixed) and, if you like, work (is held out)"
        " and given (CONDITION=VALUE; ...)",
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    if arguments.cases is not None:
        return on_cases(kb, arguments.cases, style(arguments), as_document=arguments.json)
    how = {"seed": arguments.seed, "resamples": arguments.resamples}
    if arguments.json:
        return as_json(backtest(kb, **how))
    result, assessments, measured, conflicts, collusion = measure(kb, **how)
    look = style(arguments)
    lines: list[str] = []
    for scope, heading in _SCOPES.items():
        scores = result.scores[scope]
        cells = scores[0].cells if scores else 0
        lines += [look.paint(f"{heading} ({cells})", "bold"), ""]
        lines += [_counts(scores, look), "", _shares(scores, look), ""]
    for scope, short in _SHORT.items():
        lines += [look.paint(f"Reliability of the model, {short}", "bold"), ""]
        lines += [_reliability(result.reliability[scope], look), ""]
    lines += [look.paint("Every explored pair", "bold"), "", _cells(kb, result, look), ""]
    if result.disputed:
        pairs = ", ".join(f"{p.defense} → {p.risk}" for p in result.disputed)
        lines += [paragraph(f"Seen to move both ways, so not scored: {pairs}", look.width), ""]
    resampling = f"{result.resamples} resamples, seed {result.seed}"
    note = f"[ ] {percent(LEVEL)} bootstrap interval, {resampling}."
    lines += [note, paragraph(_CAUTION, look.width), ""]
    lines += [*_assessments(assessments, look), "", *_measured(measured, look)]
    lines += [*_conflicts(conflicts, look), "", *_collusion(collusion, look)]
    return with_knowledge_line("\n".join(lines), result.knowledge, look)


_HELD: dict[Held, str] = {
    "paper": "Every published result, its paper held out",
    "pair": "Every published result, all of its pair held out",
}


def _assessments(result: AssessmentBacktest, look: Style) -> list[str]:
    """Judge what is expected by every published result, which is held out."""
    lines: list[str] = []
    for held, heading in _HELD.items():
        scores = [
            each
            for each in result.scores[held]
            if held == "paper" or each.voice != "assessment_conditions_stated"
        ]
        lines += [look.paint(f"{heading} ({len(result.cases[held])})", "bold"), ""]
        lines += [voices(scores, look), "", promises(result.reliability[held], look), ""]
    lines.append(paragraph(LEGEND, look.width))
    heading = f"Factors count for as many works ({PRIOR_WORKS:g} is used), papers held out"
    tried = [each for each in result.priors if each.brier is not None]
    rows = [
        [
            look.paint(cell, "dim")
            for cell in ["works", *(f"{each.prior_works:g}" for each in tried)]
        ],
        ["Brier", *(f"{each.brier:.3f}" for each in tried)],
    ]
    return [*lines, "", look.paint(heading, "bold"), "", columns(rows, look.width)]


def _measured(result: MeasuredBacktest, look: Style) -> list[str]:
    """Judge what is expected by every measured result, none of which is known to who answers."""
    lines: list[str] = []
    for group in result.groups:
        where = "your own models" if group.data is None else f"reference models on {group.data}"
        heading = f"Every result measured in {where} ({len(group.cases)}), all of them left out"
        told = paragraph(heading, look.width)
        lines += [look.paint(told, "bold"), "", voices(group.scores, look), ""]
    if len(result.groups) > 1:
        cases = sum(len(group.cases) for group in result.groups)
        lines += [look.paint(f"Every measured result ({cases})", "bold"), ""]
        lines += [voices(result.scores, look), ""]
    return lines


_SETS = {
    "before_tuning": "Combinations, as first measured",
    "after_tuning": "Combinations, after hyperparameters were tuned",
    "prior_as_published": "Combinations from earlier work, as published (not all are named)",
    "prior_identified": "Combinations from earlier work that are identified",
}
_METHODS = {
    "rule": "rule",
    "different_stages": "baseline: other stages",
    "published_rule": "rule as published",
    "published_baseline": "baseline as published",
    "always_effective": "baseline: effective",
    "always_amplifies": "baseline: amplifies",
    "rule_and_opposed_factor": "+ opposed factor",
    "rule_and_opposed_active_factor": "+ opposed active factor",
    "rule_and_undermined_risk": "+ undermined risk",
    "rule_and_best_mechanism_held_out": "+ best of these, held out",
}


def _conflicts(result: ConflictBacktest, look: Style) -> list[str]:
    lines: list[str] = []
    head = ["", "right", "effective", "conflicts", "accuracy", "balanced"]
    for name in SETS:
        scores = result.scores[name]
        if not scores:
            continue
        lines += [look.paint(f"{_SETS[name]} ({scores[0].cells})", "bold"), ""]
        rows = [[look.paint(cell, "dim") for cell in head]]
        for score in scores:
            balanced = score.balanced_accuracy
            rows.append(
                [
                    f"{_METHODS[score.method]:<25}",
                    f"{score.right}/{score.cells}",
                    f"{score.effective_right}/{score.effective}",
                    f"{score.conflict_right}/{score.conflict}",
                    f"{score.accuracy * 100:.1f} %",
                    "-" if balanced is None else f"{balanced * 100:.2f} %",
                ]
            )
        lines += [columns(rows, look.width), ""]
    same, of = result.agreement
    wrong: dict[frozenset[str], str] = {}  # a pair may have been measured twice
    for cell in result.cells:
        if cell.record.defenses and cell.answers["rule"] != cell.tuned:
            pair = f"{cell.record.code or cell.record.id} ({' + '.join(cell.record.defenses)})"
            wrong.setdefault(frozenset(cell.record.defenses), pair)
    lines.append(f"Our rule equals the paper's printed prediction on {same} of {of}.")
    if wrong:
        text = f"Wrong, after tuning where there was any: {', '.join(wrong.values())}."
        lines.append(paragraph(text, look.width))
    return lines


def _collusion(result: CollusionBacktest, look: Style) -> list[str]:
    names = {
        "prior": "earlier work",
        "validated": "tested by the survey",
        "all": "both",
    }
    rows = [[look.paint(cell, "dim") for cell in ["pairs seen by", "", "right"]]]
    rows += [
        [names[score.pairs], _METHODS[score.method], f"{score.right}/{score.cells}"]
        for score in result.scores
    ]
    same, of = result.agreement
    lines = [look.paint("Collusions", "bold"), "", columns(rows, look.width), ""]
    lines.append(f"The rule equals the paper's own tables on {same} of {of} pairs.")
    for each in result.contradicted:
        text = (
            f"{each.first.id} → {each.second.id}: the table differs, the rule says {each.verdict}"
        )
        lines.append(paragraph(text, look.width, "  "))
    return lines


def _counts(scores: tuple[Score, ...], look: Style) -> str:
    head = ["", "right", "wrong", "contested", "unknown", "increases right", "decreases right"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for score in scores:
        counts = (score.right, score.wrong, score.contested, score.unknown)
        directions = (score.increases, score.decreases)
        rows.append(
            [
                f"{_NAMES[score.method]:<{_LONGEST}}",
                *(f"{count:>3}" for count in counts),
                *(f"{each.right}/{each.decided} of {each.cells}" for each in directions),
            ]
        )
    return columns(rows, look.width)


def _shares(scores: tuple[Score, ...], look: Style) -> str:
    """Write the shares of the decided pairs and of all, and the Brier scores, as three tables."""
    decided = [
        [
            score.method,
            _share(score.accuracy),
            _share(score.increases.accuracy),
            _share(score.decreases.accuracy),
            _share(score.balanced_accuracy),
        ]
        for score in scores
    ]
    of_all = [
        [score.method, _share(score.accuracy_of_all), _share(score.balanced_accuracy_of_all)]
        for score in scores
    ]
    brier = [
        [score.method, *map(_number, (score.brier, score.increases.brier, score.decreases.brier))]
        for score in scores
        if score.brier.value is not None
    ]
    tables = (
        (["% of decided", "accuracy", "of increases", "of decreases", "balanced"], decided),
        (["% of all", "accuracy", "balanced"], of_all),
        (["Brier score", "all", "increases", "decreases"], brier),
    )
    return "\n\n".join(
        columns(
            [
                [f"{head[0]:<{_LONGEST}}", *(look.paint(cell, "dim") for cell in head[1:])],
                *([f"{_NAMES[method]:<{_LONGEST}}", *figures] for method, *figures in rows),
            ],
            look.width,
        )
        for head, rows in tables
    )


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
    return columns(table, look.width)


def _cells(kb: KnowledgeBase, result: Backtest, look: Style) -> str:
    head = ["", "conjecture", "basis", "P(rise)", "observed", ""]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for cell in result.cells:
        prediction = cell.prediction
        defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
        says = cell.answers["guideline"]
        judged = ["right" if says == cell.observed else "wrong"]
        if says in ("contested", "unknown"):
            judged = [says]
        if cell.answers["calibrated_model"] != cell.observed:
            judged.append("model wrong")
        if prediction.intended:
            judged.append("meant for it")
        if cell.independent:
            judged.append("no shared source")
        rows.append(
            [
                f"{defense.code or defense.id}-{risk.code or risk.id}",
                look.effect(prediction.conjecture),
                prediction.basis,
                f"{percent(prediction.probability_increase):>5}",
                look.effect(cell.observed),
                ", ".join(judged),
            ]
        )
    return columns(rows, look.width)


def _share(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    interval = f"[{estimate.low * 100:.0f}, {estimate.high * 100:.0f}]"
    value = f"{estimate.value * 100:.1f}".replace("100.0", "100")
    return f"{value} {interval}"


def _number(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
