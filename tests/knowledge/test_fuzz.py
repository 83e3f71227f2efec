"""Fuzzed knowledge files: reading one ends in knowledge or in a list of problems.

The built-in files, and a small base cut out of them, are damaged at three levels: bytes, lines and
structure. Seeds are fixed, so a failure repeats; it names the damage in its assertion.
CROSSCURRENT_FUZZ sets how much is damaged.
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest
import yaml
from damage import ALL, BYTES, damaged
from pydantic import TypeAdapter
from read_or_refused import check, outcome
from small_knowledge import BUILT_IN, SMALL

from crosscurrent.knowledge import _yaml
from crosscurrent.knowledge._files import LITERATURE, read_folder
from crosscurrent.knowledge._records import KINDS

CASES = int(os.environ.get("CROSSCURRENT_FUZZ", "10"))
CHUNKS = range(8)
OF_PARSER, OF_READER, OF_PYTHON_LOADER = 16 * CASES, 10 * CASES, 4 * CASES
OF_BUILT_IN = -(-3 * CASES // 10)  # each is read whole
OF_LITERATURE = -(-CASES // 10)

WHOLE = ("conditions", "procedures", "catalogues", "mappings", "standards", "requirements")
OF_CONDITIONS_AND_NAMES = {
    *("when", "stage", "basis", "size", "setting", "data", "exceptions", "aliases", "procedures"),
    *("uses", "mitigates", "metric", "better_when", "works_if", "cost", "usual_stage"),
}


def as_pyyaml_says(value: Any) -> Any:
    """Return a tree as PyYAML builds it, with keys as texts, which is how they are written."""
    if isinstance(value, dict):
        return {"" if k is None else str(k): as_pyyaml_says(v) for k, v in value.items()}
    return [as_pyyaml_says(v) for v in value] if isinstance(value, list) else value


def test_the_small_base_is_sound_and_has_every_kind_of_record() -> None:
    kb = outcome(SMALL)
    assert kb is not None
    assert all(kb.rows.values())


def test_every_field_for_conditions_and_names_is_among_what_is_damaged() -> None:
    for section, record_type in KINDS.items():
        fields = set(TypeAdapter(record_type).json_schema()["properties"])
        wanted = fields if section in WHOLE else fields & OF_CONDITIONS_AND_NAMES
        written = {
            field
            for source in SMALL
            for record in yaml.safe_load(source.data).get(section, [])
            for field in record
        }
        assert wanted <= written, section


@pytest.mark.parametrize("chunk", CHUNKS)
def test_damaged_bytes_give_a_tree_or_problems_in_words(chunk: int) -> None:
    for turn in range(OF_PARSER):
        rng = random.Random(f"parse {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(SMALL)], BYTES)
        tree, problems = _yaml.parse(source.data, source.name)
        assert tree or problems or yaml.safe_load(source.data) is None, f"turn {turn}"
        for problem in problems:
            check(problem, {source.name: source.data})


@pytest.mark.parametrize("chunk", CHUNKS)
def test_what_is_accepted_means_the_same_to_another_reader(chunk: int) -> None:
    compared = 0
    for turn in range(OF_PARSER // 4):
        rng = random.Random(f"compare {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(SMALL)], ALL)
        tree, problems = _yaml.parse(source.data, source.name)
        # PyYAML alone takes 1e5 for a text
        if tree is not None and not problems and not re.search(rb"\d[eE][-+]?\d", source.data):
            other = yaml.load(source.data, Loader=yaml.CSafeLoader)
            assert tree.plain() == as_pyyaml_says(other), f"turn {turn}"
            compared += 1
    assert compared > OF_PARSER // 20


@pytest.mark.parametrize("chunk", CHUNKS)
def test_damaged_files_give_knowledge_or_problems_in_words(chunk: int) -> None:
    loaded = 0
    for turn in range(OF_READER):
        rng = random.Random(f"read {chunk} {turn}")
        loaded += outcome(damaged(rng, SMALL, ALL)) is not None
    assert 0.02 < loaded / OF_READER < 0.6, "the damage is too slight or too heavy to be of use"


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_damaged_built_in_file_gives_knowledge_or_problems_in_words(chunk: int) -> None:
    for turn in range(OF_BUILT_IN):
        outcome(damaged(random.Random(f"base {chunk} {turn}"), BUILT_IN, ALL))


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_damaged_file_of_the_literature_gives_knowledge_or_problems_in_words(chunk: int) -> None:
    literature, _ = read_folder(LITERATURE, "literature")
    for turn in range(OF_LITERATURE):
        outcome(damaged(random.Random(f"literature {chunk} {turn}"), literature, ALL), BUILT_IN)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_reading_is_as_safe_where_pyyaml_has_no_libyaml(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_yaml, "_LOADER", yaml.SafeLoader)
    small = [s for s in SMALL if len(s.data) < 1300]
    for turn in range(OF_PYTHON_LOADER):
        rng = random.Random(f"python {chunk} {turn}")
        (source,) = damaged(rng, [rng.choice(small)], ALL)
        _, problems = _yaml.parse(source.data, source.name)
        for problem in problems:
            check(problem, {source.name: source.data})
