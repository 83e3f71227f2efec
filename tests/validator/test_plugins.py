"""Defenses and attacks of other authors are found, checked, and measured like ours."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from contexts import context, tiny
from plugin_sites import ATTACK, DEFENSE, distribution

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.attacks import attacks
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.data import dataset, names
from crosscurrent.validator.defenses import Defense, defenses
from crosscurrent.validator.experiments.catalogue import catalogue
from crosscurrent.validator.experiments.combinations import combination
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.experiments.grids import Cell, grid
from crosscurrent.validator.measurements import measure, prepare
from crosscurrent.validator.package_code import package_code
from crosscurrent.validator.plugins import (
    attack_ids,
    attack_kind,
    defense_ids,
    defense_kind,
    faults_named,
    origin,
)
from crosscurrent.validator.requests import GridRequest, PairRequest, VariationRequest
from crosscurrent.validator.results.store import Store, address
from crosscurrent.validator.run.executors import Task
from crosscurrent.validator.trials.pooling import pooled
from crosscurrent.validator.trials.trial import Trial

SMALL = ("data.records=200", "training.epochs=1")
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs a distribution; its modules are forgotten afterwards."""
    before = set(sys.modules)
    count = iter(range(100))

    def installed(
        offers: Mapping[str, Mapping[str, str]], files: Mapping[str, str], **more: str
    ) -> Path:
        folder = tmp_path / f"site{next(count)}"
        distribution(folder, offers, files, **more)
        monkeypatch.syspath_prepend(folder)
        return folder

    yield installed
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def both(install: Install) -> Path:
    offers = {"defenses": {"idle": "idling.core:Idle"}, "attacks": {"staring": "gazing:Staring"}}
    files = {"idling/__init__.py": "", "idling/core.py": DEFENSE, "gazing.py": ATTACK}
    return install(offers, files)


def test_installed_plug_ins_are_found_and_said_to_be_whose_they_are(install: Install) -> None:
    both(install)
    assert "idling" not in sys.modules
    assert defense_ids()[-1] == "idle"
    assert attack_ids()[-1] == "staring"
    assert "idling" not in sys.modules, "names alone take no import"
    before = list(sys.path)
    idle, staring = defense_kind("idle"), attack_kind("staring")
    assert sys.path == before, "what is installed is not looked for where the command is run"
    assert (idle.name(), staring.risk) == ("idle", "staring")
    assert origin(idle) == ("idling.core:Idle", "somebodys-plug-in", "1.2")
    assert all(origin(each) is None for each in (*defenses().values(), *attacks().values()))
    found = catalogue()
    assert [each["id"] for each in found["defenses"][len(defenses()) :]] == ["idle"]
    said = found["risks"][-1]
    assert said["plugin"]["distribution"] == "somebodys-plug-in"
    assert [each["id"] for each in said["metrics"]] == ["right"]
    assert found["defenses"][-1]["settings"][0]["set"] == "defense.times"


def test_recipes_of_what_is_built_in_are_the_same_whatever_is_installed(
    install: Install, kb: KnowledgeBase
) -> None:
    def recipes() -> list[str]:
        planned = experiment(kb, "RD1", "R1", settings=SMALL, seeds=2)
        return [address(planned.context.recipe(each)) for each in planned.trials()]

    before = recipes()
    both(install)
    defense_kind("idle")
    assert recipes() == before


def test_a_pair_is_measured_without_knowledge_of_it_and_the_document_names_the_distribution(
    install: Install, kb: KnowledgeBase, tmp_path: Path
) -> None:
    both(install)
    store = Store(str(tmp_path / "results.sqlite"))
    request = PairRequest("idle", "staring", model="mlp-s", seeds=2, settings=SMALL, threads=1)
    found = measure(kb, request, store=store).document()
    assert (found["defense"], found["risk"], found["conjecture"]) == ("idle", "staring", "unknown")
    assert found["effect"]["estimate"] == 0
    assert [(each["role"], each["id"], each["version"]) for each in found["plugins"]] == [
        ("defense", "idle", "1.2"),
        ("attack", "staring", "1.2"),
    ]
    assert found["command"].startswith("crosscurrent validate idle staring --dataset synthetic")
    json.dumps(found, allow_nan=False)
    usual = measure(kb, PairRequest("RD1", "R1", **vars_of(request)), store=store).document()
    assert "plugins" not in usual


