"""Conditions: an edge counts where what it takes is stated and met, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SCALES, random_rows, random_when

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.predictor.assessment import Assessment, assess
from crosscurrent.predictor.changes import what_if
from crosscurrent.predictor.documents import prediction_document, scenario_document
from crosscurrent.predictor.interactions import Prediction, matrix, predict, predict_all
from crosscurrent.predictor.scenarios import (
    Scenario,
    ScenarioError,
    meets,
    scenario,
    together,
)

SEEDS = st.integers(0, 10_000)
BOTH = load(builtin="all", cached=False)


def conditional_base(seed: int) -> KnowledgeBase:
    return KnowledgeBase(random_rows(seed, conditions=True))


def random_scenario(kb: KnowledgeBase, seed: int) -> Scenario:
    return scenario(kb, given=random_when(random.Random(f"scenario {seed}")))


def told(answer: Prediction) -> tuple[object, ...]:
    return answer.conjecture, answer.basis, answer.probability_increase, answer.decisive


def without(kb: KnowledgeBase, unmet: set[str]) -> KnowledgeBase:
    rows = kb.rows
    rows["correlations"] = {k: v for k, v in rows["correlations"].items() if k not in unmet}
    return KnowledgeBase(rows)


# Scales


@given(SEEDS)
def test_what_two_records_take_together_is_met_exactly_by_who_meets_both(seed: int) -> None:
    kb, rng = conditional_base(0), random.Random(f"together {seed}")
    one, other, stated = random_when(rng), random_when(rng), random_when(rng)
    joint = together(kb, one, other)
    apart = (meets(kb, stated, one), meets(kb, stated, other))
    if joint is None:
        assert apart != (True, True)
    else:
        both = False if False in apart else None if None in apart else True
        assert meets(kb, stated, joint) is both
    assert joint == together(kb, other, one)


def test_an_ordered_scale_is_met_by_stronger_values_and_its_weakest_by_itself() -> None:
    kb = conditional_base(0)
    for key, (ordered, values) in SCALES.items():
        for i, needed in enumerate(values):
            for j, value in enumerate(values):
                expected = i == j or (ordered and 0 < i < j)
                assert meets(kb, {key: value}, {key: needed}) is expected, (key, needed, value)


# Paths


@given(SEEDS)
def test_an_edge_whose_condition_is_unmet_contributes_nothing(seed: int) -> None:
    kb = conditional_base(seed)
    assumed = random_scenario(kb, seed)
    unmet = {
        name
        for name, edge in kb.correlations.items()
        if edge.when and meets(kb, assumed.stated, edge.when) is False and edge.stage is None
    }
    # a stage's edge stands in place of that in general, so taking it out would bring that back
    bare = {edge.subject for edge in kb.correlations.values() if edge.stage is not None}
    less = without(kb, unmet)
    for row in matrix(kb, assumed):
        for answer in row:
            if answer.defense in bare:
                continue
            same = predict(less, answer.defense, answer.risk, assumed)
            assert answer.paths == same.paths
            assert (answer.conjecture, answer.basis) == (same.conjecture, same.basis)
            ids = {p.depends.id for p in answer.paths}
            ids |= {p.moved_by.id for p in answer.paths if p.moved_by}
            assert not ids & unmet


@given(SEEDS)
def test_a_path_whose_condition_is_not_stated_is_there_and_decides_nothing(seed: int) -> None:
    kb = conditional_base(seed)
    for row in matrix(kb):
        for answer in row:
            for path in answer.paths:
                open_ = bool((path.moved_by and path.moved_by.when) or path.depends.when)
                assert path.conditional is open_
                assert bool(path.when) is open_
                if open_:
                    assert path not in answer.decisive
            kept = [path for path in answer.paths if not path.conditional]
            if not kept:
                assert (answer.conjecture, answer.basis) == ("unknown", "none")


@given(SEEDS)
def test_stating_what_a_path_takes_makes_it_count_and_nothing_else_different(seed: int) -> None:
    kb = conditional_base(seed)
    for row in matrix(kb):
        for answer in row:
            for path in answer.paths:
                if not path.conditional:
                    continue
                after = predict(kb, answer.defense, answer.risk, scenario(kb, given=path.when))
                (counted,) = [p for p in after.paths if p.factor == path.factor]
                assert not counted.conditional
                assert counted == path._replace(conditional=False)


@given(SEEDS)
def test_conditions_that_no_record_takes_change_nothing(seed: int) -> None:
    rows = random_rows(seed)
    conditional = random_rows(seed, conditions=True)
    kb = KnowledgeBase({**rows, "conditions": conditional["conditions"]})
    assumed = scenario(kb, given={"budget": "strict", "modality": "text"})
    for before, after in zip(matrix(kb), matrix(kb, assumed), strict=True):
        assert [told(each) for each in before] == [told(each) for each in after]


@given(SEEDS)
def test_every_change_that_a_condition_makes_has_a_reason(seed: int) -> None:
    kb = conditional_base(seed)
    assumed = random_scenario(kb, seed)
    for defense in kb.defenses:
        for risk in kb.risks:
            change = what_if(kb, defense, risk, assumed)
            conjectures = (change.before.conjecture, change.after.conjecture)
            if conjectures[0] != conjectures[1]:
                assert change.changed
                assert change.because
            if not assumed.stated:
                assert not change.changed


# The one answer


def derived(kb: KnowledgeBase, asked: str, risk: str, **stated: str) -> Assessment:
    return assess(kb, predict(kb, asked, risk, scenario(kb, given=stated)))


def made_up(*edges: dict[str, object], seen: Sequence[dict[str, object]] = ()) -> KnowledgeBase:
    """Return a base of one defense and one risk, with the defense's edges and what was seen."""
    rows: dict[str, Any] = {
        **conditional_base(0).rows,
        "factors": {
            name: {"id": name, "name": name, "group": "data", "role": "active", "meaning": "x"}
            for name in ("one", "two")
        },
        "defenses": {
            "shield": {
                "id": "shield", "name": "Shield", "pillar": "security", "protects_against": [],
                "usual_stage": "in", "meaning": "x",
            }
        },
        "risks": {"theft": {"id": "theft", "name": "T", "pillar": "security", "meaning": "x"}},
        "variants": {
            f"shield@{stage}": {"defense": "shield", "stage": stage, "meaning": "x"}
            for stage in ("pre", "in", "post")
        },
        "references": {
            work: {"id": work, "status": "confirmed", "title": work} for work in ("work", "other")
        },
        "correlations": {},
        "observations": {},
    }  # fmt: skip
    for factor in ("one", "two"):
        edge = {"subject": "theft", "factor": factor, "sign": "+", "sources": ["work"]}
        rows["correlations"][f"theft.{factor}"] = edge
    for row in edges:
        at = f"@{row['stage']}" if "stage" in row else ""
        own = {"subject": "shield", "sources": ["work"], **row}
        rows["correlations"][f"shield{at}.{row['factor']}"] = own
    for number, row in enumerate(seen):
        name = f"seen.n{number}"
        rows["observations"][name] = {
            "id": name, "defense": "shield", "risk": "theft", "kind": "empirical",
            "sources": ["work"], **row,
        }  # fmt: skip
    kb = KnowledgeBase(rows)
    for section in ("correlations", "observations"):
        assert len(getattr(kb, section)) == len(rows[section])
    return kb


