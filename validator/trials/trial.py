"""Trials: one arm under one seed, trained, attacked and measured; many run side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import uuid4

import numpy as np
import torch

from ..arms.metrics import AttackOutput
from ..arms.splits import DataSplit, TargetModel, pool_of, split_data
from ..attacks import Attack, AttackerResources
from ..code_version import code_version
from ..data import Dataset
from ..defenses import Defense
from ..measures import factors_of, measures
from ..settings import settings_of
from ..training.architectures import Architecture
from ..training.chunks import LEAST, footprint, require
from ..training.randomness import derive
from ..training.spec import Pool, Schedule, TrainingHooks, TrainingRun
from ..training.trainer import Trained, train

__all__ = ["Result", "Trial", "TrialContext", "run", "trials_version"]

_DATA_COPIES = 3
"""The data set itself, on the device, and with the records that attacks and defenses add."""
_ANSWER_BYTES = 28
"""A logit, and three numbers of double precision that scores are made of."""


@dataclass(frozen=True)
class Trial:
    """One arm under one seed.

    Attributes
    ----------
    defense : Defense or None
        None in the baseline arm.
    attacks : tuple of Attack
        What is mounted on it. As many models are trained as the most demanding of them takes; the
        others are given as many as they ask for, the deployed one first.
    seed : int
        Of the split and of everything drawn.
    first : Attack or None
        Mounted before the others, which get what it plants or hands on; None if they get nothing.
    """

    defense: Defense | None
    attacks: tuple[Attack, ...]
    seed: int
    first: Attack | None = None

    @property
    def mounted(self) -> tuple[Attack, ...]:
        """All attacks that are judged, the first of two adversaries' among them."""
        return (*self.attacks, *([self.first] if self.first else []))

    @property
    def peers(self) -> tuple[object, ...]:
        """All attacks and defenses that do something in it."""
        arm = (self.defense, *self.defense.parts) if self.defense else ()
        return (*self.mounted, *arm)

    @property
    def attacked(self) -> int:
        """How many models are attacked: the deployed one, and shadow models."""
        return max((each.models for each in self.mounted), default=1)

    @property
    def models(self) -> int:
        """How many models are trained for it, the adversary's own among them."""
        return self.attacked + sum(each.own_models for each in self.mounted)


@dataclass(frozen=True, eq=False)
class TrialContext:
    """What all trials of an experiment have in common.

    Attributes
    ----------
    data : Dataset
        What is learned.
    architecture : Architecture
        What learns.
    schedule : Schedule
        For how long.
    device : torch.device
        Where.
    memory : int or None
        Bytes that may be used at once; by default half of what is free.
    """

    data: Dataset
    architecture: Architecture
    schedule: Schedule
    device: torch.device
    memory: int | None = None

    def held(self, trials: Sequence[Trial]) -> int:
        """Return about how many bytes the data takes, with what is measured on it."""
        answers = max(trial.models for trial in trials) * self.data.records * self.data.classes
        return _DATA_COPIES * self.data.x.nbytes + _ANSWER_BYTES * answers

    def work(self, trials: Sequence[Trial]) -> int:
        """Return about how many models × updates trials take."""
        return sum(
            trial.attacked * self.schedule_of(trial).updates
            + sum(
                each.own_work(
                    self.schedule, provable=trial.defense is not None and trial.defense.provable
                )
                for each in trial.mounted
            )
            + (
                trial.first.inform_work(self.architecture, self.schedule)
                * sum(each.targeted for each in trial.attacks)
                if trial.first
                else 0
            )
            for trial in trials
        )

    def require_memory(self, trials: Sequence[Trial]) -> None:
        """Raise `InputError` unless the least that trials take fits into the memory."""
        require(self._largest(trials), self.held(trials), self.memory, self.device)

    def least(self, trials: Sequence[Trial]) -> int:
        """Return about how many bytes trials take, however few models are trained at once."""
        return self.held(trials) + LEAST * self._largest(trials)

    def _largest(self, trials: Sequence[Trial]) -> int:
        """Return the bytes that one model takes while it is trained, in the trial with most."""
        return max(
            footprint(
                self.architecture,
                self.schedule_of(trial),
                self.method(trial),
                self.schedule.records,
            )
            for trial in trials
        )

    def schedule_of(self, trial: Trial) -> Schedule:
        """Return how the models of a trial are trained, as its defense has it."""
        return trial.defense.schedule(self.schedule) if trial.defense else self.schedule

    def method(self, trial: Trial) -> TrainingHooks:
        """Return what the defense of a trial changes in training."""
        if trial.defense is None:
            return TrainingHooks()
        return trial.defense.method(self.schedule_of(trial), self.data)

    def recipe(self, trial: Trial) -> dict[str, Any]:
        """Return all that a trial's result depends on, ready for JSON.

        Memory and the other trials are not in it: they change nothing.
        """
        return {
            "defense": trial.defense and _arm(trial.defense),
            "attacks": [_peer(each.risk, each) for each in trial.attacks],
            "first": trial.first and _peer(trial.first.risk, trial.first),
            "seed": trial.seed,
            "data": {"name": self.data.name, "digest": self.data.digest},
            "model": {"name": self.architecture.name, "code": self.architecture.code},
            "schedule": vars(self.schedule),
            "device": self.device.type,
            "torch": torch.__version__,
            "code": trials_version([trial]),
        }


