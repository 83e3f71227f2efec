"""``crosscurrent serve``: the answers over HTTP."""

from __future__ import annotations

import os
from argparse import Namespace
from importlib.util import find_spec

from ._common import overlays

__all__ = ["run"]

_NEEDED = (
    "fastapi", "httptools", "jinja2", "prometheus_client", "pydantic_settings", "structlog",
    "uvicorn",
)  # fmt: skip


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
