"""``crosscurrent results prune``: remove results."""

from __future__ import annotations

from argparse import Namespace

from ._measuring import needed, store

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Remove them."""
    needed()
    kept = store(arguments)
    chosen = sorted({kept.experiment(name).address for name in arguments.names})
    results, trials = kept.prune(chosen)
    return f"removed {_count(results, 'result')} and {_count(trials, 'trial')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
