"""Errors about jobs; ``crosscurrent/errors.py`` draws the tree of all errors."""

from __future__ import annotations

from crosscurrent.knowledge.errors import InputError

__all__ = [
    "BeingAccepted",
    "DifferentPayload",
    "NoSuchJob",
    "NoSuchPage",
    "NotEnded",
    "NotFinished",
    "Refused",
    "TooManyJobs",
    "Unavailable",
]


class Refused(InputError):
    """What was asked for cannot be measured; the message is that of the command line.

    Attributes
    ----------
    suggestions : tuple of str
        Known names that are close to a mistyped one; may be empty.
    """

    def __init__(self, message: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


class DifferentPayload(InputError):
    """The idempotency key was used for another request."""


class BeingAccepted(InputError):
    """A request with this idempotency key is being checked right now."""


class NoSuchPage(InputError):
    """There is no such page of a list."""


class TooManyJobs(InputError):
    """The owner has as many unfinished jobs as one may have; nothing was accepted."""


class NoSuchJob(LookupError):
    """There is no such job, as far as this owner can tell."""


class NotFinished(Exception):
    """The job has no result: it has not ended, or did not succeed.

    Attributes
    ----------
    state : str
        What it is in now.
    """

    def __init__(self, identity: str, state: str) -> None:
        super().__init__(f"job {identity} is {state} and has no result")
        self.state = state


class NotEnded(Exception):
    """The job has not ended, so it cannot be deleted."""


class Unavailable(OSError):
    """Something that jobs need cannot be used now; nothing was accepted and nothing is lost."""
