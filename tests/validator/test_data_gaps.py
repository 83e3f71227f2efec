"""Gaps in data: what is missing is told apart from every value, however either is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_files import CARD, altered, refused, text, written


@pytest.mark.parametrize("column", ["job", "sex", "income"])
@pytest.mark.parametrize("policy", ["impute", "category", "drop"])
def test_a_level_that_is_called_as_a_missing_value_is_refused(
    tmp_path: Path, column: str, policy: str
) -> None:
    table = altered(column, lambda i, old: ["(missing)", "", old][min(i % 6, 2)])
    card = f"{CARD.replace('positive: high', '')}missing: {policy}\n"
    message = refused(written(tmp_path, text(table), card))
    assert f"t.csv:2, column '{column}': '(missing)' is what a missing value is called" in message
    assert "na_values: ['', '(missing)']" in message
