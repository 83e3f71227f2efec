"""Records are values: they compare, hash and print by their fields, and do not change."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest

from crosscurrent import knowledge
from crosscurrent.knowledge import Attack, Influence, Need, load
from crosscurrent.knowledge._links import patterns
from crosscurrent.knowledge._records import KINDS, MODULES, Sections, kind


def test_records_compare_and_hash_by_type_and_fields() -> None:
    one, same = (Need(characteristic="output", value="label") for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != Need(characteristic="output", value="label", more_helps=True)
    assert one != ("output", "label", False)
    alike: Any = kind("Stake")(risk="evasion", basis="read")
    assert alike != kind("Satisfaction")(characteristic="evasion", value="read", degree="met")


def test_what_is_loaded_twice_is_equal() -> None:
    one, other = load(cached=False), load(cached=False)
    assert all(getattr(one, section) == getattr(other, section) for section in KINDS)


def test_records_print_as_dataclasses_do() -> None:
    printed = repr(Influence(cause="overfitting", sign="+"))
    assert printed == "Influence(cause='overfitting', sign='+', note=None)"


def test_records_do_not_change() -> None:
    need: Any = Need(characteristic="output", value="label")
    with pytest.raises(FrozenInstanceError):
        need.value = "score"
    with pytest.raises(FrozenInstanceError):
        del need.value


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("Edge", "Record")])
def test_every_record_type_is_a_public_dataclass(name: str) -> None:
    assert is_dataclass(kind(name))
    assert getattr(knowledge, name) is kind(name)
    assert name in knowledge.__all__
    assert name in dir(knowledge)


def test_sections_and_types_are_known_without_importing_them() -> None:
    script = (
        "import sys\nimport crosscurrent.knowledge\n"
        "from crosscurrent.knowledge._records import KINDS\n"
        "assert 'attacks' in KINDS and 'nonsense' not in KINDS and len([*KINDS]) == len(KINDS)\n"
        "path = 'crosscurrent.knowledge._records.'\n"
        "own = {m[len(path):] for m in sys.modules if m.startswith(path)}\n"
        "assert own == {'fields', 'rows'}, own\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert KINDS["attacks"] is Attack


def test_types_of_sections_are_the_same_for_a_type_checker_and_at_run_time() -> None:
    told = {name: text for name, text in Sections.__annotations__.items() if name != "__slots__"}
    assert told == {name: f"Mapping[str, {kind.__name__}]" for name, kind in KINDS.items()}


def test_every_link_of_a_record_type_names_one_of_its_fields_and_sections_that_exist() -> None:
    for section, record_type in KINDS.items():
        for path, targets in patterns(section):
            assert set(targets) <= set(KINDS), section
            inside: Any = record_type
            for step in path:
                if step in ("*", "**"):
                    continue
                assert step in {each.name for each in fields(inside)}, (section, path)
                inside = inside.NESTED.get(step)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = getattr(knowledge, "Nonsense")  # noqa: B009
