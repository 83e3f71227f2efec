"""Compliance: what a standard asks for goes together as `combine` and `predict` say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import combinations, pairwise

import pytest
from golden_tables import table

from crosscurrent.knowledge import InputError, KnowledgeBase, UnknownName, load
from crosscurrent.predictor.budget import Budget, TooCostly
from crosscurrent.predictor.compliance import NOTICE, Compliance, asked, comply
from crosscurrent.predictor.compliance_documents import compliance_document
from crosscurrent.predictor.conflicts import combine, spoiling
from crosscurrent.predictor.expectations import expected
from crosscurrent.predictor.interactions import predict
from crosscurrent.predictor.joint_outcomes import GRADES

NUMBERS = {row["number"]: row["level"] for row in table("aisvs_requirements", paper="")}
FINE = ("shown_effective", "no_known_conflict")


@pytest.fixture(scope="module")
def answers() -> Mapping[tuple[str, str | None], Compliance]:
    """Return the answer for every standard and level."""
    kb = load()
    return {
        (standard.id, level): comply(kb, standard, level)
        for standard in kb.standards.values()
        for level in standard.levels or (None,)
    }


def third(kb: KnowledgeBase, *have: str) -> Compliance:
    return comply(kb, *asked(kb, "AISVS:3"), have=map(kb.variant, have))


def test_aisvs_has_every_requirement_of_its_two_chapters_once_at_its_level(
    kb: KnowledgeBase,
) -> None:
    known = [(each.number, each.level) for each in kb.requirements_of("aisvs")]
    assert sorted(known) == sorted(NUMBERS.items())
    assert {each.number for each in third(kb).requirements} == set(NUMBERS)


def test_each_requirement_maps_to_something_or_says_why_not(kb: KnowledgeBase) -> None:
    for each in kb.requirements.values():
        asked_for = {
            "defenses": bool(each.defenses),
            "measurement": bool(each.risks),
            "documentation": each.number in ("Article 9(4)", "Annex IV(2)(b)"),
            "nothing": bool(each.why),
        }
        assert asked_for[each.asks], each.id
        assert (each.why is not None) == (each.asks == "nothing"), each.id
        assert (each.basis == "inferred") == (each.interpretation is not None), each.id


def test_requirements_agree_with_what_catalogues_of_the_same_edition_say(
    kb: KnowledgeBase,
) -> None:
    by_number = {each.number: each for each in kb.requirements_of("aisvs")}
    related = [
        each
        for each in kb.mappings.values()
        if each.catalogue == "owasp_aisvs" and each.object is not None
    ]
    assert len(related) > 10
    for mapping in related:
        requirement = by_number[str(mapping.object)]
        names = [n for w in requirement.defenses for n in (*w.any_of, *w.instead)]
        named = {kb.variant(name).defense for name in names} | set(requirement.risks)
        if mapping.subject in kb.defenses and requirement.asks == "measurement":
            named |= {
                d.id for d in kb.defenses.values() if {*d.protects_against} & {*requirement.risks}
            }
        assert mapping.subject in named, mapping.id


def test_level_3_finds_the_conflict_with_the_mark_on_data_its_evidence_and_its_repair(
    kb: KnowledgeBase,
) -> None:
    answer = third(kb)
    assert answer.joint is not None
    assert answer.joint.outcome == "conflict"
    worst = answer.dangers[0]
    assert (worst.kind, worst.by, worst.endangered) == (
        "conflict",
        ("aisvs.11_1_4",),
        ("aisvs.1_1_5",),
    )
    assert [variant.id for variant in worst.defenses] == [
        "adversarial_training@in",
        "data_watermarking@pre",
    ]
    assert worst.known == ("expected", "published")
    assert worst.works == ("szyller2023conflicts",)
    assert [each.risk for each in worst.conflicts] == ["poisoning"]
    dropped = [
        repair
        for repair in answer.repairs
        if [(c.kind, c.old.id) for c in repair.changes] == [("drop", "data_watermarking@pre")]
    ]
    assert [repair.unmet for repair in dropped] == [("aisvs.1_1_5",)]
    settled = [repair for repair in answer.repairs if repair.outcome in FINE]
    assert settled
    assert any("aisvs.1_1_5" in repair.unmet for repair in settled)
    swapped = [change for repair in settled for change in repair.changes if change.kind == "swap"]
    assert {change.old.id for change in swapped} == {"adversarial_training@in"}
    assert all(change.doubtful for change in swapped)  # the requirement does not speak of them


def test_the_order_spoils_nothing_that_another_order_of_the_stage_would_not(
    kb: KnowledgeBase, answers: Mapping[tuple[str, str | None], Compliance]
) -> None:
    stages = ("pre", "in", "post")
    marked = third(kb, "watermarking@in")  # in training it comes last, before it the other first
    assert marked.joint is not None
    assert not marked.joint.orders
    for answer in (marked, *answers.values()):
        order = answer.order
        assert [v.id for v in sorted(order, key=lambda v: stages.index(v.stage))] == [
            v.id for v in order
        ]
        rng = random.Random("orders")
        for _ in range(50):
            other = sorted(rng.sample(order, len(order)), key=lambda v: stages.index(v.stage))
            spoiled = [c for a, b in combinations(other, 2) for c in spoiling(a, b)]
            assert len(answer.spoiled) <= len(spoiled)


def test_what_a_level_asks_for_the_next_one_asks_for_too(kb: KnowledgeBase) -> None:
    standard, _ = asked(kb, "AISVS")
    reached = [comply(kb, standard, level) for level in standard.levels]
    for lower, higher in pairwise(reached):
        assert set(lower.requirements) < set(higher.requirements)
        wanted = [{(r.id, w) for r in a.requirements for w in r.defenses} for a in (lower, higher)]
        assert wanted[0] <= wanted[1]
        assert {v.defense for v in lower.defenses} <= {v.defense for v in higher.defenses}


def test_each_answer_says_what_combine_says(
    kb: KnowledgeBase, answers: Mapping[tuple[str, str | None], Compliance]
) -> None:
    for answer in answers.values():
        names = [variant.id for variant in answer.defenses]
        if len(names) < 2:
            assert answer.joint is None
            continue
        combined = combine(kb, names)
        assert answer.joint == combined._replace(repairs=(), repairs_cut=False)
        told = {
            frozenset(v.id for v in each.defenses): each
            for each in answer.dangers
            if each.kind != "raises"
        }
        doubtful = {frozenset((c.earlier.id, c.later.id)) for c in combined.overlooked}
        for one, other in combinations(names, 2):
            pair = combine(kb, [one, other])
            key = frozenset((one, other))
            assert (pair.outcome not in FINE or key in doubtful) == (key in told), key
            if key in told and key not in doubtful:
                assert told[key].outcome == pair.outcome
                assert told[key].grounds == pair.grounds
                assert told[key].records == pair.judged.records


def test_each_risk_that_rises_is_one_that_predict_expects_to_rise(
    kb: KnowledgeBase, answers: Mapping[tuple[str, str | None], Compliance]
) -> None:
    for answer in answers.values():
        about = {risk for each in answer.requirements for risk in each.risks}
        found = {(d.defenses[0].id, d.risk): d for d in answer.dangers if d.kind == "raises"}
        for variant in answer.defenses:
            for risk in about:
                danger = found.get((variant.id, risk))
                rises = expected(kb, variant.id, risk).effect == "increase"
                assert rises == (danger is not None), (variant.id, risk)
                if danger is None:
                    continue
                prediction = predict(kb, variant.id, risk)
                assert "increase" in (*prediction.published, prediction.conjecture)
                assert danger.works
                wanting = [r.id for r in answer.requirements if risk in r.risks]
                assert list(danger.endangered) == wanting


def test_repairs_are_better_by_combine_and_each_further_change_is_worth_it(
    kb: KnowledgeBase, answers: Mapping[tuple[str, str | None], Compliance]
) -> None:
    mended = [answer for answer in answers.values() if answer.repairs]
    assert len(mended) > 2
    for answer in mended:
        assert answer.joint is not None
        grades = {0: GRADES.index(answer.joint.outcome)}
        for repair in answer.repairs:
            combined = combine(kb, [variant.id for variant in repair.defenses])
            assert combined.outcome == repair.outcome
            grade = GRADES.index(combined.outcome)
            assert grades.setdefault(len(repair.changes), grade) == grade
        assert list(grades.values()) == sorted(grades.values(), reverse=True)
        assert len(set(grades.values())) == len(grades)
        for repair in answer.repairs:
            lost = {c.asked.ids for c in repair.changes if c.kind == "drop"}
            assert set(repair.unmet) == {name for ids in lost for name in ids}


def test_no_single_change_does_what_a_repair_with_two_does(kb: KnowledgeBase) -> None:
    answer = third(kb)
    assert [len(repair.changes) for repair in answer.repairs].count(2) > 0
    for chosen in answer.chosen:
        what = chosen.asked.wanted
        rest = [each.variant.id for each in answer.chosen if each is not chosen]
        for new in (None, *what.any_of, *what.instead):
            names = {*rest, *([kb.variant(new).id] if new else [])}
            if len({kb.variants[n].defense for n in names}) == len(names):
                assert combine(kb, sorted(names)).outcome not in FINE


def test_what_is_in_place_is_taken_wherever_it_will_do(kb: KnowledgeBase) -> None:
    answer = third(kb, "watermarking@post", "randomized_smoothing@post", "explanations")
    taken = {each.asked.ids: each for each in answer.chosen}
    for number, name in (("11_3_3", "watermarking@post"), ("11_1_4", "randomized_smoothing@post")):
        chosen = taken[(f"aisvs.{number}",)]
        assert (chosen.variant.id, chosen.in_place) == (name, True)
    assert "explanations@post" in {variant.id for variant in answer.defenses}
    unasked = [d for d in answer.dangers if d.defenses[0].id == "explanations@post"]
    assert unasked
    assert all(d.by == () for d in unasked if d.kind == "raises")
    for repair in answer.repairs:
        assert "explanations@post" in {variant.id for variant in repair.defenses}


def test_where_nothing_goes_together_no_further_pair_is_chosen_that_does_not(
    kb: KnowledgeBase,
) -> None:
    answer = comply(kb, *asked(kb, "AI Act"), have=[kb.variant("group_fairness@in")])
    assert answer.joint is not None
    assert answer.joint.outcome == "not_trainable"
    pairs = [{each.one.id, each.other.id} for each in answer.joint.exclusions]
    assert pairs == [{"group_fairness@in", "differential_privacy@in"}]
    moved = [[(c.kind, c.new and c.new.id) for c in r.changes] for r in answer.repairs]
    assert [("stage", "group_fairness@pre")] in moved


def test_of_a_framework_that_asks_for_measurements_only_what_is_in_place_counts(
    kb: KnowledgeBase,
) -> None:
    nothing = comply(kb, *asked(kb, "rmf"))
    assert (nothing.defenses, nothing.joint, nothing.dangers, nothing.repairs) == ((), None, (), ())
    answer = comply(kb, *asked(kb, "NIST AI RMF"), have=[kb.variant("differential_privacy")])
    raised = {danger.risk: danger.endangered for danger in answer.dangers}
    assert raised["discriminatory_behavior"] == ("ai_rmf.measure_2_11",)


@pytest.mark.parametrize(
    ("name", "standard", "level"),
    [
        ("AISVS", "aisvs", "3"),
        ("aisvs:1", "aisvs", "1"),
        (" OWASP-AISVS : L2 ", "aisvs", "2"),
        ("AI Act", "ai_act", None),
        ("eu_ai_act", "ai_act", None),
        ("NIST AI RMF", "ai_rmf", None),
        ("rmf", "ai_rmf", None),
    ],
)
def test_a_standard_is_found_by_what_people_call_it(
    kb: KnowledgeBase, name: str, standard: str, level: str | None
) -> None:
    found, at = asked(kb, name)
    assert (found.id, at) == (standard, level)


def test_what_is_no_standard_or_level_is_refused_with_what_there_is(kb: KnowledgeBase) -> None:
    with pytest.raises(UnknownName) as unknown:
        asked(kb, "AISV:3")
    assert unknown.value.suggestions == ("aisvs",)
    with pytest.raises(InputError, match="evasion is a risk, not a standard"):
        asked(kb, "evasion")
    for name in ("AISVS:4", "AISVS:", "AISVS:3:1"):
        with pytest.raises(InputError, match="the levels are 1, 2, 3"):
            asked(kb, name)
    with pytest.raises(InputError, match="has no levels"):
        asked(kb, "rmf:1")
    with pytest.raises(InputError, match="another level"):
        asked(kb, "AISVS:1", "2")
    with pytest.raises(InputError, match="holds no standards"):
        asked(load(builtin="papers"), "AISVS")


def test_it_keeps_to_a_budget(kb: KnowledgeBase) -> None:
    with pytest.raises(TooCostly), Budget(steps=20):
        third(kb)


def test_alternatives_that_are_too_many_are_cut_and_that_is_said() -> None:
    defenses = "[adversarial_training, differential_privacy@in, fingerprinting, group_fairness]"
    others = ["quantization", "pate", "deduplication", "explanations", "label_smoothing"]
    rows = "".join(  # five with four alternatives each
        f"- {{id: own.r{n}, standard: own, number: 'R{n}', summary: more, asks: defenses,\n"
        f"   defenses: [{{any_of: {defenses}, instead: [{other}]}}], basis: read}}\n"
        for n, other in enumerate(others)
    )
    text = (
        "standards:\n- {id: own, name: Own, edition: '1', publisher: Us, url: 'https://own.org',"
        " license: ours, binding: standard}\nrequirements:\n" + rows
    )
    kb = load([{"own.yaml": text.encode()}], cached=False)
    answer = comply(kb, *asked(kb, "own"))
    assert answer.choices_cut
    assert compliance_document(answer)["choices_cut"]


def test_the_document_says_once_that_it_is_no_legal_advice(kb: KnowledgeBase) -> None:
    document = compliance_document(third(kb))
    assert document["notice"] == NOTICE
    assert str(document).count("legal advice") == 1
    assert document["knowledge"] == kb.digest
