"""The parser of the command line: each command's part is imported and made when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

from crosscurrent import __version__
from crosscurrent.knowledge.errors import suggest

__all__ = ["COMMANDS", "CommandParser", "Commands", "parser", "parsers"]

Commands = Mapping[str, tuple[str, Callable[["CommandParser"], None]]]
"""One-line summaries, and functions that describe a command and add its arguments, by name."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    "predict": ("predict", "what a defense does to every risk, or to one, and why"),
    "what-if": (
        "what_if",
        "how predictions change under assumptions about factors and the adversary",
    ),
    "combine": (
        "combine",
        "whether defenses can be combined, in which order, and if not, what to change",
    ),
    "collude": (
        "collude",
        "which attacks amplify which others, attack chains, and what breaks them",
    ),
    "plan": ("plan", "choose defenses that cover given risks and raise other risks least"),
    "assess": ("assess", "what to expect of a whole deployment, described in a file"),
    "check": ("check", "whether a deployment passes the policy of its file, and what changed"),
    "comply": (
        "comply",
        "which defenses a standard asks for, and which of its requirements endanger others",
    ),
    "attacks": ("attacks", "the published attacks that an adversary can mount"),
    "matrix": ("matrix", "all defenses against all risks, or all pairs of defenses or of attacks"),
    "backtest": ("backtest", "compare every conjecture with the observations"),
    "validate": ("validate", "measure whether a prediction holds, by training models"),
    "data": ("data", "what is understood of a data file of yours: check"),
    "audit": ("audit", "what models, or their predictions, show, before and after a change"),
    "results": ("results", "stored results: list, show, plot, pool, report, export, prune"),
    "worker": ("worker", "run the validations that a service has accepted"),
    "kb": ("kb", "the knowledge base itself: check, show, schema, diff, export"),
    "serve": ("serve", "serve the answers over HTTP: REST under /v1, for programs and teams"),
    "mcp": ("mcp", "answer an assistant: the answers as tools of the Model Context Protocol"),
    "keys": ("keys", "API keys for the service: add, list, remove"),
    "completion": ("completion", "print the completion script for a shell"),
}
"""Modules beside this one and summaries, by the name of the command, in the order of the help.

The ``add_arguments`` of a module describes its command to a parser and sets ``run``, the function
that takes the parsed arguments and returns the text to print. These are strings so that a module
is imported only when its command is asked for.
"""

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

crosscurrent help COMMAND says more of a command.
Names are ids (adversarial_training) or the papers' codes (RD1); crosscurrent kb show lists them.
Exit status: 0 answered, 2 bad input, 1 a check that fails or anything else that went wrong, 130
interrupted."""


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


class CommandParser(argparse.ArgumentParser):
    """An argparse parser that is made on first use, with suggestions and without abbreviations.

    The parsers of all commands together would take longer than an answer. Abbreviated options
    would change their meaning as options are added.

    Parameters
    ----------
    add_arguments : callable
        Describes the command to the parser and adds its arguments.
    **kwargs
        Arguments of `argparse.ArgumentParser`.
    """

    def __init__(self, add_arguments: Callable[[CommandParser], None], **kwargs: Any) -> None:
        self._pending = (add_arguments, kwargs)

    def add_commands(self, commands: Commands, *, required: bool = True) -> None:
        """Take one of these commands as the next word."""
        # a given prog keeps argparse from formatting usage, and importing shutil, at every start
        below = self.add_subparsers(
            title="commands", metavar="COMMAND", required=required, prog=self.prog
        )
        for name, (summary, add_arguments) in commands.items():
            below.add_parser(name, help=summary, add_arguments=add_arguments)

    def add_alternatives(self, commands: Commands) -> None:
        """Let some first words stand for commands of their own, which have their own help."""
        for name, (_, add_arguments) in commands.items():
            self.alternatives[name] = CommandParser(add_arguments, prog=f"{self.prog} {name}")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, by the alternative that the first word stands for if it does."""
        if args and args[0] in self.alternatives:
            return self.alternatives[args[0]].parse_known_args(args[1:], namespace)
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; of words that a command does not know say which of its options may be meant."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command: CommandParser = found.command
            hints = (self._hint(each.partition("=")[0], command) for each in unknown)
            command.error(f"unrecognized arguments: {' '.join(unknown)}{''.join(hints)}")
        return found

    def _hint(self, option: str, command: CommandParser) -> str:
        """Say which option of a command may be meant, or whose option this is."""
        if not option.startswith("--"):
            return ""
        close = suggest(option, list(command._option_string_actions))
        if close:
            return f" (did you mean {' or '.join(close)}?)"
        whose = [each.prog for each in parsers(self) if option in each._option_string_actions]
        return f" ({option} is an option of {min(whose, key=len)})" if whose else ""

    def __getattr__(self, name: str) -> Any:
        """Make the parser, of which nothing is there yet, and return one of its attributes."""
        if "_pending" not in self.__dict__:
            raise AttributeError(f"a parser has no {name}")
        add_arguments, kwargs = self.__dict__.pop("_pending")
        self.alternatives: dict[str, CommandParser] = {}
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **kwargs)
        self.set_defaults(command=self)
        add_arguments(self)
        return getattr(self, name)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is; exit with 2."""
        self.exit(2, f"crosscurrent: {message}\nhelp: {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            close = suggest(str(value), known)
            hint = f"did you mean {' or '.join(close)}?" if close else f"one of {', '.join(known)}"
            raise argparse.ArgumentError(action, f"there is no {value!r} ({hint})")


def parser() -> CommandParser:
    """Return the parser of the whole command line.

    Parsing yields ``run``, the function that answers when it is given the parsed arguments, and
    ``status``, the exit status, which an answer may change.
    """
    return CommandParser(
        _add_all,
        prog="crosscurrent",
        description=(
            "Predict how one ML defense affects every other risk, with reasons and sources."
        ),
        epilog=_EXAMPLES,
    )


def _add_all(top: CommandParser) -> None:
    top.add_argument("-V", "--version", action="version", version=f"crosscurrent {__version__}")
    top.set_defaults(status=0, run=lambda _: _short_help(top))
    commands = {
        name: (summary, partial(_add_from, module)) for name, (module, summary) in COMMANDS.items()
    }
    top.add_commands(commands, required=False)


def _short_help(top: CommandParser) -> str:
    """Return the help without its examples, and where to begin."""
    top.epilog = (
        "begin with    crosscurrent predict differential_privacy\n"
        "then          crosscurrent help COMMAND"
    )
    return top.format_help()


def _add_from(module: str, command: CommandParser) -> None:
    import_module(f".{module}", __package__).add_arguments(command)


def parsers(
    top: argparse.ArgumentParser, line: str | None = None
) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of the commands below it.

    Parameters
    ----------
    top : ArgumentParser
        Where to begin.
    line : str, optional
        A command line: commands that it does not name are left out, and their modules are not
        imported.
    """
    yield top
    below: dict[str, argparse.ArgumentParser] = dict(getattr(top, "alternatives", {}))
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            below |= action.choices
    for name, command in below.items():
        if line is None or name in line:
            yield from parsers(command, line)
