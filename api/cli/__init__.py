"""The command line: ``crosscurrent COMMAND ...``, and a module for each command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper

from crosscurrent.knowledge.errors import BrokenFiles, InputError

__all__ = ["main"]

ANSWERED, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``crosscurrent``; by default those the process was started with.

    Returns
    -------
    int
        0 answered, 2 bad input, 1 anything else that went wrong, 130 interrupted.
    """
    from .parser import parser

    try:
        parsing = parser()
        if "_ARGCOMPLETE" in os.environ:
            from .completion import complete

            complete(parsing)
        words = list(sys.argv[1:] if argv is None else argv)
        if words[:1] == ["help"]:
            words = [*words[1:], "--help"]
        arguments = parsing.parse_args(words)
        if sys.stdout is None or sys.stdout.closed:
            _complain("crosscurrent: standard output is closed")
            return FAILED
        answer = arguments.run(arguments)
        _write(answer)
        return int(arguments.status)
    except BrokenFiles as error:
        count = len(error.problems)
        _complain(str(error))
        _complain(
            f"crosscurrent: {count} problem{'s' * (count != 1)} in {error.where}; {error.what}"
        )
        return BAD_INPUT
    except InputError as error:
        _complain(f"crosscurrent: {error}")
        return BAD_INPUT
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"crosscurrent: {where}{error.strerror or error}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _complain(message: str) -> None:
    """Say what went wrong; with standard error closed, print would say it on standard output."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(message, file=sys.stderr)


def _write(text: str) -> None:
    """Write an answer to the end."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except OSError as error:
        # keep Python from flushing what is left at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # whose reader has seen enough
            raise OSError(error.errno, error.strerror, "standard output") from error
