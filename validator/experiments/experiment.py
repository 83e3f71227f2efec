"""Experiments: one defense against one risk, set up and checked; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypedDict, Unpack

import torch

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from ..arms.splits import TEST_SHARE
from ..attacks import Attack
from ..data import Dataset, draws
from ..defenses import STAGES, Defense, defenses
from ..plugins import attack_ids, attack_kind, defense_ids, defense_kind, defense_kinds
from ..settings import configured, setting
from ..statistics.intervals import MOST_SEEDS
from ..training.architectures import Architecture
from ..training.models import architecture
from ..training.spec import Schedule
from ..trials.trial import Trial, TrialContext
from .assignments import DEFAULT_DATASET, DEFAULT_DRAWS, DEFAULT_MODEL, DEFAULT_SEEDS, grouped
from .compared_groups import numbered_group
from .guards import guard

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = [
    "Experiment",
    "ExperimentSetup",
    "SetupOptions",
    "available",
    "experiment",
    "ground",
]


MOST_DRAWS: Final = 100
"""As many draws as one experiment takes."""


@dataclass(frozen=True)
class Training:
    """How long and how fast models learn; the same in both arms."""

    epochs: int = setting(20, "passes over the training records", least=1, most=100_000)
    batch_size: int = setting(64, "records in a batch", least=1, most=1_000_000)
    optimizer: str = setting("adam", "how parameters are updated", choices=("adam", "sgd"))
    learning_rate: float = setting(0.003, "step of an update", least=1e-9, most=100.0)
    weight_decay: float = setting(0.0, "L2 penalty on parameters", least=0.0, most=100.0)
    cosine: bool = setting(False, "whether the learning rate falls to zero along half a cosine")


@dataclass(frozen=True, eq=False)
class Experiment:
    """One defense against one risk, on one or several draws of a data set, under several seeds.

    Attributes
    ----------
    contexts : tuple of TrialContext
        Data, model, training and device; one for each draw.
    defense : Defense
        In the defended arm.
    attack : Attack
        Behind the risk.
    guard : Attack or None
        By which the effectiveness of the defense is measured, where that takes another attack.
    seeds : tuple of int
        Each gives one trial of either arm on each draw.
    """

    contexts: tuple[TrialContext, ...]
    defense: Defense
    attack: Attack
    guard: Attack | None
    seeds: tuple[int, ...]

    @property
    def context(self) -> TrialContext:
        """That of the first draw."""
        return self.contexts[0]

    def trials(self) -> list[Trial]:
        """Return all trials on one draw, the two arms of a seed side by side."""
        mounted = (self.attack, *([self.guard] if self.guard else []))
        return [Trial(arm, mounted, seed) for seed in self.seeds for arm in (None, self.defense)]

    def work(self, trials: Sequence[Trial]) -> int:
        """Return about how many models × updates trials take."""
        return self.context.work(trials)


class SetupOptions(TypedDict, total=False):
    """On what experiments are run, and with what.

    Attributes
    ----------
    data : str
        Name of an embedded data set, or the path of a user's own.
    model : str or None
        Architecture; by default ``mlp-m``.
    seeds : int
        2 to 1000; the seeds are 0, 1, ….
    draws : int
        1 to 100; of how many draws of the data set intervals are. With one, they are over seeds.
    device : str
        ``cpu``, ``cuda`` or ``cuda:N``.
    memory : int or None
        Bytes that may be used at once.
    """

    data: str
    model: str | None
    seeds: int
    draws: int
    device: str
    memory: int | None


@dataclass(frozen=True, eq=False)
class ExperimentSetup:
    """What experiments have in common, whichever defense and risk they are about.

    Attributes
    ----------
    draws : tuple of Dataset
        What is learned: the draws of one data set, alike but for their records.
    architecture : Architecture
        What learns.
    training : Training
        For how long.
    device : torch.device
        Where.
    memory : int or None
        Bytes that may be used at once.
    seeds : tuple of int
        Each gives one trial of either arm on each draw.
    """

    draws: tuple[Dataset, ...]
    architecture: Architecture
    training: Training
    device: torch.device
    memory: int | None
    seeds: tuple[int, ...]

    @property
    def data(self) -> Dataset:
        """The first draw."""
        return self.draws[0]

    def contexts(
        self, sampling: Literal["shuffled", "poisson"] = "shuffled"
    ) -> tuple[TrialContext, ...]:
        """Return what trials on each draw have in common, if batches are drawn so."""
        schedule = _schedule(self.data, self.training, sampling)
        return tuple(
            TrialContext(each, self.architecture, schedule, self.device, self.memory)
            for each in self.draws
        )

    def experiment(
        self, arm: Defense, risk: type[Attack], given: Mapping[str, Mapping[str, str]]
    ) -> Experiment:
        """Set up an experiment on it.

        Parameters
        ----------
        arm : Defense
            As it was set.
        risk : type of Attack
            The attack behind the risk.
        given : mapping of str to mapping of str to str
            Settings of attacks by the id of their risk: of this one, and of the one that the
            defense protects against, by which it is effective or not.

        Raises
        ------
        InputError
            This pair does not work here.
        """
        for each in self.draws:
            arm.check(each)
        arm.check_model(self.architecture)
        arm = arm.settled(self.data)
        named = {of: numbered_group(own, self.data, of) for of, own in given.items()}
        mounted = _attacks(arm, risk, named)
        for attack in mounted:
            for each in self.draws:
                attack.check(each)
        attack, *guard = [each.settled(self.data) for each in mounted]
        contexts = self.contexts(arm.sampling)
        planned = Experiment(contexts, arm, attack, guard[0] if guard else None, self.seeds)
        planned.context.require_memory(planned.trials()[:2])
        return planned


def experiment(
    kb: KnowledgeBase,
    defense: str,
    risk: str,
    *,
    settings: Sequence[str] = (),
    **on: Unpack[SetupOptions],
) -> Experiment:
    """Set an experiment up; nothing is trained yet.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names and codes.
    defense, risk : str
        Id, code or alias; the defense may be ``placebo``, and at a stage, such as ``RD2@post``.
        Of a plug-in also its id where the knowledge base does not know it, or its import path.
    settings : sequence of str
        ``group.name=value`` with group training, data, defense or attack;
        ``attack.RISK.name=value`` is of the attack behind a risk that the defense protects against,
        by which it shows whether it is effective.
    **on
        On what, and with what: as `ground` takes it.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    _require_seeds(on.get("seeds", DEFAULT_SEEDS))
    given = grouped(settings)
    target = _attack(kb, risk)
    arm = configured(_defense(kb, defense), given["defense"], "defense")
    own = _of_attacks(kb, given["attack"], (target.risk, arm.protects_against))
    return ground(given, **on).experiment(arm, target, own)


