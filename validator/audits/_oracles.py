"""Models with their outputs understood, which attackers of an audit may ask further."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ..imports import said
from ._limits import MOST_CELLS, SUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._records import Records
    from .models import Model

__all__ = ["Oracle", "are_logits", "outputs_of", "probabilities"]

_ROUNDING: Final = 1e-6
"""By how much a probability may be below 0 or above 1, as rounding makes it."""


@dataclass(frozen=True, eq=False)
class Oracle:
    """A model that answers records with the probabilities of classes, in the order of an audit.

    Attributes
    ----------
    model : Model
        That is asked.
    records : Records
        Of its data.
    rows : array of int
        Which of them are those of the audit, in its order: (records,).
    logits : bool
        Whether its outputs are logits.
    order : tuple of int
        For each class, the place of its output.
    epsilon : float
        How far an attacker may move an attribute, in its standard deviations.
    """

    model: Model
    records: Records
    rows: NDArray[np.intp]
    logits: bool
    order: tuple[int, ...]
    epsilon: float

    def some(self, places: NDArray[np.intp]) -> Records:
        """Return records of the audit by their places in it."""
        return self.records.at(self.rows[places])

    def probabilities(self, records: Records) -> NDArray[np.float64]:
        """Ask about records: (records, classes)."""
        outputs = outputs_of(self.model, records)
        return probabilities(outputs, logits=self.logits)[:, list(self.order)]

    def margin_gradient(self, records: Records, label: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the gradient of the margin of the true class: (records, …)."""
        return self.model.margin_gradient(records, label, self.order, logits=self.logits)

    def of(self, rows: NDArray[np.intp], order: Sequence[int]) -> Oracle:
        """Return the same of some records, with classes in another order."""
        return replace(
            self, rows=self.rows[rows], order=tuple(self.order[place] for place in order)
        )


def outputs_of(model: Model, records: Records) -> NDArray[np.float64]:
    """Return all outputs of a model for records, some at a time: (records, outputs).

    Raises
    ------
    InputError
        They are no finite numbers, or not as many for each record.
    """
    found: list[NDArray[np.float64]] = []
    size = model.batch
    for start in range(0, len(records), size):
        some = records.at(slice(start, start + size))
        outputs = _checked(model.outputs(some), len(some), start, model)
        if found and outputs.shape[1] != found[0].shape[1]:
            raise InputError(
                f"{model.name}: gives {found[0].shape[1]} outputs for some records and"
                f" {outputs.shape[1]} for others"
            )
        if outputs.shape[1] * len(records) > MOST_CELLS:
            raise InputError(
                f"{model.name}: {outputs.shape[1]:,} outputs for {len(records):,} records; records"
                f" times classes are at most {MOST_CELLS:,}, so give fewer records"
            )
        found.append(outputs)
    return np.concatenate(found)


def _checked(given: Any, count: int, start: int, model: Model) -> NDArray[np.float64]:
    """Return outputs as numbers with a row for each record."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if np.iscomplexobj(np.asarray(given)):
                raise TypeError("they are complex")  # noqa: TRY301 - told as all that are none
            outputs = np.asarray(given, np.float64)
    except Exception as error:  # noqa: BLE001 - anything may be given, with an __array__ of its own
        raise InputError(
            f"{model.name}: gives {clip(type(given).__name__)} that are no numbers ({said(error)});"
            " it should give the probabilities of the classes, (records, classes)"
        ) from None
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    if outputs.ndim != 2 or len(outputs) != count or not outputs.shape[1]:
        raise InputError(
            f"{model.name}: gives outputs of shape {np.shape(given)} for {count:,} records; it"
            f" should give ({count}, classes)"
        )
    wrong = np.flatnonzero(~np.isfinite(outputs).all(1))
    if len(wrong):
        row = int(wrong[0])
        value = outputs[row][~np.isfinite(outputs[row])][0]
        raise InputError(
            f"{model.name}: gives {value} for {len(wrong):,} of {count:,} records, the first of"
            f" them record {start + row + 1:,}; audits take finite numbers: are attributes missing"
            " that it needs?"
        )
    return outputs


def are_logits(outputs: NDArray[np.float64], model: Model) -> bool:
    """Whether outputs are logits: not all from 0 to 1, or, of several, not adding up to 1.

    Raises
    ------
    InputError
        They are neither logits nor probabilities, or logits of a model that should give none.
    """
    inside = (outputs >= -_ROUNDING) & (outputs <= 1 + _ROUNDING)
    single = outputs.shape[1] == 1
    total = outputs.sum(1)
    adds = np.ones(len(outputs), bool) if single else np.abs(total - 1) <= SUM
    if inside.all() and adds.all():
        return False
    if model.may_be_logits and (single or not inside.all()):
        return True
    row = int(np.argmin(inside.all(1) & adds))
    told = ", ".join(f"{each:.6g}" for each in outputs[row][:4]) + ", …" * (outputs.shape[1] > 4)
    advice = (
        "are these sigmoids of several labels? one label is audited at a time"
        if model.may_be_logits
        else "logits are taken from torch modules and ONNX graphs alone: give the softmax"
    )
    raise InputError(
        f"{model.name}: record {row + 1:,} is answered with {told}, which"
        + ("" if inside[row].all() else " are not from 0 to 1, and")
        + f" add up to {total[row]:.6g}; probabilities should be from 0 to 1, and add up to 1"
        f" ({advice})"
    )


def probabilities(outputs: NDArray[np.float64], *, logits: bool) -> NDArray[np.float64]:
    """Return the probabilities of classes, two for one output: (records, classes)."""
    if outputs.shape[1] == 1:
        if logits:
            with np.errstate(over="ignore"):
                outputs = 1 / (1 + np.exp(-outputs))
        likely = outputs.clip(0, 1)
        return np.concatenate([1 - likely, likely], axis=1)
    if not logits:
        return outputs.clip(0, 1)
    likely = np.exp(outputs - outputs.max(1, keepdims=True))
    return np.asarray(likely / likely.sum(1, keepdims=True))
