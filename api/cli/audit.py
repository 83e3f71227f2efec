"""``crosscurrent audit``: what models that exist, or their predictions, show."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from contextlib import redirect_stdout
from dataclasses import fields
from typing import Any, cast

from ..text.measured.audit import describe
from ._arguments import (
    add_knowledge_option,
    add_output_options,
    add_store_option,
    natural,
    positive,
)
from ._common import as_json, knowledge, style, wrote
from ._measuring import needed, store

__all__ = ["add_arguments"]

_COLUMNS = {
    "label": ("COLUMN", "the true class (default: label)"),
    "score": (
        "COLUMN",
        "the probability of the positive class, if there are two classes (default: score)",
    ),
    "probabilities": (
        "START",
        "what the names of the classes' probabilities begin with, the rest being the class"
        " (default: p_)",
    ),
    "predicted": (
        "COLUMN",
        "the answered class (default: predicted, or else the most probable class)",
    ),
    "member": (
        "COLUMN",
        "whether the model was trained on the record: train or test, 1 or 0 (default: member)",
    ),
    "run": ("COLUMN", "the training run, where there are several (default: run)"),
    "id": ("COLUMN", "the record, to match two files by (default: id, or else their order)"),
    "references": (
        "START",
        "what the names of reference models begin with: the probability that each gives the true"
        " class; NAME_member says whether it was trained on the record (default: reference_)",
    ),
    "positive": (
        "CLASS",
        "the class that a score is of, and the favourable answer for groups",
    ),
}
"""Options that say what columns are called: what they take, and what they are."""


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Measure what a model, or its predictions, show, or those of a model before and after a"
        " change: membership inference, attribute inference, group fairness, calibration and"
        " utility, with confidence intervals. Nothing is trained. Results are stored. Files of"
        " predictions are CSV, Parquet, or NPZ with arrays of these names (probabilities: records"
        " by classes; references and reference_members: records by models). A model is asked about"
        " the records of --data."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent audit credit/before.csv\n"
        "  crosscurrent audit credit/before.csv credit/after.csv --defense differential_privacy\n"
        "  crosscurrent audit a.parquet b.parquet --label y --score p1 --group sex --group band\n"
        "  crosscurrent audit model.skops --data records.csv\n"
        "  crosscurrent audit net.safetensors --model nets:Net --train seen.npz --test others.npz"
    )
    parser.set_defaults(run=_run)
    parser.add_argument(
        "before",
        metavar="FILE|MODEL",
        help="predictions of the model, or the model: a file that ends in .skops, .onnx, .joblib,"
        " .pkl, .safetensors or .pt, package.module:function, or http(s)://host/path",
    )
    parser.add_argument(
        "after",
        metavar="FILE|MODEL",
        nargs="?",
        help="the same of the changed model, on the same records",
    )
    parser.add_argument(
        "--defense",
        metavar="DEFENSE",
        help="what the change is: id, code or alias of a defense, or placebo; what is predicted of"
        " it stands beside, with a verdict",
    )
    columns = parser.add_argument_group("columns")
    for name, (metavar, about) in _COLUMNS.items():
        columns.add_argument(f"--{name}", dest=f"column_{name}", metavar=metavar, help=about)
    columns.add_argument(
        "--group",
        dest="column_groups",
        metavar="COLUMN",
        action="append",
        help="a sensitive attribute; may be repeated (default: group, and all that begin with"
        " group_)",
    )
    _add_model_options(parser)
    measured = parser.add_argument_group("measurement")
    measured.add_argument(
        "--resamples",
        type=positive,
        metavar="N",
        default=1000,
        help="resamples of the records, for intervals (default: 1000)",
    )
    measured.add_argument(
        "--seed", type=natural, metavar="N", default=0, help="seed of all randomness (default: 0)"
    )
    add_store_option(measured)
    measured.add_argument(
        "--export", metavar="DIR", help="also write the evidence there, as knowledge files"
    )
    add_knowledge_option(parser)
    add_output_options(parser)


def _add_model_options(parser: ArgumentParser) -> None:
    models = parser.add_argument_group("models")
    models.add_argument(
        "--data",
        metavar="FILE",
        help="records that a model is asked about: CSV, Parquet, or NPZ (an array attributes may"
        " have any shape), with a column label, member, id and groups as above; the others are"
        " attributes",
    )
    models.add_argument(
        "--train", metavar="FILE", help="instead, the records that the model was trained on,"
    )
    models.add_argument("--test", metavar="FILE", help="and others")
    models.add_argument(
        "--attribute",
        dest="attributes",
        metavar="COLUMN",
        action="append",
        default=[],
        help="what the model takes, in its order; may be repeated (default: the names that it"
        " knows, or else all columns that are nothing else)",
    )
    models.add_argument(
        "--class",
        dest="classes",
        metavar="CLASS",
        action="append",
        default=[],
        help="what the model's outputs stand for, in their order; may be repeated (default: what it"
        " knows, or else the labels in order)",
    )
    models.add_argument(
        "--model",
        dest="architecture",
        metavar="MODULE:CLASS",
        help="the torch.nn.Module that takes the weights of a .safetensors or .pt file; called"
        " without arguments, or with the shape of a record and the number of classes",
    )
    models.add_argument(
        "--trust",
        metavar="FILE|TYPE",
        action="append",
        default=[],
        help="a .joblib or .pkl file, whose program is run when it is loaded, or a type in a .skops"
        " file; may be repeated",
    )
    models.add_argument(
        "--budget",
        type=positive,
        metavar="N",
        default=10_000,
        help="records that an address is sent at most, for each model (default: 10000)",
    )
    models.add_argument(
        "--rate",
        type=float,
        metavar="N",
        default=100.0,
        help="records a second that an address is sent at most (default: 100)",
    )
    models.add_argument(
        "--epsilon",
        type=float,
        metavar="N",
        default=0.1,
        help="how far an attacker may move an attribute, in standard deviations (default: 0.1)",
    )


def _run(arguments: Namespace) -> str:
    needed("audit")
    from crosscurrent.validator.audits import Columns, Data, ModelSettings, audit
    from crosscurrent.validator.results import evidence

    given: dict[str, Any] = {
        each.name: value
        for each in fields(Columns)
        if (value := getattr(arguments, f"column_{each.name}")) is not None
    }
    if "groups" in given:
        given["groups"] = tuple(given["groups"])
    if arguments.export is not None:
        evidence.prepare(arguments.export)
    kept = store(arguments)
    kept.ready()
    with redirect_stdout(sys.stderr):  # what a model of the user's own prints is no answer
        document = audit(
            knowledge(arguments),
            arguments.before,
            arguments.after,
            data=Data(arguments.data, arguments.train, arguments.test),
            defense=arguments.defense,
            columns=Columns(**given),
            settings=ModelSettings(
                architecture=arguments.architecture,
                trust=tuple(arguments.trust),
                attributes=tuple(arguments.attributes),
                classes=tuple(arguments.classes),
                budget=arguments.budget,
                rate=arguments.rate,
                epsilon=arguments.epsilon,
            ),
            resamples=arguments.resamples,
            seed=arguments.seed,
            store=kept,
            knowledge=arguments.knowledge,
        )
    written = None
    if arguments.export is not None:
        written = evidence.export([cast("dict[str, Any]", document)], arguments.export)
    if arguments.json:
        return as_json(document)
    told = describe(document, style(arguments))
    return told if written is None else f"{told}\n\n{wrote(written)}"
