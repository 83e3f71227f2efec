"""A grid of every defense against every risk, measured once by the command for all that need one.

Workers of pytest-xdist share it: who comes first trains while the others wait, and each test
module takes a copy, in which it may write.
"""

from __future__ import annotations

import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from crosscurrent.api.cli import main

__all__ = ["MODEL", "SEEDS", "SETTINGS", "WORDS", "TrainedGrid", "trained_grid"]

MODEL = "mlp-s"
SEEDS = 2
SETTINGS = (
    "data.records=300",
    "training.epochs=1",
    "training.batch_size=32",
    "attack.membership_inference.shadows=4",
    "attack.attribute_inference.shadows=4",
    "attack.distribution_inference.shadows=8",
    "attack.unauthorized_model_ownership.queries=50",
    "attack.unauthorized_model_ownership.surrogates=2",
    "attack.unauthorized_model_ownership.accused=2",
)
WORDS = (
    *("--model", MODEL, "--seeds", str(SEEDS), "--threads", "1"),
    *(word for setting in SETTINGS for word in ("--set", setting)),
)
"""Options of ``crosscurrent validate --all``."""


class TrainedGrid(NamedTuple):
    """What the command has left: its document, and a folder.

    The folder has ``r.sqlite``, the store of results, ``grid.svg`` and ``evidence``.
    """

    folder: Path
    document: dict[str, Any]


def trained_grid(tmp_path_factory: pytest.TempPathFactory, worker: str) -> TrainedGrid:
    """Return a copy of the grid, which is measured unless a worker of this run has done so.

    Parameters
    ----------
    worker : str
        The fixture ``worker_id``; without workers it is ``master``.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker == "master" else base.parent) / "trained-grid"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            made = shared.with_name("trained-grid-in-the-making")
            made.mkdir()
            (made / "document.json").write_text(_measured(made), encoding="utf-8")
            made.rename(shared)
    folder = tmp_path_factory.mktemp("grid") / "copy"
    shutil.copytree(shared, folder)
    return TrainedGrid(folder, json.loads((folder / "document.json").read_text(encoding="utf-8")))


def _measured(folder: Path) -> str:
    """Measure all cells; return the document that the command prints."""
    out = StringIO()
    words = ["--store", str(folder / "r.sqlite"), "--export", str(folder / "evidence")]
    words += ["--plot", str(folder / "grid.svg"), "--json"]
    with redirect_stdout(out), redirect_stderr(StringIO()):
        assert main(["validate", "--all", *WORDS, *words]) == 0
    return out.getvalue()
