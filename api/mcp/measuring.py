"""``validate``: one measurement in this process, for whoever started it with that option."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from anyio import CapacityLimiter, from_thread, to_thread
from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.extra import require
from crosscurrent.validator.requests import PairRequest

from ..jobs.policy import admitted
from ..jobs.settings import JobSettings, default_folder
from ..text.measured import describe
from ..text.terminal import Style
from .tool import Arguments, Names, RiskName, Tool

if TYPE_CHECKING:
    from mcp.server.session import ServerSession

    from crosscurrent.validator.experiments.document_types import Verdict

__all__ = ["ValidateArguments", "measured", "validate"]

T = TypeVar("T")

_EVERY = 0.5
"""Seconds between two messages about progress."""
_SESSION: ContextVar[ServerSession] = ContextVar("session")
_ONE = CapacityLimiter(1)

Setting = Annotated[str, Field(min_length=1, max_length=200)]


class ValidateArguments(Arguments):
    """What `crosscurrent validate DEFENSE RISK` takes, as far as clients may say it."""

    defense: str = Field(
        min_length=1,
        max_length=200,
        description="id, code or alias of a defense that can be measured, which may be at a stage:"
        " DEFENSE@post; or placebo, which does nothing",
    )
    risk: RiskName
    dataset: str | None = Field(
        None, max_length=200, description="a built-in data set; by default synthetic"
    )
    model: str | None = Field(
        None, max_length=200, description="a built-in architecture, mlp-s to mlp-xl or cnn-s to"
        " cnn-xl; by default mlp-m",
    )  # fmt: skip
    seeds: int = Field(5, ge=2, le=20, description="pairs of models on each draw of the data")
    draws: int = Field(1, ge=1, le=5, description="draws of the data set")
    settings: Annotated[list[Setting], Names] = Field(
        [], description="settings of defense, attack, training or data: training.epochs=5"
    )


def validate(store: str) -> Tool:
    """Return the tool.

    Parameters
    ----------
    store : str
        The file in which results are kept and looked up.

    Raises
    ------
    MissingExtra
        The extra ``validate`` is not installed.
    """
    require()
    from crosscurrent.validator.experiments.document_types import Verdict

    return Tool(
        "validate",
        "Measure what a defense does to a risk",
        "Train small models with a defense and without, mount the attack behind a risk on both, and"
        " say with an interval whether what is expected comes out for such models on such data."
        " This takes a minute or many, and the machine's cores; results are kept and looked up"
        " again. Ask predict first, and measure only what the user wants measured.",
        ValidateArguments,
        Verdict,
        partial(_answer, store),
        _told,
        "take fewer seeds",
        measures=True,
    )


async def measured(session: ServerSession, task: Callable[[], T]) -> T:
    """Run a measurement in a thread, and tell a client how far it is; one that is cancelled ends.

    Raises
    ------
    InputError
        Another one runs.
    """
    if _ONE.borrowed_tokens:
        raise InputError("another measurement runs here: wait until it is finished")
    token = _SESSION.set(session)
    try:
        return await to_thread.run_sync(task, limiter=_ONE)
    finally:
        _SESSION.reset(token)


def _answer(store: str, kb: KnowledgeBase, asked: ValidateArguments) -> Verdict:
    from crosscurrent.validator.measurements import measure

    request = PairRequest(
        asked.defense,
        asked.risk,
        dataset=asked.dataset,
        model=asked.model,
        seeds=asked.seeds,
        draws=asked.draws,
        settings=tuple(asked.settings),
    )
    # code, files and devices that a client names are none of this machine's, as in the service
    allowed = admitted(request, JobSettings(default_folder()))
    report = measure(kb, allowed, store=store, listener=_Listener(_SESSION.get()))
    return cast("Verdict", report.document())


def _told(kb: KnowledgeBase, document: Any) -> str:
    del kb
    return describe(document, Style(colour=False, unicode=True), here=False)


class _Listener:
    """Tells a client how far a measurement is, from the thread that measures.

    Parameters
    ----------
    session : ServerSession
        Of the call.
    """

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._trials = self._finished = self._work = self._done = 0
        self._told = monotonic()

    def start(self, trials: int, remembered: int, work: int) -> None:
        """Begin; `remembered` trials are known already."""
        self._trials, self._finished, self._work = trials, remembered, work
        self._tell()

    def on_work(self, work: int) -> None:
        """So many more models × updates are done."""
        from_thread.check_cancelled()
        self._done += work
        if monotonic() - self._told > _EVERY:
            self._tell()

    def on_trials(self, trials: int) -> None:
        """So many more trials are finished and kept."""
        self._finished += trials
        self._tell()

    def on_cell(self, place: int, seeds: int, shown: object) -> None:
        """Have nothing to tell: one pair has no cells."""

    def _tell(self) -> None:
        self._told = monotonic()
        done = min(self._done, self._work)
        said = f"{self._finished} of {self._trials} trials finished"
        from_thread.run(self._session.report_progress, done, self._work, said)
