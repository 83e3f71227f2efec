"""The command line that gives a result again."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterable

from ._common import again

__all__ = ["command"]


def command(arguments: Namespace, subject: Iterable[str], settings: Iterable[str]) -> str:
    """Return the command that measures something as these arguments do.

    All that results depend on is in it, whether it was given or is so by default.

    Parameters
    ----------
    arguments : Namespace
        Of ``crosscurrent validate``.
    subject : iterable of str
        The words that say what: a defense and a risk, say.
    settings : iterable of str
        ``group.name=value``, as this alone takes them.
    """
    from crosscurrent.validator.experiments.assignments import DEFAULT_DATASET, DEFAULT_MODEL

    words = ["crosscurrent", "validate", *subject]
    words += ["--dataset", arguments.dataset or DEFAULT_DATASET]
    words += ["--model", arguments.model or DEFAULT_MODEL]
    words += ["--seeds", str(arguments.seeds)]
    for text in sorted(set(settings)):
        words += ["--set", text]
    if arguments.device != "cpu":
        words += ["--device", arguments.device]
    return shlex.join(words) + again(arguments)
