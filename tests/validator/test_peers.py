"""Adding an attack or a defense touches no other; what a peer cannot use it refuses."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contexts import CPU, context, data_of, tiny

from crosscurrent import validator
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator import attacks as attack_package
from crosscurrent.validator import code_version as code
from crosscurrent.validator.arms.splits import TargetModel, pool_of, split_data
from crosscurrent.validator.attacks import Attack, AttackerResources, attacks
from crosscurrent.validator.attacks.discriminatory_behavior import DiscriminatoryBehavior
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.code_version import code_version
from crosscurrent.validator.defenses import Defense, defenses
from crosscurrent.validator.defenses.group_fairness import GroupFairness
from crosscurrent.validator.defenses.watermarking_in import WatermarkingInTraining
from crosscurrent.validator.experiments.combined_defense import Combined
from crosscurrent.validator.peers import peers
from crosscurrent.validator.training.spec import Pool, Schedule, TrainingRun
from crosscurrent.validator.training.trainer import Trained, train
from crosscurrent.validator.trials.trial import Trial

ROOM = Path(validator.__file__).parent
CHANGES_NOTHING = {
    "code_version",
    "data",
    "imports",
    "machine/memory",
    "package_code",
    "peers",
    "results/outcomes",
    "settings",
    "training/behaviour",
    "training/chunks",
    "training/state_checks",
}
"""Modules behind a trial that are not part of its code's version: what they give is in the recipe,
or they change no result."""
NEW = '''
from dataclasses import dataclass
from typing import ClassVar
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.attacks.evasion import ROBUST_ACCURACY

@dataclass(frozen=True)
class Daydreaming(Attack):
    """Does nothing."""
    risk: ClassVar[str] = "daydreaming"
    metrics: ClassVar = (ROBUST_ACCURACY,)
    def mount(self, targets, resources):
        return []
'''


def _everyone() -> list[Attack | Defense]:
    return [
        *(kind() for kind in attacks().values()),
        *(kind() for kind in defenses().values()),
    ]


def test_adding_a_file_adds_a_peer_and_leaves_every_earlier_result_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {type(each): code_version([each]) for each in _everyone()}
    file = tmp_path / "daydreaming.py"
    file.write_text(NEW, encoding="utf-8")
    (tmp_path / "_helper.py").write_text("raise RuntimeError", encoding="utf-8")
    paths = [*attack_package.__path__, str(tmp_path)]
    monkeypatch.setattr(attack_package, "__path__", paths)
    monkeypatch.setitem(sys.modules, "crosscurrent.validator.attacks.daydreaming", sys)
    monkeypatch.delitem(sys.modules, "crosscurrent.validator.attacks.daydreaming")
    monkeypatch.setattr(attack_package, "daydreaming", None, raising=False)
    found = peers(attack_package, Attack)  # type: ignore[type-abstract]
    assert found.keys() == attacks().keys() | {"daydreaming"}
    assert before == {type(each): code_version([each]) for each in _everyone()}
    new = code_version([found["daydreaming"]()])
    assert new not in before.values()
    file.write_text(NEW + "# changed\n", encoding="utf-8")
    assert new == code_version([found["daydreaming"]()]), "what was loaded is what runs"
    monkeypatch.delitem(code._seen, str(file))
    assert new != code_version([found["daydreaming"]()])
    assert before == {type(each): code_version([each]) for each in _everyone()}


def test_a_changed_measure_makes_every_result_new(monkeypatch: pytest.MonkeyPatch) -> None:
    small, trial = context(tiny()), Trial(None, (Evasion(),), 0)
    before = small.recipe(trial)
    file = str(ROOM / "measures" / "tail_length.py")
    monkeypatch.setitem(code._seen, file, "changed")
    assert small.recipe(trial)["code"] != before["code"]


def test_peers_have_versions_of_their_own_whatever_order_they_come_in() -> None:
    everyone = _everyone()
    assert len({code_version([each]) for each in everyone}) == len(everyone)
    assert code_version(everyone) == code_version(everyone[::-1])


def _imported(file: Path) -> set[str]:
    """Return the modules of the validator that a file imports, without those for type checking."""
    found = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and id(node) not in guarded:
            folder = file.parents[node.level - 1]
            names = [node.module] if node.module else [each.name for each in node.names]
            paths = (folder / name.replace(".", "/") for name in names if name)
            found |= {path.relative_to(ROOM).as_posix() for path in paths}
    return found


def test_the_version_covers_every_module_that_a_result_depends_on() -> None:
    """What a trial imports, and what that imports in turn; peers count on their own.

    And with one that builds on another, that other one.
    """
    files = [
        ROOM / "trials" / "trial.py",
        *(ROOM / "attacks").glob("*.py"),
        *(ROOM / "defenses").glob("*.py"),
        *(ROOM / "measures").glob("*.py"),
    ]
    behind: set[str] = set()
    while files:
        for name in _imported(files.pop()) - behind:
            behind.add(name)
            if (ROOM / f"{name}.py").exists():
                files.append(ROOM / f"{name}.py")
    own = {"attacks", "defenses", "measures", *(f"defenses/{name}" for name in defenses())}
    assert behind - own - CHANGES_NOTHING == set(code._SHARED) - {"trials/trial"}


def test_the_version_of_a_peer_covers_what_it_builds_on(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = [WatermarkingInTraining()]
    before = code_version(marks)
    monkeypatch.setitem(code._seen, str(ROOM / "defenses" / "watermarking.py"), "edited")
    assert code_version(marks) != before
    both = [Combined((WatermarkingInTraining(),))]
    monkeypatch.setitem(code._seen, str(ROOM / "experiments" / "combined_defense.py"), "edited")
    edited = code_version(both)
    monkeypatch.setitem(
        code._seen, str(ROOM / "experiments" / "combined_defense.py"), "edited again"
    )
    assert code_version(both) != edited


@pytest.mark.parametrize("peer", [DiscriminatoryBehavior, GroupFairness])
def test_a_question_of_groups_needs_groups_and_two_classes(peer: type[Attack | Defense]) -> None:
    groups = data_of("synthetic")
    peer().check(groups)
    peer(attribute="group").check(groups)  # type: ignore[call-arg]
    with pytest.raises(InputError, match=r"needs a sensitive attribute.*breast_cancer has none"):
        peer().check(data_of("breast_cancer"))
    with pytest.raises(InputError, match=r"needs two classes.*has 3"):
        peer().check(data_of("synthetic", {"classes": 3}))
    with pytest.raises(UnknownName, match=r"grup.*did you mean group"):
        peer(attribute="grup").check(tiny())  # type: ignore[call-arg]


@pytest.mark.parametrize("risk", attacks())
def test_what_an_attack_returns_is_arrays_and_only_metrics_judge_it(risk: str) -> None:
    """The same for a target model whichever others are mounted beside it."""
    small = context(tiny(), epochs=1)
    values = {"membership_inference": {"shadows": 4}}.get(risk, {})
    values |= {"attribute_inference": {"shadows": 4}}.get(risk, {})
    values |= {"distribution_inference": {"shadows": 8}}.get(risk, {})
    values |= {"unauthorized_model_ownership": {"queries": 40, "epochs": 1}}.get(risk, {})
    values |= {"discriminatory_behavior": {"least": 5}}.get(risk, {})
    attack = attacks()[risk](**values)
    targets = []
    for seed in (0, 1):
        split = attack.poison_data(
            split_data(small.data, pool_of(small.data, CPU), seed, attack.models)
        )
        members = [TrainingRun(seed * 10 + i, rows) for i, rows in enumerate(split.training)]
        models = train(small.architecture, split.pool, members, small.schedule).models
        targets.append(TargetModel(split, models, None))

    def training(pool: Pool, members: Any, schedule: Schedule, architecture: Any = None) -> Trained:
        return train(small.architecture, pool, members, schedule)

    resources = AttackerResources(training, small.schedule, small.data.sensitive)
    one, other = attack.mount(targets, resources)
    (alone,) = attack.mount(targets[1:], resources)
    for got in (one, other):
        assert all(type(value) is np.ndarray for value in got.values())
        for metric in attack.metrics:
            assert type(metric.judge(got)) is float
    assert other.keys() == alone.keys()
    assert all(np.array_equal(other[name], alone[name]) for name in other)
