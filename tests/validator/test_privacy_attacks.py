"""Attacks on attributes, records and distributions tell what leaks, and nothing that does not.

An adversary gets what it may and no more, and metrics say what they are called.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contexts import CPU, LAB, context, data_of, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.arms.given_records import given_to, keeping_given
from crosscurrent.validator.arms.splits import DataSplit, TargetModel, pool_of, split_data
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.attacks._numbers import numbers
from crosscurrent.validator.attacks.attribute_inference import AttributeInference
from crosscurrent.validator.attacks.data_reconstruction import DataReconstruction
from crosscurrent.validator.attacks.distribution_inference import FOLDS, DistributionInference
from crosscurrent.validator.data import Dataset
from crosscurrent.validator.defenses import Defense, defenses
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Schedule, TrainingRun
from crosscurrent.validator.training.trainer import train
from crosscurrent.validator.trials.trial import Trial, run


def judged(attack: Attack, got: Any) -> dict[str, float]:
    return {metric.id: metric.judge(got) for metric in attack.metrics}


def victim_of(data: Dataset, models: int = 1, seed: int = 0, defense: Any = None) -> TargetModel:
    """Return models that were initialised and never trained."""
    split = split_data(data, pool_of(data, CPU), seed, models)
    found = architecture("mlp-s", data.shape, data.classes)
    return TargetModel(split, Ensemble.fresh(found, range(models), CPU), defense)


@dataclasses.dataclass(frozen=True)
class Telling(Defense):
    """Releases the sensitive attribute of whatever record is asked about, and answers nothing."""

    id: ClassVar[str] = "telling"

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        assert z is None, "whoever infers an attribute cannot tell it"
        return torch.zeros((len(models), len(x), split.classes))

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        same = (x[:, None] == split.pool.x[None]).flatten(2).all(2).int().argmax(1)
        return split.pool.z[same].float().expand(len(models), -1, -1)


@dataclasses.dataclass(frozen=True)
class Open(Telling):
    """Releases the record itself, in other units."""

    id: ClassVar[str] = "open"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        return 5 * x.flatten(1).expand(len(models), -1, -1) + 3


@dataclasses.dataclass(frozen=True)
class Silent(Telling):
    """Releases nothing."""

    id: ClassVar[str] = "silent"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        return None


@given(st.lists(st.floats(-12, 12, width=32), min_size=2, max_size=5), st.floats(-9, 9, width=32))
def test_numbers_are_logits_up_to_a_constant_and_what_is_released_beside_them(
    logits: list[float], beside: float
) -> None:
    given_logits = torch.tensor(logits, dtype=torch.float64)
    observed = torch.cat([given_logits.softmax(-1), torch.tensor([beside], dtype=torch.float64)])
    found = numbers(observed, len(logits))
    np.testing.assert_allclose(found[:-1], given_logits - given_logits.mean(), atol=1e-6)
    assert found[-1] == beside


def test_numbers_of_answers_that_are_sure_are_finite() -> None:
    assert np.isfinite(numbers(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), 2)).all()


def test_one_that_is_told_the_attribute_infers_it_and_one_that_is_told_nothing_does_not() -> None:
    attack = AttributeInference(shadows=4)
    (told,) = attack.mount([victim_of(tiny(), 5, defense=Telling())], LAB)
    found = judged(attack, told)
    assert found["auc"] == found["auc_informed"] == 1.0
    assert found["auc_gain"] == 1.0 - found["auc_without_model"]
    (silent,) = attack.mount([victim_of(tiny(), 5, defense=Silent())], LAB)
    assert judged(attack, silent)["auc_gain"] == 0.0
    assert np.array_equal(silent["without_model"], told["without_model"])


@dataclasses.dataclass(frozen=True)
class TurnedRound(Telling):
    """Answers a record's group: of records that a model was trained on, the other one."""

    id: ClassVar[str] = "turned_round"

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        rows = (x[:, None] == split.pool.x[None]).flatten(2).all(2).int().argmax(1)
        seen = torch.stack([torch.isin(rows, given_to(split, i)) for i in range(len(models))])
        return torch.nn.functional.one_hot(split.pool.z[rows, 0] ^ seen.long(), 2).float()

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        return None


