"""Everyday names lead where people mean, ids and codes lead where they always led."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.knowledge import (
    BrokenKnowledge,
    InputError,
    KnowledgeBase,
    Record,
    UnknownName,
    load,
)
from crosscurrent.knowledge._files import Source
from crosscurrent.knowledge._indexes import CODED, fold
from crosscurrent.knowledge._reader import read

EVERYDAY = {
    "defense": {
        "dp": "differential_privacy",
        "dp-sgd": "differential_privacy",
        "dpsgd": "differential_privacy",
        "differential privacy": "differential_privacy",
        "at": "adversarial_training",
        "robust training": "adversarial_training",
        "pgd training": "adversarial_training",
        "robustness": "adversarial_training",
        "fairness": "group_fairness",
        "xai": "explanations",
        "explainability": "explanations",
        "shap": "explanations",
        "sanitization": "outlier_removal",
        "fine-pruning": "outlier_removal",
        "pruning": "model_pruning",
        "weight pruning": "model_pruning",
        "watermark": "watermarking",
        "dataset watermark": "data_watermarking",
        "radioactive data": "data_watermarking",
        "dataset inference": "fingerprinting",
        "unlearning": "machine_unlearning",
        "machine unlearning": "machine_unlearning",
        "sisa": "machine_unlearning",
        "randomized smoothing": "randomized_smoothing",
        "randomised smoothing": "randomized_smoothing",
        "quantization": "quantization",
        "quantisation": "quantization",
        "distillation": "knowledge_distillation",
        "knowledge distillation": "knowledge_distillation",
        "pate": "pate",
        "label smoothing": "label_smoothing",
        "mixup": "data_augmentation",
        "augmentation": "data_augmentation",
        "regularization": "regularization",
        "dropout": "regularization",
        "weight decay": "regularization",
        "early stopping": "regularization",
        "memguard": "confidence_masking",
        "adversarial regularization": "membership_regularization",
        "diffpure": "input_purification",
        "dedup": "deduplication",
        "text watermark": "output_watermarking",
        "krum": "robust_aggregation",
        "conformal": "conformal_prediction",
        "local differential privacy": "differential_privacy",
        "spectral signatures": "outlier_removal",
    },
    "risk": {
        "mia": "membership_inference",
        "membership": "membership_inference",
        "inversion": "data_reconstruction",
        "model inversion": "data_reconstruction",
        "property inference": "distribution_inference",
        "model stealing": "unauthorized_model_ownership",
        "stealing": "unauthorized_model_ownership",
        "extraction": "unauthorized_model_ownership",
        "model_extraction": "unauthorized_model_ownership",
        "backdoor": "poisoning",
        "trojan": "poisoning",
        "data poisoning": "poisoning",
        "adversarial examples": "evasion",
        "robustness": "evasion",
        "bias": "discriminatory_behavior",
        "fairness": "discriminatory_behavior",
        "unfairness": "discriminatory_behavior",
        "attribution leakage": "attribute_inference",
    },
    "attack": {
        "stealing": "model_extraction",
        "model stealing": "model_extraction",
        "extraction": "model_extraction",
        "mia": "membership_inference",
        "inversion": "data_reconstruction",
        "backdoor": "poisoning",
        "adversarial examples": "evasion",
        "property inference": "distribution_inference",
    },
    "factor": {
        "tail": "tail_length",
        "margin": "boundary_distance",
        "capacity": "model_capacity",
        "influence": "record_influence",
        "answer detail": "answer_information",
        "subgroup fit": "tail_fit",
    },
}
ASKED = [
    (kind, name, identity) for kind, names in EVERYDAY.items() for name, identity in names.items()
]
NEAR_NOTHING = (
    "federated learning, transformer, encryption, secure aggregation, rate limiting, detection,"
    " learning, attack, defense, calibration, homomorphic encryption, gradient, loss, overfitting,"
    " ensemble, k-anonymity, synthetic data, prompt injection, denial of service, hallucination,"
    " sponge, canary, foo, xyzzy, cat, rat, map, time, ship, P9, RD9, at least, dpo, mi"
).split(", ")
NOT_IN_THE_PAPERS = (
    "unlearning, machine unlearning, quantization, distillation, knowledge distillation, dropout,"
    " smoothing, regularization, early stopping, mixup, weight decay, label smoothing"
).split(", ")


def ask(kb: KnowledgeBase, kind: str, name: str) -> Any:
    return getattr(kb, kind)(name)


@pytest.mark.parametrize(("kind", "name", "identity"), ASKED)
def test_an_everyday_name_is_understood_however_it_is_written(
    kb: KnowledgeBase, kind: str, name: str, identity: str
) -> None:
    joined = name.replace(" ", "_").replace("-", "_")
    for written in (
        name,
        name.upper(),
        name.title(),
        f" {name} ",
        joined,
        joined.replace("_", "-"),
    ):
        assert ask(kb, kind, written).id == identity


def test_every_alias_leads_to_its_record_and_is_worth_writing(kb: KnowledgeBase) -> None:
    for section in CODED:
        for record in getattr(kb, section).values():
            names = [fold(each) for each in kb.aliases_of(record)]
            assert len(names) == len(set(names)), record.id
            assert not {record.id, fold(record.code or "")} & set(names), record.id
            for name in names:
                assert ask(kb, section.removesuffix("s"), name) is record
    for variant in kb.variants.values():
        for name in variant.aliases:
            assert kb.variant(name) is variant
            assert kb.defense(name).id == variant.defense
            assert name in kb.aliases_of(kb.defenses[variant.defense])


def test_a_name_that_says_the_stage_does_so_where_stages_count(kb: KnowledgeBase) -> None:
    assert kb.variant("Fine-Pruning").id == "outlier_removal@post"
    assert kb.variant("DP-SGD").id == kb.variant("dp-sgd@in").id == "differential_privacy@in"
    assert kb.variant("dp").id == "differential_privacy@in"  # which is the usual stage
    assert kb.variant("watermark@PRE").id == "watermarking@pre"
    assert kb.staged("fine-pruning") == (kb.defenses["outlier_removal"], "post")
    assert kb.staged("pruning") == (kb.defenses["model_pruning"], None)
    for name in ("sanitization", "Data Sanitisation", "data cleaning", "spectral signatures"):
        assert kb.variant(name).id == "outlier_removal@pre"
    assert kb.variant("SISA").id == "machine_unlearning@in"
    assert kb.variant("local DP").id == "differential_privacy@pre"
    assert kb.variant("quantization-aware training").id == "quantization@in"
    assert kb.staged("RD2@pre") == (kb.defenses["outlier_removal"], "pre")
    assert kb.staged("dp") == (kb.defenses["differential_privacy"], None)
    with pytest.raises(InputError, match="dp-sgd is differential_privacy@in: write differential_p"):
        kb.variant("dp-sgd@post")


def test_a_name_of_something_else_is_told(kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match=r"^dp is a defense \(differential_privacy\), not a risk$"):
        kb.risk("dp")
    with pytest.raises(
        InputError, match=r"fairness is a defense \(.*\) or a risk \(.*\), not a fac"
    ):
        kb.factor("fairness")
    with pytest.raises(InputError, match=r"^RD1 is a defense, not a risk$"):
        kb.risk("RD1")


def test_where_nothing_says_which_kind_is_meant_a_double_name_is_not_guessed(
    kb: KnowledgeBase,
) -> None:
    assert kb.find("mia") is kb.risks["membership_inference"]
    assert kb.find("dp-sgd") is kb.defenses["differential_privacy"]
    assert kb.find("tail") is kb.factors["tail_length"]
    assert kb.find("stealing") is kb.risks["unauthorized_model_ownership"]  # and its only attack
    assert kb.find("model_extraction") is kb.attacks["model_extraction"]  # whose id it is
    with pytest.raises(InputError) as told:
        kb.find("robustness")
    for name in ("the defense adversarial_training", "the risk evasion"):
        assert name in str(told.value)


def test_the_papers_alone_keep_their_own_reading_of_a_name(papers: KnowledgeBase) -> None:
    assert papers.variant("pruning").id == "outlier_removal@post"
    assert papers.staged("sanitization") == (papers.defenses["outlier_removal"], None)


@pytest.mark.parametrize(
    ("builtin", "name"),
    [
        *(("kb", name) for name in NEAR_NOTHING),
        *(("papers", name) for name in (*NEAR_NOTHING, *NOT_IN_THE_PAPERS)),
    ],
)
def test_what_is_not_known_gets_no_hint_rather_than_a_wrong_one(
    request: pytest.FixtureRequest, builtin: str, name: str
) -> None:
    kb = request.getfixturevalue(builtin)
    for kind in ("defense", "risk", "factor", "attack"):
        with pytest.raises(UnknownName) as told:
            ask(kb, kind, name)
        assert told.value.suggestions == (), kind
        assert "did you mean" not in str(told.value)


def test_a_name_of_a_family_is_told_by_all_of_its_members(kb: KnowledgeBase) -> None:
    with pytest.raises(UnknownName) as told:
        kb.defense("smoothing")
    assert set(told.value.suggestions) == {"label_smoothing", "randomized_smoothing"}


@pytest.mark.parametrize(
    ("kind", "name", "suggestions"),
    [
        ("defense", "adverserial training", ("adversarial_training",)),
        ("defense", "robustnes", ("adversarial_training",)),
        ("defense", "dp-sdg", ("differential_privacy",)),
        ("defense", "privacy", ("differential_privacy",)),
        ("defense", "explanatons", ("explanations",)),
        ("risk", "modle stealing", ("unauthorized_model_ownership",)),
        ("risk", "membrship inference", ("membership_inference",)),
        ("risk", "trojen", ("poisoning",)),
        ("risk", "evasoin", ("evasion",)),
        ("factor", "tail_lenght", ("tail_length",)),
    ],
)
def test_a_misspelt_name_is_told_by_the_id(
    kb: KnowledgeBase, kind: str, name: str, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownName) as told:
        ask(kb, kind, name)
    assert told.value.suggestions == suggestions


def problems(text: str) -> list[str]:
    with pytest.raises(BrokenKnowledge) as told:
        load([{"own.yaml": text.encode()}], cached=False)
    return [str(each) for each in told.value.problems]


@pytest.mark.parametrize(("identity", "code"), [("early_stopping", "X1"), ("mine", "DP")])
def test_an_id_or_code_of_ones_own_comes_before_an_alias_of_the_layers_below(
    kb: KnowledgeBase, identity: str, code: str
) -> None:
    name = code if identity == "mine" else "Early-Stopping"
    own = f"""
