"""Measure on UCI Adult what the S&P 2024 paper's authors found in two experiments of their own.

``python benchmarks/adult.py PATH/adult.data [--seeds N] [--records N] [--store FILE] [--json]``.
Group fairness and data reconstruction, with 10, 20 and 30 attributes; explanations and
distribution inference, with 15, 25 and 35 attributes, and with models of growing capacity. It is
the shape that can be compared: which numbers rise or fall. Data and groups are theirs; attacks,
models and the fair training are ours, on fewer records, so that two cores can do it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from statistics import fmean
from typing import Any, NamedTuple

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from report import Section, table
from timing import machine

from crosscurrent.api.cli.progress import VariationProgress
from crosscurrent.knowledge import load
from crosscurrent.validator.measurements import prepare
from crosscurrent.validator.requests import VariationRequest
from crosscurrent.validator.results.store import Store

__all__ = ["QUESTIONS", "Question", "Row", "Shift", "asked", "rows", "shifts"]


class Question(NamedTuple):
    """One of their tables, asked anew, and what it shows there."""

    title: str
    defense: str
    risk: str
    vary: str
    model: str | None
    settings: tuple[str, ...]
    theirs: str


QUESTIONS = (
    Question(
        "Group fairness and data reconstruction, by attributes",
        "group_fairness",
        "data_reconstruction",
        "attribute_count=10,20,30",
        "mlp-s",
        (
            "training.epochs=5",
            "defense.parity=equalized_odds",
            "defense.strength=1",
            "attack.epochs=100",
        ),
        "reconstruction loss 0.85 0.93 0.95 without, 0.95 0.93 0.94 with fair training",
    ),
    Question(
        "Explanations and distribution inference, by attributes",
        "explanations",
        "distribution_inference",
        "attribute_count=15,25,35",
        "mlp-m",
        ("training.epochs=10", "defense.steps=50"),
        "attack accuracy from integrated gradients 81.1 66.1 50.4 %, shares 0.1 against 0.5",
    ),
    Question(
        "Explanations and distribution inference, by capacity",
        "explanations",
        "distribution_inference",
        "model_capacity=mlp-s,mlp-m,mlp-l",
        None,
        ("training.epochs=10", "defense.steps=50", "data.attributes=15"),
        "attack accuracy 47.6 53.3 62.6 69.9 % with 5.7K 44K 274K 733K parameters",
    ),
)
"""Settings beside the default ones: so few passes that models hardly overfit, a penalty that lowers
the equalised-odds gap, and points enough for attributions that add up."""


class Row(NamedTuple):
    """What came out at one value: means over the seeds, and the effect with its interval."""

    value: str
    factor: float
    without: str
    with_it: str
    effect: str
    low: str
    high: str
    outcome: str
    effective: bool
    accuracy: str


class Shift(NamedTuple):
    """A change from the lowest value to the highest, beside what the factors predict."""

    what: str
    change: str
    low: str
    high: str
    outcome: str
    predicted: str
    verdict: str


def asked(question: Question, path: str, seeds: int, records: int) -> VariationRequest:
    """Return a question as a request."""
    return VariationRequest(
        question.defense,
        question.risk,
        question.vary,
        model=question.model,
        dataset=path,
        seeds=seeds,
        settings=(f"data.records={records}", *question.settings),
    )


def rows(document: dict[str, Any]) -> Iterator[Row]:
    """Return what came out at each value."""
    measured = document["trend"]["factor"]["baseline"]
    for value, factor, cell in zip(
        document["vary"]["values"], measured, document["cells"], strict=True
    ):
        effect, utility = cell["effect"], cell["utility"]
        accuracy = (fmean(utility[arm]) for arm in ("baseline", "defended"))
        yield Row(
            str(value),
            fmean(factor),
            f"{fmean(cell['baseline']):.3f}",
            f"{fmean(cell['defended']):.3f}",
            _signed(effect["estimate"]),
            _signed(effect["low"]),
            _signed(effect["high"]),
            cell["outcome"],
            cell["effective_defense"],
            " ".join(f"{each:.3f}" for each in accuracy),
        )


def shifts(document: dict[str, Any]) -> Iterator[Shift]:
    """Return how the effect, and the risk without and with the defense, change."""
    for name, what in (("effect", "effect"), ("baseline", "without"), ("defended", "with")):
        found = document["trend"][name]
        yield Shift(
            what,
            _signed(found["estimate"]),
            _signed(found["low"]),
            _signed(found["high"]),
            found["outcome"],
            found["expected"] or "nothing",
            found["verdict"],
        )


def _signed(number: float) -> str:
    return f"{number:+.3f}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", help="adult.data, as UCI publishes it")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--records", type=int, default=8000, help="of its records")
    parser.add_argument("--store", help="keep trials there, to go on when killed")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(given.store or f"{folder}/adult.sqlite")
        for question in QUESTIONS:
            request = asked(question, given.path, given.seeds, given.records)
            plan = prepare(load(), request)
            documents.append(plan.run(store, _watching(plan)).document())
            if not given.json:
                _show(question, documents[-1])
    if given.json:
        print(json.dumps({"machine": machine(), "adult": documents}))
    return 0


def _watching(plan: Any) -> VariationProgress:
    return VariationProgress(plan.variation.name.lower(), plan.variation.values)


def _show(question: Question, document: dict[str, Any]) -> None:
    if document["trend"]["effect"] is None:
        print(f"{question.title}: {document['trend']['reason']}\n")
        return
    scale, effect = document["cells"][0]["scale"], document["cells"][0]["effect"]
    notes = (
        machine(),
        f"{scale['records']} records, {scale['training_records']} train a model by default;"
        f" {len(document['cells'][0]['seeds'])} paired seeds",
        f"{effect['name']}; {effect['worse_when']} is worse; effect: + is more susceptible",
        f"theirs: {question.theirs}",
    )
    print(table(Section("values", question.title, notes, tuple(rows(document)))))
    print(table(Section("trend", "from the lowest to the highest", (), tuple(shifts(document)))))


if __name__ == "__main__":
    sys.exit(main())
