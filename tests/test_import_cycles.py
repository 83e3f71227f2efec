"""Promise of the layout: no module imports itself by way of others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).parents[1]
PACKAGES = ("crosscurrent", "knowledge", "predictor", "validator", "api")


def modules() -> dict[str, Path]:
    """Return the modules by name, as they are imported."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            inside = parts if package == "crosscurrent" else ("crosscurrent", *parts)
            found[".".join(inside).removesuffix(".__init__")] = path
    return found


def imported(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each ``from MODULE import NAME``, but those for types."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing:
            near = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*near, *([node.module] if node.module else [])])
            for alias in node.names:
                yield source, alias.name


def test_no_cycle_of_modules() -> None:
    known = modules()
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, path in known.items():
        for source, target in imported(name, path):
            leads = next((x for x in (f"{source}.{target}", source) if x in known), None)
            if leads is not None:
                graph.add_edge(name, leads)
    assert graph.number_of_edges() > len(known)
    cycles = [sorted(each) for each in nx.strongly_connected_components(graph) if len(each) > 1]
    assert cycles == []
