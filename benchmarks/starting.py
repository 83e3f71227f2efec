"""Start-up: the command as a process, and loading the knowledge base."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import yaml
from growth import added, wide
from pairs import SEED, Disagreement
from report import Section
from timing import process, seconds

from crosscurrent.knowledge import KnowledgeBase, load

__all__ = ["WARM", "command_times", "load_times"]

CACHE, OVERLAYS = "CROSSCURRENT_CACHE", "CROSSCURRENT_KNOWLEDGE"
BYTECODE = "PYTHONPYCACHEPREFIX"
WARM = "predict DEFENSE RISK, cache warm"
_UNCOMPILED = "the same, our bytecode not kept"


class CommandFigure(NamedTuple):
    """How long a command takes beside a bare start of the same Python."""

    command: str
    runs: int
    median_ms: float
    bare_ms: float
    times_bare: float


class LoadFigure(NamedTuple):
    """How long loading takes in a process that has imported everything."""

    knowledge: str
    edges: int
    yaml_ms: float
    cache_ms: float
    gain: float


def command_times(runs: int) -> Section:
    """Time the command line: before each command, a bare start of the same interpreter."""
    script = str(Path(sys.executable).with_name("crosscurrent"))
    predict = [script, "predict", "adversarial_training", "membership_inference"]
    commands = {
        WARM: predict,
        _UNCOMPILED: predict,
        "predict DEFENSE RISK, cache empty": predict,
        "--help": [script, "--help"],
    }
    with tempfile.TemporaryDirectory() as scratch:
        left_out = {OVERLAYS, "PYTHONDONTWRITEBYTECODE"}
        environment = {k: v for k, v in os.environ.items() if k not in left_out}
        warm = {**environment, CACHE: f"{scratch}/warm", BYTECODE: f"{scratch}/compiled"}
        uncompiled = {**warm, BYTECODE: f"{scratch}/uncompiled"}
        for each in (warm, uncompiled):  # so that nothing is left to compile
            for command in commands.values():
                process(command, each)
        shutil.rmtree(f"{scratch}/uncompiled{_root()}")
        uncompiled["PYTHONDONTWRITEBYTECODE"] = "1"
        bare: dict[str, list[float]] = {name: [] for name in commands}
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(runs):
            for name, command in commands.items():
                chosen = uncompiled if name == _UNCOMPILED else warm
                if name.endswith("empty"):
                    chosen = {**warm, CACHE: f"{scratch}/{run}"}
                bare[name].append(process([sys.executable, "-c", "pass"], chosen))
                taken[name].append(process(command, chosen))
    rows = tuple(
        CommandFigure(
            name,
            runs,
            median(taken[name]) * 1e3,
            median(bare[name]) * 1e3,
            median(b / a for a, b in zip(bare[name], taken[name], strict=True)),
        )
        for name in commands
    )
    return Section(
        "commands",
        "3. The command as a process, milliseconds from start to end",
        (
            "bare: 'python -c pass' in the same interpreter, run just before each command",
            "times bare: median over those pairs of runs",
            "DEFENSE RISK: adversarial_training membership_inference",
            "bytecode is compiled and kept, as Python does by itself; 'not kept': with",
            "PYTHONDONTWRITEBYTECODE, where it compiles our modules again at every start",
        ),
        rows,
    )


def _root() -> Path:
    """Return the folder that our packages are in."""
    return Path(inspect.getfile(KnowledgeBase)).parents[1]


def load_times(base: KnowledgeBase, repeats: int) -> Section:
    """Time loading from YAML and from compiled knowledge: the built-in base, and 10 times it."""
    rows = []
    with _scratch() as scratch:
        grown = wide(base.rows, 10, SEED)
        overlay = scratch / "overlay"
        overlay.mkdir()
        for section, records in added(base.rows, grown).items():
            apart = json.loads(json.dumps({section: records}))  # or YAML would write aliases
            text = yaml.safe_dump(apart, sort_keys=False, allow_unicode=True)
            (overlay / f"{section}.yaml").write_text(text, encoding="utf-8")
        for name, folders, digest in (
            ("built-in", [], base.digest),
            ("wide x10, overlay", [str(overlay)], KnowledgeBase(grown).digest),
        ):
            few = max(1, repeats // 4) if folders else repeats

            def cold(folders: list[str] = folders) -> KnowledgeBase:
                return load(folders, cached=False)

            def warm(folders: list[str] = folders) -> KnowledgeBase:
                return load(folders)

            for kb in (warm(), warm(), cold()):
                if kb.digest != digest:
                    raise Disagreement(f"{name}: loaded {kb.digest}, built {digest}")
            slow, fast = seconds(cold, few), seconds(warm, 8 * few)
            edges = len(kb.correlations)
            rows.append(LoadFigure(name, edges, slow * 1e3, fast * 1e3, slow / fast))
    return Section(
        "load",
        "4. Loading the knowledge base in a running process, milliseconds",
        ("yaml: read, checked and linked; cache: compiled knowledge, with its stamp checked",),
        tuple(rows),
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a temporary folder, with the cache of this process in it."""
    before = os.environ.get(CACHE)
    folder = Path(tempfile.mkdtemp())
    os.environ[CACHE] = str(folder / "cache")
    try:
        yield folder
    finally:
        if before is None:
            del os.environ[CACHE]
        else:
            os.environ[CACHE] = before
        shutil.rmtree(folder)
