"""The parser of the command line: made piece by piece, as a line needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from crosscurrent import __version__
from crosscurrent.knowledge.errors import suggest

from ._arguments import Questions, ask
from ._questions import QUESTIONS

__all__ = ["parser", "parsers"]

_EXAMPLES = """\
examples:
  crosscurrent predict adversarial_training
      what effective adversarial training does to every risk
  crosscurrent predict RD1 P1
      one risk, with every path that speaks for and against it, and the sources
  crosscurrent what-if RD1 P1 --hold model_capacity --lower training_set_size
      the same when capacity is kept constant and there is little data
  crosscurrent combine watermarking@pre outlier_removal@in
      whether two defenses can be combined, and if not, what to change
  crosscurrent collude --target membership_inference
      chains of attacks that end in membership inference, and what breaks them
  crosscurrent plan --protect evasion --protect membership_inference
      which defenses to choose
  crosscurrent matrix --format svg > matrix.svg
      all defenses against all risks, for a slide
  crosscurrent backtest
      how good these predictions are

Names are ids (adversarial_training) or the papers' codes (RD1); crosscurrent kb show lists them.
Exit status: 0 answered, 2 bad input, 1 anything else that went wrong, 130 interrupted."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's, which asks `shutil` for the width, and imports it for each argument added."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        super().__init__(prog, **{"width": _columns() - 2, **kwargs})


def _columns() -> int:
    """Return the width of the terminal, as `shutil.get_terminal_size` does."""
    width = 0
    with suppress(ValueError):
        width = int(os.environ.get("COLUMNS", ""))
    if width <= 0 and sys.__stdout__ is not None:
        with suppress(OSError, ValueError):  # not a terminal, or closed
            width = os.get_terminal_size(sys.__stdout__.fileno()).columns
    return width if width > 0 else 80


class _Parser(argparse.ArgumentParser):
    """argparse with suggestions, and without abbreviations that change meaning over time.

    It is made when something is first asked of it: the parsers of all questions together would
    take longer than an answer.

    Parameters
    ----------
    fill : callable
        Says what the parser is for and adds its arguments.
    **kwargs
        What argparse wants to know.
    """

    def __init__(self, fill: Callable[[_Parser], None], **kwargs: Any) -> None:
        self._pending = (fill, kwargs)

    def also(self, questions: Questions) -> None:
        """Let some first words stand for questions of their own, which have their own help."""
        for name, (_, fill) in questions.items():
            self.others[name] = _Parser(fill, prog=f"{self.prog} {name}")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, by the question that the first word stands for if it does."""
        if args and args[0] in self.others:
            return self.others[args[0]].parse_known_args(args[1:], namespace)
        return super().parse_known_args(args, namespace)

    def __getattr__(self, name: str) -> Any:
        """Make the parser, of which nothing is there yet, and return one of its attributes."""
        if "_pending" not in self.__dict__:
            raise AttributeError(f"a parser has no {name}")
        fill, kwargs = self.__dict__.pop("_pending")
        self.others: dict[str, _Parser] = {}
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **kwargs)
        fill(self)
        return getattr(self, name)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, what may have been meant and where help is; exit with 2."""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        flags = [flag for each in parsers(self) for flag in each._option_string_actions]
        for word in unknown:
            close = suggest(word.partition("=")[0], flags) if word.startswith("--") else ()
            if close:
                message += f" (did you mean {' or '.join(close)}?)"
        if message.endswith("required: QUESTION"):
            message = f"ask a question\n\n{self.format_help()}"
        self.exit(2, f"crosscurrent: {message}\nhelp: {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            close = suggest(str(value), known)
            hint = f"did you mean {' or '.join(close)}?" if close else f"one of {', '.join(known)}"
            raise argparse.ArgumentError(action, f"there is no {value!r} ({hint})")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Parsing yields ``module``, the name of the module beside this one whose ``run`` answers, and
    ``status``, the exit status, which an answer may change.
    """
    return _Parser(
        _top,
        prog="crosscurrent",
        description="What one ML defense does to every other risk: predicted, explained and cited.",
        epilog=_EXAMPLES,
    )


def _top(top: argparse.ArgumentParser) -> None:
    top.add_argument("--version", action="version", version=f"crosscurrent {__version__}")
    top.set_defaults(status=0)
    ask(top, QUESTIONS, title="questions", metavar="QUESTION")


def parsers(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of all commands below it."""
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)
    for other in getattr(top, "others", {}).values():
        yield from parsers(other)
