"""Draws of the data: other records of the same kind, and intervals over them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from contexts import data_of
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import document, verdict

from crosscurrent.api.text.measured.verdict import sentence
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import Dataset, draws
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.measuring import measure
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.engine import recipes
from crosscurrent.validator.statistics.draws import between_draws
from crosscurrent.validator.statistics.intervals import effect

SMALL = ["training.epochs=1", "data.records=120", "data.seed=100"]


def _rows(data: Dataset) -> set[bytes]:
    return {row.tobytes() for row in data.x}


def test_draws_of_generated_data_are_those_of_the_next_seeds() -> None:
    found = draws("synthetic", {"records": 100, "seed": "100"}, 3)
    for i, each in enumerate(found):
        assert each.digest == data_of("synthetic", {"records": 100, "seed": 100 + i}).digest


def test_one_draw_is_the_data_set_itself() -> None:
    (alone,) = draws("breast_cancer", {}, 1)
    assert alone.digest == data_of("breast_cancer").digest


@pytest.mark.parametrize(
    ("given", "records"), [({}, 1797 // 4), ({"records": "200"}, 200), ({"sample": "2"}, 1797 // 6)]
)
def test_draws_of_a_given_table_share_no_record(given: dict[str, str], records: int) -> None:
    found = draws("digits", given, 4)
    seen: set[bytes] = set()
    whole = _rows(data_of("digits"))
    for i, each in enumerate(found):
        assert each.records == records
        assert each.settings["sample"] == int(given.get("sample", 0)) + i
        mine = _rows(each)
        # a few images of the data set are there twice
        assert len(seen & mine) < 5
        assert mine <= whole
        seen |= mine


def test_the_first_sample_of_so_many_records_is_what_so_many_records_always_were() -> None:
    (first, _) = draws("breast_cancer", {"records": 200}, 2)
    plain = data_of("breast_cancer", {"records": 200})
    assert np.array_equal(first.x, plain.x)
    assert np.array_equal(first.y, plain.y)


@pytest.mark.parametrize(
    ("given", "count", "said"),
    [
        ({"records": 300}, 2, "2 draws of 300 records are more than the 569"),
        ({"records": 100, "sample": 4}, 2, "from data.sample=4 on, are more than the 569"),
        ({}, 100, "lower --draws"),
        ({"attributes": 5, "records": 150}, 4, "more than the 455"),
    ],
)
def test_more_draws_than_there_are_records_for_are_refused(
    given: dict[str, int], count: int, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        draws("breast_cancer", given, count)


@pytest.mark.parametrize("count", [0, -1, 101])
def test_so_many_draws_are_refused(kb: KnowledgeBase, count: int) -> None:
    with pytest.raises(InputError, match=r"--draws .* should be 1 to 100"):
        experiment(kb, "RD1", "R1", draws=count)


def test_more_draws_than_fit_into_memory_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = data_of("synthetic", {"records": 100}).x.nbytes
    monkeypatch.setattr("crosscurrent.validator.data._draws.free_bytes", lambda: 8 * one)
    assert len(draws("synthetic", {"records": 100}, 4)) == 4
    with pytest.raises(InputError, match=r"5 draws of 100 records take .* lower --draws"):
        draws("synthetic", {"records": 100}, 5)


def test_a_single_draw_has_the_recipes_that_results_were_kept_under(kb: KnowledgeBase) -> None:
    one = experiment(kb, "RD1", "R1", seeds=2, settings=SMALL)
    several = experiment(kb, "RD1", "R1", seeds=2, draws=3, settings=SMALL)
    assert recipes(several)[:4] == recipes(one)
    last = experiment(kb, "RD1", "R1", seeds=2, settings=[*SMALL[:2], "data.seed=102"])
    assert recipes(several)[8:] == recipes(last)


def test_an_interval_is_over_the_means_of_draws(kb: KnowledgeBase) -> None:
    shows = (0.1, 0.2, 0.3, 0.4, -0.1, 0.1)
    found = verdict(kb, shows=shows, draws=3, reading=1.0)
    assert found.effect.differences == pytest.approx((0.15, 0.35, 0.0))
    over_means = effect([0.15, 0.35, 0.0], resolution=1 / 200)
    assert found.effect.low == pytest.approx(over_means.low)
    assert found.effect.p_value == pytest.approx(over_means.p_value)
    made = found.document()
    assert made["draws"][1]["differences"] == pytest.approx([0.3, 0.4])
    assert len({each["digest"] for each in made["draws"]}) == 3
    assert len(made["baseline"]) == len(made["effect"]["differences"]) == 3
    assert made["seeds"] == [0, 1]
    assert "mean of 3 draws of 2 paired seeds each" in sentence(made)


def test_what_seeds_of_one_draw_call_an_effect_draws_do_not(kb: KnowledgeBase) -> None:
    """As adversarial training did to discrimination on the first draw, and on no other."""
    by_draw = [0.045, 0.011, 0.006, 0.010, -0.023, 0.015, -0.007, 0.022]
    noise = [-0.01, 0.0, 0.01]
    shows = tuple(mean + step for mean in by_draw for step in noise)
    alone = document(kb, shows=shows[:3], reading=1.0)
    assert alone["outcome"] == "increase"
    together = document(kb, shows=shows, draws=8, reading=1.0)
    assert together["outcome"] == "inconclusive"
    assert together["effect"]["low"] < 0 < together["effect"]["high"]
    assert "on one draw of the data" in sentence(alone)


def test_spread_between_draws_is_what_seeds_do_not_explain() -> None:
    assert between_draws([[0.1, 0.2, 0.3]]) is None
    assert between_draws([[0.1, 0.3], [0.1, 0.3]]) == 0.0
    table = np.array([[0.0, 0.02], [0.5, 0.52], [1.0, 1.02]])
    within = np.mean([np.var(row, ddof=1) for row in table]) / 2
    expected = math.sqrt(np.var(table.mean(1), ddof=1) - within)
    assert between_draws(table.tolist()) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.lists(st.floats(-1, 1), min_size=6, max_size=6), st.floats(-1, 1))
def test_spread_between_draws_does_not_depend_on_where_zero_is(
    values: list[float], shift: float
) -> None:
    pairs = [values[i : i + 2] for i in (0, 2, 4)]
    found = between_draws(pairs)
    assert found is not None
    assert found >= 0
    assert between_draws([[each + shift for each in pair] for pair in pairs]) == pytest.approx(
        found, abs=1e-6
    )


def test_measured_draws_are_each_as_if_measured_alone(kb: KnowledgeBase, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "results.sqlite"))
    planned = experiment(kb, "RD1", "R1", seeds=2, draws=2, model="mlp-s", settings=SMALL)
    found = measure(planned, "decrease", store).document()
    for draw, seed in zip(found["draws"], (100, 101), strict=True):
        own = [*SMALL[:2], f"data.seed={seed}"]
        alone = experiment(kb, "RD1", "R1", seeds=2, model="mlp-s", settings=own)
        single = measure(alone, "decrease", store).document()
        assert draw["differences"] == single["effect"]["differences"]
        assert draw["settings"]["seed"] == seed
