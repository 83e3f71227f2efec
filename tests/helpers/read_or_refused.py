"""Outcome of reading knowledge files, whatever they hold: knowledge, or problems in words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase, Problem
from crosscurrent.knowledge._files import Source
from crosscurrent.knowledge._reader import read

__all__ = ["check", "outcome"]

NOISE = re.compile(
    r"Traceback|<knowledge\.|<class|object at 0x|0x[0-9a-f]{8}|errors\.pydantic\.dev|pydantic"
    r"|_yaml\.|Error\(|dict_keys|NoneType"
)


def check(problem: Problem, files: Mapping[str, bytes]) -> None:
    """Assert that a problem says, in words, what is wrong where."""
    assert problem.file in files
    if problem.line:
        assert problem.column > 0
        text = files[problem.file].decode("utf-8-sig", "replace")
        lines = re.split("\r\n|\r|\n", text)
        assert problem.line <= len(lines) + 1
        width = len(lines[problem.line - 1]) if problem.line <= len(lines) else 0
        assert problem.column <= width + 1
    else:
        assert (problem.column, problem.field) == (0, "")
    assert problem.message.strip()
    assert len(problem.message) < 500
    assert len(problem.field) < 500
    assert str(problem).isprintable()
    assert not NOISE.search(str(problem))


def outcome(sources: list[Source], *below: list[Source]) -> KnowledgeBase | None:
    """Read files; the outcome must be knowledge, or problems that a person can use."""
    layers = [*below, sources]
    try:
        return KnowledgeBase(read(layers, builtin=len(layers)))
    except BrokenKnowledge as broken:
        problems = broken.problems
    files = {source.name: source.data for layer in layers for source in layer}
    assert problems
    assert list(problems[:1000]) == sorted(set(problems[:1000]))
    for problem in problems:
        check(problem, files)
    return None
