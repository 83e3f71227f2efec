"""All attacks and defenses, found by discovery, keep to their protocol."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.attacks import Attack, AttackerResources, attacks
from crosscurrent.validator.data import dataset
from crosscurrent.validator.defenses import STAGES, Defense, defenses
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.sweeps import Asked, sweep
from crosscurrent.validator.experiments.verdicts import Verdict
from crosscurrent.validator.results.store import Store, address
from crosscurrent.validator.settings import described, settings_of
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.trials.trial import Trial, TrialContext, run

PEERS = [*defenses().values(), *attacks().values()]


def named(kind: type[Attack] | type[Defense]) -> str:
    return kind.__name__


@pytest.mark.parametrize("kind", PEERS, ids=named)
def test_a_peer_is_frozen_hashable_and_documented(
    kind: type[Attack] | type[Defense], kb: KnowledgeBase
) -> None:
    one = kind()
    assert hash(one) == hash(kind())
    for name, default, meaning in described(kind):
        assert meaning
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, name, default)
    if isinstance(one, Attack):
        assert one.risk in kb.risks
        assert kind.__module__.endswith(f".{one.risk}")
        assert len({metric.id for metric in one.metrics}) == len(one.metrics)
        assert all(metric.smallest_effect > 0 for metric in one.metrics)
        assert one.judged(provable=False) in one.metrics
    else:
        assert isinstance(one, Defense)
        usual = kind.__module__.endswith(f".{one.id}")
        assert usual or kind.__module__.endswith(f".{one.id}_{one.stage}")
        assert type(one).name() == (one.id if usual else f"{one.id}@{one.stage}")
        assert one.stage in STAGES
        placebo = one.id == "placebo"
        assert placebo or one.id in kb.defenses
        assert placebo or usual == (one.stage == kb.defenses[one.id].usual_stage)
        assert placebo or (one.protects_against in attacks()) != (one.reading is not None)


RISKS = list(attacks())
PAIRS = [(defense, RISKS[(row + 3) % len(RISKS)]) for row, defense in enumerate(defenses())]
"""Of each defense one, of each risk one at least; test_grids.py has others, and all of the grid."""


OWNERSHIP = ["attack.queries=50", "attack.surrogates=2", "attack.accused=2"]


def small(defense: str, risk: str, kb: KnowledgeBase) -> Experiment:
    settings = ["data.records=300", "training.epochs=1", "training.batch_size=32"]
    settings += {"membership_inference": ["attack.shadows=4"]}.get(risk, [])
    settings += {"attribute_inference": ["attack.shadows=4"]}.get(risk, [])
    settings += {"distribution_inference": ["attack.shadows=8"]}.get(risk, [])
    settings += {"unauthorized_model_ownership": OWNERSHIP}.get(risk, [])
    settings += {"differential_privacy": ["defense.epsilon=50"]}.get(defense, [])
    settings += {"watermarking@post": ["defense.queries=100"]}.get(defense, [])
    return experiment(kb, defense, risk, model="mlp-s", seeds=2, settings=settings)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a store of results, so that the models without a defense are trained once."""
    return Store(str(tmp_path_factory.mktemp("store") / "results.sqlite"))


@pytest.mark.parametrize("defense", [name for name in defenses() if "@" in name])
def test_a_defense_at_another_stage_meets_every_risk(
    defense: str, kb: KnowledgeBase, store: Store
) -> None:
    asked = [Asked(small(defense, risk, kb), {"conjecture": "unknown"}) for risk in RISKS]
    for found in sweep(asked, store, threads=1):
        assert isinstance(found, Verdict), found


@pytest.mark.parametrize(("defense", "risk"), PAIRS)
def test_a_pair_is_measured_and_each_trial_stands_alone(
    defense: str, risk: str, kb: KnowledgeBase
) -> None:
    planned = small(defense, risk, kb)
    trials = planned.trials()
    done: list[int] = []
    together = run(planned.context, trials, done.append)
    assert sum(done) == planned.work(trials)
    alone = run(planned.context, trials[-1:])[0]
    assert together[-1].metrics == alone.metrics
    assert together[-1].accuracy == alone.accuracy
    assert together[-1].factors == alone.factors
    assert alone.factors
    assert all(np.isfinite(v) for r in together for m in r.metrics.values() for v in m.values())


@pytest.mark.parametrize("kind", PEERS, ids=named)
def test_every_setting_is_part_of_the_recipe(
    kind: type[Attack] | type[Defense], kb: KnowledgeBase
) -> None:
    context = experiment(kb, "placebo", "R1", model="mlp-s").context
    for name, default, _ in described(kind):
        other = kind(**{name: f"{default}x" if isinstance(default, str) else default + 1})
        addresses = {address(context.recipe(_trial(each))) for each in (kind(), other)}
        assert len(addresses) == 2, name
        assert settings_of(other) != settings_of(kind())


def _trial(peer: Attack | Defense) -> Trial:
    if isinstance(peer, Attack):
        return Trial(None, (peer,), 0)
    return Trial(peer, (attacks()["evasion"](),), 0)


MODELS = """
import torch
from torch import nn

class Good(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.only = nn.Linear(shape[0], classes)
    def forward(self, x):
        return self.only(x)

class Branches(Good):
    def forward(self, x):
        return self.only(x) if x.sum() > 0 else -self.only(x)

def narrow(shape, classes):
    return nn.Linear(shape[0], classes + 1)

def fixed(shape, classes):
    return nn.Identity()

def nothing(shape, classes):
    return None
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Branches", "mixes the records of a batch in evaluation"),
        ("narrow", "expected"),
        ("fixed", "no parameters"),
        ("nothing", "not a module"),
        ("missing", "cannot import"),
    ],
)
def test_a_model_that_cannot_be_trained_is_refused_with_the_reason(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_models", raising=False)
    assert architecture("own_models:Good", (5,), 3).code
    with pytest.raises(InputError, match=said):
        architecture(f"own_models:{name}", (5,), 3)


def test_a_bench_says_all_that_a_result_depends_on(kb: KnowledgeBase) -> None:
    planned = experiment(kb, "PD1", "P1")
    recipe = planned.context.recipe(planned.trials()[1])
    assert recipe["defense"]["epsilon"] == 1.0
    assert recipe["data"]["digest"] == dataset("synthetic").digest
    assert {"seed", "schedule", "device", "torch", "code", "model", "attacks"} <= recipe.keys()
    assert isinstance(planned.context, TrialContext)
    assert AttackerResources.__doc__
    assert planned.context.device == torch.device("cpu")
