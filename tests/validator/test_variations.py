"""Variations: values read and ordered, data made smaller without leaks, trends over seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import Dataset, dataset
from crosscurrent.validator.experiments.variations import MOST, asked_values, variation
from crosscurrent.validator.statistics.intervals import effect
from crosscurrent.validator.statistics.trends import trend

TABLES = ("breast_cancer", "diabetes")


def columns(part: Dataset, whole: Dataset) -> list[int]:
    """Return which attributes of the whole are in a part, by their bounds and values."""
    return [
        next(
            i
            for i in range(whole.shape[0])
            if set(part.x[:, j].tolist()) <= set(whole.x[:, i].tolist())
        )
        for j in range(part.shape[0])
    ]


def records(part: Dataset) -> set[tuple[float, ...]]:
    return {tuple(row) for row in part.x.tolist()}


@pytest.mark.parametrize("name", [*TABLES, "digits"])
def test_fewer_records_are_among_more_and_alike(name: str) -> None:
    whole = dataset(name)
    flat = [
        {tuple(row) for row in dataset(name, {"records": n}).x.reshape(n, -1).tolist()}
        for n in (100, 200, 400)
    ]
    assert (
        flat[0]
        <= flat[1]
        <= flat[2]
        <= {tuple(row) for row in whole.x.reshape(whole.records, -1).tolist()}
    )
    for n in (100, 200):
        part = dataset(name, {"records": str(n)})
        assert part.records == n
        assert part.shape == whole.shape
        assert (part.low == whole.low).all()
        assert part.settings["records"] == n
        shares = [
            np.bincount(each.y, minlength=whole.classes) / each.records for each in (part, whole)
        ]
        assert np.abs(shares[0] - shares[1]).max() < 2 * whole.classes / n
        if whole.sensitive:
            assert abs(part.z.mean() - whole.z.mean()) < 0.03
    assert dataset(name, {"records": 100}).digest == dataset(name, {"records": "100"}).digest


@pytest.mark.parametrize("name", TABLES)
def test_fewer_attributes_are_among_more_whatever_records_are_asked_for(name: str) -> None:
    whole = dataset(name)
    few, more = (dataset(name, {"attributes": n}) for n in (3, 6))
    assert few.shape == (3,)
    assert set(columns(few, whole)) < set(columns(more, whole))
    assert columns(more, whole) == sorted(columns(more, whole))
    fewer = dataset(name, {"attributes": 3, "records": 120})
    assert columns(fewer, whole) == columns(few, whole)
    assert records(fewer) <= records(few)


@pytest.mark.parametrize("name", TABLES)
def test_what_chooses_attributes_is_no_part_of_the_data(name: str) -> None:
    """However the labels of what is measured on are changed, the same attributes are chosen."""
    from crosscurrent.validator.data._subsets import subset

    whole = dataset(name)
    count = whole.shape[0]
    sizes = {dataset(name, {"attributes": n}).records for n in (2, count)}
    assert sizes == {whole.records - round(0.2 * whole.records)}
    kept = records(dataset(name, {"attributes": count}))
    inside = np.array([tuple(row) in kept for row in whole.x.tolist()])
    parts = {each: getattr(whole, each) for each in Dataset.__dataclass_fields__}
    x = whole.x.copy()
    x[inside] = x[inside][:, ::-1]
    other = subset(Dataset(**{**parts, "x": x}), {"attributes": 3})
    assert (other.low == dataset(name, {"attributes": 3}).low).all()


def test_attributes_that_tell_the_class_are_chosen_before_those_that_do_not() -> None:
    from crosscurrent.validator.data._subsets import subset

    draw = np.random.default_rng(0)
    y = draw.integers(2, size=400)
    noise = draw.standard_normal((400, 6))
    noise[:, 4] += 2 * y
    noise[:, 1] = (y + (draw.random(400) < 0.1)) % 2
    plain = dataset("synthetic", {"records": 400, "attributes": 10})
    parts = {each: getattr(plain, each) for each in Dataset.__dataclass_fields__}
    x = noise.astype(np.float32)
    made = Dataset(**{**parts, "x": x, "y": y, "low": x.min(0), "high": x.max(0)})
    assert (subset(made, {"attributes": 2}).low == made.low[[1, 4]]).all()


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("diabetes", {"tail_length": 0.1}, "synthetic is made by it"),
        ("diabetes", {"recods": 100}, "did you mean records"),
        ("diabetes", {"zzz": 100}, "known: records, attributes"),
        ("diabetes", {"records": 443}, "from 40 to 442, not '443'"),
        ("diabetes", {"records": 39}, "from 40"),
        ("diabetes", {"records": "many"}, "whole number"),
        ("diabetes", {"records": True}, "whole number"),
        ("diabetes", {"records": 440, "attributes": 2}, "88 only serve to choose attributes"),
        ("diabetes", {"attributes": 0}, "from 1 to 9"),
        ("diabetes", {"attributes": 10}, "from 1 to 9"),
        ("digits", {"attributes": 10}, "holds images"),
        ("digits", {"seed": 1}, "takes no setting 'seed'"),
    ],
)
def test_settings_that_do_not_fit_given_data_are_explained(
    name: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        dataset(name, settings)


def test_a_class_or_group_that_is_lost_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "rare.csv"
    lines = [f"{i},{i % 7},{int(i < 8)},{'b' if i < 1 else 'a'}" for i in range(400)]
    file.write_text("\n".join(["p,q,t,g", *lines]))
    card = tmp_path / "rare.card.yaml"
    card.write_text("target: t\n")
    with pytest.raises(InputError, match=r"of its rarest class.*raise data\.records"):
        dataset(str(file), {"records": 60})
    card.write_text("target: q\nsensitive: [g]\n")
    with pytest.raises(InputError, match=r"all in one group by .g.: raise data\.records"):
        dataset(str(file), {"records": 41})


def test_a_sensitive_attribute_that_is_kept_may_be_chosen(tmp_path: Path) -> None:
    file = tmp_path / "kept.csv"
    lines = [f"{i % 11},{i % 2},{'u' if i % 2 else 'v'}" for i in range(200)]
    file.write_text("\n".join(["p,t,g", *lines]))
    (tmp_path / "kept.card.yaml").write_text("target: t\nsensitive: [g]\nkeep_sensitive: true\n")
    found = dataset(str(file), {"attributes": 1})
    assert found.sensitive == ("g",)
    assert sorted(np.unique(found.x)) == [0, 1]


def test_values_are_read_as_they_are_written() -> None:
    assert asked_values("D3=10, 20 ,30") == ("D3", ["10", "20", "30"])
    assert asked_values("M1=package.module:Net,mlp-s") == ("M1", ["package.module:Net", "mlp-s"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "FACTOR=VALUE"),
        ("D3", "FACTOR=VALUE"),
        ("=10,20", "FACTOR=VALUE"),
        ("D3=", "FACTOR=VALUE"),
        ("D3=10,,20", "FACTOR=VALUE"),
        ("D3=10", "give 2 to 20 values, to compare them; this is 1"),
        ("D3=" + ",".join(map(str, range(10, 11 + MOST))), "this is 21"),
        ("attribute_cout=10,20", "attribute_count"),
        ("O1=1,2", "nothing sets this factor directly; .*attribute_count \\(D3\\)"),
        ("D3=10,10", "10 is there twice"),
        ("D3=10,ten", "attribute_count=ten: synthetic: attributes should be a whole number"),
        ("D3=10,8", "attribute_count=8: .*stable_attributes and spurious_attributes are 10"),
        ("D1=400,30", "training_set_size=30: .*whole number from 40"),
        ("D1=400,-400", "training_set_size=-400"),
        ("D2=0.3,0.30", "0.3 is there twice"),
        ("D2=0,nan", "tail_length=nan: .*number from 0.0 to 1.0"),
        ("M1=mlp-s,mlp-q", "model_capacity=mlp-q"),
        ("M1=mlp-s,mlp-s", "mlp-s and mlp-s have as many parameters"),
        ("M1=mlp,mlp-m", "have as many parameters"),
        ("M1=mlp-s,cnn-s", "model_capacity=cnn-s: .*needs images"),
    ],
)
def test_values_that_will_not_do_are_refused(kb: KnowledgeBase, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        variation(kb, text, "RD1", "R1", model=None, seeds=2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"data": "diabetes", "vary": "D2=0,0.3"}, "synthetic is made by it"),
        ({"data": "digits", "vary": "D3=10,20"}, "^digits holds images"),
        ({"vary": "D3=10,20", "settings": ["data.attributes=30"]}, "leave --set data.attributes"),
        ({"vary": "M1=mlp-s,mlp-m", "model": "mlp-l"}, "leave --model out"),
        ({"vary": "D3=10,20", "settings": ["attributes=30"]}, "GROUP.NAME=VALUE"),
        ({"vary": "D3=10,20", "seeds": 1}, "at least two"),
    ],
)
def test_what_contradicts_a_variation_is_refused(
    kb: KnowledgeBase, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        variation(kb, **{"defense": "RD1", "risk": "R1", "seeds": 2, **more})


def test_values_are_ordered_whatever_the_order_they_are_given_in(kb: KnowledgeBase) -> None:
    one, other = (
        variation(kb, f"M1={order}", "RD1", "R1", seeds=2, settings=["data.records=200"])
        for order in ("mlp-l,mlp-s,mlp-m", "mlp-s,mlp-m,mlp-l")
    )
    assert one.values == other.values == ["mlp-s", "mlp-m", "mlp-l"]
    assert [point.size for point in one.points] == sorted(point.size for point in one.points)
    assert (one.factor, one.code, one.setting) == ("model_capacity", "M1", "model")
    numbers = variation(kb, "tail_length=0.60,0,.3", "RD1", "R1", seeds=2)
    assert numbers.values == [0, 0.3, 0.6]
    assert [point.settings for point in numbers.points] == [
        (f"data.tail_length={each}",) for each in (0.0, 0.3, 0.6)
    ]


def test_each_value_is_the_experiment_that_its_settings_ask_for(kb: KnowledgeBase) -> None:
    from crosscurrent.validator.experiments.experiment import experiment

    found = variation(
        kb, "D3=8,4", "FD1", "P2", data="diabetes", model="mlp-s", seeds=2,
        settings=["training.epochs=1"],
    )  # fmt: skip
    for point in found.points:
        alone = experiment(
            kb, "FD1", "P2", data="diabetes", model="mlp-s", seeds=2, settings=point.settings
        )
        trials = zip(point.experiment.trials(), alone.trials(), strict=True)
        for mine, own in trials:
            assert point.experiment.context.recipe(mine) == alone.context.recipe(own)


def test_the_trend_of_two_values_is_their_difference() -> None:
    low, high = [0.1, 0.2, 0.4], [0.3, 0.1, 0.9]
    found = trend([low, high], 0.05)
    plain = effect([b - a for a, b in zip(low, high, strict=True)])
    assert found.change.estimate == pytest.approx(plain.estimate)
    assert found.change.differences == pytest.approx(plain.differences)
    assert (found.change.low, found.change.high) == pytest.approx((plain.low, plain.high))


def test_the_trend_of_three_values_is_the_difference_of_the_outer_ones() -> None:
    """By hand: slopes over ranks −1, 0, 1 are half of it, and two steps lie between the ends."""
    found = trend([[0.0, 1.0], [5.0, -7.0], [1.0, 4.0]], 0.5)
    assert found.change.differences == pytest.approx((1.0, 3.0))
    assert found.change.estimate == pytest.approx(2.0)


def test_the_trend_of_four_values_is_the_least_squares_line_by_ranks() -> None:
    draw = np.random.default_rng(3)
    table = draw.normal(size=(4, 6))
    slopes = np.polyfit(np.arange(4), table, 1)[0]
    assert trend(table.tolist(), 0.1).change.differences == pytest.approx(tuple(3 * slopes))


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ((0.0, 0.05, 0.1), "increase"),
        ((0.1, 0.05, 0.0), "decrease"),
        ((0.1, 0.1, 0.1), "no_change"),
        ((0.0, 0.01, 0.012), "no_change"),
    ],
)
def test_a_trend_says_which_way_by_as_much_as_matters(steps: tuple[float, ...], shown: str) -> None:
    jitter = (-0.002, 0.0, 0.001, 0.002, -0.001)
    table = [[step + more for more in jitter[i:] + jitter[:i]] for i, step in enumerate(steps)]
    assert trend(table, 0.03).outcome == shown
    turned = trend(table[::-1], 0.03)
    assert turned.change.estimate == pytest.approx(-trend(table, 0.03).change.estimate)


def test_a_trend_of_equal_seeds_is_no_surer_than_what_is_counted_resolves() -> None:
    table = [[0.1] * 3, [0.2] * 3, [0.3] * 3]
    fine, coarse = trend(table, 0.05), trend(table, 0.05, resolution=0.5)
    assert fine.outcome == "increase"
    assert coarse.outcome == "inconclusive"


def test_seeds_that_disagree_give_no_trend() -> None:
    assert trend([[0.0, 0.3], [0.3, 0.0]], 0.05).outcome == "inconclusive"


@pytest.mark.parametrize("table", [[], [[0.1, 0.2]], [[0.1], [0.2]], [[0.1, 0.2], [0.1]]])
def test_a_trend_takes_two_values_and_two_seeds_at_each(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"two or more|inhomogeneous"):
        trend(table, 0.05)
