"""Measurements in reference models: one work of ours, weak on one data set, never a publication."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_findings

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor.assessment import Assessment, assess
from crosscurrent.predictor.assessment_rules import LIKELY
from crosscurrent.predictor.evidence import evidence, heard, weighed
from crosscurrent.predictor.expectations import expected
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.likelihood import likelihoods

SEEDS = st.integers(0, 2**32)
OPPOSITE = {"increase": "decrease", "decrease": "increase"}
UNEXPLORED = ("outlier_removal", "data_reconstruction")
"""Nothing was published; two active factors make a decrease 78 % likely."""
ONCE = ("group_fairness", "evasion")
"""Published once, as an increase."""
CONJECTURED = ("adversarial_training", "distribution_inference")
"""Only conjectured, as an increase, which the factors let expect too."""
NARROW = ("outlier_removal", "attribute_inference")
"""Published once, as an increase, which the factors leave just likelier than not."""
REPLICATED = ("explanations", "membership_inference")
"""Five works saw an increase."""


def cell(pair: tuple[str, str], dataset: str, effect: str, **more: Any) -> dict[str, Any]:
    """Return an observation of a table."""
    return {
        "id": f"measured.{dataset}.{'.'.join(pair)}",
        "defense": pair[0],
        "risk": pair[1],
        "effect": effect,
        "kind": "empirical",
        "provenance": "measured",
        "sources": ["our_tables"],
        "table": {"dataset": dataset, "draws": 1, "seeds": 5, "result": "a" * 64},
        **more,
    }


def measured(rows: Mapping[str, Any], *cells: dict[str, Any]) -> KnowledgeBase:
    """Return a base with cells of tables on top."""
    work = {"id": "our_tables", "status": "confirmed", "title": "our tables"}
    return KnowledgeBase(
        {
            **rows,
            "references": {**rows["references"], "our_tables": work},
            "observations": {**rows["observations"], **{each["id"]: each for each in cells}},
        }
    )


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    return load("literature").rows


def told(rows: Mapping[str, Any], pair: tuple[str, str], *effects: str) -> Assessment:
    """Return the answer for a pair that was measured on a data set for each effect."""
    kb = measured(rows, *(cell(pair, f"data_{n}", each) for n, each in enumerate(effects)))
    return assess(kb, predict(kb, *pair))


@pytest.mark.parametrize(
    ("pair", "effects", "expect", "grade"),
    [
        # nothing was published: tables stand between publications and factors
        (UNEXPLORED, "", "decrease", "derived_active"),
        (UNEXPLORED, "decrease", "decrease", "measured_reference"),
        (UNEXPLORED, "increase", "unknown", "measured_reference"),
        (UNEXPLORED, "increase increase", "increase", "measured_reference"),
        (UNEXPLORED, "increase decrease", "depends", "measured_reference"),
        (UNEXPLORED, "increase increase increase decrease", "increase", "measured_reference"),
        (UNEXPLORED, "no_change", "decrease", "derived_active"),
        (UNEXPLORED, "no_change no_change", "unknown", "measured_reference"),
        # published once: one data set is not heard, several that agree are a work
        (ONCE, "", "increase", "published_once"),
        (ONCE, "decrease", "increase", "published_once"),
        (ONCE, "increase", "increase", "published_once"),
        (ONCE, "increase increase", "increase", "replicated"),
        (ONCE, "decrease decrease", "depends", "disputed"),
        (ONCE, "decrease increase", "increase", "published_once"),
        (NARROW, "", "increase", "published_once"),
        (NARROW, "decrease", "increase", "published_once"),
        # conjectured: no change on one data set is not heard, a direction counts as much
        (CONJECTURED, "", "increase", "published_once"),
        (CONJECTURED, "no_change", "increase", "published_once"),
        (CONJECTURED, "decrease", "depends", "disputed"),
        # replicated: a single work of ours does not overturn it, and is named
        (REPLICATED, "no_change", "increase", "replicated"),
        (REPLICATED, "decrease decrease decrease", "increase", "disputed"),
    ],
)
def test_how_a_table_weighs_beside_publications_and_factors(
    rows: dict[str, Any], pair: tuple[str, str], effects: str, expect: str, grade: str
) -> None:
    found = told(rows, pair, *effects.split())
    assert (found.expect, found.grade) == (expect, grade)


def test_a_table_that_publications_outvote_is_named_as_dissent(rows: dict[str, Any]) -> None:
    found = told(rows, REPLICATED, "decrease", "decrease")
    assert dict(found.dissent) == {"our_tables": "decrease"}
    voice = found.voices[-1]
    assert (voice.name, voice.says, voice.disagrees) == ("measured_reference", "decrease", True)
    assert dict(voice.works) == {"decrease": ("data_0", "data_1")}


def test_a_likelihood_moves_half_as_far_by_one_data_set_as_by_several(rows: dict[str, Any]) -> None:
    before = told(rows, UNEXPLORED).likelihood_increase
    one, two = (told(rows, UNEXPLORED, *["increase"] * n).likelihood_increase for n in (1, 2))
    three = told(rows, UNEXPLORED, *["increase"] * 3).likelihood_increase
    assert before is not None
    assert one == pytest.approx((before + 0.5) / 1.5, abs=1e-4)
    assert two == three == pytest.approx((before + 1) / 2, abs=1e-4)


def test_what_holds_for_an_adversary_waits_until_that_one_is_stated(rows: dict[str, Any]) -> None:
    pair = ("group_fairness", "attribute_inference")
    kb = measured(
        rows,
        *(
            cell(pair, data, "increase", when={"defense_knowledge": "aware"})
            for data in ("one", "two")
        ),
    )
    found = assess(kb, predict(kb, *pair))
    assert found.expect == "decrease"
    assert "our_tables" in {work for each in found.depends_on for work in each.works}
    assert not found.voices[-1].disagrees


def test_measurements_in_your_own_models_come_before_those_in_reference_models(
    rows: dict[str, Any],
) -> None:
    own = {**cell(UNEXPLORED, "own", "decrease"), "table": None, "sources": []}
    tables = [cell(UNEXPLORED, data, "increase") for data in ("one", "two")]
    kb = measured(rows, {k: v for k, v in own.items() if v is not None}, *tables)
    found = assess(kb, predict(kb, *UNEXPLORED))
    assert (found.expect, found.grade) == ("decrease", "measured_here")
    seen = predict(kb, *UNEXPLORED)
    assert (seen.measured, seen.measured_reference) == (("decrease",), ("increase",))
    assert seen.published == ()
    assert not seen.explored


def test_a_decision_tells_that_it_rests_on_reference_models(rows: dict[str, Any]) -> None:
    kb = measured(rows, cell(UNEXPLORED, "one", "decrease"))
    found = expected(kb, *UNEXPLORED)
    assert (found.effect, found.ground) == ("decrease", "measured_reference")
    assert (found.measured, found.measured_reference) == ((), ("decrease",))


def test_tables_change_no_conjecture_no_probability_and_no_fit(kb: KnowledgeBase) -> None:
    below = load("literature")
    assert likelihoods(kb).pairs == likelihoods(below).pairs
    for defense in kb.defenses:
        for risk in kb.risks:
            new, old = predict(kb, defense, risk), predict(below, defense, risk)
            for field in ("conjecture", "basis", "probability_increase", "published", "explored"):
                assert getattr(new, field) == getattr(old, field)
            voices = [assess(base, each).voices[:4] for base, each in ((kb, new), (below, old))]
            assert [[v.says, v.likelihood, v.works] for v in voices[0]] == [
                [v.says, v.likelihood, v.works] for v in voices[1]
            ]


# what holds whatever is known


def with_tables(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a random base's rows, and random cells of up to three tables."""
    rows, rng = random_findings(seed), random.Random(seed)
    cells = [
        cell((defense, risk), data, rng.choice(["increase", "decrease", "no_change"]))
        for defense in rows["defenses"]
        for risk in rows["risks"]
        for data in rng.sample(["one", "two", "three"], rng.randint(0, 3))
    ]
    return rows, cells


