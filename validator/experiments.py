"""Experiments: one defense against one risk, set up and checked; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from knowledge.errors import InputError, UnknownName, clip

from .attacks import Attack, attacks
from .data import dataset
from .defenses import STAGES, Defense, defenses
from .knobs import configured, knob
from .members import Schedule
from .models import architecture
from .scenes import TEST_SHARE
from .statistics import MOST_SEEDS
from .trials import Bench, Trial

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = [
    "DEFAULT_DATASET",
    "DEFAULT_SEEDS",
    "Experiment",
    "available",
    "experiment",
]

DEFAULT_DATASET = "synthetic"
DEFAULT_SEEDS = 5
_GROUPS = ("training", "data", "defense", "attack")


@dataclass(frozen=True)
class Training:
    """How long and how fast models learn; the same in both arms."""

    epochs: int = knob(20, "passes over the training records", least=1, most=100_000)
    batch_size: int = knob(64, "records in a batch", least=1, most=1_000_000)
    optimizer: str = knob("adam", "how parameters are updated", choices=("adam", "sgd"))
    learning_rate: float = knob(0.003, "step of an update", least=1e-9, most=100.0)
    weight_decay: float = knob(0.0, "L2 penalty on parameters", least=0.0, most=100.0)
    cosine: bool = knob(False, "whether the learning rate falls to zero along half a cosine")


@dataclass(frozen=True, eq=False)
class Experiment:
    """One defense against one risk, on one data set, under several seeds.

    Attributes
    ----------
    bench : Bench
        Data, model, training and device.
    defense : Defense
        In the defended arm.
    attack : Attack
        Behind the risk.
    guard : Attack or None
        By which the effectiveness of the defense is measured, where that takes another attack.
    seeds : tuple of int
        Each gives one trial of either arm.
    """

    bench: Bench
    defense: Defense
    attack: Attack
    guard: Attack | None
    seeds: tuple[int, ...]

    def trials(self) -> list[Trial]:
        """Return all trials, the two arms of a seed side by side."""
        mounted = (self.attack, *([self.guard] if self.guard else []))
        return [Trial(arm, mounted, seed) for seed in self.seeds for arm in (None, self.defense)]

    def work(self, trials: Sequence[Trial]) -> int:
        """Return about how many models × updates trials take."""
        schedule = self.bench.schedule
        return sum(
            trial.attacks[0].models * schedule.updates
            + sum(each.own_models * each.own_schedule(schedule).updates for each in trial.attacks)
            for trial in trials
        )


def experiment(
    kb: KnowledgeBase,
    defense: str,
    risk: str,
    *,
    data: str = DEFAULT_DATASET,
    model: str | None = None,
    seeds: int = DEFAULT_SEEDS,
    device: str = "cpu",
    memory: int | None = None,
    settings: Sequence[str] = (),
) -> Experiment:
    """Set an experiment up; nothing is trained yet.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names and codes.
    defense, risk : str
        Id or code; the defense may be ``placebo``, and at a stage, such as ``RD2@post``.
    data : str
        Name of an embedded data set, or the path of a user's own.
    model : str, optional
        Architecture; by default ``mlp-m``.
    seeds : int
        2 to 1000; the seeds are 0, 1, ….
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    memory : int, optional
        Bytes that may be used at once.
    settings : sequence of str
        ``group.name=value`` with group training, data, defense or attack.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    if not 2 <= seeds <= MOST_SEEDS:
        raise InputError(
            f"--seeds {seeds}: should be 2 to {MOST_SEEDS}; an interval takes at least two"
        )
    given = _grouped(settings)
    target = kb.risk(risk).id
    if target not in attacks():
        raise InputError(f"{target} cannot be measured yet; measurable: {', '.join(attacks())}")
    arm = configured(defenses()[_defense(kb, defense)], given["defense"], "defense")
    where = available(device)
    records = dataset(data, given["data"])
    arm.check(records)
    arm = arm.settled(records)
    mounted = _attacks(arm, target, given["attack"])
    for each in mounted:
        each.check(records)
    attack, *guard = [each.settled(records) for each in mounted]
    wanted = configured(Training, given["training"], "training")
    schedule = Schedule(
        records=(records.records - round(TEST_SHARE * records.records)) // 2,
        sampling=arm.sampling,
        **vars(wanted),
    )
    found = architecture(model or "mlp-m", records.shape, records.classes, batch=schedule.batch)
    arm.check_model(found)
    bench = Bench(records, found, schedule, where, memory)
    planned = Experiment(bench, arm, attack, guard[0] if guard else None, tuple(range(seeds)))
    bench.require_memory(planned.trials()[:2])
    return planned


def _grouped(settings: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read ``group.name=value``."""
    given: dict[str, dict[str, str]] = {group: {} for group in _GROUPS}
    for text in settings:
        name, equals, value = text.partition("=")
        group, dot, key = name.partition(".")
        if not (equals and dot and key and value):
            raise InputError(
                f"--set {text!r}: should be GROUP.NAME=VALUE, such as defense.epsilon=1"
            )
        if group not in given:
            raise UnknownName("group of settings", group, _GROUPS)
        if given[group].setdefault(key, value) != value:
            raise InputError(f"--set gives {name} twice: {given[group][key]} and {value}")
    return given


def _defense(kb: KnowledgeBase, name: str) -> str:
    """Return the name of a defense that can be applied, in `defenses`."""
    who, at, stage = name.partition("@")
    measurable = {kind.id for kind in defenses().values()}
    found = who
    if who not in measurable:
        try:
            found = kb.defense(who).id
        except UnknownName:
            raise UnknownName("defense", name, list(defenses())) from None
    if found not in measurable:
        raise InputError(f"{found} cannot be measured yet; measurable: {', '.join(defenses())}")
    wanted = stage.strip().casefold()
    own: dict[str, str] = {
        kind.stage: each for each, kind in defenses().items() if kind.id == found
    }
    if at and wanted in own:
        return own[wanted]
    if not at and found in defenses():
        return found
    which = " or ".join(f"{found}@{each}" for each in STAGES if each in own)
    raise InputError(f"{clip(name)}: {found} cannot be measured there; write {which}")


def _attacks(defense: Defense, target: str, given: Mapping[str, str]) -> list[Attack]:
    """Return the attack in question, and the one that shows whether the defense is effective.

    That is left out if it is the same one.
    """
    needed = defense.guard_settings()
    if defense.guards is None:
        return [configured(attacks()[target], given, "attack")]
    if defense.guards != target:
        own = configured(attacks()[defense.guards], needed, "attack")
        return [configured(attacks()[target], given, "attack"), own]
    for name, value in needed.items():
        if given.get(name, value) != value:
            raise InputError(
                f"--set attack.{name}={clip(given[name])}: {defense.name()} is set to {value}, and"
                f" would not be judged by its own work; set defense.{name} to the same"
            )
    return [configured(attacks()[target], {**needed, **given}, "attack")]


def available(name: str) -> torch.device:
    """Return the device of that name; raise `InputError` if there is none here."""
    if name == "cpu":
        return torch.device("cpu")
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdecimal()):
        raise InputError(f"--device {name}: should be cpu, cuda or cuda:0, cuda:1, …")
    if not torch.cuda.is_available():
        raise InputError(f"--device {name}: there is no CUDA device here; use --device cpu")
    if int(number or 0) >= torch.cuda.device_count():
        raise InputError(
            f"--device {name}: there are only {torch.cuda.device_count()} CUDA devices"
        )
    return torch.device(name)
