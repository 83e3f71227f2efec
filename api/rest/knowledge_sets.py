"""Named, versioned sets of knowledge files that users uploaded.

A version is one file that appears whole under its final name or not at all, and never changes;
that it is retired is another, empty file. So any number of processes may share the folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import TypeAdapter

from crosscurrent.knowledge import LAYERS, BrokenKnowledge, KnowledgeBase, load
from crosscurrent.knowledge.errors import clip, legible, suggest
from crosscurrent.knowledge.storage import discard, write_temporary

from .lru_cache import LRUCache
from .problems import ProblemError
from .shapes.service import KnowledgeVersion

__all__ = ["KnowledgeSets", "Version", "described", "now"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+._-]{0,199}\.ya?ml")
_VERSION = re.compile(r"([0-9]{6})\.json")
_RESERVED = ("diff", *LAYERS)
_KEPT = 16
_RETRIES = 100


class Version(NamedTuple):
    """One version of a set."""

    name: str
    version: int
    created: str
    owner: str | None
    digest: str
    files: Mapping[str, str]
    retired: bool


_STORED = TypeAdapter(Version)


def described(found: Version) -> KnowledgeVersion:
    """Return the document of a version, without the content of its files."""
    return {
        "name": found.name,
        "version": found.version,
        "created": found.created,
        "owner": found.owner,
        "files": sorted(found.files),
        "retired": found.retired,
        "digest": found.digest,
    }


def now() -> str:
    """Return the time, as documents give it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class KnowledgeSets:
    """The sets in a folder, and the knowledge bases that they make.

    Parameters
    ----------
    folder : str
        Where they are kept; made when something is.
    standing : sequence of str
        Folders of knowledge that every set comes on top of.
    most : int
        Versions that one owner may have, of all sets together, retired ones too.
    clock : callable
        Returns the time, as documents give it.
    """

    def __init__(
        self,
        folder: str,
        standing: Sequence[str] = (),
        most: int = 1000,
        clock: Callable[[], str] = now,
    ) -> None:
        self.folder, self._standing, self._most, self._clock = folder, standing, most, clock
        self._bases: LRUCache[tuple[str, int], KnowledgeBase] = LRUCache(_KEPT)
        self._heads: dict[tuple[str, int], Version] = {}

    def put(self, name: str, files: Mapping[str, str], owner: str | None) -> tuple[Version, bool]:
        """Keep files as the newest version of a set; say whether they are new.

        The same files as the newest version has make no other one.

        Raises
        ------
        ProblemError
            If a name can't be one, the set belongs to another key, or there is no room.
        BrokenKnowledge
            If the knowledge is broken; it carries all problems and nothing is kept.
        """
        self._named(name)
        _check_files(files)
        latest = self._readable(name)
        if latest is not None:
            self._theirs(latest, owner)
        kb = self._compile(files)
        newest = max(self.numbers(name), default=0)
        if (
            latest is not None
            and latest.version == newest
            and not latest.retired
            and latest.files == files
        ):
            return latest, False
        return self._keep(name, files, owner, kb), True

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of a set's versions, retired ones too, in order."""
        with suppress(FileNotFoundError, NotADirectoryError):
            found = map(_VERSION.fullmatch, os.listdir(os.path.join(self.folder, name)))
            return sorted(int(each[1]) for each in found if each)
        return []

    def names(self) -> list[str]:
        """Return the names of all sets, in order."""
        with suppress(FileNotFoundError):
            return sorted(name for name in os.listdir(self.folder) if _NAME.fullmatch(name))
        return []

    def listed(self) -> tuple[list[Version], list[str]]:
        """Return all versions, by name, newest first, and what can't be read of any.

        The files of each are there by name only.
        """
        versions, damaged = [], []
        for name in self.names():
            for number in reversed(self.numbers(name)):
                try:
                    versions.append(self._head(name, number))
                except ProblemError as error:
                    damaged.append(error.detail)
        return versions, damaged

    def get(self, wanted: str) -> Version:
        """Return a version: the one that ``NAME@VERSION`` says, or the newest not retired.

        Raises
        ------
        ProblemError
            If there is none, or all of it is retired.
        """
        name, at, number = wanted.partition("@")
        existing = self.numbers(name) if _NAME.fullmatch(name) else []
        if not existing:
            close = list(suggest(name[:60], self.names()))
            hint = f" (did you mean {' or '.join(close)}?)" if close else ""
            detail = f"there is no knowledge set {clip(name)!r}{hint}"
            raise ProblemError(404, detail, kind="unknown-name", suggestions=close)
        if at:
            if not (re.fullmatch(r"[0-9]{1,6}", number) and int(number) in existing):
                known = [f"{name}@{each}" for each in existing[-3:]]
                detail = f"{name} has no version {clip(number)!r}"
                raise ProblemError(404, detail, kind="unknown-name", suggestions=known)
            return self._read(name, int(number))
        for each in reversed(existing):
            if not self._is_retired(name, each):
                return self._read(name, each)
        raise ProblemError(410, f"all versions of {name} are retired: put it again to use it")

    def retire(self, wanted: str, owner: str | None) -> None:
        """Take a version, or with a bare name all of them, out of use; nothing is deleted.

        Raises
        ------
        ProblemError
            If there is none, or it belongs to another key.
        """
        name, at, number = wanted.partition("@")
        try:
            found = self.get(wanted)
            numbers = [found.version] if at else self.numbers(name)
        except ProblemError as error:
            if error.kind != "damaged":
                raise
            numbers = [int(number)] if at else self.numbers(name)
        if (readable := self._readable(name)) is not None:
            self._theirs(readable, owner)
        for each in numbers:
            mark = os.path.join(self.folder, name, f"{each:06}.retired")
            os.close(os.open(mark, os.O_CREAT | os.O_WRONLY, 0o600))
        _sync(os.path.join(self.folder, name))

    def base(self, wanted: str) -> KnowledgeBase:
        """Return the knowledge with a set on top, or with the built-in layers that a word means.

        Raises
        ------
        ProblemError
            If there is no such set, it is retired, or no longer fits what it comes on top of.
        """
        if wanted in LAYERS:
            if (built_in := self._bases.get((wanted, 0))) is None:
                built_in = load([*self._standing, wanted])
                self._bases.put((wanted, 0), built_in)
            return built_in
        version = self.get(wanted)
        if version.retired:
            raise ProblemError(410, f"{version.name}@{version.version} is retired")
        key = (version.name, version.version)
        if (known := self._bases.get(key)) is not None:
            return known
        try:
            kb = self._compile(version.files)
        except BrokenKnowledge as error:
            found = [each._asdict() for each in error.problems]
            detail = f"{key[0]}@{key[1]} does not fit the knowledge of this service any more"
            raise ProblemError(409, detail, kind="broken-knowledge", problems=found) from error
        self._bases.put(key, kb)
        return kb

    def check(self) -> None:
        """Raise OSError unless something can be kept."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        probe = os.path.join(self.folder, f".{os.urandom(8).hex()}")
        try:
            os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        finally:
            discard(probe)

    @staticmethod
    def _theirs(version: Version, owner: str | None) -> None:
        """Raise `ProblemError` if a set belongs to another key."""
        if version.owner not in (None, owner):
            raise ProblemError(403, f"the set {version.name} belongs to another key")

    def _compile(self, files: Mapping[str, str]) -> KnowledgeBase:
        data = {name: text.encode("utf-8", "surrogatepass") for name, text in files.items()}
        return load([*self._standing, data])

    def _named(self, name: str) -> None:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise ProblemError(
                422,
                f"{clip(name)!r} can't name a set: use a lower-case letter, then up to 62"
                " lower-case letters, digits, '_' and '-'; {', '.join(_RESERVED)} are taken",
                kind="bad-name",
            )

    def _keep(
        self, name: str, files: Mapping[str, str], owner: str | None, kb: KnowledgeBase
    ) -> Version:
        if sum(each.owner == owner for each in self.listed()[0]) >= self._most:
            detail = f"{self._most} versions are all that one may have (max_versions)"
            raise ProblemError(507, detail)
        version = Version(name, 0, self._clock(), owner, kb.digest, dict(files), False)
        place = os.path.join(self.folder, name)
        os.makedirs(place, mode=0o700, exist_ok=True)
        content = json.dumps(version._asdict()).encode("ascii")
        partial = write_temporary(os.path.join(place, "version"), content, durable=True)
        try:
            for _ in range(_RETRIES):
                existing = self.numbers(name)
                if (latest := self._readable(name)) is not None:
                    self._theirs(latest, owner)  # another process may have been faster
                number = max(existing, default=0) + 1
                try:
                    # a link, unlike a rename, never replaces what another process put there
                    os.link(partial, os.path.join(place, f"{number:06}.json"))
                except FileExistsError:
                    continue
                _sync(place)
                _sync(self.folder)
                return version._replace(version=number)
        finally:
            discard(partial)
        raise ProblemError(409, f"{name} is being changed by many at once: try again")

    def _head(self, name: str, number: int) -> Version:
        """Return a version without the texts of its files; only the first time is that read."""
        known = self._heads.get((name, number))
        if known is None:
            read = self._read(name, number)
            known = read._replace(files=dict.fromkeys(read.files, ""))
            self._heads[name, number] = known
        return known._replace(retired=self._is_retired(name, number))

    def _readable(self, name: str) -> Version | None:
        """Return the newest version that is not damaged, which says whose a set is."""
        for number in reversed(self.numbers(name)):
            try:
                return self._read(name, number)
            except ProblemError:
                continue
        return None

    def _is_retired(self, name: str, number: int) -> bool:
        return os.path.exists(os.path.join(self.folder, name, f"{number:06}.retired"))

    def _read(self, name: str, number: int) -> Version:
        path = os.path.join(self.folder, name, f"{number:06}")
        try:
            with open(f"{path}.json", encoding="ascii") as stream:
                row = _STORED.validate_json(stream.read())
        except (OSError, ValueError) as error:
            detail = (
                f"{name}@{number} is damaged on the service's disk; other sets are not: put it"
                " again, or delete it"
            )
            raise ProblemError(500, detail, kind="damaged") from error
        return row._replace(version=number, retired=self._is_retired(name, number))


def _check_files(files: Mapping[str, str]) -> None:
    wrong = [
        {"file": legible(name[:100]), "line": 0, "column": 0, "field": "",
         "message": "can't name a knowledge file: use letters, digits, . _ - @ +, then .yaml"}
        for name in files
        if not _FILE.fullmatch(name)
    ]  # fmt: skip
    if wrong:
        detail = f"{len(wrong)} file name{'s' * (len(wrong) != 1)} can't be used"
        raise ProblemError(422, detail, kind="broken-knowledge", problems=wrong[:1000])


def _sync(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
