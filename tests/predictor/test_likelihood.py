"""The likelihood: a scale without a slope of its own, moved by works as the formula says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from strategies import random_findings

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.evidence import Evidence, Finding, Outcome
from crosscurrent.predictor.interactions import matrix, predict
from crosscurrent.predictor.likelihood import (
    OPEN,
    SOFT,
    Likelihoods,
    Weights,
    increase,
    likelihoods,
    no_change,
)
from crosscurrent.predictor.regression import ridge


def finding(work: str, effect: Outcome, *, firm: bool = True, **unstated: str) -> Finding:
    return Finding(work, effect, unstated, 0, firm)


def seen(*general: Finding, **parts: tuple[Finding, ...]) -> Evidence:
    return Evidence(general, parts.get("open", ()), (), parts.get("measured", ()), {})


def test_a_pair_of_which_nothing_speaks_stays_at_one_half(kb: KnowledgeBase) -> None:
    assert Likelihoods(kb).by_factors("fingerprinting", "poisoning", (), intended=False) == 0.5


def test_what_a_defense_is_meant_for_is_likelier_to_fall(kb: KnowledgeBase) -> None:
    model = Likelihoods(kb)
    assert model.by_factors("fingerprinting", "poisoning", (), intended=True) < 0.5
    active, passive, intended = model.weights("no", "pair")
    assert active > passive > 0 > intended


@given(st.integers(0, 2**32))
def test_the_weights_are_those_of_a_ridge_regression(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, size=(12, 3)).astype(float)
    share = rng.choice([0.0, 0.25, 0.5, 1.0], size=12)
    ours = ridge(
        [(row, float(p), 1.0) for row, p in zip(x.tolist(), share, strict=True)], (1.0,) * 3
    )
    both = np.vstack([x, x])
    weights = np.concatenate([share, 1 - share])
    model = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=10_000)
    if len(set(share)) > 1 or 0 < share[0] < 1:
        model.fit(both, np.array([1] * 12 + [0] * 12), sample_weight=weights)
        assert ours == pytest.approx(tuple(model.coef_[0]), abs=1e-3)


def test_works_are_added_as_the_formula_says() -> None:
    one = finding("a", "increase")
    assert increase(0.2, seen(one)) == pytest.approx((0.2 + 1) / 2)
    assert increase(0.2, seen(one, finding("b", "decrease"))) == pytest.approx((0.2 + 1) / 3)
    assert increase(0.2, seen(finding("a", "mixed"))) == pytest.approx((0.2 + 0.5) / 2)
    soft = finding("a", "increase", firm=False)
    assert increase(0.2, seen(soft)) == pytest.approx((0.2 + SOFT) / (1 + SOFT))
    open_ = finding("a", "increase", poison="backdoor")
    assert increase(0.2, seen(open=(open_,))) == pytest.approx((0.2 + OPEN) / (1 + OPEN))
    measured = increase(0.2, seen(finding("a", "decrease"), measured=(one,)))
    assert measured == pytest.approx((0.1 + 1) / 2)
    assert increase(0.2, seen(one), Weights(prior=4)) == pytest.approx((0.8 + 1) / 5)
    assert no_change(0.1, seen(finding("a", "no_change"))) == pytest.approx((0.1 + 1) / 2)


def test_a_work_counts_once_however_many_records_it_has() -> None:
    twice = seen(finding("a", "increase"), finding("a", "increase"))
    assert increase(0.5, twice) == increase(0.5, seen(finding("a", "increase")))
    both = seen(finding("a", "increase"), finding("a", "decrease"))
    assert increase(0.5, both) == increase(0.5, seen(finding("a", "mixed")))


def test_without_evidence_nothing_moves() -> None:
    assert increase(0.3, seen()) == 0.3
    assert no_change(0.1, seen()) == 0.1


@given(st.integers(0, 2**32))
def test_a_pairs_own_publications_never_take_part_in_what_the_factors_say(seed: int) -> None:
    rows = random_findings(seed)
    kb = KnowledgeBase(rows)
    for row in matrix(kb):
        for each in row:
            left = {
                name: own
                for name, own in rows["observations"].items()
                if (own["defense"], own["risk"]) != (each.defense, each.risk)
            }
            other = KnowledgeBase({**rows, "observations": left})
            before = assess(kb, each).voices[1].likelihood
            after = assess(other, predict(other, each.defense, each.risk)).voices[1].likelihood
            assert before == pytest.approx(after)


def test_a_model_is_kept_as_long_as_its_base(kb: KnowledgeBase) -> None:
    assert likelihoods(kb) is likelihoods(kb)
    assert likelihoods(KnowledgeBase(kb.rows)) is not likelihoods(kb)
