"""Targeted records: a watermark of mislabelled copies, and attacks that are judged on them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.interactions import predict
from crosscurrent.validator.arms.splits import TargetModel, pool_of, split_data
from crosscurrent.validator.arms.targets import chosen_targets
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.attacks._candidates import identified
from crosscurrent.validator.attacks.attribute_inference import AttributeInference
from crosscurrent.validator.attacks.data_reconstruction import DataReconstruction
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.attacks.unauthorized_model_ownership import SURE
from crosscurrent.validator.defenses.watermarking import Watermarking
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.measurements._prior import pair_prior
from crosscurrent.validator.results.evidence import records
from crosscurrent.validator.training.spec import TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Trial, run

TARGETS = Watermarking(content="targets")
PRIVACY = ("membership_inference", "data_reconstruction", "attribute_inference")


@pytest.mark.parametrize("data", ["synthetic", "digits"])
def test_targets_are_added_under_a_wrong_label_whoever_is_trained_on_them(data: str) -> None:
    loaded = data_of(data)
    plain = split_data(loaded, pool_of(loaded, CPU), 3, 5)
    marked = TARGETS.prepare(plain)
    rows = chosen_targets(plain, 40)
    assert torch.equal(rows, chosen_targets(marked, 40))
    assert torch.equal(rows, chosen_targets(split_data(loaded, plain.pool, 3, 17), 40))
    assert torch.isin(rows, plain.candidates).all()
    assert torch.equal(marked.kept["watermark_x"], plain.pool.x[rows])
    assert (marked.kept["watermark_y"] != plain.pool.y[rows]).all()
    assert int(marked.kept["watermark_y"].max()) < loaded.classes
    for before, after in zip(plain.training, marked.training, strict=True):
        assert torch.equal(after[: len(before)], before)
        assert len(after) == len(before) + 3 * 40
    assert torch.equal(marked.pool.z[-120:-80], plain.pool.z[rows])


@pytest.mark.parametrize(
    ("data", "training"),
    [("synthetic", {}), ("digits", {"epochs": 60, "learning_rate": 0.01})],
)
def test_the_owner_proves_the_model_by_targets_and_no_innocent_one(
    data: str, training: dict[str, float]
) -> None:
    """Wrong labels amid records that are easy to tell take longer to learn."""
    loaded = data_of(data)
    small = context(loaded, "mlp-m", **training)
    plain = split_data(loaded, pool_of(loaded, CPU), 0, 1)
    marked = TARGETS.prepare(plain)
    members = [TrainingRun(0, marked.training[0]), TrainingRun(1, plain.unused)]
    models = train(small.architecture, marked.pool, members, small.schedule).models
    owner = TargetModel(marked, models.only([0]), TARGETS)
    assert TARGETS.read([owner], small.schedule)[0] >= 0.9
    mine, innocent = TARGETS.ownership(owner, models)
    assert mine < SURE < innocent


def test_mislabelled_copies_give_the_membership_of_their_records_away() -> None:
    """And of hardly any other; a watermark of noise gives neither away (Truth Serum)."""
    small = context(data_of("synthetic"), "mlp-s", epochs=20)
    attack = MembershipInference(target_records=40)
    trials = [
        Trial(arm, (attack,), seed) for seed in range(2) for arm in (None, TARGETS, Watermarking())
    ]
    found = [each.metrics["membership_inference"] for each in run(small, trials)]
    plain, targets, noise = (
        {of: np.mean([each[of] for each in found[i::3]]) for of in found[0]} for i in range(3)
    )
    assert targets["auc_targets"] > plain["auc_targets"] + 0.1
    assert abs(targets["auc_others"] - plain["auc_others"]) < 0.06
    assert abs(noise["auc_targets"] - plain["auc_targets"]) < 0.06


@pytest.mark.parametrize("risk", PRIVACY)
def test_attacks_on_privacy_are_judged_on_what_the_defense_targets(
    risk: str, kb: KnowledgeBase
) -> None:
    settings = ["defense.content=targets", "defense.triggers=50"]
    planned = experiment(kb, "RD3", risk, seeds=2, settings=settings)
    assert planned.attack.target_records == 50  # type: ignore[attr-defined]
    judged = planned.attack.judged(provable=True)
    assert planned.attack.models == 17
    assert judged.id.endswith("_targets") or judged.name.endswith("10 candidates, all targeted")
    assert judged.id in {each.id for each in planned.attack.reported}
    assert planned.defense.changes & planned.attack.sees
    usual = experiment(kb, "RD3", risk, seeds=2).attack
    assert usual.judged(provable=True).id == usual.metrics[0].id
    assert usual.reported == usual.metrics
    with pytest.raises(InputError, match=r"attack\.target_records=30: .*targets 50 records"):
        experiment(kb, "RD3", risk, seeds=2, settings=[*settings, "attack.target_records=30"])


def test_evidence_of_targets_holds_under_the_condition_that_they_are_mislabelled(
    kb: KnowledgeBase,
) -> None:
    found = {}
    for content in ("noise", "targets"):
        planned = experiment(
            kb, "RD3", "P1", model="mlp-s", seeds=2,
            settings=["data.records=200", "training.epochs=1", "attack.shadows=4",
                      f"defense.content={content}"],
        )  # fmt: skip
        results = run(planned.context, planned.trials())
        verdict = judge(planned, "increase", results[0::2], results[1::2])
        found[content] = {**verdict.document(), "outcome": "increase", "effective_defense": True}
    (seen,) = records(found["targets"])["observations"]
    assert seen["when"] == {"watermark_content": "mislabelled_targets"}
    (seen,) = records(found["noise"])["observations"]
    assert "when" not in seen


def test_what_is_no_attack_on_records_is_mounted_as_ever(kb: KnowledgeBase) -> None:
    planned = experiment(kb, "RD3", "R1", seeds=2, settings=["defense.content=targets"])
    assert planned.attack == experiment(kb, "RD3", "R1", seeds=2).attack


@pytest.mark.parametrize(
    ("defense", "risk", "setting", "said"),
    [
        ("RD3", "P1", "defense.triggers=10", r"defense\.triggers=10: .*20 or more"),
        ("RD3", "P1", "defense.triggers=9000", r"at most half of the 1,000 records"),
        ("placebo", "P1", "attack.target_records=19", r"should be 20 or more"),
        ("placebo", "P2", "attack.target_records=501", r"at most half of the 1,000 records"),
        ("placebo", "P3", "attack.target_records=1", r"should be 20 or more"),
        ("placebo", "P2", "attack.candidates=1", r"should be 2 or more"),
        (
            "placebo",
            "P2",
            "attack.candidates=10 attack.target_records=36",
            r"attack\.candidates=10: .* should be at most 9",
        ),
        ("placebo", "P2", "attack.shadows=5", r"attack\.shadows=5: should be even"),
        ("RD3", "P1", "attack.own_records=true", r"goes with attack\.own_records=false"),
    ],
)
def test_targets_and_candidates_that_cannot_be_are_refused(
    defense: str, risk: str, setting: str, said: str, kb: KnowledgeBase
) -> None:
    of_marks = ["defense.content=targets"] if defense == "RD3" else []
    with pytest.raises(InputError, match=said):
        experiment(kb, defense, risk, seeds=2, settings=[*of_marks, *setting.split()])


@pytest.mark.parametrize(
    "attack",
    [
        AttributeInference(target_records=40, shadows=2),
        DataReconstruction(target_records=40, candidates=5, shadows=4, epochs=5, steps=2),
    ],
)
def test_what_is_told_of_targets_is_told_beside_all_else(attack: Attack) -> None:
    """And changes nothing of it."""
    small = context(data_of("synthetic", {"records": 300}), "mlp-s", epochs=2)
    usual = type(attack)(**{**vars(attack), "target_records": 0})
    told, plain = (
        run(small, [Trial(TARGETS, (each,), 0)])[0].metrics[attack.risk] for each in (attack, usual)
    )
    more = told.keys() - plain.keys()
    assert more == {each.id for each in attack.about_targets}  # type: ignore[attr-defined]
    assert {name: told[name] for name in plain if name != "identified"} == {
        name: plain[name] for name in plain if name != "identified"
    }
    assert all(np.isfinite(each) for each in told.values())


@given(st.lists(st.integers(0, 6), min_size=2, max_size=9), st.data())
def test_identification_is_the_share_of_lists_in_which_the_record_wins(
    scores: list[int], data: st.DataObject
) -> None:
    count = len(scores)
    member = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    if member.all() or not member.any():
        member[0] = not member[0]
    candidates = data.draw(st.integers(2, 6))
    score = np.array(scores, dtype=float)
    others = [each for each, mine in zip(scores, member, strict=True) if not mine]
    drawn = min(candidates - 1, len(others))
    expected = [
        np.mean(
            [
                0.0 if max(some) > mine else 1 / (1 + some.count(mine))
                for some in combinations(others, drawn)
            ]
        )
        for mine in score[member]
    ]
    assert identified(score, member, candidates) == pytest.approx(expected, abs=1e-9)


def test_of_two_candidates_identification_is_the_auc() -> None:
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(0)
    member, score = draw.random(300) < 0.5, draw.normal(size=300)
    assert identified(score, member, 2).mean() == pytest.approx(roc_auc_score(member, score))
    at_chance = identified(np.zeros(300), member, 10)
    assert at_chance == pytest.approx(np.full(member.sum(), 0.1))
    assert identified(member.astype(float), member, 100) == pytest.approx(np.ones(member.sum()))


def test_members_are_identified_more_often_than_by_chance_and_less_under_privacy() -> None:
    from crosscurrent.validator.defenses.differential_privacy import DifferentialPrivacy

    small = context(data_of("synthetic", {"records": 300}), "mlp-s", epochs=20, sampling="poisson")
    attack = DataReconstruction(candidates=10, epochs=5, steps=2)
    metric = attack.judged(provable=False)
    assert (metric.floor, metric.ceiling) == (0.1, 1.0)
    arms = (None, DifferentialPrivacy())
    plain, private = (
        each.metrics["data_reconstruction"]["identified"]
        for each in run(small, [Trial(arm, (attack,), 0) for arm in arms])
    )
    assert plain > 0.2
    assert 0.05 < private < 0.16


@pytest.mark.parametrize("risk", PRIVACY)
def test_a_publication_of_another_mechanism_is_not_compared(risk: str, kb: KnowledgeBase) -> None:
    """Truth Serum is about mislabelled copies of targets, not about noise."""
    noise = experiment(kb, "RD3", risk, seeds=2)
    found = pair_prior(kb, "watermarking", risk, noise)
    assert (found["published"], found["other_mechanism"]) == ([], ["increase"])
    marked = experiment(kb, "RD3", risk, seeds=2, settings=["defense.content=targets"])
    found = pair_prior(kb, "watermarking", risk, marked)
    assert (found["published"], found["other_mechanism"]) == (["increase"], [])
    # who asks about watermarks in general is told as before
    assert predict(kb, "watermarking", risk).published == ("increase",)
    # the papers alone know nothing of it
    found = pair_prior(load(["papers"]), "watermarking", risk, noise)
    assert (found["published"], found["other_mechanism"]) == (["increase"], [])


def test_what_was_published_of_all_mechanisms_is_compared_with_each(kb: KnowledgeBase) -> None:
    planned = experiment(kb, "RD3", "R3", seeds=2)
    found = pair_prior(kb, "watermarking", "unauthorized_model_ownership", planned)
    assert (found["published"], found["other_mechanism"]) == (["decrease"], [])