STRICT = {"budget": "strict"}


def test_a_factor_under_a_condition_not_stated_makes_the_answer_depend_on_it() -> None:
    kb = made_up({"factor": "one", "sign": "-", "when": STRICT, "sources": ["other"]})
    assumed = scenario(kb, given=STRICT)
    change = what_if(kb, "shield", "theft", assumed)
    before, after = assess(kb, change.before), assess(kb, change.after)
    assert before.expect == "depends"
    (case,) = before.depends_on
    assert dict(case.when) == STRICT
    assert "other" in case.works
    assert not before.mechanism.toward
    assert not before.mechanism.against
    assert after.expect == "decrease"
    assert after.depends_on == ()
    assert derived(kb, "shield", "theft", budget="loose").expect == "unknown"


def test_stating_the_condition_of_an_edge_moves_what_is_expected() -> None:
    kb = made_up(
        {"factor": "one", "sign": "+"},
        {"factor": "two", "sign": "-", "when": STRICT},
    )
    open_, met = derived(kb, "shield", "theft"), derived(kb, "shield", "theft", **STRICT)
    unmet = derived(kb, "shield", "theft", budget="loose")
    assert open_.likelihood_increase == unmet.likelihood_increase
    assert unmet.depends_on == met.depends_on == ()
    assert {path.factor.id for path in met.mechanism.toward + met.mechanism.against} == {
        "one",
        "two",
    }
    assert {path.factor.id for path in unmet.mechanism.toward} <= {"one"}


