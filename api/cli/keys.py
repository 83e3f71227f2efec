"""``crosscurrent keys``: the API keys of a service, made, listed and removed."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import InputError

from ..text.terminal import columns
from ._arguments import add_output_options, positive
from ._common import as_json, style
from .parser import CommandParser, Commands

if TYPE_CHECKING:
    from crosscurrent.api.rest.keys import KeyFile

__all__ = ["add_arguments"]


def add_arguments(parser: CommandParser) -> None:
    """Describe the command and add those below it."""
    parser.description = (
        "API keys for crosscurrent serve; without a key file the service requires no key."
    )
    parser.add_commands(_COMMANDS)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Create an API key and print it. Only its hash is stored."
    parser.epilog = "example: crosscurrent keys add anna --file keys.json --quota 600"
    parser.set_defaults(run=_add)
    _add_file(parser)
    parser.add_argument("name", metavar="NAME", help="name of the key's owner")
    parser.add_argument(
        "--quota", type=positive, metavar="N", help="requests a minute (default: unlimited)"
    )
    parser.add_argument(
        "--job-seconds",
        type=positive,
        metavar="N",
        help="seconds for which one validation may train (default: the service's max_job_seconds)",
    )


def _add(arguments: Namespace) -> str:
    return _key_file(arguments).add(arguments.name, arguments.quota, arguments.job_seconds)


def _list_arguments(parser: ArgumentParser) -> None:
    parser.description = "List key owners."
    parser.set_defaults(run=_list)
    add_output_options(parser)
    _add_file(parser)


def _list(arguments: Namespace) -> str:
    keys = _key_file(arguments).read()
    if arguments.json:
        names = ("name", "quota", "job_seconds")
        return as_json({"keys": [{name: getattr(key, name) for name in names} for key in keys]})
    rows = [
        [
            key.name,
            f"{key.quota} a minute" if key.quota else "unlimited",
            f"{key.job_seconds} s a job" if key.job_seconds else "",
        ]
        for key in keys
    ]
    look = style(arguments)
    return look.finish(columns(rows, look.width) if rows else "no keys")


def _remove_arguments(parser: ArgumentParser) -> None:
    parser.description = "Remove a key. Running services refuse it at once."
    parser.epilog = "example: crosscurrent keys remove anna --file keys.json"
    parser.set_defaults(run=_remove)
    _add_file(parser)
    parser.add_argument("name", metavar="NAME", help="name of the key's owner")


def _remove(arguments: Namespace) -> str:
    _key_file(arguments).remove(arguments.name)
    return f"{arguments.name} is removed"


def _add_file(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--file", metavar="FILE", help="the file of keys (default: $CROSSCURRENT_KEYS)"
    )


def _key_file(arguments: Namespace) -> KeyFile:
    """Return the file of keys."""
    from crosscurrent.api.rest.keys import KeyFile

    path = arguments.file or os.environ.get("CROSSCURRENT_KEYS")
    if not path:
        raise InputError("say where keys are kept: --file FILE, or CROSSCURRENT_KEYS")
    return KeyFile(path)


_COMMANDS: Commands = {
    "add": ("create a key", _add_arguments),
    "list": ("list key owners", _list_arguments),
    "remove": ("remove a key", _remove_arguments),
}
"""In the order of the help."""
