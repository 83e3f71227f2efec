"""Grids: each cell as its experiment alone, nothing trained twice, and failures that stay alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from trained_grid import MODEL, SEEDS, SETTINGS, trained_grid

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.interactions import matrix
from crosscurrent.validator.attacks import Attack, attacks
from crosscurrent.validator.attacks.evasion import Evasion
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.grids import Grid, grid
from crosscurrent.validator.experiments.measuring import measure
from crosscurrent.validator.experiments.sweeps import Asked, sweep
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.executors import _tasks as tasks
from crosscurrent.validator.trials.pooling import pooled
from crosscurrent.validator.trials.trial import Result, Trial

KNOWN: dict[str, Any] = {"conjecture": "increase", "published": ("increase",)}


class Count:
    """Counts what is trained, and keeps how cells stand."""

    def __init__(self) -> None:
        self.trained = self.finished_trials = self.done = self.work = 0
        self.over: dict[int, Verdict | str] = {}

    def start(self, trials: int, remembered: int, work: int) -> None:
        self.trained, self.work = trials - remembered, work

    def on_work(self, work: int) -> None:
        self.done += work

    def on_trials(self, trials: int) -> None:
        self.finished_trials += trials

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        if shown is not None:
            assert place not in self.over
            self.over[place] = shown


def small(kb: KnowledgeBase, *settings: str, data: str = "synthetic") -> Grid:
    of_data = SETTINGS if data == "synthetic" else SETTINGS[1:]
    return grid(kb, data=data, model=MODEL, seeds=SEEDS, settings=[*of_data, *settings])


def asked(planned: Grid) -> list[Asked]:
    return [Asked(cell.experiment, KNOWN) for cell in planned.cells]


def told(verdict: Verdict | str) -> Any:
    """Return a verdict's document without how long it took."""
    if isinstance(verdict, str):
        return verdict
    return {key: value for key, value in verdict.document().items() if key != "cost"}


@pytest.fixture(scope="module")
def whole(kb: KnowledgeBase) -> Grid:
    return small(kb)


