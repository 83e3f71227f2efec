"""What tests of the pages share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="the extra 'serve' is not installed")
for folder in ("rest", "jobs"):  # for their helper modules
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
