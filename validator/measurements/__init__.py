"""Measurements: one module a kind, and one call that measures whatever a request asks for.

Each module holds a class below `Plan`, which is found by itself: another kind of measurement is
another module here, and its request in `validator.requests`. Importing this package imports
neither torch nor matplotlib; preparing a measurement does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ..extra import require
from ..peers import peers
from ..results.kinds import kind_of
from ._plan import Plan, Report
from ._prior import pair_prior

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..experiments.sweeps import SweepListener
    from ..requests import Request
    from ..results.store import Store

__all__ = ["Plan", "Report", "draw", "kinds", "measure", "pair_prior", "prepare"]


def measure(
    kb: KnowledgeBase,
    request: Request,
    *,
    store: Store | str | None = None,
    listener: SweepListener | None = None,
    executor: str = "here",
) -> Report:
    """Measure what is asked for; what was measured before is not measured again.

    Parameters
    ----------
    kb : KnowledgeBase
        Of which it is known what is predicted.
    request : Request
        What to measure, and how, from `validator.requests`.
    store : Store or str, optional
        Where results are kept and looked up, or its file; by default the one that
        ``crosscurrent validate`` uses.
    listener : SweepListener, optional
        Is told how far it is.
    executor : str
        Where models are trained: ``here``, ``processes:N`` or ``ray:HOST:PORT``.

    Raises
    ------
    InputError
        Anything in the request that will not work, mostly before any training starts.
    MissingExtra
        The extra ``validate`` is not installed.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> from crosscurrent.validator.requests import PairRequest
    >>> report = measure(load(), PairRequest("RD1", "R1", seeds=5))  # doctest: +SKIP
    >>> report.verdict  # doctest: +SKIP
    'confirmed'
    """
    plan = prepare(kb, request, executor=executor)
    from ..results.store import Store, default_file

    kept = store if isinstance(store, Store) else Store(store or default_file())
    return plan.run(kept, listener)


def prepare(
    kb: KnowledgeBase,
    request: Request,
    *,
    executor: str = "here",
    knowledge: Sequence[str] = (),
) -> Plan:
    """Check a request, and set up what it asks for; nothing is trained.

    Parameters
    ----------
    kb, request, executor
        As `measure` takes them.
    knowledge : sequence of str
        Folders of the user's own knowledge, which the commands in the result name.

    Raises
    ------
    InputError
        Anything that will not work.
    MissingExtra
        The extra ``validate`` is not installed.
    """
    require()
    from ..plugins import faults_named
    from ..run.executors import chosen

    kind = next(each for each in kinds().values() if each.request_type is type(request))
    with faults_named():
        return kind.prepare(kb, request, chosen(executor), knowledge)


@cache
def kinds() -> Mapping[str, type[Plan]]:
    """Return the plans of all kinds of measurements, by what documents call the kind."""
    found = peers(sys.modules[__name__], Plan)  # type: ignore[type-abstract]
    return {each.kind: each for each in found.values()}


def draw(document: Mapping[str, Any], file: str) -> None:
    """Draw what was measured, whatever it is.

    Parameters
    ----------
    document : mapping
        As ``crosscurrent validate --json`` gives it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending, or no such folder.
    OSError
        The file cannot be written.
    """
    kinds()[kind_of(document)].draw(dict(document), file)
