"""YAML as a tree that knows where every value stands, read strictly and within bounds.

Only the part of YAML that means the same to every reader is accepted: no anchors, aliases, tags,
duplicate keys, several documents, or words such as ``no`` that some readers take for false.
Works on the stream of parser events, so a bomb is refused before it is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from .errors import Problem, clip

__all__ = ["Mark", "Node", "parse"]

MAX_DEPTH = 12
MAX_NODES = 200_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, wherever it was built in

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,20}|[0-9]{1,20}(\.[0-9]{0,20})?)([eE][-+]?[0-9]{1,2})?")
_AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off"})


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Node:
    """A value with its place.

    ``value`` is a scalar, a list of nodes, or a dict from key to node; ``keys`` holds the places
    of a mapping's keys.
    """

    value: Any
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value

    def locate(self, path: tuple[str | int, ...]) -> Mark:
        """Return the place of a nested value, or of the closest thing around it that exists."""
        node, mark = self, self.mark
        for step in path:
            inside = node.value
            if isinstance(inside, dict) and step in inside:
                mark = node.keys[str(step)]
                node = inside[step]
            elif isinstance(inside, list) and isinstance(step, int) and step < len(inside):
                node = inside[step]
                mark = node.mark
            else:
                break
        return mark


class _RefusedError(Exception):
    """Reading cannot go on."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark, self.message = mark, message


def parse(data: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """Read one YAML document.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str
        Its name, for the problems.

    Returns
    -------
    tuple
        The tree (None if it cannot be built) and every problem found.
    """
    problems: list[Problem] = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        return None, [Problem(file, line, column, "", "not UTF-8 text; save the file as UTF-8")]
    if (bad := _UNPRINTABLE.search(text)) is not None:
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - (text.rfind("\n", 0, bad.start()) + 1) + 1
        message = f"character U+{ord(bad.group()):04X} is not allowed in YAML"
        return None, [Problem(file, line, column, "", message)]
    try:
        return _Composer(text, file, problems).document(), problems
    except _RefusedError as refused:
        problems.append(Problem(file, *refused.mark, "", refused.message))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problems.append(Problem(file, *where, "", f"not YAML: {error.problem or error.context}"))
    except yaml.YAMLError as error:
        problems.append(Problem(file, 0, 0, "", f"not YAML: {clip(str(error), 200)}"))
    return None, problems


class _Composer:
    """Builds the tree from parser events; gives up at the first that goes out of bounds."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._file, self._problems = file, problems
        self._count = 0

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise _RefusedError(_mark(event), "a second document; put one document in a file")
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, 0)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        mark = _mark(event)
        self._count += 1
        if self._count > MAX_NODES:
            raise _RefusedError(mark, f"more than {MAX_NODES} values; split it into several files")
        if depth > MAX_DEPTH:
            raise _RefusedError(
                mark, f"nested more than {MAX_DEPTH} deep; records are flatter than that"
            )
        if isinstance(event, yaml.AliasEvent):
            raise _RefusedError(mark, f"alias *{clip(str(event.anchor))}; write the value out")
        if event.anchor is not None:
            raise _RefusedError(
                mark, f"anchor &{clip(event.anchor)}; write values out where needed"
            )
        if event.tag is not None and event.tag != "!":
            raise _RefusedError(mark, f"tag {clip(event.tag)}; plain values only")
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event, mark), mark)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(inner, depth + 1))
            return Node(items, mark)
        return self._mapping(mark, depth)

    def _mapping(self, mark: Mark, depth: int) -> Node:
        node = Node({}, mark)
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _RefusedError(_mark(key), "a key must be a plain word")
            self._node(key, depth + 1)  # the same rules hold for keys
            name, where = key.value, _mark(key)
            value = self._node(next(self._events), depth + 1)
            if name in node.value:
                first = node.keys[name]
                self._report(where, f"key {clip(name)!r} is already given on line {first.line}")
            else:
                node.value[name], node.keys[name] = value, where
        return node

    def _scalar(self, event: Any, mark: Mark) -> Any:
        text: str = event.value
        if (bad := _CONTROL.search(text)) is not None:
            self._report(mark, f"control character U+{ord(bad.group()):04X} in a text")
            return _CONTROL.sub("", text)
        if not event.implicit[0]:  # quoted or block text
            return text
        if text in ("", "~") or text in ("null", "Null", "NULL"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if text.casefold() in _AMBIGUOUS or text in ("True", "TRUE", "False", "FALSE"):
            self._report(
                mark, f"{text} is true or false to some readers: write true, false or '{text}'"
            )
            return text
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        return text

    def _report(self, mark: Mark, message: str) -> None:
        self._problems.append(Problem(self._file, *mark, "", message))


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