def vars_of(request: PairRequest) -> dict[str, Any]:
    return {"model": request.model, "seeds": 2, "settings": SMALL, "threads": 1}


def test_a_class_is_named_by_its_import_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kb: KnowledgeBase, install: Install
) -> None:
    del install
    (tmp_path / "mine.py").write_text(DEFENSE + ATTACK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    request = PairRequest("mine:Idle", "mine:Staring", model="mlp-s", seeds=2, settings=SMALL)
    plan = prepare(kb, request)
    assert plan.subject() == {"defense": "idle", "risk": "staring"}
    report = plan.run(Store(str(tmp_path / "results.sqlite"))).document()
    assert report["command"].startswith("crosscurrent validate mine:Idle mine:Staring ")
    assert report["plugins"][0] == {
        "role": "defense",
        "id": "idle",
        "path": "mine:Idle",
        "distribution": None,
        "version": None,
    }
    vary = VariationRequest("mine:Idle", "R1", "D1=200,300", model="mlp-s", seeds=2)
    assert prepare(kb, vary).prior()["predicted"]["scenario"] is None


BROKEN = {
    "nowhere:X": "cannot import it: ModuleNotFoundError: No module named 'nowhere'",
    "broken:Absent": "cannot import it: AttributeError",
    "raising:X": "cannot import it: ValueError: boom$",
    "leaving:X": "cannot import it: SystemExit: 3",
    "broken:NUMBER": "should be a class below .*plugins.Defense, and is of the type int",
    "broken:Ours": "should be a class below .*plugins.Defense, and is the class Ours",
    "broken:Named": "is called named; give the entry point that name",
    "broken:Shouting": "id should be a name of small letters, .* and is 'Shouting'",
    "broken:Nameless": "id should be a name .* and is None",
    "broken:BuiltIn": "evasive_training is no|adversarial_training is built in; give it another id",
    "broken:Late": "stage should be one of pre, in, post, and is 'late'",
    "broken:Bare": r"x is no field yet: write @dataclass\(frozen=True\) above the class",
    "broken:Undeclared": "field x should be declared as x: float = setting",
    "broken:Listed": "field x should be declared as x: float = setting",
    "broken:Failing": "cannot be made with its defaults: RuntimeError: no",
}
MODULES = {
    "raising.py": "raise ValueError('boom\\nand more')",
    "leaving.py": "import sys; sys.exit(3)",
    "broken.py": """
from dataclasses import dataclass, field
import crosscurrent.validator.defenses as ours
from crosscurrent.validator.plugins import Attack, Defense, setting

NUMBER = 3

class Ours(ours.Defense):
    id, stage = "broken", "in"

class Named(Defense):
    id, stage = "named", "in"

class Shouting(Defense):
    id, stage = "Shouting", "in"

class Nameless(Defense):
    stage = "in"

class BuiltIn(Defense):
    id, stage = "adversarial_training", "in"

class Late(Defense):
    id, stage = "broken", "late"

class Bare(Defense):
    id, stage = "broken", "in"
    x: float = setting(1.0, "x")

@dataclass(frozen=True)
class Undeclared(Defense):
    id, stage = "broken", "in"
    x: float = 1.0

@dataclass(frozen=True)
class Listed(Defense):
    id, stage = "broken", "in"
    x: tuple = setting((), "x")

@dataclass(frozen=True)
class Failing(Defense):
    id, stage = "broken", "in"
    def __post_init__(self):
        raise RuntimeError("no")

class Abstract(Attack):
    risk = "broken"

class Unjudged(Attack):
    risk, metrics = "broken", ()
    def mount(self, targets, resources):
        return []
""",
}


@pytest.mark.parametrize("value", BROKEN)
def test_a_broken_plug_in_is_named_with_what_is_wrong_and_disturbs_nothing_else(
    value: str, install: Install, kb: KnowledgeBase
) -> None:
    install({"defenses": {"broken": value}}, MODULES)
    entry = rf"entry point broken = {value} \(crosscurrent.defenses\) of somebodys-plug-in 1.2: "
    with pytest.raises(InputError, match=f"^{entry}.*(?:{BROKEN[value]})"):
        experiment(kb, "broken", "R1")
    assert experiment(kb, "RD1", "R1", settings=SMALL, seeds=2).defense.id == "adversarial_training"
    listed = catalogue()["defenses"][-1]
    assert listed["id"] == "broken"
    assert "somebodys-plug-in 1.2" in listed["problem"]
    planned = grid(kb, settings=SMALL, seeds=2, model="mlp-s")
    mine = [each for each in planned.cells if each.defense == "broken"]
    assert {each.risk for each in mine} == {*attacks()}
    assert all(listed["problem"] == each.experiment for each in mine)
    others = [each for each in planned.cells if each.defense != "broken"]
    assert [_stands(each) for each in others] == _built_in(kb)


@cache
def _built_in(kb: KnowledgeBase) -> list[tuple[str, str, str]]:
    found = grid(kb, settings=SMALL, seeds=2, model="mlp-s", plugins=False)
    return [_stands(each) for each in found.cells]


def _stands(cell: Cell) -> tuple[str, str, str]:
    """Return a cell, with the reason why it cannot be measured so small if there is one."""
    reason = cell.experiment if isinstance(cell.experiment, str) else ""
    return cell.defense, cell.risk, reason


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("broken:Abstract", "should define mount"),
        ("broken:Unjudged", "metrics should be a tuple of Metric"),
        ("broken:Named", "should be a class below .*plugins.Attack"),
    ],
)
def test_a_broken_attack_is_named_with_what_is_wrong(
    value: str, said: str, install: Install, kb: KnowledgeBase
) -> None:
    install({"attacks": {"broken": value}}, MODULES)
    with pytest.raises(InputError, match=rf"\(crosscurrent.attacks\) of somebodys.*{said}"):
        experiment(kb, "RD1", "broken")


