"""How ``crosscurrent worker`` is asked for."""

from __future__ import annotations

from argparse import ArgumentParser

from ._arguments import positive
from ._measuring_questions import executor

__all__ = ["worker"]


def worker(question: ArgumentParser) -> None:
    """Describe ``crosscurrent worker``."""
    question.description = (
        "Run the validations that a service has accepted, one after the other, until it is told to"
        " end (SIGTERM or Ctrl-C). Any number of workers may share a database; what a lost one was"
        " doing, another goes on with. The settings are the service's: what is named in capitals"
        " may stand in the environment, or in the file of settings, instead."
    )
    question.epilog = (
        "examples:\n"
        "  crosscurrent worker\n"
        "  crosscurrent worker --database postgresql://jobs@db.example/jobs --device cuda:1\n"
        "  crosscurrent worker --concurrency 2 --datasets /srv/data\n"
        "  crosscurrent worker --executor processes:2"
    )
    question.set_defaults(module="_worker")
    question.add_argument(
        "--config", metavar="FILE", help="a YAML file of settings (CROSSCURRENT_CONFIG)"
    )
    question.add_argument(
        "--database",
        metavar="URL",
        help="the service's PostgreSQL database (CROSSCURRENT_DATABASE; default: SQLite in --data)",
    )
    question.add_argument(
        "--data",
        metavar="DIR",
        help="the service's folder on this machine (CROSSCURRENT_DATA; default:"
        " ~/.local/share/crosscurrent/service)",
    )
    question.add_argument(
        "--datasets",
        metavar="DIR",
        help="the folder of data sets that jobs may name (CROSSCURRENT_DATASETS; default: none)",
    )
    question.add_argument(
        "--models",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module, or module:Class, that jobs may name as a model; its code is run"
        " (CROSSCURRENT_MODELS, separated by commas; default: none); may be repeated",
    )
    question.add_argument(
        "--device",
        default="cpu",
        help="cpu (default), cuda or cuda:N: only jobs for that kind are taken",
    )
    executor(question, None, " (CROSSCURRENT_EXECUTOR)")
    question.add_argument(
        "--concurrency", type=positive, default=1, metavar="N", help="jobs at a time (default 1)"
    )
