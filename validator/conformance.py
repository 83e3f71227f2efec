"""Conformance of a defense or an attack to what measurements take for granted.

Everything is tried out on a small data set with small models: what is said here is about the code,
never about how good a defense or an attack is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from crosscurrent.knowledge.errors import InputError

from .arms.splits import DataSplit, TargetModel, pool_of, split_data
from .attacks import Attack, AttackerResources, attacks
from .attacks.evasion import Evasion
from .defenses import Defense, defenses
from .defenses.placebo import Placebo
from .experiments.assignments import grouped
from .experiments.experiment import Experiment, ExperimentSetup, ground
from .experiments.verdicts import judge
from .plugins import check_attack_class, check_defense_class
from .settings import configured, described
from .training.randomness import derive, numpy_generator
from .training.spec import Pool, Schedule, TrainingRun
from .training.trainer import Trained, train
from .trials.trial import Result, run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .data import Dataset
    from .training.architectures import Architecture
    from .training.ensembles import Ensemble

__all__ = ["attack_problems", "defense_problems"]

_SMALL: Final = ("data.records=300", "training.epochs=1", "training.batch_size=32")
_MODEL: Final = "mlp-s"
_SEEDS: Final = 2
_ABSENT: Final = "no_such_setting"
_FEW: Final = 5
_MODELS: Final = 3
"""A deployed model and two shadow models, of which each has half of the records."""


def defense_problems(
    kind: type[Defense], *, settings: Sequence[str], data: str, model: str
) -> list[str]:
    """Return what is wrong with a defense, in words; empty if nothing is.

    Parameters
    ----------
    kind : type of Defense
        Built in, or of a plug-in.
    settings : sequence of str
        ``group.name=value``, where something else than the small set-up is needed.
    data, model : str
        As ``validate`` takes them.
    """
    try:
        if kind not in defenses().values():
            check_defense_class(kind, f"defense {kind.__name__}")
        bench = _Bench.of(settings, data, model)
        given = configured(kind, bench.given["defense"], "defense")
        planned = bench.setup.experiment(given, Evasion, bench.of_attacks(Evasion))
    except InputError as error:
        return [str(error)]
    before, arm = _global_randomness(), planned.defense
    found = [
        *_settings_problems(kind, "defense"),
        *_hook_problems(bench, given, arm),
        *_answer_problems(bench, arm),
    ]
    found += [] if found else _result_problems(planned)  # they would only show the same again
    return [*_randomness_problems(before), *found]


def attack_problems(
    kind: type[Attack], *, settings: Sequence[str], data: str, model: str
) -> list[str]:
    """Return what is wrong with an attack, in words; empty if nothing is.

    Parameters
    ----------
    kind : type of Attack
        Built in, or of a plug-in.
    settings, data, model
        As `defense_problems` takes them.
    """
    try:
        if kind not in attacks().values():
            check_attack_class(kind, f"attack {kind.__name__}")
        bench = _Bench.of(settings, data, model)
        planned = bench.setup.experiment(Placebo(), kind, bench.of_attacks(kind))
    except InputError as error:
        return [str(error)]
    before = _global_randomness()
    found = [
        *_settings_problems(kind, "attack"),
        *_poison_problems(bench, planned.attack),
        *_mount_problems(bench, planned.attack),
    ]
    found += [] if found else _result_problems(planned)
    return [*_randomness_problems(before), *found]


@dataclass(frozen=True, eq=False)
class _Bench:
    """A small set-up, and the settings that were given for what is tried out."""

    setup: ExperimentSetup
    given: dict[str, dict[str, str]]

    @classmethod
    def of(cls, settings: Sequence[str], data: str, model: str) -> _Bench:
        named = {text.partition("=")[0] for text in settings}
        usual = _SMALL if data == "synthetic" else _SMALL[1:]
        small = [text for text in usual if text.partition("=")[0] not in named]
        given = grouped([*small, *settings])
        return cls(ground(given, data=data, model=model, seeds=_SEEDS), given)

    def of_attacks(self, usual: type[Attack]) -> dict[str, dict[str, str]]:
        """Return settings by risk; one that names none is of the usual attack."""
        found: dict[str, dict[str, str]] = {}
        for text, value in self.given["attack"].items():
            risk, _, name = text.rpartition(".")
            found.setdefault(risk or usual.risk, {})[name] = value
        return found

    def split(self, seed: int, models: int, *, scrambled: bool = False) -> DataSplit:
        """Return the data of one seed; scrambled, its test records are others."""
        data = self.setup.data
        split = split_data(data, pool_of(data, self.setup.device), seed, models)
        return replace(split, pool=_scrambled(split)) if scrambled else split

    def train(
        self,
        pool: Pool,
        members: Sequence[TrainingRun],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        """Train models, as an attack's own are."""
        return train(architecture or self.setup.architecture, pool, members, schedule)

    def target(self, arm: Defense, prepared: DataSplit, data: Dataset | None = None) -> TargetModel:
        """Train the models of a split that the defense has prepared, and let it release them."""
        (context,) = self.setup.contexts(arm.sampling)
        schedule = arm.schedule(context.schedule)
        method = arm.method(schedule, data or context.data)
        runs = [
            TrainingRun(arm.seed(derive(prepared.seed, "model", i)), records, method)
            for i, records in enumerate(prepared.training)
        ]
        models = self.train(prepared.pool, runs, schedule).models
        return TargetModel(prepared, arm.postprocess(models, prepared), arm)