def ground(given: Mapping[str, Mapping[str, str]], **on: Unpack[SetupOptions]) -> ExperimentSetup:
    """Prepare what experiments have in common.

    Parameters
    ----------
    given : mapping
        Settings of ``training`` and of ``data``, by name.
    **on
        On what, and with what; each has a default.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    seeds = on.get("seeds", DEFAULT_SEEDS)
    _require_seeds(seeds)
    count = on.get("draws", DEFAULT_DRAWS)
    if not 1 <= count <= MOST_DRAWS:
        raise InputError(f"--draws {count}: should be 1 to {MOST_DRAWS}")
    where = available(on.get("device", "cpu"))
    drawn = draws(on.get("data", DEFAULT_DATASET), given["data"], count)
    records = drawn[0]
    training = configured(Training, given["training"], "training")
    batch = _schedule(records, training, "shuffled").batch
    found = architecture(
        on.get("model") or DEFAULT_MODEL, records.shape, records.classes, batch=batch
    )
    return ExperimentSetup(drawn, found, training, where, on.get("memory"), tuple(range(seeds)))


def _require_seeds(seeds: int) -> None:
    if not 2 <= seeds <= MOST_SEEDS:
        raise InputError(
            f"--seeds {seeds}: should be 2 to {MOST_SEEDS}; an interval takes at least two"
        )


def _schedule(
    data: Dataset, training: Training, sampling: Literal["shuffled", "poisson"]
) -> Schedule:
    return Schedule(
        records=(data.records - round(TEST_SHARE * data.records)) // 2,
        sampling=sampling,
        **vars(training),
    )


def _attack(kb: KnowledgeBase, name: str) -> type[Attack]:
    """Return the attack behind a risk, or of an import path."""
    if ":" in name:
        return attack_kind(name)
    measurable = attack_ids()
    try:
        found = kb.risk(name).id
    except UnknownName:
        if name not in measurable:
            plugins = [each for each in measurable if each not in kb.risks]
            if not plugins:
                raise
            raise UnknownName("risk", name, [*kb.risks, *plugins], kb.aliases_in("risks")) from None
        found = name
    if found not in measurable:
        raise InputError(f"{found} cannot be measured yet; measurable: {', '.join(measurable)}")
    return attack_kind(found)


def _defense(kb: KnowledgeBase, name: str) -> type[Defense]:
    """Return a defense that can be applied."""
    if ":" in name:
        return defense_kind(name)
    found, at, stage = name.partition("@")
    measurable = defense_ids()
    wanted = stage.strip().casefold() if at else None
    if found not in measurable:
        try:
            record, wanted = kb.staged(name)
        except UnknownName:
            aliases = {a: who for a, who in kb.aliases_in("defenses").items() if who in measurable}
            raise UnknownName("defense", name, _names(measurable), aliases) from None
        found = record.id
    if found not in measurable:
        can = ", ".join(_names(measurable))
        raise InputError(f"{found} cannot be measured yet; measurable: {can}")
    own = {kind.stage: kind for kind in defense_kinds(found)}
    if wanted in own:
        return own[wanted]
    usual = [kind for kind in own.values() if kind.name() == found]
    if wanted is None and usual:
        return usual[0]
    which = " or ".join(f"{found}@{each}" for each in STAGES if each in own)
    raise InputError(f"{clip(name)}: {found} cannot be measured there; write {which}")


def _names(measurable: Sequence[str]) -> list[str]:
    """Return what defenses can be called: built-in ones by id and stage, and plug-ins by id."""
    return [*defenses(), *(each for each in measurable if each not in defenses())]


def _of_attacks(
    kb: KnowledgeBase, given: Mapping[str, str], mounted: tuple[str, str | None]
) -> dict[str, dict[str, str]]:
    """Part the settings of attacks by risk; one that names no risk is of the one in question."""
    target, *others = [each for each in dict.fromkeys(mounted) if each is not None]
    own: dict[str, dict[str, str]] = {target: {}}
    for text, value in given.items():
        named, dot, name = text.rpartition(".")
        risk = target
        if dot:  # of a plug-in the knowledge base may know nothing
            risk = named if named in mounted else kb.risk(named).id
        if risk not in (target, *others):
            raise InputError(
                f"--set attack.{clip(text)}: this attack is not mounted here"
                f" (mounted: {', '.join((target, *others))}); leave it out"
            )
        if own.setdefault(risk, {}).setdefault(name, value) != value:
            raise InputError(
                f"--set gives attack.{risk}.{clip(name)} twice: {own[risk][name]} and {value}"
            )
    return own


def _attacks(
    defense: Defense, target: type[Attack], given: Mapping[str, Mapping[str, str]]
) -> list[Attack]:
    """Return the attack in question, and the one that shows whether the defense is effective.

    That is left out if it is the same one.
    """
    mine = _targeting(defense, target, given.get(target.risk, {}))
    guarded = defense.protects_against
    if guarded == target.risk:
        return [guard(defense, target, mine, "attack", "defense")]
    attack = configured(target, mine, "attack")
    if guarded is None:
        return [attack]
    theirs = given.get(guarded, {})
    return [attack, guard(defense, attack_kind(guarded), theirs, f"attack.{guarded}", "defense")]


def _targeting(
    defense: Defense, target: type[Attack], given: Mapping[str, str]
) -> Mapping[str, str]:
    """Return how an attack is set that is judged on the records that the defense targets.

    As it was set, where the defense targets none, or the attack is about no records.
    """
    needed = target.targeting(defense.target_records) if defense.target_records else {}
    name = "target_records"
    if name in needed and given.get(name, needed[name]) != needed[name]:
        raise InputError(
            f"--set attack.{name}={clip(given[name])}: {defense.name()} targets {needed[name]}"
            " records, and would be judged on others; leave it out"
        )
    return {**needed, **given}


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
