"""Outcomes that are evidence of nothing: nothing could move, or the model is no longer of use."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from outcomes import document, verdict

from crosscurrent.api.text.measured.variation import notes
from crosscurrent.api.text.measured.verdict import sentence
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments.document_types import Variation as VariationDocument
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.variation_documents import Predicted, variation_document
from crosscurrent.validator.experiments.variations import Point, Variation
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.evidence import records
from crosscurrent.validator.results.outcomes import conclusive, sound
from crosscurrent.validator.trials.trial import run

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "no better than chance": (
        {"learned": 0.105, "accuracy": 0.105},
        "nothing_to_move",
        "has learned nothing",
    ),
    "an attack at its floor": (
        {"shows": "no_change", "level": 0.503},
        "nothing_to_move",
        "at its floor of 0.5",
    ),
    "an attack at its ceiling": (
        {"shows": "no_change", "level": 0.995},
        "nothing_to_move",
        "at its ceiling of 1",
    ),
    "a collapsed model": ({"accuracy": 0.4}, "no_longer_useful", "is kept of what the baseline"),
    "a collapsed model that moved nothing": (
        {"shows": "no_change", "accuracy": 0.4},
        "no_longer_useful",
        "from 0.900 to 0.400",
    ),
}


def _expecting(name: str) -> list[str]:
    """Return what may be expected so that an outcome is evidence of nothing."""
    seen = {"an attack at its floor": "increase", "an attack at its ceiling": "decrease"}
    return [
        each for each in ("increase", "decrease", "no_change", "unknown") if each != seen.get(name)
    ]


@pytest.mark.parametrize(
    ("name", "conjecture"), [(name, each) for name in CASES for each in _expecting(name)]
)
def test_what_could_not_move_confirms_and_refutes_nothing_and_is_no_evidence(
    kb: KnowledgeBase, name: str, conjecture: str
) -> None:
    made, outcome, said = CASES[name]
    found = document(kb, conjecture=conjecture, reading=1.0, **made)
    assert found["outcome"] == outcome
    assert found["verdict"] == "inconclusive"
    assert said in str(found["void"])
    assert said in sentence(found)
    assert "as published" not in sentence(found)
    milder = "A milder setting of the defense"
    assert (milder in sentence(found)) is (outcome == "no_longer_useful")
    assert not sound(found)
    assert "observations" not in records(found)


@pytest.mark.parametrize(("level", "conjecture"), [(0.503, "increase"), (0.995, "decrease")])
def test_what_would_have_been_seen_at_a_floor_is_refuted_there(
    kb: KnowledgeBase, level: float, conjecture: str
) -> None:
    found = document(kb, shows="no_change", level=level, conjecture=conjecture, reading=1.0)
    assert (found["outcome"], found["verdict"]) == ("no_change", "refuted")


def test_what_is_open_at_a_floor_stays_open(kb: KnowledgeBase) -> None:
    wide = (0.05, -0.06, 0.04, -0.03)
    found = document(kb, shows=wide, level=0.5, conjecture="decrease", reading=1.0)
    assert (found["outcome"], found["void"]) == ("inconclusive", None)
    assert found["seeds_to_settle"]


@pytest.mark.parametrize(
    ("learned", "accuracy", "balanced", "outcome"),
    [
        (0.11, 0.11, (0.4, 0.39), "increase"),  # a rare class is known
        (0.11, 0.11, (0.4, 0.11), "no_longer_useful"),
        (0.11, 0.11, (0.11, 0.11), "nothing_to_move"),
        (0.9, 0.3, (0.9, 0.8), "increase"),
        (0.9, 0.3, (0.9, 0.2), "no_longer_useful"),
    ],
)
def test_a_model_of_use_by_balanced_accuracy_is_of_use(
    kb: KnowledgeBase,
    learned: float,
    accuracy: float,
    balanced: tuple[float, float],
    outcome: str,
) -> None:
    found = document(kb, learned=learned, accuracy=accuracy, balanced=balanced, reading=1.0)
    assert found["outcome"] == outcome


@pytest.mark.parametrize("shows", ["increase", "decrease"])
@pytest.mark.parametrize("level", [0.5, 0.9])
def test_what_moved_from_a_floor_did_move(kb: KnowledgeBase, shows: str, level: float) -> None:
    found = document(kb, shows=shows, level=level, reading=1.0)
    assert (found["outcome"], found["void"]) == (shows, None)
    assert conclusive(found)
    assert "observations" in records(found)


def test_half_of_what_the_baseline_learned_is_just_enough(kb: KnowledgeBase) -> None:
    least = (0.9 + 183 / 1797) / 2
    assert document(kb, reading=1.0, accuracy=least + 1e-6)["outcome"] == "increase"
    assert document(kb, reading=1.0, accuracy=least - 1e-6)["outcome"] == "no_longer_useful"


@pytest.mark.parametrize(("blind", "outcome"), [(0.4, "increase"), (0.6, "nothing_to_move")])
def test_an_attack_without_gradients_is_no_measure(
    kb: KnowledgeBase, blind: float, outcome: str
) -> None:
    found = document(kb, "watermarking", "evasion", reading=1.0, blind=blind)
    assert found["outcome"] == outcome


def test_where_the_attack_sees_nothing_of_the_change_nothing_changes_to_the_last_bit(
    kb: KnowledgeBase,
) -> None:
    """What is declared of defenses and attacks is what they do: the same numbers in both arms."""
    small = ["data.records=300", "training.epochs=1"]
    blind = [
        (defense, risk)
        for (defense, arm), (risk, attack) in itertools.product(
            defenses().items(), attacks().items()
        )
        if not arm.changes & attack.sees
    ]
    assert {risk for defense, risk in blind if defense == "fingerprinting"} == {*attacks()} - {
        "unauthorized_model_ownership"
    }
    assert {risk for defense, risk in blind if defense == "explanations"} == {
        "evasion",
        "poisoning",
        "discriminatory_behavior",
    }
    for defense, risk in blind:
        if risk in ("distribution_inference", "membership_inference"):
            continue  # many models; what they see is what the others see
        planned = experiment(kb, defense, risk, model="mlp-s", seeds=2, settings=small)
        before, after = run(planned.context, planned.trials()[:2])
        assert before.metrics[risk] == after.metrics[risk], (defense, risk)


def test_sign_and_size_are_told_apart(kb: KnowledgeBase) -> None:
    small = document(kb, shows=(0.010, 0.011, 0.009, 0.010), reading=1.0)
    assert (small["outcome"], small["effect"]["direction"]) == ("no_change", "increase")
    assert "an increase, smaller than the smallest effect of interest" in sentence(small)
    unsure = document(kb, shows=(-0.018, -0.005, -0.022, -0.014), reading=1.0)
    assert (unsure["outcome"], unsure["effect"]["direction"]) == ("inconclusive", "decrease")
    assert "a decrease, and it is open whether one that matters" in sentence(unsure)


def test_what_the_last_bits_could_turn_is_told(kb: KnowledgeBase) -> None:
    close = document(kb, shows=(0.0201, 0.0203, 0.0199, 0.0202), reading=1.0)
    assert close["near_threshold"]
    assert "another machine may give another outcome" in sentence(close)
    assert not document(kb, shows="increase", reading=1.0)["near_threshold"]


def test_a_trend_over_values_of_which_one_is_no_evidence_is_open(kb: KnowledgeBase) -> None:
    predicted: Predicted = {"risk": "increase", "effect": None, "scenario": None, "knowledge": ""}

    def trend(*found: Verdict) -> VariationDocument:
        points = tuple(
            Point(size, size, (), None, each.experiment)
            for size, each in zip((100, 200), found, strict=True)
        )
        planned = Variation("training_set_size", "D1", "Training set size", "data.records", points)
        told = [{"conjecture": "increase", "command": ""}] * 2
        return variation_document(planned, found, told, predicted)

    low = verdict(kb, shows=(0.0, 0.001, 0.002, 0.001), reading=1.0, conjecture="increase")
    high, spoilt = (verdict(kb, reading=1.0, accuracy=each) for each in (0.9, 0.3))
    assert trend(low, high)["trend"]["verdict"] == "confirmed"
    found = trend(low, spoilt)
    assert found["trend"]["verdict"] == "inconclusive"
    assert "evidence of nothing at 200" in found["trend"]["reason"]
    assert "At 200 the outcome is evidence of nothing" in notes(found)
