"""Time an audit of simulated predictions, as from the command line.

``python benchmarks/audit.py [--records N]``. Two models, two sensitive attributes, 1,000 resamples;
seconds of processor time, in one process that imports everything first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from report import Section, table
from timing import machine

__all__ = ["audited"]

_SCRIPT = """
import resource, sys
from crosscurrent.api.cli import main
main(["audit", *sys.argv[1:], "--defense", "differential_privacy", "--store", "results.sqlite"])
used = resource.getrusage(resource.RUSAGE_SELF)
print("torch" in sys.modules, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
"""


class Took(NamedTuple):
    """What an audit took."""

    records: int
    processor_seconds: float
    mebibytes: float
    torch_imported: str


def audited(records: int) -> Section:
    """Audit two models of so many records in a process of their own; return what it took."""
    with tempfile.TemporaryDirectory() as folder:
        for name, seed, leak in (("before", 1, 1.0), ("after", 2, 0.1)):
            _write(Path(folder, f"{name}.csv"), records, seed, leak)
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, "before.csv", "after.csv"],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    torch, seconds, mebibytes = done.stderr.split()
    row = Took(records, float(seconds), float(mebibytes), torch)
    notes = (machine(), "of the whole process, on one thread", "1,000 resamples")
    return Section("audit", "An audit of two models with two sensitive attributes", notes, (row,))


def _write(file: Path, records: int, seed: int, leak: float) -> None:
    fixed, own = np.random.default_rng(5), np.random.default_rng(seed)
    label, sex = fixed.integers(0, 2, records), fixed.integers(0, 2, records)
    race, member = fixed.integers(0, 4, records), np.arange(records) % 2
    logit = fixed.normal(size=records) + 0.3 * own.normal(size=records) + 0.3 * sex
    logit += (2 * label - 1) * (1.2 + leak * member)
    score = 1 / (1 + np.exp(-logit))
    rows = zip(*(a.tolist() for a in (label, score, member, sex, race)), strict=True)
    lines = [",".join(map(repr, row)) for row in rows]
    head = "label,score,member,group_sex,group_race"
    file.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=50_000)
    print(table(audited(options.parse_args().records)))
