"""The server: it lists the tools of a knowledge base, and answers calls of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as Listed
from pydantic import ValidationError

from crosscurrent import __version__
from crosscurrent.knowledge.errors import InputError, UnknownName, clip, legible, suggest

from ..text.names import cite, knowledge_line
from .measuring import measured
from .schemas import input_schema, output_schema
from .tools import TOOLS
from .works import works

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

    from crosscurrent.knowledge import KnowledgeBase

    from .tool import Arguments, Tool

__all__ = ["KNOWLEDGE", "SOURCES", "Run", "make_server"]

KNOWLEDGE = "crosscurrent/knowledge"
"""In the metadata of a result, the digest of the knowledge that it rests on."""
SOURCES = "crosscurrent/sources"
"""In the metadata of a result, the ids of the works that it rests on."""

_ABOUT = (
    "What one machine-learning defense does to every other risk: predicted from cited literature,"
    " explained, and told with how well it is established. Names are ids, the papers' codes or"
    " aliases: search_knowledge finds them. Answers are expectations from correlations, not proofs:"
    " pass on the likelihood, the grade and the works (sources names them), and say what is"
    " unknown."
)
_CITED = 8
_FAULTS = 3

Run = Callable[[Any, Callable[[], CallToolResult], str], Awaitable[CallToolResult]]
"""Runs a question within its bounds: of the HTTP request if there is one, what to do, and what to
ask instead should that take too much. It raises `InputError` to refuse."""


def make_server(kb: KnowledgeBase, run: Run, offered: Sequence[Tool] = TOOLS) -> Server[Any]:
    """Return a server of tools.

    Parameters
    ----------
    kb : KnowledgeBase
        What is asked.
    run : callable
        Runs one question.
    offered : sequence of Tool
        By default those that only read.
    """
    tools = {tool.name: tool for tool in offered}
    inputs = {name: input_schema(tool, kb) for name, tool in tools.items()}
    listed = [_listed(tool, inputs[tool.name]) for tool in offered]

    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=listed)

    async def call_tool(
        context: ServerRequestContext[Any, Any], call: CallToolRequestParams
    ) -> CallToolResult:
        tool = tools.get(call.name)
        if tool is None:
            known = suggest(call.name, tools) or tuple(tools)
            hint = f"there is no tool {clip(call.name)!r} (there is {', '.join(known)})"
            raise MCPError(INVALID_PARAMS, hint)
        try:
            asked = _arguments(tool, call.arguments or {})
            task = partial(_answer, kb, tool, asked)
            if tool.measures:
                return await measured(context.session, task)
            return await run(context.request, task, tool.less)
        except InputError as error:
            text = TextContent(type="text", text=_refusal(error))
            return CallToolResult(content=[text], is_error=True)

    return Server(
        "crosscurrent",
        version=__version__,
        title="Crosscurrent",
        instructions=_ABOUT,
        get_tool_input_schema=inputs.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _listed(tool: Tool, arguments: dict[str, Any]) -> Listed:
    return Listed(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=arguments,
        output_schema=output_schema(tool),
        annotations=ToolAnnotations(
            title=tool.title,
            read_only_hint=not tool.measures,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


def _arguments(tool: Tool, given: Mapping[str, Any]) -> Arguments:
    """Check what was given; say of each field what is wrong with it."""
    try:
        return tool.arguments.model_validate(given)
    except ValidationError as error:
        known = [f.alias or name for name, f in tool.arguments.model_fields.items()]
        faults = [_fault(each["loc"], each["msg"], each["type"], known) for each in error.errors()]
        more = f"; and {len(faults) - _FAULTS} more" * (len(faults) > _FAULTS)
        raise InputError("; ".join(faults[:_FAULTS]) + more) from error


def _fault(place: tuple[int | str, ...], message: str, kind: str, known: list[str]) -> str:
    name = clip(".".join(map(str, place)))
    if kind != "extra_forbidden":
        return f"{name}: {message}"
    close = suggest(name, known)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there is {', '.join(known)}"
    return f"{name}: there is no such argument ({hint if known else 'there are none'})"


def _answer(kb: KnowledgeBase, tool: Tool, asked: Arguments) -> CallToolResult:
    """Return the document, and its sentences with the works and the digest."""
    document = tool.answer(kb, asked)
    rests_on = works(kb, document)
    text = "\n\n".join([tool.told(kb, document), _grounds(kb, rests_on)])
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=document,
        _meta={KNOWLEDGE: kb.digest, SOURCES: rests_on},
    )


def _grounds(kb: KnowledgeBase, rests_on: list[str]) -> str:
    """Name the first works with their ids, and the knowledge."""
    named = [f"{cite(kb, [each])} [{each}]" for each in rests_on[:_CITED]]
    more = f"; and {len(rests_on) - _CITED} more" * (len(rests_on) > _CITED)
    lines = [f"sources  {'; '.join(named)}{more}"] * bool(rests_on)
    return "\n".join([*lines, knowledge_line(kb.digest)])


def _refusal(error: InputError) -> str:
    """Say what is wrong, with the tool that finds names in place of the command that does."""
    told = str(error)
    if isinstance(error, UnknownName):
        told = told.replace("crosscurrent kb show lists all", "search_knowledge finds names")
    return "\n".join(map(legible, told.split("\n")))
