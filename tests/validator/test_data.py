"""Embedded and generated data sets: what they hold, and that each setting does what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from crosscurrent.knowledge.errors import InputError, MissingExtra
from crosscurrent.validator.data import Dataset, dataset, names
from crosscurrent.validator.data._dataset import standardised
from crosscurrent.validator.data._generator_settings import RANGES
from crosscurrent.validator.data._synthetic import Draw, Knobs, draw


@pytest.mark.parametrize("name", names())
def test_every_listed_data_set_is_ready_to_train_on(name: str) -> None:
    data = dataset(name)
    assert data.name == name
    assert data.x.dtype == np.float32
    assert data.y.dtype == data.z.dtype == np.int64
    assert data.x.shape == (data.records, *data.shape)
    assert data.low.shape == data.high.shape == data.shape
    assert data.z.shape == (data.records, len(data.sensitive))
    assert np.isfinite(data.x).all()
    assert ((data.low <= data.x) & (data.x <= data.high)).all()
    assert set(data.y) == set(range(data.classes))
    json.dumps(dict(data.settings))


def test_embedded_data_sets_have_the_promised_shapes() -> None:
    digits, cancer, diabetes = map(dataset, ("digits", "breast_cancer", "diabetes"))
    assert (digits.shape, digits.image, digits.classes) == ((1, 8, 8), True, 10)
    assert (digits.low.min(), digits.high.max()) == (0, 1)
    assert (cancer.shape, cancer.image, cancer.sensitive) == ((30,), False, ())
    assert (diabetes.shape, diabetes.sensitive) == ((9,), ("sex",))
    assert abs(diabetes.y.mean() - 0.5) < 0.01
    for table in (cancer, diabetes):
        assert np.allclose(table.x.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(table.x.std(axis=0), 1, atol=1e-4)


def test_the_same_content_has_the_same_digest_whatever_its_name() -> None:
    one, other = dataset("diabetes"), dataset("diabetes")
    parts = {name: getattr(one, name) for name in Dataset.__dataclass_fields__}
    assert one.digest == other.digest == Dataset(**{**parts, "name": "other"}).digest
    flipped = Dataset(**{**parts, "y": 1 - one.y})
    renamed = Dataset(**{**parts, "sensitive": ("gender",)})
    assert len({one.digest, flipped.digest, renamed.digest}) == 3


def test_a_digest_is_the_same_in_another_process() -> None:
    script = "from crosscurrent.validator.data import dataset; print(dataset('synthetic').digest)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == dataset("synthetic").digest


BUILT_IN = {
    "digits": "c38bd37a0d5676d42efba922f01900ae5433846900b2011ae42be7c57f5fae1a",
    "breast_cancer": "8da5cf4c6ea805c3b97e46c35b4ef73b83ffe9367277a26490918a2b82b83c8e",
    "diabetes": "a3adaa8d5f9e926750d2fe52b4c4d010cfc6a408dd8f914ced585e956b22461f",
    "compas": "f46d16ad44a2591ab053fdae4167d6c2d0950721ebad4de839436263b68259f7",
    "german_credit": "b7cc3d30c36d146bbdff6ed84ebc97ac7a41872ef3e4d114455d2892f2e31e30",
    "law_school": "6c531e41177c32e4a766ccf3c0a5afdb69a4dc05af3e0d488a44a3ffb1d62d0f",
    "credit_default": "4e1b8195a77615d2e33cfb9dc8bfae55ecd8d1d0297153d91b7c94b97d1b6bf1",
    "mnist_5k": "1f688301d2f8a69881b14fbf9f16314b495097112ba5550f6762647efe6efcff",
    "synthetic": "8c6991fff23fbe557d8484450a398857391b7d78900282d944282e03b300472e",
}
"""Digests of what results were measured on so far; stored trials are found by them."""


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_comes_with_it_stays_the_same_to_the_last_bit(name: str) -> None:
    try:
        assert dataset(name).digest == f"sha256:{BUILT_IN[name]}"
    except MissingExtra:
        pytest.skip("its package is not installed")


def test_arrays_cannot_be_written_to() -> None:
    data = dataset("diabetes")
    for array in (data.x, data.y, data.z, data.low, data.high):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_importing_data_imports_neither_torch_nor_what_reads_files() -> None:
    script = "import sys, crosscurrent.validator.data; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert {"torch", "pandas", "pyarrow", "sklearn"}.isdisjoint(done.stdout.split())


def test_standardising_survives_the_largest_and_the_smallest_numbers() -> None:
    largest = np.array([[1.7e308, 5e-324, 1e12], [-1.7e308, 0, 1e12 + 2]] * 20)
    found = standardised(largest)
    assert np.allclose(np.abs(found), 1, atol=1e-3)


def made(**settings: Any) -> Draw:
    return draw(Knobs(**({"records": 4000} | settings)))


def score(drawn: Draw, columns: slice, chosen: np.ndarray | None = None) -> float:
    """Return how well a linear model predicts the held-out half of some records."""
    x, y = drawn.x[:, columns], drawn.y
    if chosen is not None:
        x, y = x[chosen], y[chosen]
    half = len(x) // 2
    return float(LogisticRegression().fit(x[:half], y[:half]).score(x[half:], y[half:]))


def test_the_default_is_memorized_and_unfair() -> None:
    data = dataset("synthetic")
    order = np.random.default_rng(1).permutation(data.records)
    train, test = order[:350], order[700:]
    model = MLPClassifier((64, 64), alpha=0, max_iter=1000, random_state=0)
    model.fit(data.x[train], data.y[train])
    assert model.score(data.x[train], data.y[train]) > 0.99
    assert 0.72 < model.score(data.x[test], data.y[test]) < 0.88
    said = model.predict(data.x[order[350:]])
    true, group = data.y[order[350:]], data.z[order[350:], 0]
    gaps = [
        abs(said[(true == c) & (group == 0)].mean() - said[(true == c) & (group == 1)].mean())
        for c in (0, 1)
    ]
    assert max(gaps) > 0.15


def test_records_and_attributes_are_as_many_as_asked_for() -> None:
    data = dataset("synthetic", {"records": "200", "attributes": 12, "classes": 4})
    assert data.x.shape == (200, 12)
    assert data.classes == 4
    assert data.settings["records"] == 200


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.4, 1.0])
def test_tail_length_is_the_share_of_rare_records_in_small_populations(share: float) -> None:
    drawn = made(tail_length=share, label_noise=0)
    assert drawn.rare.mean() == share
    if share:
        near = drawn.x[drawn.rare]
        distance = np.linalg.norm(near[:4] - near[0], axis=1)
        assert distance.max() < np.linalg.norm(near[4:400] - near[0], axis=1).min()
        assert len(set(drawn.y[drawn.rare][:4])) == 1


def test_rare_records_are_not_predicted_from_others() -> None:
    drawn = made(tail_length=0.5, label_noise=0, subgroup_gap=0)
    model = LogisticRegression().fit(drawn.x[~drawn.rare], drawn.y[~drawn.rare])
    assert model.score(drawn.x[drawn.rare], drawn.y[drawn.rare]) < 0.56


def test_stable_attributes_hold_everywhere_and_spurious_ones_break() -> None:
    drawn = made(tail_length=0, label_noise=0, subgroup_gap=0)
    stable, spurious, rest = slice(0, 5), slice(5, 10), slice(10, None)
    assert 0.27 < drawn.broken.mean() < 0.33
    assert score(drawn, stable, drawn.broken) > 0.95
    assert score(drawn, stable, ~drawn.broken) > 0.95
    assert 0.6 < score(drawn, spurious) < 0.75
    assert score(drawn, spurious, drawn.broken) > 0.95  # the other class, reliably
    assert score(drawn, rest) < 0.55


def test_more_stable_attributes_do_not_change_how_clear_the_classes_are() -> None:
    few, many = (
        score(made(stable_attributes=n, tail_length=0, label_noise=0), slice(0, n)) for n in (2, 20)
    )
    assert abs(few - many) < 0.05


def told_apart(gap: float) -> float:
    drawn = made(subgroup_gap=gap)
    return score(drawn._replace(y=drawn.group), slice(None))


def test_a_subgroup_gap_makes_groups_distinguishable_and_none_does_not() -> None:
    none, some, full = map(told_apart, (0, 0.5, 1))
    assert none < 0.54
    assert none + 0.05 < some < full - 0.05


def test_a_subgroup_gap_changes_the_share_of_each_class() -> None:
    for gap, least, most in ((0, 0, 0.04), (0.5, 0.15, 0.4), (1, 0.35, 0.7)):
        drawn = made(subgroup_gap=gap)
        shares = [drawn.y[drawn.group == group].mean() for group in (0, 1)]
        assert least <= abs(shares[1] - shares[0]) <= most
    assert 0.47 < drawn.group.mean() < 0.53


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_label_noise_is_the_share_of_flipped_labels(share: float) -> None:
    clean, noisy = made(label_noise=0, classes=3), made(label_noise=share, classes=3)
    assert (clean.x == noisy.x).all()
    assert (clean.y != noisy.y).mean() == noisy.flipped.mean() == share


def test_a_seed_settles_everything_and_another_one_changes_it() -> None:
    digests = [dataset("synthetic", {"seed": seed}).digest for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tail_lenght": 0.2}, "did you mean tail_length"),
        ({"zzz": 1}, "known: records"),
        ({"tail_length": 1.5}, "from 0.0 to 1.0, not '1.5'"),
        ({"tail_length": "nan"}, "number from 0.0 to 1.0"),
        ({"records": "many"}, "whole number from 40 to"),
        ({"records": 50.5}, "whole number"),
        ({"records": True}, "whole number"),
        ({"seed": -1}, "seed should be"),
        ({"attributes": 4}, "stable_attributes and spurious_attributes are 10 together"),
        ({"records": 1_000_000, "attributes": 10_000}, "more than 2 GiB"),
        ({"records": 40, "classes": 30}, "at least 4 of each class"),
    ],
)
def test_settings_that_do_not_fit_are_explained(settings: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataset("synthetic", settings)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digit", "did you mean digits"),
        ("zzz", "known: digits.*path of a card"),
        ("", "unknown dataset ''"),
        ("\0", "unknown dataset"),
        ("a\0/b", "can't be read|no such file|should end"),
    ],
)
def test_an_unknown_name_is_answered_with_known_ones(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataset(name)


KNOBS = st.dictionaries(
    st.sampled_from([*RANGES, "typo"]),
    st.one_of(st.integers(-2, 300), st.floats(0, 1), st.floats(), st.text(max_size=8)),
    max_size=4,
)


@given(KNOBS)
def test_any_settings_give_data_or_an_explanation(settings: dict[str, Any]) -> None:
    with suppress(InputError):
        assert np.isfinite(dataset("synthetic", settings).x).all()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_a_group_may_be_a_minority_and_nothing_else_changes(share: float) -> None:
    drawn, equal = made(group_share=share, subgroup_gap=0), made(subgroup_gap=0)
    assert abs(drawn.group.mean() - share) < 0.03
    assert set(np.flatnonzero(drawn.group)) <= set(np.flatnonzero(equal.group))
    for mine, theirs in zip(drawn, equal, strict=True):
        if mine is not drawn.group:
            assert np.array_equal(mine, theirs)
