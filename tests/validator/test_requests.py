"""Requests as values: one declaration, of which command line, JSON and schema are made."""

from __future__ import annotations

import shlex
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscurrent.api.cli.parser import parser
from crosscurrent.api.cli.validate import add_request_arguments, requested
from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.requests import (
    REQUESTS,
    CollusionRequest,
    CombinationRequest,
    GridRequest,
    PairRequest,
    Request,
    Setup,
    VariationRequest,
    from_json,
    json_schema,
    option,
    options,
)

PAIR = {"defense": "RD1", "risk": "R1"}


def texts() -> st.SearchStrategy[str]:
    """Return texts as a command line takes them: the first character is no dash."""
    return st.from_regex(r"[a-zA-Z0-9_/ é'\"$][ -~é]{0,12}", fullmatch=True)


def setups() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "dataset": texts(),
            "model": texts(),
            "seeds": st.integers(0, 10**9 - 1),
            "settings": st.lists(texts(), max_size=4).map(tuple),
            "device": texts(),
            "memory": st.integers(1, 10**9 - 1),
            "threads": st.integers(1, 10**9 - 1),
        },
    )


def requests() -> st.SearchStrategy[Request]:
    return st.one_of(
        st.builds(lambda a, b, on: PairRequest(a, b, **on), texts(), texts(), setups()),
        st.builds(
            lambda a, b, c, on: VariationRequest(a, b, c, **on),
            texts(), texts(), texts(), setups(),
        ),
        st.builds(lambda on: GridRequest(**on), setups()),
        st.builds(
            lambda names, on: CombinationRequest(tuple(names), **on),
            st.lists(texts(), min_size=1, max_size=4), setups(),
        ),
        st.builds(lambda a, b, on: CollusionRequest((a, b), **on), texts(), texts(), setups()),
    )  # fmt: skip


@given(requests())
def test_a_request_comes_back_from_json_and_from_its_command_line(request: Request) -> None:
    told = request.to_json()
    jsonschema.Draft202012Validator(json_schema()).validate(told)
    assert from_json(told) == request
    assert from_json(told).to_json() == told
    words = shlex.split(request.command_line())
    assert words[0] == "crosscurrent"
    assert requested(parser().parse_args(words[1:])) == request


def test_the_first_word_after_validate_may_be_a_command() -> None:
    words = "validate collude poisoning evasion --seeds 3 --set first.fraction=0.1"
    assert requested(parser().parse_args(words.split())) == CollusionRequest(
        ("poisoning", "evasion"), seeds=3, settings=("first.fraction=0.1",)
    )


def test_every_option_is_in_the_schema_with_its_help() -> None:
    known = options(*REQUESTS)
    assert json_schema()["properties"].keys() == {n for n, each in known.items() if each.clients}
    for name, about in json_schema()["properties"].items():
        assert about["description"], name
    jsonschema.Draft202012Validator.check_schema(json_schema())
    for each in fields(Setup):
        assert each.name in known


@dataclass(frozen=True)
class _Later(PairRequest):
    """A pair with options of all sorts, as `validate` may get them one day."""

    marked_by: ClassVar[str | None] = None

    twice: bool = option(
        False, "do it again", read_as="switch", flag="--twice", group="machine", clients=True
    )
    sweep: tuple[str, ...] = option((), "sweep a setting", many=True, flag="--sweep", clients=True)
    optimizer: str = option(
        "adam", "updates", choices=("adam", "sgd"), flag="--optimizer", clients=True
    )
    cache: str | None = option(None, "a folder of this machine", flag="--cache")


def test_an_option_that_is_declared_later_is_there_without_further_ado() -> None:
    properties = json_schema([_Later])["properties"]
    assert properties["twice"] == {
        "type": "boolean", "default": False, "description": "do it again",
    }  # fmt: skip
    assert properties["optimizer"]["enum"] == ["adam", "sgd"]
    found = from_json({**PAIR, "sweep": ["a=1,2"], "twice": True}, [_Later])
    assert found == _Later("RD1", "R1", sweep=("a=1,2",), twice=True)
    assert found.command_line() == "crosscurrent validate RD1 R1 --sweep a=1,2 --twice"
    with pytest.raises(InputError, match="optimizer: should be one of adam, sgd, not 'lion'"):
        from_json({**PAIR, "optimizer": "lion"}, [_Later])


