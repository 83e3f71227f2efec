"""Audits of predictions: numbers of plain implementations, and verdicts on planted effects."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    equalized_odds_difference,
)
from numpy.typing import NDArray
from predictions import Arrays, forest, references, simulated, stacked
from scipy.stats import norm, rankdata
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    roc_auc_score,
    roc_curve,
)
from sklearn.neighbors import KNeighborsClassifier

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.arms.choices import centred_logarithms
from crosscurrent.validator.audits import Columns, audit
from crosscurrent.validator.audits._predictions import read
from crosscurrent.validator.audits._runs import paired
from crosscurrent.validator.audits._sources import opened
from crosscurrent.validator.audits.subjects import SUBJECTS
from crosscurrent.validator.audits.subjects.attribute_inference import AttributeInference
from crosscurrent.validator.audits.subjects.membership_inference import MembershipInference
from crosscurrent.validator.audits.subjects.utility import Utility

Floats = NDArray[np.float64]


def audited(
    kb: KnowledgeBase, before: Arrays, after: Arrays | None = None, **more: Any
) -> dict[str, Any]:
    document = audit(kb, before, after, **{"resamples": 200, **more})
    assert json.loads(json.dumps(document)) == document
    return dict(document)


def plain(made: Arrays) -> Arrays:
    """Return predictions without groups, of which no attribute is inferred: that takes longest."""
    return {name: each for name, each in made.items() if not name.startswith("group")}


def of(document: Mapping[str, Any], subject: str) -> dict[str, Any]:
    (found,) = (each for each in document["measured"] if each["subject"] == subject)
    return dict(found)


def level(document: Mapping[str, Any], subject: str, metric: str, arm: str = "before") -> float:
    return float(of(document, subject)["metrics"][metric][arm]["estimate"])


def outcomes(document: Mapping[str, Any]) -> dict[str, str]:
    return {each["subject"]: each["outcome"] for each in document["measured"]}


def test_each_subject_has_a_name_metrics_and_a_place(kb: KnowledgeBase) -> None:
    document = audited(kb, simulated(leak=1.0))
    measured = [each["subject"] for each in document["measured"]]
    lacking = {each["subject"] for each in document["not_measured"]}
    assert measured == [each.id for each in SUBJECTS if each.id not in lacking]
    assert {each.id for each in SUBJECTS if each.is_risk} | lacking == set(kb.risks)
    for each in document["measured"]:
        assert next(iter(each["metrics"])) == each["metric"]
        for metric in each["metrics"].values():
            found = metric["before"]
            assert found["low"] <= found["estimate"] <= found["high"]
            assert metric["after"] is None


def test_a_threshold_on_the_loss_has_the_area_of_scikit_learn(kb: KnowledgeBase) -> None:
    made = plain(simulated(leak=0.7))
    true = np.where(made["label"] == 1, made["score"], 1 - made["score"])
    expected = roc_auc_score(made["member"], true)
    document = audited(kb, made)
    assert level(document, "membership_inference", "auc_loss") == pytest.approx(expected, abs=1e-9)
    in_class = [made["label"] == each for each in (0, 1)]
    areas = [roc_auc_score(made["member"][here], true[here]) for here in in_class]
    found = of(document, "membership_inference")
    assert [each["before"] for each in found["parts"]] == pytest.approx(areas, abs=1e-9)
    worst = level(document, "membership_inference", "auc_loss_worst_class")
    assert worst == pytest.approx(max(areas), abs=1e-9)


def test_true_positive_rates_are_those_of_scikit_learn(kb: KnowledgeBase) -> None:
    made = plain(simulated(records=4000, leak=1.5))
    runs = paired(read(opened(made), Columns()))
    score = MembershipInference(runs).scores(runs.arms[0][0])["rmia"]
    fpr, tpr, _ = roc_curve(made["member"], score, drop_intermediate=False)
    document = audited(kb, made)
    rates = [
        level(document, "membership_inference", f"tpr_at_{name}_percent_fpr")
        for name in ("1", "01")
    ]
    expected = [tpr[fpr <= most].max() for most in (0.01, 0.001)]
    assert rates == pytest.approx(expected, abs=1e-9)
    assert expected[0] > expected[1]


def test_the_modified_entropy_is_that_of_song_and_mittal(kb: KnowledgeBase) -> None:
    made = classified()
    label, likely = made["label"], made["probabilities"]
    entropy = np.array(
        [
            -(1 - p[y]) * np.log(p[y])
            - sum(p[other] * np.log(1 - p[other]) for other in range(3) if other != y)
            for p, y in zip(likely, label, strict=True)
        ]
    )
    # a threshold for each class: a record's place among those of its class
    place = np.empty(len(label))
    for each in range(3):
        here = label == each
        place[here] = rankdata(-entropy[here], method="max") / here.sum()
    expected = roc_auc_score(made["member"], place)
    found = level(audited(kb, made), "membership_inference", "auc_modified_entropy")
    assert found == pytest.approx(expected, abs=1e-9)
    assert found > 0.6


def test_the_accuracy_gap_is_members_less_others(kb: KnowledgeBase) -> None:
    made = plain(simulated(leak=1.0))
    answer, inside = made["score"] > 0.5, made["member"]
    expected = accuracy_score(made["label"][inside], answer[inside]) - accuracy_score(
        made["label"][~inside], answer[~inside]
    )
    found = level(audited(kb, made), "membership_inference", "accuracy_gap")
    assert found == pytest.approx(expected, abs=1e-9)
    assert found > 0.05


def classified() -> Arrays:
    """Return the probabilities of three classes by a model that is surer of members."""
    draw = np.random.default_rng(4)
    label, member = draw.integers(0, 3, 900), draw.random(900) < 0.5
    logits = draw.normal(size=(900, 3)) + np.equal.outer(label, np.arange(3)) * (
        1 + 1.5 * member[:, None]
    )
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return {"label": label, "probabilities": likely, "member": member}


def test_without_reference_models_rmia_compares_with_the_records_of_the_same_class(
    kb: KnowledgeBase,
) -> None:
    """Pairwise, with a reference likelihood that is the same for all records of a class."""
    made = plain(simulated(records=600, leak=0.7))
    true = np.where(made["label"] == 1, made["score"], 1 - made["score"])
    score = np.array(
        [
            np.mean(true[made["label"] == label] <= p)
            for p, label in zip(true, made["label"], strict=True)
        ]
    )
    found = level(audited(kb, made), "membership_inference", "auc_rmia")
    assert found == pytest.approx(roc_auc_score(made["member"], score), abs=0.01)


@pytest.mark.parametrize("known", [True, False], ids=["online", "offline"])
def test_rmia_and_lira_are_those_of_a_plain_implementation(kb: KnowledgeBase, known: bool) -> None:
    made = plain(references(simulated(records=800), 8))
    inside = made["reference_members"].T if known else np.zeros((8, 800), dtype=bool)
    if not known:
        del made["reference_members"]
    document = audited(kb, made)
    true = np.where(made["label"] == 1, made["score"], 1 - made["score"])
    rmia, lira = (
        plain_rmia(true, made["references"].T, inside),
        plain_lira(true, made["references"].T, inside),
    )
    found = of(document, "membership_inference")["metrics"]
    name = "auc_lira_online" if known else "auc_lira_offline"
    for metric, score in (("auc_rmia", rmia), (name, lira)):
        expected = roc_auc_score(made["member"], score)
        assert found[metric]["before"]["estimate"] == pytest.approx(expected, abs=0.01)
    assert found["auc_rmia"]["before"]["estimate"] > 0.6


def plain_rmia(true: Floats, seen: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Zarifzadeh et al. 2024, equations 4 and 5, record by record."""
    prior = []
    for record in range(len(true)):
        sides = [seen[side, record] for side in (inside[:, record], ~inside[:, record])]
        means = [side.mean() for side in sides if len(side)]
        prior.append(np.mean(means))
    ratio = true / np.array(prior)
    return np.array([np.mean(each / ratio >= 1) for each in ratio])


