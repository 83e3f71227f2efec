"""A grid is a family of tests: signed outcomes are corrected; what is no evidence is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outcomes import verdict
from scipy.stats import false_discovery_control

from crosscurrent.api.text.measured.grid import counted
from crosscurrent.api.text.measured.verdict import sentence
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.experiments.document_types import Grid as GridDocument
from crosscurrent.validator.experiments.grid_documents import grid_document
from crosscurrent.validator.experiments.grids import Cell, Grid
from crosscurrent.validator.experiments.verdicts import Verdict

SEEDS = (0, 1, 2, 3)


def _grid(found: list[Verdict]) -> GridDocument:
    cells = tuple(
        Cell(each.experiment.defense.id, each.experiment.attack.risk, (), each.experiment)
        for each in found
    )
    known = [{"conjecture": each.conjecture, "published": [], "command": ""} for each in found]
    return grid_document(Grid("digits", "mlp-s", SEEDS, 1, cells), found, known, "sha256:0")


def test_q_values_are_those_of_benjamini_and_hochberg_over_what_is_evidence(
    kb: KnowledgeBase,
) -> None:
    shows: list[str | tuple[float, ...]] = [
        "increase",
        "decrease",
        "no_change",
        "inconclusive",
        (0.03, 0.05, 0.04, 0.06),
    ]
    evidence = [verdict(kb, shows=each, reading=1.0) for each in shows]
    at_floor = verdict(kb, shows="no_change", level=0.5, conjecture="decrease", reading=1.0)
    untested = [verdict(kb, reading=1.0, accuracy=0.3), verdict(kb, reading=0.1)]
    found = _grid([*evidence, at_floor, *untested])
    p_values = [each.effect.p_value for each in (*evidence, at_floor)]
    q_values = [each["effect"]["q_value"] for each in found["cells"] if "reason" not in each]
    assert q_values[:6] == pytest.approx(false_discovery_control(p_values).tolist())
    assert q_values[6:] == [None, None]
    counts = found["counts"]
    assert counts["with_outcome"] == 4
    assert (counts["signed"], counts["signed_after_correction"]) == (3, 3)
    assert (counts["nothing_to_move"], counts["no_longer_useful"]) == (1, 1)
    assert (counts["ineffective"], counts["cannot_change"]) == (1, 0)
    assert "4 cells have an outcome that is evidence" in counted(counts)


def test_one_signed_outcome_among_many_open_ones_does_not_survive(kb: KnowledgeBase) -> None:
    draw = np.random.default_rng(0)
    barely = verdict(kb, shows=(0.03, 0.05, 0.01, 0.06), reading=1.0)
    assert barely.outcome == "increase"
    others = [
        verdict(kb, shows=tuple(draw.normal(0, 0.2, 4).tolist()), reading=1.0) for _ in range(20)
    ]
    counts = _grid([barely, *others])["counts"]
    assert counts["signed"] >= 1
    assert counts["signed_after_correction"] == 0


def test_a_grid_of_nothing_but_no_evidence_has_no_family(kb: KnowledgeBase) -> None:
    counts = _grid([verdict(kb, reading=0.1)])["counts"]
    assert (counts["with_outcome"], counts["signed"], counts["ineffective"]) == (0, 0, 1)


def test_what_was_published_of_another_mechanism_is_counted_apart(kb: KnowledgeBase) -> None:
    alike = verdict(kb, reading=1.0, published=("increase",))
    another = replace(verdict(kb, reading=1.0), other_mechanism=("increase",))
    open_ = replace(verdict(kb, shows="inconclusive", reading=1.0), other_mechanism=("increase",))
    found = _grid([alike, another, open_])
    counts = found["counts"]
    assert (counts["as_published"], counts["unlike_published"]) == (1, 0)
    assert counts["another_mechanism"] == 1
    assert "What was published for 1 more is about another mechanism." in counted(counts)
    told = sentence(another.document())
    assert "What was published (increase) is about another mechanism." in told
    assert "That is as published" not in told
    assert "another mechanism" not in sentence(alike.document())
