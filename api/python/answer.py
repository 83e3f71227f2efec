"""Base class of answers: typed, printable, a table in a notebook, a frame, a JSON document."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import MissingExtra

from ..text.names import knowledge_line
from .tables import Table, as_html, as_text

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Answer", "Folder", "Knowledge", "Report", "knowledge_base", "listed", "overlay_names"]

Folder = str | os.PathLike[str]
Knowledge = KnowledgeBase | Folder | Iterable[Folder] | None
"""What a question may be asked of: a loaded base, or one's own folders; None: the built-in one.

The texts ``papers``, ``literature`` and ``all`` are no folders: see `load`.
"""


def knowledge_base(knowledge: Knowledge) -> KnowledgeBase:
    """Return the knowledge base that a question is asked of.

    Raises
    ------
    BrokenKnowledge
        If anything is wrong in any file.
    """
    if isinstance(knowledge, KnowledgeBase):
        return knowledge
    if knowledge is None:
        return _built_in()
    return load(overlay_names(knowledge))


def overlay_names(knowledge: Folder | Iterable[Folder] | None) -> list[str]:
    """Return one's own folders as `load` takes them."""
    if knowledge is None:
        return []
    if isinstance(knowledge, str | os.PathLike):
        knowledge = [knowledge]
    return [_folder(each) for each in knowledge]


def _folder(given: Folder) -> str:
    """Return a folder as `load` takes it: a path called papers is no word, unlike a text."""
    name = os.fspath(given)
    return name if isinstance(given, str) else os.path.join(os.curdir, name)


def listed(names: str | Iterable[str]) -> Iterable[str]:
    """Return names as a list, of which a single one may be given as a string."""
    return [names] if isinstance(names, str) else names


@cache
def _built_in() -> KnowledgeBase:
    return load()


class Report(ABC):
    """What a call returns.

    `print` writes it as text, a notebook shows it as tables, `to_frame` gives its rows to pandas,
    and `to_dict` is the document that the command line prints with ``--json``.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns of the frame.
    """

    columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def to_dict(self) -> Mapping[str, Any]:
        """Return the JSON document, of plain dicts, lists, strings, numbers, booleans and None."""

    def to_frame(self) -> DataFrame:
        """Return the rows as a pandas data frame.

        Raises
        ------
        MissingExtra
            If pandas is not installed.
        """
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise MissingExtra(
                "to_frame() needs pandas: pip install 'crosscurrent[pandas]'"
            ) from error

        return DataFrame.from_records(list(self._records()), columns=list(self.columns))

    @abstractmethod
    def _records(self) -> Iterable[tuple[Any, ...]]:
        """Return the rows of the frame, each as long as `columns`."""

    @abstractmethod
    def _heading(self) -> str:
        """Return it in a line."""

    @abstractmethod
    def _tables(self) -> Sequence[Table]:
        """Return the tables that show it."""

    def _notes(self) -> Sequence[str]:
        """Return what is to be read below the tables."""
        return ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._heading()}>"

    def __str__(self) -> str:
        return as_text(self._heading(), self._tables(), self._below())

    def _repr_html_(self) -> str:
        return as_html(self._heading(), self._tables(), self._below())

    def _below(self) -> Sequence[str]:
        return self._notes()


@dataclass(frozen=True, repr=False)
class Answer(Report):
    """The answer to one question.

    Attributes
    ----------
    kb : KnowledgeBase
        What was asked.
    """

    kb: KnowledgeBase = field(compare=False)

    @property
    def knowledge(self) -> str:
        """Digest of the knowledge base."""
        return self.kb.digest

    def _below(self) -> Sequence[str]:
        return (*self._notes(), knowledge_line(self.knowledge))
