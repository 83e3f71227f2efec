"""Code version: a digest of the measuring code that a result comes from."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["code_version", "note"]

_HERE = Path(__file__).parent
_SHARED = (
    "arms/choices",
    "arms/given_records",
    "arms/groups",
    "arms/membership_ratios",
    "arms/metrics",
    "arms/queries",
    "arms/splits",
    "arms/targets",
    "arms/triggers",
    "arms/trusted_records",
    "attacks/_attack",
    "attacks/_candidates",
    "attacks/_membership_scores",
    "attacks/_numbers",
    "attacks/_paired_guesses",
    "attacks/_shadows",
    "defenses/_defense",
    "defenses/_fairness",
    "measures/_measure",
    "measures/_pruning",
    "statistics/privacy_audit",
    "training/architectures",
    "training/batches",
    "training/checks",
    "training/failures",
    "training/ensembles",
    "training/layers",
    "training/models",
    "training/own_models",
    "training/per_example",
    "training/pgd",
    "training/programs",
    "training/randomness",
    "training/replacements",
    "training/spec",
    "training/trainer",
    "trials/trial",
)
"""Modules that every result depends on."""

_seen: dict[str, str] = {}


def note(file: str) -> str:
    """Return the digest of a file as it was when this was first asked, which is when it is loaded.

    What is edited later is not what this process runs.
    """
    if file not in _seen:
        _seen[file] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return _seen[file]


for _name in _SHARED:
    note(str(_HERE / f"{_name}.py"))


def code_version(peers: Iterable[object]) -> str:
    """Return a digest of the code that these attacks, defenses and measures are.

    Adding another attack or defense leaves it as it was, so that earlier results stay valid. A
    measure is of every target model, so adding one makes them new.
    """
    files = [str(_HERE / f"{name}.py") for name in _SHARED]
    kinds = (kind for each in peers for kind in type(each).__mro__)
    ours = (kind for kind in kinds if kind.__module__.startswith(f"{__package__}."))
    files += sorted({str(sys.modules[kind.__module__].__file__) for kind in ours})
    return hashlib.sha256("".join(map(note, files)).encode()).hexdigest()[:16]
