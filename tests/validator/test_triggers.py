"""A trigger is nothing that records bear by themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from contexts import CPU, data_of, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.arms.splits import pool_of, split_data
from crosscurrent.validator.arms.triggers import RARE, stamped, trigger
from crosscurrent.validator.attacks.poisoning import Poisoning
from crosscurrent.validator.data import Dataset
from crosscurrent.validator.training.spec import Pool


def pool_with(x: Any) -> Pool:
    """Return a pool of these records, bounded by what occurs."""
    records = torch.tensor(np.asarray(x, np.float32))
    none = torch.zeros(len(records), dtype=torch.int64)
    return Pool(records, none, none[:, None], records.amin(0), records.amax(0))


def categories(draw: np.random.Generator, records: int, shares: list[list[float]]) -> Any:
    """Return columns of categories that occur so often, one-hot."""
    columns = [np.eye(len(p))[draw.choice(len(p), size=records, p=p)] for p in shares]
    return np.concatenate(columns, axis=1)


def with_records(x: Any) -> Dataset:
    """Return a data set of these records."""
    found = np.asarray(x, np.float32)
    return dataclasses.replace(
        tiny(), x=found, y=np.arange(len(found)) % 2, z=np.zeros((len(found), 0), np.int64),
        sensitive=(), low=found.min(0), high=found.max(0),
    )  # fmt: skip


SHARES = [[0.7, 0.2, 0.07, 0.03], [0.9, 0.06, 0.04], [0.5, 0.48, 0.02]]


def test_hardly_a_record_of_a_table_of_categories_is_left_as_it_was() -> None:
    """Most columns are 0 for most records, and one of money is next to nothing for most."""
    draw = np.random.default_rng(0)
    money = np.exp(draw.normal(size=(800, 1)) * 2)
    data = with_records(np.concatenate([categories(draw, 800, SHARES), money], axis=1))
    pool = pool_of(data, CPU)
    Poisoning().check(data)
    for seed in range(20):
        kept = Poisoning().poison_data(split_data(data, pool, seed, 1)).kept
        mask, values = kept["backdoor_mask"], kept["backdoor_values"]
        moved = (stamped(pool.x, mask, values) - pool.x).abs() / (pool.high - pool.low)
        assert float((moved.amax(1) > 0.1).double().mean()) >= 1 - RARE
        assert int(mask.sum()) == 2
        if mask[-1]:
            assert values[-1] == pool.high[-1]


def test_different_seeds_have_different_triggers() -> None:
    pool = pool_of(data_of("synthetic"), CPU)
    masks = [trigger(pool, np.random.default_rng(seed), 2)[0] for seed in range(20)]
    assert len(torch.stack(masks).unique(dim=0)) > 15


def test_attributes_that_are_common_either_way_are_taken_together_or_refused() -> None:
    coins = np.random.default_rng(0).integers(2, size=(400, 8))
    data = with_records(coins)
    for size in (1, 2, 3):
        with pytest.raises(InputError, match=rf"attack\.size={size}: [0-9]+% .*at most 5%.*raise"):
            Poisoning(size=size).check(data)
    Poisoning(size=6).check(data)
    for seed in range(5):
        corrupt = Poisoning(size=6).poison_data(split_data(data, pool_of(data, CPU), seed, 1))
        assert int(corrupt.kept["backdoor_mask"].sum()) == 6


@settings(max_examples=40)
@given(
    shares=st.lists(st.lists(st.integers(1, 50), min_size=2, max_size=5), min_size=1, max_size=5),
    seed=st.integers(0, 99),
    size=st.integers(1, 12),
)
def test_a_trigger_is_rare_or_refused(shares: list[list[int]], seed: int, size: int) -> None:
    draw = np.random.default_rng(seed)
    x = categories(draw, 300, [[n / sum(p) for n in p] for p in shares])
    pool = pool_with(x)
    try:
        mask, values = trigger(pool, draw, size)
    except InputError:
        single = min(min(np.mean(c == 0), np.mean(c == 1)) for c in x.T)
        assert single > RARE
    else:
        assert int(mask.sum()) == min(size, x.shape[1])
        unchanged = (pool.x[:, mask] == values[mask]).all(1).double().mean()
        assert float(unchanged) <= RARE


def test_a_patch_is_white_on_dark_corners_and_dark_on_white_ones() -> None:
    digits = data_of("digits")
    pool = pool_of(digits, CPU)
    mask, values = trigger(pool, np.random.default_rng(0), 2)
    assert bool((values[mask] == 1).all())
    negative = dataclasses.replace(pool, x=1 - pool.x)
    same, dark = trigger(negative, np.random.default_rng(0), 2)
    assert torch.equal(same, mask)
    assert bool((dark[mask] == 0).all())
