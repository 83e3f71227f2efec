"""Words of a user in Markdown, which shows them as they are."""

from __future__ import annotations

import re

__all__ = ["code", "escaped"]

_SIGNS = re.compile(r"([\\`*<>\[\]|~#]|&(?=#?\w+;)|(?<!\w)_|_(?!\w))")
_START = re.compile(r"^([-+=]|\d+(?=[.)]))")


def escaped(words: str) -> str:
    """Return text on one line of which Markdown and HTML take no sign for anything else."""
    text = _SIGNS.sub(r"\\\1", " ".join(words.split()))
    return _START.sub(lambda each: _guarded(each[0]), text)


def _guarded(start: str) -> str:
    """Return the beginning of a line that would otherwise be a list, or underline a heading."""
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def code(words: str) -> str:
    """Return text on one line as a code span, fenced by more backticks than it holds in a row."""
    text = " ".join(words.split())
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"
