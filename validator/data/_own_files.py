"""Files of users: a data file and its card, found from the path of either."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from crosscurrent.knowledge.errors import InputError, legible

from ._adult import FILE, adult_card, read_adult
from ._arrays import read_arrays
from ._cards import ENDING, ENDINGS, EXAMPLE, Card, read_card
from ._csv import read_csv
from ._files import require_file
from ._parquet import read_parquet
from ._tables import Table

__all__ = ["OwnFile", "own_file"]

_CARDS: Final = (".yaml", ".yml")


@dataclass(frozen=True)
class OwnFile:
    """A data file, and what is said about it.

    Attributes
    ----------
    path : str
        The data file.
    card : Card or None
        Its card; None if there is none.
    """

    path: str
    card: Card | None

    @property
    def adult(self) -> bool:
        """Whether it is UCI Adult as it is published, which needs no card."""
        return os.path.basename(self.path) == FILE

    @property
    def name(self) -> str:
        """What to call the data set."""
        stem = os.path.splitext(os.path.basename(self.path))[0]
        return stem if self.card is None or self.card.name is None else self.card.name

    def no_card(self) -> InputError:
        """Return the error about a card that is not there."""
        beside = os.path.splitext(self.path)[0] + ENDING
        return InputError(
            f"{legible(self.path)}: no card beside it; write {legible(beside)} with {EXAMPLE}"
        )

    def read(self) -> tuple[Table, Card]:
        """Read the data; without a card as one that says nothing.

        Returns
        -------
        tuple
            What was read, and the card with what follows from the kind of file.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        if self.adult and self.card is not None:
            return read_adult(self.path), self.card
        card = self.card or Card(source=legible(os.path.splitext(self.path)[0] + ENDING))
        return _READERS[_ending(self.path)](self.path, card)


def own_file(path: str, folder: str | None = None) -> OwnFile:
    """Return a data file with the card beside it, or a card's data file.

    Parameters
    ----------
    path : str
        The path of either.
    folder : str, optional
        Outside of which neither may be, wherever links lead.

    Raises
    ------
    InputError
        If there is no such file, it is none that is read, two cards lie beside it, or a card is
        broken, names another file, or one outside of the folder.
    """
    if _ending(path) in _CARDS:
        _require_inside(path, folder)
        card = read_card(path)
        named = _named(card, path, None)
        _require_inside(named, folder)
        return OwnFile(named, card)
    require_file(path)
    if os.path.basename(path) == FILE:
        return OwnFile(path, adult_card(path))
    if _ending(path) not in _READERS:
        raise InputError(
            f"{legible(path)}: should end in {', '.join(_READERS)}, or be a card "
            f"({' or '.join(_CARDS)})"
        )
    stem = os.path.splitext(path)[0]
    beside = [stem + each for each in ENDINGS if os.path.exists(stem + each)]
    if len(beside) > 1:
        both = " and ".join(map(legible, beside))
        raise InputError(f"{legible(path)}: two cards beside it, {both}; remove one")
    if not beside:
        return OwnFile(path, None)
    _require_inside(beside[0], folder)
    card = read_card(beside[0])
    return OwnFile(_named(card, beside[0], path), card)


def _require_inside(path: str, folder: str | None) -> None:
    """Make sure that a file lies in a folder, wherever links lead."""
    if folder is None:
        return
    within = os.path.realpath(folder)
    if os.path.commonpath([within, os.path.realpath(path)]) != within:
        raise InputError(
            f"{legible(path)}: leads out of the folder of data sets; put the file itself there"
        )


def _named(card: Card, path: str, given: str | None) -> str:
    """Return the data file of a card; ``given`` is the file if the user named it."""
    if card.file is not None:
        file = os.path.join(os.path.dirname(path), card.file)
        if given is not None and not _same(file, given):
            raise card.wrong(("file",), f"is not {legible(given)}; name the card instead of it")
    elif given is not None:
        file = given
    else:
        stem = next((path.removesuffix(each) for each in ENDINGS if path.endswith(each)), path)
        beside = [stem + each for each in _READERS if os.path.exists(stem + each)]
        if len(beside) != 1 or stem == path:
            raise card.wrong((), "name the data file: write file: NAME.csv, relative to this card")
        (file,) = beside
    if _ending(file) not in _READERS:
        raise card.wrong(("file",), f"should end in {', '.join(_READERS)}")
    return file


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def _text(file: str, card: Card) -> tuple[Table, Card]:
    return read_csv(file, card.na_values), card


_READERS: Final[Mapping[str, Callable[[str, Card], tuple[Table, Card]]]] = {
    ".csv": _text,
    ".tsv": _text,
    ".parquet": lambda file, card: (read_parquet(file, card.na_values), card),
    ".npz": read_arrays,
}
