"""The calibrated model: what it promises on the paper's cells, and that it is what it says."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from strategies import random_rows

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.calibration import (
    Case,
    Features,
    calibration,
    features,
    fit,
    observed_share,
)
from crosscurrent.predictor.guideline import paths_between
from crosscurrent.predictor.interactions import matrix, predict, predict_all


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


SEEDS = st.integers(0, 2**32)


def _answers(kb: KnowledgeBase) -> list[tuple[float, bool]]:
    """Return probability and truth for every explored pair."""
    return [
        (answer.probability_increase, answer.observations[0].record.effect == "increase")
        for row in matrix(kb)
        for answer in row
        if answer.observations
    ]


def test_at_least_40_of_44_are_right_leave_one_out_and_brier_is_at_most_0_095(
    kb: KnowledgeBase,
) -> None:
    answers = _answers(kb)
    assert len(answers) == 44
    assert sum((probability >= 0.5) == rose for probability, rose in answers) >= 40
    assert sum((p - rose) ** 2 for p, rose in answers) / len(answers) <= 0.095


def test_every_pair_gets_a_probability_strictly_between_0_and_1(kb: KnowledgeBase) -> None:
    for row in matrix(kb):
        for answer in row:
            assert 0 < answer.probability_increase < 1


@pytest.mark.parametrize("defense", ["RD1", "RD2", "RD3", "RD4", "PD1", "FD1", "FD2"])
def test_a_pairs_own_observation_never_takes_part_in_its_answer(
    kb: KnowledgeBase, defense: str
) -> None:
    """Turning a pair's observation round, or dropping it, leaves its own probability alone."""
    others_moved = False
    for before in predict_all(kb, defense):
        for seen in before.observations:
            row = kb.rows["observations"][seen.record.id]
            turned = "decrease" if row["effect"] == "increase" else "increase"
            observations = dict(kb.rows["observations"])
            observations[seen.record.id] = {**row, "effect": turned}
            changed = KnowledgeBase({**kb.rows, "observations": observations})
            del observations[seen.record.id]
            dropped = KnowledgeBase({**kb.rows, "observations": observations})
            for other in (changed, dropped):
                after = predict(other, before.defense, before.risk)
                assert after.probability_increase == before.probability_increase
            others_moved |= any(
                new.probability_increase != old.probability_increase
                for new_row, old_row in zip(matrix(changed), matrix(kb), strict=True)
                for new, old in zip(new_row, old_row, strict=True)
            )
    assert others_moved


def test_without_the_pair_it_equals_scikit_learns_ridge_logistic_regression(
    kb: KnowledgeBase,
) -> None:
    """Every held-out fit agrees, given the same two half-weighted imaginary pairs."""
    cases: dict[tuple[str, str], Case] = {}
    for row in matrix(kb):
        for answer in row:
            if answer.observations:
                seen = features(
                    paths_between(kb, answer.defense, kb.risks[answer.risk]), answer.intended
                )
                rose = answer.observations[0].record.effect == "increase"
                cases[answer.defense, answer.risk] = Case(seen, float(rose))
    for held_out in [None, *cases]:
        kept = [case for pair, case in cases.items() if pair != held_out]
        x = np.array([[*case.features] for case in kept] + [[0, 0, 0]] * 2, dtype=float)
        y = np.array([case.increased for case in kept] + [0.0, 1.0])
        weight = np.array([1.0] * len(kept) + [0.5, 0.5])
        reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(x, y, weight)
        expected = [*reference.intercept_, *reference.coef_[0]]
        gone = [held_out] if held_out else []
        assert calibration(kb).weights(gone) == pytest.approx(expected, abs=1e-4)


@given(SEEDS)
def test_the_fit_is_the_optimum_whatever_the_cases(seed: int) -> None:
    rng = random.Random(seed)
    counts: dict[Case, float] = {}
    for _ in range(rng.randrange(0, 60)):
        seen = Features(rng.randint(-6, 6), rng.randint(-6, 6), rng.randint(0, 1))
        case = Case(seen, rng.choice([0.0, 1.0, 1.0, 0.5]))
        counts[case] = counts.get(case, 0.0) + rng.choice([1.0, 3.0])
    bias, *slopes = weights = fit(counts)
    rows = [(case.features, case.increased, n) for case, n in counts.items()]
    rows += [(Features(0, 0, 0), share, 0.5) for share in (0.0, 1.0)]
    gradient = [0.0, *(-w for w in slopes)]
    for seen, share, n in rows:
        p = 1 / (1 + math.exp(-(bias + sum(w * x for w, x in zip(slopes, seen, strict=True)))))
        for i, x in enumerate((1, *seen)):
            gradient[i] += n * (share - p) * x
    assert max(map(abs, gradient)) < 1e-6
    assert all(math.isfinite(w) for w in weights)


def test_with_nothing_observed_every_answer_is_a_coin_toss(kb: KnowledgeBase) -> None:
    empty = KnowledgeBase({**kb.rows, "observations": {}})
    assert {p.probability_increase for row in matrix(empty) for p in row} == {0.5}


def test_with_one_outcome_only_it_stays_short_of_certainty(kb: KnowledgeBase) -> None:
    rows = {
        name: {**row, "effect": "increase" if row["effect"] == "decrease" else row["effect"]}
        for name, row in kb.rows["observations"].items()
    }
    one_way = KnowledgeBase({**kb.rows, "observations": rows})
    assert all(0.5 < p.probability_increase < 1 for row in matrix(one_way) for p in row)


def test_observations_of_an_overlay_count(kb: KnowledgeBase) -> None:
    mine = {
        "id": "mine",
        "defense": "fingerprinting",
        "risk": "poisoning",
        "effect": "decrease",
        "kind": "empirical",
        "sources": ["duddu2024sok"],
    }
    more = KnowledgeBase({**kb.rows, "observations": {**kb.rows["observations"], "mine": mine}})
    pair = ("explanations", "evasion")  # alike in all that the model sees
    assert predict(more, *pair).probability_increase < predict(kb, *pair).probability_increase


@given(SEEDS)
def test_it_depends_on_nothing_but_the_content(seed: int) -> None:
    rows = random_rows(seed)
    shuffled = {
        section: dict(sorted(records.items(), reverse=True)) for section, records in rows.items()
    }
    first, second = KnowledgeBase(rows), KnowledgeBase(shuffled)
    assert first.digest == second.digest
    for left, right in zip(matrix(first), matrix(second), strict=True):
        assert left == right


def test_an_observation_without_condition_counts_before_those_with_one(kb: KnowledgeBase) -> None:
    row = kb.rows["observations"]["sok2024.adversarial_training.evasion"]
    special = {**row, "id": "mine", "effect": "increase", "when": {"role": "malicious_suspect"}}
    more = KnowledgeBase({**kb.rows, "observations": {**kb.rows["observations"], "mine": special}})
    assert observed_share(more, "adversarial_training", "evasion") == 0.0
    pair = ("adversarial_training", "unauthorized_model_ownership")
    assert observed_share(kb, *pair) == 1.0  # the only one, though it has a condition
