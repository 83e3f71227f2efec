"""Measurement of one experiment: its trials, run or remembered, and their verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ..results.store import Store, address
from ..run.engine import ProgressListener, finish, recipes
from ..run.executors import Executor
from ..trials.trial import Result
from .experiment import Experiment
from .verdicts import Known, Verdict, judge

__all__ = ["conclude", "measure"]


def measure(
    planned: Experiment,
    conjecture: str,
    store: Store,
    listener: ProgressListener | None = None,
    *,
    threads: int | None = None,
    executor: Executor | None = None,
    **known: Unpack[Known],
) -> Verdict:
    """Run what was not run before, keep every result, and judge.

    Parameters
    ----------
    planned : Experiment
        From `experiment`.
    conjecture : str
        What the factors say: ``increase``, ``decrease``, ``no_change`` (of a placebo),
        ``contested`` or ``unknown``.
    store : Store
        Where results are kept and looked up.
    listener : ProgressListener, optional
        Is told how far it is.
    threads, executor
        As `validator.run.engine.finish` takes them.
    **known
        What is known beforehand besides.

    Raises
    ------
    Exception
        What went wrong in a trial, such as `InputError` of training that diverged.
    """
    (found,) = finish([planned], store, listener, threads=threads, executor=executor)
    return conclude(planned, conjecture, store, whole(found), **known)


def whole(found: Sequence[Result | Exception | None]) -> list[Result]:
    """Return the results of all trials of an experiment.

    Raises
    ------
    Exception
        What went wrong in one of them.
    """
    for each in found:
        if isinstance(each, Exception):
            raise each
    return [each for each in found if isinstance(each, Result)]


def conclude(
    planned: Experiment,
    conjecture: str,
    store: Store,
    results: Sequence[Result],
    **known: Unpack[Known],
) -> Verdict:
    """Judge an experiment and keep that.

    Parameters
    ----------
    planned : Experiment
        What was run.
    conjecture : str
        What the factors say.
    store : Store
        Where it is kept.
    results : sequence of Result
        Of all its trials, in their order.
    **known
        What is known beforehand besides.
    """
    verdict = judge(planned, conjecture, results[0::2], results[1::2], **known)
    addresses = [address(each) for each in recipes(planned)]
    store.keep_experiment(verdict.address, verdict.document(), addresses)
    return verdict
