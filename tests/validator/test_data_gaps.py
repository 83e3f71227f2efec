"""Gaps in data: what is missing is told apart from every value, however either is written."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from data_files import CARD, altered, refused, text, written

from crosscurrent.validator.data import dataset


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


@pytest.mark.parametrize("spelled", ["-999", "-999.0", "-999.00", "-9.99e2"])
def test_a_number_that_is_missing_is_so_however_it_is_spelled(tmp_path: Path, spelled: str) -> None:
    table = altered("hours", lambda i, old: old if i % 10 else spelled)
    card = CARD + "na_values: ['', '-999']\nmissing: drop\n"
    found = dataset(written(tmp_path, text(table), card))
    assert found.records == 54
    assert f"hours ('{spelled}') has no value" in found.settings["notes"][0]["message"]


@pytest.mark.parametrize(("listed", "other"), [("77", "077"), (str(2**53), str(2**53 + 1))])
def test_another_code_is_not_missing(tmp_path: Path, listed: str, other: str) -> None:
    table = altered("job", lambda i, _: [listed, other, "x"][min(i % 10, 2)])
    card = f"{CARD}na_values: ['{listed}']\nmissing: drop\ncolumns: {{job: categorical}}\n"
    assert dataset(written(tmp_path, text(table), card)).records == 54


@pytest.mark.parametrize("turned", [False, True])
def test_a_text_that_is_missing_is_so_in_either_form_of_unicode(
    tmp_path: Path, turned: bool
) -> None:
    forms = normalize("NFC", "fehlt für"), normalize("NFD", "fehlt für")
    of_card, of_file = reversed(forms) if turned else forms
    table = altered("job", lambda i, old: old if i % 10 else of_file)
    card = f"{CARD}na_values: ['{of_card}']\nmissing: drop\n"
    assert dataset(written(tmp_path, text(table), card)).records == 54
