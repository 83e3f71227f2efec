"""Predictions of a model that is asked about data, as a source like any file of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._levels import canonical, levels
from ._predictions import MOST_CELLS, SUM, Columns, Predictions, is_group, read
from ._records import Records, chosen
from ._sources import Source, digest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from . import document_types as shapes
    from .models import Model, ModelSettings

__all__ = ["Asked", "asked"]

_ANSWERS: Final = ("score", "probabilities", "predicted")
_ROUNDING: Final = 1e-6
"""By how much a probability may be below 0 or above 1, as rounding makes it."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Answers of a model.

    Attributes
    ----------
    predictions : Predictions
        As if they had been read from a file.
    model : Model
        That was asked.
    logits : bool
        Whether its outputs were logits.
    attributes : int
        How many it takes.
    data : str
        What it was asked about.
    """

    predictions: Predictions
    model: Model
    logits: bool
    attributes: int
    data: str

    def document(self) -> shapes.AskedModel:
        """Return what is told of the model, ready for JSON."""
        return {
            "kind": self.model.said_of(),
            "digest": self.model.digest or None,
            "data": self.data,
            "attributes": self.attributes,
            "outputs": "logits" if self.logits else "probabilities",
        }


def asked(model: Model, data: Source, columns: Columns, settings: ModelSettings) -> Asked:
    """Ask a model about every record of its data, some at a time.

    Labels, membership and groups are checked before anything is asked.

    Parameters
    ----------
    model : Model
        That is asked.
    data : Source
        Records with their labels, membership and groups.
    columns : Columns
        What the columns are called.
    settings : ModelSettings
        Which of them are attributes, and what the model's outputs stand for.

    Raises
    ------
    InputError
        The data are not sound, are not what the model takes, or its answers are no probabilities.
    """
    settings.check()
    default = Columns()
    for name in (*_ANSWERS, "run"):
        if getattr(columns, name) != getattr(default, name):
            raise InputError(
                f"--{name} is about files of predictions; of a model, predictions are asked"
            )
    roles = _roles(data, columns)
    # a column that is none of these is an attribute, whatever it is called
    known = read(replace(data, columns=tuple(roles)), columns, answered=False)
    groups = list(known.columns.groups)
    records = chosen(
        data, [each for each in roles if each not in groups], groups, model.wanted,
        settings.attributes, model.name,
    )  # fmt: skip
    model.prepare(records, len(known.classes), len(records))
    outputs = _outputs(model, records)
    likely, logits = _probabilities(outputs, model)
    labels = levels(data.read([columns.label])[columns.label]).names
    classes, likely = _classes(likely, labels, model, columns, settings)
    start = _beginning(roles)
    answers = {f"{start}{each}": likely[:, i] for i, each in enumerate(classes)}
    values = data.read(roles) | answers
    source = Source(
        model.name,
        digest_of(values),
        data.records,
        tuple(values),
        lambda names: {name: values[name] for name in names},
        data.place,
    )
    found = read(source, replace(columns, probabilities=start))
    width = int(np.prod(records.given.shape[1:])) if records.given is not None else 0
    return Asked(found, model, logits, width or len(records.names), data.name)


def _roles(data: Source, columns: Columns) -> list[str]:
    """Return the columns that audits read beside answers."""
    single = {columns.label, columns.member, columns.id, *columns.groups}
    found = [each for each in data.columns if each in single]
    found += [
        each
        for each in data.columns
        if each not in single
        and (each.startswith(columns.references) or (not columns.groups and is_group(each)))
    ]
    return found


def _beginning(names: Sequence[str]) -> str:
    """Return what none of these names begins with."""
    start = "p_"
    while any(each.startswith(start) for each in names):
        start = f"_{start}"
    return start


def _outputs(model: Model, records: Records) -> NDArray[np.float64]:
    """Return all outputs of a model: (records, outputs)."""
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
        outputs = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{model.name}: gives {clip(type(given).__name__)} that are no numbers; it should give"
            " the probabilities of the classes, (records, classes)"
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


def _probabilities(outputs: NDArray[np.float64], model: Model) -> tuple[NDArray[np.float64], bool]:
    """Return probabilities, and whether the outputs are logits: (records, 2 or more), or 1."""
    inside = (outputs >= -_ROUNDING) & (outputs <= 1 + _ROUNDING)
    single = outputs.shape[1] == 1
    total = outputs.sum(1)
    adds = np.ones(len(outputs), bool) if single else np.abs(total - 1) <= SUM
    if inside.all() and adds.all():
        return np.clip(outputs, 0, 1), False
    if not model.may_be_logits or (inside.all() and not single):
        row = int(np.argmin(inside.all(1) & adds))
        told = ", ".join(f"{each:.6g}" for each in outputs[row][:4])
        more = ", …" * (outputs.shape[1] > 4)
        advice = (
            "logits are taken from torch modules and ONNX graphs alone: give the softmax"
            if not model.may_be_logits
            else "are these sigmoids of several labels? one label is audited at a time"
        )
        raise InputError(
            f"{model.name}: record {row + 1:,} is answered with {told}{more}, which"
            + ("" if inside[row].all() else " are not from 0 to 1, and")
            + f" add up to {total[row]:.6g}; probabilities should be from 0 to 1, and add up to 1"
            f" ({advice})"
        )
    with np.errstate(over="ignore"):
        if single:
            return 1 / (1 + np.exp(-outputs)), True
        likely = np.exp(outputs - outputs.max(1, keepdims=True))
    return likely / likely.sum(1, keepdims=True), True


def _classes(
    likely: NDArray[np.float64],
    labels: Sequence[str],
    model: Model,
    columns: Columns,
    settings: ModelSettings,
) -> tuple[list[str], NDArray[np.float64]]:
    """Return what the outputs stand for, and a column for each; `labels` are in their order."""
    single = likely.shape[1] == 1
    if single:
        likely = np.concatenate([1 - likely, likely], axis=1)
    count = likely.shape[1]
    named = settings.classes or (None if single else model.classes)
    if named is not None:
        if len(named) != count:
            by = "--class names" if settings.classes else "it names"
            raise InputError(
                f"{model.name}: gives {count} probabilities, and {by} {len(named)} classes; name"
                " what each output stands for with --class CLASS, in order"
            )
        return [_class(each, labels) for each in named], likely
    if single and columns.positive is not None:
        positive = canonical(columns.positive)
        return [*(each for each in labels if each != positive), positive], likely
    if count == len(labels):
        return list(labels), likely
    whole = [int(each) for each in labels if each.isascii() and each.isdigit()]
    if len(whole) == len(labels) and max(whole) < count and not single:
        return [str(i) for i in range(count)], likely
    told = ", ".join(map(clip, labels[:8])) + ", …" * (len(labels) > 8)
    outputs = "one output" if single else f"{count} probabilities"
    raise InputError(
        f"{model.name}: gives {outputs}, and there are {len(labels)} classes ({told}); is it a"
        " model of these? If so, name what each output stands for with --class CLASS, in order"
    )


def _class(given: object, labels: Sequence[str]) -> str:
    """Return a class as data name it: True is true, and 1.0 is 1."""
    if isinstance(given, bool):
        return next((each for each in labels if each.casefold() == str(given).casefold()), "true")
    return canonical(given)
