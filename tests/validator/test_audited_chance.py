"""When what an audit measured is told to be above chance."""

from __future__ import annotations

import numpy as np
import pytest

from crosscurrent.validator.audits._bootstrap import Values
from crosscurrent.validator.audits._judge import _level
from crosscurrent.validator.audits.subjects import AuditMetric
from crosscurrent.validator.audits.subjects.discriminatory_behavior import DiscriminatoryBehavior
from crosscurrent.validator.audits.subjects.unauthorized_model_ownership import (
    UnauthorizedModelOwnership,
)


@pytest.mark.parametrize(
    ("subject", "chance", "above"),
    [
        (UnauthorizedModelOwnership, 0.5, False),
        (UnauthorizedModelOwnership, 0.3, True),
        (DiscriminatoryBehavior, 0.5, True),  # no gap is less than nothing
    ],
)
def test_fidelity_is_above_chance_if_its_whole_interval_is(
    subject: type[UnauthorizedModelOwnership] | type[DiscriminatoryBehavior],
    chance: float,
    above: bool,
) -> None:
    found = Values(np.array([0.52]), np.linspace(0.42, 0.62, 200)[None])
    metric = AuditMetric("x", "x", "higher", 0.02, None, 1.0)
    level = _level(found, metric, chance, shuffled=subject.is_shuffled)
    assert level["above_chance"] is above