defenses:
- {{id: {identity}, code: {code}, name: Mine, pillar: security, protects_against: [R1], meaning: M}}
"""
    mine = load([{"own.yaml": own.encode()}], cached=False)
    assert mine.defense(name).id == identity
    other = kb.defense(name)
    lost = set(other.aliases) - set(mine.defenses[other.id].aliases)
    assert {alias.lower().replace(" ", "-") for alias in lost} == {name.lower()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "defenses:\n- {id: RD1, action: revise, aliases: [new, DP]}\n",
            "own.yaml:2:44 defenses[0].aliases[1]: DP already names the defense differential_p",
        ),
        (
            "risks:\n- {id: R1, action: revise, aliases: [theft]}\n",
            "own.yaml:2:38 risks[0].aliases[0]: theft already names the risk unauthorized_model",
        ),
        (
            "risks:\n- {id: R1, action: revise, aliases: [Membership Inference]}\n",
            "own.yaml:2:38 risks[0].aliases[0]: Membership Inference already names the risk memb",
        ),
        (
            "risks:\n- {id: R1, action: revise, aliases: [p1]}\n",
            "own.yaml:2:38 risks[0].aliases[0]: p1 already names the risk membership_inference",
        ),
        (
            "defenses:\n- {id: RD1, action: revise, aliases: [evasion]}\n",
            "own.yaml:2:39 defenses[0].aliases[0]: evasion already names the risk evasion",
        ),
        (
            "risks:\n- {id: R1, action: revise, aliases: [model extraction]}\n",
            "own.yaml:2:38 risks[0].aliases[0]: model extraction already names the attack model_e",
        ),
        (
            "variants:\n- {defense: RD3, stage: pre, action: revise, aliases: [dawn]}\n",
            "own.yaml:2:56 variants[0].aliases[0]: dawn already names the variant watermarking@po",
        ),
        (
            "variants:\n- {defense: RD3, stage: pre, action: revise, aliases: [dp]}\n",
            "own.yaml:2:56 variants[0].aliases[0]: dp already names the defense differential_priv",
        ),
        (
            "defenses:\n- {id: RD1, action: revise, aliases: [x@pre, ' y', 'a  b']}\n",
            "own.yaml:2:39 defenses[0].aliases[0]: should be words on one line without @",
        ),
        (
            "defenses:\n- {id: RD1, action: revise, aliases: [3]}\n",
            "own.yaml:2:39 defenses[0].aliases[0]: should be a text; write it in quotes: '3'",
        ),
        (
            "observations:\n- {id: a.b, defense: dp, risk: R1, effect: increase, kind: empirical,"
            " sources: [duddu2024sok]}\n",
            "own.yaml:2:13 observations[0].defense: no defense 'dp' (write differential_privacy)",
        ),
    ],
)
def test_an_alias_that_leads_two_ways_is_refused_where_it_stands(text: str, expected: str) -> None:
    assert any(each.startswith(expected) for each in problems(text)), problems(text)


def test_people_give_names_of_their_own() -> None:
    text = (
        "defenses:\n"
        "- {id: our_defense, name: Ours, pillar: privacy, protects_against: [], meaning: m,"
        " aliases: [our way]}\n"
        "- {id: RD1, action: revise, aliases: [hardening]}\n"
    )
    kb = load([{"own.yaml": text.encode()}], cached=False)
    assert kb.defense("Our_Way").id == "our_defense"
    assert kb.defense("hardening").id == "adversarial_training"
    with pytest.raises(UnknownName):
        kb.defense("pgd training")  # a revision replaces the whole list


BASE = (
    "factors:\n- {id: depth, code: D9, name: D, group: model, role: passive, meaning: m}\n"
    "defenses:\n- {id: shield, code: RD9, name: S, pillar: security, protects_against: [theft],"
    " meaning: m}\n"
    "- {id: armour, name: A, pillar: security, protects_against: [], meaning: m}\n"
    "risks:\n- {id: theft, code: R9, name: T, pillar: security, meaning: m}\n"
    "- {id: leak, name: L, pillar: privacy, meaning: m}\n"
    "attacks:\n- {id: copying, risk: theft, name: C, time: test, meaning: m}\n"
    "variants:\n- {defense: shield, stage: pre, meaning: m}\n"
    "- {defense: shield, stage: in, meaning: m}\n"
)
OWNERS = (
    ("factors", "id: depth"),
    ("defenses", "id: shield"),
    ("defenses", "id: armour"),
    ("risks", "id: theft"),
    ("risks", "id: leak"),
    ("attacks", "id: copying"),
    ("variants", "defense: shield, stage: pre"),
    ("variants", "defense: shield, stage: in"),
)
WORDS = (
    "depth",
    "D9",
    "shield",
    "rd9",
    "armour",
    "theft",
    "R9",
    "leak",
    "copying",
    "a",
    "b",
    "c d",
    "C-D",
)


def read_texts(*layers: Mapping[str, str]) -> KnowledgeBase:
    sources = [[Source(name, text.encode()) for name, text in layer.items()] for layer in layers]
    return KnowledgeBase(read(sources))


@given(st.integers(min_value=0, max_value=10**9))
def test_whatever_aliases_are_given_ids_and_codes_keep_their_meaning(seed: int) -> None:
    rng = random.Random(seed)
    given_names: dict[str, list[str]] = {}
    for section, who in OWNERS:
        names = [rng.choice(WORDS) for _ in range(rng.choice([0, 0, 1, 2]))]
        line = f"- {{{who}, action: revise, aliases: [{', '.join(names)}]}}\n"
        given_names.setdefault(section, []).append(line)
    named = "".join(f"{section}:\n{''.join(lines)}" for section, lines in given_names.items())
    try:
        kb = read_texts({"base.yaml": BASE}, {"names.yaml": named})
    except BrokenKnowledge as error:
        wrong = [each for each in error.problems if "already names the" not in each.message]
        assert not wrong
        return
    for section in CODED:
        for record in getattr(kb, section).values():
            for name in filter(None, (record.id, record.code)):
                assert ask(kb, section.removesuffix("s"), name) is record
                found: Record = kb.find(name)
                assert found is record
            for name in kb.aliases_of(record):
                assert ask(kb, section.removesuffix("s"), name) is record


def test_a_revision_may_stand_before_its_record_in_a_layer_but_not_in_an_earlier_one() -> None:
    names = "risks:\n- {id: leak, action: revise, aliases: [drip], meaning: revised}\n"
    kb = read_texts({"a.yaml": names, "b.yaml": BASE})
    assert kb.risk("drip").meaning == "revised"
    assert kb.digest == read_texts({"b.yaml": BASE, "c.yaml": names}).digest
    with pytest.raises(BrokenKnowledge, match="no risk 'leak' to revise"):
        read_texts({"a.yaml": names}, {"b.yaml": BASE})


def test_an_answer_reads_no_mappings(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from crosscurrent.predictor.interactions import predict

    monkeypatch.setenv("CROSSCURRENT_CACHE", str(tmp_path))
    load()
    kb = load()
    for names in (("PD1", "P1"), ("dp", "mia")):
        predict(kb, *names)
    for section in ("mappings", "catalogues"):
        with pytest.raises(AttributeError):
            object.__getattribute__(kb, section)
    assert kb.mappings
