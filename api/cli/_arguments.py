"""What questions are described with: arguments that several take, and how they are offered."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Protocol, cast

__all__ = [
    "Questions",
    "adversary",
    "also",
    "ask",
    "defense_and_risk",
    "knowing",
    "natural",
    "positive",
    "printing",
    "whole",
]

Questions = Mapping[str, tuple[str, Callable[[ArgumentParser], None]]]
"""Summaries, and functions that describe a question and add its arguments, by name."""


def ask(above: ArgumentParser, questions: Questions, *, title: str, metavar: str) -> None:
    """Let a parser be followed by one of these questions."""
    # a given prog keeps argparse from formatting usage, and importing shutil, at every start
    below = above.add_subparsers(title=title, metavar=metavar, required=True, prog=above.prog)
    for name, (summary, fill) in questions.items():
        below.add_parser(name, help=summary, fill=fill)


class _Forking(Protocol):
    """A parser that leaves some lines to others."""

    def also(self, questions: Questions) -> None:
        """Let some first words stand for questions of their own."""


def also(question: ArgumentParser, others: Questions) -> None:
    """Let the first word after a question stand for another one."""
    cast("_Forking", question).also(others)


def knowing(question: ArgumentParser) -> None:
    """Add where the knowledge comes from."""
    group = question.add_argument_group("knowledge")
    group.add_argument(
        "--knowledge",
        metavar="DIR",
        action="append",
        default=[],
        help="add the knowledge files in this folder on top of the built-in ones; may be repeated,"
        " and follows those in CROSSCURRENT_KNOWLEDGE",
    )


def printing(question: ArgumentParser) -> None:
    """Add how the answer is printed."""
    group = question.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON document on standard output")
    group.add_argument("--no-color", action="store_true", help="no colours, as NO_COLOR does")


def adversary(question: argparse._ActionsContainer) -> None:
    """Add who attacks."""
    question.add_argument(
        "--adversary",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="what the adversary is, knows or can do; crosscurrent kb show adversary lists them",
    )


def defense_and_risk(question: ArgumentParser) -> None:
    """Add a defense and, if one is given, a risk."""
    question.add_argument("defense", metavar="DEFENSE", help="id or code of a defense")
    question.add_argument("risk", metavar="RISK", nargs="?", help="id or code of a risk")


def natural(text: str) -> int:
    """Read a whole number from 0."""
    return _whole(text, 0)


def positive(text: str) -> int:
    """Read a whole number from 1."""
    return _whole(text, 1)


def whole(text: str) -> int:
    """Read a whole number of any sign; what it is for says which will do."""
    return _whole(text, None)


def _whole(text: str, least: int | None) -> int:
    digits = text.removeprefix("-") if least is None else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        pass
    elif least is None or int(text) >= least:
        return int(text)
    allowed = "" if least is None else f" from {least} to 999999999"
    raise argparse.ArgumentTypeError(f"should be a whole number{allowed}, not {text!r}")
