"""Verdicts from made-up results: every combination of what is expected and what is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from outcomes import DIFFERENCES, document, verdict

from crosscurrent.api.text.measured.verdict import describe, sentence
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.measurements import pair_prior

# the watermark's accuracy on its triggers; 0.9 is needed
EFFECTIVE: dict[str, Any] = {"reading": 1.0}
PLAIN = Style(colour=False, unicode=True)

# conjecture: verdicts by what an effective defense's experiment shows
VERDICTS = {
    "increase": {
        "increase": "confirmed",
        "decrease": "refuted",
        "no_change": "refuted",
        "inconclusive": "inconclusive",
    },
    "decrease": {
        "increase": "refuted",
        "decrease": "confirmed",
        "no_change": "refuted",
        "inconclusive": "inconclusive",
    },
    "no_change": {
        "increase": "refuted",
        "decrease": "refuted",
        "no_change": "confirmed",
        "inconclusive": "inconclusive",
    },
    "contested": dict.fromkeys(DIFFERENCES, "inconclusive"),
    "unknown": dict.fromkeys(DIFFERENCES, "inconclusive"),
}
every_case = pytest.mark.parametrize(
    ("conjecture", "shows"), [(c, s) for c, row in VERDICTS.items() for s in row]
)


@every_case
def test_an_effective_defense_confirms_or_refutes_what_was_definitely_expected(
    kb: KnowledgeBase, conjecture: str, shows: str
) -> None:
    found = document(kb, conjecture=conjecture, shows=shows, **EFFECTIVE)
    assert found["conjecture"] == conjecture
    assert found["outcome"] == shows
    assert found["effective_defense"] is True
    assert found["verdict"] == VERDICTS[conjecture][shows]


@every_case
def test_an_ineffective_defense_settles_nothing_and_the_sentence_says_so(
    kb: KnowledgeBase, conjecture: str, shows: str
) -> None:
    found = document(kb, conjecture=conjecture, shows=shows, reading=0.3)
    assert found["outcome"] == shows
    assert found["effective_defense"] is False
    assert found["verdict"] == "inconclusive"
    assert "the defense was not effective" in sentence(found)
    assert "at least 0.9" in sentence(found)


@every_case
def test_people_are_told_the_verdict_the_outcome_and_what_was_expected(
    kb: KnowledgeBase, conjecture: str, shows: str
) -> None:
    found = document(kb, conjecture=conjecture, shows=shows, **EFFECTIVE)
    told = " ".join(describe(found, PLAIN).split())
    said = {
        "increase": "it rises",
        "decrease": "it falls",
        "no_change": "it does not change",
        "inconclusive": "inconclusive with these seeds",
    }[shows]
    assert f"membership inference: {said}" in told
    if conjecture in ("contested", "unknown"):
        assert "; no conjecture to confirm or refute Susceptibility" in told
        assert "so nothing was expected" in told
        assert found["expected"] is None
    else:
        assert f"verdict: {found['verdict']}" in told
        assert found["expected"] == conjecture
        assert f"{conjecture.replace('_', ' ')} was expected" in told
    low, high = found["effect"]["low"], found["effect"]["high"]
    assert f"95% interval {low:+.3f} to {high:+.3f}".replace("-", "−") in told


@pytest.mark.parametrize(
    ("shows", "verdict"),
    [("decrease", "confirmed"), ("increase", "refuted"), ("inconclusive", "inconclusive")],
)
def test_what_a_defense_is_meant_for_is_expected_where_the_factors_disagree(
    kb: KnowledgeBase, shows: str, verdict: str
) -> None:
    found = document(
        kb, "differential_privacy", "membership_inference", conjecture="contested",
        intended=True, shows=shows, reading=0.5,
    )  # fmt: skip
    assert (found["conjecture"], found["expected"]) == ("contested", "decrease")
    assert (found["effective_defense"], found["verdict"]) == (True, verdict)
    told = " ".join(describe(found, PLAIN).split())
    assert "the factors disagree, but a decrease is what the defense is meant for" in told


def test_a_defended_model_that_is_of_no_more_use_is_warned_of(kb: KnowledgeBase) -> None:
    found = document(kb, **EFFECTIVE)
    assert found["utility"]["kept"] == 1
    assert "Beware" not in sentence(found)
    spoilt = document(kb, **EFFECTIVE, accuracy=0.3)
    assert spoilt["utility"]["chance"] == pytest.approx(183 / 1797)
    assert spoilt["utility"]["kept"] == pytest.approx((0.3 - 183 / 1797) / (0.9 - 183 / 1797))
    assert "accuracy falls from 0.900 to 0.300, where chance is 0.102" in sentence(spoilt)
    kept_before = spoilt.copy()  # by a version that only warned
    kept_before["outcome"] = "increase"
    del kept_before["void"]
    assert "Beware: the defended model has lost most of its use (accuracy 0.900 to 0.300" in (
        sentence(kept_before)
    )


def test_times_compare_only_where_both_arms_were_trained_side_by_side(kb: KnowledgeBase) -> None:
    beside = document(kb, **EFFECTIVE)
    assert beside["cost"]["side_by_side"] is True
    assert "× the time without" in describe(beside, PLAIN)
    apart = document(kb, **EFFECTIVE, run="another")
    assert apart["cost"]["side_by_side"] is False
    assert "× the time without" not in describe(apart, PLAIN)


@pytest.mark.parametrize(("reading", "effective"), [(0.9, True), (0.899, False), (1.0, True)])
def test_a_reading_is_compared_with_what_is_needed(
    kb: KnowledgeBase, reading: float, effective: bool
) -> None:
    found = document(kb, reading=reading)
    assert found["effective_defense"] is effective
    assert found["effectiveness"] == {
        "metric": "trigger_accuracy",
        "name": "accuracy on the trigger set",
        "met": effective,
        "baseline": None,
        "defended": pytest.approx(reading),
        "needed": "at least 0.9",
    }


@pytest.mark.parametrize(("spent", "effective"), [(1.0, True), (10.0, True), (10.1, False)])
def test_of_a_privacy_budget_less_is_better(
    kb: KnowledgeBase, spent: float, effective: bool
) -> None:
    found = document(kb, "differential_privacy", reading=spent)
    assert found["effective_defense"] is effective
    assert found["effectiveness"] is not None
    assert found["effectiveness"]["needed"] == "at most 10"


@pytest.mark.parametrize("guard", DIFFERENCES)
def test_a_defense_guarded_by_another_attack_is_effective_only_if_that_gets_worse(
    kb: KnowledgeBase, guard: str
) -> None:
    found = document(kb, "adversarial_training", guard=guard)
    assert found["effective_defense"] is (guard == "decrease")
    assert found["effectiveness"] is not None
    assert found["effectiveness"]["metric"] == "robust_accuracy"
    assert found["verdict"] == ("confirmed" if guard == "decrease" else "inconclusive")
    assert set(found["metrics"]) == {"membership_inference", "evasion"}


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_against_its_own_risk_the_attack_itself_says_whether_a_defense_is_effective(
    kb: KnowledgeBase, shows: str
) -> None:
    found = document(kb, "adversarial_training", "evasion", conjecture="decrease", shows=shows)
    assert found["effective_defense"] is (shows == "decrease")
    assert found["verdict"] == ("confirmed" if shows == "decrease" else "inconclusive")


def test_the_effect_points_to_more_susceptible_whichever_way_the_metric_is_worse(
    kb: KnowledgeBase,
) -> None:
    robust = document(kb, "watermarking", "evasion", shows="increase", **EFFECTIVE)
    leaks = document(kb, shows="increase", **EFFECTIVE)
    assert robust["effect"]["worse_when"] == "lower"
    assert leaks["effect"]["worse_when"] == "higher"
    assert robust["defended"] == pytest.approx([0.50, 0.49, 0.48, 0.49])
    assert leaks["defended"] == pytest.approx([0.70, 0.71, 0.72, 0.71])
    for found in (robust, leaks):
        assert found["outcome"] == "increase"
        assert found["effect"]["estimate"] == pytest.approx(0.11)
        assert found["effect"]["differences"] == pytest.approx(DIFFERENCES["increase"])
        assert 0 < found["effect"]["low"] < 0.11 < found["effect"]["high"]


def test_what_an_owner_can_prove_is_judged_only_where_a_defense_proves_something(
    kb: KnowledgeBase,
) -> None:
    risk = "unauthorized_model_ownership"
    marked = document(kb, "watermarking", risk, **EFFECTIVE)
    plain = document(kb, "adversarial_training", risk)
    assert marked["effect"]["metric"] == "wrong_ownership_decisions"
    assert plain["effect"]["metric"] == "fidelity"
    assert set(marked["metrics"][risk]) == set(plain["metrics"][risk])


@pytest.mark.parametrize(
    ("shows", "expected"),
    [("no_change", "confirmed"), ("increase", "refuted"), ("inconclusive", "inconclusive")],
)
def test_a_placebo_has_nothing_to_be_effective_at(
    kb: KnowledgeBase, shows: str, expected: str
) -> None:
    found = document(kb, "placebo", conjecture="no_change", shows=shows)
    assert found["effective_defense"] is None
    assert found["effectiveness"] is None
    assert found["verdict"] == expected
    told = describe(found, PLAIN)
    assert "was not effective" not in told
    assert "effective " not in told


# how many seeds it would take


def test_only_without_an_outcome_it_is_said_how_many_seeds_would_give_one(
    kb: KnowledgeBase,
) -> None:
    for shows in DIFFERENCES:
        found = document(kb, shows=shows, **EFFECTIVE)
        if shows != "inconclusive":
            assert found["seeds_to_settle"] is None
            assert "would settle it" not in sentence(found)
    unclear = document(kb, shows=(0.1, 0.02, 0.12, 0.0), **EFFECTIVE)
    more = unclear["seeds_to_settle"]
    assert unclear["outcome"] == "inconclusive"
    assert more is not None
    assert more > 4
    assert f"About {more} seeds would probably settle it (--seeds {more})" in sentence(unclear)


def test_an_effect_as_large_as_the_smallest_that_matters_is_said_to_stay_open(
    kb: KnowledgeBase,
) -> None:
    found = document(kb, shows=(0.0599, -0.02, 0.0599, -0.02), **EFFECTIVE)
    assert found["effect"]["smallest_effect"] == 0.02
    assert (found["outcome"], found["seeds_to_settle"]) == ("inconclusive", None)
    assert "more seeds would hardly settle it" in sentence(found)


def test_more_seeds_are_advised_only_where_they_can_be_asked_for(kb: KnowledgeBase) -> None:
    for scale in (0.5, 1.0, 2.0, 4.0):
        wide = tuple(0.001 + scale * each for each in (0.3, -0.3, 0.3, -0.3))
        more = document(kb, shows=wide, **EFFECTIVE)["seeds_to_settle"]
        if more is not None:
            experiment(kb, "placebo", "evasion", data="digits", model="mlp-s", seeds=more)


# the document

NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 2}
OUTCOMES = sorted(DIFFERENCES)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "id", "defense", "risk", "conjecture", "outcome", "verdict", "effect", "effective_defense",
        "baseline", "defended", "seeds", "factors", "seeds_to_settle", "metrics", "utility",
        "cost", "scale", "settings", "published",
    ],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "defense": {"type": "string"},
        "risk": {"type": "string"},
        "conjecture": {"enum": sorted(VERDICTS)},
        "outcome": {"enum": OUTCOMES},
        "verdict": {"enum": ["confirmed", "refuted", "inconclusive"]},
        "effect": {
            "type": "object",
            "required": ["metric", "estimate", "low", "high", "level", "differences"],
            "properties": {
                "metric": {"type": "string"},
                "estimate": {"type": "number"},
                "low": {"type": "number"},
                "high": {"type": "number"},
                "differences": NUMBERS,
            },
        },
        "effective_defense": {"type": ["boolean", "null"]},
        "baseline": NUMBERS,
        "defended": NUMBERS,
        "seeds": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "seeds_to_settle": {"type": ["integer", "null"]},
        "published": {"type": "array", "items": {"type": "string"}},
        "factors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "factor", "code", "name", "defense_sign", "risk_sign", "measure", "baseline",
                    "defended", "change", "moved", "reason", "goes_with_risk",
                ],
                "properties": {
                    "defense_sign": {"enum": ["+", "-", "0", "?"]},
                    "risk_sign": {"enum": ["+", "-", "0", "?"]},
                    "moved": {
                        "enum": [
                            "as_claimed", "against", "not_moved", "inconclusive", "not_measurable",
                        ],
                    },
                    "change": {"type": ["object", "null"]},
                    "reason": {"type": ["string", "null"]},
                    "goes_with_risk": {"type": ["object", "null"]},
                },
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("shows", DIFFERENCES)
@pytest.mark.parametrize("defense", ["watermarking", "adversarial_training", "placebo"])
def test_a_document_has_the_fields_of_the_contract_and_survives_json(
    kb: KnowledgeBase, defense: str, shows: str
) -> None:
    claims = (
        [] if defense == "placebo" else pair_prior(kb, defense, "membership_inference")["claims"]
    )
    found = document(kb, defense, shows=shows, claims=claims, **EFFECTIVE)
    assert len(found["factors"]) == len(claims)
    Draft202012Validator(SCHEMA).validate(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["seeds"] == [0, 1, 2, 3]
    assert len(found["baseline"]) == len(found["defended"]) == 4
    assert found["effect"]["low"] <= found["effect"]["estimate"] <= found["effect"]["high"]


def test_a_result_is_named_by_its_recipes_and_what_was_expected(kb: KnowledgeBase) -> None:
    one = verdict(kb, shows="increase", **EFFECTIVE)
    assert one.address == verdict(kb, shows="decrease", **EFFECTIVE).address
    others = [
        verdict(kb, conjecture="decrease", **EFFECTIVE),
        verdict(kb, "adversarial_training"),
        verdict(kb, "watermarking", "evasion", **EFFECTIVE),
        verdict(kb, data="breast_cancer", **EFFECTIVE),
        verdict(kb, shows=(0.1, 0.2), **EFFECTIVE),
    ]
    assert len({one.address, *(each.address for each in others)}) == 6


def test_whether_it_is_as_published_is_said_only_where_that_means_something(
    kb: KnowledgeBase,
) -> None:
    def told(**how: Any) -> str:
        return sentence(document(kb, **{"shows": "increase", **EFFECTIVE, **how}))

    assert "That is as published (increase)" in told(published=("increase",))
    assert "That is unlike published (decrease)" in told(published=("decrease",))
    assert "published" not in told()
    assert "published" not in told(published=("increase", "decrease"))
    assert "published" not in told(published=("increase",), reading=0.1)
    assert "published" not in told(published=("increase",), shows="inconclusive")


@pytest.mark.parametrize("shows", DIFFERENCES)
def test_without_unicode_no_number_loses_its_sign(kb: KnowledgeBase, shows: str) -> None:
    found = document(kb, "differential_privacy", shows=shows, reading=1.0)
    told = describe(found, Style(colour=False, unicode=False))
    shown = "".join(c for c in told if not c.isascii())
    assert shown.strip("ε") == ""  # all else has a plain counterpart
    size = f"{abs(found['effect']['estimate']):.3f}"
    assert (f"by {size}" if float(size) else "stays within 0.0005") in told
    for number in (found["effect"]["low"], found["effect"]["high"]):
        assert f"{number:+.3f}" in told
