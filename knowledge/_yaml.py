"""YAML as a tree that knows where every value stands, read strictly and within bounds.

Only the part of YAML that means the same to every reader is accepted: no anchors, aliases, tags,
duplicate keys, several documents, or words such as ``no`` that some readers take for false.
Works on the stream of parser events, so a bomb is refused before it is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from .errors import MAX_PROBLEMS, Problem, clip

__all__ = ["MAX_NODES", "Mark", "Node", "parse"]

MAX_DEPTH = 12
MAX_NODES = 200_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, wherever it was built in

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_UNPRINTABLE = re.compile(rf"[{_CONTROLS}\ud800-\udfff\ufeff\ufffe\uffff]")
_CONTROL = re.compile(rf"[{_CONTROLS}\r\ud800-\udfff]")
_BREAK = re.compile(r"\r\n?|\n")
_DIRECTIVE = re.compile(r"(?<![^\r\n])%")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]{1,20}|(0|[1-9][0-9]{0,19})(\.[0-9]{0,20})?)([eE][-+]?[0-9]{1,2})?"
)
# grouped, octal, hexadecimal, sexagesimal and overlong numbers, dates, and what is not a number
_UNCLEAR = re.compile(
    r"[-+]?(\.?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|0[box][0-9a-f_]+|\.inf"
    r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)|\.nan"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][ \t]*[0-9]{1,2}:.*)?",
    re.IGNORECASE,
)
_AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off"})


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


_NO_KEYS: Mapping[str, Mark] = MappingProxyType({})  # shared, as there are many scalars


@dataclass(slots=True)
class Node:
    """A value with its place.

    ``value`` is a scalar, a list of nodes, or a dict from key to node; ``keys`` holds the places
    of a mapping's keys, ``size`` counts the values inside with itself and its keys, ``written``
    is how a number, a truth value or nothing was spelled.
    """

    value: Any
    mark: Mark
    keys: Mapping[str, Mark] = field(default_factory=lambda: _NO_KEYS)
    size: int = 1
    written: str = ""

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {k: v.plain() for k, v in self.value.items()}
        if isinstance(self.value, list):
            return [v.plain() for v in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node | None:
        """Return a nested value's node, if there is one."""
        node = self
        for step in path:
            try:
                node = node.value[step]
            except (LookupError, TypeError, AttributeError):
                return None
        return node if isinstance(node, Node) else None

    def spelled(self, path: tuple[str | int, ...]) -> str:
        """Return how a nested number, truth value or nothing was spelled; empty for any other."""
        node = self.at(path)
        return node.written if node else ""

    def renamed(self, path: tuple[str | int, ...], name: str) -> Node:
        """Return a copy in which the key that a path leads to is called otherwise."""
        step, *rest = path
        if rest:
            inside = self.value[step].renamed(tuple(rest), name)
            if isinstance(self.value, list):
                nodes = [inside if i == step else each for i, each in enumerate(self.value)]
                return replace(self, value=nodes)
            return replace(self, value={**self.value, step: inside})
        return replace(
            self,
            value={name if key == step else key: each for key, each in self.value.items()},
            keys={name if key == step else key: mark for key, mark in self.keys.items()},
        )

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


def parse(data: bytes, file: str, room: int = MAX_NODES) -> tuple[Node | None, list[Problem]]:
    """Read one YAML document.

    Parameters
    ----------
    data : bytes
        The file's content.
    file : str
        Its name, for the problems.
    room : int
        How many values, keys included, it may hold at most.

    Returns
    -------
    tuple
        The tree (None if it cannot be built) and every problem found.
    """
    problems: list[Problem] = []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # what went before was sound, only a byte order mark may be cut off in it
        where = _end(data[: error.start].decode("utf-8-sig", "ignore"))
        return None, [Problem(file, *where, "", "not UTF-8 text; save the file as UTF-8")]
    if (bad := _UNPRINTABLE.search(text)) is not None:
        message = f"character U+{ord(bad.group()):04X} is not allowed"
        return None, [Problem(file, *_end(text[: bad.start()]), "", message)]
    if (bad := _DIRECTIVE.search(text)) is not None:  # thousands of them would take a parser hours
        message = "a line that begins with %; leave directives out, indent text"
        return None, [Problem(file, *_end(text[: bad.start()]), "", message)]
    try:
        return _Composer(text, file, problems, room).document(), problems
    except _RefusedError as refused:
        problems.append(Problem(file, *refused.mark, "", refused.message))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Mark(mark.line + 1, mark.column + 1) if mark else Mark(0, 0)
        reason = clip(error.problem or error.context or "", 200)
        problems.append(Problem(file, *where, "", f"not YAML: {reason}"))
    except (ValueError, OverflowError):  # from the Python loader alone
        problems.append(Problem(file, 0, 0, "", "not YAML: an escape that stands for no character"))
    except yaml.YAMLError as error:
        problems.append(Problem(file, 0, 0, "", f"not YAML: {clip(str(error), 200)}"))
    return None, problems


def _end(text: str) -> Mark:
    """Return the place right after a text."""
    *before, last = _BREAK.split(text)
    return Mark(len(before) + 1, len(last) + 1)


class _Composer:
    """Builds the tree from parser events; gives up at the first that goes out of bounds."""

    def __init__(self, text: str, file: str, problems: list[Problem], room: int) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._file, self._problems, self._room = file, problems, room
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
        if self._count > self._room:
            message = f"more than {MAX_NODES} values in all files together; leave some out"
            raise _RefusedError(mark, message)
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
        if event.tag is not None:
            raise _RefusedError(mark, f"tag {clip(event.tag)}; plain values only")
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, mark)
            return Node(value, mark, written="" if isinstance(value, str) else event.value)
        start = self._count
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(inner, depth + 1))
            node = Node(items, mark)
        else:
            node = self._mapping(mark, depth)
        node.size += self._count - start
        return node

    def _mapping(self, mark: Mark, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _RefusedError(_mark(key), "a key must be a plain word")
            self._node(key, depth + 1)  # the same rules hold for keys
            name, where = _CONTROL.sub("�", key.value), _mark(key)
            value = self._node(next(self._events), depth + 1)
            if name == "<<" and key.implicit[0]:
                self._report(where, "merge key <<; write the fields out where needed")
            elif name in values:
                first = keys[name]
                self._report(where, f"key {clip(name)!r} is already given on line {first.line}")
            else:
                values[name], keys[name] = value, where
        return Node(values, mark, keys)

    def _scalar(self, event: Any, mark: Mark) -> Any:
        text: str = event.value
        if (bad := _CONTROL.search(text)) is not None:
            self._report(mark, f"control character U+{ord(bad.group()):04X} in a text")
            return _CONTROL.sub("�", text)
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
        if _UNCLEAR.fullmatch(text):
            self._report(
                mark,
                f"{clip(text)} is a number or a date to some readers: write a plain number, "
                "or a text in quotes",
            )
        return text

    def _report(self, mark: Mark, message: str) -> None:
        if len(self._problems) == MAX_PROBLEMS:
            raise _RefusedError(mark, message)  # any more would not be shown
        self._problems.append(Problem(self._file, *mark, "", message))


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
