"""A defense of one sensitive attribute is judged by what it does for that one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from outcomes import DIFFERENCES

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.attacks import Attack
from crosscurrent.validator.attacks.discriminatory_behavior import DiscriminatoryBehavior
from crosscurrent.validator.defenses.group_fairness import GroupFairness
from crosscurrent.validator.experiments.experiment import Experiment, experiment
from crosscurrent.validator.experiments.verdicts import judge
from crosscurrent.validator.trials.trial import Result


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a table with two sensitive attributes."""
    folder: Path = tmp_path_factory.mktemp("people")
    draw = np.random.default_rng(0)
    lines = ["a,b,sex,race,label"]
    for _ in range(500):
        sex, race, label = draw.integers(2, size=3)
        a, b = draw.normal() + label, draw.normal() + race
        lines.append(f"{a},{b},{'fm'[sex]},{'bw'[race]},{('no', 'yes')[label]}")
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = "target: label\npositive: 'yes'\nsensitive: [sex, race]\n"
    (folder / "people.card.yaml").write_text(card, encoding="utf-8")
    return str(folder / "people.csv")


def asked(kb: KnowledgeBase, data: str, risk: str, *settings: str, of: str = "FD1") -> Experiment:
    return experiment(kb, of, risk, data=data, model="mlp-s", seeds=4, settings=settings)


@pytest.mark.parametrize(("setting", "name"), [("", "sex"), ("race", "race"), ("sex", "sex")])
def test_effectiveness_is_measured_on_the_attribute_that_is_defended(
    kb: KnowledgeBase, people: str, setting: str, name: str
) -> None:
    given = [f"defense.attribute={setting}"] if setting else []
    beside = asked(kb, people, "R1", *given)
    assert beside.defense == GroupFairness(attribute=name)
    assert beside.guard == DiscriminatoryBehavior(attribute=name)
    itself = asked(kb, people, "F", *given)
    assert itself.attack == DiscriminatoryBehavior(attribute=name)
    assert itself.guard is None
    same = asked(kb, people, "F", *given, f"attack.attribute={name}", "attack.least=30")
    assert same.attack == DiscriminatoryBehavior(attribute=name, least=30)


@pytest.mark.parametrize(
    "given",
    [
        ["attack.attribute=race"],
        ["attack.attribute=race", "defense.attribute=sex"],
        ["attack.attribute=sex", "defense.attribute=race"],
    ],
)
def test_defending_one_attribute_and_judging_another_is_refused(
    kb: KnowledgeBase, people: str, given: list[str]
) -> None:
    with pytest.raises(InputError, match=r"attack\.attribute=(sex|race): group_fairness is set to"):
        asked(kb, people, "F", *given)
    asked(kb, people, "F", given[0], of="placebo")


def test_the_verdict_names_the_attribute(kb: KnowledgeBase, people: str) -> None:
    for risk in ("F", "R1"):
        setup = asked(kb, people, risk, "defense.attribute=race")
        mounted: list[Attack] = [setup.attack, *([setup.guard] if setup.guard else [])]

        def result(worse: float, mounted: list[Attack] = mounted) -> Result:
            found = {
                each.risk: {metric.id: 0.5 + worse for metric in each.metrics} for each in mounted
            }
            counted = {risk: dict.fromkeys(each, 100) for risk, each in found.items()}
            return Result(found, counted, 0.9, 0.95, {}, 0.01, "one")

        arms = [result(0.0)] * 4, [result(each) for each in DIFFERENCES["decrease"]]
        found = judge(setup, "decrease", *arms).document()
        assert found["effectiveness"] is not None
        assert found["effectiveness"]["name"] == "demographic-parity gap by race"
        assert found["effectiveness"]["metric"] == "demographic_parity_difference"
        assert found["settings"]["defense"]["attribute"] == "race"
    assert "by" not in DiscriminatoryBehavior().judged(provable=False).name


def test_an_attribute_left_to_the_data_and_the_same_one_named_share_their_trials(
    kb: KnowledgeBase, people: str
) -> None:
    recipes = [
        [one.context.recipe(each) for each in one.trials()]
        for one in (asked(kb, people, "F"), asked(kb, people, "F", "defense.attribute=sex"))
    ]
    assert recipes[0] == recipes[1]
    other = asked(kb, people, "F", of="placebo")
    assert other.context.recipe(other.trials()[0]) == recipes[0][0]
