"""Reader of deployment files: strict, every problem at once, each with its place.

A file that was read once is kept like compiled knowledge, so that asking again imports neither YAML
nor pydantic; of a text that comes otherwise, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _cache
from ._load import code_digest
from ._records.rows import thaw
from .deployments import DATE, Deployment
from .errors import BrokenDeployment, InputError, Problem, legible

if TYPE_CHECKING:
    from ._yaml import Node

__all__ = ["MAX_BYTES", "DeploymentFile", "read_deployment", "read_deployment_text", "schema"]

MAX_BYTES = 256 * 1024
"""As large as a deployment file may be."""

_MAX_VALUES = 5_000
_DAY = re.compile(DATE)

Place = tuple[int, int]


class DeploymentFile(NamedTuple):
    """A deployment, and where the file says what.

    Attributes
    ----------
    deployment : Deployment
        What the file says.
    name : str
        The file, as the user would name it.
    places : mapping from str to pair of int
        Line and column, from 1, by field: ``defenses[0].defense``.
    digest : str
        ``sha256:`` and the digest of the file's content.
    path : str
        Where it lies, which `name` shows without what a terminal might obey.
    """

    deployment: Deployment
    name: str
    places: Mapping[str, Place]
    digest: str
    path: str = ""

    def problem(self, field: str, message: str) -> Problem:
        """Describe a problem with a field, at its place or the nearest one around it."""
        around = field
        while around and around not in self.places:
            cut = max(around.rfind("."), around.rfind("["))
            around = around[:cut] if cut > 0 else ""
        return Problem(self.name, *self.places.get(around, (1, 1)), field, message)


def read_deployment(path: str) -> DeploymentFile:
    """Read a deployment file.

    Raises
    ------
    BrokenDeployment
        If anything in it is wrong; it carries every problem.
    InputError
        If it cannot be read, is no regular file, or is larger than `MAX_BYTES`.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"{legible(path)}: not a file; give a deployment file")
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{legible(path)}: can't be read ({reason}); crosscurrent assess --init FILE writes one"
        ) from error
    return _read(data, legible(path), kept=True)._replace(path=path)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe is told, not waited for


def read_deployment_text(data: bytes, name: str = "deployment.yaml") -> DeploymentFile:
    """Read the content of a deployment file, YAML or JSON.

    Parameters
    ----------
    data : bytes
        UTF-8 text.
    name : str
        What problems call it.

    Raises
    ------
    BrokenDeployment
        If anything in it is wrong; it carries every problem.
    """
    return _read(data, name, kept=False)


def _read(data: bytes, name: str, *, kept: bool) -> DeploymentFile:
    if len(data) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1024} KiB"
        raise BrokenDeployment([Problem(name, 0, 0, "", message)])
    content = hashlib.sha256(data).hexdigest()
    row, places = _known(data, name, content) if kept else _parsed(data, name)
    where = {field: (line, column) for field, (line, column) in places.items()}
    return DeploymentFile(thaw(Deployment, row), name, where, f"sha256:{content}")


def _known(data: bytes, name: str, content: str) -> tuple[dict[str, Any], dict[str, Place]]:
    """Return what a file says, read now or before."""
    key = hashlib.sha256(f"deployment {code_digest()} {content}".encode()).hexdigest()
    known = _cache.fetch(key)
    if known is not None:
        row, places = json.loads(known)
        return row, places
    row, places = _parsed(data, name)
    _cache.store(key, json.dumps([row, places], separators=(",", ":")).encode())
    return row, places


def _parsed(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, Place]]:
    from ._checks import checked  # brings pydantic, which a kept file does without
    from ._yaml import parse

    root, problems = parse(data, name, _MAX_VALUES)
    if problems:
        raise BrokenDeployment(problems)
    if root is None or not isinstance(root.value, dict):
        message = "should be a mapping that begins with deployment: 1"
        raise BrokenDeployment([Problem(name, 1, 1, "", message)])
    row, problems = checked(Deployment, root, name)
    problems += [*_version(root, name), *_choices(root, name), *_dates(root, name)]
    if problems:
        raise BrokenDeployment(problems)
    return row, dict(_places(root, ""))


def _version(root: Node, name: str) -> Iterator[Problem]:
    """Yield a problem if the version is true, which Python takes for 1."""
    version = root.at(("deployment",))
    if version is not None and version.value is True:
        yield Problem(name, *version.mark, "deployment", "should be 1, not true")


def _choices(root: Node, name: str) -> list[Problem]:
    """Return a problem for each entry of results that does not name just one thing."""
    entries = root.at(("results",))
    found: list[Problem] = []
    for index, entry in enumerate(entries.value if entries and _is(entries, list) else []):
        given = (
            [key for key, value in entry.value.items() if value.value is not None]
            if _is(entry, dict)
            else ["?"]
        )
        if len(given) != 1:
            message = "should name one of evidence and result"
            line, column = entry.mark
            found.append(Problem(name, line, column, f"results[{index}]", message))
    return found


def _dates(root: Node, name: str) -> Iterator[Problem]:
    """Yield a problem for each acceptance that ends on a day that no calendar has."""
    entries = root.at(("accepted",))
    for index, entry in enumerate(entries.value if entries and _is(entries, list) else []):
        until = entry.value.get("until") if _is(entry, dict) else None
        if until is None or not isinstance(until.value, str) or not _DAY.match(until.value):
            continue  # which the record says itself
        try:
            date.fromisoformat(until.value)
        except ValueError:
            line, column = until.mark
            message = f"{until.value} is no day of the calendar"
            yield Problem(name, line, column, f"accepted[{index}].until", message)


def _is(node: Node, kind: type) -> bool:
    return isinstance(node.value, kind)


def _places(node: Node, field: str) -> Iterator[tuple[str, Place]]:
    if isinstance(node.value, dict):
        for key, inside in node.value.items():
            name = f"{field}.{key}" if field else key
            yield name, (node.keys[key].line, node.keys[key].column)
            yield from _places(inside, name)
    elif isinstance(node.value, list):
        for index, inside in enumerate(node.value):
            name = f"{field}[{index}]"
            yield name, (inside.mark.line, inside.mark.column)
            yield from _places(inside, name)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of deployment files, draft 2020-12."""
    from pydantic import TypeAdapter

    found: dict[str, Any] = TypeAdapter(Deployment).json_schema(ref_template="#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found,
        "title": "Crosscurrent deployment file",
    }