def trials_version(trials: Sequence[Trial]) -> str:
    """Return the version of the code that all of these trials' results depend on."""
    ours = [peer for trial in trials for peer in trial.peers]
    return code_version([*ours, *(kind() for kind in measures().values())])


@dataclass(frozen=True)
class Result:
    """What one trial measured.

    Attributes
    ----------
    metrics : dict of str to dict
        Numbers by risk and metric.
    counted : dict of str to dict
        How many things each of them counts.
    accuracy : float
        Of the deployed model on the test records: its utility.
    train_accuracy : float
        The same on its own training records.
    readings : dict of str to float
        How well each defense is effective, by its name, where it has a reading.
    seconds : float
        Wall time to train one model.
    run : str
        Names what was trained side by side; times compare only within.
    factors : dict of str to float
        How much of each factor the target model has; see `validator.measures`.
    unmeasured : dict of str to str
        Why other factors have no number, in words.
    balanced_accuracy : float or None
        Mean over the classes of the share of their test records that are classified right; of
        always answering one class it is one over the number of classes. None: measured before it
        was kept.
    """

    metrics: dict[str, dict[str, float]]
    counted: dict[str, dict[str, int]]
    accuracy: float
    train_accuracy: float
    readings: dict[str, float]
    seconds: float
    run: str = field(compare=False)
    factors: dict[str, float] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    balanced_accuracy: float | None = None


