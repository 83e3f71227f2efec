"""Ray cluster: one remote task for each of ours."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

# read when Ray is imported: nothing is sent anywhere
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.exceptions import RayError, RayTaskError

from ...data import Dataset
from ...machine.cores import Cores, cores
from ...training.chunks import free
from ...trials.trial import Result
from ._errors import Unreachable
from ._executor import Done, Executor, spread
from ._tasks import Lost, Parcel, Task, Unlike, Versions, require_same, versions

__all__ = ["RayCluster"]

_START = "ray start --head --disable-usage-stats --include-dashboard=false"
_ANSWERING = 5.0
"""Seconds within which its head should be found."""
_JOINING = 20.0
"""Seconds within which a cluster should answer."""
_EVERY = 1.0
"""Seconds between two looks at which machines there are."""
_ALONE = 60.0
"""Seconds for which no machine may be able to run what is left: another one may come."""
_LOSSES = 3
"""As often as a task may lose its machine, or the process there, before it has failed."""


class RayCluster(Executor):
    """Runs tasks on a cluster that is there already.

    What a lost machine was doing is done again elsewhere; what was finished is kept here.

    Parameters
    ----------
    address : str
        ``host:port`` of its head, or ``auto``: the one that was started on this machine.
    """

    def __init__(self, address: str = "auto") -> None:
        self._address = address

    def side_by_side(self, models: int, cores: Cores) -> int:
        """Return about how many models a task should train, of so many in all."""
        with self._joined():
            return spread(models, _places(_Needs(cores.wanted or 1, 0)))

    def done(
        self, take: Callable[[], Task | None], cores: Cores, progress: Callable[[int], None]
    ) -> Generator[Done, None, None]:
        """Run tasks, as many at a time as the cluster has room for."""
        with self._joined(), _Sent(cores.wanted or 1) as sent:
            again: deque[_Assignment] = deque()
            following: _Assignment | None = None
            while True:
                if following is None and again:
                    following = again.popleft()
                elif following is None and (task := take()):
                    following = _Assignment(task)
                if following and sent.begin(following):
                    following = None
                elif sent.running:
                    for order, outcome in sent.ended():
                        if isinstance(outcome, Lost) and order.losses < _LOSSES:
                            again.append(order)
                            continue
                        if not isinstance(outcome, Exception):
                            progress(order.task.work)
                        yield order.task, outcome
                else:
                    return

    @contextlib.contextmanager
    def _joined(self) -> Iterator[None]:
        """Be part of the cluster, unless this process is already."""
        if ray.is_initialized():
            yield
            return
        _join(self._address)
        try:
            yield
        finally:
            ray.shutdown()


def _join(address: str) -> None:
    """Join a cluster; Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if host:
        try:
            socket.create_connection((host.strip("[]"), int(port)), _ANSWERING).close()
        except (OSError, OverflowError) as error:
            raise Unreachable(
                f"no Ray cluster at {address} ({error}); on its head start one: {_START}; and join"
                f" it on this machine: ray start --address={address}"
            ) from error
    failed: list[BaseException] = []

    def joining() -> None:
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except BaseException as error:  # noqa: BLE001 - it ends this thread only
            failed.append(error)

    thread = threading.Thread(target=joining, daemon=True)
    thread.start()
    thread.join(_JOINING)
    if thread.is_alive():
        raise Unreachable(
            f"what is at {address} did not answer as a Ray cluster does within {_JOINING:.0f} s:"
            " name the address that ray start --head prints, as in --executor ray:192.0.2.7:6379"
        )
    if failed:
        said = " ".join(str(failed[0]).split())
        raise Unreachable(f"cannot join a Ray cluster ({said}); to start one: {_START}")


@dataclass(frozen=True)
class _Needs:
    """What a task takes of a machine."""

    cpus: int
    gpus: int

    @property
    def said(self) -> str:
        """In words."""
        cpus = f"{self.cpus} CPU{'s' * (self.cpus != 1)}"
        return f"{cpus} and {self.gpus} GPU" if self.gpus else cpus


