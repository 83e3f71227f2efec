"""Classes that outputs stand for, where the labels alone do not say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.audits import Columns, Data, ModelSettings
from crosscurrent.validator.audits._asked import asked
from crosscurrent.validator.audits._predictions import Predictions
from crosscurrent.validator.audits.models import opened_model
from crosscurrent.validator.audits.models._objects import Function

X = np.linspace(-1, 1, 40)[:, None]


def predictions(model: Any, label: Any, **settings: Any) -> Predictions:
    given = ModelSettings(**settings)
    data = Data({"attributes": X, "label": label}).opened(Columns())
    return asked(opened_model(model, given), data, Columns(), given).predictions


def test_classes_that_are_absent_are_guessed_only_where_numbers_begin_with_0() -> None:
    def three(records: Any) -> Any:
        return np.full((len(records), 3), 1 / 3)

    from_0 = predictions(three, np.arange(40) % 2)
    assert from_0.classes == ("0", "1", "2")
    with pytest.raises(InputError, match=r"gives 3 probabilities, and there are 2 classes"):
        predictions(three, np.arange(40) % 2 + 1)


def test_one_output_is_of_the_last_class_that_the_model_names() -> None:
    label = np.where(X[:, 0] > 0, "no", "yes")
    likely = LogisticRegression().fit(X, label).predict_proba(X)
    model = Function(lambda _: likely[:, 0], "it")
    model.classes = ("yes", "no")
    data = Data({"attributes": X, "label": label}).opened(Columns())
    found = asked(model, data, Columns(), ModelSettings()).predictions
    assert found.probability is not None
    assert (np.array(found.classes)[found.probability.argmax(1)] == label).all()


def test_a_model_of_a_single_class_is_refused() -> None:
    fitted = DecisionTreeClassifier().fit(X, np.zeros(40, int))
    with pytest.raises(InputError, match=r"fitted on a single class \(0\)"):
        predictions(fitted, np.arange(40) % 2)