def test_clients_name_only_what_is_declared_to_be_theirs() -> None:
    """An option of the command line is none of a client's until its declaration says so."""
    assert "cache" not in json_schema([_Later])["properties"]
    with pytest.raises(UnknownName, match="unknown option 'cache'"):
        from_json({**PAIR, "cache": "/tmp"}, [_Later])
    question = ArgumentParser(add_help=False)
    add_request_arguments([_Later], question)
    given = question.parse_args(["RD1", "R1", "--cache", "/tmp", "--optimizer", "sgd"])
    assert (given.cache, given.optimizer, given.twice) == ("/tmp", "sgd", False)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"defense": "RD1", "risk": "R1"}, True),
        ({"defense": "RD1", "risk": "R1", "all": False}, True),
        ({"all": True, "seeds": 2}, True),
        ({"all": True, "defense": "RD1"}, False),
        ({"all": True, "defense": "RD1", "risk": "R1"}, False),
        ({"all": False}, False),
        ({"combine": ["RD3@pre", "RD2"]}, True),
        ({"combine": ["RD3@pre", "RD2"], "defense": "RD1"}, False),
        ({"combine": ["RD3@pre", "RD2"], "collude": ["poisoning", "evasion"]}, False),
        ({"collude": ["poisoning", "evasion"], "seeds": 3}, True),
        ({"collude": ["poisoning"]}, False),
        ({"collude": ["poisoning", "evasion"], "all": True}, False),
        ({"defense": "RD1"}, False),
        ({}, False),
    ],
)
def test_a_request_has_one_subject(asked: dict[str, Any], fits: bool) -> None:
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(asked) is fits
    if fits:
        from_json(asked)
    else:
        with pytest.raises(InputError):
            from_json(asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"defence": "RD1"}, "did you mean defense"),
        ({"store": "/etc/passwd"}, "unknown option 'store'"),
        ({"export": "x"}, "unknown option"),
        ({"plot": "x.svg"}, "unknown option"),
        ({"knowledge": ["x"]}, "unknown option"),
        ({"list": True}, "unknown option"),
        ({"run": "worker"}, "unknown option"),
        ({"executor": "processes:64"}, "unknown option"),
        ({"seeds": "3"}, "seeds: should be a whole number"),
        ({"seeds": True}, "seeds: should be a whole number"),
        ({"seeds": 2.0}, "seeds: should be a whole number"),
        ({"seeds": 10**12}, "seeds: should be a whole number, not"),
        ({"memory": 0}, "memory: should be a whole number from 1"),
        ({"all": 1}, "all: should be true or false"),
        ({"dataset": 3}, "dataset: should be a text"),
        ({"dataset": "a\0b"}, "null characters"),
        ({"dataset": "\ud800"}, "no text in Unicode"),
        ({"dataset": "a" * 2000}, "1000 characters"),
        ({"settings": "training.epochs=1"}, "settings: should be a list"),
        ({"settings": [1]}, "settings: should be a text"),
        ({"settings": ["a"] * 2000}, "at most 1000"),
        ({"collude": ["poisoning"]}, "collude: should be a list of two"),
        ({"combine": ["a", "b"], "vary": "D1=1,2"}, "ask for one"),
        ({"all": True, "defense": "RD1"}, "leave DEFENSE and RISK out"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        from_json(asked)


def test_what_is_so_by_default_need_not_be_said() -> None:
    assert from_json({**PAIR, "seeds": 5, "device": "cpu", "memory": None}).to_json() == PAIR
    assert from_json({"all": True, "settings": []}).to_json() == {"all": True}


def test_a_program_is_told_what_does_not_fit_as_a_client_is() -> None:
    given: Any = {"seeds": "3"}
    with pytest.raises(InputError, match="seeds: should be a whole number"):
        PairRequest("RD1", "R1", **given)
    with pytest.raises(InputError, match="threads: should be a whole number from 1"):
        replace(GridRequest(), threads=0)
    given = {"settings": ["b=1"]}
    assert PairRequest("RD1", "R1", **given) == PairRequest("RD1", "R1", settings=("b=1",))


def test_jobs_of_the_version_before_are_read() -> None:
    """As they were stored by version 0.1.0."""
    stored = {
        "dataset": "breast_cancer", "defense": "placebo", "model": "mlp-s", "risk": "evasion",
        "seeds": 2, "settings": ["training.epochs=1"], "threads": 1,
    }  # fmt: skip
    assert from_json(stored).to_json() == stored
    assert list(from_json(stored).to_json()) == sorted(stored)
    together = {"combine": ["RD3@pre", "outlier_removal"], "device": "cuda", "memory": 100}
    assert from_json(together) == CombinationRequest(
        ("RD3@pre", "outlier_removal"), device="cuda", memory=100
    )


def test_models_that_a_request_names_are_those_that_it_would_import() -> None:
    assert PairRequest("RD1", "R1").models() == ()
    assert GridRequest(model="a:B").models() == ("a:B",)
    settings = ("attack.shadow_model=a:B", "attack.shadows=8")
    assert PairRequest("RD1", "R1", settings=settings).models() == ("a:B",)
    assert VariationRequest("RD1", "R1", "M1= a:B ,mlp-s").models() == ("a:B", "mlp-s")


def test_the_command_that_gives_a_result_again_names_all_that_it_depends_on() -> None:
    found = PairRequest(
        "RD1", "R1", settings=("b=2", "a=1", "b=2"), memory=3, threads=2, device="cuda"
    ).again(["my folder"])
    assert found == (
        "crosscurrent validate RD1 R1 --dataset synthetic --model mlp-m --seeds 5 --set a=1"
        " --set b=2 --device cuda --knowledge 'my folder'"
    )
    assert CombinationRequest(("a@pre", "b@in"), seeds=3).again() == (
        "crosscurrent validate combine a@pre b@in --dataset synthetic --model mlp-m --seeds 3"
    )


def test_requests_are_made_without_what_measuring_needs() -> None:
    """Nothing heavy is imported: neither torch nor what reads command lines."""
    code = (
        "import sys, crosscurrent.validator.requests, crosscurrent.validator.measurements;"
        "print([n for n in ('torch', 'numpy', 'matplotlib', 'argparse') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
