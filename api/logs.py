"""Structured logs: one JSON object a line, on standard error."""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

__all__ = ["Log", "logger", "standard_logging"]

Log = Any
"""A structlog logger; its methods are made when it is bound, so no type tells them."""

_ENCODER = json.JSONEncoder(default=str)  # making one for every line takes as long as the line
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _encoded(event: object, **_: object) -> str:
    return _ENCODER.encode(event)


def logger(level: str, stream: TextIO | None = None) -> Log:
    """Return a logger that writes lines to a stream, by default standard error."""
    return structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", _Lossy(stream or sys.stderr))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_encoded),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    ).bind()  # once, rather than at every line


class _Lossy(io.TextIOBase):
    """A stream of which a line is lost that cannot be written, as on a full disk.

    Parameters
    ----------
    stream : TextIO
        Where lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, if that is possible."""
        with suppress(OSError, ValueError):  # ValueError: it was closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Forward(logging.Handler):
    """Writes what libraries log with the logger of the service."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._log.log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def standard_logging(log: Log) -> None:
    """Let what workers say, and libraries' warnings and errors, be logged in the same form."""
    root = logging.getLogger()
    root.handlers[:] = [_Forward(log)]
    root.setLevel(logging.WARNING)
    logging.getLogger("crosscurrent").setLevel(logging.INFO)
