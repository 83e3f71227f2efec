"""The knowledge that commands answer from, and the forms that answers are printed in."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import LAYERS, load
from crosscurrent.knowledge.errors import InputError, legible

from ..text.names import knowledge_line
from ..text.terminal import Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosscurrent.knowledge import KnowledgeBase

__all__ = [
    "again",
    "as_json",
    "as_markup",
    "knowledge",
    "output_format",
    "overlays",
    "own_knowledge",
    "repeated",
    "style",
    "with_knowledge_line",
    "write_answer",
    "wrote",
]

VARIABLE = "CROSSCURRENT_KNOWLEDGE"


def overlays(arguments: Namespace) -> list[str]:
    """Return the folders of the user's own knowledge: the environment's first, then the given.

    The words ``papers``, ``literature`` and ``all`` may be among them, see `knowledge.load`.
    """
    named = os.environ.get(VARIABLE, "")
    return [*filter(None, named.split(os.pathsep)), *arguments.knowledge]


def knowledge(arguments: Namespace) -> KnowledgeBase:
    """Load the built-in knowledge with the user's own on top."""
    return load(overlays(arguments))


def own_knowledge(arguments: Namespace) -> bool:
    """Say whether knowledge of the user's own is asked."""
    return any(folder not in LAYERS for folder in overlays(arguments))


def again(arguments: Namespace) -> str:
    """Return the options with which a further command uses the same knowledge."""
    return repeated("--knowledge", arguments.knowledge)


def repeated(option: str, values: Sequence[str]) -> str:
    """Return an option once for each value, as words of a command line that go on from others."""
    if not values:
        return ""
    import shlex

    return "".join(f" {option} {shlex.quote(value)}" for value in values)


def style(arguments: Namespace) -> Style:
    """Return how to write to standard output."""
    return Style.of(sys.stdout, no_color=arguments.no_color)


def output_format(arguments: Namespace) -> str | None:
    """Return the form that ``--format`` or ``--json`` asks for."""
    if arguments.json and arguments.format not in (None, "json"):
        raise InputError(f"give --json or --format {arguments.format}, not both")
    return "json" if arguments.json else arguments.format


def with_knowledge_line(text: str, digest: str, look: Style) -> str:
    """Return a text for standard output, with the knowledge that it rests on as the last line."""
    return look.finish(f"{text}\n\n{knowledge_line(digest)}")


def as_json(document: Mapping[str, Any]) -> str:
    """Write a document as JSON that the stream can carry."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=not _speaks_unicode())


def as_markup(text: str) -> str:
    """Write XML or DOT so that the stream can carry it: references for what it lacks."""
    return text if _speaks_unicode() else text.encode("ascii", "xmlcharrefreplace").decode()


def _speaks_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "") == "utf8"


def wrote(files: Sequence[str]) -> str:
    """Say which files were written, if any."""
    return "\n".join(f"wrote {legible(file)}" for file in files) or "nothing to write"


def write_answer(file: str, content: str) -> None:
    """Write an answer to a file, whole or not at all.

    Raises
    ------
    InputError
        It cannot be written there, which is not what an exit status of 1 says of a check.
    """
    from crosscurrent.validator.results.files import write_whole

    try:
        write_whole(file, (content.rstrip("\n") + "\n").encode())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        told = f"{legible(file) or '--output'}: can't be written ({reason}); name another file"
        raise InputError(told) from error
