"""The measured layer of the built-in knowledge, made from kept documents of grids.

A cell becomes an observation if it is evidence (`validator.results.outcomes.conclusive`), if an
increase or a decrease is left once the false discovery rate of its table is held at
`FALSE_DISCOVERIES`, and if it is not so near a threshold that another machine may say otherwise.
Inconclusive cells, and those that are evidence of nothing, leave nothing.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import yaml

from crosscurrent.knowledge.errors import InputError

from ..attacks import attack_on
from ..results.evidence import records
from ..results.outcomes import conclusive
from ..results.repeats import draws_of
from .grid_documents import FALSE_DISCOVERIES, verdicts
from .table_documents import DATASET, slug, table

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["REFERENCE", "layer"]

REFERENCE: Final = "crosscurrent_tables"
"""Id of the one work that all tables are: same program, same attacks, same kinds of models."""

_HEADING: Final = (
    "# Made from the documents of measured grids by docs/measured_layer.py: not to edit.\n"
)
_DIGITS: Final = 6
_SETTING: Final = "--set"


def layer(tables: Mapping[str, bytes], kb: KnowledgeBase) -> dict[str, str]:
    """Return the files of the layer.

    Parameters
    ----------
    tables : mapping from str to bytes
        By file name, documents as ``crosscurrent validate --all --json`` prints them, of one data
        set each. None makes an empty layer.
    kb : KnowledgeBase
        The knowledge that the layer comes on top of: an observation takes the conditions of its
        attack by which publications on the pair part.

    Returns
    -------
    dict of str to str
        Content by file name: ``tables.yaml``, which says how each table was measured, and a file of
        observations for each data set.

    Raises
    ------
    InputError
        One of the documents is no grid, lacks what is read of it, is of a data set that another one
        is of, or is about a defense or a risk that the knowledge does not have. It names the file.
    """
    made: list[dict[str, Any]] = []
    files: dict[str, str] = {}
    for name in sorted(tables):
        document = table(name, tables[name])
        dataset = slug(document["dataset"])
        if f"{dataset}.yaml" in files:
            raise InputError(f"{name}: another table is of {document['dataset']}, too; keep one")
        seen = list(_observations(name, document, kb))
        files[f"{dataset}.yaml"] = _yaml({"observations": seen})
        made.append(_table(document, tables[name], len(seen)))
    reference = {
        "id": REFERENCE,
        "status": "confirmed",
        "authors": "Crosscurrent",
        "title": "Every defense against every risk, measured in reference models",
        "tables": made,
    }
    return {"tables.yaml": _yaml({"references": [reference]}), **files}


def _observations(
    name: str, document: Mapping[str, Any], kb: KnowledgeBase
) -> Iterator[dict[str, Any]]:
    """Yield an observation for each cell that is evidence of an effect, or of none."""
    for cell in verdicts(dict(document)):
        if cell["defense"].partition("@")[0] not in kb.defenses or cell["risk"] not in kb.risks:
            pair = f"{cell['defense']} → {cell['risk']}"
            raise InputError(f"{name}: {pair}: not a defense and a risk of the knowledge below")
        if conclusive(cell) and _survives(cell):
            yield _observation(cell, document["dataset"], kb)


def _survives(cell: Mapping[str, Any]) -> bool:
    """Say whether an outcome is left after correction, and not within noise of a threshold."""
    q_value = cell["effect"]["q_value"]
    corrected = q_value is not None and q_value <= FALSE_DISCOVERIES
    return (corrected or cell["outcome"] == "no_change") and not cell["near_threshold"]


def _observation(cell: Mapping[str, Any], dataset: str, kb: KnowledgeBase) -> dict[str, Any]:
    (row,) = records(cell)["observations"]
    subjects = [slug(dataset), *cell["defense"].split("@"), cell["risk"]]
    found = {
        **row,
        "id": ".".join(["measured", *subjects]),
        "data": [dataset],
        "size": {
            "metric": cell["effect"]["name"],
            "before": round(fmean(cell["baseline"]), _DIGITS),
            "after": round(fmean(cell["defended"]), _DIGITS),
        },
        "sources": [f"{REFERENCE}#{slug(dataset, '-')}"],
        "table": {
            "dataset": dataset,
            "draws": draws_of(cell),
            "seeds": len(cell["seeds"]),
            "result": cell["id"],
        },
    }
    if when := _conditions(row["defense"], row["risk"], kb):
        found["when"] = when
    return found


def _conditions(defense: str, risk: str, kb: KnowledgeBase) -> dict[str, str]:
    """Return what of the attack's adversary publications on the pair part by."""
    told = [
        when
        for record in kb.observed_at_any_stage(defense, risk)
        for when in (record.when, *(each.when for each in record.exceptions))
    ]
    named = {key for when in told if when for key in when}
    attack = attack_on(risk)
    adversary = attack.adversary if attack else {}
    return {key: value for key, value in adversary.items() if key in named}


def _table(document: Mapping[str, Any], content: bytes, observed: int) -> dict[str, Any]:
    """Return how a table was measured."""
    cells = verdicts(dict(document))
    versions = sorted({_machine(cell["software"]) for cell in cells})
    found = {
        "dataset": document["dataset"],
        "model": document["model"],
        "draws": draws_of(document),
        "seeds": len(document["seeds"]),
        "command": _command([cell["command"] for cell in cells]),
        "document": hashlib.sha256(content).hexdigest(),
        "knowledge": document["knowledge"],
        "machine": "; ".join(versions),
        "cells": len(cells),
        "observed": observed,
    }
    if protocol := document.get("protocol"):
        found["protocol"] = protocol["digest"]
        found["command"] = _by_protocol(cells[0]["command"])
    return found


def _machine(software: Mapping[str, str]) -> str:
    return ", ".join(
        [
            f"{software['system']} {software['machine']} ({software['kernels']})",
            *(f"{name} {software[name]}" for name in ("python", "numpy", "torch")),
        ]
    )


def _command(commands: list[str]) -> str:
    """Return the command of the whole table from those of its cells.

    They are ``crosscurrent validate DEFENSE RISK`` with options, which all cells share but for
    settings that are of some cells alone.
    """
    options: dict[tuple[str, ...], None] = {}
    for command in commands:
        words = shlex.split(command)[4:]
        start = 0
        for end in range(1, len(words) + 1):
            if end == len(words) or words[end].startswith("--"):
                options.setdefault(tuple(words[start:end]))
                start = end
    ordered = sorted(options, key=lambda option: option[0] == _SETTING)
    words = [word for option in ordered for word in option]
    return shlex.join(["crosscurrent", "validate", "--all", *words])


def _by_protocol(command: str) -> str:
    """Return the command of a whole table that was measured by the protocol, from one of a cell."""
    words = shlex.split(command)
    dataset = words[words.index(DATASET) + 1]
    return shlex.join(["crosscurrent", "validate", "--all", "--protocol", DATASET, dataset])


def _yaml(content: Mapping[str, Any]) -> str:
    return _HEADING + yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=100)