def answers(kb: KnowledgeBase) -> dict[tuple[str, str], Assessment]:
    return {(d, r): assess(kb, predict(kb, d, r)) for d in kb.defenses for r in kb.risks}


@given(SEEDS)
def test_the_order_of_tables_does_not_matter(seed: int) -> None:
    rows, cells = with_tables(seed)
    one, other = answers(measured(rows, *cells)), answers(measured(rows, *reversed(cells)))
    assert one == other


@given(SEEDS)
def test_without_tables_evidence_is_what_it_was(seed: int) -> None:
    kb = KnowledgeBase(random_findings(seed))
    for defense in kb.defenses:
        for risk in kb.risks:
            seen = evidence(kb, predict(kb, defense, risk))
            assert heard(seen) is seen
            assert weighed(seen) is seen


@given(SEEDS)
def test_no_direction_is_expected_that_all_tables_alone_speak_against(seed: int) -> None:
    rows, cells = with_tables(seed)
    rows["observations"] = {}
    kb = measured(rows, *cells)
    for pair, found in answers(kb).items():
        effects = {each["effect"] for each in cells if (each["defense"], each["risk"]) == pair}
        if found.expect in OPPOSITE and effects:
            assert effects != {OPPOSITE[found.expect]}
            assert found.likelihood is not None
            assert found.likelihood >= 0.5
            if effects == {"no_change"}:
                assert found.likelihood >= LIKELY
                assert found.grade.startswith("derived")


