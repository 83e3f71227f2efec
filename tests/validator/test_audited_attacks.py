"""Attacks of audits on models: what is best against a linear model, and what may not be moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fitted import Fitted, logistic, perceptron
from numpy.typing import NDArray

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Data, ModelSettings, audit
from crosscurrent.validator.audits._black_box import mixtures, random_search
from crosscurrent.validator.audits._oracles import Oracle
from crosscurrent.validator.audits._records import Records
from crosscurrent.validator.audits._space import Space
from crosscurrent.validator.audits._surrogates import Surrogates
from crosscurrent.validator.audits._white_box import descend
from crosscurrent.validator.audits.models import opened_model
from crosscurrent.validator.audits.subjects import evasion, unauthorized_model_ownership

Floats = NDArray[np.float64]


def oracle_of(model: Any, records: Records, classes: int = 2, *, logits: bool = False) -> Oracle:
    opened = opened_model(model, ModelSettings())
    rows = np.arange(len(records))
    return Oracle(opened, records, rows, logits, tuple(range(classes)), 0.1)


def records_of(fitted: Fitted) -> Records:
    columns = {name: each for name, each in fitted.records.items() if len(name) == 1}
    return Records("records", tuple(columns), columns)


def audited(kb: KnowledgeBase, model: Any, fitted: Fitted, **settings: Any) -> dict[str, Any]:
    data = {name: each for name, each in fitted.records.items() if name != "group_sex"}
    given = ModelSettings(**settings)
    return dict(audit(kb, model, data=Data(data), settings=given, resamples=100))


def level(document: dict[str, Any], metric: str) -> float:
    (found,) = (e["metrics"][metric] for e in document["measured"] if metric in e["metrics"])
    return float(found["before"]["estimate"])


@pytest.mark.parametrize("epsilon", [0.02, 0.1, 0.5])
def test_a_linear_model_is_attacked_as_well_as_can_be(epsilon: float) -> None:
    """Every attribute at the end of the ball to which its weight points is the worst there is."""
    fitted = logistic()
    records, label = records_of(fitted), fitted.records["label"]
    x = records.array()
    scale = x.std(0)
    low = np.maximum(x - epsilon * scale, x.min(0))
    high = np.minimum(x + epsilon * scale, x.max(0))
    weights, bias = fitted.estimator.coef_[0], fitted.estimator.intercept_[0]
    least, most = (
        np.where(weights > 0, one, other) @ weights + bias
        for one, other in ((low, high), (high, low))
    )
    expected = np.where(label == 1, least > 0, most <= 0)
    space, draw = Space(records), np.random.default_rng(0)
    for model, logits in ((fitted.estimator, False), (fitted.module, True)):
        oracle = oracle_of(model, records, logits=logits)
        kept = random_search(oracle, records, label, space, epsilon=epsilon, queries=100, draw=draw)
        assert (kept >= expected).all()
        assert (kept != expected).mean() < 0.01
    kept = descend(oracle, records, label, space, epsilon=epsilon, draw=draw)
    assert (kept == expected).all()


def test_gradients_are_those_of_the_margin() -> None:
    fitted = perceptron()
    records, label = records_of(fitted), fitted.records["label"]
    oracle = oracle_of(fitted.module, records, 3, logits=True)
    gradient = oracle.margin_gradient(records, label)

    def margin(x: Floats) -> Floats:
        likely = np.log(fitted.estimator.predict_proba(x))
        true = likely[np.arange(len(x)), label]
        likely[np.arange(len(x)), label] = -np.inf
        return np.asarray(true - likely.max(1))

    x, step = records.array(), 1e-6
    for i in range(x.shape[1]):
        moved = x.copy()
        moved[:, i] += step
        numeric = (margin(moved) - margin(x)) / step
        assert np.median(np.abs(gradient[:, i] - numeric)) < 1e-4


def test_attacks_find_no_less_with_more_room_and_more_queries() -> None:
    fitted = perceptron()
    records, label = records_of(fitted), fitted.records["label"]
    oracle, space = oracle_of(fitted.estimator, records, 3), Space(records)

    def kept(epsilon: float, queries: int) -> float:
        draw = np.random.default_rng(0)
        return float(
            random_search(
                oracle, records, label, space, epsilon=epsilon, queries=queries, draw=draw
            ).mean()
        )

    by_room = [kept(epsilon, 40) for epsilon in (1e-9, 0.1, 0.3, 1.0)]
    by_queries = [kept(0.3, queries) for queries in (1, 5, 20, 80)]
    assert by_room == sorted(by_room, reverse=True)
    assert by_queries == sorted(by_queries, reverse=True)
    assert by_room[0] == (fitted.estimator.predict(records.array()) == label).mean()
    assert by_room[-1] < 0.3


def mixed(records: int = 300) -> Records:
    draw = np.random.default_rng(1)
    columns = {
        "age": draw.integers(18, 80, records),
        "income": np.where(np.arange(records) == 7, np.nan, draw.lognormal(10, 1, records)),
        "owner": draw.integers(0, 2, records),
        "known": draw.random(records) < 0.5,
        "job": draw.choice(np.array(["clerk", None, "nurse"], dtype=object), records),
    }
    return Records("people", tuple(columns), columns)


def test_only_numbers_are_moved_and_whole_ones_stay_whole() -> None:
    records, asked = mixed(), []

    def model(frame: Any) -> Floats:
        asked.append(frame)
        return np.asarray(0.9 - 0.1 * (frame["age"] % 2 == 0).to_numpy())

    label = np.ones(len(records), np.int64)
    oracle, space = oracle_of(model, records), Space(records)
    assert len(space) == 2
    random_search(
        oracle,
        records,
        label,
        space,
        epsilon=0.2,
        queries=10,
        draw=np.random.default_rng(0),
    )
    age, income = (np.asarray(records.columns[name], np.float64) for name in ("age", "income"))
    for frame in asked:
        assert len(frame) == len(records)  # none is turned
        for name in ("owner", "known", "job"):
            before, after = records.frame()[name], frame[name]
            assert before.fillna("").tolist() == after.fillna("").tolist()
        assert frame["age"].dtype.kind == "i"
        assert frame["age"].between(18, 79).all()
        assert np.abs(frame["age"] - age).max() <= 0.2 * age.std()
        moved = frame["income"].to_numpy()
        assert np.isnan(moved[7])
        assert np.nanmax(np.abs(moved - income)) <= 0.2 * np.nanstd(income) * (1 + 1e-9)
        assert np.nanmin(moved) >= np.nanmin(income)


def test_mixtures_are_records_as_the_others_are() -> None:
    records = mixed()
    found = mixtures(records, Space(records), 500, np.random.default_rng(0))
    assert len(found) == 500
    for name in records.names:
        ours, theirs = records.columns[name], found.columns[name]
        assert ours.dtype == theirs.dtype
        if name in ("owner", "known", "job"):
            assert set(theirs.tolist()) <= set(ours.tolist())
        else:
            assert np.nanmin(theirs) >= np.nanmin(ours)
            assert np.nanmax(theirs) <= np.nanmax(ours)


def test_surrogates_are_as_faithful_as_the_model_is_simple() -> None:
    fitted = perceptron()
    records = records_of(fitted)
    x = records.array()
    likely = fitted.estimator.predict_proba(x)
    for answers, least, most in (
        (likely, 0.93, 1.0),
        (np.random.default_rng(0).dirichlet(np.ones(3), len(x)), 0.2, 0.6),
    ):
        surrogates = Surrogates(records.at(slice(0, 300)), answers[:300], seed=0)
        found = surrogates.classes(1.0, records.at(slice(300, None)))
        assert least <= np.mean(found == answers[300:].argmax(1)) <= most


def test_surrogates_take_texts_and_gaps() -> None:
    records = mixed()
    rich = np.nan_to_num(records.columns["income"]) > 22_000
    likely = np.stack([1 - 0.9 * rich, 0.9 * rich], axis=1)
    found = Surrogates(records, likely, seed=0).classes(1.0, records)
    assert np.mean(found == rich) > 0.9


def test_what_attacks_find_stands_beside_what_is_expected(kb: KnowledgeBase) -> None:
    fitted = logistic()
    found = audited(kb, fitted.module, fitted, epsilon=0.3)
    assert level(found, "fidelity") > 0.98
    assert level(found, "robust_accuracy") < level(found, "accuracy")
    assert level(found, "whitebox_accuracy") <= level(found, "robust_accuracy")
    assert found["command"] == ""
    data = {name: each for name, each in fitted.records.items() if name != "group_sex"}
    models = [fitted.estimator, lambda x: np.full(len(x), 0.5)]
    both = audit(kb, *models, data=Data(data), defense="RD1", resamples=100)
    measured = {each["subject"]: each for each in both["measured"]}
    assert measured["unauthorized_model_ownership"]["conjecture"] is not None
    assert set(measured["evasion"]["metrics"]) == {"robust_accuracy", "attack_success_rate"}


def test_the_same_model_twice_shows_no_change(kb: KnowledgeBase) -> None:
    fitted = perceptron()
    data = Data(fitted.records)
    models = [fitted.estimator, fitted.estimator]
    found = audit(kb, *models, data=data, defense="placebo", resamples=100)
    effects = [each["effect"] for each in found["measured"]]
    assert {each["estimate"] for each in effects if each is not None} == {0.0}


def test_what_attacks_need_is_told(kb: KnowledgeBase) -> None:
    fitted = logistic()
    flags = {name: each > 0 if len(name) == 1 else each for name, each in fitted.records.items()}
    found = audit(kb, lambda x: 0.4 + 0.2 * x[:, 0], data=Data(flags), resamples=100)
    needs = {each["subject"]: each["needs"] for each in found["not_measured"]}
    for subject in ("evasion", "unauthorized_model_ownership"):
        assert needs[subject] == "numeric attributes with more than two values"
    wide = {"attributes": np.zeros((400, 5000)), "label": fitted.records["label"]}
    found = audit(kb, lambda x: 0.5 + x[:, 0], data=Data(wide), resamples=100)
    needs = {each["subject"]: each["needs"] for each in found["not_measured"]}
    assert needs["evasion"] == "records of at most 4,096 numbers"
    found = audit(kb, fitted.predictions, resamples=100)
    needs = {each["subject"]: each["needs"] for each in found["not_measured"]}
    assert needs["evasion"] == "the model itself, in place of its predictions"
    for epsilon in (0, -1, float("nan"), 1e9):
        with pytest.raises(InputError, match="--epsilon"):
            audited(kb, fitted.estimator, fitted, epsilon=epsilon)


@pytest.mark.parametrize("attributes", [2, 12])
def test_notes_tell_how_many_records_are_attacked_and_where_little_is_found(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, attributes: int
) -> None:
    monkeypatch.setattr(evasion, "QUERIES", 3)
    monkeypatch.setattr(unauthorized_model_ownership, "QUERIES", 50)
    x = np.random.default_rng(0).normal(size=(60, attributes))
    data = {"attributes": x, "label": (x[:, 0] > 0).astype(int)}

    def model(some: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-some[:, 0])))

    found = audit(kb, model, data=Data(data), resamples=100)
    (notes,) = (each["notes"] for each in found["measured"] if each["subject"] == "evasion")
    assert "moves each of 60 records" in notes[0]
    assert len(notes) == 1 + (attributes > evasion.FEW)
