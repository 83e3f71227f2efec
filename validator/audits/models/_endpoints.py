"""Models behind HTTP: records are posted as JSON, probabilities come back."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final, NoReturn
from urllib.parse import urlsplit

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ._deadlines import Deadline
from ._model import Model

if TYPE_CHECKING:
    from email.message import Message
    from http.client import HTTPResponse

    from numpy.typing import NDArray

    from .._records import Records
    from ._settings import ModelSettings

__all__ = ["Endpoint"]

BATCH: Final = 100
"""Records that one request holds at most."""
MOST_ANSWER: Final = 32 << 20
"""As large as the answer to one request may be, in bytes."""
SILENCE: Final = 30.0
"""Seconds that a host may be silent."""
LONGEST: Final = 120.0
"""Seconds that one answer may take."""
_ANSWERS: Final = ("predictions", "probabilities", "outputs")
_SHAPE: Final = (
    '{"predictions": [[p, p, …], …]}, for each record the probability of each class, one number'
    " (that of the positive class), or an object of probabilities by class"
)


class Endpoint(Model):
    """An address that answers ``{"instances": [record, …]}`` with ``{"predictions": [answer, …]}``.

    That is the V1 inference protocol of TensorFlow Serving (its row format) and KServe; a record is
    an object of attributes by name, or a list of numbers. No redirect is followed.

    Parameters
    ----------
    address : str
        Its URL.
    settings : ModelSettings
        The budget and the rate.
    sleep, clock : callable
        Wait for some seconds; give the time in seconds.
    """

    kind: ClassVar[str] = "HTTP endpoint"

    def __init__(
        self,
        address: str,
        settings: ModelSettings,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _require_sound(address)
        super().__init__(legible(address))
        self._address, self._settings = address, settings
        self._sleep, self._clock = sleep, clock
        self._rate = settings.rate
        self._next = float("-inf")
        self._left = settings.budget

    @property
    def batch(self) -> int:
        """Records that one request holds: those of a second, if these are fewer than `BATCH`."""
        return max(1, min(BATCH, int(self._rate)))

    @property
    def left(self) -> int | None:
        """Records that may still be sent."""
        return self._left

    def prepare(self, records: Records, classes: int, most: int) -> None:
        """Make sure that the budget is enough."""
        del records, classes
        if most > self._left:
            raise InputError(
                f"{self.name}: {most:,} records, and --budget lets {self._left:,} be sent; give"
                " fewer records, or a larger budget"
            )

    def outputs(self, records: Records) -> NDArray[Any]:
        """Return what comes back for records: (records, outputs)."""
        if len(records) > self._left:
            raise InputError(f"{self.name}: --budget {self._settings.budget:,} is used up")
        self._left -= len(records)
        wait = self._next - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._next = self._clock() + len(records) / self._rate
        return self._parsed(self._posted(records.rows()), len(records))

    def _posted(self, rows: list[Any]) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - an address begins with http(s)://
            self._address,
            json.dumps({"instances": rows}, allow_nan=False).encode(),
            {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": "crosscurrent",
            },
        )
        with Deadline(LONGEST) as deadline:
            try:
                found = self._answered(request, deadline)
            except InputError:
                if not deadline.passed:
                    raise
            if deadline.passed:
                raise InputError(
                    f"{self.name}: takes more than {LONGEST:g} seconds for an answer"
                ) from None
            return found

    def _answered(self, request: urllib.request.Request, deadline: Deadline) -> bytes:
        # of no proxy, which would see records that were meant for one host
        opened = urllib.request.build_opener(
            _NoRedirects, urllib.request.ProxyHandler({}), *deadline.handlers()
        )
        try:
            with opened.open(request, timeout=SILENCE) as response:
                return self._read(response)
        except urllib.error.HTTPError as error:
            told = _told(error)
            raise InputError(
                f"{self.name}: answers with status {error.code} {clip(str(error.reason))}"
                + (f": {clip(told, 200)}" if told else "")
                + ("; ask more slowly with --rate" if error.code in (429, 503) else "")
            ) from None
        except TimeoutError:
            raise InputError(f"{self.name}: silent for {SILENCE:g} seconds") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                raise InputError(f"{self.name}: silent for {SILENCE:g} seconds") from None
            raise InputError(
                f"{self.name}: cannot be asked: {clip(str(reason) or type(error).__name__, 200)}"
            ) from None

    def _read(self, response: HTTPResponse) -> bytes:
        """Read an answer that is not too large."""
        size, parts = 0, []
        while part := response.read1(1 << 16):
            size += len(part)
            if size > MOST_ANSWER:
                raise InputError(
                    f"{self.name}: answers with more than {MOST_ANSWER >> 20} MiB; expected"
                    f" {_SHAPE}"
                )
            parts.append(part)
        return b"".join(parts)

    def _parsed(self, body: bytes, count: int) -> NDArray[Any]:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            start = body[:60].decode("utf-8", "replace")
            raise InputError(
                f"{self.name}: the answer is not JSON: {clip(start)!r}; expected {_SHAPE}"
            ) from None
        classes = None
        if isinstance(found, dict):
            classes = found.get("classes")
            named = next((found[name] for name in _ANSWERS if name in found), None)
            if named is None:
                there = ", ".join(map(clip, list(found)[:8])) or "nothing"
                raise InputError(f"{self.name}: the answer holds {there}; expected {_SHAPE}")
            found = named
        if not isinstance(found, list):
            raise InputError(f"{self.name}: the answer is no list; expected {_SHAPE}")
        if len(found) != count:
            raise InputError(
                f"{self.name}: {len(found):,} answers to {count:,} records; it should give one for"
                " each, in their order"
            )
        if found and isinstance(found[0], dict):
            found, classes = self._by_class(found)
        self._know(classes)
        try:
            numbers = np.array(found)
        except ValueError:
            raise self._wrong() from None
        if numbers.dtype.kind not in "if" or numbers.ndim not in (1, 2):
            raise self._wrong()
        return numbers.astype(np.float64)

    def _by_class(self, answers: list[Any]) -> tuple[list[list[Any]], list[Any]]:
        classes = list(self.classes) if self.classes is not None else sorted(answers[0])
        for each in answers:
            if not isinstance(each, dict) or set(each) != set(classes):
                raise InputError(
                    f"{self.name}: answers name different classes; each should name"
                    f" {', '.join(clip(str(one)) for one in classes[:8])}"
                )
        return [[each[name] for name in classes] for each in answers], classes

    def _know(self, classes: Any) -> None:
        if classes is None:
            return
        if not isinstance(classes, list) or not all(isinstance(e, str | int) for e in classes):
            raise InputError(f"{self.name}: classes should be a list of texts or whole numbers")
        if self.classes is not None and list(self.classes) != classes:
            raise InputError(f"{self.name}: classes are not the same in every answer")
        self.classes = tuple(classes)

    def _wrong(self) -> InputError:
        return InputError(
            f"{self.name}: answers are not numbers, as many for each record; expected {_SHAPE}"
        )


def _require_sound(address: str) -> None:
    """Make sure that an address is sound and holds no secret, none of which is ever told."""
    place = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    if "@" in place:
        raise InputError(
            "an address with a user and a password is not taken, as results name it; ask through a"
            " function of your own, package.module:function"
        )
    if "?" in address or "#" in address:
        bare = address.partition("?")[0].partition("#")[0]
        raise InputError(
            f"{clip(legible(bare))}: an address with a query (?) or a fragment (#) is not taken, as"
            " it may hold a key and results name it; ask through a function of your own,"
            " package.module:function"
        )
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or not address.isascii() or not address.isprintable() or " " in address:
        shown = legible(address) if "@" not in address and address.isascii() else "the address"
        raise InputError(f"{clip(shown)}: not a sound address; give http(s)://host/path")


def _told(error: urllib.error.HTTPError) -> str:
    """Return the first line of what comes with a status; nothing if that cannot be read."""
    try:
        with error:
            body = error.read(300)
    except (OSError, HTTPException, ValueError):
        return ""
    return body.decode("utf-8", "replace").strip().partition("\n")[0]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses to be sent on: only the host that the user has named is asked."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> NoReturn:
        del msg, headers
        fp.close()
        raise InputError(
            f"{legible(req.full_url)}: redirects ({code}) to {clip(newurl, 120)}, which is not"
            " followed; give that address itself if it is the one to ask"
        )
