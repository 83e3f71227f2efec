"""The backtest: the published totals, and that its arithmetic is right."""

from __future__ import annotations

import random

import pytest
from golden_tables import table
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from strategies import random_base

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.backtest import SCOPES, Backtest, Estimate, Scope, Score, backtest


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def result(kb: KnowledgeBase) -> Backtest:
    return backtest(kb, seed=0)


def score(result: Backtest, method: str, scope: Scope = "all") -> Score:
    (found,) = [s for s in result.scores[scope] if s.method == method]
    return found


def outcome(found: Score) -> tuple[int, int, int, int]:
    return found.right, found.wrong, found.contested, found.unknown


def test_the_totals_on_the_44_explored_cells(result: Backtest) -> None:
    assert outcome(score(result, "guideline")) == (30, 6, 3, 5)
    assert outcome(score(result, "guideline_unanimity_only")) == (25, 6, 8, 5)
    assert outcome(score(result, "guideline_unknown_wrong")) == (30, 11, 3, 0)
    assert outcome(score(result, "always_increase")) == (32, 12, 0, 0)
    assert outcome(score(result, "dominant_factors_alone"))[:2] == (18, 0)
    assert score(result, "calibrated_model").right >= 40


def test_the_totals_are_those_worked_out_from_the_paper_independently(result: Backtest) -> None:
    golden = {row["name"]: row["value"] for row in table("summary")}
    for method, name in (("guideline", "dominant"), ("guideline_unanimity_only", "unanimous")):
        for part in ("right", "wrong", "contested", "unknown"):
            key = f"with_own.{name}.{part}"
            assert str(getattr(score(result, method), part)) == golden[key], key


def test_the_model_is_worth_having_only_if_it_beats_the_naive_baseline(result: Backtest) -> None:
    for scope in ("all", "unintended"):
        model = score(result, "calibrated_model", scope)
        naive = score(result, "always_increase", scope)
        assert model.right > naive.right
        assert model.brier.value is not None
        assert naive.brier.value is not None
        assert model.brier.value < naive.brier.value


def test_the_unintended_pairs_are_those_that_no_defense_is_meant_for(
    kb: KnowledgeBase, result: Backtest
) -> None:
    meant = sum(
        bool(kb.observed(d.id, r)) for d in kb.defenses.values() for r in d.protects_against
    )
    assert meant == 8
    assert score(result, "guideline", "unintended").cells == 44 - meant


@pytest.mark.parametrize("scope", SCOPES)
def test_counts_add_up_in_every_direction(result: Backtest, scope: Scope) -> None:
    for found in result.scores[scope]:
        assert sum(outcome(found)) == found.cells
        assert found.increases.right + found.decreases.right == found.right
        assert found.increases.decided + found.decreases.decided == found.right + found.wrong
        assert found.increases.cells + found.decreases.cells == found.cells
    cells = result.scores[scope][0].cells
    assert sum(row.cells for row in result.reliability[scope]) == cells


def figures(found: Score) -> list[Estimate]:
    return [
        found.accuracy,
        found.balanced_accuracy,
        found.accuracy_of_all,
        found.balanced_accuracy_of_all,
        found.increases.accuracy,
        found.decreases.accuracy,
        found.brier,
    ]


def test_every_interval_holds_its_figure(result: Backtest) -> None:
    for scores in result.scores.values():
        for found in scores:
            for figure in figures(found):
                if figure.value is None:
                    assert (figure.low, figure.high) == (None, None)
                else:
                    assert figure.low is not None
                    assert figure.high is not None
                    assert 0 <= figure.low <= figure.value <= figure.high <= 1


def test_accuracies_are_shares_of_the_decided_and_of_all(result: Backtest) -> None:
    found = score(result, "guideline")
    assert found.accuracy.value == pytest.approx(30 / 36, abs=1e-4)
    assert found.accuracy_of_all.value == pytest.approx(30 / 44, abs=1e-4)
    assert found.increases.accuracy.value == pytest.approx(22 / 26, abs=1e-4)
    assert found.decreases.accuracy.value == pytest.approx(8 / 10, abs=1e-4)
    assert found.balanced_accuracy.value == pytest.approx((22 / 26 + 8 / 10) / 2, abs=1e-4)
    assert found.balanced_accuracy_of_all.value == pytest.approx((22 / 32 + 8 / 12) / 2, abs=1e-4)
    assert found.coverage == pytest.approx(36 / 44, abs=1e-4)


@pytest.mark.parametrize(("method", "right"), [("guideline", 30), ("calibrated_model", 40)])
def test_intervals_are_those_of_drawing_44_cells_with_replacement(
    result: Backtest, method: str, right: int
) -> None:
    """The number right in a resample is binomial, so its quantiles are known."""
    interval = score(result, method).accuracy_of_all
    low, high = binom.ppf([0.025, 0.975], 44, right / 44) / 44
    assert interval.low == pytest.approx(low, abs=1.5 / 44)
    assert interval.high == pytest.approx(high, abs=1.5 / 44)


