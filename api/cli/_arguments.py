"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, _ActionsContainer

__all__ = [
    "add_adversary_option",
    "add_executor_option",
    "add_knowledge_option",
    "add_output_options",
    "add_pair_arguments",
    "add_store_option",
    "natural",
    "positive",
    "whole_from",
]


def add_knowledge_option(parser: ArgumentParser) -> None:
    """Add where the knowledge comes from."""
    group = parser.add_argument_group("knowledge")
    group.add_argument(
        "--knowledge",
        metavar="DIR",
        action="append",
        default=[],
        help="add the knowledge files in this folder, or of the installed plug-in of this name, on"
        " top of the built-in ones; may be repeated, applied after those in"
        " CROSSCURRENT_KNOWLEDGE. Three words are no folders: papers,"
        " what the three papers state alone, literature, what others published as well, and all,"
        " with what was measured in reference models, which is asked anyway",
    )


def add_output_options(parser: ArgumentParser) -> None:
    """Add how the answer is printed."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="one JSON document on standard output")
    group.add_argument("--no-color", action="store_true", help="disable colors (like NO_COLOR)")


def add_adversary_option(parser: _ActionsContainer) -> None:
    """Add who attacks."""
    parser.add_argument(
        "--adversary",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a property of the adversary; crosscurrent kb show adversary lists them",
    )


def add_pair_arguments(parser: ArgumentParser, *, needed: bool = True) -> None:
    """Add a defense, which may not be `needed`, and, if one is given, a risk."""
    parser.add_argument(
        "defense",
        metavar="DEFENSE",
        nargs=None if needed else "?",
        help="id, code or alias of a defense",
    )
    parser.add_argument("risk", metavar="RISK", nargs="?", help="id, code or alias of a risk")


def add_executor_option(
    parser: _ActionsContainer, default: str | None = "here", more: str = ""
) -> None:
    """Add where models are trained."""
    parser.add_argument(
        "--executor",
        default=default,
        metavar="WHERE",
        help="where models are trained: here (default), in processes:N of this machine, or on a Ray"
        f" cluster, ray or ray:HOST:PORT; the results are the same{more}",
    )


def add_store_option(parser: _ActionsContainer) -> None:
    """Add where results are kept."""
    parser.add_argument(
        "--store",
        metavar="FILE",
        help="where results are kept (default: $CROSSCURRENT_RESULTS, or"
        " ~/.local/share/crosscurrent/results.sqlite)",
    )


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
