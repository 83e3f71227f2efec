"""Small data sets, pools and benches to train on in a fraction of a second."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from crosscurrent.validator.arms.splits import TEST_SHARE
from crosscurrent.validator.attacks import AttackerResources
from crosscurrent.validator.data import Dataset, dataset
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import architecture
from crosscurrent.validator.training.spec import Pool, Schedule
from crosscurrent.validator.trials.trial import TrialContext

CPU = torch.device("cpu")
TINY = MappingProxyType({"records": 120, "attributes": 7, "stable_attributes": 3})

_loaded = cache(dataset)


def _untrained(*_: object, **__: object) -> NoReturn:
    raise AssertionError("this attack has no need of models of its own")


LAB = AttackerResources(_untrained, Schedule(10), ("group",))
"""What adversaries have that train nothing."""


def data_of(name: str, settings: Mapping[str, Any] = MappingProxyType({})) -> Dataset:
    """Return a data set; embedded ones are loaded once."""
    return dataset(name, settings) if settings else _loaded(name)


def tiny() -> Dataset:
    """Return 120 records of 7 attributes, in two classes and two groups."""
    return data_of("synthetic", {**TINY, "spurious_attributes": 2})


def context(data: Dataset, model: str = "mlp-s", **schedule: Any) -> TrialContext:
    """Return a bench as `validator.experiments.experiment` makes it."""
    records = (data.records - round(TEST_SHARE * data.records)) // 2
    return TrialContext(
        data=data,
        architecture=architecture(model, data.shape, data.classes),
        schedule=Schedule(records=records, **schedule),
        device=CPU,
    )


def random_pool(records: int, shape: tuple[int, ...], classes: int, seed: int = 0) -> Pool:
    """Return records of noise between 0 and 1, with two groups and random classes."""
    draw = np.random.default_rng(seed)
    return Pool(
        torch.tensor(draw.random((records, *shape), dtype=np.float32)),
        torch.tensor(draw.integers(classes, size=records)),
        torch.tensor(draw.integers(2, size=(records, 1))),
        torch.zeros(shape),
        torch.ones(shape),
    )


def states(models: Ensemble) -> list[dict[str, Tensor]]:
    """Return the parameters of each model."""
    return [{k: v[i] for k, v in models.parameters.items()} for i in range(len(models))]


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether two states are the same, to the last bit."""
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def close(one: Mapping[str, Tensor], other: Mapping[str, Tensor], tolerance: float) -> bool:
    """Whether two states are the same up to rounding."""
    return one.keys() == other.keys() and all(
        torch.allclose(one[k], other[k], rtol=tolerance, atol=tolerance) for k in one
    )