@dataclasses.dataclass(frozen=True)
class Keeping(TurnedRound):
    """The same, and trains each model on half of what it is given."""

    id: ClassVar[str] = "keeping"

    def prepare(self, split: DataSplit) -> DataSplit:
        half = tuple(each[: len(each) // 2] for each in split.training)
        return dataclasses.replace(keeping_given(split), training=half)


@dataclasses.dataclass(frozen=True)
class Noisy(TurnedRound):
    """The same, and releases 60 numbers of noise beside the answer."""

    id: ClassVar[str] = "noisy"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        draw = torch.Generator().manual_seed(1)
        return torch.rand((len(models), len(x), 60), generator=draw)


@pytest.mark.parametrize("defense", [TurnedRound(), Keeping(), Noisy()])
def test_who_knows_the_defense_is_neither_misled_nor_drowned_in_what_is_released(
    defense: Defense,
) -> None:
    """Fitted to answers about other records, it would do worse than without the model."""
    target = victim_of(tiny(), 5, defense=defense)
    target = dataclasses.replace(target, split=defense.prepare(target.split))
    attack = AttributeInference(shadows=4)
    (got,) = attack.mount([target], LAB)
    found = judged(attack, got)
    assert found["auc"] == 1.0
    assert found["auc_unaware"] < 0.2 < found["auc_without_model"]


def test_what_each_model_was_given_is_noted_where_it_is_trained_on_less() -> None:
    data = data_of("synthetic")
    plain = split_data(data, pool_of(data, CPU), 0, 3)
    for kind in defenses().values():
        ready = kind().settled(data).prepare(plain)
        for i, before in enumerate(plain.training):
            assert torch.isin(before, given_to(ready, i)).double().mean() > 0.85


def test_an_odd_number_of_shadow_models_is_refused() -> None:
    with pytest.raises(InputError, match=r"attack\.shadows=3: should be even"):
        AttributeInference(shadows=3).check(tiny())


def test_attributes_are_inferred_of_training_records_from_others() -> None:
    """Changing what others' groups are changes the scores; those of training records are unused."""
    attack = AttributeInference(shadows=4)
    target = victim_of(tiny(), 5)
    split = target.split
    (got,) = attack.mount([target], LAB)
    assert np.array_equal(got["group"], split.pool.z[split.deployed, 0].numpy())

    def with_other_groups(rows: Tensor) -> Any:
        z = split.pool.z.clone()
        z[rows[: len(rows) // 2]] = 1 - z[rows[: len(rows) // 2]]
        pool = dataclasses.replace(split.pool, z=z)
        changed = dataclasses.replace(target, split=dataclasses.replace(split, pool=pool))
        return attack.mount([changed], LAB)[0]["with_model"]

    assert np.array_equal(with_other_groups(split.deployed), got["with_model"])
    assert np.array_equal(with_other_groups(split.test), got["with_model"])
    assert not np.array_equal(with_other_groups(split.unused), got["with_model"])


def test_attribute_inference_by_hand() -> None:
    """Of three groups two are judged; each is told apart from all others."""
    got = {
        "group": np.array([0, 0, 2, 2, 1]),
        "groups": np.array([0, 2]),
        "with_model": np.array([[0.9, 0.1], [0.4, 0.2], [0.5, 0.6], [0.1, 0.7], [0.3, 0.3]]),
        "without_model": np.full((5, 2), 0.5),
        "unaware": np.full((5, 2), 0.5),
        "informed": np.full((5, 2), 0.5),
    }
    assert judged(AttributeInference(), got) == {
        "auc": (5 / 6 + 1) / 2,
        "auc_gain": pytest.approx((5 / 6 + 1) / 2 - 0.5),
        "auc_without_model": 0.5,
        "auc_unaware": 0.5,
        "auc_informed": 0.5,
    }
    assert {metric.counted(got) for metric in AttributeInference.metrics} == {6}


def test_groups_of_a_handful_are_not_told_apart() -> None:
    data = data_of("synthetic", {"records": 300, "attributes": 12})
    z = data.z.copy()
    z[:20] = 2
    rare = dataclasses.replace(data, z=z)
    AttributeInference().check(rare)
    (got,) = AttributeInference(shadows=4).mount([victim_of(rare, 5)], LAB)
    assert got["groups"].tolist() == [0, 1]
    assert 2 in got["group"]
    few = dataclasses.replace(data, z=(np.arange(300)[:, None] < 20).astype(np.int64))
    with pytest.raises(InputError, match=r"two groups of 43 records or more.*have 280, 20"):
        AttributeInference().check(few)


@pytest.mark.parametrize("kind", [AttributeInference, DistributionInference])
def test_a_question_of_an_attribute_needs_one_but_not_two_classes(kind: Any) -> None:
    kind().check(data_of("synthetic", {"classes": 3}))
    assert kind().settled(tiny()).attribute == "group"
    with pytest.raises(InputError, match=r"needs a sensitive attribute.*breast_cancer has none"):
        kind().check(data_of("breast_cancer"))
    with pytest.raises(UnknownName, match=r"grup.*did you mean group"):
        kind(attribute="grup").check(tiny())


def test_one_that_is_shown_records_reconstructs_them_and_one_that_is_shown_nothing_cannot() -> None:
    data = data_of("synthetic", {"records": 400, "attributes": 12, "tail_length": 0.0})
    (shown,) = DataReconstruction().mount([victim_of(data, defense=Open())], LAB)
    assert judged(DataReconstruction(), shown)["reconstruction_error"] < 0.2
    (silent,) = DataReconstruction().mount([victim_of(data, defense=Silent())], LAB)
    assert judged(DataReconstruction(), silent)["reconstruction_error"] == pytest.approx(1, abs=0.1)


def test_reconstruction_by_hand() -> None:
    got = {
        "error": np.array([1.0, 3.0]),
        "spread": np.array([2.0, 6.0]),
        "test_error": np.array([3.0]),
        "test_spread": np.array([4.0]),
        "floor": np.array([0.25]),
        "inverted": np.array([[2.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        "class_means": np.array([[5.0, 0.0], [1.0, 0.0], [1.0, 0.0]]),
    }
    found = judged(DataReconstruction(), got)
    assert found["reconstruction_error"] == 0.5
    assert found["member_advantage"] == 0.25
    assert found["reconstruction_floor"] == 0.25
    assert found["class_similarity"] == pytest.approx((1 + 0 + 2**-0.5) / 3)


def test_inverted_inputs_are_taken_for_their_class_look_like_it_and_stay_in_the_box() -> None:
    data = data_of("digits")
    fresh = victim_of(data)
    split, pool = fresh.split, fresh.split.pool
    schedule = Schedule(len(split.training[0]), epochs=5)
    members = [TrainingRun(1, split.training[0])]
    models = train(fresh.models.architecture, pool, members, schedule).models
    target = TargetModel(split, models, None)
    (got,) = DataReconstruction(epochs=1).mount([target], LAB)
    x = torch.tensor(got["inverted"]).float() + pool.x[split.deployed].mean(0).flatten()
    assert float(x.min()) > -1e-6
    assert float(x.max()) < 1 + 1e-6
    assert torch.equal(target.predictions(x.unflatten(1, data.shape)), torch.arange(10))
    assert judged(DataReconstruction(), got)["class_similarity"] > 0.5


@dataclasses.dataclass(frozen=True)
class Wild(Telling):
    """Releases numbers of which a few are far beyond all others, whatever the record."""

    id: ClassVar[str] = "wild"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        draw = torch.Generator().manual_seed(3)
        noise = torch.randn((len(models), len(x), 4), generator=draw)
        noise[:, -len(split.test) :: 3] *= 1e5
        noise[:, len(split.auxiliary) :: 7] *= 1e5
        return noise


def test_a_reconstruction_that_tells_nothing_is_the_mean_and_never_far_out_of_range() -> None:
    """On a real table explanations made the error 24, where the mean record gives 1."""
    (got,) = DataReconstruction().mount([victim_of(tiny(), defense=Wild())], LAB)
    assert judged(DataReconstruction(), got)["reconstruction_error"] < 1.1


def test_the_floor_of_one_number_is_what_one_direction_leaves() -> None:
    target = victim_of(tiny())
    (got,) = DataReconstruction().mount([target], LAB)
    x = target.split.pool.x[target.split.deployed].double().numpy()
    around = x - target.split.pool.x[target.split.auxiliary].double().numpy().mean(0)
    share = np.linalg.eigvalsh(around.T @ around)
    assert got["floor"][0] == pytest.approx(1 - share[-1] / share.sum())


def test_a_single_attribute_is_reconstructed_too() -> None:
    data = dataclasses.replace(
        tiny(), x=tiny().x[:, :1], low=tiny().low[:1], high=tiny().high[:1], name="narrow"
    )
    (got,) = DataReconstruction().mount([victim_of(data)], LAB)
    assert got["error"].shape == (len(victim_of(data).split.deployed),)


def test_reconstruction_meets_the_deployed_model_alone() -> None:
    target, attack = victim_of(tiny(), models=5), DataReconstruction()
    (among,), (alone,) = (attack.mount([each], LAB) for each in (target, target.first(1)))
    assert all(np.array_equal(among[name], alone[name]) for name in alone)
    assert attack.models == 1


def test_the_first_models_of_a_victim_are_its_models_and_their_records() -> None:
    target = victim_of(tiny(), models=5)
    fewer = target.first(3)
    assert len(fewer.models) == len(fewer.split.training) == 3
    assert fewer.split.deployed is target.split.deployed
    x = target.split.pool.x[:9]
    assert torch.allclose(fewer.observed(x), target.observed(x)[:3], atol=1e-6)
    assert target.first(5) is target


DATA = ["tiny", "diabetes", "synthetic"]


@settings(max_examples=25)
@given(
    name=st.sampled_from(DATA),
    seed=st.integers(0, 1000),
    low=st.sampled_from([0.0, 0.1, 0.3]),
    high=st.sampled_from([0.5, 0.7, 1.0]),
    shadows=st.sampled_from([8, 16, 40]),
)
def test_models_have_the_promised_shares_and_folds_have_no_record_in_common(
    name: str, seed: int, low: float, high: float, shadows: int
) -> None:
    data = tiny() if name == "tiny" else data_of(name)
    attack = DistributionInference(low=low, high=high, shadows=shadows).settled(data)
    clean = split_data(data, pool_of(data, CPU), seed, attack.models)
    drawn = attack.poison_data(clean)
    assert torch.equal(drawn.deployed, drawn.training[0])
    assert torch.equal(drawn.test, clean.test)
    asked = drawn.kept["share_asked"]
    fold, larger = drawn.kept["share_fold"].tolist(), drawn.kept["share_high"].tolist()
    (size,) = {len(each) for each in drawn.training}
    assert size >= 5
    used: dict[int, Tensor] = {}
    for rows, place, is_high in zip(drawn.training, fold, larger, strict=True):
        assert len(rows.unique()) == len(rows)
        assert bool(torch.isin(rows, clean.candidates).all())
        assert not torch.isin(rows, asked).any()
        inside = int((drawn.pool.z[rows, 0] == 0).sum())
        assert inside == round((high if is_high else low) * size)
        used[place] = torch.cat([used.get(place, rows[:0]), rows])
    for place, rows in used.items():
        assert not any(torch.isin(rows, used[other]).any() for other in used if other != place)
    assert bool(torch.isin(asked, drawn.unused).all())
    assert (drawn.pool.z[asked, 0] == 0).float().mean() == 0.5
    shadow = list(zip(fold[1:], larger[1:], strict=True))
    assert len(set(shadow)) == 2 * FOLDS
    assert all(shadow.count(each) == shadows // 8 for each in set(shadow))


def test_which_share_the_deployed_model_has_is_a_coin_of_the_seed() -> None:
    data, attack = tiny(), DistributionInference(shadows=8)
    pool = pool_of(data, CPU)

    def coin(seed: int) -> bool:
        return bool(attack.poison_data(split_data(data, pool, seed, 9)).kept["share_high"][0])

    tossed = [coin(seed) for seed in range(40)]
    assert 10 < sum(tossed) < 30
    assert [coin(seed) for seed in range(5)] == tossed[:5]


def test_no_model_is_scored_by_the_answers_of_its_own_fold() -> None:
    """One that answers otherwise changes what is said of the other folds, not of its own."""
    attack = DistributionInference(shadows=16)
    target = victim_of(tiny(), attack.models)
    target = dataclasses.replace(target, split=attack.poison_data(target.split))
    (before,) = attack.mount([target], LAB)
    place = 6
    turned = torch.arange(attack.models) == place
    parameters = {
        name: torch.where(turned.view(-1, *[1] * (each.dim() - 1)), -each.detach(), each.detach())
        for name, each in target.models.parameters.items()
    }
    other = dataclasses.replace(target.models, parameters=parameters)
    (after,) = attack.mount([dataclasses.replace(target, models=other)], LAB)
    own = before["fold"] == before["fold"][place]
    own[place] = False
    assert own.any()
    assert np.array_equal(after["score"][own], before["score"][own])
    others = before["fold"] != before["fold"][place]
    assert not np.isclose(after["score"], before["score"])[others].any()


def test_distributions_by_hand() -> None:
    got = {
        "score": np.array([3.0, 1.0, -5.0, -6.0, -1.0]),
        "high": np.array([True, False, True, False, False]),
        "fold": np.array([0, 0, 1, 1, 1]),
        "loss_gap": np.array([1.0, 2.0, 3.0, 0.5, 0.0]),
    }
    assert judged(DistributionInference(), got) == {
        "auc": (1 + 1 / 2) / 2,
        "attack_accuracy": 3 / 5,
        "auc_of_loss_test": 5 / 6,
    }
    counted = {metric.id: metric.counted(got) for metric in DistributionInference.metrics}
    assert counted == {"auc": 3, "attack_accuracy": 5, "auc_of_loss_test": 6}


def _told(gap: float, seeds: Sequence[int]) -> float:
    """Return the mean AUC of telling shares apart where groups differ so much."""
    data = data_of("synthetic", {"subgroup_gap": gap, "records": 600, "attributes": 12})
    attack = DistributionInference(shadows=24).settled(data)
    found = run(context(data, epochs=10), [Trial(None, (attack,), seed) for seed in seeds])
    return float(np.mean([each.metrics[attack.risk]["auc"] for each in found]))


def test_shares_are_told_where_groups_differ_and_not_where_only_their_name_does() -> None:
    """What models remember of single records must not count: it is not the distribution."""
    assert _told(1.0, range(4)) > 0.75
    assert abs(_told(0.0, range(10)) - 0.5) < 0.15


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"low": 0.5, "high": 0.5}, "the smaller share should be below the larger"),
        ({"shadows": 12}, r"attack\.shadows=12: should be a multiple of 8"),
        ({"group": 2}, r"attack\.group=2: group has groups 0 to 1"),
    ],
)
def test_a_question_of_shares_that_has_no_answer_is_refused(
    values: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        DistributionInference(**values).check(tiny())


def test_too_few_records_for_folds_are_refused() -> None:
    data = data_of("synthetic", {"records": 100, "attributes": 12})
    with pytest.raises(InputError, match=r"too few records.*fewer than 10"):
        DistributionInference().check(data)


@dataclasses.dataclass(frozen=True)
class Curved(Telling):
    """Releases two numbers whose signs agree for one group and differ for the other."""

    id: ClassVar[str] = "curved"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        draw = torch.Generator().manual_seed(1)
        first = torch.rand(len(split.pool.x), generator=draw) * 2 - 1
        second = first.abs() * torch.where(split.pool.z[:, 0] == 0, first.sign(), -first.sign())
        same = (x[:, None] == split.pool.x[None]).flatten(2).all(2).int().argmax(1)
        return torch.stack([first, second], -1)[same].expand(len(models), -1, -1)


def test_an_attribute_that_no_weighted_sum_tells_is_inferred_too() -> None:
    """A logistic regression alone gains nothing from it."""
    data = data_of("synthetic", {"records": 400, "attributes": 12})
    attack = AttributeInference(shadows=4)
    (got,) = attack.mount([victim_of(data, 5, defense=Curved())], LAB)
    assert judged(attack, got)["auc"] > 0.9


def test_many_numbers_that_tell_nothing_do_not_weaken_who_may_disregard_them() -> None:
    """Fitted to all of them, distribution inference fell from an AUC of 0.8 to that of a coin."""
    data = data_of("synthetic", {"subgroup_gap": 1.0, "records": 600, "attributes": 12})
    attack = DistributionInference(shadows=24).settled(data)
    told = []
    for seed in range(3):
        split = attack.poison_data(split_data(data, pool_of(data, CPU), seed, attack.models))
        members = [TrainingRun(i, rows) for i, rows in enumerate(split.training)]
        schedule = Schedule(len(split.training[0]), epochs=10)
        look = architecture("mlp-s", data.shape, data.classes)
        models = train(look, split.pool, members, schedule).models
        for arm in (None, Chattering()):
            (got,) = attack.mount([TargetModel(split, models, arm)], LAB)
            told.append(judged(attack, got)["auc"])
    assert np.mean(told[1::2]) >= np.mean(told[0::2]) - 0.02
    assert np.mean(told[0::2]) > 0.75


@dataclasses.dataclass(frozen=True)
class Chattering(Defense):
    """Answers as without it, and releases 60 numbers of noise, of each model its own."""

    id: ClassVar[str] = "chattering"

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        draw = torch.Generator().manual_seed(1)
        return torch.rand((len(models), 1, 60), generator=draw).expand(-1, len(x), -1)
