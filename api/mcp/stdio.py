"""Answers over standard input and output, to the one client that started the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from mcp.server.stdio import stdio_server

from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.budget import TooCostly

from ..answers.budgets import MOST_STEPS, bounded
from .server import make_server

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from crosscurrent.knowledge import KnowledgeBase

    from .tool import Tool

__all__ = ["bounded_run", "serve"]

_SECONDS = 10
"""Seconds of processor time that one question may take, as by default in the service."""


async def bounded_run(_: Any, task: Callable[[], CallToolResult], less: str) -> CallToolResult:
    """Run a question in a thread, within the budget of one.

    Raises
    ------
    InputError
        If it takes too much.
    """
    with bounded(_SECONDS):
        try:
            return await to_thread.run_sync(task)
        except TooCostly as error:
            most = f"{_SECONDS} s of computing or {MOST_STEPS:,} steps"
            raise InputError(f"this would take more than {most}: {less}") from error


def serve(kb: KnowledgeBase, tools: Sequence[Tool]) -> None:
    """Answer until the client closes standard input.

    Parameters
    ----------
    kb : KnowledgeBase
        What is asked.
    tools : sequence of Tool
        What may be called.
    """

    async def answering() -> None:
        server = make_server(kb, bounded_run, tools)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(answering)