@pytest.fixture(scope="module")
def swept(
    whole: Grid, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> tuple[Store, list[Any], Count]:
    """Judge the grid that the command has measured, by a conjecture of these tests."""
    folder = trained_grid(tmp_path_factory, worker_id).folder
    store, seen = Store(str(folder / "r.sqlite")), Count()
    return store, sweep(asked(whole), store, seen, threads=1), seen


def test_a_grid_has_every_pair_that_can_be_measured_in_the_order_of_the_knowledge(
    whole: Grid, kb: KnowledgeBase
) -> None:
    columns = [name for name in kb.risks if name in attacks()]
    assert [(c.defense, c.risk) for c in whole.cells] == [(d, r) for d in ROWS for r in columns]
    assert "placebo" not in ROWS
    assert all(isinstance(cell.experiment, Experiment) for cell in whole.cells)


ROWS = [row[0].defense for row in matrix(load()) if row[0].defense in defenses()]
PLACES = [(place % len(ROWS), place) for place in range(len(attacks()))]
"""Cells by row and column: of each defense and of each risk one; test_conformance.py has others."""


@pytest.mark.parametrize(("row", "column"), PLACES)
def test_every_cell_is_what_its_experiment_alone_gives(
    swept: tuple[Store, list[Any], Count],
    whole: Grid,
    kb: KnowledgeBase,
    tmp_path: Path,
    row: int,
    column: int,
) -> None:
    place = row * len(attacks()) + column
    store, verdicts, _ = swept
    cell = whole.cells[place]
    alone = experiment(
        kb, cell.defense, cell.risk, model=MODEL, seeds=SEEDS, settings=cell.settings
    )
    own = measure(alone, store=Store(str(tmp_path / "own.sqlite")), threads=1, **KNOWN)
    assert told(own) == told(verdicts[place])
    again = Count()
    measure(alone, store=store, listener=again, threads=1, **KNOWN)
    assert again.trained == 0
    assert store.experiment(own.address).document["outcome"] == own.outcome


FEW = ("watermarking", "differential_privacy")
"""Defenses whose arms learn by different schedules."""


def few(whole: Grid) -> list[int]:
    """Return the places of the cells of few defenses."""
    return [i for i, cell in enumerate(whole.cells) if cell.defense in FEW]


def test_what_was_measured_before_is_not_run_again(
    whole: Grid, swept: tuple[Store, list[Any], Count], tmp_path: Path
) -> None:
    _, verdicts, again = swept
    assert again.trained == again.work == 0
    assert again.over.keys() == set(range(len(whole.cells)))
    store, seen = Store(str(tmp_path / "results.sqlite")), Count()
    places = few(whole)
    chosen = [asked(whole)[i] for i in places]
    for each in chosen[:2]:
        assert isinstance(each.experiment, Experiment)
        measure(each.experiment, store=store, threads=1, **KNOWN)
    before = store.counts()[1]
    found = sweep(chosen, store, seen, threads=1)
    assert seen.trained == seen.finished_trials == store.counts()[1] - before > 0
    assert seen.done == seen.work > 0
    assert seen.over.keys() == set(range(len(chosen)))
    assert list(map(told, found)) == [told(verdicts[i]) for i in places]


def test_a_sweep_that_is_killed_goes_on(
    whole: Grid, swept: tuple[Store, list[Any], Count], tmp_path: Path
) -> None:
    class Stop(Count):
        def on_trials(self, trials: int) -> None:
            super().on_trials(trials)
            raise KeyboardInterrupt

    store, first, rest = Store(str(tmp_path / "results.sqlite")), Stop(), Count()
    places = few(whole)
    chosen = [asked(whole)[i] for i in places]
    with pytest.raises(KeyboardInterrupt):
        sweep(chosen, store, first, threads=1)
    found = sweep(chosen, store, rest, threads=1)
    assert 0 < rest.trained == first.trained - first.finished_trials
    assert list(map(told, found)) == [told(swept[1][i]) for i in places]


def test_a_cell_that_fails_leaves_the_others_as_they_are(
    whole: Grid,
    swept: tuple[Store, list[Any], Count],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the attack meets one defense, it breaks; the very same trials hold other attacks."""
    kind = attacks()["evasion"]
    mount = kind.mount

    def broken(self: Attack, targets: Sequence[Any], resources: Any) -> Any:
        if any(each.defense is not None and each.defense.id == "watermarking" for each in targets):
            raise ValueError("no gradient\nat all")
        return mount(self, targets, resources)

    monkeypatch.setattr(kind, "mount", broken)
    places = few(whole)
    store = Store(str(tmp_path / "results.sqlite"))
    found = sweep([asked(whole)[i] for i in places], store, threads=1)
    for i, outcome in zip(places, found, strict=True):
        cell = whole.cells[i]
        if (cell.defense, cell.risk) == ("watermarking", "evasion"):
            assert outcome == "failed: ValueError: no gradient"
        else:
            assert told(outcome) == told(swept[1][i])


def test_training_that_diverges_is_the_reason_of_its_cells_alone(
    whole: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[Trial, ...]] = []

    def diverging(
        context: Any, trials: Sequence[Trial], progress: Any, parts: Sequence[Sequence[Trial]]
    ) -> list[Result]:
        ran.append(tuple(trials))
        if any(each.defense is not None and each.defense.id == "watermarking" for each in trials):
            raise InputError("training diverged")
        return _made_up(context, trials, progress, parts)

    monkeypatch.setattr(tasks, "run", diverging)
    found = sweep(asked(whole), Store(str(tmp_path / "results.sqlite")))
    for cell, outcome in zip(whole.cells, found, strict=True):
        if cell.defense == "watermarking":
            assert outcome == "training diverged"
        else:
            assert isinstance(outcome, Verdict)
    last = [trials for trials in ran if trials[0].seed == 1]
    assert not any(each.defense and each.defense.id == "watermarking" for t in last for each in t)


def test_a_store_that_fails_is_nobodys_reason(
    whole: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    store = Store(str(tmp_path / "results.sqlite"))
    monkeypatch.setattr(store, "keep_trials", full)
    monkeypatch.setattr(tasks, "run", _made_up)
    with pytest.raises(OSError, match="no space left"):
        sweep(asked(whole), store)


class Readings(dict[str, float]):
    """As good as can be, of whichever defense."""

    def __missing__(self, name: str) -> float:
        return 1.0


def _made_up(
    context: Any, trials: Sequence[Trial], progress: Any, parts: Sequence[Sequence[Trial]]
) -> list[Result]:
    def numbers(trial: Trial, value: Any) -> Mapping[str, Any]:
        return {each.risk: {m.id: value for m in each.metrics} for each in trial.attacks}

    return [
        Result(dict(numbers(t, 0.5)), dict(numbers(t, 9)), 0.9, 0.9, Readings(), 0.1, "r")
        for each in parts
        for t in each
    ]


def test_what_data_cannot_show_is_a_reason_and_no_error(kb: KnowledgeBase) -> None:
    planned = small(kb, data="breast_cancer")
    for cell in planned.cells:
        needs = "group_fairness" in cell.defense or cell.risk == "discriminatory_behavior"
        if needs:
            assert "sensitive attribute" in str(cell.experiment)
    assert any(isinstance(cell.experiment, Experiment) for cell in planned.cells)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("defense.epsilon=1", r"say whose .* defense\.adversarial_training\.epsilon=1"),
        ("attack.steps=1", r"say whose .* attack\.evasion\.steps=1"),
        ("defense.adversarial_trainin.epsilon=1", "did you mean adversarial_training"),
        ("defense.adversarial_training.epsilo=1", "did you mean defense.adversarial_training.eps"),
        ("attack.R1.steps=0", r"attack\.evasion\.steps=0: should be a whole number, at least 1"),
        ("defense.placebo.x=1", "unknown defense of the grid"),
        ("training.weight_decay=much", "should be a number"),
        ("training.epochs=2", "twice"),
        ("attack.P1.shadows=6", "twice"),
        ("noise.x=1", "unknown group of settings"),
        ("epsilon=1", "GROUP.NAME=VALUE"),
    ],
)
def test_a_setting_that_fits_no_cell_is_an_error(
    kb: KnowledgeBase, setting: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        small(kb, setting)


def test_settings_reach_the_cells_that_they_are_of(kb: KnowledgeBase) -> None:
    planned = small(kb, "defense.RD1.epsilon=0.2", "attack.R1.epsilon=0.3")
    for cell in planned.cells:
        assert ("defense.epsilon=0.2" in cell.settings) == (cell.defense == "adversarial_training")
        assert ("attack.epsilon=0.3" in cell.settings) == (cell.risk == "evasion")
        assert isinstance(cell.experiment, Experiment)
        if cell.defense == "adversarial_training":
            assert vars(cell.experiment.defense)["epsilon"] == 0.2


def test_a_defense_shows_in_each_cell_whether_it_is_effective_by_the_attack_as_it_was_set(
    kb: KnowledgeBase,
) -> None:
    planned = small(kb, "attack.R1.epsilon=0.3", "attack.poisoning.share=0.1")
    guarded = 0
    for cell in planned.cells:
        assert isinstance(cell.experiment, Experiment)
        alone = experiment(kb, cell.defense, cell.risk, settings=cell.settings)
        assert (alone.attack, alone.guard) == (cell.experiment.attack, cell.experiment.guard)
        if cell.experiment.guard and cell.experiment.guard.risk == "evasion":
            guarded += 1
            assert vars(cell.experiment.guard)["epsilon"] == 0.3
    assert guarded == len(planned.cells) / len({cell.defense for cell in planned.cells}) - 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["attack.poisoning.share=0.1"], r"not mounted here \(mounted: membership_inference, evas"),
        (["attack.R9.share=0.1"], "unknown risk 'R9'"),
        (["attack.R1.epsilo=0.1"], r"did you mean attack\.evasion\.epsilon"),
        (
            ["attack.R1.epsilon=0.2", "attack.evasion.epsilon=0.3"],
            r"attack\.evasion\.epsilon twice",
        ),
        (["attack.P1.shadows=4", "attack.shadows=8"], "attack.membership_inference.shadows twice"),
    ],
    ids=str,
)
def test_settings_of_attacks_that_are_not_mounted_are_refused(
    kb: KnowledgeBase, settings: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        experiment(kb, "RD1", "P1", settings=settings)


def test_a_setting_that_contradicts_the_defense_is_refused_wherever_it_is_judged(
    kb: KnowledgeBase,
) -> None:
    given = ["attack.discriminatory_behavior.attribute=other"]
    with pytest.raises(InputError, match=r"attribute to the same"):
        experiment(kb, "FD1", "P1", settings=[*given, "defense.attribute=group"])


def test_where_nothing_can_be_measured_that_is_an_error(kb: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="nothing can be measured: too little memory"):
        grid(kb, model="mlp-xl", memory=1 << 20)


def test_trials_are_pooled_only_if_they_meet_the_same_models() -> None:
    made = {name: kind() for name, kind in attacks().items()}
    arm = defenses()["watermarking"]()
    inference, evasion = made["membership_inference"], made["evasion"]
    poisoning, other = made["poisoning"], Evasion(steps=3)
    trials = [
        Trial(None, (evasion,), 0),
        Trial(None, (inference,), 0),
        Trial(None, (made["discriminatory_behavior"], evasion), 0),
        Trial(None, (other,), 0),
        Trial(None, (evasion,), 1),
        Trial(arm, (evasion,), 0),
        Trial(None, (poisoning,), 0),
        Trial(None, (evasion, poisoning), 0),
    ]
    pieces = pooled(trials * 2)
    parts = [set(each.parts) for each in pieces]
    assert sum(map(len, parts)) == len(trials)
    assert set().union(*parts) == set(trials)
    assert set(trials[:3]) in parts
    assert {trials[6], trials[7]} in parts
    assert len(pieces) == 5
    for piece in pieces:
        risks = [attack.risk for attack in piece.trial.attacks]
        assert len(risks) == len(set(risks))
        assert {attack for part in piece.parts for attack in part.attacks} == set(
            piece.trial.attacks
        )
