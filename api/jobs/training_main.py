"""The process that trains: it is told one job, says how far it is, and ends with its parent.

The first line on standard input is the job; the input then stays open for as long as whoever
started this process is alive. Each line on standard output is a message about the job.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from traceback import format_exc
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError

from .blame import blamed, last_line
from .parents import end_with_parent
from .settings import LIMIT

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.verdicts import Verdict
    from crosscurrent.validator.measurements import Plan
    from crosscurrent.validator.results.store import Store

    from .settings import JobSettings

__all__ = ["main"]

_EVERY = 2.0
"""Seconds between two messages about work that is not finished; more for long jobs."""
_SHARE = 0.01
"""As much of the time so far lies between two of them at least."""


def main() -> int:
    """Do what standard input says; return 0 if the last message tells how it ended."""
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints does not disturb us
    told = json.loads(sys.stdin.readline())

    def say(event: str, **particulars: Any) -> None:
        messages.write(json.dumps({"event": event, **particulars}) + "\n")
        messages.flush()

    from .policy import outward
    from .settings import JobSettings

    settings = JobSettings.read(told["settings"])
    try:
        store = _begin(settings, told["device"])
    except Exception as error:  # noqa: BLE001 - nothing of the job has been looked at yet
        say("unfit", error=outward(last_line(error), settings), trace=format_exc())
        return 0
    try:
        say("verdict", document=_measure(told, settings, store, say))
    except Exception as error:  # noqa: BLE001 - whatever it is, its owner is told
        _tell(error, settings, say)
    return 0


def _begin(settings: JobSettings, device: str) -> Store:
    """Get what every job needs of this machine; whatever fails is the machine's fault."""
    threading.Thread(target=end_with_parent, daemon=True).start()

    from crosscurrent.validator.extra import require

    require()
    # with it comes torch, which takes most of the memory and files that are needed to begin
    from crosscurrent.validator.experiments.experiment import available
    from crosscurrent.validator.results.store import Store

    available(device)
    store = Store(settings.results)
    store.ready()
    return store


def _measure(
    told: dict[str, Any], settings: JobSettings, store: Store, say: Callable[..., None]
) -> dict[str, Any]:
    """Measure what was asked for, and return the document."""
    from crosscurrent.validator.measurements import prepare
    from crosscurrent.validator.requests import from_json

    from .policy import admitted, outward

    admitted(from_json(told["request"]), settings)
    # what the server knew is what counts: its knowledge need not be on this machine
    subject = {name: value for name, value in told["beforehand"].items() if name != LIMIT}
    known = subject.pop("known")
    asked = admitted(from_json({**told["request"], **subject}), settings)
    asked = replace(asked, device=told["device"])
    plan = prepare(load(), asked, executor=settings.executor).with_prior(known)
    if told["results"]:
        store.keep_trials({name: (recipe, found) for name, recipe, found in told["results"]})
    listener = _Watcher(plan, store, say, lambda text: outward(text, settings))
    document: dict[str, Any] = plan.run(store, listener).document()
    for each in document.get("cells", [document]):
        for name in {"command", "reason"} & each.keys():
            each[name] = outward(each[name], settings)
    return document


def _tell(error: Exception, settings: JobSettings, say: Callable[..., None]) -> None:
    """Say what went wrong, and who is to blame."""
    from .policy import outward

    blame = blamed(error)
    if blame in ("machine", "memory"):
        said = outward(last_line(error), settings)
        say("unfit", error=said, memory=blame == "memory", trace=format_exc())
    elif blame == "lost":
        say("interrupted", error=outward(str(error), settings))
    elif isinstance(error, InputError):
        say("refused", error=outward(str(error), settings))
    else:
        say("raised", error=outward(last_line(error), settings), trace=format_exc())


class _Watcher:
    """Tells how far a measurement is, with the interval so far and the results themselves."""

    def __init__(self, plan: Plan, store: Store, say: Any, outward: Callable[[str], str]) -> None:
        self._outward = outward
        self._plan, self._store, self._say = plan, store, say
        self._recipes = plan.recipes()
        self._trials = self._finished = self._work = self._done = 0
        self._results: dict[int, Any] = {}
        self._began = self._said = monotonic()

    def start(self, trials: int, remembered: int, work: int) -> None:
        self._trials, self._finished, self._work = trials, remembered, work
        self._say(
            "planned", trials=trials, remembered=remembered, work=work, results=self._collect()
        )

    def on_work(self, work: int) -> None:
        self._done += work
        now = monotonic()
        if now - self._said > max(_EVERY, _SHARE * (now - self._began)):
            self._said = now
            self._say("working", done=self._done, work=self._work)

    def on_trials(self, trials: int) -> None:
        self._finished += trials
        new = self._collect()
        self._say(
            "trials",
            finished=self._finished,
            trials=self._trials,
            interval=self._plan.interval(self._results),
            results=new,
        )

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """Tell what came out of one of several experiments, once it is over."""
        del seeds
        if shown is None:
            return
        cell = self._plan.cells[place]
        if isinstance(shown, str):
            self._say("cell", **cell, reason=self._outward(shown))
            return
        document = shown.document()
        self._say("cell", **cell, **{key: document[key] for key in ("outcome", "verdict")})

    def _collect(self) -> list[Any]:
        """Return the results that were not told yet: address, recipe and what was measured."""
        from crosscurrent.validator.results.store import address
        from crosscurrent.validator.trials.trial import Result

        new: list[Any] = []
        told: dict[str, dict[str, Any]] = {}
        for i, recipe in enumerate(self._recipes):
            if i in self._results:
                continue
            name = address(recipe)
            found = told.get(name) or self._store.trial(recipe)
            if found is None:
                continue
            self._results[i] = Result(**found)
            if name not in told:  # cells of a grid share trials
                told[name] = found
                new.append([name, recipe, found])
        return new


if __name__ == "__main__":
    raise SystemExit(main())
