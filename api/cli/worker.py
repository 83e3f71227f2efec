"""``crosscurrent worker``: run the validations of a service."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ._arguments import add_executor_option, positive
from ._measuring import needed

if TYPE_CHECKING:
    from crosscurrent.api.jobs.settings import JobSettings

__all__ = ["add_arguments", "run"]

_NEEDED = ("dbos", "psycopg", "pydantic_settings", "sqlalchemy", "structlog")


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Run accepted validations until stopped (SIGTERM or Ctrl-C). Any number of workers may"
        " share a database; if one is lost, another continues its job. Options can also be set by"
        " the environment variables shown, or in the settings file."
    )
    parser.epilog = (
        "examples:\n"
        "  crosscurrent worker\n"
        "  crosscurrent worker --database postgresql://jobs@db.example/jobs --device cuda:1\n"
        "  crosscurrent worker --concurrency 2 --datasets /srv/data\n"
        "  crosscurrent worker --executor processes:2"
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--config", metavar="FILE", help="a YAML file of settings (CROSSCURRENT_CONFIG)"
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="the service's PostgreSQL database (CROSSCURRENT_DATABASE; default: SQLite in --data)",
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="the service's folder on this machine (CROSSCURRENT_DATA; default:"
        " ~/.local/share/crosscurrent/service)",
    )
    parser.add_argument(
        "--datasets",
        metavar="DIR",
        help="the folder of data sets that jobs may name (CROSSCURRENT_DATASETS; default: none)",
    )
    parser.add_argument(
        "--models",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module, or module:Class, that jobs may name as a model; its code is run"
        " (CROSSCURRENT_MODELS, separated by commas; default: none); may be repeated",
    )
    parser.add_argument(
        "--device",
        default="cpu",
        help="cpu (default), cuda or cuda:N: only jobs for that kind are taken",
    )
    add_executor_option(parser, None, " (CROSSCURRENT_EXECUTOR)")
    parser.add_argument(
        "--concurrency", type=positive, default=1, metavar="N", help="jobs at a time (default 1)"
    )


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