def test_what_is_built_in_wins_over_a_plug_in_of_its_name(
    install: Install, kb: KnowledgeBase
) -> None:
    install(
        {"defenses": {"placebo": "idling:Idle"}, "attacks": {"evasion": "idling:Idle"}},
        {"idling.py": DEFENSE},
    )
    assert defense_kind("placebo") is defenses()["placebo"]
    assert attack_kind("evasion") is Evasion
    found = catalogue()
    for listed in (found["defenses"][-1], found["risks"][-1]):
        assert "is built in, and is used" in listed["problem"]
    assert experiment(kb, "placebo", "R1", settings=SMALL, seeds=2)


def test_a_name_that_two_distributions_offer_is_refused(
    install: Install, kb: KnowledgeBase
) -> None:
    for name in ("one", "two"):
        install({"defenses": {"idle": "idling:Idle"}}, {"idling.py": DEFENSE}, name=name)
    with pytest.raises(InputError, match=r"idle is offered twice: .* of two 1.2 and .* of one 1.2"):
        experiment(kb, "idle", "R1")
    with pytest.raises(UnknownName, match=r"known: .*, idle"):
        experiment(kb, "lazy", "R1")


def code(folder: Path, module: str) -> str:
    """Return the digest that a new process would see of a module below a folder."""
    from crosscurrent.validator import package_code as packages

    packages._seen.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == module.split(".")[0]]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        __import__(module)
        return package_code(module)
    finally:
        sys.path.remove(str(folder))