@given(SEEDS)
def test_one_data_set_moves_only_the_likelihood_where_others_have_a_result(seed: int) -> None:
    rows, cells = with_tables(seed)
    before = answers(KnowledgeBase(rows))
    after = answers(measured(rows, *(each for each in cells if each["table"]["dataset"] == "one")))
    for pair, was in before.items():
        tiers = (was.evidence.general, was.evidence.open, *was.evidence.specific)
        if any(each.firm for tier in tiers for each in tier):
            for field in ("expect", "grade", "depends_on", "dissent"):
                assert getattr(after[pair], field) == getattr(was, field)


@given(SEEDS)
def test_a_conjecture_that_agrees_never_leaves_open_what_was_expected(seed: int) -> None:
    rows, cells = with_tables(seed)
    before = answers(measured(rows, *cells))
    directed = {pair: found.expect for pair, found in before.items() if found.expect in OPPOSITE}
    more = [
        {
            "id": f"guess.{'.'.join(pair)}", "defense": pair[0], "risk": pair[1],
            "effect": effect, "kind": "conjectured", "sources": ["our_guess"],
        }
        for pair, effect in directed.items()
    ]  # fmt: skip
    guess = {"id": "our_guess", "status": "confirmed", "title": "our guess"}
    rows = {**rows, "references": {**rows["references"], "our_guess": guess}}
    after = answers(measured(rows, *cells, *more))
    assert {pair: after[pair].expect for pair in directed} == directed


@given(SEEDS)
def test_a_data_set_that_says_the_same_never_makes_it_less_likely(seed: int) -> None:
    rows, _ = with_tables(seed)
    before = answers(KnowledgeBase(rows))
    for effect in ("increase", "decrease"):
        for many in (1, 2):
            cells: Sequence[dict[str, Any]] = [
                cell(pair, f"data_{n}", effect) for pair in before for n in range(many)
            ]
            for pair, found in answers(measured(rows, *cells)).items():
                was = before[pair].likelihood_increase
                now = found.likelihood_increase
                assert now is not None
                if was is not None and not found.evidence.measured:
                    assert now >= was - 1e-4 if effect == "increase" else now <= was + 1e-4
