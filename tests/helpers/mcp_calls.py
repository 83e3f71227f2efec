"""Calls of tools over MCP, beside the command lines whose documents they should return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from mcp import Client
from mcp.types import CallToolResult, TextContent

from crosscurrent.api.mcp.server import make_server
from crosscurrent.api.mcp.stdio import bounded_run
from crosscurrent.knowledge import KnowledgeBase

__all__ = ["CALLS", "SAME", "asking", "call", "said"]

T = TypeVar("T")

SAME: list[tuple[str, dict[str, Any], list[str]]] = [
    ("predict", {"defense": "RD1"}, ["predict", "RD1"]),
    ("predict", {"defense": "dp", "risk": "P1"}, ["predict", "dp", "P1"]),
    ("predict", {"defense": "RD2@post", "risk": "evasion"}, ["predict", "RD2@post", "evasion"]),
    (
        "what_if",
        {
            "defense": "RD1",
            "risk": "P1",
            "raise": ["D2"],
            "lower": ["D1"],
            "hold": ["O3"],
            "adversary": {"model_knowledge": "whitebox"},
            "given": {"initialization": "pretrained"},
        },
        "what-if RD1 P1 --raise D2 --lower D1 --hold O3 --adversary model_knowledge=whitebox"
        " --given initialization=pretrained".split(),
    ),
    (
        "combine",
        {"defenses": ["RD3@pre", "RD2@in"], "tensions": True},
        ["combine", "RD3@pre", "RD2@in", "--tensions"],
    ),
    ("combine", {"defenses": ["RD1", "PD1"]}, ["combine", "RD1", "PD1"]),
    (
        "plan",
        {"protect": ["R1", "P1"], "avoid": ["F"], "have": ["PD1"], "max": 3},
        "plan --protect R1 --protect P1 --avoid F --have PD1 --max 3".split(),
    ),
    ("plan", {"protect": ["R1"]}, ["plan", "--protect", "R1"]),
    ("collude", {}, ["collude"]),
    ("collude", {"attacks": ["ModExt"]}, ["collude", "ModExt"]),
    (
        "collude",
        {"attacks": ["ModExt", "Evsn"], "adversary": {"model_knowledge": "graybox"}},
        ["collude", "ModExt", "Evsn", "--adversary", "model_knowledge=graybox"],
    ),
    (
        "collude",
        {"attacks": ["poisoning", "P1", "evasion"]},
        ["collude", "poisoning", "P1", "evasion"],
    ),
    (
        "attack_chains",
        {"target": "P1", "first": "poisoning", "limit": 3},
        "collude poisoning --target P1 --limit 3".split(),
    ),
    (
        "attack_chains",
        {"target": "P1", "adversary": {"model_knowledge": "whitebox"}},
        "collude --target P1 --adversary model_knowledge=whitebox".split(),
    ),
    (
        "published_attacks",
        {"attack": "P1", "adversary": {"model_knowledge": "blackbox"}},
        "attacks --risk P1 --model-knowledge blackbox".split(),
    ),
    ("show_record", {"name": "D2"}, ["kb", "show", "D2"]),
    ("show_record", {"name": "dp"}, ["kb", "show", "dp"]),
    (
        "show_record",
        {"name": "adversarial_training.boundary_distance"},
        ["kb", "show", "adversarial_training.boundary_distance"],
    ),
]
"""Tools, their arguments, and command lines that print the same document with ``--json``."""

CALLS: list[tuple[str, dict[str, Any]]] = [
    *((tool, arguments) for tool, arguments, _ in SAME),
    ("matrix", {}),
    ("assess", {"deployment": "deployment: 1\nname: x\ndefenses: [{defense: PD1}]\n"}),
    ("search_knowledge", {"text": "privacy"}),
    ("sources", {"ids": ["song2019privacy", "duddu2024sok#table-2"]}),
]
"""Ordinary calls, at least one of each tool."""


def asking(kb: KnowledgeBase, ask: Callable[[Client], Awaitable[T]], mode: str = "auto") -> T:
    """Ask a server in this process; return what the function makes of it."""

    async def within() -> T:
        async with Client(make_server(kb, bounded_run), mode=mode) as client:
            return await ask(client)

    return anyio.run(within)


def call(kb: KnowledgeBase, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call one tool of a server in this process."""
    return asking(kb, lambda client: client.call_tool(tool, arguments))


def said(result: CallToolResult) -> str:
    """Return the text of a result."""
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text
