"""``crosscurrent worker``: run the validations of a service."""

from __future__ import annotations

import logging
import os
import signal
import threading
from argparse import Namespace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ._measuring import needed

if TYPE_CHECKING:
    from api.jobs.settings import JobSettings

__all__ = ["run"]

_NEEDED = ("dbos", "psycopg", "sqlalchemy")


def run(arguments: Namespace) -> str:
    """Work until told to end."""
    needed()
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"crosscurrent: a worker needs the extra 'serve' ({', '.join(missing)} missing):\n"
            "  pip install 'crosscurrent[serve,validate]'"
        )
    from validator.experiments import available

    available(arguments.device)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = _settings(arguments)
    if arguments.concurrency == 1:
        from api.jobs.worker import work

        work(settings, arguments.device)
    else:
        _several(settings, [arguments.device] * arguments.concurrency)
    return "ended"


def _settings(arguments: Namespace) -> JobSettings:
    from api.jobs.settings import JobSettings, default_folder

    def set_(name: str) -> str | None:
        return getattr(arguments, name) or os.environ.get(f"CROSSCURRENT_{name.upper()}") or None

    models = arguments.models or os.environ.get("CROSSCURRENT_MODELS", "").split(",")
    return JobSettings(
        folder=set_("data") or default_folder(),
        database=set_("database"),
        datasets=set_("datasets"),
        models=tuple(filter(None, models)),
        devices=(arguments.device.partition(":")[0],),
    )


def _several(settings: JobSettings, devices: list[str]) -> None:
    from api.jobs.local import LocalWorkers

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    workers = LocalWorkers(settings, devices)
    stop.wait()
    workers.close()
