"""Report of what was measured: one HTML page that refers to nothing outside itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from crosscurrent.validator.results.kinds import kind_of
from crosscurrent.validator.results.pool_rows import COUNTED, limits, rows
from crosscurrent.validator.results.repeats import draws_of, inconclusive, repeats, unit

from ..answers.pools import pools
from ..text.measured import describe
from ..text.measured.collusion import collusion_sentence
from ..text.measured.pools import left_out, sentences, title
from ..text.measured.verdict import reason, sentence
from ..text.names import signed
from ..text.terminal import Style
from ..text.wording import NO_CHANGE

if TYPE_CHECKING:
    from jinja2 import Template

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.validator.results import pool_types

__all__ = ["report"]

_PAGE = "verdicts.html"
_WIDTH, _MARGIN = 460.0, 14.0
"""Of a figure, in pixels."""


def report(kb: KnowledgeBase, documents: Sequence[Mapping[str, Any]]) -> str:
    """Write a report.

    Parameters
    ----------
    kb : KnowledgeBase
        For the order and the codes of defenses and risks.
    documents : sequence of mapping
        As ``crosscurrent validate --json`` gives them, the latest last. Verdicts on the same data,
        with the same model and training, are told together; all others follow them.

    Returns
    -------
    str
        The page. It loads nothing and runs nothing; whatever names say is text in it.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    pairs = [each for each in documents if kind_of(each) == "verdict"]
    for document in pairs:
        groups.setdefault(_setup(document), []).append(document)
    return _template().render(
        no_change=NO_CHANGE,
        groups=[_group(kb, each) for each in groups.values()],
        peers=_peers(pairs),
        pools=_pools(kb, pairs),
        combinations=[each for each in documents if kind_of(each) == "combination"],
        collusions=[
            {**each, "figure": _figure(each)} for each in documents if kind_of(each) == "collusion"
        ],
        others=[
            describe(dict(each), Style(colour=False, unicode=True), here=False)
            for each in documents
            if kind_of(each) not in ("verdict", "combination", "collusion")
        ],
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"words": _words, "signed": signed, "said": sentence, "reason": reason}
    made.filters |= {
        "mean": fmean,
        "colluded": collusion_sentence,
        "repeats": repeats,
        "unsettled": inconclusive,
    }
    return made.get_template(_PAGE)


def _setup(document: Mapping[str, Any]) -> str:
    """Return what results have in common that are told together; how batches are drawn may vary."""
    training = {**document["settings"]["training"], "sampling": None}
    scale = {name: document["scale"][name] for name in ("dataset", "records", "model")}
    return json.dumps(
        [scale, training, document["settings"]["data"], document["seeds"], draws_of(document)],
        sort_keys=True,
    )


def _group(kb: KnowledgeBase, documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    rows = _ordered({each["defense"] for each in documents}, list(kb.defenses))
    columns = _ordered({each["risk"] for each in documents}, list(kb.risks))
    code = {name: each.code for name, each in kb.defenses.items()}
    code |= {name: each.code for name, each in kb.risks.items()}
    latest = {(each["defense"], each["risk"]): each for each in documents}
    several = Counter((each["defense"], each["risk"]) for each in documents)
    order = {name: i for i, name in enumerate((*rows, *columns))}
    cells = sorted(documents, key=lambda each: (order[each["defense"]], order[each["risk"]]))
    return {
        "scale": documents[-1]["scale"],
        "training": documents[-1]["settings"]["training"],
        "data": documents[-1]["settings"]["data"],
        "repeats": repeats(documents[-1]),
        "by": unit(documents[-1]),
        "rows": [(name, code.get(name) or "") for name in rows],
        "columns": [(name, code.get(name) or "") for name in columns],
        "latest": latest,
        "several": several,
        "cells": [{**each, "figure": _figure(each), "rows": _numbers(each)} for each in cells],
    }


def _pools(kb: KnowledgeBase, documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return cells that were measured on several data sets, each with where its figure's parts are.

    Of one result there is nothing to pool.
    """
    if len(documents) < 2:
        return []
    from crosscurrent.validator.results.pools import study

    found = pools(kb, map(study, documents))["pools"]
    return [
        {
            **each,
            "title": title(each),
            "said": sentences(each),
            "out": left_out(each),
            "figure": _forest(each),
        }
        for each in found
        if len(each["studies"]) > 1
    ]


def _forest(found: pool_types.Pool) -> dict[str, Any]:
    """Return where the parts of a forest plot are, a row for each result that counts."""
    smallest = found["smallest_effect"]
    place = _placing(*limits(found))
    return {
        "width": _WIDTH,
        "zero": place(0.0),
        "band": (place(-smallest), round(place(smallest) - place(-smallest), 1)),
        "rows": [
            {
                "name": name,
                "kind": kind,
                "low": place(each["low"]),
                "high": place(each["high"]),
                "estimate": place(each["estimate"]) if "estimate" in each else None,
                "size": round(2 + 4 * each.get("weight", 0.0) ** 0.5, 1),
            }
            for name, each, kind in rows(found, COUNTED)
        ],
    }


def _ordered(names: set[str], order: list[str]) -> list[str]:
    """Return names in an order; those that are not in it come last."""
    return sorted(names, key=lambda name: (name not in order, name in order and order.index(name)))


def _peers(documents: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Return the defenses and attacks that were used: kind, id and what they do."""
    if not documents:
        return []  # listing them takes what audits do without
    from crosscurrent.validator.experiments.catalogue import catalogue

    listed = catalogue()
    return [
        (kind, each["id"], each["about"])
        for kind, section in (("defense", "defenses"), ("risk", "risks"))
        for each in listed[section]
        if each["id"] in {document[kind] for document in documents} and "problem" not in each
    ]


def _figure(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the parts of a figure are: the effect, its interval, each seed, what matters."""
    found = document["effect"]
    smallest = found["smallest_effect"]
    seen = (found["low"], found["high"], -smallest, smallest, *found["differences"])
    place = _placing(min(seen), max(seen))
    return {
        "width": _WIDTH,
        "zero": place(0.0),
        "band": (place(-smallest), round(place(smallest) - place(-smallest), 1)),
        "low": place(found["low"]),
        "high": place(found["high"]),
        "estimate": place(found["estimate"]),
        "seeds": [place(each) for each in found["differences"]],
    }


def _placing(least: float, most: float) -> Callable[[float], float]:
    """Return the function from effects to pixels of a figure."""

    def place(value: float) -> float:
        return round(_MARGIN + (value - least) / (most - least) * (_WIDTH - 2 * _MARGIN), 1)

    return place


def _numbers(document: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return everything that was measured: name, mean without, mean with, by seed."""
    arms = {
        f"{risk}: {metric}": both
        for risk, metrics in document["metrics"].items()
        for metric, both in metrics.items()
    }
    arms["accuracy on test records"] = document["utility"]
    return [
        (
            _words(name),
            f"{fmean(both['baseline']):.4f}",
            f"{fmean(both['defended']):.4f}",
            " ".join(
                signed(after - before)
                for before, after in zip(both["baseline"], both["defended"], strict=True)
            ),
        )
        for name, both in arms.items()
    ]


def _words(identity: str) -> str:
    return identity.replace("_", " ")