def test_a_stage_has_edges_and_findings_of_its_own_and_hears_of_the_others() -> None:
    kb = made_up(
        {"factor": "one", "sign": "+"},
        {"factor": "one", "sign": "-", "stage": "post"},
        seen=[
            {"effect": "increase", "sources": ["work"], "stage": "in"},
            {"effect": "decrease", "sources": ["other"], "stage": "post"},
            {"effect": "decrease", "sources": ["other"], "stage": "post", "when": STRICT},
            {"effect": "no_change", "sources": ["work"], "stage": "pre", "provenance": "measured"},
        ],
    )
    bare, post = derived(kb, "shield", "theft"), derived(kb, "shield@post", "theft")
    assert (bare.expect, post.expect) == ("increase", "decrease")
    assert {path.push for path in bare.mechanism.toward} == {"+"}
    assert {path.push for path in post.mechanism.toward} == {"-"}
    told = {stage: {each.effect for each in own} for stage, own in bare.evidence.elsewhere.items()}
    assert told == {"post": {"decrease"}}
    assert {*post.evidence.elsewhere} == {"in"}
    assert {*derived(kb, "shield@pre", "theft").evidence.elsewhere} == {"in", "post"}
    loose = derived(kb, "shield", "theft", budget="loose").evidence.elsewhere
    assert len(loose["post"]) == 1
    assert len(bare.evidence.elsewhere["post"]) == 2


def unseen(seed: int) -> KnowledgeBase:
    return KnowledgeBase({**random_rows(seed, conditions=True), "observations": {}})


@given(SEEDS)
def test_what_factors_let_expect_never_hangs_in_silence_on_a_condition(seed: int) -> None:
    kb = unseen(seed)
    for prediction in (each for row in matrix(kb) for each in row):
        found = assess(kb, prediction)
        assert (found.expect == "depends") == bool(found.depends_on)
        for path in prediction.paths:
            if path.conditional and not found.depends_on:
                assumed = scenario(kb, given=path.when)
                after = assess(kb, predict(kb, found.defense, found.risk, assumed))
                assert after.expect in (found.expect, "depends")


@given(SEEDS)
def test_stating_what_it_depends_on_gives_the_effect_that_was_told(seed: int) -> None:
    kb = unseen(seed)
    for prediction in (each for row in matrix(kb) for each in row):
        for case in assess(kb, prediction).depends_on:
            after = derived(kb, prediction.defense, prediction.risk, **case.when)
            assert after.likelihood_increase is not None
            if case.effect == "mixed":
                assert after.expect in ("unknown", "depends")
            else:
                assert after.expect in (case.effect, "depends")
                sign = 1 if case.effect == "increase" else -1
                assert sign * (after.likelihood_increase - 0.5) >= 0