def _places(needs: _Needs) -> int:
    """Return how many such tasks the cluster has room for.

    Raises
    ------
    Unreachable
        None of its machines has.
    """
    if not (found := _room(needs)):
        raise Unreachable(
            f"no machine of the Ray cluster has {needs.said}: ask for fewer --threads, or add"
            " such a machine"
        )
    return found


def _room(needs: _Needs) -> int:
    found = 0
    for node in ray.nodes():
        has = node["Resources"] if node["Alive"] else {}
        mine = int(has.get("CPU", 0)) // needs.cpus
        found += min(mine, int(has.get("GPU", 0)) // needs.gpus) if needs.gpus else mine
    return found


@dataclass(eq=False)
class _Assignment:
    """A task, and how often whatever ran it was lost."""

    task: Task
    losses: int = 0


class _Sent:
    """The tasks that were sent to the cluster, and the data that each machine gets once."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.running: dict[Any, _Assignment] = {}
        self._data: dict[int, tuple[Dataset, Any]] = {}
        self._seen = monotonic()

    def __enter__(self) -> _Sent:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.running:
            with contextlib.suppress(RayError):
                ray.cancel(each, force=True)

    def begin(self, order: _Assignment) -> bool:
        """Send a task, unless the cluster has no room for another one now."""
        needs = self._needs(order)
        places = _room(needs) if self.running else _places(needs)
        if len(self.running) >= places:
            return False
        data = order.task.context.data
        if id(data) not in self._data:
            self._data[id(data)] = data, ray.put(data)
        # retried by us: Ray would try a task that takes too much memory again for ever
        remote = ray.remote(num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=0)(_run)
        parcel = Parcel.of(order.task, self._threads)
        sent = remote.remote(parcel, self._data[id(data)][1], versions(order.task))
        self.running[sent] = order
        return True

    def ended(self) -> Iterator[tuple[_Assignment, list[Result] | Exception]]:
        """Wait for news; yield what ended with what came out, `Lost` if its machine was."""
        ready, _ = ray.wait(list(self.running), timeout=_EVERY)
        for each in ready:
            order = self.running.pop(each)
            try:
                yield order, ray.get(each)
            except RayTaskError as error:
                yield order, _own(error)
            except RayError as error:
                order.losses += 1
                yield (
                    order,
                    Lost(
                        f"what trained it was lost {order.losses} times ({_first(error)}); if"
                        " memory is short, allow less (--memory) or choose a smaller model"
                    ),
                )
        if ready or any(_room(self._needs(each)) for each in self.running.values()):
            self._seen = monotonic()
        elif monotonic() - self._seen > _ALONE:
            raise Unreachable(f"the Ray cluster has no machine left that could go on ({_START})")

    def _needs(self, order: _Assignment) -> _Needs:
        return _Needs(self._threads, _gpus(order.task))


def _gpus(task: Task) -> int:
    """Return how many GPUs a task takes: one for itself."""
    return int(task.context.device.type == "cuda")


def _own(error: RayTaskError) -> Exception:
    """Return what our code raised; raise what shows that a machine has other code."""
    cause = error.cause
    if isinstance(cause, Unlike | RayError) or not isinstance(cause, Exception):
        raise Unreachable(
            f"a machine of the Ray cluster has another version ({_first(cause)}): install the same"
            " crosscurrent, torch and models on all of them"
        ) from error
    return cause


def _first(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _run(parcel: Parcel, data: Dataset, expected: Versions) -> list[Result]:
    """Run a task on a machine of the cluster, on its own device."""
    require_same(parcel, expected)
    context = dict(parcel.context)
    device = context["device"]
    if device.type == "cuda":
        device = context["device"] = device.__class__("cuda")  # the one that Ray has assigned
    if context["memory"] is None:
        sharers = 1 if device.type == "cuda" else max(1, cores() // parcel.threads)
        context["memory"] = free(device) // 2 // sharers
    return Parcel(context, parcel.pieces, parcel.threads).run(data)