def _settings_problems(kind: type[Any], group: str) -> Iterator[str]:
    """Yield what is wrong with settings: each default is accepted, and nothing unknown is."""
    for name, default, meaning in described(kind):
        text = str(default).lower() if isinstance(default, bool) else str(default)
        if not meaning:
            yield f"setting {name}: says nothing of what it is"
        try:
            same = configured(kind, {name: text}, group) == kind()
        except InputError as error:
            yield f"setting {name}: its default is not accepted: {error}"
            continue
        if not same:
            yield f"setting {name}: set to its default, {text}, it is another {group}"
    try:
        configured(kind, {_ABSENT: "1"}, group)
    except InputError:
        return
    yield f"a setting that there is not, {group}.{_ABSENT}, is accepted"


def _result_problems(planned: Experiment) -> Iterator[str]:
    """Yield what is wrong with results: they depend on their own recipe alone, and are finite."""
    context, trials = planned.context, planned.trials()
    beside = run(context, trials)
    (alone,), (again,) = run(context, trials[-1:]), run(context, trials[-1:])
    for name in _differences(alone, again):
        yield f"the same seed gives another result: {name}"
    for name in _differences(beside[-1], alone):
        yield f"a trial gives another result beside others than alone: {name}"
    infinite = [
        f"{risk} {metric}"
        for result in beside
        for risk, metrics in result.metrics.items()
        for metric, value in metrics.items()
        if not math.isfinite(value)
    ]
    yield from (f"metric {name} is not finite" for name in dict.fromkeys(infinite))
    if infinite:
        return
    baseline, defended = beside[::2], beside[1::2]
    document = judge(planned, "unknown", baseline, defended).document()
    try:
        json.dumps(document, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"the result cannot be written as JSON: {error}"


def _hook_problems(bench: _Bench, given: Defense, arm: Defense) -> Iterator[str]:
    """Yield what is wrong with how a defense prepares, trains and releases models."""
    split = bench.split(0, _MODELS)
    before = _copied(split.pool)
    prepared = arm.prepare(split)
    yield from _split_problems("prepare", split, before, prepared)
    models = bench.target(arm, prepared).models
    if not _same(models, bench.target(arm, arm.prepare(bench.split(0, _MODELS))).models):
        yield "the same seed gives other models"
        return
    # one that leaves test records alone gives the same models when these are others
    split = bench.split(0, _MODELS, scrambled=True)
    x, y, z = (each.cpu().numpy() for each in _copied(split.pool))
    data = replace(bench.setup.data, x=x, y=y, z=z)
    arm = given.settled(data)
    if not _same(models, bench.target(arm, arm.prepare(split), data).models):
        yield "the models depend on test records, which nobody may see in training"


def _split_problems(
    hook: str, split: DataSplit, before: Sequence[torch.Tensor], changed: DataSplit
) -> Iterator[str]:
    if any(not torch.equal(a, b) for a, b in zip(before, _copied(split.pool), strict=True)):
        yield f"{hook} writes into the records that it is given: change a copy"
    count = len(split.pool.x)
    if len(changed.training) != len(split.training):
        yield f"{hook} returns records for {len(changed.training)} of {len(split.training)} models"
    if not torch.equal(changed.test, split.test):
        yield f"{hook} changes which records models are tested on"
    same = [torch.equal(p[:count], q) for p, q in zip(_copied(changed.pool), before, strict=True)]
    if not all(same):
        yield f"{hook} changes records in their place: use split.replacing or split.adding"
    if any(bool(torch.isin(each, changed.test).any()) for each in changed.training):
        yield f"{hook} trains models on test records"
    if any(len(each) == 0 for each in changed.training):
        yield f"{hook} leaves a model without training records"


def _answer_problems(bench: _Bench, arm: Defense) -> Iterator[str]:
    """Yield what is wrong with what anyone gets who asks the models."""
    target = bench.target(arm, arm.prepare(bench.split(0, _MODELS)))
    split = target.split
    x, z = split.pool.x[split.test], split.pool.z[split.test]
    told = {"predict": target.logits(x, z), "side_channel": target.revealed(x)}
    fewer = {
        "predict": target.logits(x[:_FEW], z[:_FEW]),
        "side_channel": target.revealed(x[:_FEW]),
    }
    one = target.first(1)
    alone = {"predict": one.logits(x, z), "side_channel": one.revealed(x)}
    wanted = (len(target.models), len(x), split.classes)
    if tuple(target.logits(x, z).shape) != wanted:
        yield (
            f"predict gives {tuple(target.logits(x, z).shape)}, expected (models, records,"
            f" classes), here {wanted}"
        )
        return
    for hook, all_ in told.items():
        some, first = fewer[hook], alone[hook]
        if all_ is None or some is None or first is None:
            continue
        if tuple(all_.shape[:2]) != wanted[:2]:
            yield f"{hook} gives {tuple(all_.shape)}, expected (models, records, numbers)"
            continue
        if not bool(torch.isfinite(all_).all()):
            yield f"{hook} gives numbers that are not finite"
        if not _close(all_[:, :_FEW], some):
            yield f"{hook} answers a record otherwise when others are asked about with it"
        if not _close(all_[:1], first):
            yield f"{hook} answers otherwise for one model than for several at once"


def _poison_problems(bench: _Bench, attack: Attack) -> Iterator[str]:
    """Yield what is wrong with how an attack changes what models are trained on."""
    split = bench.split(0, attack.models)
    before = _copied(split.pool)
    poisoned = attack.poison_data(split)
    yield from _split_problems("poison_data", split, before, poisoned)
    other = attack.poison_data(bench.split(0, attack.models, scrambled=True))
    for mine, theirs in zip(_trained_on(poisoned), _trained_on(other), strict=True):
        if not all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True)):
            yield "poison_data makes training records of test records, which nobody may see"
            break


