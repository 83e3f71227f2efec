"""What can be asked of the service: ``crosscurrent serve`` and ``crosscurrent keys``."""

from __future__ import annotations

from argparse import ArgumentParser

from ._arguments import Questions, knowing, natural, positive, printing

__all__ = ["COMMANDS", "serve"]


def serve(question: ArgumentParser) -> None:
    """Describe ``crosscurrent serve``."""
    question.description = (
        "Answer over HTTP, under /v1, with the documents of --json. Everything can also be set by"
        " CROSSCURRENT_... in the environment or in a file; docs/serve.md lists all settings."
    )
    question.epilog = (
        "examples:\n  crosscurrent serve\n  crosscurrent serve --port 9000 --knowledge my-knowledge"
    )
    question.set_defaults(module="_serve")
    knowing(question)
    where = question.add_argument_group("service")
    where.add_argument("--host", metavar="ADDRESS", help="address (default 127.0.0.1)")
    where.add_argument("--port", type=natural, help="port (default 8000); 0 takes a free one")
    where.add_argument("--config", metavar="FILE", help="a YAML file of settings")
    where.add_argument("--data", metavar="DIR", help="folder for uploaded knowledge")
    where.add_argument("--keys", metavar="FILE", help="ask for API keys: those in this file")


def _add(question: ArgumentParser) -> None:
    question.description = "Make an API key and print it: it is not kept, only its hash is."
    question.epilog = "example: crosscurrent keys add anna --file keys.json --quota 600"
    question.set_defaults(module="_keys_add")
    _file(question)
    question.add_argument("name", metavar="NAME", help="who holds the key")
    question.add_argument(
        "--quota", type=positive, metavar="N", help="requests a minute (default: any number)"
    )


def _list(question: ArgumentParser) -> None:
    question.description = "List who holds keys."
    question.set_defaults(module="_keys_list")
    printing(question)
    _file(question)


def _remove(question: ArgumentParser) -> None:
    question.description = "Forget a key: from now on, running services refuse it."
    question.epilog = "example: crosscurrent keys remove anna --file keys.json"
    question.set_defaults(module="_keys_remove")
    _file(question)
    question.add_argument("name", metavar="NAME", help="who holds the key")


def _file(question: ArgumentParser) -> None:
    question.add_argument(
        "--file", metavar="FILE", help="the file of keys (default: $CROSSCURRENT_KEYS)"
    )


COMMANDS: Questions = {
    "add": ("make a key", _add),
    "list": ("list who holds keys", _list),
    "remove": ("forget a key", _remove),
}
"""The commands of ``crosscurrent keys``."""
