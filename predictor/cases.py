"""Cases of one's own: published results in a CSV file, each judged with its work held out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError, Problem, clip

from .assessment_backtest import Case, Promise, Result, VoiceScore, judge, reliability, scores
from .evidence import OUTCOMES, Outcome
from .interactions import predict
from .likelihood import Likelihoods
from .scenarios import scenario

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["COLUMNS", "CasesBacktest", "Given", "Unasked", "cases_backtest", "read_cases"]

COLUMNS: Final = ("defense", "risk", "observed", "work", "given")
"""What a row may say; the first three are needed."""

_NEEDED: Final = COLUMNS[:3]
_SHORTEST: Final = 15
"""Titles shorter than this are told apart only as a whole."""


class Given(NamedTuple):
    """A row of the file.

    Attributes
    ----------
    line : int
        Where it ends, counted from 1.
    defense, risk : str
        As written: ids, codes or aliases, the defense also at a stage.
    observed : str
        ``increase``, ``decrease``, ``no_change`` or ``mixed``.
    work : str
        What names the work: an id of ours, an arXiv id, a DOI or a title, alone or within a
        citation; empty if nothing does.
    given : mapping from str to str
        Conditions and characteristics of the adversary under which it was seen.
    """

    line: int
    defense: str
    risk: str
    observed: Outcome
    work: str
    given: Mapping[str, str]


class Unasked(NamedTuple):
    """A row that no question can be made of, and why."""

    line: int
    defense: str
    risk: str
    reason: str


class CasesBacktest(NamedTuple):
    """How good the answers are on cases of one's own.

    Attributes
    ----------
    cases : tuple of tuple
        Each line with its case; `Case.work` is empty where the knowledge does not have the work,
        so that there was nothing to hold out.
    scores : tuple of VoiceScore
        For each voice.
    reliability : tuple of Promise
        Of the assessment.
    unasked : tuple of Unasked
        Rows about what the knowledge does not have, or under conditions that it does not know.
    """

    cases: tuple[tuple[int, Case], ...]
    scores: tuple[VoiceScore, ...]
    reliability: tuple[Promise, ...]
    unasked: tuple[Unasked, ...]


def read_cases(text: str, path: str) -> tuple[tuple[Given, ...], tuple[str, ...]]:
    """Read published results from CSV.

    Parameters
    ----------
    text : str
        CSV with a heading. `COLUMNS` says which columns are read.
    path : str
        What its file is called.

    Returns
    -------
    tuple
        The rows, and the names of the columns that are not read.

    Raises
    ------
    InputError
        If anything in it is wrong; it names every line and column.
    """
    reader = csv.reader((f"{line}\n" for line in text.removesuffix("\n").split("\n")), strict=True)
    problems: list[Problem] = []
    rows: list[Given] = []
    ignored: tuple[str, ...] = ()
    try:
        heading = [name.strip() for name in next(reader, [])]
        ignored = tuple(name for name in heading if name not in COLUMNS)
        problems += _headed(path, heading)
        for cells in () if problems else reader:
            if any(cells):
                found = _row(path, reader.line_num, heading, cells)
                if isinstance(found, Given):
                    rows.append(found)
                else:
                    problems += found
    except csv.Error as error:
        problems.append(Problem(path, reader.line_num, 1, "", f"no CSV: {error}"))
    if not problems and not rows:
        problems.append(Problem(path, 0, 0, "", "no rows"))
    if problems:
        raise InputError("\n".join(map(str, problems)))
    return tuple(rows), ignored


def cases_backtest(kb: KnowledgeBase, rows: Sequence[Given]) -> CasesBacktest:
    """Judge every voice by cases, by a base that has never heard of the work of each."""
    kb = kb.without_measured()
    cases: list[tuple[int, Case]] = []
    unasked: list[Unasked] = []
    models: dict[str | None, Likelihoods] = {}
    known = _Works(kb)
    for row in rows:
        try:
            prediction = predict(kb, row.defense, row.risk)
            scenario(kb, given=row.given)
        except InputError as error:
            unasked.append(Unasked(row.line, row.defense, row.risk, str(error)))
            continue
        work = known.find(row.work)
        if work not in models:
            models[work] = Likelihoods(kb, work)
        when = tuple(sorted(row.given.items()))
        result = Result(work or "", prediction, row.observed, when)
        cases.append((row.line, judge(kb, result, models[work])))
    only = [case for _, case in cases]
    return CasesBacktest(tuple(cases), scores(only), reliability(only), tuple(unasked))


class _Works:
    """The references of a base, by what people write of them."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._ids = {identity: identity for identity in kb.references}
        self._titles: dict[str, str] = {}
        for work in kb.references.values():
            for name in (work.arxiv, work.doi):
                if name:
                    self._ids[name.lower()] = work.id
            if work.title:
                self._titles[_folded(work.title)] = work.id

    def find(self, text: str) -> str | None:
        """Return the id of the work that a text names; None if it names none."""
        folded = _folded(text)
        if folded in self._titles:
            return self._titles[folded]
        for word in re.findall(r"[^\s\"'(),;\[\]]+", text.lower()):
            bare = word.removeprefix("arxiv:").removeprefix("https://doi.org/").rstrip(".:")
            for name in (bare, re.sub(r"v\d+$", "", bare)):
                if name in self._ids:
                    return self._ids[name]
        within = [t for t in self._titles if len(t) >= _SHORTEST and f" {t} " in f" {folded} "]
        return self._titles[max(within, key=len)] if within else None


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def _headed(path: str, heading: Sequence[str]) -> Iterator[Problem]:
    for name in _NEEDED:
        if name not in heading:
            yield Problem(path, 1, 1, name, "no such column; the heading needs " + _listed(_NEEDED))
    for index, name in enumerate(heading):
        if name in COLUMNS and name in heading[:index]:
            yield Problem(path, 1, index + 1, name, "the column is there twice")


def _row(
    path: str, line: int, heading: Sequence[str], cells: Sequence[str]
) -> Given | list[Problem]:
    if len(cells) != len(heading):
        message = f"{len(cells)} cells, but the heading has {len(heading)}"
        return [Problem(path, line, 1, "", message)]
    told = {name: cell.strip() for name, cell in zip(heading, cells, strict=True)}
    problems = [
        Problem(path, line, heading.index(name) + 1, name, "missing")
        for name in _NEEDED
        if not told[name]
    ]
    observed = OUTCOMES.get(told["observed"])
    if told["observed"] and observed is None:
        message = f"should be {_listed([*OUTCOMES])}, not {clip(told['observed'])!r}"
        problems.append(Problem(path, line, heading.index("observed") + 1, "observed", message))
    given: dict[str, str] = {}
    for stated in filter(None, map(str.strip, told.get("given", "").split(";"))):
        key, equals, value = (part.strip() for part in stated.partition("="))
        if not (key and equals and value) or given.setdefault(key, value) != value:
            message = f"should be CONDITION=VALUE; CONDITION=VALUE, each once, not {clip(stated)!r}"
            problems.append(Problem(path, line, heading.index("given") + 1, "given", message))
    if problems or observed is None:
        return problems
    return Given(line, told["defense"], told["risk"], observed, told.get("work", ""), given)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
