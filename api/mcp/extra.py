"""The extra ``mcp``: whether the SDK of the protocol is there."""

from __future__ import annotations

from importlib.util import find_spec

from crosscurrent.knowledge.errors import MissingExtra

__all__ = ["require"]


def require() -> None:
    """Raise `MissingExtra` unless the SDK is installed."""
    if find_spec("mcp") is None:
        raise MissingExtra(
            "answering over MCP needs the extra 'mcp':\n"
            "  pip install 'crosscurrent[mcp]'        or, in a clone: make mcp"
        )
