"""Assessments in words: sentences that an expert would write, and that say what is known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_findings

from crosscurrent.api.text import assessments
from crosscurrent.api.text.conditions import PHRASES, circumstance, circumstances
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.predictor import document_types as shapes
from crosscurrent.predictor.documents import prediction_document
from crosscurrent.predictor.interactions import matrix, predict
from crosscurrent.predictor.scenarios import scenario


def document(kb: KnowledgeBase, pair: str, **adversary: str) -> shapes.Prediction:
    assumed = scenario(kb, adversary=adversary)
    defense, risk = pair.split()
    return prediction_document(kb, predict(kb, defense, risk, assumed))


@pytest.mark.parametrize(
    ("pair", "sentence", "known"),
    [
        (
            "PD1 F",
            "Differential privacy increases discriminatory behavior.",
            "89 % likely; replicated: 5 works agree",
        ),
        (
            "PD1 P1",
            "Differential privacy decreases membership inference.",
            "96 % likely; replicated: 4 works agree",
        ),
        (
            "RD1 F",
            "Adversarial training increases discriminatory behavior.",
            "87 % likely; replicated: 4 works agree",
        ),
        ("RD2 R2", "Outlier removal decreases poisoning.", "80 % likely; published once"),
        (
            "PD1 P4",
            "Differential privacy decreases distribution inference,"
            " unless the adversary knows of the defense (an increase).",
            "85 % likely; replicated: 2 works agree",
        ),
        (
            "RD1 R3",
            "What adversarial training does to unauthorized model ownership depends: an increase if"
            " the adversary is the suspect who denies having copied; a decrease if the adversary is"
            " an accuser who claims what is not its own.",
            "36 % likely to increase; published once",
        ),
        ("FD2 R1", "Explanations increase evasion.", "83 % likely; replicated: 2 works agree"),
        (
            "FD2 F",
            "Works disagree on what explanations do to discriminatory behavior.",
            "52 % likely to increase; disputed: 2 works saw an increase and 2 works saw a decrease",
        ),
        (
            "RD1 P3",
            "Adversarial training decreases attribute inference.",
            "61 % likely; derived from few or passive factors; nothing was published for this pair",
        ),
        ("RD4 F", "Nothing is known of what fingerprinting does to discriminatory behavior.", ""),
    ],
)
def test_an_answer_opens_with_the_sentence_of_an_expert(
    papers: KnowledgeBase, pair: str, sentence: str, known: str
) -> None:
    found = document(papers, pair)
    assert assessments.headline(papers, found) == sentence
    assert assessments.established(papers, found) == known


@pytest.mark.parametrize(
    ("pair", "sentence", "known"),
    [
        (
            "PD1 P1",
            "Differential privacy decreases membership inference.",
            r"\d\d % likely; replicated: \d works agree",
        ),
        (
            "PD1 F",
            "Differential privacy increases discriminatory behavior, unless hyperparameters are"
            " tuned for the defense",
            r"\d\d % likely; (replicated|disputed): .*",
        ),
        ("RD1 F", "Adversarial training increases discriminatory behavior", r".* works agree"),
        (
            "RD2 R2",
            r"Outlier removal decreases poisoning, unless the adversary knows of the defense"
            r" \(no change\)\.",
            r"\d\d % likely; replicated: 1 work, and measured on 3 data sets in reference models",
        ),
        (
            "regularization P1",
            "Regularization decreases membership inference",
            r"\d\d % likely; disputed: 1 work saw an increase, and \d works a decrease under"
            r" conditions \(otherwise: .*\)",
        ),
        (
            "FD2 F",
            "Works disagree on what explanations do to discriminatory behavior; both ways if data"
            " are text.",
            r"\d\d % likely to increase; disputed: 2 works saw an increase and 2 .*",
        ),
        (
            "knowledge_distillation F",
            "Works saw both ways in what knowledge distillation does to discriminatory behavior.",
            r"\d\d % likely to increase; published once",
        ),
        ("PD1@post P1", "Differential privacy, after training, decreases", r".*"),
        ("PD1@pre R3", "Differential privacy, before training, increases unauth", r".*"),
        ("FD2@post P1", "Explanations, after training, increase membership", r".*"),
    ],
)
def test_with_the_literature_it_is_as_careful(
    kb: KnowledgeBase, pair: str, sentence: str, known: str
) -> None:
    found = document(kb, pair)
    assert re.match(sentence, assessments.headline(kb, found)), assessments.headline(kb, found)
    assert re.fullmatch(known, assessments.established(kb, found))


def on_one_data_set(defense: str, risk: str, effect: str) -> tuple[KnowledgeBase, str]:
    """Return what was published with an effect in reference models on top, and the pair."""
    rows = load("literature").rows
    cell = {
        "id": "measured.digits", "defense": defense, "risk": risk, "effect": effect,
        "kind": "empirical", "provenance": "measured", "sources": ["our_tables"],
        "table": {"dataset": "digits", "draws": 1, "seeds": 5, "result": "a" * 64},
    }  # fmt: skip
    work = {"id": "our_tables", "status": "confirmed", "title": "our tables"}
    kb = KnowledgeBase(
        {
            **rows,
            "references": {**rows["references"], work["id"]: work},
            "observations": {**rows["observations"], cell["id"]: cell},
        }
    )
    return kb, f"{defense} {risk}"


def test_a_table_that_makes_it_unlikely_but_does_not_decide_is_named() -> None:
    kb, pair = on_one_data_set("outlier_removal", "attribute_inference", "decrease")
    found = document(kb, pair)
    assert assessments.headline(kb, found).startswith("Outlier removal increases attribute")
    assert assessments.established(kb, found) == (
        "42 % likely, as 1 data set says otherwise in reference models; published once"
    )


@pytest.mark.parametrize(
    ("pair", "effect", "why"),
    [
        (
            ("data_watermarking", "unauthorized_model_ownership"),
            "no_change",
            "no factor is moved, and no change on 1 data set does not settle it",
        ),
        (
            ("outlier_removal", "data_reconstruction"),
            "increase",
            "what was measured is not what the factors let expect",
        ),
    ],
)
def test_what_was_measured_is_set_against_factors_only_where_they_say_something(
    pair: tuple[str, str], effect: str, why: str
) -> None:
    kb, asked = on_one_data_set(*pair, effect)
    assert assessments.headline(kb, document(kb, asked)).endswith(f" is open: {why}.")


def test_a_case_in_which_works_differ_is_told_once(kb: KnowledgeBase) -> None:
    """No sentence says of the same case that the risk rises and that it falls."""
    for row in matrix(kb):
        for prediction in row:
            found = prediction_document(kb, prediction)
            cases = found["assessment"]["depends_on"]
            sentence = assessments.headline(kb, found)
            for each in cases:
                told = circumstance(kb, each["when"])
                differ = {other["effect"] for other in cases if other["when"] == each["when"]}
                if len(differ) > 1:
                    assert len(re.findall(rf"(?:if|or|unless) {told}(?=[;.,:]| \()", sentence)) <= 1


def test_the_minority_is_named(papers: KnowledgeBase) -> None:
    told = assessments.established(papers, document(papers, "PD1 R1"))
    assert told.endswith("1 work saw a decrease (otherwise: Bu et al. 2021?)")


def test_the_mechanism_is_told_by_how_the_risk_follows(papers: KnowledgeBase) -> None:
    kb = papers
    assert assessments.reason(kb, document(kb, "PD1 R1")) == (
        "It lowers curvature smoothness and boundary distance, and evasion rises as they fall;"
        " what it does to tail length speaks against that."
    )
    assert assessments.reason(kb, document(kb, "PD1 F")) == (
        "No factor explains it; it lowers tail length, and discriminatory behavior falls with it,"
        " which speaks against it."
    )
    assert assessments.reason(kb, document(kb, "RD4 F")) == ""


def test_the_setting_has_a_sentence_of_its_own(kb: KnowledgeBase) -> None:
    found = prediction_document(kb, predict(kb, "PD1", "P1", scenario(kb, raise_=["D2"])))
    assert assessments.setting_told(kb, found) == (
        "The setting by itself increases membership inference, with or without the defense:"
        " by tail length."
    )
    assert assessments.setting_told(kb, document(kb, "PD1 P1")) == ""


def test_conditions_are_told_in_words_general_ones_once(kb: KnowledgeBase) -> None:
    aware, suspect = {"defense_knowledge": "aware"}, {"role": "malicious_suspect"}
    assert circumstance(kb, {**aware, **suspect}) == (
        "the adversary knows of the defense and the adversary is the suspect who denies having"
        " copied"
    )
    assert circumstance(kb, {"rest": "at_hand"}) == "rest is at hand"
    assert circumstances(kb, [{**aware, **suspect}, aware, aware], 3) == circumstance(kb, aware)
    assert circumstances(kb, [aware, suspect], 1).endswith(" or in 1 more case")
    images = {"modality": "image", "initialization": "pretrained"}
    assert circumstances(kb, [{"tuning": "tuned"}, images], 3) == (
        "hyperparameters are tuned for the defense, or data are images and a pretrained model is"
        " fine-tuned"
    )
    assert ", " not in circumstances(kb, [{"tuning": "tuned"}, {"records": "many"}], 3)


def test_every_value_of_every_scale_has_a_phrase(kb: KnowledgeBase) -> None:
    values = {key: scale.values for key, scale in kb.adversary.items()}
    values |= {key: scale.values for key, scale in kb.conditions.items()}
    told = {
        f"{key}={value}": circumstance(kb, {key: value})
        for key, known in values.items()
        for value in known
    }
    assert [name for name in told if name not in PHRASES] == []
    assert [name for name in PHRASES if name not in told] == []
    for name, phrase in told.items():
        assert "=" not in phrase, name
        assert "_" not in phrase, name


def test_a_value_of_ones_own_is_told_by_the_name_of_its_scale(papers: KnowledgeBase) -> None:
    scale = {"id": "shift", "name": "Shift of data", "ordered": True, "values": ["far", "near_by"]}
    rows = {**papers.rows, "conditions": {"shift": {**scale, "meaning": "How far."}}}
    assert circumstance(KnowledgeBase(rows), {"shift": "near_by"}) == "shift of data is near by"


@pytest.mark.parametrize("stated", [{}, {"knows": "high"}])
@given(seed=st.integers(0, 2**32))
def test_whatever_is_known_can_be_said(seed: int, stated: dict[str, str]) -> None:
    kb = KnowledgeBase(random_findings(seed))
    for row in matrix(kb, scenario(kb, adversary=stated)):
        for prediction in row:
            found = prediction_document(kb, prediction)
            answer = found["assessment"]
            sentence = assessments.headline(kb, found)
            assert sentence.endswith(".")
            assert ("increases" in sentence.split(", unless")[0]) == (
                answer["expect"] == "increase"
            )
            assert ("decreases" in sentence.split(", unless")[0]) == (
                answer["expect"] == "decrease"
            )
            assert bool(assessments.established(kb, found)) == (answer["likelihood"] is not None)
            assert ("%" in assessments.word(found)) == (answer["likelihood"] is not None)
            for text in (assessments.reason(kb, found), *assessments.advised(kb, found)):
                assert text == "" or text.endswith(".")
            assert all(says for _, says, _ in assessments.voiced(answer))
            assert assessments.spoken(kb, found)
