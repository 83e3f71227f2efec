"""Collusion: the survey's tables by its own rule, what adversaries change, and chains."""

from __future__ import annotations

import random
from itertools import pairwise, permutations
from typing import Literal

import pytest
from golden_tables import table
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_rows

from crosscurrent.knowledge import InputError, KnowledgeBase, UnknownName
from crosscurrent.predictor.chains import breakers, chains, chains_to
from crosscurrent.predictor.collusion import NO_ADVERSARIES, adversaries, collude, idle
from crosscurrent.predictor.collusion_backtest import collusion_backtest
from crosscurrent.predictor.published import within_reach


@pytest.fixture(scope="session")
def kb(papers: KnowledgeBase) -> KnowledgeBase:
    """Return the papers alone: the figures here are theirs."""
    return papers


@pytest.mark.parametrize(
    "row", table("pairs", "collusion_"), ids=lambda row: f"{row['first']}-{row['second']}"
)
def test_every_pair_follows_from_tables_1_and_2(kb: KnowledgeBase, row: dict[str, str]) -> None:
    answer = collude(kb, row["first"], row["second"])
    assert answer.verdict == row["rule_verdict"]
    factors = {link.factor.id for link in answer.factors}
    assert factors == set(filter(None, row["rule_factors"].split(";")))
    assert answer.contradicted == (row["rule_verdict"] != row["printed_verdict"])


@pytest.mark.parametrize(
    "row",
    table("table9", "collusion_"),
    ids=lambda row: f"{row['first']}-{row['second']}-{row['value']}",
)
def test_stronger_second_adversaries_change_it_as_table_9_says(
    kb: KnowledgeBase, row: dict[str, str]
) -> None:
    assumed = adversaries(kb, {row["characteristic"]: row["value"]})
    answer = collude(kb, row["first"], row["second"], assumed)
    if row["rule"] == "reduced":
        assert (answer.verdict, answer.potential) == ("amplifies", "reduced")
    else:
        assert answer.verdict == row["rule"]


def test_the_validated_cases_are_answered_in_the_measured_direction(kb: KnowledgeBase) -> None:
    tested = [record for record in kb.collusions.values() if record.status == "validated"]
    assert len(tested) == 5
    for record in tested:
        assert collude(kb, record.first, record.second).verdict == record.effect


def test_the_backtest_counts_what_was_seen_and_what_the_tables_print(kb: KnowledgeBase) -> None:
    result = collusion_backtest(kb)
    assert result.agreement == (36, 37)
    assert [(a.first.id, a.second.id) for a in result.contradicted] == [
        ("attribute_inference", "distribution_inference")
    ]
    (whole,) = [s for s in result.scores if (s.pairs, s.method) == ("all", "rule")]
    assert (whole.right, whole.cells) == (23, 23)


def test_a_first_adversary_is_held_against_the_least_its_attack_takes(kb: KnowledgeBase) -> None:
    weak = collude(kb, "P1", "R1", adversaries(kb, {"first.model_knowledge": "no_access"}))
    assert [(s.adversary, s.standing) for s in weak.shortfalls] == [("first", "below")]
    strong = collude(kb, "P1", "R1", adversaries(kb, {"first.model_knowledge": "whitebox"}))
    assert [(s.adversary, s.standing) for s in strong.shortfalls] == [("first", "above")]
    assert strong.verdict == "amplifies"
    assert strong.potential == "full"


