"""Combinations: every arm differs in the defenses alone, and each one is judged as alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from contexts import CPU, context, data_of, same, states

from crosscurrent.api.text.measured.combination import describe
from crosscurrent.api.text.terminal import Style
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.conflicts import combine
from crosscurrent.validator.arms.splits import pool_of, split_data
from crosscurrent.validator.attacks.poisoning import Poisoning
from crosscurrent.validator.defenses.data_watermarking import DataWatermarking
from crosscurrent.validator.defenses.outlier_removal import OutlierRemoval
from crosscurrent.validator.defenses.outlier_removal_post import OutlierRemovalAfterTraining
from crosscurrent.validator.defenses.watermarking import Watermarking
from crosscurrent.validator.defenses.watermarking_in import WatermarkingInTraining
from crosscurrent.validator.experiments.combination_verdicts import (
    conclude_combination,
    judge_combination,
)
from crosscurrent.validator.experiments.combinations import (
    MOST_ORDERS,
    Combination,
    combination,
    stage_name,
)
from crosscurrent.validator.experiments.combined_defense import Combined
from crosscurrent.validator.experiments.measuring import whole
from crosscurrent.validator.measurements import draw
from crosscurrent.validator.results.evidence import export, records
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.engine import finish
from crosscurrent.validator.training.spec import TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Result, Trial, run

QUICK = ["data.records=400", "training.epochs=1"]
POISONED = ("watermarking@pre", "outlier_removal@in")


def known(kb: KnowledgeBase, names: Sequence[str]) -> dict[str, Any]:
    answer = combine(kb, names)
    return {
        "conjecture": "effective" if answer.effective else "conflict",
        "proposed": [[variant.id for variant in order] for order in answer.orders],
        "conflicts": [],
        "published": [],
    }


def small(kb: KnowledgeBase, *names: str, more: Sequence[str] = (), **how: Any) -> Combination:
    return combination(
        kb, names, **{"model": "mlp-s", "seeds": 2, "settings": [*QUICK, *more], **how}
    )


PAIRS = sorted(
    {each.defenses for each in load("papers").combinations.values() if len(each.defenses) == 2}
)
"""Those of the papers; the literature has more defenses than can be measured."""


@pytest.mark.parametrize("names", PAIRS, ids="+".join)
def test_every_two_defenses_that_were_published_can_be_measured(
    kb: KnowledgeBase, names: tuple[str, str]
) -> None:
    cheap = [f"defense.{name}.queries=100" for name in names if name == "watermarking@post"]
    planned = small(kb, *names, more=cheap)
    results = run(planned.context, planned.trials()[: len(planned.arms)])
    last = results[-1]
    read = {each.name() for each in planned.members if each.reading is not None}
    assert last.readings.keys() == read
    assert {each.risk for each in planned.protects_against.values()} == last.metrics.keys()
    assert results[0].readings == {}


def test_arms_are_no_defense_each_alone_and_all_in_every_order(kb: KnowledgeBase) -> None:
    planned = small(kb, "explanations", "fingerprinting", "watermarking@pre")
    assert [stage_name(each) for each in planned.members] == [
        "watermarking@pre", "explanations@post", "fingerprinting@post",
    ]  # fmt: skip
    (alike,) = [[[stage_name(d) for d in order] for order in each] for each in planned.orders]
    assert alike == [
        ["watermarking@pre", "explanations@post", "fingerprinting@post"],
        ["watermarking@pre", "fingerprinting@post", "explanations@post"],
    ]
    trials = planned.trials()
    assert [each.defense for each in trials[:4]] == [None, *planned.members]
    assert len(trials) == 2 * 5
    assert len({each.attacks for each in trials}) == 1


def test_orders_are_told_apart_where_two_change_the_same_in_turn(kb: KnowledgeBase) -> None:
    def orders(*names: str) -> list[int]:
        return [len(alike) for alike in small(kb, *names).orders]

    assert orders("data_watermarking", "RD3@pre") == [1, 1]  # both change the data
    assert orders("RD2@post", "RD3@post") == [2]
    assert orders("RD3@post", "FD2") == [2]
    assert orders("RD2@post", "RD4") == [2]  # fingerprints set records aside, and nobody else does
    assert orders("RD3@pre", "RD2") == [1]


def test_orders_that_are_told_together_come_to_the_same(kb: KnowledgeBase) -> None:
    planned = small(kb, "RD2@post", "RD3@post", more=["defense.RD3@post.queries=100"])
    ((one, other),) = planned.orders
    last = planned.trials()[len(planned.arms) - 1]
    first, second = (
        run(planned.context, [replace(last, defense=Combined(order))])[0] for order in (one, other)
    )
    assert replace(first, seconds=second.seconds) == second
    names = [stage_name(each) for each in planned.members]
    told = {**known(kb, names), "proposed": [[names[1], names[0]]]}
    results = run(planned.context, planned.trials())
    (order,) = judge_combination(planned, results, told).document()["orders"]
    assert order["proposed"]
    assert (order["order"], order["alike"]) == ([names[1], names[0]], [names])


def test_alone_and_without_defense_are_the_trials_of_single_experiments(
    kb: KnowledgeBase,
) -> None:
    """Nothing but the recipe says what a trial is, so these are shared with other measurements."""
    planned = small(kb, *POISONED)
    trials = planned.trials()
    alone = Trial(planned.members[1], trials[0].attacks, 0)
    assert planned.context.recipe(trials[2]) == planned.context.recipe(alone)
    both = planned.context.recipe(trials[3])["defense"]
    assert both["id"] == "combination"
    assert [each["id"] for each in both["parts"]] == ["watermarking", "outlier_removal"]


def test_a_defense_beside_one_that_only_answers_changes_no_model(kb: KnowledgeBase) -> None:
    planned = small(kb, "watermarking@pre", "explanations")
    results = run(planned.context, planned.trials()[:4])
    alone, together = results[1], results[3]
    name = planned.members[0].name()
    assert together.readings[name] == alone.readings[name]
    assert together.accuracy == alone.accuracy


def test_parts_take_up_what_earlier_ones_leave() -> None:
    data = data_of("digits")
    split = Poisoning().poison_data(split_data(data, pool_of(data, CPU), 0, 1))
    parts = (DataWatermarking(), Watermarking(content="pattern"))
    ready = Combined(parts).prepare(split)
    by_hand = parts[1].prepare(parts[0].prepare(split))
    assert torch.equal(ready.pool.x, by_hand.pool.x)
    assert ready.kept.keys() == by_hand.kept.keys()
    masks = [ready.kept[name] for name in ("backdoor_mask", "data_mark_mask", "watermark_mask")]
    for one, other in combinations(masks, 2):
        assert not (one & other).any()


def test_two_owners_patterns_keep_clear_of_each_other_in_a_table() -> None:
    data = data_of("synthetic")
    split = split_data(data, pool_of(data, CPU), 0, 1)
    ready = Combined((DataWatermarking(), Watermarking(content="pattern"))).prepare(split)
    assert not (ready.kept["data_mark_mask"] & ready.kept["watermark_mask"]).any()


def test_noise_on_parameters_moves_gradients_and_leaves_others_as_they_are() -> None:
    data = data_of("digits")
    small = context(data, epochs=1)
    pool = pool_of(data, CPU)
    rows = torch.arange(300)

    def trained(*methods: TrainingHooks) -> list[Any]:
        members = [TrainingRun(0, rows, each) for each in methods]
        return states(train(small.architecture, pool, members, small.schedule).models)

    plain, noisy = trained(TrainingHooks(), TrainingHooks(weight_noise=0.05))
    assert not same(plain, noisy)
    assert same(plain, trained(TrainingHooks())[0])
    assert same(noisy, trained(TrainingHooks(weight_noise=0.05))[0])
    assert same(plain, trained(TrainingHooks(weight_noise=0.0))[0])


def test_a_watermark_learnt_under_noise_outlives_noise_better() -> None:
    """As promised of it: parameters that are moved a little still know the trigger set."""
    data = data_of("synthetic")
    small = context(data, "mlp-m")
    kept = []
    for noise in (0.0, 0.05):
        defense = WatermarkingInTraining(noise=noise)
        ready = defense.prepare(split_data(data, pool_of(data, CPU), 0, 1))
        method = defense.method(small.schedule, data)
        members = [TrainingRun(seed, ready.training[0], method) for seed in range(4)]
        models = train(small.architecture, ready.pool, members, small.schedule).models
        draw = torch.Generator().manual_seed(0)
        right = []
        for _ in range(10):
            vector, moved = models.flattened()
            vector += 0.1 * torch.randn(vector.shape, generator=draw)
            answers = moved.logits(ready.kept["watermark_x"]).argmax(-1)
            right.append(float((answers == ready.kept["watermark_y"]).double().mean()))
        kept.append(sum(right) / len(right))
    assert kept[1] > kept[0] + 0.05


def made_up(
    planned: Combination, alone: Sequence[float], together: Sequence[float], rates: Any = None
) -> list[Result]:
    """Return results in which the watermark reads as told, and poisoning succeeds as often."""
    asr = rates or {"none": 0.9, "other": 0.9, "alone": 0.1, "together": 0.1}
    mark = planned.members[0].name()
    found = []
    for before, after in zip(alone, together, strict=True):
        arms = [
            ({}, asr["none"]),
            ({mark: before}, asr["other"]),
            ({}, asr["alone"]),
            ({mark: after}, asr["together"]),
        ]
        for readings, rate in arms:
            metrics = {"poisoning": {"attack_success_rate": rate, "untriggered_rate": 0.0}}
            counted = {"poisoning": {"attack_success_rate": 200, "untriggered_rate": 200}}
            found.append(Result(metrics, counted, 0.9, 0.9, readings, 0.1, "r"))
    return found


GOOD = (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("together", "rate", "outcome", "verdict"),
    [
        (GOOD, 0.1, "effective", "refuted"),
        ((0.5, 0.55, 0.5, 0.45), 0.1, "conflict", "confirmed"),
        ((1.0, 0.4, 1.0, 0.9), 0.1, "inconclusive", "inconclusive"),
        (GOOD, 0.5, "conflict", "confirmed"),
        (GOOD, 0.02, "effective", "refuted"),
    ],
)
def test_what_each_outcome_takes(
    kb: KnowledgeBase, together: tuple[float, ...], rate: float, outcome: str, verdict: str
) -> None:
    planned = small(kb, *POISONED, seeds=4)
    rates = {"none": 0.9, "other": 0.9, "alone": 0.1, "together": rate}
    found = judge_combination(planned, made_up(planned, GOOD, together, rates), known(kb, POISONED))
    document = found.document()
    assert (document["outcome"], document["verdict"]) == (outcome, verdict)
    assert document["conjecture"] == "conflict"
    (order,) = document["orders"]
    assert order["order"] == list(POISONED)
    assert order["proposed"] is False


@pytest.mark.parametrize(
    ("baseline", "together", "outcome", "said"),
    [
        (0.9, 0.4, "no_longer_useful", "from 0.900 to 0.400"),
        (0.52, 0.52, "nothing_to_move", "has learned nothing"),
    ],
)
def test_defenses_on_models_of_no_use_are_neither_effective_nor_in_conflict(
    kb: KnowledgeBase, baseline: float, together: float, outcome: str, said: str
) -> None:
    planned = small(kb, *POISONED, seeds=4)
    results = made_up(planned, GOOD, GOOD)
    results = [
        replace(each, accuracy=together if i % 4 == 3 else baseline)
        for i, each in enumerate(results)
    ]
    document = judge_combination(planned, results, known(kb, POISONED)).document()
    assert (document["outcome"], document["verdict"]) == (outcome, "inconclusive")
    assert said in str(document["orders"][0]["void"])
    told = describe(document, Style(colour=False, unicode=True))
    assert f"∅ {outcome.replace('_', ' ')}" in told
    assert said in " ".join(told.split())
    assert "combinations" not in records(document)


def test_draws_of_a_combination_are_averaged_each(kb: KnowledgeBase) -> None:
    planned = small(kb, *POISONED, seeds=2)
    several = replace(planned, contexts=planned.contexts * 2)
    results = made_up(planned, (1.0, 0.9, 0.8, 0.7), (0.9, 0.9, 0.6, 0.6))
    document = judge_combination(several, results, known(kb, POISONED)).document()
    part = next(
        each for each in document["orders"][0]["constituents"] if "watermarking" in each["defense"]
    )
    assert part["alone"] == pytest.approx([0.95, 0.75])
    assert part["combined"] == pytest.approx([0.9, 0.6])
    assert document["draws"] == 2


@pytest.mark.parametrize(
    ("alone", "together", "shown"),
    [
        ((0.93,) * 4, (0.88,) * 4, "inconclusive"),  # by less than matters, and it fails now
        ((0.98,) * 4, (0.93,) * 4, "kept"),
        (
            (0.91, 0.92, 0.98, 0.91),
            (1.0, 0.97, 0.95, 1.0),
            "kept",
        ),  # better, if by how much is open
    ],
)
def test_as_good_as_alone_is_no_worse_than_matters_and_still_at_work(
    kb: KnowledgeBase, alone: Sequence[float], together: Sequence[float], shown: str
) -> None:
    planned = small(kb, *POISONED, seeds=4)
    found = judge_combination(planned, made_up(planned, alone, together), known(kb, POISONED))
    assert found.orders[0].constituents[0].outcome == shown


def test_an_adversarys_poisons_are_marked_by_no_owner() -> None:
    data = data_of("synthetic")
    split = Poisoning(share=0.3).poison_data(split_data(data, pool_of(data, CPU), 0, 1))
    poisons = ~torch.isin(split.training[0], split.candidates)
    ready = DataWatermarking(share=0.5).prepare(split)
    assert torch.equal(ready.training[0][poisons], split.training[0][poisons])
    assert int((ready.training[0] != split.training[0]).sum()) == round(0.5 * len(poisons))


def test_a_defense_that_does_nothing_alone_shows_nothing(kb: KnowledgeBase) -> None:
    planned = small(kb, *POISONED, seeds=4)
    weak = made_up(planned, (0.5, 0.5, 0.5, 0.5), (0.1, 0.1, 0.1, 0.1))
    (order,) = judge_combination(planned, weak, known(kb, POISONED)).document()["orders"]
    mark, other = order["constituents"]
    assert (mark["effective_alone"], mark["outcome"]) == (False, "inconclusive")
    assert (other["effective_alone"], other["outcome"]) == (True, "kept")
    assert order["outcome"] == "inconclusive"


def test_a_result_is_kept_drawn_and_known_by_the_predictor(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    planned = small(kb, *POISONED)
    store = Store(str(tmp_path / "results.sqlite"))
    (found,) = finish([planned], store, threads=1)
    verdict = conclude_combination(planned, store, whole(found), known(kb, POISONED), "cmd")
    document = store.experiment(verdict.address[:12]).document
    assert document == verdict.document()
    for ending in (".png", ".svg", ".pdf"):
        draw(document, str(tmp_path / f"p{ending}"))
        assert (tmp_path / f"p{ending}").stat().st_size > 1000
    conclusive = {**document, "outcome": "conflict"}
    (file,) = export([conclusive], str(tmp_path / "evidence"))
    assert Path(file).name.startswith("watermarking@pre+outlier_removal@in.")
    seen = combine(load([str(tmp_path / "evidence")]), POISONED).observations
    assert "measured" in "".join(each.id for each in seen)
    export([{**document, "outcome": "inconclusive"}], str(tmp_path / "none"))
    assert len(combine(load([str(tmp_path / "none")]), POISONED).observations) == len(seen) - 1


def test_neither_the_other_seeds_nor_what_is_beside_it_changes_a_trial(kb: KnowledgeBase) -> None:
    planned = small(kb, *POISONED)
    together, alone = planned.trials()[3], planned.trials()
    (one,) = run(planned.context, [together])
    other = run(planned.context, alone)[3]
    assert replace(one, seconds=other.seconds) == other


@pytest.mark.parametrize(
    ("names", "settings", "said"),
    [
        (("RD3@pre",), [], "at least two"),
        (("RD3@pre", "RD3@post"), [], "one defense at two stages"),
        (("FD1", "PD1"), [], "cannot be trained together"),
        (("PD1", "RD2"), [], "spends privacy that nobody counts"),
        (
            ("FD1", "RD3@pre"),
            ["attack.F.attribute=other"],
            "would not be judged by its own effectiveness",
        ),
        (("RD3@post", "group_fairness@post"), [], "both change answers"),
        (("RD3@pre", "nothing"), [], "unknown defense"),
        (("RD3@pre", "RD2"), ["defense.epsilon=1"], "of a combination, say whose setting"),
        (("RD3@pre", "RD2"), ["defense.RD1.epsilon=1"], "unknown defense of the combination"),
        (("RD3@pre", "RD2"), ["attack.evasion.epsilon=1"], "unknown attack of the combination"),
        (("RD3@pre", "RD2"), ["defense.RD3@pre.triggers=1"], "at least 10"),
        (("RD3@pre", "RD2"), ["defense.RD3.trigger=20"], "did you mean"),
        (("RD3@pre", "RD2"), ["defense.RD3@pre.size=2", "defense.watermarking.size=3"], "twice"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(
    kb: KnowledgeBase, names: tuple[str, ...], settings: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        small(kb, *names, more=settings)


def test_triggers_without_room_beside_one_another_are_refused_at_once(kb: KnowledgeBase) -> None:
    sizes = [
        "defense.data_watermarking.size=5",
        "defense.RD3.size=5",
        "defense.RD3.content=pattern",
    ]
    with pytest.raises(
        InputError, match=r"data_watermarking@pre, then watermarking@pre: .* no room"
    ):
        combination(
            kb, ("data_watermarking", "RD3@pre"), data="digits", model="mlp-s", seeds=2,
            settings=sizes,
        )  # fmt: skip


def test_there_is_a_limit_to_orders_and_those_that_come_to_the_same_count_once(
    kb: KnowledgeBase,
) -> None:
    pre = ("watermarking@pre", "data_watermarking", "outlier_removal@pre", "group_fairness@pre")
    with pytest.raises(InputError, match=f"24 orders .* at most {MOST_ORDERS}"):
        small(kb, *pre)
    post = ("fingerprinting", "explanations", "watermarking@post", "outlier_removal@post")
    assert [len(alike) for alike in small(kb, *post).orders] == [24]


def test_settings_reach_whom_they_are_of(kb: KnowledgeBase) -> None:
    planned = small(
        kb, "RD3@pre", "RD2",
        more=["defense.RD3.triggers=20", "defense.RD2@in.epochs=3", "attack.R2.share=0.1"],
    )  # fmt: skip
    mark, removal = planned.members
    assert isinstance(mark, Watermarking)
    assert isinstance(removal, OutlierRemoval)
    assert (mark.triggers, removal.epochs) == (20, 3)
    (guard,) = planned.protects_against.values()
    assert isinstance(guard, Poisoning)
    assert guard.share == 0.1
    assert not isinstance(removal, OutlierRemovalAfterTraining)
