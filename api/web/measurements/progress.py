"""Progress of a job by its events: trials, intervals so far, and the log in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from ...rest.lru_cache import LRUCache
from ...text.wording import GLYPHS, VERBS
from ..names import Words

if TYPE_CHECKING:
    from crosscurrent.api.jobs.records import Event, Job
    from crosscurrent.api.jobs.service import Jobs

__all__ = ["EventCache", "Progress", "log_lines", "progress"]

_MOST = 100
_LINES = 200
"""Lines of a log at most: the latest."""


class EventCache:
    """Events of jobs that were viewed lately, so that only new ones are read."""

    def __init__(self) -> None:
        self._kept: LRUCache[str, Sequence[Event]] = LRUCache(_MOST)
        self._lock = Lock()

    def of(self, jobs: Jobs, job: Job) -> Sequence[Event]:
        """Return all events of a job.

        Raises
        ------
        Unavailable
            The database can't be read.
        """
        before = self._kept.get(job.id) or ()
        if before and before[-1].last:
            return before
        events = [*before, *jobs.events(job.id, job.owner, len(before))]
        with self._lock:  # of two requests at once, the one that read more is kept
            if len(events) >= len(self._kept.get(job.id) or ()):
                self._kept.put(job.id, events)
        return events


class Progress(NamedTuple):
    """How far a job is.

    Attributes
    ----------
    trials, finished, remembered : int
        As many as there are, as are finished, and as were already stored; 0 until it is planned.
    work, done : int
        Models × updates in all, and so far.
    intervals : sequence of mapping
        The effect so far after each batch of trials, where there is a single one.
    cells : sequence of mapping
        What came out of each of several experiments that are over.
    """

    trials: int
    finished: int
    remembered: int
    work: int
    done: int
    intervals: Sequence[Mapping[str, Any]]
    cells: Sequence[Mapping[str, Any]]

    @property
    def share(self) -> float:
        """Share of the training that is done, from 0 to 1."""
        return min(1.0, self.done / self.work) if self.work else float(self.trials > 0)


def _finished(interval: Mapping[str, Any]) -> int:
    """Return of how many seeds, or draws, an interval is."""
    return int(interval.get("draws", interval.get("seeds", 0)))


def progress(events: Iterable[Event]) -> Progress:
    """Return how far a job is by its events."""
    trials = finished = remembered = work = done = 0
    found: list[Mapping[str, Any]] = []
    cells: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for each in events:
        data = each.data
        if each.kind == "planned":
            trials, remembered, work = data["trials"], data["remembered"], data["work"]
            finished, done = remembered, 0
        elif each.kind == "working":
            done = data["done"]
        elif each.kind == "trials":
            finished = data["finished"]
            interval = data["interval"]
            if interval and _finished(interval) not in map(_finished, found):
                found.append(interval)
        elif each.kind == "cell":
            cells[data["defense"], data["risk"], data.get("value")] = data
        elif each.kind == "verdict":
            done = work
    return Progress(trials, finished, remembered, work, done, found, list(cells.values()))


def log_lines(words: Words, events: Sequence[Event]) -> list[tuple[str, str]]:
    """Return when things happened, and what, in words; of signs of life the last one."""
    alive = [each.number for each in events if each.kind == "working"]
    lines: list[tuple[str, str]] = []
    left_out = 0
    for each in events:
        if each.kind == "working" and each.number != alive[-1]:
            continue
        # there may be many, at once and for the same reason, which is told elsewhere
        left_out = left_out + 1 if each.kind == "cell" and "reason" in each.data else 0
        if left_out > 1:
            lines[-1] = each.at, f"{left_out} of these can't be measured here"
        else:
            lines.append((each.at, _said(words, each.kind, each.data)))
    return lines[-_LINES:]


def _said(words: Words, kind: str, data: Mapping[str, Any]) -> str:
    if kind == "accepted":
        return "Accepted; it waits for a worker"
    if kind == "started":
        return f"A process trains on {data.get('worker')}, device {data.get('device')}"
    if kind == "planned":
        known = data["remembered"]
        more = f", {known} of them already stored" if known else ""
        return f"{data['trials']} trials are planned{more}"
    if kind == "working":
        share = data["done"] / data["work"] if data["work"] else 1.0
        return f"{min(1.0, share):.0%} trained"
    if kind == "trials":
        return f"{data['finished']} of {data['trials']} trials are finished and kept"
    if kind == "cell":
        return _cell(words, data)
    if kind == "verdict":
        verdict = data.get("verdict")
        return f"Measured; verdict: {verdict}" if verdict else "Measured"
    said = {
        "interrupted": "Training was interrupted, and goes on in a new process",
        "unfit": "This machine can't go on, and another worker takes over",
        "refused": "Refused by who trains",
        "raised": "Training raised an exception",
        "stopped": "Its time is over",
        "succeeded": "Succeeded",
        "failed": "Failed",
        "cancelled": "Cancelled",
    }.get(kind, kind)
    return f"{said}: {data['error']}" if data.get("error") else said


def _cell(words: Words, data: Mapping[str, Any]) -> str:
    name = f"{words.called(data['defense'])} → {words.inside(data['risk'])}"
    if "value" in data:
        name += f" at {data['value']}"
    if "reason" in data:
        return f"{name}: not measured: {data['reason']}"
    outcome = data["outcome"]
    return f"{name}: {GLYPHS[outcome]} {VERBS[outcome]}; {data['verdict']}"
