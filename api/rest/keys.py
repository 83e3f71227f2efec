"""API keys: their file, and the quota of each.

The file holds, for each name, the SHA-256 of its key: keys are drawn from 256 random bits, so
there is nothing to guess and no salt is needed. It is read again whenever it changes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from crosscurrent.knowledge.errors import InputError, clip, suggest
from crosscurrent.knowledge.storage import write_atomic

if sys.platform != "win32":
    import fcntl

__all__ = ["Bucket", "Key", "KeyFile", "Keyring"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_HASH = re.compile(r"[0-9a-f]{64}")
_UNREAD = (-1, -1, -1)
"""The stamp of a file whose content is not known."""
_PREFIX = "cc_"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the service.

    Attributes
    ----------
    name : str
        Who holds it.
    sha256 : str
        Its hash.
    quota : int or None
        How many requests a minute it may make; None: any number.
    job_seconds : int or None
        Seconds for which a validation of it may train; None: as long as the service lets any.
    """

    name: str
    sha256: str
    quota: int | None
    job_seconds: int | None = None


class KeyFile:
    """The file of keys.

    Parameters
    ----------
    path : str
        Where it is; it need not exist before a key is added.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> tuple[Key, ...]:
        """Return all keys.

        Raises
        ------
        InputError
            If the file is not one of keys.
        OSError
            If it can't be read.
        """
        with open(self.path, encoding="utf-8") as stream:
            try:
                return tuple(_key(row) for row in json.load(stream)["keys"])
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise InputError(
                    f"{self.path}: is no file of keys; crosscurrent keys add makes one"
                ) from error

    def add(self, name: str, quota: int | None = None, job_seconds: int | None = None) -> str:
        """Make a key and return it: only now is it known.

        Raises
        ------
        InputError
            If the name is taken, or none that a key can have.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{clip(name)!r} can't name a key: use lower-case letters, digits, '_', '.' and '-'"
            )
        secret = _PREFIX + secrets.token_urlsafe(32)
        with self._alone():
            standing = self.read() if os.path.exists(self.path) else ()
            if any(key.name == name for key in standing):
                raise InputError(f"there is a key {name} already: remove it first")
            self._write((*standing, Key(name, _hash(secret), quota, job_seconds)))
        return secret

    def remove(self, name: str) -> None:
        """Forget a key; from now on it opens nothing.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        with self._alone():
            standing = self.read()
            left = tuple(key for key in standing if key.name != name)
            if len(left) == len(standing):
                close = suggest(name, [key.name for key in standing])
                hint = f" (did you mean {' or '.join(close)}?)" if close else ""
                raise InputError(f"there is no key {clip(name)!r}{hint}")
            self._write(left)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process change the file meanwhile, where locks of files are known."""
        if sys.platform == "win32":
            yield
            return
        # of a file beside it, as that of the keys is replaced
        lock = os.open(f"{self.path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, keys: tuple[Key, ...]) -> None:
        rows = [asdict(key) for key in keys]
        content = json.dumps({"keys": rows}, indent=2).encode()
        write_atomic(self.path, content, mode=0o600, durable=True)


class Bucket:
    """A quota: so many requests a minute, in a burst or evenly.

    Parameters
    ----------
    quota : int
        Requests a minute.
    clock : callable
        Seconds, ever rising.
    """

    __slots__ = ("_clock", "_left", "_seen", "quota")

    def __init__(self, quota: int, clock: Callable[[], float]) -> None:
        self.quota, self._clock = quota, clock
        self._left, self._seen = float(quota), clock()

    def take(self) -> float:
        """Count a request; return 0, or the seconds after which there is room for one."""
        now = self._clock()
        rate = self.quota / 60
        self._left = min(float(self.quota), self._left + (now - self._seen) * rate)
        self._seen = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / rate


class Keyring:
    """The keys that open the service, as the file is now.

    Parameters
    ----------
    file : KeyFile
        Read at once, so that a broken file keeps the service from starting.
    clock : callable
        Seconds, ever rising.
    """

    def __init__(self, file: KeyFile, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._clock = file, clock
        self._buckets: dict[str, Bucket] = {}
        self._stamp = self._now()
        self._keys = [(bytes.fromhex(key.sha256), key) for key in file.read()]

    def holder(self, secret: str) -> Key | None:
        """Return whose key this is."""
        self._follow()
        given = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        found = None
        for known, key in self._keys:  # all of them, so that time tells nothing
            if hmac.compare_digest(known, given):
                found = key
        return found

    def take(self, key: Key) -> float:
        """Count a request of a key; return 0, or the seconds that it has to wait."""
        if key.quota is None:
            return 0.0
        bucket = self._buckets.get(key.name)
        if bucket is None or bucket.quota != key.quota:
            bucket = self._buckets[key.name] = Bucket(key.quota, self._clock)
        return bucket.take()

    def _follow(self) -> None:
        """Read the file again if it changed; one that is broken or gone opens nothing."""
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = [(bytes.fromhex(key.sha256), key) for key in self._file.read()]
            except InputError:
                self._keys = []
            except OSError:  # perhaps for now: it is read again
                self._keys, self._stamp = [], _UNREAD

    def _now(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self._file.path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: dict[str, object]) -> Key:
    name, sha256 = row["name"], row["sha256"]
    if not (isinstance(name, str) and isinstance(sha256, str) and _HASH.fullmatch(sha256)):
        raise ValueError
    return Key(name, sha256, _limit(row.get("quota")), _limit(row.get("job_seconds")))


def _limit(value: object) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    raise ValueError
