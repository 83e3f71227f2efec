"""Surrogates: what whoever extracts a model fits to its answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..arms.choices import centred_logarithms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._records import Records

    Answers = Callable[[NDArray[np.float64]], NDArray[np.int64]]
    """From encoded records, (records, columns), to classes, (records,)."""

__all__ = ["Surrogates"]

_MOST_COLUMNS: Final = 200
"""Of more, the principal components are taken."""
_COMPONENTS: Final = 100
_MOST_LEVELS: Final = 20
"""Texts of an attribute that are told apart; the rarer ones are one."""
HELD_OUT: Final = 0.1
"""Share of the queries whose answers choose among surrogates."""


class Surrogates:
    """Surrogates of a model by some of its answers.

    A ridge regression and a perceptron on the logarithms of the probabilities, and randomised trees
    on the probabilities; of these, the one that agrees with the model on most of the further
    queries, as an adversary can see.

    Parameters
    ----------
    records : Records
        That the model was asked about.
    likely : array of float
        What it answered: (records, classes).
    seed : int
        Of all randomness.
    """

    def __init__(self, records: Records, likely: NDArray[np.float64], seed: int) -> None:
        self._seed = seed
        self._encode = _encoder(records)
        x = self._encode(records)
        held = max(1, round(HELD_OUT * len(x)))
        self._x, self._likely = x[:-held], likely[:-held]
        self._further, self._answers = x[-held:], likely[-held:].argmax(1)

    def classes(self, share: float, records: Records) -> NDArray[np.int64]:
        """Return what the best surrogate of a share of the answers says of records: (records,)."""
        count = max(2, round(share * len(self._x)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fit that has not converged is one, too
            tried = [make(self._x[:count], self._likely[:count]) for make in self._kinds()]
            best = max(tried, key=lambda each: float(np.mean(each(self._further) == self._answers)))
            return best(self._encode(records))

    def _kinds(self) -> list[Callable[[NDArray[np.float64], NDArray[np.float64]], Answers]]:
        from sklearn.ensemble import ExtraTreesRegressor
        from sklearn.linear_model import Ridge
        from sklearn.neural_network import MLPRegressor

        def fitted(
            make: Callable[[], Any], on: Callable[[NDArray[np.float64]], NDArray[np.float64]]
        ) -> Callable[[NDArray[np.float64], NDArray[np.float64]], Answers]:
            def fit(x: NDArray[np.float64], likely: NDArray[np.float64]) -> Answers:
                model = make().fit(x, on(likely))
                return lambda some: np.asarray(model.predict(some).argmax(1), np.int64)

            return fit

        seed = self._seed
        return [
            fitted(Ridge, centred_logarithms),
            fitted(
                lambda: MLPRegressor(
                    hidden_layer_sizes=(64,), solver="lbfgs", max_iter=200, random_state=seed
                ),
                centred_logarithms,
            ),
            fitted(lambda: ExtraTreesRegressor(50, random_state=seed), lambda likely: likely),
        ]


def _encoder(records: Records) -> Callable[[Records], NDArray[np.float64]]:
    """Return what turns records into standardised numbers, one column for each text."""
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = [] if records.given is not None else records.texts()
    levels = None
    if texts:
        levels = OneHotEncoder(
            handle_unknown="ignore", max_categories=_MOST_LEVELS, sparse_output=False
        ).fit(_texts(records, texts))

    def laid_out(some: Records) -> NDArray[np.float64]:
        parts = [_numbers(some)]
        if levels is not None:
            parts.append(levels.transform(_texts(some, texts)))
        return np.concatenate(parts, axis=1)

    x = laid_out(records)
    steps: list[Any] = [SimpleImputer(keep_empty_features=True), StandardScaler()]
    if x.shape[1] > _MOST_COLUMNS:
        steps.append(PCA(min(_COMPONENTS, len(x)), random_state=0))
    scaled = make_pipeline(*steps).fit(x)
    return lambda some: np.asarray(scaled.transform(laid_out(some)), np.float64)


def _numbers(records: Records) -> NDArray[np.float64]:
    """Return attributes that are numbers: (records, attributes); NaN where they are not finite."""
    if records.given is not None:
        given = records.array().reshape(len(records), -1)
        return np.where(np.isfinite(given), given, np.nan)
    texts = records.texts()
    columns = [records.columns[name] for name in records.names if name not in texts]
    if not columns:
        return np.empty((len(records), 0))
    found = np.stack([np.asarray(each, np.float64) for each in columns], axis=1)
    return np.where(np.isfinite(found), found, np.nan)


def _texts(records: Records, names: list[str]) -> NDArray[Any]:
    columns = [[each or "" for each in records.columns[name]] for name in names]
    return np.array(columns, dtype=object).T
