"""Limits of knowledge files: what is within them takes little memory, and lists few problems."""

from __future__ import annotations

import os
import subprocess
import sys

import damage
import pytest

HEAVY = r"""
import random
from damage import ALL, damaged
from read_or_refused import outcome
from small_knowledge import SMALL
from crosscurrent.knowledge import BrokenKnowledge, KnowledgeBase
from crosscurrent.knowledge._files import PAPERS, Source, read_folder
from crosscurrent.knowledge._reader import read

BASE_FILES, _ = read_folder(PAPERS, "papers")
SIZE = 2 * 1024 * 1024

def fill(piece, head=b""):
    return (head + piece * (SIZE // len(piece)))[:SIZE]

bomb = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghi"
)
record = b"correlations:\n- subject: evasion\n  factor: D1\n  sign: '+'\n  sources:\n"
cases = {
    "bomb": [bomb],
    "brackets": [fill(b"[")],
    "braces": [fill(b"{")],
    "nested": [fill(b"- ")],
    "scalar": [fill(b"a")],
    "wide scalar": [fill("\U0001f642".encode(), b"references: ")],
    "comment": [fill(b"#")],
    "directives": [fill(b"%TAG !abc! x\n")],
    "empty records": [b"references:\n" + b"- {}\n" * 100_000],
    "wrong records": [b"references:\n" + b"- {a: {b: 1}}\n" * 37_000],
    "words": [fill(b"- no\n", b"references:\n")],
    "repeated keys": [fill(b"a: b\n")],
    "fields": [b"references:\n- id: a\n" + b"".join(b"  k%d: b\n" % n for n in range(90_000))],
    "wrong sources": [record + b"  - 1\n" * 9_000],
    "dangling": [record + b"".join(b"  - smith%dtraining\n" % n for n in range(9_000))],
    "duplicates": [b"references:\n" + b"- {id: a, status: confirmed}\n" * 35_000],
    "sound": [
        b"references:\n"
        + b"".join(b"- {id: abc%d, status: confirmed}\n" % n for n in range(38_000))
    ],
    "items": [fill(b"- a\n")] * 2,
}
for turn in range(50):
    outcome(damaged(random.Random(f"heavy {turn}"), SMALL, ALL))
for name, files in cases.items():
    sources = [Source(f"{name}{n}.yaml", data) for n, data in enumerate(files)]
    try:
        KnowledgeBase(read([BASE_FILES, sources]))
        problems = ()
    except BrokenKnowledge as broken:
        problems = broken.problems
    print(f"{name}\t{len(problems)}\t{problems[-1].message if problems else ''}")
with open("/proc/self/status") as file:  # not ru_maxrss, which a child takes over from its parent
    peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
print(f"peak\t{peak}\t")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_file_within_the_limits_takes_200_mb_or_more_problems_than_are_listed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEAVY],
        env={**os.environ, "PYTHONPATH": os.path.dirname(damage.__file__)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    counts = {name: int(count) for name, count, _ in rows}
    messages = {name: message for name, _, message in rows}
    assert counts.pop("peak") < 200 * 1000
    assert counts.pop("sound") == 0
    assert all(1 <= count <= 1001 for count in counts.values()), counts
    many = ("wrong records", "wrong sources", "words", "repeated keys", "dangling", "duplicates")
    for name in many:
        assert counts[name] == 1001, name
        assert messages[name] == (
            "more than 1000 problems; mend these first, the rest is not shown"
        )
    assert messages["items"] == "more than 200000 values in all files together; leave some out"
    assert messages["fields"] == "more than 10000 values in one record"
    assert messages["bomb"] == "anchor &a; write values out where needed"
    assert messages["brackets"] == "nested more than 12 deep; records are flatter than that"