@pytest.mark.parametrize(
    ("first", "second", "described", "expected"),
    [
        ("evasion", "R1", {}, "given twice"),
        ("evasoin", "P1", {}, "did you mean evasion"),
        ("tail_length", "P1", {}, "is a factor, not an attack"),
        ("R1", "P1", {"model_knowlege": "whitebox"}, "did you mean model_knowledge"),
        ("R1", "P1", {"first.model_knowledge": "white"}, "did you mean whitebox"),
    ],
)
def test_what_makes_no_sense_is_said(
    kb: KnowledgeBase, first: str, second: str, described: dict[str, str], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        collude(kb, first, second, adversaries(kb, described))


def test_the_risk_stands_for_the_attack_behind_it(kb: KnowledgeBase) -> None:
    assert kb.attack("R3").id == "model_extraction"
    assert kb.attack("unauthorized_model_ownership").id == "model_extraction"
    assert kb.attack("P1").id == kb.attack("MemInf").id == "membership_inference"
    with pytest.raises(UnknownName):
        kb.attack("nothing")


def by_brute_force(kb: KnowledgeBase, target: str) -> set[tuple[str, ...]]:
    """Try every sequence of different attacks."""
    others = [name for name in kb.attacks if name != target]
    amplifies = {
        (a, b): collude(kb, a, b).verdict == "amplifies" for a, b in permutations(kb.attacks, 2)
    }
    return {
        (*before, target)
        for length in range(1, len(others) + 1)
        for before in permutations(others, length)
        if all(amplifies[pair] for pair in pairwise((*before, target)))
    }


@pytest.mark.parametrize("target", ["membership_inference", "model_extraction", "F"])
def test_chains_are_all_there_are_best_first(kb: KnowledgeBase, target: str) -> None:
    found = list(chains(kb, target))
    ids = [tuple(attack.id for attack in chain.attacks) for chain in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == by_brute_force(kb, kb.attack(target).id)
    ranks = [(chain.unproven, len(chain.links)) for chain in found]
    assert ranks == sorted(ranks)
    for chain in found:
        assert len({attack.id for attack in chain.attacks}) == len(chain.attacks)
        for link, (a, b) in zip(chain.links, pairwise(chain.attacks), strict=True):
            assert link == collude(kb, a.id, b.id)
            assert link.verdict == "amplifies"


def test_a_target_nobody_can_reach_has_no_chain(kb: KnowledgeBase) -> None:
    assert chains_to(kb, "poisoning").found == 0
    assumed = adversaries(kb, {"model_knowledge": "whitebox", "data_knowledge": "full_overlap"})
    only = chains_to(kb, "evasion", assumed=assumed)
    assert {chain.attacks[-2].id for chain in only.chains} == {"poisoning"}


def test_an_attack_out_of_reach_is_no_link_anywhere(kb: KnowledgeBase) -> None:
    assumed = adversaries(kb, {"model_knowledge": "no_access"})
    answer = collude(kb, "evasion", "membership_inference", assumed)
    assert answer.verdict == "amplifies"
    assert answer.out_of_reach
    assert not answer.holds
    assert not chains_to(kb, "membership_inference", assumed=assumed).found
    assert collude(kb, "evasion", "membership_inference").holds


@pytest.mark.parametrize(
    ("target", "first", "described", "obstacle"),
    [
        ("poisoning", None, {}, "factors"),
        ("membership_inference", "discriminatory_behavior", {}, "first"),
        ("membership_inference", None, {"model_knowledge": "no_access"}, "reach"),
        ("membership_inference", "poisoning", {"model_knowledge": "no_access"}, "reach"),
        ("model_extraction", None, {"data_knowledge": "full_overlap"}, "unnecessary"),
        ("membership_inference", None, {}, None),
    ],
)
def test_why_there_is_no_chain(
    kb: KnowledgeBase, target: str, first: str | None, described: dict[str, str], obstacle: str
) -> None:
    found = chains_to(kb, target, first=first, assumed=adversaries(kb, described))
    assert found.obstacle == obstacle
    assert (found.found == 0) == (obstacle is not None)


def test_a_slip_in_the_tables_stays_one_whatever_is_assumed(kb: KnowledgeBase) -> None:
    for described in ({}, {"model_knowledge": "graybox"}, {"data_knowledge": "full_overlap"}):
        assumed = adversaries(kb, described)
        contradicted = {
            (first, second)
            for first, second in permutations(kb.attacks, 2)
            if collude(kb, first, second, assumed).contradicted
        }
        assert contradicted == {("attribute_inference", "distribution_inference")}


def test_collusion_at_test_time_hands_knowledge_on(kb: KnowledgeBase) -> None:
    assert collude(kb, "evasion", "membership_inference").kind == "test_time"
    assert collude(kb, "poisoning", "discriminatory_behavior").kind == "train_test"
    for first, second in (("evasion", "F"), ("F", "evasion"), ("evasion", "poisoning")):
        assert collude(kb, first, second).kind is None


def test_assumptions_that_nothing_looks_at_are_named(kb: KnowledgeBase) -> None:
    described = {"role": "malicious_accuser", "first.defense_knowledge": "aware"}
    assert idle(kb, adversaries(kb, described)) == ("first.defense_knowledge", "role")
    assert not idle(kb, adversaries(kb, {"output": "full", "first.data_knowledge": "no_overlap"}))


def test_a_count_given_up_says_so(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosscurrent.predictor.chains.MAX_CHAINS", 20)
    answer = chains_to(kb, "P1", limit=3)
    assert not answer.complete
    assert len(answer.chains) == 3
    assert chains_to(kb, "P1", limit=3).chains == answer.chains


def test_chains_may_be_asked_to_begin_somewhere(kb: KnowledgeBase) -> None:
    found = chains_to(kb, "P1", first="poisoning", limit=4)
    assert all(chain.attacks[0].id == "poisoning" for chain in found.chains)
    assert len(found.chains) == 4 < found.found
    with pytest.raises(InputError, match="both the first"):
        chains_to(kb, "P1", first="P1")


def test_breakers_join_defenses_factors_and_side_effects(kb: KnowledgeBase) -> None:
    found = breakers(kb, collude(kb, "poisoning", "membership_inference"))
    by = {(each.defense.id, each.how): each for each in found}
    private = by["differential_privacy", "factor"]
    assert private.factors == ("tail_length", "dataset_distinguishability")
    assert private.whole
    assert "poisoning" in {each.risk for each in private.raises}
    assert not private.helps
    assert not private.backfires
    assert found[0] == private
    # both lengthen the tail or set records apart, as the first attack does, and raise the second
    others: tuple[tuple[Literal["attack", "factor"], str, str], ...] = (
        ("attack", "outlier_removal", "tail_length"),
        ("factor", "adversarial_training", "dataset_distinguishability"),
    )
    for how, defense, helped in others:
        each = by[defense, how]
        assert each.helps == (helped,)
        assert each.backfires
        assert not each.whole
    for each in found:
        for factor in each.factors:
            assert kb.edges(each.defense.id)[factor].sign == "-"


def test_proof_of_ownership_does_not_break_an_extraction(kb: KnowledgeBase) -> None:
    for second in ("evasion", "membership_inference", "data_reconstruction"):
        found = breakers(kb, collude(kb, "model_extraction", second))
        marks = [each for each in found if each.defense.id in ("watermarking", "fingerprinting")]
        assert len(marks) == 2
        assert all(each.how == "risk" and not each.whole for each in marks)


def test_what_backfires_comes_last(kb: KnowledgeBase) -> None:
    for first, second in permutations(kb.attacks, 2):
        link = collude(kb, first, second)
        found = breakers(kb, link)
        ranks = [(each.backfires, bool(each.helps), not each.whole) for each in found]
        assert ranks == sorted(ranks)
        for each in found:
            raised = {effect.risk for effect in each.raises}
            assert each.backfires == (link.second.risk in raised)
            assert not set(each.helps).intersection(each.factors)


def attack_base(seed: int, attacks: int = 5) -> KnowledgeBase:
    """Return a random base with attacks between random factors."""
    rng = random.Random(seed)
    rows = random_rows(seed, risks=attacks)
    rows |= {"attacks": {}, "outcomes": {}, "prerequisites": {}, "collusions": {}}
    for risk in rows["risks"]:
        rows["attacks"][risk] = {
            "id": risk, "name": risk, "risk": risk, "time": "test", "meaning": "random",
        }  # fmt: skip
        for section, share in (("outcomes", 0.3), ("prerequisites", 0.5)):
            for factor in rows["factors"]:
                if rng.random() < share:
                    row = {
                        "attack": risk,
                        "factor": factor,
                        "sign": rng.choice("++-?0"),
                        "sources": ["work"],
                    }
                    ends = (risk, factor) if section == "outcomes" else (factor, risk)
                    rows[section][">".join(ends)] = row
    return KnowledgeBase(rows)


@given(st.integers(0, 10**6))
def test_random_bases_agree_with_brute_force(seed: int) -> None:
    kb = attack_base(seed)
    for first, second in permutations(kb.attacks, 2):
        answer = collude(kb, first, second, NO_ADVERSARIES)
        products = [
            {"++": "+", "--": "+", "+-": "-", "-+": "-"}.get(
                mine.sign + theirs.sign, "0" if "0" in mine.sign + theirs.sign else "?"
            )
            for mine in kb.outcomes.values()
            for theirs in kb.prerequisites.values()
            if (mine.attack, theirs.attack) == (first, second) and mine.factor == theirs.factor
        ]
        counted = set(products) - {"0"}
        by_sign: dict[tuple[str, ...], str] = {("+",): "amplifies", ("-",): "hinders"}
        expected = by_sign.get(tuple(counted), "inconclusive")
        assert answer.verdict == expected
    target = next(iter(kb.attacks))
    found = {tuple(a.id for a in chain.attacks) for chain in chains(kb, target)}
    assert found == by_brute_force(kb, target)


def test_the_weakest_adversary_of_a_published_attack_reaches_it(kb: KnowledgeBase) -> None:
    for row in table("threat_models_pareto", ""):
        scales = ("capability", "optimization", "model_knowledge", "output", "interaction")
        adversary = {key: row[key] for key in (*scales, "data_knowledge") if row[key]}
        adversary = {k: v for k, v in adversary.items() if v in kb.adversary[k].values}
        found = within_reach(kb, row["attack"], adversary)
        assert len(found) >= int(row["titles"]), row


def test_white_box_access_shows_the_output_in_full(kb: KnowledgeBase) -> None:
    whitebox = {"model_knowledge": "whitebox"}
    assert within_reach(kb, None, {**whitebox, "output": "hard_label"}) == within_reach(
        kb, None, whitebox
    )
    narrow = within_reach(kb, None, {"output": "hard_label"})
    only = [
        each
        for each in kb.published_attacks.values()
        if all(text.startswith("whitebox") for text in each.model_knowledge)
    ]
    assert any("." in text for each in only for text in each.model_knowledge)
    assert {each.id for each in only} <= {each.id for each in narrow}


def test_a_stronger_adversary_reaches_no_fewer_published_attacks(kb: KnowledgeBase) -> None:
    for key in ("model_knowledge", "output", "interaction", "data_knowledge", "blindness"):
        counts = [len(within_reach(kb, None, {key: value})) for value in kb.adversary[key].values]
        assert counts == sorted(counts)
        assert counts[-1] == len(kb.published_attacks)
        assert counts[0] < counts[-1]