def test_an_interval_is_that_of_the_figure_worked_out_anew_in_each_resample(
    result: Backtest,
) -> None:
    cells, rng = result.cells, random.Random(0)
    balanced, brier = [], []
    for sample in (rng.choices(cells, k=len(cells)) for _ in range(result.resamples)):
        judged = [
            (c.observed, c.answers["guideline"] == c.observed)
            for c in sample
            if c.answers["guideline"] in ("increase", "decrease")
        ]
        by_direction = [
            [right for seen, right in judged if seen == way] for way in ("increase", "decrease")
        ]
        balanced.append(sum(sum(each) / len(each) for each in by_direction) / 2)
        errors = [
            (c.probabilities["calibrated_model"] - (c.observed == "increase")) ** 2 for c in sample
        ]
        brier.append(sum(errors) / len(errors))
    for figure, values in (
        (score(result, "guideline").balanced_accuracy, sorted(balanced)),
        (score(result, "calibrated_model").brier, sorted(brier)),
    ):
        assert figure.low == pytest.approx(values[49], abs=1e-4)
        assert figure.high == pytest.approx(values[-50], abs=1e-4)


def test_holding_more_out_is_harder_and_said_so(result: Backtest) -> None:
    alone = score(result, "calibrated_model").brier.value
    for method in ("calibrated_model_new_defense", "calibrated_model_new_risk"):
        wider = score(result, method).brier.value
        assert alone is not None
        assert wider is not None
        assert alone < wider < 0.11


def test_pairs_that_share_a_source_with_their_paths_are_told_apart(
    kb: KnowledgeBase, result: Backtest
) -> None:
    assert score(result, "guideline", "independent").cells == 23
    for cell in result.cells:
        answer = cell.prediction
        edges = [kb.edges(answer.defense), kb.edges(answer.risk)]
        common = edges[0].keys() & edges[1].keys()
        behind = {source for side in edges for name in common for source in side[name].sources}
        (seen,) = kb.observed(answer.defense, answer.risk)
        assert cell.independent == (not behind & set(seen.sources))


def test_the_base_rate_is_that_of_the_other_pairs(result: Backtest) -> None:
    for cell in result.cells:
        expected = (32 - (cell.observed == "increase")) / 43
        assert cell.probabilities["base_rate"] == pytest.approx(expected, abs=1e-4)


def test_the_brier_score_is_what_its_name_says(result: Backtest) -> None:
    model = score(result, "calibrated_model")
    errors = [
        (cell.prediction.probability_increase - (cell.observed == "increase")) ** 2
        for cell in result.cells
    ]
    assert model.brier.value == pytest.approx(sum(errors) / len(errors), abs=1e-4)


def test_the_reliability_table_follows_from_the_cells(result: Backtest) -> None:
    for row in result.reliability["all"]:
        inside = [
            cell
            for cell in result.cells
            if row.low <= cell.prediction.probability_increase < row.high
        ]
        assert row.cells == len(inside)
        if inside:
            rose = sum(cell.observed == "increase" for cell in inside) / len(inside)
            assert row.share_increased == pytest.approx(rose, abs=1e-4)


def test_the_same_seed_gives_the_same_answer_and_another_seed_other_intervals(
    kb: KnowledgeBase, result: Backtest
) -> None:
    assert backtest(kb, seed=0).scores == result.scores
    other = backtest(kb, seed=1)
    assert [c.answers for c in other.cells] == [c.answers for c in result.cells]
    assert other.scores != result.scores


def test_contradictory_observations_are_listed_and_not_scored(kb: KnowledgeBase) -> None:
    row = kb.rows["observations"]["sok2024.adversarial_training.evasion"]
    more = {**kb.rows["observations"], "mine": {**row, "id": "mine", "effect": "increase"}}
    result = backtest(KnowledgeBase({**kb.rows, "observations": more}), seed=0, resamples=10)
    assert [(p.defense, p.risk) for p in result.disputed] == [("adversarial_training", "evasion")]
    assert len(result.cells) == 43


def test_a_base_without_observations_has_nothing_to_score(kb: KnowledgeBase) -> None:
    result = backtest(KnowledgeBase({**kb.rows, "observations": {}}), seed=0, resamples=10)
    assert result.cells == ()
    assert result.scores == dict.fromkeys(SCOPES, ())


def test_no_resamples_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        backtest(kb, seed=0, resamples=0)


@given(SEEDS)
def test_every_method_answers_every_cell_of_any_base(seed: int) -> None:
    result = backtest(random_base(seed), seed=0, resamples=5)
    for cell in result.cells:
        assert cell.answers.keys() >= cell.probabilities.keys()
        assert all(0 <= probability <= 1 for probability in cell.probabilities.values())
        assert set(cell.answers.values()) <= {"increase", "decrease", "contested", "unknown"}
