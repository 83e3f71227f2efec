"""Plug-ins: defenses and attacks of other authors, measured like the built-in ones.

This is the public place to write one from: the base classes, and all that their methods are given
or return. A plug-in is found by an entry point in the group ``crosscurrent.defenses`` or
``crosscurrent.attacks``, or named by its import path, and is imported only when it is measured or
listed; ``docs/plugins.md`` is the guide.
"""

from crosscurrent.knowledge.errors import InputError

from ..arms.metrics import AttackOutput, Metric, auc, tpr_at_fpr
from ..arms.splits import DataSplit, TargetModel
from ..attacks import Attack, AttackerResources
from ..data import Dataset
from ..defenses import EffectivenessMetric
from ..settings import setting
from ..training.architectures import Architecture
from ..training.ensembles import Ensemble, losses
from ..training.pgd import pgd_attack
from ..training.randomness import Streams, derive
from ..training.spec import Penalty, Perturbation, Pool, Schedule, TrainingHooks, TrainingRun
from ._base import Defense
from ._checks import check_attack_class, check_defense_class
from ._faults import faults_named
from ._lookup import (
    Installed,
    Origin,
    attack_ids,
    attack_kind,
    defense_ids,
    defense_kind,
    defense_kinds,
    installed_attacks,
    installed_defenses,
    origin,
)

__all__ = [
    "Architecture",
    "Attack",
    "AttackOutput",
    "AttackerResources",
    "DataSplit",
    "Dataset",
    "Defense",
    "EffectivenessMetric",
    "Ensemble",
    "InputError",
    "Installed",
    "Metric",
    "Origin",
    "Penalty",
    "Perturbation",
    "Pool",
    "Schedule",
    "Streams",
    "TargetModel",
    "TrainingHooks",
    "TrainingRun",
    "attack_ids",
    "attack_kind",
    "auc",
    "check_attack_class",
    "check_defense_class",
    "defense_ids",
    "defense_kind",
    "defense_kinds",
    "derive",
    "faults_named",
    "installed_attacks",
    "installed_defenses",
    "losses",
    "origin",
    "pgd_attack",
    "setting",
    "tpr_at_fpr",
]
