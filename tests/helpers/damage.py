"""Damage to knowledge files: to their bytes, their lines and their structure, drawn from a seed."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

import yaml
from small_knowledge import SMALL

from crosscurrent.knowledge._files import Source

__all__ = ["ALL", "BYTES", "damaged"]

METACHARACTERS = (
    *(b"&a ", b"*a", b"&a [*a]", b"!!python/object:os.system ", b"!", b"!x ", b"<<: ", b"<<: *a"),
    *(b"---\n", b"\n---\n", b"...\n", b"%YAML 1.1\n", b"\n%TAG ! x\n", b"%", b"\t", b"\n\t", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"),
    *(
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xc2\x85",
        b"\xe2\x81\xa6",
        b"\x1b[31m",
        b"\x7f",
        b"\x07",
    ),
    *(b'"\\x1b"', b'"\\0"', b'"\\ud800"', b'"\\UFFFFFFFF"', b'"\\u202e"', b'"\\', b"'", b'"'),
    *(b"[", b"]", b"{", b"}", b"- ", b"? ", b": ", b",", b"|\n", b">-\n", b"#", b"@", b"`", b"|9"),
    *(b"yes", b"no", b"on", b"~", b"null", b"true", b".nan", b".inf", b"1e999", b"-", b"9" * 400),
    *(b"010", b"0x1F", b"1_000", b"12:30:45", b"2024-01-01", b"\r", b"\r\n", b"\n", b"  ", b"\n\n"),
    *("é🙂\u200b".encode(), b"a" * 3000, b"[" * 40, b"{a: " * 40, b"- " * 40, b"{[" * 20),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 10**17, 10**30, 1e300, "", " ", "x", "no", "~", "1"),
    *("x" * 3000, "x\ny", "\x1b[31m", "\u202e", "\ud7ff", "é🙂", "../../etc/passwd", "<script>"),
    *([], {}, [[]], [{}], [None], [1], ["x"], {"x": "y"}, {"": ""}, {"a": {"b": {"c": [1]}}}),
    *(["x"] * 300, [["x"]] * 5, {f"k{i}": i for i in range(300)}, {"action": "add"}, ["add"]),
)


# Damage to bytes


def flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def insert(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice(METACHARACTERS) + data[at:]
    return data


def insert_before_value(rng: random.Random, data: bytes) -> bytes:
    at = rng.choice([m.end() for m in re.finditer(rb": |- |\[|, |\n", data)] or [0])
    return data[:at] + rng.choice(METACHARACTERS) + data[at:]


def replace_value(rng: random.Random, data: bytes) -> bytes:
    place = rng.choice(list(re.finditer(rb"(?<=: )[^\n{\[]+|(?<=\[)\w+", data)))
    return data[: place.start()] + rng.choice(METACHARACTERS) + data[place.end() :]


def delete(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice([1, 1, 1, 2, 5, 40, 400]) :]


def truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def duplicate(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    end = start + rng.choice([1, 3, 10, 100, 1000])
    at = rng.randrange(len(data))
    return data[:at] + data[start:end] * rng.choice([1, 1, 2, 20]) + data[at:]


def splice(rng: random.Random, data: bytes) -> bytes:
    other = rng.choice(SMALL).data
    start = rng.randrange(len(other))
    at = rng.randrange(len(data))
    return data[:at] + other[start : start + rng.choice([5, 50, 500])] + data[at:]


def rewrite(rng: random.Random, data: bytes) -> bytes:
    """Write the file as another system or editor might."""
    ways: list[Callable[[], bytes]] = [
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.decode().encode("utf-16"),
        lambda: data.decode().encode("latin-1", "replace").replace(b"a", b"\xe9", 3),
        lambda: data.replace(b"  ", b"\t"),
        lambda: data.replace(b"'", b'"'),
        lambda: data.replace(b" ", "\u00a0".encode()),
        lambda: b"# " + data.replace(b"\n", b"\n# "),
        lambda: b"---\n" + data + b"...\n",
        lambda: json.dumps(yaml.load(data, Loader=yaml.CSafeLoader)).encode(),
    ]
    return rng.choice(ways)()


# Damage to lines


def of_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(7)
        if kind == 0:
            lines.insert(other, lines[at])
        elif kind == 1 and len(lines) > 1:
            del lines[at]
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = b" " * rng.randint(1, 4) + lines[at]
        elif kind == 4:
            lines[at] = lines[at][rng.randint(1, 4) :]
        elif kind == 5:
            lines[at] = rng.choice([b"\t", b"- ", b"# ", b"? ", b"- - "]) + lines[at].lstrip()
        else:
            lines[at : at + 3] = reversed(lines[at : at + 3])
    return b"\n".join(lines)


# Damage to structure


def of_structure(rng: random.Random, data: bytes) -> bytes:
    tree = yaml.load(data, Loader=yaml.CSafeLoader)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        tree = _changed(rng, tree)
    return _dumped(rng, tree)


def _changed(rng: random.Random, tree: Any) -> Any:
    places = list(_places(tree, None, None))
    holder, slot = rng.choice(places)
    if holder is None:
        return rng.choice([tree, [tree], {"extra": tree}, *ODD_VALUES])
    kind = rng.randrange(9)
    if kind == 0:
        holder[slot] = copy.deepcopy(rng.choice(ODD_VALUES))
    elif kind == 1 and isinstance(holder, dict):
        holder[_typo(rng, slot)] = holder.pop(slot)
    elif kind == 2:
        del holder[slot]
    elif kind == 3 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[slot]))
    elif kind == 4:
        other, where = rng.choice(places[1:])
        holder[slot] = copy.deepcopy(other[where]) if where in _slots(other) else "gone"
    elif kind == 5 and isinstance(holder[slot], str):
        holder[slot] = _typo(rng, holder[slot])
    elif kind == 6:
        holder[slot] = rng.choice([[holder[slot]], {"x": holder[slot]}, [[holder[slot]] * 2]])
        for _ in range(rng.choice([0, 0, 3, 14])):
            holder[slot] = [holder[slot]]
    elif kind == 7 and isinstance(holder, dict):
        key = rng.choice(["action", "id", "code", "note", "when", "subject", "é", "x" * 200, "1"])
        actions = ["add", "revise", "retract", "retact", "evasion", "RD1"]
        holder[key] = rng.choice([*actions, *copy.deepcopy(ODD_VALUES)])
    elif isinstance(holder[slot], (int, float)):
        holder[slot] = rng.choice([str(holder[slot]), -holder[slot], holder[slot] * 10**9])
    else:
        holder[slot] = str(holder[slot]) * rng.choice([1, 1, 100])
    return tree


def _places(tree: Any, holder: Any, slot: Any) -> Any:
    yield holder, slot
    for inner in _slots(tree):
        yield from _places(tree[inner], tree, inner)


def _slots(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree)
    return list(range(len(tree))) if isinstance(tree, list) else []


def _typo(rng: random.Random, given: Any) -> str:
    word = str(given) or "x"
    at = rng.randrange(len(word))
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + "x" + word[at:],
            word.upper(),
            word + "\n",
            word[::-1],
        ]
    )


def _dumped(rng: random.Random, tree: Any) -> bytes:
    if rng.random() < 0.3:
        return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode(errors="replace")
    width, flow = rng.choice([80, 4000]), rng.choice([None, False, None, True])
    dumper = yaml.CSafeDumper
    text = yaml.dump(tree, Dumper=dumper, default_flow_style=flow, width=width, allow_unicode=True)
    return text.encode(errors="replace")


Damage = Callable[[random.Random, bytes], bytes]
BYTES: tuple[Damage, ...] = (
    *(flip, insert, insert, insert_before_value, insert_before_value, replace_value),
    *(delete, truncate, duplicate, splice, rewrite),
)
ALL: tuple[Damage, ...] = (*BYTES, *([of_lines] * 5), *([of_structure] * 16))


def damaged(rng: random.Random, sources: list[Source], kinds: tuple[Damage, ...]) -> list[Source]:
    """Return the files with one of them damaged."""
    at = rng.randrange(len(sources))
    data = rng.choice(kinds)(rng, sources[at].data)
    return [*sources[:at], Source(sources[at].name, data), *sources[at + 1 :]]
