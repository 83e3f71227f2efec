"""Pooling of trials: the same models under several attacks, trained once.

An attack that leaves the training data alone finds the same models whatever else is mounted on
them, so trials that differ in such attacks only are run as one and taken apart again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..attacks import Attack
from ..defenses import Defense
from .trial import Trial

__all__ = ["Pooled", "pooled"]


@dataclass(frozen=True)
class Pooled:
    """A trial that stands for several.

    Attributes
    ----------
    trial : Trial
        With all their attacks.
    parts : tuple of Trial
        These.
    """

    trial: Trial
    parts: tuple[Trial, ...]


def pooled(trials: Iterable[Trial]) -> list[Pooled]:
    """Put trials together that can be run as one.

    Those can be that have the same arm, seed, first and corrupting attacks, and the same number of
    shadow models or none; and each risk's attack must be set the same.

    Returns
    -------
    list of Pooled
        Every trial is a part of one of them.
    """
    groups: list[_Group] = []
    for each in sorted(dict.fromkeys(trials), key=lambda trial: -trial.attacked):
        home = next((group for group in groups if group.takes(each)), None)
        if home is None:
            home = _Group(each.defense, each.seed, each.first, _corrupting(each), each.attacked)
            groups.append(home)
        home.add(each)
    return [
        Pooled(
            Trial(group.defense, tuple(group.attacks.values()), group.seed, group.first),
            tuple(group.parts),
        )
        for group in groups
    ]


@dataclass
class _Group:
    """Trials that can be one, the one with the most models first."""

    defense: Defense | None
    seed: int
    first: Attack | None
    corrupting: tuple[Attack, ...]
    attacked: int
    attacks: dict[str, Attack] = field(default_factory=dict)
    parts: list[Trial] = field(default_factory=list)

    def takes(self, trial: Trial) -> bool:
        """Whether a trial can be a part."""
        return (
            (trial.defense, trial.seed, trial.first) == (self.defense, self.seed, self.first)
            and _corrupting(trial) == self.corrupting
            and trial.attacked in (1, self.attacked)
            and all(self.attacks.get(each.risk, each) == each for each in trial.attacks)
        )

    def add(self, trial: Trial) -> None:
        """Make a trial a part."""
        self.parts.append(trial)
        for each in trial.attacks:
            self.attacks.setdefault(each.risk, each)


def _corrupting(trial: Trial) -> tuple[Attack, ...]:
    """Return the attacks that change what is trained on, in their order."""
    return tuple(each for each in trial.attacks if type(each).poison_data is not Attack.poison_data)
