"""A second attack gets what a first one did or got, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contexts import CPU, context, data_of
from torch import Tensor

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.arms.metrics import AttackOutput, Metric
from crosscurrent.validator.arms.splits import DataSplit, TargetModel, pool_of, split_data
from crosscurrent.validator.attacks import Attack, AttackerResources
from crosscurrent.validator.attacks.attribute_inference import AttributeInference
from crosscurrent.validator.attacks.data_reconstruction import DataReconstruction
from crosscurrent.validator.attacks.distribution_inference import ATTACKED, DistributionInference
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.attacks.membership_inference import MembershipInference
from crosscurrent.validator.attacks.poisoning import TARGET, Poisoning
from crosscurrent.validator.attacks.unauthorized_model_ownership import UnauthorizedModelOwnership
from crosscurrent.validator.experiments.collusion_verdicts import (
    conclude_collusion,
    judge_collusion,
)
from crosscurrent.validator.experiments.collusions import Collusion, collusion, measurable
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.results.store import Store, address
from crosscurrent.validator.training.architectures import Architecture, unlike
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Pool, Schedule, TrainingRun
from crosscurrent.validator.training.trainer import Trained, train
from crosscurrent.validator.trials.pooling import pooled
from crosscurrent.validator.trials.trial import Result, Trial, run

PAIRS = [
    *(
        ("poisoning", second)
        for second in (
            "evasion",
            "model_extraction",
            "membership_inference",
            "data_reconstruction",
            "attribute_inference",
            "distribution_inference",
            "discriminatory_behavior",
        )
    ),
    ("data_reconstruction", "model_extraction"),
    ("data_reconstruction", "membership_inference"),
    ("data_reconstruction", "attribute_inference"),
    ("data_reconstruction", "distribution_inference"),
    ("model_extraction", "membership_inference"),
    ("model_extraction", "distribution_inference"),
]
HANDED_ON = [pair for pair in PAIRS if pair[0] == "data_reconstruction"]

SMALL = {
    "model_extraction": ["queries=50", "epochs=2", "surrogates=2"],
    "membership_inference": ["shadows=4"],
    "distribution_inference": ["shadows=8"],
    "data_reconstruction": ["epochs=5", "hidden=8", "steps=2"],
    "discriminatory_behavior": ["least=5"],
    "evasion": ["steps=2"],
}


def small(kb: KnowledgeBase, first: str, second: str, *more: str) -> Collusion:
    settings = ["data.records=300", "training.epochs=2", "training.batch_size=32"]
    settings += [f"first.{each}" for each in SMALL.get(first, [])]
    settings += [f"second.{each}" for each in SMALL.get(second, [])]
    return collusion(kb, first, second, model="mlp-m", seeds=2, settings=[*settings, *more])


def test_these_collusions_are_measurable(kb: KnowledgeBase) -> None:
    assert set(measurable(kb)) == set(PAIRS)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_collusion_is_measured_and_each_trial_stands_alone(
    first: str, second: str, kb: KnowledgeBase
) -> None:
    planned = small(kb, first, second)
    trials = planned.trials()
    done: list[int] = []
    together = run(planned.context, trials, done.append)
    assert sum(done) == planned.work(trials)
    alone = run(planned.context, trials[-1:])[0]
    assert alone.metrics == together[-1].metrics
    without, informed = together[0::2], together[1::2]
    assert all(planned.first.risk not in each.metrics for each in without)
    verdict = judge_collusion(planned, "amplifies", without, informed).document()
    assert json.loads(json.dumps(verdict)) == verdict
    assert (verdict["first"], verdict["second"]) == (first, second)
    assert all(np.isfinite(each) for each in (*verdict["without"], *verdict["with"]))
    if first != "poisoning":
        assert verdict["utility"]["differences"] == [0.0, 0.0], "models are the same in both arms"


@pytest.mark.parametrize(("first", "second"), HANDED_ON)
def test_who_hands_nothing_on_changes_nothing(first: str, second: str, kb: KnowledgeBase) -> None:
    planned = small(kb, first, second, "first.handed_on=0")
    found = run(planned.context, planned.trials())
    for without, informed in zip(found[0::2], found[1::2], strict=True):
        risk = planned.second.risk
        assert informed.metrics[risk] == without.metrics[risk]


@pytest.mark.parametrize(
    ("first", "second", "settings", "said"),
    [
        ("evasion", "MemInf", [], r"evasion hands nothing on here; measurable: poisoning →"),
        ("MemInf", "poisoning", [], r"would change what models are trained on, before the first"),
        ("DtRecon", "evasion", [], r"evasion, as it is mounted here, has no use for auxiliary_dat"),
        ("ModExt", "AttInf", [], r"attribute_inference, as it .* no use for architecture_similar"),
        ("R3", "model_extraction", [], r"both are the same"),
        ("MemInf", "R3", [], r"membership_inference, then model_extraction: .*hands nothing on"),
        ("DtRecon", "P1", ["second.own_records=false"], r"second\.own_records=false: should be tr"),
        ("DtRecon", "P1", ["second.shadows=5"], r"second\.shadows=5: should be even"),
        ("DtRecon", "P1", ["first.handed_on=2"], r"first\.handed_on=2: should be a number, at lea"),
        ("DtRecon", "P1", ["attack.shadows=4"], r"group of settings.*attack"),
        ("DtRecon", "P4", ["second.shadow_model=mlp-xx"], r"mlp-xx.*did you mean mlp-x"),
        ("poisoning", "P1", ["second.shadow_model=mlp-s"], r"goes with second\.own_records=true"),
        ("poisoning", "P1", ["first.share"], r"should be GROUP\.NAME=VALUE"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(
    first: str, second: str, settings: list[str], said: str, kb: KnowledgeBase
) -> None:
    with pytest.raises(InputError, match=said):
        collusion(kb, first, second, settings=settings)


def lab_of(model: Architecture) -> AttackerResources:
    """Return a lab that trains shortly."""

    def trained(
        pool: Pool,
        members: Sequence[TrainingRun],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        return train(architecture or model, pool, members, schedule)

    return AttackerResources(trained, Schedule(40, epochs=2, batch_size=16), ("group",))


def victim_of(attack: Attack | None = None, seed: int = 0) -> tuple[TargetModel, AttackerResources]:
    """Return models that were trained a little, on 300 records as the attack has them drawn."""
    data = data_of("synthetic", {"records": 300, "attributes": 12})
    split = split_data(data, pool_of(data, CPU), seed, attack.models if attack else 1)
    split = attack.poison_data(split) if attack else split
    model = architecture("mlp-m", data.shape, data.classes)
    members = [TrainingRun(i, records) for i, records in enumerate(split.training)]
    resources = lab_of(model)
    return TargetModel(
        split, resources.train(split.pool, members, resources.schedule).models, None
    ), resources


def told_otherwise(target: TargetModel) -> TargetModel:
    """Return the same target model with other labels and groups of all that the adversary lacks."""
    split = target.split
    hidden = torch.cat([split.deployed, split.test])
    hidden = hidden[~torch.isin(hidden, split.auxiliary)]
    y, z = split.pool.y.clone(), split.pool.z.clone()
    y[hidden], z[hidden] = 1 - y[hidden], 1 - z[hidden]
    changed = dataclasses.replace(split, pool=dataclasses.replace(split.pool, y=y, z=z))
    if "share_high" in split.kept:
        changed = changed.keeping(share_high=~split.kept["share_high"])
    return dataclasses.replace(target, split=changed)


@pytest.mark.parametrize("second", [None, DistributionInference(shadows=8, own_records=True)])
def test_what_is_handed_on_does_not_depend_on_the_truth(second: Attack | None) -> None:
    target, resources = victim_of(second)
    targets = second.targets(target)[:3] if second else [target]
    first = DataReconstruction(epochs=5, hidden=8)
    others = [told_otherwise(each) for each in targets]
    for told, other in zip(
        first.disclose(targets, resources), first.disclose(others, resources), strict=True
    ):
        one, two = told.split, other.split
        assert one.handed is not None
        assert two.handed is not None
        assert torch.equal(one.auxiliary, two.auxiliary)
        for part in ("x", "y", "z"):
            here, there = getattr(one.pool, part), getattr(two.pool, part)
            assert torch.equal(here[one.auxiliary], there[two.auxiliary])
    thief = UnauthorizedModelOwnership(queries=40, epochs=2)
    names = [
        [each.supposed.name for each in thief.disclose(of, resources) if each.supposed]
        for of in (targets, others)
    ]
    assert names[0] == names[1]
    assert len(names[0]) == len(targets)


def test_records_are_handed_on_in_the_place_of_own_ones_and_no_model_learns_them() -> None:
    target, resources = victim_of()
    (told,) = DataReconstruction(epochs=5, hidden=8, handed_on=0.25).disclose([target], resources)
    before, after = target.split, told.split
    assert after.handed is not None
    assert len(after.handed) == round(0.25 * len(before.auxiliary))
    changed = before.auxiliary != after.auxiliary
    assert torch.equal(after.auxiliary[changed].sort().values, after.handed)
    assert torch.equal(after.pool.z[after.auxiliary], before.pool.z[before.auxiliary])
    assert torch.equal(after.pool.x[: len(before.pool.x)], before.pool.x)
    assert not torch.isin(after.handed, torch.cat(after.training)).any()
    assert torch.equal(after.unused, before.unused)
    mine = after.pool.x[after.handed]
    assert bool(((after.pool.low <= mine) & (mine <= after.pool.high)).all())


def test_all_models_are_poisoned_alike_and_lose_no_record() -> None:
    data = data_of("synthetic", {"records": 300, "attributes": 12})
    clean = split_data(data, pool_of(data, CPU), 0, 5)
    planted = Poisoning(share=0.1).inject(clean)
    count = round(0.1 * len(clean.deployed))
    added = torch.arange(data.records, data.records + count)
    for before, after in zip(clean.training, planted.training, strict=True):
        assert torch.equal(after, torch.cat([before, added]))
    assert bool((planted.pool.y[added] == TARGET).all())
    mask, values = planted.kept["backdoor_mask"], planted.kept["backdoor_values"]
    assert bool((planted.pool.x[added][:, mask] == values[mask]).all())
    own = clean.pool.x[clean.unused][:, ~mask]
    same = (planted.pool.x[added][:, None, ~mask] == own[None]).all(2).any(1)
    assert bool(same.all()), "copies of records that the adversary has"


@dataclasses.dataclass(frozen=True)
class Burglary(Attack):
    """Hands the very training records on."""

    risk: ClassVar[str] = "burglary"
    metrics: ClassVar[tuple[Metric, ...]] = ()
    yields: ClassVar[str] = "auxiliary_data_quality"

    def disclose(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[TargetModel]:
        return [self._inform(each) for each in targets]

    def _inform(self, target: TargetModel) -> TargetModel:
        own, pool = target.split.auxiliary, target.split.pool
        places = torch.arange(0, len(own), 2)
        stolen = target.split.deployed[: len(places)]
        told = target.split.handing(places, pool.x[stolen], pool.y[stolen], pool.z[stolen])
        return dataclasses.replace(target, split=told)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        return [{} for _ in targets]


def test_records_that_are_the_victims_own_make_membership_inference_stronger() -> None:
    """What is handed on is of use as far as it is good: here it is perfect."""
    data = data_of("synthetic", {"records": 400, "attributes": 20})
    attack = MembershipInference(shadows=16, own_records=True)
    trials = [
        Trial(None, (attack,), seed, first) for seed in range(3) for first in (None, Burglary())
    ]
    judged = attack.judged(provable=False).id
    done = run(context(data, "mlp-m", epochs=60), trials)
    found = [each.metrics[attack.risk][judged] for each in done]
    gains = np.array(found[1::2]) - np.array(found[0::2])
    assert (gains > 0.05).all()


def test_the_architecture_is_found_by_the_answers_alone() -> None:
    data = data_of("digits")
    for name in ("mlp-s", "cnn-s"):
        small_bench = dataclasses.replace(
            context(data, epochs=8), architecture=architecture(name, data.shape, data.classes)
        )
        seen: list[str] = []

        @dataclasses.dataclass(frozen=True)
        class Watching(Evasion):
            def mount(
                self, targets: Sequence[TargetModel], resources: AttackerResources
            ) -> list[AttackOutput]:
                thief = UnauthorizedModelOwnership(queries=1000, epochs=5)
                for each in thief.disclose(targets, resources):
                    assert each.supposed is not None
                    seen.append(each.supposed.name)  # noqa: B023
                return super().mount(targets, resources)

        run(small_bench, [Trial(None, (Watching(steps=1, restarts=1),), seed) for seed in (0, 1)])
        assert {each.split("-")[0] for each in seen} == {name.split("-")[0]}


@pytest.mark.parametrize("name", ["mlp-s", "mlp-m", "cnn-m"])
def test_another_architecture_is_another_that_fits(name: str) -> None:
    for shape in ((30,), (1, 8, 8)):
        if len(shape) == 1 and name.startswith("cnn"):
            continue
        other = unlike(architecture(name, shape, 3))
        assert architecture(other, shape, 3).name != name


def test_own_shadow_models_are_trained_on_own_records_alone() -> None:
    target, resources = victim_of()
    split = target.split
    seen: list[Tensor] = []

    def watching(
        pool: Pool,
        members: Sequence[TrainingRun],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        seen.extend(pool.x[each.records] for each in members)
        return resources.train(pool, members, schedule, architecture)

    attack = MembershipInference(shadows=4, own_records=True)
    (got,) = attack.mount([target], dataclasses.replace(resources, train=watching))
    own = split.pool.x[split.unused]
    assert len(seen) == attack.own_models == 4
    for records in seen:
        assert bool((records[:, None] == own[None]).all(2).any(1).all())
    times = torch.stack([(own[:, None] == records[None]).all(2).any(1) for records in seen]).sum(0)
    assert bool((times == 2).all())
    assert got["member"].sum() == len(split.deployed)
    assert got["member"].shape == (1, len(split.deployed) + len(split.test))


def test_attacked_models_and_own_shadow_models_have_no_record_in_common() -> None:
    attack = DistributionInference(shadows=8, own_records=True)
    target, _ = victim_of(attack)
    split = target.split
    assert len(target.models) == ATTACKED == attack.targeted
    assert int(split.kept["share_high"].sum()) == ATTACKED // 2
    for records in split.training:
        assert not torch.isin(records, split.auxiliary).any()
    assert not torch.isin(
        split.kept["share_asked"], torch.cat([split.auxiliary, *split.training])
    ).any()
    targets = attack.targets(target)
    assert len({each.split.seed for each in targets}) == ATTACKED
    for place, each in enumerate(targets):
        assert torch.equal(each.split.deployed, split.training[place])
        assert each.split.kept["share_high"].tolist() == [split.kept["share_high"][place].item()]


def test_scores_of_a_model_do_not_depend_on_its_true_share() -> None:
    attack = DistributionInference(shadows=8, own_records=True)
    target, resources = victim_of(attack)
    targets = attack.targets(target)[:2]
    turned = [
        dataclasses.replace(
            each, split=each.split.keeping(share_high=~each.split.kept["share_high"])
        )
        for each in targets
    ]
    for one, two in zip(
        attack.mount(targets, resources), attack.mount(turned, resources), strict=True
    ):
        assert one["score"] == two["score"]
        assert one["high"] != two["high"]


def test_only_trials_with_the_same_first_attack_are_one() -> None:
    first = DataReconstruction()
    attacks: tuple[Attack, ...] = (
        AttributeInference(),
        MembershipInference(shadows=4, own_records=True),
    )
    trials = [Trial(None, (each,), 0, one) for each in attacks for one in (None, first)]
    pieces = pooled(trials)
    assert sorted(len(each.parts) for each in pieces) == [2, 2]
    assert {each.trial.first for each in pieces} == {None, first}


def test_pooled_collusions_find_what_they_find_alone() -> None:
    data = data_of("synthetic", {"records": 300, "attributes": 12})
    first = DataReconstruction(epochs=5, hidden=8, steps=2)
    trials = [
        Trial(None, (AttributeInference(),), 0, first),
        Trial(None, (MembershipInference(shadows=4, own_records=True),), 0, first),
    ]
    (piece,) = pooled(trials)
    on = context(data, epochs=2)
    together = run(on, [piece.trial], parts=[piece.parts])
    by = dict(zip(piece.parts, together, strict=True))
    for trial in trials:
        (alone,) = run(on, [trial])
        assert by[trial].metrics == alone.metrics


def test_the_arm_without_is_the_same_trial_as_that_of_the_attack_alone(kb: KnowledgeBase) -> None:
    planned = collusion(kb, "poisoning", "membership_inference", seeds=2)
    alone = experiment(kb, "placebo", "membership_inference", seeds=2)
    without, poisoned = (planned.context.recipe(each) for each in planned.trials()[:2])
    assert address(without) == address(alone.context.recipe(alone.trials()[0]))
    assert address(without) != address(poisoned)
    other = collusion(kb, "poisoning", "P1", seeds=2, settings=["first.share=0.2"])
    assert address(other.context.recipe(other.trials()[1])) != address(poisoned)


def results(risk: str, values: Sequence[float], metric: str) -> list[Result]:
    return [
        Result({risk: {metric: each}}, {risk: {metric: 1000}}, 0.8, 0.9, {}, 1.0, "run")
        for each in values
    ]


def both(second: list[Result], first: list[Result]) -> list[Result]:
    return [
        dataclasses.replace(
            a, metrics={**a.metrics, **b.metrics}, counted={**a.counted, **b.counted}
        )
        for a, b in zip(second, first, strict=True)
    ]


@pytest.mark.parametrize(
    ("conjecture", "gain", "success", "verdict"),
    [
        ("amplifies", 0.1, 0.9, "confirmed"),
        ("amplifies", 0.0, 0.9, "refuted"),
        ("amplifies", -0.1, 0.9, "refuted"),
        ("hinders", 0.1, 0.9, "refuted"),
        ("hinders", 0.0, 0.9, "confirmed"),
        ("hinders", -0.1, 0.9, "confirmed"),
        ("inconclusive", 0.1, 0.9, "inconclusive"),
        ("unnecessary", 0.0, 0.9, "inconclusive"),
        ("amplifies", 0.1, 0.01, "inconclusive"),
        ("hinders", 0.0, 0.01, "inconclusive"),
    ],
)
def test_what_confirms_and_what_refutes(
    conjecture: str, gain: float, success: float, verdict: str, kb: KnowledgeBase
) -> None:
    planned = collusion(kb, "poisoning", "model_extraction", seeds=3)
    risk = "unauthorized_model_ownership"
    without = results(risk, [0.7, 0.71, 0.72], "fidelity")
    informed = both(
        results(risk, [0.7 + gain, 0.71 + gain, 0.72 + gain], "fidelity"),
        results("poisoning", [success] * 3, "attack_success_rate"),
    )
    shared: Any = {"factor": "tail_length", "code": "D2", "name": "Tail length"}
    shared |= {"first_sign": "+", "second_sign": "-"}
    found = judge_collusion(planned, conjecture, without, informed, factors=[shared]).document()
    assert found["verdict"] == verdict
    assert found["effect"]["estimate"] == pytest.approx(gain)
    assert found["first_effective"] == (success > 0.5)
    assert found["first_effect"]["in_vain"] == 0
    (factor,) = found["factors"]
    assert (factor["first_sign"], factor["second_sign"]) == ("+", "-")
    assert factor["moved"] == "not_measurable"


def test_a_collusion_is_kept_with_its_trials(kb: KnowledgeBase, tmp_path: Path) -> None:
    planned = small(kb, "data_reconstruction", "attribute_inference")
    store = Store(str(tmp_path / "results.sqlite"))
    found = run(planned.context, planned.trials())
    verdict = conclude_collusion(planned, "amplifies", store, found, command="as asked")
    (entry,) = store.experiments()
    assert entry.document == verdict.document()
    assert entry.address == verdict.address == entry.document["id"]
    assert entry.document["kind"] == "collusion"
    assert entry.document["command"] == "as asked"


def test_a_fresh_scene_leaves_its_unused_records_to_the_adversary() -> None:
    target, _ = victim_of()
    split: DataSplit = target.split
    assert torch.equal(split.auxiliary, split.unused)
    assert split.handed is None
    assert isinstance(target.models, Ensemble)
