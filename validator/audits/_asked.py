"""Predictions of a model that is asked about data, as a source like any file of predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, UnknownName, clip

from ._columns import Columns, is_group
from ._levels import canonical, levels
from ._oracles import Oracle, are_logits, outputs_of, probabilities
from ._predictions import ROLES, Predictions, read
from ._records import chosen
from ._sources import Source, digest_of

if TYPE_CHECKING:
    from . import document_types as shapes
    from .models import Model, ModelSettings

__all__ = ["Asked", "asked"]

_ANSWERS: Final = ("score", "probabilities", "predicted")


@dataclass(frozen=True, eq=False)
class Asked:
    """Answers of a model.

    Attributes
    ----------
    predictions : Predictions
        As if they had been read from a file, with the model as their oracle.
    data : str
        What it was asked about.
    """

    predictions: Predictions
    data: str

    @property
    def oracle(self) -> Oracle:
        """The model, with its outputs understood."""
        if self.predictions.oracle is None:
            raise ValueError("answers are those of a model")
        return self.predictions.oracle

    def document(self) -> shapes.AskedModel:
        """Return what is told of the model, ready for JSON."""
        model = self.oracle.model
        return {
            "kind": model.said_of(),
            "digest": model.digest or None,
            "data": self.data,
            "attributes": self.oracle.records.width,
            "outputs": "logits" if self.oracle.logits else "probabilities",
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
    outputs = outputs_of(model, records)
    logits = are_logits(outputs, model)
    labels = levels(data.read([columns.label])[columns.label]).names
    classes = _classes(outputs.shape[1], labels, model, columns, settings)
    likely = probabilities(outputs, logits=logits)
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
    order = tuple(classes.index(each) for each in found.classes)
    oracle = Oracle(model, records, np.arange(len(records)), logits, order, settings.epsilon)
    return Asked(replace(found, oracle=oracle), data.name)


def _roles(data: Source, columns: Columns) -> list[str]:
    """Return the columns that audits read beside answers.

    Raises
    ------
    InputError
        One that was named is not there.
    """
    default = Columns()
    for role in ("label", "member", "id"):
        name = getattr(columns, role)
        if name not in data.columns and (role == "label" or name != getattr(default, role)):
            raise InputError(
                f"{data.name}: no column for {ROLES[role]}:"
                f" {UnknownName('column', name, data.columns)}; name it with --{role} COLUMN"
            )
    for name in columns.groups:
        if name not in data.columns:
            raise InputError(f"{data.name}: {UnknownName('column', name, data.columns)}")
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


def _classes(
    outputs: int, labels: Sequence[str], model: Model, columns: Columns, settings: ModelSettings
) -> list[str]:
    """Return what each output stands for, of one output both classes; `labels` are in order."""
    single = outputs == 1
    count = 2 if single else outputs
    named = settings.classes or model.classes
    if named is not None and len(named) == 1 and single and not settings.classes:
        raise InputError(
            f"{model.name}: was fitted on a single class ({clip(str(named[0]))}), so what it"
            " answers says nothing; fit it to records of two classes or more"
        )
    if named is not None:
        if len(named) != count:
            by = "--class names" if settings.classes else "it names"
            raise InputError(
                f"{model.name}: gives {count} probabilities, and {by} {len(named)} classes; name"
                " what each output stands for with --class CLASS, in order"
            )
        return [_class(each, labels) for each in named]
    if single and columns.positive is not None:
        positive = canonical(columns.positive)
        return [*(each for each in labels if each != positive), positive]
    if count == len(labels):
        return list(labels)
    whole = [int(each) for each in labels if each.isascii() and each.isdigit()]
    if len(whole) == len(labels) and min(whole) == 0 and max(whole) < count and not single:
        # numbered from 0: those that are not among the labels are absent from these records
        return [str(i) for i in range(count)]
    told = ", ".join(map(clip, labels[:8])) + ", …" * (len(labels) > 8)
    gives = "one output" if single else f"{count} probabilities"
    raise InputError(
        f"{model.name}: gives {gives}, and there are {len(labels)} classes ({told}); is it a"
        " model of these? If so, name what each output stands for with --class CLASS, in order"
    )


def _class(given: object, labels: Sequence[str]) -> str:
    """Return a class as data name it: True is true, and 1.0 is 1."""
    if isinstance(given, bool):
        return next((each for each in labels if each.casefold() == str(given).casefold()), "true")
    return canonical(given)
