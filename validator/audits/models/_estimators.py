"""Fitted estimators of scikit-learn, or of whatever has its interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crosscurrent.knowledge.errors import InputError

from .._records import Wanted
from ._model import Model, users_code

if TYPE_CHECKING:
    from .._records import Records

__all__ = ["Estimator"]


class Estimator(Model):
    """A fitted estimator with ``predict_proba``.

    It is given a pandas frame if it was fitted on one, which its ``feature_names_in_`` tell; else
    an array of numbers, or a frame where attributes are texts.
    """

    kind: ClassVar[str] = "scikit-learn"

    def __init__(self, estimator: Any, name: str, digest: str = "") -> None:
        super().__init__(name, digest)
        with users_code(name, "cannot be looked at"):
            self._estimator = estimator
            answers = getattr(estimator, "predict_proba", None)
            # of a pipeline, only its last step says whether it has any
            classes = getattr(estimator, "classes_", None)
            names = getattr(estimator, "feature_names_in_", None)
            count = getattr(estimator, "n_features_in_", None)
        if not callable(answers):
            raise InputError(
                f"{name}: {type(estimator).__name__} has no predict_proba; audits compare"
                " probabilities: fit it so that it gives some (SVC(probability=True),"
                " CalibratedClassifierCV), give a function that returns some, or audit a file of"
                " its answers in a column predicted"
            )
        if classes is None:
            raise InputError(
                f"{name}: {type(estimator).__name__} has no classes_: it is not fitted; fit it"
                " before it is saved"
            )
        if isinstance(classes, list) or np.ndim(classes) != 1:
            raise InputError(
                f"{name}: {type(estimator).__name__} predicts several labels at once; give a model"
                " of one of them"
            )
        self.classes = tuple(np.asarray(classes).tolist())
        self.wanted = Wanted(
            None if names is None else tuple(map(str, names)), None if count is None else int(count)
        )

    def outputs(self, records: Records) -> Any:
        """Return the probabilities of the classes: (records, classes)."""
        frame = self.wanted.names is not None or bool(records.texts())
        given = records.frame() if frame else records.array()
        with users_code(self.name, f"predict_proba failed on {len(records):,} records"):
            return self._estimator.predict_proba(given)

    def said_of(self) -> str:
        """Return what kind of model it is, with its class."""
        return f"{self.kind} {type(self._estimator).__name__}"