def run(
    context: TrialContext,
    trials: Sequence[Trial],
    progress: Callable[[int], None] = lambda _: None,
    parts: Sequence[Sequence[Trial]] | None = None,
) -> list[Result]:
    """Train and measure trials side by side; each result depends on its own recipe alone.

    Parameters
    ----------
    context : TrialContext
        What they have in common.
    trials : sequence of Trial
        One or more.
    progress : callable
        Called with the number of models × updates done since the last call.
    parts : sequence of sequence of Trial, optional
        Which trials each of these stands for, as `validator.trials.pooling` puts them together; by
        default itself.

    Returns
    -------
    list of Result
        In the order of the trials, or of their parts: each as if it had been run alone.

    Raises
    ------
    InputError
        Training diverged.
    """
    memory = None if context.memory is None else max(0, context.memory - context.held(trials))

    def trained(
        pool: Pool,
        members: Sequence[TrainingRun],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        shaped = architecture or context.architecture
        return train(shaped, pool, members, schedule, memory=memory, progress=progress)

    base = pool_of(context.data, context.device)
    splits = [_scene(context, base, trial) for trial in trials]
    pool, offsets = _joined(base, splits)
    members: dict[Schedule, list[TrainingRun]] = {}
    for trial, each, offset in zip(trials, splits, offsets, strict=True):
        method = context.method(trial)
        alike = members.setdefault(context.schedule_of(trial), [])
        for i, records in enumerate(each.training):
            seed = derive(each.seed, "model", i)
            if trial.defense:
                seed = trial.defense.seed(seed)
            added = records >= len(base.x)
            alike.append(TrainingRun(seed, records + added * offset, method))
    batches = {schedule: trained(pool, runs, schedule) for schedule, runs in members.items()}
    starts = dict.fromkeys(batches, 0)
    names = {schedule: uuid4().hex for schedule in batches}
    targets, times = [], []
    for trial, each in zip(trials, splits, strict=True):
        schedule = context.schedule_of(trial)
        models, seconds = batches[schedule]
        start, stop = starts[schedule], starts[schedule] + len(each.training)
        own = models.only(range(start, stop))
        if trial.defense:
            own = trial.defense.postprocess(own, each)
        targets.append(TargetModel(each, own, trial.defense))
        times.append(sum(seconds[start:stop]) / (stop - start))
        starts[schedule] = stop
    resources = AttackerResources(trained, context.schedule, context.data.sensitive)
    attacked = _attacked(trials, targets, resources)
    found = []
    for i, target in enumerate(targets):
        schedule = context.schedule_of(trials[i])
        common = Result(
            metrics={},
            counted={},
            accuracy=_accuracy(target, target.split.test),
            train_accuracy=_accuracy(target, target.split.training[0]),
            balanced_accuracy=_balanced_accuracy(target, target.split.test),
            readings=_readings(trials[i].defense, target, schedule),
            seconds=times[i],
            run=names[schedule],
        )
        of = cache(lambda models, target=target: factors_of(target.first(models), context.data))
        for part in (trials[i],) if parts is None else parts[i]:
            factors, unmeasured = of(part.attacked)
            found.append(
                replace(
                    common,
                    metrics=_judged(part, attacked[i]),
                    counted=_counted(part, attacked[i]),
                    factors=factors,
                    unmeasured=unmeasured,
                )
            )
    return found


def _judged(part: Trial, artifacts: Mapping[Attack, AttackOutput]) -> dict[str, dict[str, float]]:
    return {
        attack.risk: {metric.id: metric.judge(artifacts[attack]) for metric in attack.reported}
        for attack in part.mounted
    }


def _counted(part: Trial, artifacts: Mapping[Attack, AttackOutput]) -> dict[str, dict[str, int]]:
    return {
        attack.risk: {metric.id: metric.counted(artifacts[attack]) for metric in attack.reported}
        for attack in part.mounted
    }


def _scene(context: TrialContext, base: Pool, trial: Trial) -> DataSplit:
    split = split_data(context.data, base, trial.seed, trial.attacked)
    for attack in trial.attacks:
        split = attack.poison_data(split)
    if trial.first:
        split = trial.first.inject(split)
    return trial.defense.prepare(split) if trial.defense else split


def _joined(base: Pool, splits: Sequence[DataSplit]) -> tuple[Pool, list[int]]:
    """Concatenate the records that data splits added; return the offset of each."""
    count = len(base.x)
    offsets, total = [], 0
    for each in splits:
        offsets.append(total)
        total += len(each.pool.x) - count
    pool = base.extended(
        torch.cat([base.x[:0], *(each.pool.x[count:] for each in splits)]),
        torch.cat([base.y[:0], *(each.pool.y[count:] for each in splits)]),
        torch.cat([base.z[:0], *(each.pool.z[count:] for each in splits)]),
    )
    return pool, offsets


def _attacked(
    trials: Sequence[Trial], targets: Sequence[TargetModel], resources: AttackerResources
) -> list[dict[Attack, AttackOutput]]:
    """Mount each attack on all target models that it is meant for, at once.

    It meets as many models as it asks for, so that what it gets does not depend on what else is
    mounted beside it.
    """
    found: list[dict[Attack, AttackOutput]] = [{} for _ in trials]
    for attack in dict.fromkeys(each for trial in trials for each in trial.mounted):
        chosen = [i for i, trial in enumerate(trials) if attack in trial.mounted]
        faced = {i: attack.targets(targets[i].first(attack.models)) for i in chosen}
        for first in {trials[i].first: None for i in chosen}:
            informed = [i for i in chosen if first and first == trials[i].first != attack]
            if first and informed:
                told = iter(
                    first.disclose([each for i in informed for each in faced[i]], resources)
                )
                faced |= {i: [next(told) for _ in faced[i]] for i in informed}
        got = iter(attack.mount([each for i in chosen for each in faced[i]], resources))
        for i in chosen:
            found[i][attack] = _together([next(got) for _ in faced[i]])
    return found


def _together(parts: Sequence[AttackOutput]) -> AttackOutput:
    """Put together what was got from each target of one target model."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}


def _accuracy(target: TargetModel, records: torch.Tensor) -> float:
    return float(_right(target, records).double().mean())


def _balanced_accuracy(target: TargetModel, records: torch.Tensor) -> float:
    right, y = _right(target, records).double(), target.split.pool.y[records]
    return float(torch.stack([right[y == each].mean() for each in y.unique()]).mean())


def _right(target: TargetModel, records: torch.Tensor) -> torch.Tensor:
    pool = target.split.pool
    return target.predictions(pool.x[records], pool.z[records]) == pool.y[records]


def _readings(defense: Defense | None, target: TargetModel, schedule: Schedule) -> dict[str, float]:
    parts = defense.parts if defense else ()
    return {
        part.name(): part.read([target.first(1)], schedule)[0]
        for part in parts
        if part.reading is not None
    }


def _arm(defense: Defense) -> dict[str, Any]:
    """Return which defense it is and how it is set; of a combination, each."""
    parts = [_peer(part.name(), part) for part in defense.parts]
    return parts[0] if len(parts) == 1 else {"id": defense.name(), "parts": parts}


def _peer(name: str, peer: Attack | Defense) -> dict[str, Any]:
    return {"id": name, **settings_of(peer)}
