"""Fixtures of the validator: one thread, so that tests do not crowd each other out; a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from crosscurrent.validator.results.store import Store


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Run torch on one thread, whatever another test has left."""
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store that has no file yet."""
    return Store(str(tmp_path / "results.sqlite"))
