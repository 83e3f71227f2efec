"""Base class of models that are asked about records."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.knowledge.errors import InputError, MissingExtra, legible

from ...imports import FAILURES, said
from .._records import Wanted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .._records import Records

__all__ = ["Model", "needs", "users_code"]


_BATCH = 10_000


class Model(ABC):
    """A model that gives outputs for records.

    Attributes
    ----------
    kind : str
        What people call such models.
    may_be_logits : bool
        Whether outputs that are no probabilities are taken for logits.
    name : str
        The file, the function or the address, as problems name it.
    digest : str
        Of what is loaded; empty: not known.
    wanted : Wanted
        Of the records.
    classes : tuple of object or None
        What the outputs stand for, if the model knows.
    """

    kind: ClassVar[str]
    may_be_logits: ClassVar[bool] = False

    def __init__(self, name: str, digest: str = "") -> None:
        self.name, self.digest = name, digest
        self.wanted = Wanted()
        self.classes: tuple[object, ...] | None = None

    @property
    def batch(self) -> int:
        """Records that it is asked about at once."""
        return _BATCH

    def prepare(self, records: Records, classes: int, most: int) -> None:
        """Make ready to be asked about these records.

        Parameters
        ----------
        records : Records
            All of them.
        classes : int
            How many different labels there are.
        most : int
            How many records will be asked about.

        Raises
        ------
        InputError
            It cannot answer so many, or none of this shape.
        """
        del records, classes, most

    @abstractmethod
    def outputs(self, records: Records) -> Any:
        """Return what it gives for records: (records, outputs), or (records,) of one output.

        Whatever it is: whoever asks checks it.

        Raises
        ------
        InputError
            It fails, or records are not what it takes.
        """

    @property
    def has_gradients(self) -> bool:
        """Whether it gives the gradients of its outputs."""
        return False

    @property
    def left(self) -> int | None:
        """Records that it may still be asked about; None: as many as one likes."""
        return None

    def margin_gradient(
        self,
        records: Records,
        label: NDArray[np.int64],
        order: tuple[int, ...],
        *,
        logits: bool,
    ) -> NDArray[np.float64]:
        """Return the gradient, by the attributes, of the margin of the true class.

        Of the logits, or of the logarithms of probabilities.

        Parameters
        ----------
        records : Records
            (records, …).
        label : array of int64
            Their true classes: (records,).
        order : tuple of int
            For each class, the place of its output.
        logits : bool
            Whether outputs are logits.

        Returns
        -------
        array of float
            Of the shape of the records.

        Raises
        ------
        NotImplementedError
            It has no gradients.
        """
        raise NotImplementedError

    def said_of(self) -> str:
        """Return what kind of model it is, for people."""
        return self.kind


@contextmanager
def users_code(name: str, what: str) -> Iterator[None]:
    """Run code of the user's, whose warnings are the user's own.

    Parameters
    ----------
    name : str
        The model.
    what : str
        What is done, such as ``cannot be loaded``.

    Raises
    ------
    InputError
        In place of whatever it raises, leaving Python included.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name}: {what}: out of memory") from None
    except FAILURES as error:
        raise InputError(f"{name}: {what}: {said(error)}") from error


def needs(name: str, packages: Sequence[str], install: str = "crosscurrent[models]") -> None:
    """Make sure that packages are there which one kind of model takes.

    Raises
    ------
    MissingExtra
        One is not.
    """
    lacking = [each for each in packages if find_spec(each) is None]
    if lacking:
        raise MissingExtra(
            f"{legible(name)}: needs {', '.join(lacking)}:\n  pip install '{install}'"
        )
