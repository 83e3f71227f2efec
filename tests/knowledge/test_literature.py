"""The literature layer: every record says on what it rests, and every work is there once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crosscurrent.knowledge import LAYERS, load
from crosscurrent.knowledge._files import LITERATURE

PAPERS_ALONE, BOTH = (
    load(builtin=layer, cached=False) for layer in (LAYERS["papers"], LAYERS["literature"])
)


def added(section: str) -> list[Any]:
    """Return the records that the literature adds or revises."""
    old = getattr(PAPERS_ALONE, section)
    return [each for name, each in getattr(BOTH, section).items() if old.get(name) != each]


@pytest.mark.parametrize("section", ["correlations", "observations", "combinations", "collusions"])
def test_every_record_has_a_source_and_says_whether_it_was_read(section: str) -> None:
    assert added(section)
    for record in added(section):
        assert record.sources, record.id
        revised = record.id in getattr(PAPERS_ALONE, section)
        assert revised or record.basis in ("read", "known", "inferred"), record.id


def test_every_observation_and_combination_says_in_what_setting() -> None:
    for section in ("observations", "combinations", "collusions"):
        for record in added(section):
            if record.id not in getattr(PAPERS_ALONE, section):
                assert record.setting, record.id


def test_observations_are_named_after_work_defense_and_risk() -> None:
    for record in added("observations"):
        if record.id not in PAPERS_ALONE.observations:
            work, defense, risk, *_ = record.id.split(".")
            assert work in {source.partition("#")[0] for source in record.sources}
            assert (defense, risk) == (record.defense, record.risk)


def test_one_work_has_one_reference_over_both_layers() -> None:
    def folded(title: str) -> str:
        return re.sub(r"[^a-z0-9]", "", title.lower())

    works = BOTH.references.values()
    for names in (
        [folded(work.title) for work in works if work.title],
        [work.arxiv for work in works if work.arxiv],
        [work.doi for work in works if work.doi],
    ):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_no_reference_condition_or_factor_of_the_literature_is_idle() -> None:
    files = sorted(Path(LITERATURE).glob("*.yaml"))
    text = {file.name: file.read_text() for file in files}
    for section, own in (("references", "references.yaml"), ("conditions", "conditions.yaml")):
        others = "".join(t for name, t in text.items() if name != own)
        for record in added(section):
            assert re.search(rf"\b{record.id}\b", others), record.id
    for factor in added("factors"):
        edges = [edge for edge in BOTH.correlations.values() if edge.factor == factor.id]
        assert {edge.subject in BOTH.risks for edge in edges} == {True, False}


def test_every_stage_that_is_named_has_a_variant_and_so_can_be_asked() -> None:
    named = [(edge.subject, edge.stage) for edge in BOTH.correlations.values()]
    named += [(seen.defense, seen.stage) for seen in BOTH.observations.values()]
    assert {f"{who}@{stage}" for who, stage in named if stage} <= BOTH.variants.keys()
    for defense in BOTH.defenses.values():
        assert defense.usual_stage in BOTH.stages(defense.id), defense.id


def test_every_file_says_at_its_head_what_it_holds_and_where_its_schema_is() -> None:
    for file in sorted(Path(LITERATURE).glob("*.yaml")):
        first, *rest = file.read_text().splitlines()
        assert first.startswith("# "), file
        assert any("yaml-language-server: $schema=" in line for line in rest), file
