"""Tasks: trials that are run in one go, and how they are run in another process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import scipy.linalg  # noqa: F401 - loads the BLAS whose threads are limited
import torch
from threadpoolctl import threadpool_limits

from crosscurrent.knowledge.errors import InputError

from ...data import Dataset
from ...imports import said
from ...plugins import faults_named
from ...training.architectures import Architecture
from ...training.behaviour import behaviour
from ...trials.pooling import Pooled
from ...trials.trial import Result, Trial, TrialContext, run, trials_version

__all__ = ["Lost", "Parcel", "Task", "Unlike", "Versions", "require_same", "versions"]


class Lost(ChildProcessError):
    """Whatever ran a task ended before it was finished, again and again."""


class Unlike(Exception):
    """Another machine would measure something else under the same name."""


class Failed(Exception):
    """What went wrong elsewhere, in words: the error itself cannot be sent."""


@dataclass(frozen=True, eq=False)
class Task:
    """Trials that are run in one go, side by side.

    Attributes
    ----------
    context : TrialContext
        What they have in common.
    pieces : tuple of Pooled
        The trials, and which ones each of them stands for.
    """

    context: TrialContext
    pieces: tuple[Pooled, ...]

    @property
    def trials(self) -> list[Trial]:
        """All trials that results are wanted of."""
        return [trial for piece in self.pieces for trial in piece.parts]

    @property
    def run_as(self) -> list[Trial]:
        """The trials that stand for them."""
        return [piece.trial for piece in self.pieces]

    @property
    def work(self) -> int:
        """About how many models × updates it takes."""
        return self.context.work(self.run_as)

    @property
    def least(self) -> int:
        """About how many bytes it takes at least."""
        return self.context.least(self.run_as)

    def run(self, progress: Callable[[int], None] = lambda _: None) -> list[Result]:
        """Run the trials; return the results of all parts, in their order."""
        peers = [peer for trial in self.trials for peer in trial.peers]
        # sums of several threads of BLAS differ in the last bits, those of torch do not
        with threadpool_limits(1, user_api="blas"), faults_named(peers):
            return run(self.context, self.run_as, progress, [piece.parts for piece in self.pieces])


@dataclass(frozen=True, eq=False)
class Parcel:
    """A task on its way to another process; its data, which may be large, go by themselves.

    Attributes
    ----------
    context : dict
        What a bench is made of, but for the data.
    pieces : tuple of Pooled
        The trials.
    threads : int
        As many as may run it.
    """

    context: dict[str, Any]
    pieces: tuple[Pooled, ...]
    threads: int

    @classmethod
    def of(cls, task: Task, threads: int, **changed: Any) -> Parcel:
        """Pack a task; its bench may be changed."""
        context = {name: value for name, value in vars(task.context).items() if name != "data"}
        return cls(context | changed, task.pieces, threads)

    def run(self, data: Dataset, progress: Callable[[int], None] = lambda _: None) -> list[Result]:
        """Run the task in this process.

        Raises
        ------
        Exception
            What went wrong; it can be sent.
        """
        torch.set_num_threads(self.threads)
        try:
            with threadpool_limits(self.threads, user_api="openmp"):
                return Task(TrialContext(data=data, **self.context), self.pieces).run(progress)
        except Exception as error:
            raise _sendable(error) from error


def _sendable(error: Exception) -> Exception:
    """Return the error, or what it says if it cannot be sent, as some with several arguments."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - users' errors may do anything when they are copied
        return Failed(said(error))
    return error


@dataclass(frozen=True)
class Versions:
    """What results depend on beside data and settings, and may differ between machines.

    Attributes
    ----------
    code : str
        Digest of the code that measures, as recipes have it.
    torch : str
        Version.
    """

    code: str
    torch: str


def versions(task: Task | Parcel) -> Versions:
    """Return the versions by which this process would run a task."""
    trials = [piece.trial for piece in task.pieces]
    return Versions(trials_version(trials), torch.__version__)


def require_same(parcel: Parcel, expected: Versions) -> None:
    """Make sure that this process measures what the one that sent a task would.

    Raises
    ------
    Unlike
        It would not; the message says what differs.
    """
    if (found := versions(parcel)) != expected:
        raise Unlike(f"{found} instead of {expected}")
    model: Architecture = parcel.context["architecture"]
    if model.code and _behaviour(model) != model.code:
        raise Unlike(f"model {model.name} does something else")


def _behaviour(model: Architecture) -> str:
    try:
        return behaviour(model)
    except InputError as error:  # not there, or in need of what is not
        raise Unlike(str(error)) from error
