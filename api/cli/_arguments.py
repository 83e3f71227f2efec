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
    "whole_from",
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
    return whole_from(0, text)


def positive(text: str) -> int:
    """Read a whole number from 1."""
    return whole_from(1, text)


def whole_from(least: int | None, text: str) -> int:
    """Read a whole number that is at least so large; None: of any sign."""
    from crosscurrent.validator.requests import whole_number

    try:
        return whole_number(text, least)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
