"""Commands that assessments advise to measure: each is one that `crosscurrent validate` takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import Ask

from crosscurrent.api.text.experiments import STAGES, experiment
from crosscurrent.api.text.markup import code, escaped
from crosscurrent.validator.defenses import defenses

PLACEBO = "placebo"


def test_exactly_the_built_in_experiments_are_known() -> None:
    built_in = {(each.id, each.stage) for each in defenses().values() if each.id != PLACEBO}
    assert {(name, stage) for name, own in STAGES.items() for stage in own} == built_in


@pytest.mark.parametrize(
    ("defense", "command"),
    [
        ("group_fairness", "crosscurrent validate group_fairness evasion"),
        ("group_fairness@post", "crosscurrent validate group_fairness@post evasion"),
        ("differential_privacy@post", ""),
        ("pate", ""),
        ("pate@in", ""),
    ],
)
def test_a_stage_without_an_experiment_has_no_command(defense: str, command: str) -> None:
    assert experiment(defense, "evasion") == command


@pytest.mark.parametrize(
    ("name", "known"),
    [("pate@in", False), ("input_purification", False), ("group_fairness@post", True)],
)
def test_no_command_is_advised_that_validate_refuses(
    ask: Ask, tmp_path: Path, name: str, known: bool
) -> None:
    path = tmp_path / "d.yaml"
    text = {"deployment": 1, "name": "x", "defenses": [{"defense": name}]}
    path.write_text(json.dumps(text))
    assessed = ask("assess", str(path)).out
    told = " ".join((assessed + ask("check", str(path), "--today", "2027-01-15").out).split())
    advised = set(re.findall(r"crosscurrent validate (\S+) ", told))
    assert advised == ({name} if known else set())
    assert "no evidence, no evidence" not in told
    assert ("no experiment for it is built in" in told) != known


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("~~~", "\\~\\~\\~"),
        ("a\n\n# b", "a \\# b"),
        ("`<b>", "\\`\\<b\\>"),
        ("R&D &lt;", "R&D \\&lt;"),
        ("data_size _x_", "data_size \\_x\\_"),
    ],
)
def test_signs_of_markdown_are_escaped(words: str, shown: str) -> None:
    assert escaped(words) == shown


def test_a_code_span_holds_backticks() -> None:
    assert code("a b") == "`a b`"
    assert code("a `b`` c") == "``` a `b`` c ```"
