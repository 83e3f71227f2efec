"""Code version: a digest of the measuring code that a result comes from."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from .package_code import is_foreign, package_code

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
    measure is of every target model, so adding one makes them new. Of a plug-in the whole package
    counts (`package_code`); where none takes part, the digest is what it is without plug-ins.
    """
    files = [str(_HERE / f"{name}.py") for name in _SHARED]
    modules = {kind.__module__ for each in peers for kind in type(each).__mro__}
    ours = (module for module in modules if module.startswith(f"{__package__}."))
    files += sorted(str(sys.modules[module].__file__) for module in ours)
    foreign = sorted({package_code(module) for module in modules if is_foreign(module)})
    return hashlib.sha256("".join([*map(note, files), *foreign]).encode()).hexdigest()[:16]
