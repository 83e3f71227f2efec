"""``crosscurrent worker``: run the validations of a service."""

from __future__ import annotations

import os
import signal
import threading
from argparse import Namespace
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ._measuring import needed

if TYPE_CHECKING:
    from crosscurrent.api.jobs.settings import JobSettings

__all__ = ["run"]

_NEEDED = ("dbos", "psycopg", "pydantic_settings", "sqlalchemy", "structlog")


def run(arguments: Namespace) -> str:
    """Work until told to end."""
    needed()
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"crosscurrent: a worker needs the extra 'serve' ({', '.join(missing)} missing):\n"
            "  pip install 'crosscurrent[serve,validate]'"
        )
    from crosscurrent.validator.experiments.experiment import available
    from crosscurrent.validator.run.executors import chosen

    available(arguments.device)
    from ..logs import logger, standard_logging

    settings = _settings(arguments)
    chosen(settings.executor)
    standard_logging(logger("info"))
    if arguments.concurrency == 1:
        from crosscurrent.api.jobs.worker import work

        work(settings, arguments.device)
    else:
        _several(settings, [arguments.device] * arguments.concurrency)
    return "ended"


def _settings(arguments: Namespace) -> JobSettings:
    """Return the settings of the service as far as they are a worker's."""
    from crosscurrent.api.rest.settings import read_settings

    if arguments.config:
        os.environ["CROSSCURRENT_CONFIG"] = arguments.config
    names = ("data", "database", "datasets", "models", "executor")
    given = {name: value for name in names if (value := getattr(arguments, name))}
    return replace(read_settings(given).for_jobs(), devices=(arguments.device.partition(":")[0],))


def _several(settings: JobSettings, devices: list[str]) -> None:
    from crosscurrent.api.jobs.local import LocalWorkers

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    workers = LocalWorkers(settings, devices)
    stop.wait()
    workers.close()