@pytest.mark.parametrize("changed", ["idling/core.py", "idling/deep/table.json", "idling/new.py"])
def test_a_change_anywhere_in_its_package_makes_a_plug_in_new(
    changed: str, tmp_path: Path, install: Install
) -> None:
    del install
    files = {"idling/__init__.py": "", "idling/core.py": DEFENSE, "idling/deep/table.json": "{}"}
    distribution(tmp_path / "a", {}, files)
    before = code(tmp_path / "a", "idling.core")
    shutil.copytree(tmp_path / "a", tmp_path / "b" / "elsewhere")
    assert code(tmp_path / "b" / "elsewhere", "idling.core") == before, "wherever it lies"
    (tmp_path / "a" / "idling" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "a" / "idling" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (tmp_path / "a" / "stranger.py").write_text("", encoding="utf-8")
    assert code(tmp_path / "a", "idling.core") == before, "nothing of it has changed"
    with (tmp_path / "a" / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert code(tmp_path / "a", "idling.core") != before


def test_where_an_author_works_what_a_module_imports_from_beside_it_counts_too(
    tmp_path: Path, install: Install
) -> None:
    del install
    (tmp_path / "helping").mkdir()
    (tmp_path / "helping" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "further.py").write_text("", encoding="utf-8")
    (tmp_path / "stranger.py").write_text("", encoding="utf-8")
    late = "def late():\n    import helping.inner\n"
    (tmp_path / "mine.py").write_text(late, encoding="utf-8")
    (tmp_path / "helping" / "inner.py").write_text("from further import x", encoding="utf-8")
    before = code(tmp_path, "mine")
    (tmp_path / "stranger.py").write_text("x = 1", encoding="utf-8")
    assert code(tmp_path, "mine") == before
    (tmp_path / "further.py").write_text("x = 1", encoding="utf-8")
    assert code(tmp_path, "mine") != before


def test_a_changed_plug_in_has_another_recipe(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crosscurrent.validator import package_code as packages

    folder = both(install)
    idle, small = defense_kind("idle")(), context(tiny())
    alone, usual = Trial(idle, (Evasion(),), 0), Trial(None, (Evasion(),), 0)
    before = [small.recipe(each)["code"] for each in (alone, usual)]
    (folder / "idling" / "core.py").write_text(DEFENSE + "# changed", encoding="utf-8")
    assert small.recipe(alone)["code"] == before[0], "what was loaded is what runs"
    monkeypatch.setattr(packages, "_seen", {})
    assert small.recipe(alone)["code"] != before[0]
    assert small.recipe(usual)["code"] == before[1]


KNOWN = """
references: [{id: me2026, status: confirmed, title: Mine}]
risks: [{id: staring, code: ST, name: Staring, pillar: privacy, meaning: looked at}]
defenses:
  - {id: idle, code: ID, name: Idle, pillar: privacy, protects_against: [staring],
     meaning: nothing, usual_stage: in, sources: [me2026]}
variants: [{defense: idle, stage: in, meaning: nothing, sources: [me2026]}]
correlations:
  - {subject: staring, factor: O3, sign: '-', sources: [me2026]}
  - {subject: idle, factor: O3, sign: '+', sources: [me2026]}
"""


def test_its_knowledge_makes_it_a_row_and_a_column_of_the_grid_that_is_predicted(
    install: Install, tmp_path: Path
) -> None:
    from crosscurrent.knowledge import load

    both(install)
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "idle.yaml").write_text(KNOWN, encoding="utf-8")
    kb = load([str(tmp_path / "known")])
    assert experiment(kb, "ID@in", "ST", settings=SMALL, seeds=2).defense.id == "idle"
    assert len(combination(kb, ["ID", "RD2@post"], settings=SMALL, seeds=2).members) == 2
    request = GridRequest(settings=SMALL, seeds=2, model="mlp-s")
    plan = prepare(kb, request)
    cells = {(each["defense"], each["risk"]): each["known"] for each in plan.prior()["cells"]}
    assert cells["idle", "staring"]["conjecture"] == "decrease"
    assert cells["adversarial_training", "staring"]["conjecture"] == "decrease"
    without = prepare(load(), request).prior()["cells"]
    assert {each["known"]["conjecture"] for each in without if each["defense"] == "idle"} == {
        "unknown"
    }


def test_a_combination_of_an_unknown_plug_in_says_what_it_lacks(
    install: Install, kb: KnowledgeBase
) -> None:
    both(install)
    for name in ("idle", "idling.core:Idle"):
        with pytest.raises(InputError, match=f"{name}: .*knowledge files .--knowledge."):
            combination(kb, [name, "RD2@post"])


def test_a_plug_in_that_is_called_as_an_alias_is_set_in_a_grid_by_its_own_name(
    install: Install, kb: KnowledgeBase
) -> None:
    assert kb.defense("trades").id == "adversarial_training"
    own = DEFENSE.replace('"idle"', '"trades"')
    install({"defenses": {"trades": "idling:Idle"}}, {"idling.py": own})
    named = (*SMALL, "defense.trades.times=3")
    found = grid(kb, settings=named, seeds=2, model="mlp-s").cells
    arms = {each.experiment.defense for each in found if not isinstance(each.experiment, str)}
    assert [vars(arm)["times"] for arm in arms if arm.id == "trades"] == [3]


def test_the_protocol_is_measured_without_plug_ins(install: Install, kb: KnowledgeBase) -> None:
    before = grid(kb, settings=SMALL, seeds=2, model="mlp-s")
    both(install)
    bare = grid(kb, settings=SMALL, seeds=2, model="mlp-s", plugins=False)
    pairs = [[(each.defense, each.risk) for each in found.cells] for found in (before, bare)]
    assert pairs[0] == pairs[1]
    assert bare.built_in
    full = grid(kb, settings=SMALL, seeds=2, model="mlp-s")
    assert not full.built_in
    assert {("idle", "staring"), ("idle", "evasion"), ("adversarial_training", "staring")} < {
        (each.defense, each.risk) for each in full.cells
    }


FAULTY = """
@dataclass(frozen=True)
class Faulty(Defense):
    id, stage = "faulty", "in"
    where: str = setting("", "the hook that fails")
    def check(self, data):
        self.fail("check")
    def prepare(self, split):
        self.fail("prepare")
        return split
    def postprocess(self, models, split):
        return None if self.where == "postprocess" else models
    def predict(self, models, split, x, z):
        if self.where == "memory":
            raise RuntimeError("CUDA out of memory")
        return models.logits(x)
    def fail(self, hook):
        if self.where == hook:
            raise SystemExit(4) if hook == "prepare" else KeyError(hook)
"""


def test_what_a_plug_in_raises_is_said_to_be_its_fault_with_the_line(
    install: Install, kb: KnowledgeBase
) -> None:
    install({"defenses": {"faulty": "faults.core:Faulty"}}, {
        "faults/__init__.py": "", "faults/core.py": DEFENSE + FAULTY,
    })  # fmt: skip

    def run(where: str) -> None:
        planned = experiment(
            kb, "faulty", "R1", settings=(*SMALL, f"defense.where={where}"), seeds=2, model="mlp-s"
        )
        trials = planned.trials()[1:2]
        Task(planned.context, tuple(pooled(trials))).run()

    entry = r"entry point faulty = faults.core:Faulty \(crosscurrent.defenses\) of somebodys-plug"
    with pytest.raises(InputError, match=rf"{entry}.*SystemExit: 4 \(faults/core.py:\d+, in fail"):
        run("prepare")
    with pytest.raises(InputError, match=rf"{entry}.*TypeError: .*crosscurrent.testing may tell"):
        run("postprocess")
    with pytest.raises(RuntimeError, match=r"^CUDA out of memory"):
        run("memory")
    with pytest.raises(InputError, match=rf"{entry}.*KeyError: 'check'"), faults_named():
        run("check")
    with pytest.raises(ZeroDivisionError), faults_named():
        _ = 1 / 0


CARD = "target: kind\npositive: a\n"
TABLE = "\n".join(["x,kind", *(f"{i % 7},{'ab'[i % 2]}" for i in range(60))])


def test_a_data_set_of_a_plug_in_has_a_name(install: Install) -> None:
    folder = install(
        {"datasets": {"sevens": "sevens:card", "bad": "sevens:N", "digits": "sevens:card"}},
        {
            "sevens.py": "import os\nN = 3\ndef card():\n    return os.path.join("
            "os.path.dirname(__file__), 'sevens.card.yaml')",
            "sevens.card.yaml": CARD,
            "sevens.csv": TABLE,
        },
    )
    del folder
    assert names()["sevens"] == "of somebodys-plug-in 1.2"
    assert "images" in names()["digits"]
    assert "sevens" not in sys.modules
    assert dataset("sevens").records == 60
    assert dataset("sevens", {"records": 40}).records == 40
    assert dataset("digits").classes == 10
    with pytest.raises(InputError, match=r"of somebodys.*: should be a function .*TypeError"):
        dataset("bad")


def test_a_plug_in_may_build_on_a_built_in_defense(install: Install, kb: KnowledgeBase) -> None:
    text = (
        DEFENSE
        + """
from crosscurrent.validator.defenses.adversarial_training import AdversarialTraining
@dataclass(frozen=True)
class Harder(Defense, AdversarialTraining):
    id = "harder_training"
"""
    )
    install({"defenses": {"harder_training": "harder:Harder"}}, {"harder.py": text})
    planned = experiment(kb, "harder_training", "R1", settings=SMALL, seeds=2)
    assert isinstance(planned.defense, Defense)
    assert planned.defense.name() == "harder_training"
    recipe = planned.context.recipe(planned.trials()[1])
    assert recipe["defense"]["id"] == "harder_training"
    assert recipe["defense"]["steps"] == 7
