"""The one answer: what experts would say, and that it never argues with its own evidence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_findings

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.assessment import Assessment, assess
from crosscurrent.predictor.evidence import evidence, outcomes, work_of
from crosscurrent.predictor.guideline import Path
from crosscurrent.predictor.interactions import Prediction, matrix, predict
from crosscurrent.predictor.likelihood import Likelihoods
from crosscurrent.predictor.scenarios import NOTHING_ASSUMED, Scenario, scenario

SEEDS = st.integers(0, 2**32)
OPPOSITE = {"increase": "decrease", "decrease": "increase"}
SCENARIOS: tuple[dict[str, str], ...] = (
    {},
    {"knows": "low"},
    {"knows": "high"},
    {"knows": "high", "kind": "low"},
)


def answer(kb: KnowledgeBase, defense: str, risk: str, **adversary: str) -> Assessment:
    """Return the assessment of a pair, for an adversary."""
    assumed = scenario(kb, adversary=adversary) if adversary else NOTHING_ASSUMED
    return assess(kb, predict(kb, defense, risk, assumed))


def pairs(kb: KnowledgeBase) -> Iterator[tuple[str, str]]:
    yield from ((defense, risk) for defense in kb.defenses for risk in kb.risks)


def with_observations(rows: dict[str, Any], *added: dict[str, Any]) -> KnowledgeBase:
    """Return a base with further observations, whose works exist."""
    references = dict(rows["references"])
    for row in added:
        for work in row["sources"]:
            references.setdefault(work, {"id": work, "status": "confirmed", "title": work})
    observations = {**rows["observations"], **{row["id"]: row for row in added}}
    return KnowledgeBase({**rows, "references": references, "observations": observations})


# what is said of the built-in knowledge


@pytest.mark.parametrize(
    ("pair", "expect", "grade"),
    [
        ("PD1 F", "increase", "replicated"),
        ("PD1 P1", "decrease", "replicated"),
        ("RD1 F", "increase", "replicated"),
        ("RD2 R2", "decrease", "published_once"),
        ("PD1 R1", "increase", "disputed"),
        ("FD2 F", "depends", "disputed"),
        ("RD1 R3", "depends", "published_once"),
        ("RD1 P3", "decrease", "derived_passive"),
        ("RD4 F", "unknown", "none"),
    ],
)
def test_the_papers_are_read_as_an_expert_reads_them(
    papers: KnowledgeBase, pair: str, expect: str, grade: str
) -> None:
    found = answer(papers, *pair.split())
    assert (found.expect, found.grade) == (expect, grade)


@pytest.mark.parametrize(
    ("pair", "expects"),
    [
        ("PD1 F", {"increase"}),
        ("PD1 P1", {"decrease"}),
        ("PD1 P2", {"decrease"}),
        ("RD1 F", {"increase"}),
        ("RD1 R1", {"decrease"}),
        ("RD1 P1", {"increase"}),
        ("RD2 R2", {"decrease", "depends"}),  # on how much the poisoner knows
        ("model_pruning F", {"increase"}),
        ("regularization P1", {"decrease"}),
        ("pate P1", {"decrease"}),
        ("deduplication P2", {"decrease"}),
        ("label_smoothing P2", {"depends"}),  # on the sign of its factor
    ],
)
def test_with_the_literature_too_it_is_read_as_an_expert_reads_it(
    kb: KnowledgeBase, pair: str, expects: set[str]
) -> None:
    assert answer(kb, *pair.split()).expect in expects


def test_who_disagrees_is_named_and_so_is_what_it_depends_on(kb: KnowledgeBase) -> None:
    assert answer(kb, "PD1", "R1").dissent == (("bu2021practical", "decrease"),)
    (aware,) = answer(kb, "PD1", "P4").depends_on
    assert (aware.when, aware.effect, aware.works) == (
        {"defense_knowledge": "aware"},
        "increase",
        ("suri2023dissecting",),
    )


def test_a_stated_condition_overrules_what_is_seen_in_general(kb: KnowledgeBase) -> None:
    assert answer(kb, "PD1", "P4").expect == "decrease"
    aware = answer(kb, "PD1", "P4", defense_knowledge="aware")
    assert (aware.expect, aware.grade, aware.depends_on) == ("increase", "published_once", ())
    assert answer(kb, "RD1", "R3", role="malicious_suspect").expect == "increase"
    assert answer(kb, "RD1", "R3", role="malicious_accuser").expect == "decrease"


def test_voices_are_told_apart_and_their_disagreement_is_marked(papers: KnowledgeBase) -> None:
    guideline, model, published, measured, reference = answer(papers, "PD1", "F").voices
    assert (guideline.name, guideline.says, guideline.disagrees) == ("guideline", "decrease", True)
    assert (model.name, model.says, model.disagrees) == ("model", "decrease", True)
    assert (published.name, published.says, published.disagrees) == ("published", "increase", False)
    assert len(published.works["increase"]) == 5
    for name, voice in (("measured", measured), ("measured_reference", reference)):
        assert (voice.name, voice.says, dict(voice.works)) == (name, None, {})


def test_the_setting_is_told_apart_from_the_defense(kb: KnowledgeBase) -> None:
    assumed = scenario(kb, raise_=["D2"], lower=["D1"])
    for prediction in (row for rows in matrix(kb, assumed) for row in rows):
        plain = assess(kb, predict(kb, prediction.defense, prediction.risk))
        found = assess(kb, prediction)
        assert found._replace(setting=None) == plain
        depends = {"tail_length", "training_set_size"}.intersection(kb.edges(prediction.risk))
        assert (found.setting is not None) == bool(depends)
    membership = assess(kb, predict(kb, "PD1", "P1", assumed)).setting
    assert membership is not None
    assert membership.effect == "increase"


def test_what_is_held_no_longer_explains_anything(papers: KnowledgeBase) -> None:
    held = assess(papers, predict(papers, "PD1", "P2", scenario(papers, hold=["O2.1"])))
    told = (*held.mechanism.toward, *held.mechanism.against)
    assert "dataset_distinguishability" not in {path.factor.id for path in told}
    assert held.likelihood is not None
    free = answer(papers, "PD1", "P2").likelihood
    assert free is not None
    assert held.likelihood < free


def test_what_is_measured_in_your_own_models_decides_and_says_against_whom(
    kb: KnowledgeBase,
) -> None:
    own = {
        "id": "mine", "defense": "differential_privacy", "risk": "discriminatory_behavior",
        "effect": "decrease", "kind": "empirical", "provenance": "measured", "sources": [],
    }  # fmt: skip
    found = answer(with_observations(kb.rows, own), "PD1", "F")
    assert (found.expect, found.grade) == ("decrease", "measured_here")
    published, measured = found.voices[2:4]
    assert (published.says, published.disagrees) == ("increase", True)
    assert (measured.says, measured.disagrees) == ("decrease", False)
    assert found.likelihood is not None
    assert 0.5 < found.likelihood < 0.6


# what holds whatever is known


def cases(seed: int) -> Iterator[tuple[KnowledgeBase, Prediction, Assessment]]:
    kb = KnowledgeBase(random_findings(seed))
    for stated in SCENARIOS:
        assumed = Scenario(adversary=stated)
        for pair in pairs(kb):
            prediction = predict(kb, *pair, assumed)
            yield kb, prediction, assess(kb, prediction)


@given(SEEDS)
def test_no_answer_is_contradicted_by_its_own_evidence(seed: int) -> None:
    for _, _, found in cases(seed):
        if found.expect not in OPPOSITE:
            continue
        assert found.likelihood is not None
        assert found.likelihood >= 0.5
        if not found.evidence.tiers:
            continue
        deciding = found.evidence.tiers[-1]
        firm = tuple(each for each in deciding if each.firm)
        if not firm and any(each.firm for each in found.evidence.open):
            continue  # conjectures alone, where others have a result
        said = list(outcomes(firm or deciding).values())
        against = [effect for effect in said if effect != found.expect]
        if any(effect == OPPOSITE[found.expect] for effect in said):
            assert found.grade == "disputed"
        if len(against) * 3 > len(said):  # then works under other conditions must make up for it
            both = tuple(each for each in (*deciding, *found.evidence.open) if each.firm)
            heard = both or (*deciding, *found.evidence.open)
            everyone: list[str] = list(outcomes(heard).values())
            assert everyone.count(found.expect) * 3 >= len(everyone) * 2
            assert len(everyone) >= 3
            assert found.grade == "disputed"


@given(SEEDS)
def test_no_change_is_expected_only_where_it_is_likelier_than_not(seed: int) -> None:
    for _, _, found in cases(seed):
        if found.expect == "no_change" and not found.evidence.measured:
            assert found.likelihood is not None
            assert found.likelihood >= 0.5


def test_a_single_work_that_saw_no_change_leaves_it_open(kb: KnowledgeBase) -> None:
    found = answer(kb, "membership_regularization", "evasion")
    assert {each.effect for each in found.evidence.open} == {"no_change"}
    assert (found.expect, found.grade) == ("depends", "published_once")


@given(SEEDS)
def test_there_is_a_likelihood_exactly_where_there_is_evidence(seed: int) -> None:
    for _, prediction, found in cases(seed):
        known = bool(prediction.paths) or found.evidence.any
        assert (found.likelihood is not None) == known
        assert (found.likelihood_increase is not None) == known
        assert (found.grade != "none") == known
        if not known:
            assert found.expect == "unknown"


@given(SEEDS)
def test_an_unstated_condition_never_decides_in_silence(seed: int) -> None:
    for _, _, found in cases(seed):
        told = {(each.effect, work) for each in found.depends_on for work in each.works}
        for each in found.evidence.open:
            assert each.effect == found.expect or (each.effect, each.work) in told
        if found.evidence.open and not found.evidence.tiers:
            said = set(outcomes(found.evidence.open).values())
            if len(said) > 1:
                assert found.expect == "depends" or found.depends_on


@given(SEEDS)
def test_what_does_not_apply_contributes_nothing(seed: int) -> None:
    rows = random_findings(seed)
    stated = {"knows": "low", "kind": "low"}
    kb = KnowledgeBase(rows)
    for pair in pairs(kb):
        before = answer(kb, *pair, **stated)
        left = {
            name: row
            for name, row in rows["observations"].items()
            if (row["defense"], row["risk"]) != pair
            or all(value == "low" for value in row.get("when", {}).values())
        }
        after = answer(KnowledgeBase({**rows, "observations": left}), *pair, **stated)
        assert before == after


@given(SEEDS, st.booleans())
def test_one_more_work_that_agrees_never_lowers_the_likelihood(seed: int, stated: bool) -> None:
    rows = random_findings(seed)
    kb = KnowledgeBase(rows)
    adversary = {"knows": "high"} if stated else {}
    for defense, risk in pairs(kb):
        before = answer(kb, defense, risk, **adversary)
        if before.expect not in ("increase", "decrease", "no_change"):
            continue
        more = {
            "id": "more", "defense": defense, "risk": risk, "effect": before.expect,
            "kind": "empirical", "sources": ["quite_new"],
        }  # fmt: skip
        after = answer(with_observations(rows, more), defense, risk, **adversary)
        assert after.expect == before.expect
        assert after.likelihood is not None
        assert before.likelihood is not None
        assert after.likelihood >= before.likelihood


@given(SEEDS)
def test_one_work_moves_it_and_five_settle_it(seed: int) -> None:
    rows = random_findings(seed)
    kb = KnowledgeBase({**rows, "observations": {}})
    effect = random.Random(seed).choice(["increase", "decrease"])
    defense, risk = next(pairs(kb))
    works = [
        {
            "id": f"new.n{i}", "defense": defense, "risk": risk, "effect": effect,
            "kind": "empirical", "sources": [f"new_{i}"],
        }
        for i in range(5)
    ]  # fmt: skip
    bare = {**rows, "observations": {}}
    one = answer(with_observations(bare, works[0]), defense, risk)
    five = answer(with_observations(bare, *works), defense, risk)
    assert (one.expect, one.grade) == (effect, "published_once")
    assert (five.expect, five.grade) == (effect, "replicated")
    assert one.likelihood is not None
    assert five.likelihood is not None
    assert 0.5 <= one.likelihood < five.likelihood
    assert five.likelihood >= 0.83


@given(SEEDS, st.sampled_from([f"work_{i}" for i in range(8)]))
def test_forgetting_a_work_is_never_having_heard_of_it(seed: int, work: str) -> None:
    rows = random_findings(seed)
    kb = KnowledgeBase(rows)
    without = KnowledgeBase(_without(rows, work))
    for defense, risk in pairs(kb):
        forgotten = assess(kb, predict(kb, defense, risk), Likelihoods(kb, work))
        never = assess(without, predict(without, defense, risk))
        assert _told(forgotten) == _told(never)


def _told(found: Assessment) -> tuple[Any, ...]:
    def factors(paths: tuple[Path, ...]) -> list[str]:
        return [path.factor.id for path in paths]

    return (
        found.expect,
        found.likelihood,
        found.grade,
        {(tuple(each.when.items()), each.effect, each.works) for each in found.depends_on},
        factors(found.mechanism.toward),
        factors(found.mechanism.against),
    )


def _without(rows: dict[str, Any], work: str) -> dict[str, Any]:
    """Return rows from which a work is gone, and whatever rests on it alone."""

    def forget(row: dict[str, Any]) -> dict[str, Any] | None:
        left = [source for source in row["sources"] if work_of(source) != work]
        kept = [each for each in map(forget, row.get("exceptions", [])) if each]
        if left:
            return {**row, "sources": left, **({"exceptions": kept} if "exceptions" in row else {})}
        return {**row, "effect": "unexplored", "sources": [], "exceptions": kept} if kept else None

    changed = dict(rows)
    for section in ("observations", "correlations"):
        found = {
            # what was measured names no work that could be forgotten
            name: row if row.get("provenance") == "measured" else forget(row)
            for name, row in rows[section].items()
        }
        changed[section] = {name: row for name, row in found.items() if row}
    return changed


@given(SEEDS)
def test_findings_are_each_in_one_place(seed: int) -> None:
    for kb, prediction, _ in cases(seed):
        seen = evidence(kb, prediction)
        assert all(not each.unstated for tier in seen.tiers for each in tier)
        assert all(each.unstated for each in seen.open)
        assert all(tier for tier in seen.tiers)
        assert not any(each.matched for each in seen.general)
