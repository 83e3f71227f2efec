"""The settings of the synthetic data move the factors that they stand for."""

from __future__ import annotations

import pytest
from data_settings import TURNS, figures

BY_SETTING = {turn.setting: turn for turn in TURNS}
SEEDS = range(4)
DIRECTION = {"+": "increase", "-": "decrease"}
ALONE = {
    "records": {"model_capacity", "subgroup_distinguishability"},
    "attributes": {"subgroup_distinguishability", "boundary_distance"},
    "spurious_attributes": {
        "training_set_size", "tail_length", "attribute_count", "curvature_smoothness",
        "dataset_distinguishability", "subgroup_distinguishability", "model_distinguishability",
        "boundary_distance", "model_capacity",
    },
    "subgroup_gap": {
        "training_set_size", "tail_length", "stable_attribute_priority", "curvature_smoothness",
        "dataset_distinguishability", "model_distinguishability", "boundary_distance",
        "model_capacity",
    },
    "tail_length": {"curvature_smoothness", "model_capacity", "model_distinguishability"},
}  # fmt: skip
"""What a setting leaves alone: its change is not told from none. Factors do hang together: the more
attributes there are, for one, the more records a model can know by heart."""


@pytest.mark.parametrize("setting", ALONE)
def test_a_setting_moves_its_own_factor_as_it_says_and_leaves_others_alone(setting: str) -> None:
    turn = BY_SETTING[setting]
    found = {each.factor: each for each in figures(turn, SEEDS, model="mlp-s")}
    assert len(found) == 10
    assert found[turn.factor].moved == DIRECTION[turn.sign]
    for factor in ALONE[setting]:
        assert found[factor].moved in ("no_change", "inconclusive"), factor


def test_every_setting_is_turned() -> None:
    from crosscurrent.validator.data._synthetic import Knobs

    assert BY_SETTING.keys() | {"classes", "seed"} == vars(Knobs()).keys()