@given(SEEDS)
def test_what_was_seen_at_other_stages_is_told_apart_and_decides_nothing(seed: int) -> None:
    kb = conditional_base(seed)
    for prediction in (each for row in matrix(kb) for each in row):
        found = assess(kb, prediction)
        pair, usual = (found.defense, found.risk), kb.defenses[found.defense].usual_stage
        assert usual not in found.evidence.elsewhere
        rows = kb.rows
        rows["observations"] = {
            name: row
            for name, row in rows["observations"].items()
            if (row["defense"], row["risk"]) != pair or row.get("stage", usual) == usual
        }
        less = KnowledgeBase(rows)
        here = assess(less, predict(less, *pair))
        assert not here.evidence.elsewhere
        assert (here.expect, here.grade) == (found.expect, found.grade)
        assert here.evidence == found.evidence._replace(elsewhere=here.evidence.elsewhere)


# Variants


@given(SEEDS)
def test_a_bare_defense_is_the_variant_at_its_usual_stage(seed: int) -> None:
    kb = conditional_base(seed)
    for defense in kb.defenses.values():
        bare = predict_all(kb, defense.id)
        usual = predict_all(kb, f"{defense.id}@{defense.usual_stage}")
        assert [each._replace(stage=defense.usual_stage) for each in bare] == list(usual)


@given(SEEDS)
def test_a_variant_has_what_is_known_in_general_and_at_its_stage(seed: int) -> None:
    kb = conditional_base(seed)
    for defense in kb.defenses:
        for stage in ("pre", "in", "post"):
            for answer in predict_all(kb, f"{defense}@{stage}"):
                assert answer.stage == stage
                assert {o.record.stage for o in answer.observations} <= {None, stage}
                moved = [p.moved_by for p in answer.paths if p.moved_by]
                assert {edge.stage for edge in moved} <= {None, stage}
                own = {e.factor for e in kb.correlations.values()
                       if e.subject == defense and e.stage == stage}  # fmt: skip
                assert all(edge.stage == stage for edge in moved if edge.factor in own)


def test_noise_on_answers_is_not_training_with_noise() -> None:
    trained, answers = predict(BOTH, "PD1", "F"), predict(BOTH, "PD1@post", "F")
    assert trained.conjecture == "increase"
    assert "tail_fit" not in {p.factor.id for p in answers.paths if p.effect != "0"}
    assert prediction_document(BOTH, answers)["stage"] == "post"
    assert prediction_document(BOTH, trained)["stage"] is None


def test_a_stage_without_a_variant_is_no_variant_to_ask() -> None:
    with pytest.raises(InputError, match="has no variant at stage"):
        predict(BOTH, "explanations@pre", "R1")


# Stating conditions


def test_a_condition_is_stated_like_a_characteristic_and_either_as_given() -> None:
    stated = scenario(BOTH, given={"privacy_budget": "strict", "role": "malicious_accuser"})
    assert dict(stated.given) == {"privacy_budget": "strict"}
    assert dict(stated.adversary) == {"role": "malicious_accuser"}
    assert scenario_document(stated)["given"] == {"privacy_budget": "strict"}
    assert stated == scenario(
        BOTH, given={"privacy_budget": "strict"}, adversary={"role": "malicious_accuser"}
    )


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"given": {"privacy_bugdet": "strict"}}, UnknownName, "did you mean privacy_budget"),
        ({"given": {"privacy_budget": "strct"}}, UnknownName, "did you mean strict"),
        ({"adversary": {"privacy_budget": "strict"}}, ScenarioError, "state it as given"),
        (
            {"adversary": {"role": "malicious_accuser"}, "given": {"role": "malicious_suspect"}},
            ScenarioError,
            "role can't be both",
        ),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(
    wrong: Mapping[str, Mapping[str, str]], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        scenario(BOTH, **wrong)
