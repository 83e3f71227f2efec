"""A defense at a stage is named, found and told apart from the same one at another."""

from __future__ import annotations

from pathlib import Path

import pytest
from outcomes import document

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.defenses import defenses
from crosscurrent.validator.experiments.catalogue import catalogue
from crosscurrent.validator.experiments.experiment import experiment
from crosscurrent.validator.results.evidence import export
from crosscurrent.validator.results.store import address


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("outlier_removal", "outlier_removal"),
        ("RD2", "outlier_removal"),
        ("rd2@in", "outlier_removal"),
        ("outlier_removal@in", "outlier_removal"),
        ("RD2@post", "outlier_removal@post"),
        ("outlier_removal@PRE", "outlier_removal@pre"),
        ("fine-pruning", "outlier_removal@post"),
        ("sanitization@pre", "outlier_removal@pre"),
        ("dataset watermark", "data_watermarking"),
        ("placebo", "placebo"),
        ("placebo@in", "placebo"),
        ("data_watermarking", "data_watermarking"),
    ],
)
def test_a_defense_is_found_at_the_stage_asked_for(
    kb: KnowledgeBase, asked: str, name: str
) -> None:
    planned = experiment(kb, asked, "poisoning", seeds=2)
    assert planned.defense.name() == name
    assert type(planned.defense) is defenses()[name]
    recipe = planned.context.recipe(planned.trials()[1])
    assert recipe["defense"]["id"] == name


@pytest.mark.parametrize("asked", ["RD2@late", "outlier_removal@", "differential_privacy@post"])
def test_a_stage_that_there_is_not_is_refused_with_those_there_are(
    kb: KnowledgeBase, asked: str
) -> None:
    with pytest.raises(InputError, match=r"cannot be measured there; write (outlier|differential)"):
        experiment(kb, asked, "R1")
    with pytest.raises(UnknownName, match="outlier_remova@post"):
        experiment(kb, "outlier_remova@post", "R1")


def test_stages_of_one_defense_never_share_a_trial(kb: KnowledgeBase) -> None:
    names = [f"RD2@{stage}" for stage in ("pre", "in", "post")]
    planned = [experiment(kb, name, "poisoning", seeds=2) for name in names]
    recipes = [each.context.recipe(trial) for each in planned for trial in each.trials()]
    assert len({address(recipe) for recipe in recipes if recipe["defense"]}) == 6


def test_the_list_names_each_stage(kb: KnowledgeBase) -> None:
    listed = {each["id"] for each in catalogue()["defenses"]}
    assert {"outlier_removal", "outlier_removal@pre", "outlier_removal@post"} <= listed
    assert listed == defenses().keys()
    del kb


def test_what_a_stage_shows_is_known_of_the_defense_and_says_where(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    found = document(kb, "watermarking@post", "membership_inference", reading=1e-6)
    assert found["defense"] == "watermarking@post"
    export([found], str(tmp_path))
    mine = load([str(tmp_path)])
    (kept,) = [e for e in mine.experiments.values() if found["id"][:12] in e.id]
    assert kept.defense == "watermarking"
    assert {m.arm for m in kept.measurements} == {"baseline", "watermarking@post"}
    (seen,) = [o for o in mine.observations.values() if found["id"][:12] in o.id]
    assert seen.defense == "watermarking"
    assert "post-processing" in (seen.note or "")


def test_a_defense_of_ones_own_knowledge_has_nothing_to_measure_it_with() -> None:
    own = load(
        [
            {
                "own.yaml": b"defenses:\n  - {id: weight_averaging, name: Weight averaging, pillar:"
                b" privacy, protects_against: [membership_inference], meaning: Averages the"
                b" weights., usual_stage: in, stated_in: [duddu2024sok]}\n"
            }
        ]
    )
    with pytest.raises(
        InputError, match=r"weight_averaging cannot be measured yet; measurable: adv"
    ):
        experiment(own, "weight_averaging", "R1")