def plain_lira(true: Floats, seen: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Carlini et al. 2022, algorithm 1, with one variance for all records of a side."""
    confidence, others = np.log(true / (1 - true)), np.log(seen / (1 - seen))

    def density(side: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        chosen = np.where(side, others, np.nan)
        middle = np.nanmean(chosen, axis=0)
        spread = np.sqrt(np.nanmean((chosen - middle) ** 2))
        return middle, np.full(len(true), spread)

    out, wide = density(~inside)
    if not inside.any():
        return np.asarray(norm.cdf(confidence, out, wide))
    return np.asarray(
        norm.logpdf(confidence, *density(inside)) - norm.logpdf(confidence, out, wide)
    )


def test_fairness_is_that_of_fairlearn(kb: KnowledgeBase) -> None:
    made = simulated(gap=0.8)
    made["group_age"] = np.random.default_rng(2).integers(0, 4, len(made["label"]))
    document = audited(kb, made)
    here = ~made["member"]
    answer = (made["score"][here] > 0.5).astype(int)
    for found in document["measured"]:
        if found["subject"] != "discriminatory_behavior":
            continue
        group = made[f"group_{found['attribute']}"][here]
        for metric, theirs in (
            ("equalized_odds_difference", equalized_odds_difference),
            ("demographic_parity_difference", demographic_parity_difference),
        ):
            expected = theirs(made["label"][here], answer, sensitive_features=group)
            ours = found["metrics"][metric]["before"]["estimate"]
            assert ours == pytest.approx(expected, abs=1e-12)
        frame = MetricFrame(
            metrics=accuracy_score,
            y_true=made["label"][here],
            y_pred=answer,
            sensitive_features=group,
        )
        worst = found["metrics"]["worst_group_accuracy"]["before"]["estimate"]
        assert worst == pytest.approx(frame.group_min(), abs=1e-12)


def test_utility_of_many_classes_takes_no_table_of_records_and_classes() -> None:
    draw = np.random.default_rng(1)
    label = draw.integers(0, 1000, 20_000)
    answer = np.where(draw.random(20_000) < 0.5, label, draw.integers(0, 1000, 20_000))
    runs = paired(read(opened({"label": label, "predicted": answer}), Columns()))
    tracemalloc.start()
    try:
        measure = Utility(runs).statistics(runs.arms[0][0])
        found = measure(np.ones((1, 20_000), np.float32))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    expected = balanced_accuracy_score(label, answer)
    assert found["balanced_accuracy"][0] == pytest.approx(expected, abs=1e-12)
    assert most < 8e6  # a table took 160 MB


@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_and_utility_are_those_of_scikit_learn(kb: KnowledgeBase, classes: int) -> None:
    draw = np.random.default_rng(1)
    label = draw.integers(0, classes, 900)
    logits = draw.normal(size=(900, classes)) + 1.5 * np.equal.outer(label, np.arange(classes))
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    document = audited(kb, {"label": label, "probabilities": likely})
    given = likely[:, 1] if classes == 2 else likely
    brier = brier_score_loss(label, given, labels=np.arange(classes))
    assert level(document, "calibration", "brier") == pytest.approx(brier, abs=1e-9)
    answer = likely.argmax(1)
    right = level(document, "utility", "accuracy"), level(document, "utility", "balanced_accuracy")
    expected = accuracy_score(label, answer), balanced_accuracy_score(label, answer)
    assert right == pytest.approx(expected, abs=1e-12)
    error = 0.0
    for low in np.arange(15) / 15:
        sure = likely.max(1)
        here = (sure > low) & (sure <= low + 1 / 15 + 1e-12)
        if here.any():
            off = sure[here].mean() - (answer == label)[here].mean()
            error += here.mean() * abs(off)
    assert level(document, "calibration", "ece") == pytest.approx(error, abs=1e-9)


def test_a_planted_leak_is_found(kb: KnowledgeBase) -> None:
    document = audited(kb, simulated(0), simulated(1, leak=0.8), defense="adversarial_training")
    found = of(document, "membership_inference")
    assert (found["outcome"], found["verdict"]) == ("increase", "inconclusive")  # no conjecture
    assert found["expected"] is None
    assert found["effect"]["low"] > 0.1
    turned = audited(kb, simulated(1, leak=0.8), simulated(0), defense="differential_privacy")
    found = of(turned, "membership_inference")
    assert (found["expected"], found["outcome"], found["verdict"]) == (
        *("decrease", "decrease"),
        "confirmed",
    )
    assert found["prediction"]["expect"] == "decrease"
    assert outcomes(turned)["discriminatory_behavior"] in ("no_change", "inconclusive")


def test_a_planted_gap_is_found_and_refutes_a_fairness_defense(kb: KnowledgeBase) -> None:
    document = audited(kb, simulated(0), simulated(1, gap=1.0), defense="placebo")
    found = of(document, "discriminatory_behavior")
    assert (found["outcome"], found["verdict"]) == ("increase", "refuted")
    assert found["metrics"]["equalized_odds_difference"]["after"]["above_chance"] is True
    assert found["metrics"]["equalized_odds_difference"]["before"]["above_chance"] is False
    turned = audited(kb, simulated(1, gap=1.0), simulated(0), defense="group_fairness")
    found = of(turned, "discriminatory_behavior")
    assert (found["outcome"], found["verdict"]) == ("decrease", "confirmed")
    assert turned["effective_defense"] is True
    useless = audited(kb, simulated(0), simulated(1, gap=1.0), defense="group_fairness")
    assert useless["effective_defense"] is False
    assert {each["verdict"] for each in useless["measured"] if each["risk"]} == {"inconclusive"}


@pytest.mark.parametrize("order", [("sex", "age"), ("age", "sex")])
def test_a_defense_is_effective_if_the_gap_of_any_attribute_falls(
    kb: KnowledgeBase, order: tuple[str, str]
) -> None:
    before, after = simulated(1, gap=1.0), simulated(0)
    for made in (before, after):
        made["group_age"] = np.where(np.arange(len(made["label"])) % 4 < 2, "old", "young")
        made |= {name: made.pop(f"group_{name}") for name in order}
    document = audited(kb, before, after, defense="group_fairness", columns=Columns(groups=order))
    found = {
        each["attribute"]: (each["outcome"], each["verdict"])
        for each in document["measured"]
        if each["subject"] == "discriminatory_behavior"
    }
    assert document["effective_defense"] is True
    assert found["sex"] == ("decrease", "confirmed")
    assert found["age"][0] != "decrease"


def test_what_answers_tell_of_a_group_is_found(kb: KnowledgeBase) -> None:
    document = audited(kb, simulated(0), simulated(1, told=2.0))
    found = of(document, "attribute_inference")
    assert found["outcome"] == "increase"
    assert found["metrics"]["auc_gain"]["before"]["estimate"] == pytest.approx(0, abs=0.02)
    assert found["metrics"]["auc_gain"]["after"]["above_chance"] is True


def test_the_adversary_of_attributes_attacks_no_record_that_it_knows(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are noise; an adversary who is fitted to the records it attacks learns them."""
    made = simulated(records=4000)
    made["score"] = np.random.default_rng(5).random(4000)
    fitted: list[set[float]] = []
    attacked: list[set[float]] = []

    class Memory(KNeighborsClassifier):  # type: ignore[misc]
        """Remembers each record that it was fitted to."""

        def fit(self, x: Floats, y: NDArray[Any]) -> Memory:
            fitted.append(set(x[:, -1].tolist()))
            super().fit(x, y)
            return self

        def predict_proba(self, x: Floats) -> Floats:
            attacked.append(set(x[:, -1].tolist()))
            return np.asarray(super().predict_proba(x))

    def way(self: object, columns: Floats, *rest: object) -> Any:
        return lambda: Memory(1), columns.shape[1]

    monkeypatch.setattr(AttributeInference, "_way", way)
    found = of(audited(kb, made), "attribute_inference")["metrics"]["auc"]["before"]
    assert found["estimate"] == pytest.approx(0.5, abs=0.05)
    everyone = set(centred_logarithms(both(made["score"]))[made["member"], -1].tolist())
    assert [known & told for known, told in zip(fitted, attacked, strict=True)] == [set()] * 2
    assert set.union(*attacked) == everyone


def both(score: Floats) -> Floats:
    return np.stack([1 - score, score], axis=1)


@pytest.mark.parametrize("leaf", [1, 20])
def test_the_same_model_under_another_seed_changes_nothing(kb: KnowledgeBase, leaf: int) -> None:
    document = audited(kb, forest(0, leaf), forest(1, leaf), defense="placebo")
    assert "refuted" not in {each["verdict"] for each in document["measured"]}
    found = of(document, "membership_inference")
    assert (found["outcome"], found["verdict"]) == ("no_change", "confirmed")


def test_several_runs_of_the_same_model_change_nothing(kb: KnowledgeBase) -> None:
    made = [
        stacked(*(plain(simulated(seed, leak=0.5)) for seed in seeds))
        for seeds in ((0, 1, 2), (3, 4, 5))
    ]
    document = audited(kb, *made, defense="placebo")
    assert of(document, "membership_inference")["verdict"] == "confirmed"
    assert "refuted" not in {each["verdict"] for each in document["measured"]}


def test_a_model_that_memorises_is_told_from_one_that_does_not(kb: KnowledgeBase) -> None:
    document = audited(kb, forest(0, 1), forest(0, 60), defense="PD1")
    assert of(document, "membership_inference")["verdict"] == "confirmed"
    alone = audited(kb, forest(0, 1))
    judged = of(alone, "membership_inference")["metrics"]["auc_rmia"]["before"]
    assert (judged["above_chance"], judged["chance"]) == (True, 0.5)
    assert outcomes(alone) == dict.fromkeys(outcomes(alone))


def test_a_model_against_itself_has_no_effect_at_all(kb: KnowledgeBase) -> None:
    made = simulated(leak=0.5)
    document = audited(kb, made, made)
    for each in document["measured"]:
        assert (each["effect"]["estimate"], each["effect"]["low"], each["effect"]["high"]) == (
            0,
            0,
            0,
        )
        assert each["verdict"] is None


def test_before_and_after_exchanged_is_the_opposite_effect(kb: KnowledgeBase) -> None:
    made = simulated(0), simulated(1, leak=0.4, gap=0.4)
    one, other = audited(kb, *made), audited(kb, *made[::-1])
    for a, b in zip(one["measured"], other["measured"], strict=True):
        assert a["effect"]["estimate"] == pytest.approx(-b["effect"]["estimate"], abs=1e-9)
        assert a["effect"]["low"] == pytest.approx(-b["effect"]["high"], abs=1e-6)


def test_the_same_seed_gives_the_same_document_and_another_one_other_intervals(
    kb: KnowledgeBase,
) -> None:
    made = plain(simulated(0)), plain(simulated(1, leak=0.4))
    assert audited(kb, *made) == audited(kb, *made)
    other = audited(kb, *made, seed=1)
    ours, theirs = (of(each, "utility")["effect"] for each in (audited(kb, *made), other))
    assert ours["estimate"] == theirs["estimate"]
    assert ours["low"] != theirs["low"]


def test_records_are_matched_by_id_whatever_their_order(kb: KnowledgeBase) -> None:
    before, after = plain(simulated(0)), plain(simulated(1, leak=0.4))
    ids = np.array([f"r{i:05}" for i in range(len(before["label"]))])
    mixed = np.random.default_rng(0).permutation(len(ids))
    named = {**before, "id": ids}
    in_order = audited(kb, named, {**after, "id": ids})
    shuffled = audited(
        kb, named, {name: each[mixed] for name, each in {**after, "id": ids}.items()}
    )
    assert in_order["measured"] == shuffled["measured"]


def test_names_of_classes_and_groups_do_not_matter(kb: KnowledgeBase) -> None:
    made = simulated(leak=0.5, gap=0.5)
    renamed = {
        **made,
        "label": np.where(made["label"] == 1, "paid", "default"),
        "group_sex": np.where(made["group_sex"] == "male", "m", "f"),
    }
    plain = audited(kb, made)
    other = audited(kb, renamed, columns=Columns(positive="paid"))
    for a, b in zip(plain["measured"], other["measured"], strict=True):
        assert a["metrics"] == b["metrics"]


def test_a_score_is_the_probability_of_the_second_of_two_classes(kb: KnowledgeBase) -> None:
    made = plain(simulated(leak=0.5))
    both = np.stack([1 - made["score"], made["score"]], axis=1)
    wide = {**{name: each for name, each in made.items() if name != "score"}, "probabilities": both}
    assert audited(kb, wide)["measured"] == audited(kb, made)["measured"]


def test_several_runs_widen_the_interval_by_what_training_varies(kb: KnowledgeBase) -> None:
    leaks = (0.1, 0.6, 1.1)
    before = stacked(*(plain(simulated(seed)) for seed in range(3)))
    after = stacked(*(plain(simulated(seed + 9, leak=leak)) for seed, leak in enumerate(leaks)))
    several = of(audited(kb, before, after), "membership_inference")["effect"]
    alone = of(
        audited(kb, plain(simulated(0)), plain(simulated(9, leak=0.6))), "membership_inference"
    )["effect"]
    assert len(several["differences"]) == 3
    assert several["estimate"] == pytest.approx(np.mean(several["differences"]))
    assert several["high"] - several["low"] > 2 * (alone["high"] - alone["low"])


def test_a_defended_model_that_is_of_no_use_is_evidence_of_nothing(kb: KnowledgeBase) -> None:
    useless = plain(simulated(1))
    useless["score"] = np.random.default_rng(0).uniform(0.3, 0.7, len(useless["score"]))
    document = audited(kb, plain(simulated(0, leak=0.8)), useless, defense="PD1")
    found = of(document, "membership_inference")
    assert (found["outcome"], found["verdict"]) == ("no_longer_useful", "inconclusive")
    assert "is kept" in found["void"]


def test_where_nothing_leaks_nothing_can_be_protected(kb: KnowledgeBase) -> None:
    document = audited(kb, plain(simulated(0)), plain(simulated(1)), defense="PD1")
    found = of(document, "membership_inference")
    assert (found["outcome"], found["verdict"]) == ("nothing_to_move", "inconclusive")


def test_what_is_not_there_is_asked_for(kb: KnowledgeBase) -> None:
    made = simulated()
    few = {"label": made["label"], "predicted": (made["score"] > 0.5).astype(int)}
    document = audited(kb, few)
    needs = {each["subject"]: each["needs"] for each in document["not_measured"]}
    assert "--member" in needs["membership_inference"]
    assert "--group" in needs["discriminatory_behavior"]
    assert "--score" in needs["calibration"]
    assert [each["subject"] for each in document["measured"]] == ["utility"]
    document = audited(kb, {**few, "member": made["member"]})
    found = of(document, "membership_inference")
    assert list(found["metrics"]) == ["accuracy_gap"]


def test_an_empty_attribute_has_no_groups(kb: KnowledgeBase) -> None:
    made = {**plain(simulated()), "group": np.array([""] * 2000)}
    lacking = {each["subject"]: each["needs"] for each in audited(kb, made)["not_measured"]}
    for subject in ("attribute_inference", "discriminatory_behavior"):
        assert lacking[subject].endswith("there are none")


def test_files_that_disagree_on_membership_are_told(kb: KnowledgeBase) -> None:
    before, after = plain(simulated(0)), plain(simulated(1))
    said = "do not agree on which records"
    for document in (audited(kb, before), audited(kb, before, after)):
        assert said not in json.dumps(document)
    turned = audited(kb, before, {**after, "member": ~after["member"]})
    assert all(said in " ".join(each["notes"]) for each in turned["measured"])
    del after["member"]
    assert said in " ".join(of(audited(kb, before, after), "utility")["notes"])


def test_intervals_of_levels_end_where_metrics_do(kb: KnowledgeBase) -> None:
    sure = [plain(simulated(seed, leak=leak)) for seed, leak in enumerate((30.0, 0.0))]
    document = audited(kb, stacked(*sure))
    found = of(document, "membership_inference")["metrics"]
    for name in ("auc_rmia", "tpr_at_1_percent_fpr", "tpr_at_01_percent_fpr"):
        assert (found[name]["before"]["low"], found[name]["before"]["high"]) == (0, 1)
    gap = found["accuracy_gap"]["before"]
    assert -1 <= gap["low"] < 0
    changed = audited(kb, stacked(*sure), stacked(*sure[::-1]))
    change = of(changed, "membership_inference")["metrics"]["auc_rmia"]["change"]
    assert change["high"] - change["low"] > 1


def test_small_groups_are_left_out_and_named(kb: KnowledgeBase) -> None:
    made = simulated()
    made["group_sex"] = made["group_sex"].astype(object)
    made["group_sex"][:5] = "other"
    found = of(audited(kb, made), "discriminatory_behavior")
    assert [each["group"] for each in found["parts"] if each["left_out"]] == ["other"]
    assert any("other" in note for note in found["notes"])


def test_rounded_scores_are_told(kb: KnowledgeBase) -> None:
    made = plain(simulated(leak=2.0))
    made["score"] = np.round(made["score"])
    notes = of(audited(kb, made), "membership_inference")["notes"]
    assert any("rounded" in note for note in notes)


def test_fairness_of_several_classes_takes_the_favourable_one(kb: KnowledgeBase) -> None:
    draw = np.random.default_rng(1)
    label = draw.integers(0, 3, 900)
    likely = draw.dirichlet(np.ones(3), 900)
    made = {"label": label, "probabilities": likely, "group": draw.integers(0, 2, 900)}
    lacking = {each["subject"]: each["needs"] for each in audited(kb, made)["not_measured"]}
    assert "--positive" in lacking["discriminatory_behavior"]
    document = audited(kb, made, columns=Columns(positive="2"))
    expected = demographic_parity_difference(
        label == 2, likely.argmax(1) == 2, sensitive_features=made["group"]
    )
    found = level(document, "discriminatory_behavior", "demographic_parity_difference")
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"resamples": 10}, "--resamples"),
        ({"seed": -1}, "--seed"),
        ({"defense": "PD1"}, "give the predictions with it too"),
    ],
)
def test_unclear_requests_are_refused(
    kb: KnowledgeBase, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        audit(kb, plain(simulated()), **more)
