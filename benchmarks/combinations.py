"""Measure the combinations of defenses that were published, and compare with what was predicted.

``python benchmarks/combinations.py [--dataset NAME]... [--seeds N] [--threads N] [--json]``. Every
published pair is measured in every order; arms that pairs have in common are trained once.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from report import Section, table
from timing import machine

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.conflicts import combine, outcome_of
from crosscurrent.validator.experiments.combination_verdicts import judge_combination
from crosscurrent.validator.experiments.combinations import Combination, combination
from crosscurrent.validator.experiments.measuring import whole
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.engine import finish

__all__ = ["Figure", "figures", "main", "pairs"]

_DATA = ("synthetic", "digits")


class Figure(NamedTuple):
    """What came out for one pair on one data set: which of the two got worse, and by how much."""

    code: str
    defenses: str
    predicted: str
    published: str
    data: str
    measured: str
    verdict: str
    drops: str


def pairs(kb: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    """Return the published pairs by their codes."""
    return {
        each.code: each.defenses
        for each in kb.combinations.values()
        if each.code and len(each.defenses) == 2
    }


def figures(
    kb: KnowledgeBase, data: str, seeds: int, threads: int | None, settings: Sequence[str] = ()
) -> list[Figure]:
    """Measure all published pairs on one data set; say so of those that it cannot show."""
    planned: dict[str, Combination | str] = {}
    for code, names in pairs(kb).items():
        try:
            planned[code] = combination(kb, names, data=data, seeds=seeds, settings=settings)
        except InputError as error:
            planned[code] = str(error)
    able = {code: each for code, each in planned.items() if isinstance(each, Combination)}
    with tempfile.TemporaryDirectory() as folder:
        found = finish(list(able.values()), Store(f"{folder}/c.sqlite"), threads=threads)
    results = dict(zip(able, found, strict=True))
    rows = []
    for code, names in pairs(kb).items():
        answer = combine(kb, names)
        conjecture = "effective" if answer.effective else "conflict"
        proposed = [[variant.id for variant in order] for order in answer.orders]
        known = {
            "conjecture": conjecture,
            "proposed": proposed,
            "conflicts": [],
            "published": [],
        }
        shown: Mapping[str, Any] = {"outcome": "not measured", "verdict": "", "orders": []}
        if code in able:
            shown = judge_combination(able[code], whole(results[code]), known).document()
        rows.append(
            Figure(
                code,
                " + ".join(names),
                conjecture,
                outcome_of(kb.combinations[f"defcon.{code.lower()}"]),
                data,
                shown["outcome"],
                shown["verdict"],
                "; ".join(_drops(shown["orders"])),
            )
        )
    return rows


def _drops(orders: Iterable[dict[str, Any]]) -> list[str]:
    """Say what got worse, or what cannot be told, in the first order."""
    for order in orders:
        return [
            f"{each['defense']} {each['drop']['estimate']:+.2f}"
            + ("" if each["outcome"] == "drops" else " ?")
            + ("" if each["effective_alone"] else " (not effective alone)")
            for each in order["constituents"]
            if each["outcome"] != "kept"
        ]
    return []


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description="Measure the published combinations.")
    parser.add_argument("--dataset", action="append", help="default: synthetic and digits")
    parser.add_argument("--seeds", type=int, default=10, help="paired seeds")
    parser.add_argument("--threads", type=int, help="default: the cores")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    arguments = parser.parse_args()
    start, kb = perf_counter(), load()
    rows = [
        each
        for data in arguments.dataset or _DATA
        for each in figures(kb, data, arguments.seeds, arguments.threads, arguments.settings)
    ]
    if arguments.json:
        print(json.dumps({"machine": machine(), "combinations": [r._asdict() for r in rows]}))
        return 0
    counts = Counter((each.predicted, each.measured) for each in rows)
    notes = (
        machine(),
        f"{arguments.seeds} paired seeds, 95 % intervals; {perf_counter() - start:.0f} s in all",
        "drops: by how much each defense is worse than alone, in the unit of its metric;"
        " ? inconclusive with these seeds",
        *(f"predicted {p}, measured {m}: {n}" for (p, m), n in sorted(counts.items())),
    )
    print(table(Section("combinations", "Published combinations, measured", notes, tuple(rows))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
