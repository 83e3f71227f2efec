"""A base of a few records, and what is said about files that are read on top of it."""

from __future__ import annotations

import pytest

from crosscurrent.knowledge import BrokenKnowledge
from crosscurrent.knowledge._files import Source
from crosscurrent.knowledge._reader import read
from crosscurrent.knowledge._records import KINDS

__all__ = ["BASE", "OBSERVATION", "SECTIONS", "refused", "said"]


BASE = Source(
    "base.yaml",
    b"""\
adversary:
  - {id: role, name: Role, ordered: false, values: [suspect, accuser], meaning: a role}
factors:
  - {id: tail_length, code: D2, name: Tail length, group: data, role: passive, meaning: rare}
  - {id: model_capacity, code: M1, name: Capacity, group: model, role: active, meaning: size}
risks:
  - {id: evasion, code: R1, name: Evasion, pillar: security, meaning: small changes}
  - {id: poisoning, code: R2, name: Poisoning, pillar: security, meaning: bad records}
defenses:
  - id: adversarial_training
    code: RD1
    name: Adversarial training
    pillar: security
    protects_against: [evasion]
    meaning: robust
correlations:
  - {subject: evasion, factor: tail_length, sign: '+', sources: [smith2020tails]}
references:
  - {id: smith2020tails, status: confirmed, title: Tails}
""",
)

OBSERVATION = """\
observations:
  - id: mine.one
    defense: RD1
    risk: R2
    effect: increase
    kind: empirical
    sources: [smith2020tails]
"""

SECTIONS = f"({', '.join(KINDS)})"


def said(*files: bytes | str) -> list[str]:
    """Return what is said about files, called a.yaml, b.yaml and so on, on top of the base."""
    sources = [
        Source(f"{chr(97 + n)}.yaml", text.encode() if isinstance(text, str) else text)
        for n, text in enumerate(files)
    ]
    with pytest.raises(BrokenKnowledge) as caught:
        read([[BASE], sources])
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def refused(text: bytes | str) -> list[str]:
    """Return what is said about one file, without its name."""
    return [line.removeprefix("a.yaml:") for line in said(text)]
