"""Errors about what a user gives; ``crosscurrent/errors.py`` draws the tree of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

__all__ = [
    "MAX_PROBLEMS",
    "BrokenDeployment",
    "BrokenFiles",
    "BrokenKnowledge",
    "InputError",
    "MissingExtra",
    "Problem",
    "UnknownName",
    "suggest",
]

MAX_PROBLEMS = 1000
"""As many problems as one report lists; whoever has more has enough to go on."""

_SHORTEST = 5
_MISSPELT = 0.8


class InputError(Exception):
    """Something given by the user cannot be used; the message says what, where and what to do."""


class Problem(NamedTuple):
    """One thing wrong in one file.

    Parameters
    ----------
    file : str
        The file as the user would name it.
    line, column : int
        Where, counted from 1; 0 means the file as a whole.
    field : str
        The record and field, such as ``correlations[3].sign``; empty for the file as a whole.
    message : str
        What is wrong and what was expected.
    """

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        """Write the problem as ``file:line:column field: message``, as editors expect it."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place} {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class BrokenFiles(InputError, ValueError):
    """Files that cannot be used; nothing of them was.

    Attributes
    ----------
    problems : tuple of Problem
        Every problem found in every file, ordered by place. Of more than `MAX_PROBLEMS`, that
        many, and a last one that says so.
    where, what : str
        What kind of files they are, and what was left undone, for the line that closes a report.
    """

    where, what = "files", "nothing was read"

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = sorted(set(problems))
        if len(found) > MAX_PROBLEMS:
            message = f"more than {MAX_PROBLEMS} problems; mend these first, the rest is not shown"
            found[MAX_PROBLEMS:] = [Problem(found[MAX_PROBLEMS].file, 0, 0, "", message)]
        self.problems = tuple(found)
        super().__init__("\n".join(map(str, self.problems)))


class BrokenKnowledge(BrokenFiles):
    """A set of knowledge files that cannot be loaded; nothing of it was."""

    where, what = "knowledge files", "nothing was loaded"


class BrokenDeployment(BrokenFiles):
    """A deployment file that cannot be assessed."""

    where, what = "the deployment file", "nothing was assessed"


class UnknownName(InputError, LookupError):
    """A name that no record has.

    Parameters
    ----------
    kind : str
        What was looked for, such as ``defense``.
    name : str
        What was asked for.
    known : sequence of str
        What there is.
    aliases : mapping from str to str, optional
        What there is by its other names. With these, hints are as careful as `suggest_record`.

    Attributes
    ----------
    kind, name : str
        As above.
    suggestions : tuple of str
        Known names that are close to it, best first; may be empty.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        known: Sequence[str],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.name = kind, name
        if aliases is None:
            self.suggestions = suggest(name, known)
        else:
            self.suggestions = suggest_record(name, known, aliases)
        if self.suggestions:
            hint = f"did you mean {' or '.join(self.suggestions)}?"
        elif not known:
            hint = "there are none"
        elif len(known) <= 20:
            hint = f"known: {', '.join(known)}"
        else:
            hint = "crosscurrent kb show lists all"
        super().__init__(f"unknown {kind} {clip(name)!r} ({hint})")


class MissingExtra(InputError, ImportError):
    """What was asked for takes an extra that is not installed; the message says how to get it."""


def clip(text: str, limit: int = 60) -> str:
    """Shorten a text that came from outside, so that a message stays readable."""
    return legible(text if len(text) <= limit else text[: limit - 1] + "…")


def legible(text: str) -> str:
    """Blank out what a terminal might obey rather than show, line breaks included."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)


def suggest(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the known names that are close to a mistyped one, best first."""
    from difflib import get_close_matches  # only ever needed on the way to an error

    folded = {_fold(k): k for k in known}
    wanted = _fold(clip(name))
    close = get_close_matches(wanted, folded, n=limit, cutoff=0.6)
    # a beginning of a long name is a fair guess too: "privacy" is in "differential_privacy"
    part = [k for k in folded if len(wanted) >= 4 and wanted in k and k not in close]
    return tuple(folded[k] for k in [*close, *part][:limit])


def suggest_record(
    name: str, known: Iterable[str], aliases: Mapping[str, str], limit: int = 3
) -> tuple[str, ...]:
    """Return the ids that a name may have meant, best first; rather none than a wrong one.

    Somebody may well ask for what is not known at all, and many such words end alike
    (quantization, sanitization): a name counts that is misspelt behind its first letter, or that
    begins a word of an id.

    Parameters
    ----------
    name : str
        What was asked for.
    known : iterable of str
        The ids.
    aliases : mapping from str to str
        The ids by their aliases. Short aliases are like too many words to be of use.
    limit : int
        As many as are returned.
    """
    from difflib import get_close_matches  # only ever needed on the way to an error

    ids = {_fold(identity): identity for identity in known}
    wanted = _fold(clip(name))
    named = {_fold(alias): identity for alias, identity in aliases.items()} | ids
    likely = [text for text in named if len(text) >= _SHORTEST and text[0] == wanted[:1]]
    close = get_close_matches(wanted, likely, n=limit, cutoff=_MISSPELT)
    words = [text for text in ids if text.isidentifier()]  # not variants, edges and the like
    begun = [text for text in words if len(wanted) >= _SHORTEST - 1 and f"_{wanted}" in f"_{text}"]
    return tuple(dict.fromkeys(named[text] for text in [*close, *begun]))[:limit]


def _fold(text: str) -> str:
    return text.strip(" -").casefold().replace("-", "_").replace(" ", "_")
