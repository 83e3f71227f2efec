"""Fixtures of the validator: one thread, so that tests do not crowd each other out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Run torch on one thread, whatever another test has left."""
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(1)