def _mount_problems(bench: _Bench, attack: Attack) -> Iterator[str]:
    """Yield what is wrong with what an attack returns."""
    (context,) = bench.setup.contexts()
    resources = AttackerResources(bench.train, context.schedule, context.data.sensitive)
    targets = [
        bench.target(Placebo(), attack.poison_data(bench.split(seed, attack.models)))
        for seed in (0, 1)
    ]
    faced = [each for target in targets for each in attack.targets(target)]
    before = [{k: v.clone() for k, v in each.models.parameters.items()} for each in faced]
    got = attack.mount(faced, resources)
    if len(got) != len(faced):
        yield f"mount returns {len(got)} results for {len(faced)} target models"
        return
    for each, old in zip(faced, before, strict=True):
        if any(not torch.equal(old[k], v) for k, v in each.models.parameters.items()):
            yield "mount changes the models that it attacks"
            break
    returned: Mapping[str, object] = got[-1]
    for name, value in returned.items():
        if not isinstance(value, np.ndarray):
            yield f"mount returns {name} as {type(value).__name__}, expected a NumPy array"
    (alone,) = attack.mount(faced[-1:], resources)
    if alone.keys() != got[-1].keys():
        yield "mount returns other names for a target model alone than beside others"
        return
    (again,) = attack.mount(faced[-1:], resources)
    for name, array in got[-1].items():
        if not _equal(alone[name], again[name]):
            yield f"mount returns another {name} under the same seed"
        elif not _equal(array, alone[name]):
            yield f"mount returns another {name} for a target model alone than beside others"
    for metric in attack.reported:
        if metric.counted(got[-1]) < 1:
            yield f"metric {metric.id} counts nothing"
        if metric.smallest_effect <= 0:
            yield f"metric {metric.id}: smallest_effect should be above 0"


def _scrambled(split: DataSplit) -> Pool:
    """Return the pool with other test records in the place of these."""
    pool, test = split.pool, split.test
    draw = numpy_generator(split.seed, "scrambled")
    share = torch.as_tensor(draw.random(tuple(pool.x[test].shape), dtype=np.float32))
    order = torch.as_tensor(draw.permutation(len(test)), device=test.device)
    x, y, z = pool.x.clone(), pool.y.clone(), pool.z.clone()
    x[test] = pool.low + share.to(x.device) * (pool.high - pool.low)
    y[test], z[test] = y[test][order], z[test][order]
    return replace(pool, x=x, y=y, z=z)


def _trained_on(split: DataSplit) -> list[tuple[torch.Tensor, ...]]:
    pool = split.pool
    return [(pool.x[each], pool.y[each], pool.z[each]) for each in split.training]


def _copied(pool: Pool) -> tuple[torch.Tensor, ...]:
    return pool.x.clone(), pool.y.clone(), pool.z.clone()


def _differences(one: Result, other: Result) -> list[str]:
    """Return the names of what differs between results; times are no part of them."""
    same = ("metrics", "counted", "accuracy", "train_accuracy", "readings", "factors")
    return [name for name in same if getattr(one, name) != getattr(other, name)]


def _close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether answers are the same up to rounding, which depends on how many are computed."""
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind in "fc")


def _same(one: Ensemble, other: Ensemble) -> bool:
    return all(torch.equal(v, other.parameters[k]) for k, v in one.parameters.items())


def _randomness_problems(before: tuple[bytes, bytes]) -> Iterator[str]:
    """Yield what is wrong if somebody has drawn from global random numbers since."""
    if before != _global_randomness():
        yield (
            "the global random numbers of torch or NumPy were drawn: draw from Streams or"
            " split.generator, which the seed sets"
        )


def _global_randomness() -> tuple[bytes, bytes]:
    of_numpy = np.random.get_state(legacy=False)["state"]
    return torch.get_rng_state().numpy().tobytes(), of_numpy["key"].tobytes() + b"%d" % of_numpy[
        "pos"
    ]
