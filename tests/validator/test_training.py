"""The ensemble trainer: what a model learns depends on its own seed, records and method alone."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from contexts import CPU, close, random_pool, same, states
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from torch.nn.functional import cross_entropy

from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.defenses.adversarial_training import WorstCase
from crosscurrent.validator.defenses.group_fairness import GapPenalty
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.machine.cores import Cores
from crosscurrent.validator.training.batches import poisson, shuffled
from crosscurrent.validator.training.chunks import footprint, require
from crosscurrent.validator.training.models import Architecture, architecture
from crosscurrent.validator.training.spec import Pool, Privacy, Schedule, TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train

METHODS = {
    "plain": TrainingHooks(),
    "adversarial": TrainingHooks(inner=WorstCase(0.1, 2)),
    "private": TrainingHooks(privacy=Privacy(0.5, 0.8)),
    "penalised": TrainingHooks(penalties=(GapPenalty(1.0, 0, 2, True),)),
    "several": TrainingHooks(
        inner=WorstCase(0.1, 2),
        penalties=(GapPenalty(1.0, 0, 2, True), GapPenalty(0.5, 0, 2, False)),
    ),
}
SHAPES = {"mlp-s": (7,), "cnn-s": (1, 5, 6)}
RECORDS = 45
CASES = [
    *(("mlp-s", method) for method in ("private", "several")),
    *(("cnn-s", method) for method in ("plain", "adversarial", "private", "penalised")),
]


def _sampling(method: str) -> Any:
    return "poisson" if method == "private" else "shuffled"


_architecture = cache(architecture)


def _setting(model: str, method: str, **changed: Any) -> tuple[Architecture, Pool, Schedule]:
    shape = SHAPES[model]
    classes = 2 if METHODS[method].penalties else 3
    schedule = Schedule(records=20, epochs=2, batch_size=8, sampling=_sampling(method))
    found = _architecture(model, shape, classes)
    return found, random_pool(RECORDS, shape, classes), replace(schedule, **changed)


def _members(
    method: TrainingHooks, count: int = 5, seeds: Sequence[int] | None = None, records: int = 20
) -> list[TrainingRun]:
    found = []
    for seed in seeds if seeds is not None else range(count):
        rows = np.random.default_rng(seed).permutation(RECORDS)[:records]
        found.append(TrainingRun(seed, torch.tensor(rows), method))
    return found


def _footprint(found: Architecture, schedule: Schedule, *, private: bool) -> int:
    method = METHODS["private" if private else "plain"]
    return footprint(found, schedule, method, schedule.records)


@pytest.mark.parametrize(("model", "method"), [*CASES, ("mlp-s", "plain")])
def test_results_are_the_same_to_the_last_bit_however_the_ensemble_is_cut(
    model: str, method: str
) -> None:
    found, pool, schedule = _setting(model, method)
    members = _members(METHODS[method], 3)
    whole = states(train(found, pool, members, schedule).models)
    each = _footprint(found, schedule, private=method == "private")
    done: list[int] = []
    two_and_one = each * 2 + 1
    cut = train(found, pool, members, schedule, memory=two_and_one, progress=done.append)
    assert set(done) == {2, 1}
    assert all(map(same, whole, states(cut.models)))


@pytest.mark.parametrize(
    ("model", "method"), [("mlp-s", method) for method in METHODS] + [("cnn-s", "plain")]
)
def test_results_are_the_same_whichever_models_are_trained_beside(model: str, method: str) -> None:
    found, pool, schedule = _setting(model, method)
    (member,) = _members(METHODS[method], 1)
    (alone,) = states(train(found, pool, [member], schedule).models)
    others = [m for name in ("plain", method) for m in _members(METHODS[name], seeds=(7, 8))]
    mixed = [others[0], others[3], others[1], member, others[2]]
    beside = states(train(found, pool, mixed, schedule).models)
    assert same(alone, beside[3])


@pytest.mark.parametrize(
    ("model", "shape", "method"),
    [
        ("mlp-l", (61,), "adversarial"),
        ("mlp-l", (61,), "private"),
        ("mlp-l", (61,), "penalised"),
        ("cnn-m", (1, 9, 9), "plain"),
        ("cnn-s", (1, 9, 9), "private"),
    ],
)
def test_one_and_two_threads_give_the_same_result_to_the_last_bit(
    model: str, shape: tuple[int, ...], method: str
) -> None:
    """Tensors are large enough that torch shares the work out."""
    found = architecture(model, shape, 2)
    pool = random_pool(RECORDS, shape, 2)
    schedule = Schedule(records=40, epochs=2, batch_size=32, sampling=_sampling(method))
    members = _members(METHODS[method], 7)
    once = states(train(found, pool, members, schedule).models)
    torch.set_num_threads(2)
    twice = states(train(found, pool, members, schedule).models)
    assert all(map(same, once, twice))


@settings(max_examples=6)
@given(order=st.permutations(range(6)), used=st.integers(1, 6), chunk=st.integers(2, 6))
def test_any_selection_order_and_chunking_give_the_same_models(
    order: list[int], used: int, chunk: int
) -> None:
    found, pool, schedule = _setting("mlp-s", "private", epochs=1)
    members, whole = _members(METHODS["private"], 6), _six()
    memory = _footprint(found, schedule, private=True) * chunk + 1
    some = train(found, pool, [members[i] for i in order[:used]], schedule, memory=memory)
    assert len(some.seconds) == used
    for i, got in zip(order[:used], states(some.models), strict=True):
        assert same(whole[i], got)


@cache
def _six() -> list[dict[str, torch.Tensor]]:
    found, pool, schedule = _setting("mlp-s", "private", epochs=1)
    return states(train(found, pool, _members(METHODS["private"], 6), schedule).models)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_model_and_another_seed_another(method: str) -> None:
    found, pool, schedule = _setting("mlp-s", method)
    rows = torch.arange(20)
    twins = [TrainingRun(seed, rows, METHODS[method]) for seed in (3, 3, 4)]
    one, again, other = states(train(found, pool, twins, schedule).models)
    assert same(one, again)
    assert not any(torch.equal(one[name], other[name]) for name in one)


def _numpy_state() -> list[int]:
    state: list[int] = np.random.get_state(legacy=False)["state"]["key"].tolist()
    return state


def test_training_leaves_every_global_random_state_and_the_pool_untouched() -> None:
    found, pool, schedule = _setting("mlp-s", "private")
    before = torch.get_rng_state(), _numpy_state(), random.getstate()
    x, y = pool.x.clone(), pool.y.clone()
    for method in ("adversarial", "private"):
        train(found, pool, _members(METHODS[method], 2), schedule)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (_numpy_state(), random.getstate())
    assert torch.equal(x, pool.x)
    assert torch.equal(y, pool.y)


def test_global_random_state_does_not_change_what_is_learned() -> None:
    found, pool, schedule = _setting("mlp-s", "adversarial")
    members = _members(METHODS["adversarial"], 2)
    torch.manual_seed(1)
    one = states(train(found, pool, members, schedule).models)
    torch.manual_seed(2)
    assert all(map(same, one, states(train(found, pool, members, schedule).models)))


class _Watching:
    """An inner that notes which records it is shown, and changes nothing."""

    def __init__(self) -> None:
        self.seen: list[torch.Tensor] = []

    def __call__(self, gradient: Any, x: torch.Tensor, bounds: Any, draws: Any) -> torch.Tensor:
        self.seen.append(x.clone())
        return x


@pytest.mark.parametrize("sampling", ["shuffled", "poisson"])
def test_every_model_gets_as_many_updates_even_if_a_defense_adds_records(sampling: Any) -> None:
    found, pool, schedule = _setting("mlp-s", "plain", sampling=sampling)
    assert schedule.updates == 2 * 3
    for records in (15, 45):
        watching = _Watching()
        train(found, pool, _members(TrainingHooks(inner=watching), 2, records=records), schedule)
        assert len(watching.seen) == schedule.updates
        wide = schedule.width(records)
        assert {tuple(x.shape) for x in watching.seen} == {(2, wide, 7)}


@pytest.mark.parametrize("count", [1, 2])
def test_progress_counts_each_update_of_each_model_once(count: int) -> None:
    found, pool, schedule = _setting("mlp-s", "plain")
    done: list[int] = []
    train(found, pool, _members(TrainingHooks(), count), schedule, progress=done.append)
    assert sum(done) == count * schedule.updates


def test_an_inner_that_changes_nothing_and_no_penalty_are_plain_training() -> None:
    found, pool, schedule = _setting("mlp-s", "plain")
    plain = states(train(found, pool, _members(TrainingHooks()), schedule).models)
    moved = states(train(found, pool, _members(TrainingHooks(inner=_Watching())), schedule).models)
    free = TrainingHooks(penalties=(GapPenalty(0.0, 0, 2, False),))
    assert all(map(same, plain, moved))
    assert all(
        close(a, b, 1e-5)
        for a, b in zip(
            plain, states(train(found, pool, _members(free), schedule).models), strict=True
        )
    )


def _by_hand(found: Architecture, pool: Pool, member: TrainingRun, schedule: Schedule) -> Any:
    """Train one model with an ordinary loop of PyTorch."""
    model = found.build(member.seed)
    kind = torch.optim.Adam if schedule.optimizer == "adam" else torch.optim.SGD
    extra: dict[str, Any] = {} if schedule.optimizer == "adam" else {"momentum": 0.9}
    optimizer = kind(
        model.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        **extra,
    )
    cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, schedule.updates)
    plan = shuffled([member], schedule, CPU)
    for update in range(schedule.updates):
        index = plan.batch(update)[0][0]
        x, y = pool.x[index], pool.y[index]
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
        if schedule.cosine:
            cooling.step()
    return {name: value.detach() for name, value in model.named_parameters()}


@pytest.mark.parametrize(
    ("model", "optimizer", "cosine", "weight_decay"),
    [
        ("mlp-s", "adam", False, 0.0),
        ("mlp-s", "sgd", True, 0.1),
        ("cnn-s", "adam", True, 0.1),
        ("cnn-s", "sgd", False, 0.0),
    ],
)
def test_plain_training_is_what_an_ordinary_loop_of_pytorch_does(
    model: str, optimizer: Any, cosine: bool, weight_decay: float
) -> None:
    found, pool, schedule = _setting(
        model, "plain", optimizer=optimizer, cosine=cosine, weight_decay=weight_decay
    )
    schedule = replace(schedule, learning_rate=0.01)
    members = _members(TrainingHooks(), 3)
    ours = states(train(found, pool, members, schedule).models)
    for member, got in zip(members, ours, strict=True):
        assert close(got, _by_hand(found, pool, member, schedule), 2e-4)


def test_labels_may_be_probabilities() -> None:
    found, pool, schedule = _setting("mlp-s", "plain")
    soft = replace(pool, y=torch.nn.functional.one_hot(pool.y, 3).float())
    hard = states(train(found, pool, _members(TrainingHooks()), schedule).models)
    got = states(train(found, soft, _members(TrainingHooks()), schedule).models)
    assert all(close(a, b, 1e-5) for a, b in zip(hard, got, strict=True))


@pytest.mark.parametrize("method", ["plain", "private"])
def test_divergence_is_refused_with_advice(method: str) -> None:
    found, pool, schedule = _setting("mlp-s", method, optimizer="sgd", learning_rate=1e38)
    with pytest.raises(InputError, match=r"diverged.*training\.learning_rate"):
        train(found, pool, _members(METHODS[method], 2), schedule)


def test_with_hardly_any_memory_models_are_trained_two_at_a_time() -> None:
    found, pool, schedule = _setting("mlp-s", "plain")
    done: list[int] = []
    train(found, pool, _members(METHODS["plain"], 4), schedule, memory=0, progress=done.append)
    assert set(done) == {2}


def test_the_least_that_is_trained_at_once_must_fit_beside_the_data() -> None:
    require(10, 5, 25, CPU)
    with pytest.raises(InputError, match=r"too little memory.*1 MiB may be used.*--memory"):
        require(10, 5, 24, CPU)
    with pytest.raises(InputError, match="too little memory"):
        require(1 << 50, 0, None, CPU)


def test_more_memory_than_there_is_and_more_threads_than_cores_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosscurrent.validator.training.chunks.free_bytes", lambda: 10 << 20)
    with pytest.raises(InputError, match="10 MiB may be used"):
        require(6 << 20, 0, 1 << 60, CPU)
    cores = len(os.sched_getaffinity(0))
    assert Cores(str(tmp_path), 1_000_000).take() == cores
    assert Cores(str(tmp_path), 1).take() == 1


def test_the_larger_arm_decides_whether_memory_is_enough_before_any_training() -> None:
    kb = load()

    def planned(defense: str, memory: int) -> Experiment:
        return experiment(kb, defense, "R1", data="digits", model="cnn-s", memory=memory << 20)

    planned("placebo", 12)
    with pytest.raises(InputError, match="too little memory"):
        planned("PD1", 12)
    planned("PD1", 60)


def test_the_data_and_what_is_measured_on_it_take_memory_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kb, many = load(), ["data.records=40000", "data.attributes=100"]
    with pytest.raises(
        InputError, match=r"the data, and what is measured on it, take about 83 MiB"
    ):
        experiment(kb, "RD1", "P1", memory=64 << 20, settings=many)
    monkeypatch.setattr("crosscurrent.validator.data._dataset.free_bytes", lambda: 100 << 20)
    with pytest.raises(InputError, match=r"synthetic: .* take about 168 MiB.* 100 MiB are free"):
        experiment(kb, "RD1", "P1", settings=many)


def test_perceptrons_need_no_room_for_the_gradient_of_each_example() -> None:
    found, _, schedule = _setting("mlp-s", "private")
    plain, private = (_footprint(found, schedule, private=p) for p in (False, True))
    assert plain == private


def test_a_penalty_on_batches_is_not_combined_with_clipping_of_examples() -> None:
    found, pool, schedule = _setting("mlp-s", "penalised")
    both = TrainingHooks(penalties=(GapPenalty(1.0, 0, 2, True),), privacy=Privacy(1.0, 1.0))
    with pytest.raises(InputError, match=r"penalty.*cannot be combined with per-example"):
        train(found, pool, _members(both, 2), schedule)


schedules = st.builds(
    Schedule,
    records=st.integers(1, 500),
    epochs=st.integers(1, 5),
    batch_size=st.integers(1, 600),
)


@given(schedules)
def test_a_schedule_goes_through_all_records_in_each_epoch(schedule: Schedule) -> None:
    assert 1 <= schedule.batch <= min(schedule.records, schedule.batch_size)
    assert 0 < schedule.rate <= 1
    assert math.isclose(schedule.rate * schedule.records, schedule.batch)
    seen = schedule.updates * schedule.batch
    whole = schedule.epochs * schedule.records
    assert whole <= seen < whole + schedule.epochs * schedule.batch
    assert schedule.updates % schedule.epochs == 0


@settings(max_examples=60)
@given(schedules, st.integers(1, 60), st.integers(0, 2**62))
def test_each_record_comes_once_in_each_shuffled_round(
    schedule: Schedule, count: int, seed: int
) -> None:
    member = TrainingRun(seed, torch.arange(1000, 1000 + count))
    records, weights = shuffled([member], schedule, CPU)
    assert records.shape == weights.shape == (1, schedule.updates, schedule.batch)
    assert bool((weights == 1).all())
    flat = records.flatten().tolist()
    everything = set(range(1000, 1000 + count))
    for start in range(0, len(flat), count):
        round_ = flat[start : start + count]
        assert len(set(round_)) == len(round_)
        assert set(round_) <= everything
        assert len(round_) < count or set(round_) == everything


def test_shuffled_rounds_and_models_differ() -> None:
    schedule = Schedule(records=40, epochs=3, batch_size=40)
    rows = torch.arange(40)
    plan = shuffled([TrainingRun(0, rows), TrainingRun(1, rows)], schedule, CPU).records
    orders = {tuple(plan[model, round_].tolist()) for model in (0, 1) for round_ in range(3)}
    assert len(orders) == 6


@settings(max_examples=40)
@given(schedules, st.integers(0, 2**62))
def test_poisson_samples_hold_no_record_twice_and_only_a_models_own(
    schedule: Schedule, seed: int
) -> None:
    schedule = replace(schedule, sampling="poisson")
    own = torch.arange(schedule.records) * 3 + 1
    records, weights = poisson([TrainingRun(seed, own)], schedule, CPU)
    assert records.shape == weights.shape == (1, schedule.updates, schedule.width(schedule.records))
    assert bool(torch.isin(records, own).all())
    assert set(weights.unique().tolist()) <= {0.0, 1.0}
    for update in range(schedule.updates):
        chosen = records[0, update][weights[0, update] == 1].tolist()
        assert len(set(chosen)) == len(chosen)


@pytest.mark.parametrize(("records", "batch"), [(350, 64), (350, 8), (60, 30), (400, 390)])
def test_poisson_takes_each_record_as_often_as_promised(records: int, batch: int) -> None:
    """The inclusion counts are binomial: their mean and spread are within sampling error."""
    schedule = Schedule(
        records=records, epochs=2000 * batch // records, batch_size=batch, sampling="poisson"
    )
    records_, weights = poisson([TrainingRun(5, torch.arange(records))], schedule, CPU)
    counts = torch.zeros(records).scatter_add_(0, records_.flatten(), weights.flatten())
    draws, rate = schedule.updates, schedule.rate
    variance = draws * rate * (1 - rate)
    assert abs(float(counts.mean()) - draws * rate) < 4 * math.sqrt(variance / records)
    assert abs(float(counts.var()) / variance - 1) < 4 * math.sqrt(2 / records)
    sizes = weights[0].sum(1)
    assert abs(float(sizes.var()) / (records * rate * (1 - rate)) - 1) < 4 * math.sqrt(2 / draws)


@pytest.mark.parametrize(("records", "batch"), [(1000, 8), (1000, 64), (1000, 500), (5000, 64)])
def test_poisson_samples_never_fill_the_width_they_are_cut_to(records: int, batch: int) -> None:
    schedule = Schedule(
        records=records,
        epochs=max(1, 4000 * batch // records),
        batch_size=batch,
        sampling="poisson",
    )
    width = schedule.width(schedule.records)
    assert batch < width < records
    weights = poisson([TrainingRun(0, torch.arange(records))], schedule, CPU).weights
    assert float(weights.sum(2).max()) < width


@settings(max_examples=40)
@given(schedules)
def test_the_widest_poisson_samples_keeps_to_its_chance_of_overflow(schedule: Schedule) -> None:
    width = replace(schedule, sampling="poisson").width(schedule.records)
    assert schedule.batch <= width <= schedule.records
    assert binom.sf(width, schedule.records, schedule.rate) < 1e-12


@pytest.mark.parametrize("batch", [64, 330, 350])
def test_a_model_with_more_records_than_planned_still_samples_each_as_often(batch: int) -> None:
    """Shadow models have more or fewer records than the deployed model, by chance."""
    schedule = Schedule(
        records=350, epochs=800 * batch // 350, batch_size=batch, sampling="poisson"
    )
    records, weights = poisson([TrainingRun(0, torch.arange(375))], schedule, CPU)
    counts = torch.zeros(375).scatter_add_(0, records.flatten(), weights.flatten())
    draws, rate = schedule.updates, schedule.rate
    spread = math.sqrt(draws * rate * (1 - rate))
    assert bool((counts >= draws * rate - 5 * spread).all())
