"""``crosscurrent serve``: the answers over HTTP."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec

from ._arguments import add_knowledge_option, natural
from ._common import overlays

__all__ = ["add_arguments", "run"]

_NEEDED = (
    "fastapi", "httptools", "prometheus_client", "pydantic_settings", "structlog",
    "uvicorn",
)  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Serve the --json documents over HTTP under /v1. Everything can also be set by"
        " CROSSCURRENT_... in the environment or in a file; docs/serve.md lists all settings."
    )
    parser.epilog = (
        "examples:\n  crosscurrent serve\n  crosscurrent serve --port 9000 --knowledge my-knowledge"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    where = parser.add_argument_group("service")
    where.add_argument("--host", metavar="ADDRESS", help="address (default 127.0.0.1)")
    where.add_argument("--port", type=natural, help="port (default 8000); 0 chooses a free port")
    where.add_argument("--config", metavar="FILE", help="a YAML file of settings")
    where.add_argument("--data", metavar="DIR", help="folder for uploaded knowledge")
    where.add_argument("--keys", metavar="FILE", help="require one of the API keys in this file")


def run(arguments: Namespace) -> str:
    """Serve until told to stop."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"crosscurrent: serving needs the extra 'serve' ({', '.join(missing)} missing):\n"
            "  pip install 'crosscurrent[serve]'        or, in a clone: make serve"
        )
    from crosscurrent.api.rest.settings import read_settings

    given = {
        "host": arguments.host,
        "port": arguments.port,
        "data": arguments.data,
        "keys": arguments.keys,
        "knowledge": tuple(overlays(arguments)) or None,
    }
    if arguments.config:
        os.environ["CROSSCURRENT_CONFIG"] = arguments.config
    settings = read_settings({name: value for name, value in given.items() if value is not None})
    from ..serving import serve

    serve(settings)
    return "stopped"
