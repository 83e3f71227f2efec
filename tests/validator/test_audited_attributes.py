"""Attributes are given to models as they were trained on them: texts stay what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Columns, Data, ModelSettings
from crosscurrent.validator.audits._asked import asked
from crosscurrent.validator.audits._records import Records
from crosscurrent.validator.audits._surrogates import Surrogates
from crosscurrent.validator.audits.models import opened_model


def accuracy(model: Any, data: Any) -> float:
    """Return on how many records what is asked of a model is right."""
    settings = ModelSettings()
    source = Data(data).opened(Columns())
    found = asked(opened_model(model, settings), source, Columns(), settings).predictions
    assert found.probability is not None
    answered = np.array(found.classes)[found.probability.argmax(1)]
    return float(np.mean(answered == source.read(["label"])["label"]))


@pytest.mark.parametrize("form", ["csv", "parquet", "frame"])
@pytest.mark.parametrize(
    "texts", [(" a", "a"), ("NA", "None"), ("02139", "10001"), ("True", "False")]
)
def test_texts_are_given_to_a_pipeline_as_it_was_trained_on_them(
    form: str, texts: tuple[str, str], tmp_path: Path
) -> None:
    if form == "csv" and texts == ("NA", "None"):
        texts = ("NA", "x")  # as both are missing to pandas there
    first = np.arange(60) % 3 > 0
    frame = pd.DataFrame({"text": np.where(first, *texts), "label": np.where(first, "yes", "no")})
    data: Any = frame
    if form == "csv":
        data = tmp_path / "a.csv"
        frame.to_csv(data, index=False)
        frame = pd.read_csv(data)
    elif form == "parquet":
        data = tmp_path / "a.parquet"
        frame.to_parquet(data)
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    model.fit(frame[["text"]], frame["label"])
    assert accuracy(model, data) == 1.0


def test_a_text_that_is_null_in_a_frame_is_missing() -> None:
    frame = pd.DataFrame({"text": ["a", None, "b"] * 20, "label": ["yes", "no", "yes"] * 20})
    model = make_pipeline(OneHotEncoder(), DecisionTreeClassifier())
    model.fit(frame[["text"]], frame["label"])
    assert accuracy(model, frame) == 1.0
    assert accuracy(model, frame.astype(object)) == 1.0


def test_surrogates_take_infinite_attributes_for_missing_ones() -> None:
    x = np.random.default_rng(0).normal(size=(80, 3))
    x[::7, 1], x[::9, 2] = np.inf, -np.inf
    likely = np.stack([x[:, 0] > 0, x[:, 0] <= 0], axis=1).astype(np.float64) * 0.8 + 0.1
    columns = {name: x[:, i] for i, name in enumerate("abc")}
    for records in (Records("data", (), {}, x), Records("data", tuple("abc"), columns)):
        found = Surrogates(records, likely, 0).classes(1.0, records)
        assert np.mean(found == likely.argmax(1)) > 0.9


@pytest.mark.parametrize("shape", [(40, 0), (40, 3, 0)])
def test_records_without_attributes_are_refused(shape: tuple[int, ...]) -> None:
    data = {"attributes": np.zeros(shape), "label": np.arange(40) % 2}
    with pytest.raises(InputError, match=r"records have no attributes; give some"):
        accuracy(lambda records: np.full(len(records), 0.5), data)
